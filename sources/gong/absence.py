"""Pure: when rows that are missing from a complete read count as deleted, and when that is odd.

Gong deletes without a trace: what is gone just stops appearing. So does everything when the key's
owner loses the permission to see it, which looks exactly the same. A read from which too much is
missing therefore marks nothing and asks a person.
"""

from __future__ import annotations

from sources.gong.windows import Span

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


def question(table: str, held: int, gone: int, span: Span | None) -> str:
    """Returns what a person is asked where `is_odd`."""
    where = (
        f"{table}:{span.start.isoformat()}..{span.end.isoformat()}".replace("+00:00", "Z")
        if span
        else table
    )
    return (
        f"{gone:,} of {held:,} rows are missing from a complete read. Nothing was marked as "
        "deleted, because so much is more often a lost permission of the key's owner than a "
        "deletion. Look in Gong whether they are there. If they are gone for good: "
        f"gong-elt sync --accept-deletes {where}"
    )
