"""Pure: when rows that are missing from a complete read count as deleted, and when that is odd.

Gong deletes without a trace: what is gone just stops appearing. So does everything when the key's
owner loses the permission to see it, which looks exactly the same. A read from which too much is
missing therefore marks nothing and asks a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sources.gong.extract.windows import Span, minus


@dataclass(frozen=True, slots=True)
class Check:
    """A complete read of a table, or of a part of it, held against what was there.

    Attributes:
        table: which.
        span: the stretch of time that was read; None where a table is not read by time.
        held: rows that should be there.
        gone: how many of them are not.
    """

    table: str
    span: Span | None
    held: int
    gone: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """A check that was odd, and that nobody has accepted: until then nothing there is marked."""

    check: Check
    raised_at: datetime

    def is_covered_by(self, check: Check) -> bool:
        """Whether a check is of all that the alarm is about."""
        mine = self.check
        if check.table != mine.table:
            return False
        if mine.span is None or check.span is None:
            # nothing was marked since, so a check of the same rows finds about as many
            return mine.span is check.span and check.held >= mine.held * 0.9
        return not minus(mine.span, [check.span])

    def is_settled_by(self, checks: Iterable[Check]) -> bool:
        """Whether later reads show that the rows are there again, but for a few."""
        mine = self.check
        own = [check for check in checks if check.table == mine.table]
        if mine.span is None:
            whole = [check for check in own if self.is_covered_by(check)]
            return any(not is_odd(c.held, c.gone, c.held - c.gone) for c in whole)
        if minus(mine.span, [check.span for check in own if check.span]):
            return False
        near = [c for c in own if c.span and c.span.start < mine.span.end
                and c.span.end > mine.span.start]  # fmt: skip
        held, gone = sum(c.held for c in near), sum(c.gone for c in near)
        return not is_odd(held, gone, held - gone)


_FEW = 20
"""So many rows may vanish at once without question."""
_SHARE = 0.3
"""Beyond that, the share of what was there that may vanish."""


def is_odd(held: int, gone: int, seen: int) -> bool:
    """Whether so much is missing that it is rather a fault than a deletion.

    Args:
        held: rows that should be there.
        gone: how many of them are not.
        seen: rows that were read, known or not.
    """
    if not seen and gone > 1:
        return True
    return gone > _FEW and gone > _SHARE * held


def question(check: Check) -> str:
    """Returns what a person is asked where `is_odd`."""
    span = check.span
    where = (
        f"{check.table}:{span.start.isoformat()}..{span.end.isoformat()}".replace("+00:00", "Z")
        if span
        else check.table
    )
    return (
        f"{check.gone:,} of {check.held:,} rows are missing from a complete read. Nothing was "
        "marked as deleted, because so much is more often a lost permission of the key's owner "
        "than a deletion. Look in Gong whether they are there; if they come back, this ends by "
        "itself. If they are gone for good: "
        f"gong-elt sync --accept-deletes {where}"
    )
