"""History: a half-open span, cut into slices, resumed where it stopped; never moves the sync."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.dates import instant_of
from pipelines.exit_codes import UsageError
from pipelines.ingest.coverage import covered_back_to
from pipelines.ingest.loader import packages
from pipelines.ingest.options import Options
from pipelines.ingest.runner import Context, Plan, execute, slice_length_of
from pipelines.ingest.slices import left_of, slices
from pipelines.ingest.sync import SYNC_START
from pipelines.session import Session
from sources.gong.extract.window_plan import is_windowed, windows, with_parents
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.tables import BY_CALL
from warehouse.ops import backfills
from warehouse.ops.backfills import OpenBackfill
from warehouse.ops.load_log import done_windows
from warehouse.ops.settings import stored_setting


@dataclass(frozen=True, slots=True)
class History:
    """What to read back, as the user wrote it; without an end, up to what is there already."""

    start: str
    end: str | None = None
    newest_first: bool = False


def backfill(session: Session, options: Options, history: History) -> int:
    """Reads history and returns the exit code."""
    return execute(
        session, options, "backfill", lambda context: _plan(context, history), gives_way=True
    )


def _plan(context: Context, history: History) -> Plan:
    warehouse = context.warehouse
    work = _work(context, history)
    if work.done:
        context.session.console.info(
            f"going on with an earlier backfill of this span: {work.done} windows are done, "
            f"about {len(work.windows)} are left"
        )
    is_newest_first = history.newest_first
    cuts = slices(
        work.windows,
        context.zone,
        slice_length_of(context, work.windows, is_newest_first=is_newest_first),
        is_newest_first=is_newest_first,
    )
    return Plan(
        work.run_id,
        packages(cuts, work.span),
        len(work.windows),
        on_landed=lambda: backfills.keep(
            warehouse,
            work.key,
            OpenBackfill(work.run_id, work.span.start, work.span.end, work.streams),
        ),
        on_done=lambda: backfills.remove(warehouse, work.key),
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What is left of a backfill."""

    key: str
    run_id: str
    streams: tuple[str, ...]
    span: Span
    windows: list[Window]
    done: int


def windows_of(context: Context, history: History) -> list[Window]:
    """Returns what a backfill reads, without what an earlier run of it has read."""
    return _work(context, history).windows


def _work(context: Context, history: History) -> _Work:
    warehouse, now = context.warehouse, context.now
    streams = tuple(name for name in context.streams if is_windowed(name) or name in BY_CALL)
    if not streams:
        raise UsageError("--only names whole lists alone; they have no history, `sync` reads them")
    asked = f"{history.start} {history.end} {' '.join(streams)}"
    key = hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
    begun = backfills.open_backfill(warehouse, key)
    if begun:
        run_id, span = begun.run_id, Span(begun.start, begun.end)
    else:
        run_id, span = uuid.uuid4().hex, _span(context, history, streams)
    all_done = done_windows(warehouse)
    done = [window for window in all_done if window.run_id == run_id]
    asked_for = [
        window
        for stream in streams
        if is_windowed(stream)
        for window in windows(stream, [(span, Reason.BACKFILL)], now, context.zone)
    ]
    found = left_of(asked_for, done)
    known = {window.stream for window in all_done}
    for one in with_parents(streams, known.__contains__):
        if not is_windowed(one):
            reason = Reason.AWAITED if one == "transcripts" else Reason.WHOLE
            found.append(Window(one, Span(now, now), reason))
    return _Work(key, run_id, streams, span, found, len(done))


def _span(context: Context, history: History, streams: Sequence[str]) -> Span:
    start = instant_of(history.start, context.zone, "--from")
    if start >= context.now:
        raise UsageError(f"--from {history.start} lies in the future")
    if history.end:
        end = instant_of(history.end, context.zone, "--to")
    else:
        end = _earliest_covered(context, streams)
    if start >= end:
        told = "--to" if history.end else "the earliest that is covered already"
        raise UsageError(f"--from {history.start} is not before {told} ({end.isoformat()})")
    return Span(start, min(end, context.now))


def _earliest_covered(context: Context, streams: Sequence[str]) -> datetime:
    """Returns from when on all the streams are covered.

    Now, before the first sync, and for what is asked for call by call and keeps no account of it.
    """
    stored = stored_setting(context.warehouse, SYNC_START)
    timed = [name for name in streams if is_windowed(name) or name == "transcripts"]
    if not stored or not timed:
        return context.now
    start, done = datetime.fromisoformat(stored), done_windows(context.warehouse)
    return max(covered_back_to(done, stream, start) for stream in timed)
