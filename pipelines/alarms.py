"""Alarms of a run: which are open, which it raises, which it settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sources.gong.absence import Alarm, Check
from sources.gong.windows import Span, minus
from warehouse import alarms as kept
from warehouse.alarms import OpenAlarm
from warehouse.store import Store


def open_alarms(store: Store) -> list[Alarm]:
    """Returns the alarms that nobody has settled, oldest first."""
    with store.asking() as db:
        return [_told(one) for one in kept.open_alarms(db)] if db else []


def keep_alarms(
    store: Store,
    checks: Sequence[Check],
    doubts: Sequence[Check],
    accepted: Mapping[str, Span | None],
    now: datetime,
) -> list[Alarm]:
    """Raises and settles alarms by what a run has found; returns those that are open now.

    Args:
        store: the warehouse.
        checks: every complete read of the run.
        doubts: those of them that marked nothing, because too much was missing.
        accepted: tables of which a person has said that rows are gone, and in which span.
        now: the run's present.
    """
    before = open_alarms(store)
    if not (doubts or before):
        return []
    doubted = {doubt.table for doubt in doubts}
    calm = [alarm for alarm in before if alarm.check.table not in doubted]
    gone = [alarm for alarm in calm if _is_accepted(alarm.check, accepted)]
    back = [alarm for alarm in calm if alarm not in gone and alarm.is_settled_by(checks)]
    with store.writing() as db:
        for doubt in doubts:
            kept.raise_alarm(db, _kept(Alarm(doubt, now)))
        kept.settle(db, [_kept(alarm) for alarm in gone], "accepted", now)
        kept.settle(db, [_kept(alarm) for alarm in back], "seen again", now)
    return open_alarms(store)


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
