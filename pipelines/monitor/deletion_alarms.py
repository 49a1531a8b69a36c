"""Decides at the end of a run which deletion alarms it raises and which it settles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sources.gong.extract.windows import Span, merged, minus
from sources.gong.load.deletions import DeletionAlarm, DeletionCheck
from warehouse.connection import Warehouse
from warehouse.ops import deletion_alarms as stored

AcceptedSpans = Mapping[str, Span | None]
"""Tables whose missing rows a person has accepted as deleted, and in which span; None for all."""


def open_alarms(warehouse: Warehouse) -> list[DeletionAlarm]:
    """Returns the open alarms, oldest first."""
    return [_alarm(row) for row in stored.open_alarms(warehouse)]


def update_alarms(
    warehouse: Warehouse,
    checks: Sequence[DeletionCheck],
    doubts: Sequence[DeletionCheck],
    accepted: AcceptedSpans,
    now: datetime,
) -> list[DeletionAlarm]:
    """Raises and settles alarms, and returns those that are open afterwards.

    Args:
        warehouse: where.
        checks: every complete read of the run.
        doubts: those of them that marked nothing, because too much was missing.
        accepted: what a person has accepted.
        now: the run's present.
    """
    before = open_alarms(warehouse)
    if not (doubts or before):
        return []
    undisputed = [a for a in before if not any(_overlap(a.check, doubt) for doubt in doubts)]
    deleted = [alarm for alarm in undisputed if _is_accepted(alarm.check, accepted)]
    recovered = [a for a in undisputed if a not in deleted and a.is_settled_by(checks)]
    with warehouse.writing() as db:
        for check, parts in _raised(doubts, before, checks):
            stored.raise_alarm(
                db,
                _identity(check),
                check.span.end if check.span else None,
                check.expected,
                check.missing,
                now=now,
                instead_of=[_identity(part.check) for part in parts],
            )
        stored.settle(db, [_identity(alarm.check) for alarm in deleted], stored.ACCEPTED, now)
        stored.settle(db, [_identity(alarm.check) for alarm in recovered], stored.SEEN_AGAIN, now)
    return open_alarms(warehouse)


def _raised(
    doubts: Sequence[DeletionCheck],
    before: Sequence[DeletionAlarm],
    checks: Sequence[DeletionCheck],
) -> Iterator[tuple[DeletionCheck, list[DeletionAlarm]]]:
    """Yields the alarms to raise, each with the open alarms that become part of it.

    Doubts and alarms of a table that overlap are one alarm; its numbers are those of all the run
    has read of its span.
    """
    for table in sorted({doubt.table for doubt in doubts}):
        own = [doubt for doubt in doubts if doubt.table == table]
        alarms = [alarm for alarm in before if alarm.check.table == table]
        if any(doubt.span is None for doubt in own):
            yield replace(_largest(own), span=None), alarms
            continue
        spans = [check.span for check in (*own, *(a.check for a in alarms)) if check.span]
        for span in merged(spans):
            inside = [doubt for doubt in own if _is_in(doubt, span)]
            if inside:
                parts = [alarm for alarm in alarms if _is_in(alarm.check, span)]
                largest = _largest([*inside, *(part.check for part in parts)])
                read = [check for check in checks if check.table == table and _is_in(check, span)]
                expected = max(largest.expected, sum(check.expected for check in read))
                missing = max(largest.missing, sum(check.missing for check in read))
                yield DeletionCheck(table, span, expected, missing), parts


def _largest(checks: Sequence[DeletionCheck]) -> DeletionCheck:
    return max(checks, key=lambda check: check.missing)


def _overlap(first: DeletionCheck, second: DeletionCheck) -> bool:
    if first.table != second.table:
        return False
    if first.span is None or second.span is None:
        return True
    return first.span.start <= second.span.end and second.span.start <= first.span.end


def _is_in(check: DeletionCheck, span: Span) -> bool:
    own = check.span
    return own is not None and span.start <= own.start and own.end <= span.end


def _is_accepted(check: DeletionCheck, accepted: AcceptedSpans) -> bool:
    if check.table not in accepted:
        return False
    span = accepted[check.table]
    return span is None or (check.span is not None and not minus(check.span, [span]))


def _identity(check: DeletionCheck) -> stored.Identity:
    return check.table, check.span.start if check.span else None


def _alarm(row: Mapping[str, Any]) -> DeletionAlarm:
    span = Span(row["start_at"], row["end_at"]) if row["start_at"] else None
    return DeletionAlarm(
        DeletionCheck(row["table_name"], span, row["held"], row["gone"]), row["raised_at"]
    )
