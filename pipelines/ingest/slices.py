"""Pure: windows cut into slices, each of which is one load package.

A crash costs at most one slice; memory and disk must hold one slice; another run waits for the
warehouse at most for one slice. So a slice is sized by its content: a month of a small company, a
day of a very large one. It is cut when its turn comes, by the content of the slices before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sources.gong.extract.window_plan import is_divisible
from sources.gong.extract.windows import Reason, Span, Window, joined, midnight, minus
from sources.gong.schema.tables import BY_CALL, CALLS_STREAM, STREAMS, root_of
from warehouse.ops.load_log import DoneWindow

LONGEST = timedelta(days=31)
"""The length of a slice that holds little."""

_SHORTEST = timedelta(days=1)
_UNKNOWN = timedelta(days=7)
"""The length of a slice of unknown content."""
_WEIGHTS = {name: root_of(name).windows.weight for name in STREAMS}
_FULL = 5000.0
"""Calls in a slice: some 300 requests, or two minutes at three requests a second."""
_REQUESTS_PER_CALL = 0.06
"""Of a hundred calls: their page, transcripts, access, and what their CRM objects are asked for."""
_LAST_LONGER = 1.25
"""How much longer the last slice may be: a small rest is no slice of its own."""
_NEAR = timedelta(days=45)
_UTC = ZoneInfo("UTC")

Slice = dict[str, list[Window]]
Length = Callable[[Span], timedelta]
"""From the span that is left to the length of the next slice."""


def slices(
    windows: Sequence[Window],
    zone: ZoneInfo | None,
    length: Length = lambda _left: LONGEST,
    *,
    is_newest_first: bool = False,
) -> Iterator[Slice]:
    """Yields windows cut into slices, each as long as `length` says when its turn comes.

    Whole lists go into the first. Weekly lookbacks come after new data, which must not wait for
    them where the quota is short; the sweep comes last. Streams that ask about calls go into every
    slice that has calls.
    """
    listed = [window for window in windows if window.span.is_empty]
    timed = [window for window in windows if not window.span.is_empty]
    has_calls = any(window.stream == CALLS_STREAM for window in timed)
    follows = [window for window in listed if window.stream in BY_CALL and has_calls]
    first = [window for window in listed if window not in follows]
    number = 0
    for group in _by_urgency(timed) or [[]]:
        for cut in _cut(group, zone, length, is_newest_first) if group else [{}]:
            for window in first:
                cut.setdefault(window.stream, []).append(window)
            first = []
            if CALLS_STREAM in cut:
                number += 1
                for window in follows:
                    # a window of its own per slice, as each is closed by itself
                    detail = window.detail if number == 1 else f"package {number}"
                    cut.setdefault(window.stream, []).append(replace(window, detail=detail))
            if cut:
                yield cut


def _by_urgency(timed: Sequence[Window]) -> list[list[Window]]:
    ranks = {Reason.DOUBTED: 1, Reason.QUARANTINED: 1, Reason.WEEKLY: 1, Reason.SWEEP: 2}
    groups: dict[int, list[Window]] = {}
    for window in timed:
        groups.setdefault(ranks.get(window.reason, 0), []).append(window)
    return [groups[rank] for rank in sorted(groups)]


def _cut(
    group: Sequence[Window], zone: ZoneInfo | None, length: Length, is_newest_first: bool
) -> Iterator[Slice]:
    left = list(group)
    while left:
        # a calendar month may begin long before what is asked for
        anchors = [w.span for w in left if is_divisible(w.stream)] or [w.span for w in left]
        around = Span(min(s.start for s in anchors), max(s.end for s in anchors))
        step = length(around)
        if around.end - around.start <= step * _LAST_LONGER:
            border = around.start if is_newest_first else around.end
        else:
            border = _border(around, step, zone, is_newest_first)
        taken, left = _parted(left, border, is_newest_first)
        cut: Slice = {}
        for window in sorted(taken, key=lambda w: w.span.start):
            cut.setdefault(window.stream, []).append(window)
        yield {stream: joined(own, _is_continued) for stream, own in cut.items()}


def _is_continued(window: Window, other: Window) -> bool:
    """Whether a window and the next can be one.

    Windows end after so many days, slices at a midnight: where the clocks change, a list of an hour
    would be left over.
    """
    most = root_of(window.stream).windows.days
    return (
        most is not None
        and is_divisible(window.stream)
        and window.reason is other.reason
        and other.span.end - window.span.start <= timedelta(days=most) * _LAST_LONGER
    )


def _parted(
    windows: Iterable[Window], border: datetime, is_newest_first: bool
) -> tuple[list[Window], list[Window]]:
    """Returns windows on the near side of a border and beyond; what lies across it is cut."""
    before: list[Window] = []
    after: list[Window] = []
    for window in windows:
        if window.span.end <= border:
            before.append(window)
        elif window.span.start >= border:
            after.append(window)
        elif is_divisible(window.stream):
            before.append(replace(window, span=Span(window.span.start, border)))
            after.append(replace(window, span=Span(border, window.span.end)))
        else:
            # calendar periods stay whole, and go with the slice that comes first
            (after if is_newest_first else before).append(window)
    return (after, before) if is_newest_first else (before, after)


def _border(
    around: Span, step: timedelta, zone: ZoneInfo | None, is_newest_first: bool
) -> datetime:
    """Returns the midnight of the company at which a slice of at most a step ends, or begins."""
    moment = around.end - step if is_newest_first else around.start + step
    day = moment.astimezone(zone or UTC).date()
    before, after = midnight(day, zone or _UTC), midnight(day + timedelta(days=1), zone or _UTC)
    if is_newest_first:
        return before if before == moment or after >= around.end else after
    return before if before > around.start else after


def calls_per_day(done: Iterable[DoneWindow], at: datetime) -> float | None:
    """Returns what a day near an instant held, in calls; None if nothing near was read."""
    near = Span(at - _NEAR, at + _NEAR)
    totals: dict[tuple[str, str], list[float]] = {}
    for window in done:
        weight = _WEIGHTS.get(window.stream, 0.0)
        days = (window.end - window.start) / timedelta(days=1)
        is_near = window.start < near.end and window.end > near.start
        # of less than a day the share of night and day is chance
        if weight and is_near and days >= 1 and window.reason != Reason.SWEEP:
            total = totals.setdefault((window.stream, window.detail), [0.0, 0.0])
            total[0] += window.seen * weight
            total[1] += days
    if not any(stream == CALLS_STREAM for stream, _ in totals):
        return None
    return sum(seen / days for seen, days in totals.values())


def slice_length(per_day: float | None, requests_left: int | None) -> timedelta:
    """Returns the length of a slice.

    Args:
        per_day: what a day holds, in calls; None if that is not known.
        requests_left: how many requests the run may still spend; None for no limit. A slice that
            does not fit would be read again.
    """
    if per_day is None:
        return _UNKNOWN
    days = _FULL / per_day if per_day else LONGEST.days
    if requests_left is not None:
        days = min(days, requests_left / (per_day * _REQUESTS_PER_CALL + 1))
    return min(max(timedelta(days=ceil(days)), _SHORTEST), LONGEST)


def left_of(windows: Iterable[Window], done: Iterable[Window | DoneWindow]) -> list[Window]:
    """Returns windows less what others cover; a window that cannot be cut is whole or left out."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for other in done:
        span = other.span if isinstance(other, Window) else Span(other.start, other.end)
        spans.setdefault((other.stream, other.detail), []).append(span)
    rest: list[Window] = []
    for window in windows:
        own = spans.get((window.stream, window.detail), [])
        pieces = [window.span] if window.span.is_empty else minus(window.span, own)
        if pieces and not is_divisible(window.stream):
            pieces = [window.span]
        rest += [replace(window, span=piece) for piece in pieces]
    return rest
