"""Plans a backfill: a half-open span of history, resumed where it stopped.

A backfill never moves the state of the sync. Its windows are subtracted from the span as time, so
its slices may be cut differently after a stop.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.dates import instant_of
from pipelines.exit_codes import UsageError
from pipelines.ingest.coverage import covered_back_to, reason_of_list
from pipelines.ingest.options import History
from pipelines.ingest.run_plan import RunContext, RunPlan, load_packages, slice_lengths
from pipelines.ingest.slices import left_of, slices
from pipelines.ingest.sync import SYNC_START
from sources.gong.extract.window_plan import is_windowed, windows, with_parents
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.table import Read
from sources.gong.schema.tables import BY_CALL, table
from warehouse.ops import backfills
from warehouse.ops.backfills import OpenBackfill
from warehouse.ops.load_log import done_windows
from warehouse.ops.settings import stored_setting


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a backfill.

    Attributes:
        key: names the command line, by which the backfill is found again.
        state: span and streams, as the first run of the backfill understood them.
        windows: still to be read.
        done_count: windows that earlier runs of it have read.
    """

    key: str
    state: OpenBackfill
    windows: list[Window]
    done_count: int

    @property
    def span(self) -> Span:
        """The whole span."""
        return Span(self.state.start, self.state.end)


def plan_backfill(context: RunContext, history: History) -> RunPlan:
    """Returns what is left to read of a backfill.

    Raises:
        UsageError: the dates hold nothing, or no stream has history.
    """
    rest = _rest(context, history)
    if rest.done_count:
        context.session.console.info(
            f"going on with an earlier backfill of this span: {rest.done_count} windows are done, "
            f"about {len(rest.windows)} are left"
        )
    is_newest_first = history.is_newest_first
    lengths = slice_lengths(context, rest.windows, is_newest_first=is_newest_first)
    cuts = slices(rest.windows, context.zone, lengths, is_newest_first=is_newest_first)
    return RunPlan(
        rest.state.run_id,
        load_packages(cuts, rest.span),
        len(rest.windows),
        on_landed=lambda: backfills.keep(context.warehouse, rest.key, rest.state),
        on_done=lambda: backfills.remove(context.warehouse, rest.key),
        stops_on_failed_call_stream=True,
    )


def windows_to_backfill(context: RunContext, history: History) -> list[Window]:
    """Returns the windows that a backfill reads, without those of its earlier runs."""
    return _rest(context, history).windows


def _rest(context: RunContext, history: History) -> _Rest:
    streams = tuple(name for name in context.streams if is_windowed(name) or name in BY_CALL)
    if not streams:
        raise UsageError("--only names whole lists alone; they have no history, `sync` reads them")
    command = f"{history.start} {history.end} {' '.join(streams)}"
    key = hashlib.blake2b(command.encode(), digest_size=8).hexdigest()
    state = backfills.open_backfill(context.warehouse, key)
    if state is None:
        span = _span(context, history, streams)
        state = OpenBackfill(uuid.uuid4().hex, span.start, span.end, streams)
    all_done = done_windows(context.warehouse, context.now)
    done = [window for window in all_done if window.run_id == state.run_id]
    # a backfill that a clock ahead began may end in the future
    span = Span(state.start, min(state.end, context.now))
    whole = [
        window
        for stream in streams
        if is_windowed(stream)
        for window in windows(stream, [(span, Reason.BACKFILL)], context.now, context.zone)
    ]
    known = {window.stream for window in all_done}
    present = Span(context.now, context.now)
    lists = [
        Window(stream, present, reason_of_list(stream))
        for stream in with_parents(streams, known.__contains__)
        if not is_windowed(stream)
    ]
    return _Rest(key, state, left_of(whole, done) + lists, len(done))


def _span(context: RunContext, history: History, streams: Sequence[str]) -> Span:
    start = instant_of(history.start, context.zone, "--from")
    if start >= context.now:
        raise UsageError(f"--from {history.start} lies in the future")
    if history.end:
        end, border = instant_of(history.end, context.zone, "--to"), "--to"
    else:
        end = _earliest_covered(context, streams)
        border = "the earliest that is covered already"
    if start >= end:
        raise UsageError(f"--from {history.start} is not before {border} ({end.isoformat()})")
    return Span(start, min(end, context.now))


def _earliest_covered(context: RunContext, streams: Sequence[str]) -> datetime:
    """Returns the instant from which on all streams are covered; the present before a first sync.

    Streams that are read call by call have no coverage of their own and are left out.
    """
    stored = stored_setting(context.warehouse, SYNC_START)
    timed = [
        name for name in streams if is_windowed(name) or table(name).read is Read.AWAITED_CALLS
    ]
    if not stored or not timed:
        return context.now
    start, done = datetime.fromisoformat(stored), done_windows(context.warehouse, context.now)
    if start > context.now:
        return context.now
    return max(covered_back_to(done, stream, start) for stream in timed)
