"""History: a half-open span, cut into slices, resumed where it stopped; never moves the sync."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.coverage import covered_back_to, slices
from pipelines.dates import instant_of
from pipelines.exits import UsageError
from pipelines.options import Options
from pipelines.pull import Awaited, Package
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
    store, now = context.store, context.now
    readings = tuple(
        name for name in context.readings if is_windowed(name) or name == "transcripts"
    )
    if not readings:
        raise UsageError("--only names whole lists alone; they have no history, `sync` reads them")
    asked = f"{history.start} {history.end} {' '.join(readings)}"
    name = "backfill " + hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
    begun = store.setting(name)
    if begun:
        # the span stays that of the first run, whatever "the earliest covered" means by now
        run_id, start, end = begun.split()
        span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
    else:
        run_id, span = uuid.uuid4().hex, _span(context, history, readings)
    done = {
        (window.reading, window.detail, window.start, window.end)
        for window in store.done_windows()
        if window.run_id == run_id
    }
    found = [
        window
        for reading in readings
        if is_windowed(reading)
        for window in windows(reading, [(span, Reason.BACKFILL)], now, context.zone)
        if (window.reading, window.detail, window.span.start, window.span.end) not in done
    ]
    if begun:
        context.session.console.info(
            f"going on with an earlier backfill of this span: {len(done)} windows are done, "
            f"{len(found)} are left"
        )
    if "transcripts" in readings:
        found.append(Window("transcripts", Span(now, now), Reason.AWAITED))
    packages = [Package(cut) for cut in slices(found)]
    if history.newest_first:
        packages.reverse()
    if packages and "transcripts" in readings:
        packages[0] = replace(packages[0], awaited=Awaited(span.start, span.end))
    return Plan(
        run_id,
        packages,
        on_landed=lambda: store.keep_setting(
            name, f"{run_id} {span.start.isoformat()} {span.end.isoformat()}"
        ),
        on_done=lambda: store.keep_setting(name, None),
    )


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
    """Returns from when on all the readings are covered; now, before the first sync."""
    stored = context.store.setting(SYNC_START)
    if not stored:
        return context.now
    start, done = datetime.fromisoformat(stored), context.store.done_windows()
    return max((covered_back_to(done, reading, start) for reading in readings), default=start)
