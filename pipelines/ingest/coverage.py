"""Pure: what finished windows cover, and what a sync has to read from there.

Windows of a stream that failed leave a gap; coverage ends at the first gap. Opens and asks nothing:
finished windows, the present and the company's zone are arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from pipelines.ingest.slices import left_of
from sources.gong.extract.stats import FAMILIES
from sources.gong.extract.window_plan import (
    is_divisible,
    is_windowed,
    latest,
    needs_zone,
    parts,
    windows,
)
from sources.gong.extract.windows import Reason, Span, Window, joined, merged, minus, to_read
from sources.gong.schema.table import Read
from sources.gong.schema.tables import CALLS_STREAM, root_of, table
from warehouse.ops.load_log import DoneWindow

_WEEK = timedelta(days=7)
_NIGHTS = 25
"""Nights in which the sweep enumerates all history once."""
_RESTS = timedelta(days=2)
"""A span that was read less than this ago is not swept."""
_OVERDUE = timedelta(days=28)
"""A span that was read longer ago is swept at once, however long it is: nights were missed."""


def covered_until(
    done: Iterable[DoneWindow], start: datetime, expected: Iterable[str] = ("",)
) -> datetime | None:
    """Returns how far from `start` on everything was read, or None if not even the start was.

    A window that failed leaves a gap, and nothing after a gap counts. Where a stream has parts
    (log types, periods) the part that is furthest behind decides, also if none of it was read.

    Args:
        done: windows of one stream.
        start: from where on.
        expected: the parts of the stream, `detail` of its windows.
    """
    reached = dict.fromkeys(expected, start)
    for window in sorted(done, key=lambda w: w.start):
        until = reached.get(window.detail)
        if until is not None and window.start <= until:
            reached[window.detail] = max(until, window.end)
    furthest_behind = min(reached.values())
    return furthest_behind if furthest_behind > start else None


def covered_since(done: Iterable[DoneWindow], end: datetime) -> datetime:
    """Returns how far back from `end` everything was read; `end` itself if nothing was."""
    since = end
    for window in sorted(done, key=lambda w: w.end, reverse=True):
        if window.end < since:
            break
        since = min(since, window.start)
    return since


def covered_back_to(done: Iterable[DoneWindow], stream: str, end: datetime) -> datetime:
    """Returns how far back from `end` all parts of a stream were read, by any command.

    A stream that is requested by call ids has no windows: those of the calls count.
    """
    timed = CALLS_STREAM if table(stream).read is Read.AWAITED_CALLS else stream
    own = [window for window in done if window.stream == timed]
    return max(
        covered_since([window for window in own if window.detail == part], end)
        for part in parts(timed)
    )


def reason_of_list(stream: str) -> Reason:
    """Returns why a stream without windows is read."""
    return Reason.AWAITED if table(stream).read is Read.AWAITED_CALLS else Reason.WHOLE


def sync_windows(
    streams: Sequence[str],
    done: Sequence[DoneWindow],
    sync_start: datetime,
    now: datetime,
    zone: ZoneInfo | None,
    ended: Collection[str] | None = None,
) -> list[Window]:
    """Returns every window that a sync reads, oldest first.

    Args:
        streams: those to read; without a zone, none that needs it.
        done: windows of closed packages.
        sync_start: where the very first sync began.
        now: the frozen present.
        zone: the company's time zone.
        ended: the runs that were not cut short; all by default. A weekly lookback that the quota
            or a kill cut short is due again the next night.
    """
    due: list[Window] = []
    for stream in streams:
        if is_windowed(stream):
            own = [
                window
                for window in done
                if window.stream == stream
                and window.kind == "sync"
                and window.reason != Reason.SWEEP
            ]
            due += _due_windows(stream, own, done, sync_start, now, zone, ended)
        else:
            due.append(Window(stream, Span(now, now), reason_of_list(stream)))
    return sorted(due, key=lambda window: window.span.start)


def _due_windows(
    stream: str,
    own: Sequence[DoneWindow],
    done: Sequence[DoneWindow],
    sync_start: datetime,
    now: datetime,
    zone: ZoneInfo | None,
    ended: Collection[str] | None,
) -> list[Window]:
    """Returns the windows that a sync reads of one stream; `own` are those it has read before."""
    weekly = [window for window in own if window.reason == Reason.WEEKLY]
    complete = [window.read_at for window in weekly if ended is None or window.run_id in ended]
    first_read = min((window.read_at for window in own), default=now)
    since_weekly = max(complete, default=first_read)
    # a weekly lookback that was cut short continues where it stopped
    begun = min((w.read_at for w in weekly if w.read_at > since_weekly), default=now)
    recent = [window for window in own if window.read_at >= max(begun, now - _WEEK)]
    until = covered_until(own, sync_start, parts(stream))
    spans = to_read(
        until,
        # a lookback covers what a backfill has read, and nothing before it
        sync_start if until is None else covered_back_to(done, stream, sync_start),
        latest(stream, now, zone) if needs_zone(stream) else now,
        root_of(stream).lookback,
        is_weekly=now - since_weekly >= _WEEK,
    )
    planned: list[Window] = []
    for window in windows(stream, spans, now, zone):
        planned += left_of([window], recent) if window.reason is Reason.WEEKLY else [window]
    return joined(planned, _is_one)


def _is_one(window: Window, other: Window) -> bool:
    """Whether a lookback and the new data after it can be one window: a list less."""
    return (window.reason, other.reason) == (Reason.LOOKBACK, Reason.NEW) and _takes_one_request(
        other.stream, Span(window.span.start, other.span.end)
    )


def _takes_one_request(stream: str, span: Span) -> bool:
    """Whether a span can be one window of a stream whose windows mean the same for any reason."""
    if stream == CALLS_STREAM:
        return False  # of a lookback, transcripts of changed calls alone are requested
    days = (span.end - span.start) / timedelta(days=1)
    if is_divisible(stream):
        return days <= (root_of(stream).windows.days or 0)
    family = FAMILIES.get(stream)
    return family is not None and family.is_dated and days <= family.days_per_window


def to_sweep(done: Iterable[DoneWindow], now: datetime, taken: Sequence[Span] = ()) -> list[Span]:
    """Returns which history to enumerate again tonight: the part that was read longest ago.

    Each night takes an equal share, so that all history is read again well within 30 days. Only the
    sweep sees deletions and edits before the lookback.

    Args:
        done: windows of one stream.
        now: the frozen present.
        taken: what the run reads anyway.
    """
    read: list[Span] = []
    candidates: list[tuple[datetime, Span]] = []
    for window in sorted(done, key=lambda w: w.read_at, reverse=True):
        span = Span(window.start, window.end)
        if window.read_at <= now - _RESTS:
            candidates += [(window.read_at, piece) for piece in minus(span, [*read, *taken])]
        read = merged([*read, span])
    share = sum((span.end - span.start for span in read), timedelta()) / _NIGHTS
    left = timedelta(days=ceil(share / timedelta(days=1)))
    tonight: list[Span] = []
    for read_at, span in sorted(candidates, key=lambda pair: (pair[0], pair[1].start)):
        length = span.end - span.start
        if read_at > now - _OVERDUE:
            length = min(length, left)
        if length > timedelta():
            tonight.append(Span(span.start, span.start + length))
            left -= length
    return merged(tonight)
