"""Pure: which rows that are missing from a complete read are marked as deleted.

Gong deletes without a trace: a deleted row is just not listed any more. A key that loses the
permission to see rows looks exactly the same. Where too many rows are missing, nothing is marked
and a person is asked to review it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sources.gong.extract.existing_rows import Scope
from sources.gong.extract.windows import Span, minus
from sources.gong.schema.table import Table

_FEW = 20
"""As many rows may be missing at once without question."""
_SHARE = 0.3
"""Beyond that, the share of the expected rows that may be missing."""


@dataclass(frozen=True, slots=True)
class DeletionCheck:
    """A complete read of a table, or of a part of it, compared with its rows.

    Attributes:
        table: which.
        span: the span that was read; None where the table is not read by time.
        expected: rows that should be there.
        missing: how many of them are not.
    """

    table: str
    span: Span | None
    expected: int
    missing: int


@dataclass(frozen=True, slots=True)
class DeletionAlarm:
    """A suspicious check that nobody has accepted yet: until then nothing of it is marked."""

    check: DeletionCheck
    raised_at: datetime

    def is_covered_by(self, check: DeletionCheck) -> bool:
        """Whether a check is of everything that the alarm is about."""
        own = self.check
        if check.table != own.table:
            return False
        if own.span is None or check.span is None:
            # nothing was marked since, so a check of the same rows expects about as many
            return own.span is check.span and check.expected >= own.expected * 0.9
        return not minus(own.span, [check.span])

    def is_settled_by(self, checks: Iterable[DeletionCheck]) -> bool:
        """Whether later reads show that the rows are there again, but for a few."""
        span = self.check.span
        own = [check for check in checks if check.table == self.check.table]
        if span is None:
            return any(not _is_odd(check) for check in own if self.is_covered_by(check))
        if minus(span, [check.span for check in own if check.span]):
            return False
        near = [
            check
            for check in own
            if check.span and check.span.start < span.end and check.span.end > span.start
        ]
        return not _is_odd(_sum_of(self.check.table, near))


def is_suspicious(expected: int, missing: int, seen: int) -> bool:
    """Whether so many rows are missing that a lost permission is likelier than a deletion.

    Args:
        expected: rows that should be there.
        missing: how many of them are not.
        seen: rows that were read, known or not.
    """
    if not seen and missing > 1:
        return True
    return missing > _FEW and missing > _SHARE * expected


def _is_odd(check: DeletionCheck) -> bool:
    return is_suspicious(check.expected, check.missing, check.expected - check.missing)


def _sum_of(table: str, checks: Sequence[DeletionCheck]) -> DeletionCheck:
    expected, missing = sum(c.expected for c in checks), sum(c.missing for c in checks)
    return DeletionCheck(table, None, expected, missing)


@dataclass(slots=True)
class DeletionReview:
    """What is known of deletions when a load package is read.

    Attributes:
        accepted: tables whose missing rows a person has accepted as deleted, and in which span;
            None for all of it.
        alarms: earlier checks that nobody has accepted yet.
        checks: of this run so far; the package adds its own, for the packages after it.
    """

    accepted: Mapping[str, Span | None] = field(default_factory=dict)
    alarms: Sequence[DeletionAlarm] = ()
    checks: list[DeletionCheck] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MissingRows:
    """Rows that a complete read did not find, with everything that decides about them.

    Attributes:
        check: the read; its `missing` counts `keys`.
        keys: of the missing rows.
        seen: how many entities were read.
        accepted: keys of rows whose deletion a person has accepted.
        alarms: of the table, not accepted yet.
        under_alarm: keys of rows that belong to an alarm which the check covers in part only.
        earlier: checks of the table by earlier packages of the run.
        nights: rows expected and marked by the nights of the last month
            (`ExistingRows.recent_deletions`).
    """

    check: DeletionCheck
    keys: Collection[str]
    seen: int
    accepted: Collection[str] = ()
    alarms: Sequence[DeletionAlarm] = ()
    under_alarm: Collection[str] = ()
    earlier: Sequence[DeletionCheck] = ()
    nights: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class DeletionDecision:
    """What to do about missing rows.

    Attributes:
        mark: keys of the rows to mark as deleted.
        check: to record for the run's later packages.
        alarm: the check to raise an alarm about; None where nothing is suspicious.
    """

    mark: Sequence[str]
    check: DeletionCheck
    alarm: DeletionCheck | None = None


def decide(missing: MissingRows) -> DeletionDecision:
    """Returns which rows to mark, and whether to raise an alarm about the others.

    A loss of visibility must not pass because it comes in slices, or a few rows a night: the check
    is judged alone, together with the run's earlier ones, and with each night of the last month.
    """
    check, accepted = missing.check, sorted(missing.accepted)
    others = sorted(set(missing.keys).difference(accepted))
    # rows that a person has reviewed make nothing else suspicious
    recorded = replace(
        check, expected=check.expected - len(accepted), missing=check.missing - len(accepted)
    )
    run = [*missing.earlier, recorded]
    spans = [earlier.span for earlier in run if earlier.span]
    total = _sum_of(check.table, run)
    # rows under an alarm that this run has not looked at are missing too, though not marked
    doubted = sum(
        alarm.check.missing
        for alarm in missing.alarms
        if alarm.check.span and minus(alarm.check.span, spans)
    )
    counts = [
        (check.expected, len(others)),
        (total.expected, total.missing),
        *((expected, marked + total.missing + doubted) for expected, marked in missing.nights),
    ]
    if others and any(is_suspicious(*count, missing.seen) for count in counts):
        return DeletionDecision(accepted, recorded, replace(check, missing=len(others)))
    # a part of what was doubted says nothing about the rest
    settled = sorted(set(others).difference(missing.under_alarm))
    return DeletionDecision([*accepted, *settled], recorded)


def enumerated_scopes(
    table: Table, scopes: Sequence[Scope], *, is_child_stream: bool, is_complete: bool
) -> list[Scope]:
    """Returns the scopes of a table that a stream has enumerated, as few as possible.

    Args:
        table: a root table that the stream fills.
        scopes: the scopes that its reads have enumerated.
        is_child_stream: whether the stream is read per parent.
        is_complete: whether all parents there are were requested.
    """
    names = {column.name for column in table.columns}
    has_parent_column = any(s.within and names.issuperset(s.within) for s in scopes)
    if is_child_stream and not has_parent_column and scopes and is_complete:
        # the parents are no columns of this table: it is complete if all of them were requested
        return [Scope()]
    values: dict[str, set[str]] = {}
    combined: list[Scope] = []
    for scope in scopes:
        if not names.issuperset((*scope.within, *scope.outside)):
            continue
        if len(scope.within) == 1 and not scope.outside and scope.span is None:
            ((column, own),) = scope.within.items()
            values.setdefault(column, set()).update(own)
        else:
            combined.append(scope)
    return combined + [Scope({column: frozenset(own)}) for column, own in values.items()]


def span_around(scopes: Sequence[Scope]) -> Span | None:
    """Returns the span from the first to the last instant of scopes; None of others."""
    spans = [scope.span[1] for scope in scopes if scope.span]
    return Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None


def review_text(check: DeletionCheck) -> str:
    """Returns the message of a deletion alarm, with the command that accepts the deletion."""
    span = check.span
    where = (
        f"{check.table}:{span.start.isoformat()}..{span.end.isoformat()}".replace("+00:00", "Z")
        if span
        else check.table
    )
    return (
        f"{check.missing:,} of {check.expected:,} rows are missing from a complete read. Nothing "
        "was marked as deleted: the key's owner may have lost a permission. Check in Gong whether "
        "the rows exist. If they come back, the alarm ends by itself. If they are deleted, run: "
        f"gong-elt sync --accept-deletes {where}"
    )
