"""History: a half-open span, cut into slices, resumed where it stopped; never moves the sync."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.coverage import covered_back_to
from pipelines.dates import instant_of
from pipelines.exits import UsageError
from pipelines.options import Options
from pipelines.pull import packages
from pipelines.runner import Context, Plan, execute, slice_length_of
from pipelines.session import Session
from pipelines.slices import BY_CALL, left_of, slices
from pipelines.sync import SYNC_START
from sources.gong.planning import is_windowed, windows, with_parents
from sources.gong.windows import Reason, Span, Window, minus
from warehouse.store import Store

_PREFIX = "backfill "
"""Before the name of a setting in the warehouse that keeps what a backfill was to read."""


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
    store = context.store
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
        on_landed=lambda: store.keep_setting(
            work.name,
            f"{work.run_id} {work.span.start.isoformat()} {work.span.end.isoformat()}"
            f" {','.join(work.readings)}",
        ),
        on_done=lambda: store.keep_setting(work.name, None),
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What is left of a backfill."""

    name: str
    run_id: str
    readings: tuple[str, ...]
    span: Span
    windows: list[Window]
    done: int


def windows_of(context: Context, history: History) -> list[Window]:
    """Returns what a backfill reads, without what an earlier run of it has read."""
    return _work(context, history).windows


def open_backfills(store: Store) -> list[dict[str, object]]:
    """Returns the backfills that were begun and are not done: what they read, and how far."""
    done = store.done_windows()
    found: list[dict[str, object]] = []
    for told in store.settings_named(_PREFIX).values():
        run_id, start, end, *readings = told.split()
        own = [w for w in done if w.run_id == run_id and w.reading == "calls"]
        whole = Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
        left = minus(whole, [Span(window.start, window.end) for window in own])
        found.append(
            {
                "start": whole.start,
                "end": whole.end,
                "readings": readings[0].split(",") if readings else [],
                "calls_left": [(span.start, span.end) for span in left],
                "windows_done": sum(window.run_id == run_id for window in done),
            }
        )
    return found


def _work(context: Context, history: History) -> _Work:
    store, now = context.store, context.now
    readings = tuple(name for name in context.readings if is_windowed(name) or name in BY_CALL)
    if not readings:
        raise UsageError("--only names whole lists alone; they have no history, `sync` reads them")
    asked = f"{history.start} {history.end} {' '.join(readings)}"
    name = _PREFIX + hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
    begun = store.setting(name)
    if begun:
        # the span stays that of the first run, whatever "the earliest covered" means by now
        run_id, start, end = begun.split()[:3]
        span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
    else:
        run_id, span = uuid.uuid4().hex, _span(context, history, readings)
    all_done = store.done_windows()
    done = [window for window in all_done if window.run_id == run_id]
    asked_for = [
        window
        for reading in readings
        if is_windowed(reading)
        for window in windows(reading, [(span, Reason.BACKFILL)], now, context.zone)
    ]
    found = left_of(asked_for, done)
    known = {window.reading for window in all_done}
    for one in with_parents(readings, known.__contains__):
        if not is_windowed(one):
            reason = Reason.AWAITED if one == "transcripts" else Reason.WHOLE
            found.append(Window(one, Span(now, now), reason))
    return _Work(name, run_id, readings, span, found, len(done))


def _span(context: Context, history: History, readings: Sequence[str]) -> Span:
    start = instant_of(history.start, context.zone, "--from")
    if start >= context.now:
        raise UsageError(f"--from {history.start} lies in the future")
    if history.end:
        end = instant_of(history.end, context.zone, "--to")
    else:
        end = _earliest_covered(context, readings)
    if start >= end:
        told = "--to" if history.end else "the earliest that is covered already"
        raise UsageError(f"--from {history.start} is not before {told} ({end.isoformat()})")
    return Span(start, min(end, context.now))


def _earliest_covered(context: Context, readings: Sequence[str]) -> datetime:
    """Returns from when on all the readings are covered.

    Now, before the first sync, and for what is asked for call by call and keeps no account of it.
    """
    stored = context.store.setting(SYNC_START)
    timed = [name for name in readings if is_windowed(name) or name == "transcripts"]
    if not stored or not timed:
        return context.now
    start, done = datetime.fromisoformat(stored), context.store.done_windows()
    return max(covered_back_to(done, reading, start) for reading in timed)
