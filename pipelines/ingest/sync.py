"""The nightly job: what is new since the last sync, and what may have changed before it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from pipelines.dates import instant_of
from pipelines.exit_codes import UsageError
from pipelines.ingest.coverage import sync_windows, to_sweep
from pipelines.ingest.loader import Package, packages
from pipelines.ingest.options import Options
from pipelines.ingest.runner import Context, Plan, execute, slice_length_of
from pipelines.ingest.slices import left_of, slices
from pipelines.monitor.deletion_alarms import open_alarms
from pipelines.session import Session
from sources.gong.extract.window_plan import is_divisible, is_windowed, windows, with_parents
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.table import Absence
from sources.gong.schema.tables import table
from warehouse.ops.load_log import done_windows
from warehouse.ops.runs import completed_run_ids
from warehouse.ops.settings import store_setting, stored_setting

SYNC_START = "sync_start"
"""Setting in the warehouse: where the very first sync began. What lies before is a backfill's."""

_SETTING = "SOURCES__GONG__START_DATE"
_FIRST_SYNC = timedelta(days=30)
_RECENT = timedelta(days=14)
_NONE: Mapping[str, Span | None] = {}


def sync(session: Session, options: Options) -> int:
    """Runs the nightly job and returns its exit code."""
    return execute(session, options, "sync", _plan)


def _plan(context: Context) -> Plan:
    warehouse, now, options = context.warehouse, context.now, context.options
    if options.ids:
        return Plan(uuid.uuid4().hex, [Package(_by_id(context))], len(context.streams))
    start, note = _start(context)
    accepted = _accepted(context)
    found = windows_of(context, start, accepted)
    cuts = slices(found, context.zone, slice_length_of(context, found))
    return Plan(
        uuid.uuid4().hex,
        packages(cuts, Span(now - _RECENT, now), accepted),
        len(found),
        note,
        accepted,
        on_landed=lambda: store_setting(warehouse, SYNC_START, start.isoformat()),
    )


def windows_of(
    context: Context, start: datetime | None = None, accepted: Mapping[str, Span | None] = _NONE
) -> list[Window]:
    """Returns what a sync reads.

    Args:
        context: the run.
        start: where the first sync began; by default as stored, or as the settings have it.
        accepted: spans to read again, because a person has accepted that rows are gone there.
    """
    warehouse, now = context.warehouse, context.now
    done = done_windows(warehouse)
    known = {window.stream for window in done}
    streams = with_parents(context.streams, known.__contains__)
    start = start or _start(context)[0]
    found = sync_windows(streams, done, start, now, context.zone, completed_run_ids(warehouse))

    def further(name: str, span: Span | None, reason: Reason) -> list[Window]:
        if span is None or not is_windowed(name):
            return []
        return windows(name, [(span, reason)], now, context.zone)

    found += [w for name, span in accepted.items() for w in further(name, span, Reason.ACCEPTED)]
    for alarm in open_alarms(warehouse):
        if alarm.check.table in streams:
            # until it is settled it is looked at every night
            again = further(alarm.check.table, alarm.check.span, Reason.DOUBTED)
            found += left_of(again, found)
    for name in streams:
        if is_divisible(name) and table(name).absence is Absence.DELETED:
            taken = [w.span for w in found if w.stream == name]
            for span in to_sweep([w for w in done if w.stream == name], now, taken):
                found += further(name, span, Reason.SWEEP)
    return found


def _by_id(context: Context) -> dict[str, list[Window]]:
    present = Span(context.now, context.now)
    return {name: [Window(name, present, Reason.BY_ID)] for name in context.streams}


def _accepted(context: Context) -> dict[str, Span | None]:
    """Returns the tables of which a person has said that rows are gone, and in which span."""
    found: dict[str, Span | None] = {}
    for one in context.options.accepted:
        if one.start is None or one.end is None:
            found[one.table] = None
            continue
        start = instant_of(one.start, context.zone, "--accept-deletes")
        end = min(instant_of(one.end, context.zone, "--accept-deletes"), context.now)
        if start >= end:
            raise UsageError(f"--accept-deletes {one.table}: {one.start} is not before {one.end}")
        found[one.table] = Span(start, end)
    return found


def _start(context: Context) -> tuple[datetime, str | None]:
    """Returns where the first sync began, or begins now, and what to say of it."""
    stored = stored_setting(context.warehouse, SYNC_START)
    setting = context.session.settings.start_date
    wanted = instant_of(setting, context.zone, _SETTING) if setting else None
    if stored:
        start = datetime.fromisoformat(stored)
        if wanted and wanted < start:
            context.session.console.warn(
                f"{_SETTING} is before the first sync, which began at {stored}. For what lies "
                f"between: gong-elt backfill --from {setting}"
            )
        return start, None
    if wanted is None:
        start = context.now - _FIRST_SYNC
        return start, (
            "This first sync began 30 days back. For what lies before: "
            f"gong-elt backfill --from {start.year - 2}-01-01"
        )
    if wanted >= context.now:
        raise UsageError(f"{_SETTING} {setting} lies in the future")
    return wanted, None
