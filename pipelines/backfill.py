"""History: a half-open span, cut into slices, resumed where it stopped; never moves the sync."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.coverage import covered_since, slices
from pipelines.dates import instant_of
from pipelines.exits import UsageError
from pipelines.options import Options
from pipelines.pull import Package
from pipelines.runner import Context, Plan, execute
from pipelines.session import Session
from pipelines.sync import SYNC_START
from sources.gong.planning import is_windowed, windows
from sources.gong.windows import Reason, Span, Window


@dataclass(frozen=True, slots=True)
class History:
    """What to read back, as the user wrote it; without an end, up to what is there already."""

    start: str
    end: str | None = None
    newest_first: bool = False


def backfill(session: Session, options: Options, history: History) -> int:
    """Reads history and returns the exit code."""
    return execute(session, options, "backfill", lambda context: _plan(context, history))


def _plan(context: Context, history: History) -> Plan:
    store, now, span = context.store, context.now, _span(context, history)
    asked = f"{span.start.isoformat()} {span.end.isoformat()} {' '.join(context.readings)}"
    name = "backfill " + hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
    begun = store.setting(name)
    run_id = begun or uuid.uuid4().hex
    if not begun:
        store.keep_setting(name, run_id)
    done = {
        (window.reading, window.detail, window.start)
        for window in store.done_windows()
        if window.run_id == run_id
    }
    found = [
        window
        for reading in context.readings
        if is_windowed(reading)
        for window in windows(reading, [(span, Reason.BACKFILL)], now, context.zone)
        if (window.reading, window.detail, window.span.start) not in done
    ]
    if begun:
        context.session.console.info(
            f"going on with an earlier backfill of this span: {len(done)} windows are done, "
            f"{len(found)} are left"
        )
    if "transcripts" in context.readings:
        found.append(Window("transcripts", Span(now, now), Reason.AWAITED))
    packages = [Package(cut) for cut in slices(found)]
    if history.newest_first:
        packages.reverse()
    if packages and "transcripts" in context.readings:
        packages[0] = replace(packages[0], awaited_since=span.start, awaited_before=span.end)
    return Plan(run_id, packages, on_done=lambda: store.keep_setting(name, None))


def _span(context: Context, history: History) -> Span:
    start = instant_of(history.start, context.zone, "--from")
    if history.end:
        end = instant_of(history.end, context.zone, "--to")
    else:
        stored = context.store.setting(SYNC_START)
        calls = [window for window in context.store.done_windows() if window.reading == "calls"]
        end = covered_since(calls, datetime.fromisoformat(stored)) if stored else context.now
    if start >= end:
        told = "--to" if history.end else "the earliest that is covered already"
        raise UsageError(f"--from {history.start} is not before {told} ({end.isoformat()})")
    if start >= context.now:
        raise UsageError(f"--from {history.start} lies in the future")
    return Span(start, min(end, context.now))
