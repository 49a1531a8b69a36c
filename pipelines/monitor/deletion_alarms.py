"""Alarms of a run: which are open, which it raises, which it settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sources.gong.extract.windows import Span, merged, minus
from sources.gong.load.deletions import Alarm, Check
from warehouse.connection import Warehouse
from warehouse.ops import deletion_alarms as kept
from warehouse.ops.deletion_alarms import OpenAlarm


def open_alarms(warehouse: Warehouse) -> list[Alarm]:
    """Returns the alarms that nobody has settled, oldest first."""
    with warehouse.reading() as db:
        return [_told(one) for one in kept.open_alarms(db)]


def keep_alarms(
    warehouse: Warehouse,
    checks: Sequence[Check],
    doubts: Sequence[Check],
    accepted: Mapping[str, Span | None],
    now: datetime,
) -> list[Alarm]:
    """Raises and settles alarms by what a run has found; returns those that are open now.

    Args:
        warehouse: where.
        checks: every complete read of the run.
        doubts: those of them that marked nothing, because too much was missing.
        accepted: tables of which a person has said that rows are gone, and in which span.
        now: the run's present.
    """
    before = open_alarms(warehouse)
    if not (doubts or before):
        return []
    calm = [a for a in before if not any(_overlap(a.check, doubt) for doubt in doubts)]
    gone = [alarm for alarm in calm if _is_accepted(alarm.check, accepted)]
    back = [alarm for alarm in calm if alarm not in gone and alarm.is_settled_by(checks)]
    raised = _raised(doubts, before, checks)
    with warehouse.writing() as db:
        for check, parts in raised:
            kept.raise_alarm(db, _kept(Alarm(check, now)), [_kept(alarm) for alarm in parts])
        kept.settle(db, [_kept(alarm) for alarm in gone], kept.ACCEPTED, now)
        kept.settle(db, [_kept(alarm) for alarm in back], kept.SEEN_AGAIN, now)
    return open_alarms(warehouse)


def accepted_at(warehouse: Warehouse) -> dict[str, datetime]:
    """Returns when a person last accepted that rows of each table are gone."""
    with warehouse.reading() as db:
        return kept.accepted_at(db)


def _raised(
    doubts: Sequence[Check], before: Sequence[Alarm], checks: Sequence[Check]
) -> list[tuple[Check, list[Alarm]]]:
    """Returns what to raise, and which open alarms become part of it.

    What overlaps is one alarm, with the numbers of all the run has read of its span.
    """
    found: list[tuple[Check, list[Alarm]]] = []
    for table in sorted({doubt.table for doubt in doubts}):
        own = [doubt for doubt in doubts if doubt.table == table]
        olds = [alarm for alarm in before if alarm.check.table == table]
        if any(doubt.span is None for doubt in own):
            whole = max(own, key=lambda doubt: doubt.gone)
            found.append((replace(whole, span=None), olds))
            continue
        spans = [one.span for one in (*own, *(old.check for old in olds)) if one.span]
        for span in merged(spans):
            inside = [check for check in checks if check.table == table and _is_in(check, span)]
            if not any(_is_in(doubt, span) for doubt in own):
                continue
            parts = [old for old in olds if _is_in(old.check, span)]
            most = max([d for d in (*own, *(old.check for old in parts)) if _is_in(d, span)],
                       key=lambda check: check.gone)  # fmt: skip
            held = max(most.held, sum(check.held for check in inside))
            lost = max(most.gone, sum(check.gone for check in inside))
            found.append((Check(table, span, held, lost), parts))
    return found


def _overlap(one: Check, other: Check) -> bool:
    if one.table != other.table:
        return False
    if one.span is None or other.span is None:
        return True
    return one.span.start <= other.span.end and other.span.start <= one.span.end


def _is_in(check: Check, span: Span) -> bool:
    own = check.span
    return own is not None and span.start <= own.start and own.end <= span.end


def _is_accepted(check: Check, accepted: Mapping[str, Span | None]) -> bool:
    if check.table not in accepted:
        return False
    span = accepted[check.table]
    return span is None or (check.span is not None and not minus(check.span, [span]))


def _told(one: OpenAlarm) -> Alarm:
    span = Span(one.start, one.end) if one.start and one.end else None
    return Alarm(Check(one.table, span, one.held, one.gone), one.raised_at)


def _kept(alarm: Alarm) -> OpenAlarm:
    check = alarm.check
    start, end = (check.span.start, check.span.end) if check.span else (None, None)
    return OpenAlarm(check.table, start, end, check.held, check.gone, alarm.raised_at)
