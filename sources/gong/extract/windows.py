"""Pure: which pieces of time to read, and why.

Every span is half-open, `[start, end)`. Instants are UTC; days are company days and become
instants through the company's zone, so a day lasts 23 or 25 hours where its clock changes.
No clock, no I/O: the caller freezes "now" once per run.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sources.gong.schema.table import Lookback, Period

HALF_A_DAY = timedelta(hours=12)
"""Tolerance of schedules in days, because nightly runs do not begin on the second."""


class Reason(StrEnum):
    """Why a window is read; shown to the user and kept with the window."""

    NEW = "new"
    LOOKBACK = "lookback"
    WEEKLY = "weekly"
    BACKFILL = "backfill"
    WHOLE = "whole list"
    AWAITED = "awaited"
    ACCEPTED = "deletions accepted"
    DOUBTED = "doubted before"
    SWEEP = "sweep"
    """Old history is enumerated again, so that deletions and edits there are seen at all."""
    BY_ID = "by id"
    QUARANTINED = "quarantined before"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time, in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span is made of instants; a time without an offset is none")

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies between start and end."""
        return self.start >= self.end

    def cut(self, step: timedelta) -> Iterator[Span]:
        """Yields consecutive pieces of at most `step`, oldest first; together they are the span."""
        start = self.start
        while start < self.end:
            end = min(start + step, self.end)
            yield Span(start, end)
            start = end


@dataclass(frozen=True, slots=True)
class Window:
    """One piece to read: of which stream, which part of it, when and why."""

    stream: str
    span: Span
    reason: Reason
    detail: str = ""
    """Log type or period, where a stream has several; the slice, where it is read in each slice."""


def joined(windows: Iterable[Window], is_one: Callable[[Window, Window], bool]) -> list[Window]:
    """Returns windows of a stream, by their start, those that follow each other put together.

    Args:
        windows: of one stream.
        is_one: whether a window and the next of the same part can be one, for the next one's
            reason.
    """
    out: list[Window] = []
    for window in sorted(windows, key=lambda w: (w.detail, w.span.start)):
        before = out[-1] if out else None
        if (
            before is not None
            and before.detail == window.detail
            and before.span.end == window.span.start
            and is_one(before, window)
        ):
            out[-1] = replace(window, span=Span(before.span.start, window.span.end))
        else:
            out.append(window)
    return sorted(out, key=lambda window: window.span.start)


def minus(span: Span, taken: Iterable[Span]) -> list[Span]:
    """Returns what is left of a span without others, oldest first."""
    left: list[Span] = []
    start = span.start
    for other in sorted(taken, key=lambda other: other.start):
        if other.end <= start or other.is_empty:
            continue
        if other.start >= span.end:
            break
        if other.start > start:
            left.append(Span(start, other.start))
        start = other.end
    if start < span.end:
        left.append(Span(start, span.end))
    return left


def merged(spans: Iterable[Span]) -> list[Span]:
    """Returns spans joined where they touch or overlap, oldest first; empty ones are left out."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if span.is_empty:
            continue
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Returns the first instant of a company day, also where its clock skips or repeats midnight.

    A day that the zone never had (Samoa, 2011-12-30) begins where the next one does.
    """
    wall = datetime.combine(day, time(), zone)
    begins = wall.astimezone(UTC)
    if begins.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return begins
    # the clock jumps over midnight, and the day begins with the jump: the first second at which the
    # clock shows a later time than before the jump
    before, second = begins - timedelta(days=1), timedelta(seconds=1)

    def shown(seconds: int) -> datetime:
        return (before + seconds * second).astimezone(zone).replace(tzinfo=None)

    jump = bisect_left(range(timedelta(days=2) // second), wall.replace(tzinfo=None), key=shown)
    return before + jump * second


def days_of(span: Span, zone: ZoneInfo) -> tuple[date, date]:
    """Returns the company days that a span touches, as a half-open pair of dates."""
    first = span.start.astimezone(zone).date()
    after = span.end.astimezone(zone).date()
    # compared as instants: where the clock skips midnight, the day begins at one o'clock
    if span.end > midnight(after, zone):
        after += timedelta(days=1)
    return first, after


def day_pieces(first: date, after: date, step: int) -> Iterator[tuple[date, date]]:
    """Yields half-open pairs of dates of at most `step` days that together are `[first, after)`."""
    while first < after:
        end = min(first + timedelta(days=step), after)
        yield first, end
        first = end


def period_start(day: date, period: Period) -> date:
    """Returns the first day of the period that holds a day."""
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period is Period.MONTH else day


def next_period(start: date, period: Period) -> date:
    """Returns the first day of the period after the one that begins at `start`."""
    if period is Period.DAY:
        return start + timedelta(days=1)
    if period is Period.WEEK:
        return start + timedelta(days=7)
    return (start + timedelta(days=32)).replace(day=1)


def periods(first: date, after: date, period: Period) -> Iterator[tuple[date, date]]:
    """Yields the whole calendar periods that touch `[first, after)`, oldest first."""
    if first >= after:
        return
    start = period_start(first, period)
    while start < after:
        end = next_period(start, period)
        yield start, end
        start = end


def to_read(
    watermark: datetime | None,
    first_start: datetime,
    now: datetime,
    lookback: Lookback | None,
    *,
    is_weekly: bool,
) -> list[tuple[Span, Reason]]:
    """Returns the spans that a sync reads of a windowed table, oldest first.

    Args:
        watermark: end of what earlier syncs have read, or None before the first.
        first_start: where the very first sync begins. A lookback never reaches before it: history
            belongs to a backfill.
        now: the frozen present, exclusive end of everything.
        lookback: how far what was read is read again.
        is_weekly: whether the deeper lookback is due.
    """
    if watermark is None:
        return [(Span(first_start, now), Reason.NEW)] if first_start < now else []
    spans: list[tuple[Span, Reason]] = []
    if lookback is not None:
        nightly = max(watermark - timedelta(days=lookback.nightly), first_start)
        if is_weekly:
            weekly = max(watermark - timedelta(days=lookback.weekly), first_start)
            spans.append((Span(weekly, nightly), Reason.WEEKLY))
        spans.append((Span(nightly, watermark), Reason.LOOKBACK))
    spans.append((Span(watermark, now), Reason.NEW))
    return [(span, reason) for span, reason in spans if not span.is_empty]
