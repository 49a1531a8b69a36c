"""Pure: what earlier windows cover, and from there what a sync or a backfill has to read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sources.gong.extract.window_plan import is_windowed, latest, needs_zone, parts, windows
from sources.gong.extract.windows import Reason, Span, Window, merged, minus, to_read
from sources.gong.schema.tables import STATS_TABLES, table
from warehouse.ops.load_log import DoneWindow

_WEEK = timedelta(days=7)
"""How old a call without a transcript is when it is no longer asked about nightly, and at all."""
_NIGHTS = 25
"""In so many nights the sweep goes over all history."""
_RESTS = timedelta(days=2)
_OVERDUE = timedelta(days=28)
"""What was read so long ago is swept at once, however much it is: nights were missed."""


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
    """Returns how far back from `end` all parts of a stream were read, by whatever command.

    Transcripts have no windows: they go with the calls.
    """
    own = [w for w in done if w.stream == ("calls" if stream == "transcripts" else stream)]
    return max(
        covered_since([w for w in own if w.detail == part], end)
        for part in parts("calls" if stream == "transcripts" else stream)
    )


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
        streams: those to read; such as need the zone must not be among them without one.
        done: windows of closed packages.
        sync_start: where the very first sync began.
        now: the frozen present.
        zone: the company's time zone.
        ended: the runs that were not cut short; all by default. A weekly lookback that the quota
            or a kill cut short is due again the next night.
    """
    found: list[Window] = []
    for stream in streams:
        if not is_windowed(stream):
            reason = Reason.AWAITED if stream == "transcripts" else Reason.WHOLE
            found.append(Window(stream, Span(now, now), reason))
            continue
        own = [
            w for w in done if w.stream == stream and w.kind == "sync" and w.reason != Reason.SWEEP
        ]
        weekly = [
            w.read_at
            for w in own
            if w.reason == Reason.WEEKLY and (ended is None or w.run_id in ended)
        ]
        since_weekly = max(weekly, default=min((w.read_at for w in own), default=now))
        # a weekly lookback that was cut short goes on where it stopped
        begun = min((w.read_at for w in own if _is_weekly_after(w, since_weekly)), default=now)
        recent = [w for w in own if w.read_at >= max(begun, now - _WEEK)]
        lookback = table("stats_periods" if stream in STATS_TABLES else stream).lookback
        until = covered_until(own, sync_start, parts(stream))
        spans = to_read(
            until,
            # a lookback reaches over what a backfill has brought, and not beyond it
            sync_start if until is None else covered_back_to(done, stream, sync_start),
            latest(stream, now, zone) if needs_zone(stream) else now,
            lookback,
            is_weekly=now - since_weekly >= _WEEK,
        )
        due = windows(stream, spans, now, zone)
        left = [w for w in due if w.reason is not Reason.WEEKLY or not _is_covered(w, recent)]
        found += left
    return sorted(found, key=lambda window: window.span.start)


def _is_weekly_after(window: DoneWindow, moment: datetime) -> bool:
    return window.reason == Reason.WEEKLY and window.read_at > moment


def _is_covered(window: Window, done: Iterable[DoneWindow]) -> bool:
    """Whether windows that were read hold all of one that is to be read."""
    same = [w for w in done if w.detail == window.detail]
    until = covered_until(same, window.span.start, (window.detail,))
    return until is not None and until >= window.span.end


def to_sweep(done: Iterable[DoneWindow], now: datetime, taken: Sequence[Span] = ()) -> list[Span]:
    """Returns which history to enumerate again tonight: what was read the longest ago.

    So much each night that all of it is read again well within 30 days, and no night has more of it
    than another. Deletions and edits of what no lookback reaches any more are seen by this alone.

    Args:
        done: windows of one stream.
        now: the frozen present.
        taken: what the run reads anyway.
    """
    read: list[Span] = []
    found: list[tuple[datetime, Span]] = []
    for window in sorted(done, key=lambda w: w.read_at, reverse=True):
        span = Span(window.start, window.end)
        if window.read_at <= now - _RESTS:
            found += [(window.read_at, piece) for piece in minus(span, [*read, *taken])]
        read = merged([*read, span])
    share = sum((span.end - span.start for span in read), timedelta()) / _NIGHTS
    left = timedelta(days=ceil(share / timedelta(days=1)))
    tonight: list[Span] = []
    for read_at, span in sorted(found, key=lambda one: (one[0], one[1].start)):
        length = span.end - span.start
        if read_at > now - _OVERDUE:
            length = min(length, left)
        if length > timedelta():
            tonight.append(Span(span.start, span.start + length))
            left -= length
    return merged(tonight)
