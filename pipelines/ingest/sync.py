"""Plans the nightly job: new data since the last sync, and older data that may have changed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pipelines.dates import instant_of
from pipelines.exit_codes import UsageError
from pipelines.ingest.coverage import sync_windows, to_sweep
from pipelines.ingest.run_plan import (
    AcceptedSpans,
    LoadPackage,
    RunContext,
    RunPlan,
    load_packages,
    slice_lengths,
)
from pipelines.ingest.slices import left_of, slices
from pipelines.monitor.deletion_alarms import open_alarms
from sources.gong.extract.window_plan import is_divisible, is_windowed, windows, with_parents
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.quarantine import REQUESTED_AGAIN_FOR
from sources.gong.schema.table import Absence
from sources.gong.schema.tables import root_of, table
from warehouse import quarantine
from warehouse.connection import Warehouse
from warehouse.ops.clock_ahead import windows_ahead
from warehouse.ops.load_log import DoneWindow, done_windows
from warehouse.ops.runs import completed_run_ids
from warehouse.ops.settings import store_setting, stored_setting

SYNC_START = "sync_start"
"""Name in `gong_ops.settings` of the start of the first sync. Older data is read by a backfill."""

_COMMAND = "sync"
_SETTING = "SOURCES__GONG__START_DATE"
_FIRST_SYNC = timedelta(days=30)
_RECENT = timedelta(days=14)


def plan_sync(context: RunContext) -> RunPlan:
    """Returns what a sync reads.

    Raises:
        UsageError: START_DATE or `--accept-deletes` names a time that cannot be used.
    """
    run_id, now = uuid.uuid4().hex, context.now
    if context.options.ids:
        return RunPlan(run_id, [LoadPackage(_windows_by_id(context))], len(context.streams))
    start, note = _first_start(context)
    accepted = _accepted(context)
    due = windows_to_sync(context, start, accepted)
    cuts = slices(due, context.zone, slice_lengths(context, due))
    return RunPlan(
        run_id,
        load_packages(cuts, Span(now - _RECENT, now), accepted),
        len(due),
        note,
        accepted,
        on_landed=lambda: store_setting(context.warehouse, SYNC_START, start.isoformat()),
    )


def windows_to_sync(
    context: RunContext, start: datetime | None = None, accepted: AcceptedSpans | None = None
) -> list[Window]:
    """Returns the windows that a sync reads.

    Args:
        context: the run.
        start: where the first sync began; by default as stored, or as the settings have it.
        accepted: deletions that a person has reviewed; their spans are read again.
    """
    warehouse, now = context.warehouse, context.now
    done = done_windows(warehouse, now)
    known = {window.stream for window in done}
    streams = with_parents(context.streams, known.__contains__)
    start = start or _first_start(context)[0]
    due = sync_windows(streams, done, start, now, context.zone, completed_run_ids(warehouse))
    for name, span in (accepted or {}).items():
        due += _again(context, name, span, Reason.ACCEPTED)
    for alarm in open_alarms(warehouse):
        if alarm.check.table in streams:
            # read every night until the alarm is settled
            again = _again(context, alarm.check.table, alarm.check.span, Reason.DOUBTED)
            due += left_of(again, due)
    for window in _quarantined(context, streams):
        due += left_of([window], due)
    for name in streams:
        due += _sweep_windows(context, name, done, due)
    return due


def _quarantined(context: RunContext, streams: Sequence[str]) -> Iterator[Window]:
    """Yields the windows that hold entities in quarantine which cannot be requested by id."""
    rows = quarantine.open_rows(context.warehouse, streams, context.now - REQUESTED_AGAIN_FOR)
    for row in rows:
        span = Span(row["start_at"], row["end_at"])
        has_id = row["entity_id"] is not None and root_of(row["stream"]).by_ids is not None
        if not (has_id or row["parent"] or span.is_empty):
            for window in _again(context, row["stream"], span, Reason.QUARANTINED):
                if window.detail == row["detail"]:
                    yield window


def _sweep_windows(
    context: RunContext, stream: str, done: list[DoneWindow], due: list[Window]
) -> list[Window]:
    """Returns the windows of old history to enumerate again, without what is due anyway."""
    if not (is_divisible(stream) and table(stream).absence is Absence.DELETED):
        return []
    taken = [window.span for window in due if window.stream == stream]
    spans = to_sweep([w for w in done if w.stream == stream], context.now, taken)
    return [w for span in spans for w in _again(context, stream, span, Reason.SWEEP)]


def _again(context: RunContext, stream: str, span: Span | None, reason: Reason) -> list[Window]:
    """Returns the windows that read a span of a stream; none of a stream without windows.

    The span may reach beyond the present where a clock that was ahead has stored it.
    """
    if span is None or not is_windowed(stream) or span.start >= context.now:
        return []
    past = Span(span.start, min(span.end, context.now))
    return windows(stream, [(past, reason)], context.now, context.zone)


def _windows_by_id(context: RunContext) -> dict[str, list[Window]]:
    present = Span(context.now, context.now)
    return {name: [Window(name, present, Reason.BY_ID)] for name in context.streams}


def _accepted(context: RunContext) -> AcceptedSpans:
    spans: dict[str, Span | None] = {}
    for deletion in context.options.accepted:
        if deletion.start is None or deletion.end is None:
            spans[deletion.table] = None
            continue
        start = instant_of(deletion.start, context.zone, "--accept-deletes")
        end = min(instant_of(deletion.end, context.zone, "--accept-deletes"), context.now)
        if start >= end:
            raise UsageError(
                f"--accept-deletes {deletion.table}: {deletion.start} is not before {deletion.end}"
            )
        spans[deletion.table] = Span(start, end)
    return spans


def _first_start(context: RunContext) -> tuple[datetime, str | None]:
    """Returns where the first sync began, or begins now, and a note to print at the end."""
    stored = _stored_start(context)
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


def _stored_start(context: RunContext) -> str | None:
    """Returns where the first sync began; None before it, or where its clock was ahead."""
    warehouse, now = context.warehouse, context.now
    stored = stored_setting(warehouse, SYNC_START)
    if stored and datetime.fromisoformat(stored) >= now:
        return None
    # a first sync whose clock was ahead began too late, and none of its windows counts
    is_ahead = stored and windows_ahead(warehouse, now) is not None
    return None if is_ahead and not has_synced(warehouse, now) else stored


def has_synced(warehouse: Warehouse, now: datetime) -> bool:
    """Whether a sync has read anything that counts."""
    return any(window.kind == _COMMAND for window in done_windows(warehouse, now))
