"""Pure: from the spans that a run must read to the windows that it requests.

A windowed list costs one request per hundred rows and at least one per window, so windows are as
wide as memory and parallel reading allow. Stats are requested in whole calendar periods only, up to
today in the company's zone: `toDate` is exclusive and may not lie in the future. Review dates may,
so the day that has not ended is requested with the others; its window ends with the present.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sources.gong.extract.logs import LOG_TYPES
from sources.gong.extract.stats import FAMILIES
from sources.gong.extract.windows import (
    HALF_A_DAY,
    Reason,
    Span,
    Window,
    day_pieces,
    days_of,
    midnight,
    periods,
)
from sources.gong.schema.table import Family, Period, Read
from sources.gong.schema.tables import STATS_TABLES, parent_streams, table

TRANSCRIPT_AWAITED = timedelta(days=60)
"""How long after the start of a call its transcript is requested."""
_PERIODS_PER_WINDOW = 53

SpansToRead = Iterable[tuple[Span, Reason]]


def needs_zone(stream: str) -> bool:
    """Whether a stream is read by company day."""
    return table(stream).read in (Read.DAYS, Read.PERIODS, Read.MANAGERS)


def is_windowed(stream: str) -> bool:
    """Whether a stream covers spans of time (rather than whole lists or ids)."""
    return needs_zone(stream) or table(stream).read in (Read.INSTANTS, Read.SINCE, Read.LOGS)


def is_divisible(stream: str) -> bool:
    """Whether a window of a stream can be cut at any midnight of the company, or put together."""
    return table(stream).read in (Read.INSTANTS, Read.DAYS, Read.LOGS)


def parts(stream: str) -> tuple[str, ...]:
    """Returns what each stretch of time is read by separately: periods, log types, or nothing."""
    if stream in STATS_TABLES:
        return tuple(map(str, FAMILIES[stream].periods))
    return LOG_TYPES if table(stream).read is Read.LOGS else ("",)


def with_parents(streams: Sequence[str], is_known: Callable[[str], bool]) -> tuple[str, ...]:
    """Returns streams with their parent streams, unless these were read before."""
    wanted = dict.fromkeys(streams)
    for stream in streams:
        if table(stream).read is Read.CALLS_OF_RUN:
            continue  # reads the calls of the warehouse where the run reads none
        for parent in parent_streams(stream):
            if parent not in wanted and not is_known(parent):
                wanted |= dict.fromkeys(with_parents((parent,), is_known))
    return tuple(wanted)


def latest(stream: str, now: datetime, zone: ZoneInfo | None) -> datetime:
    """Returns the end of what can be read of a stream: now; of stats, the start of today."""
    if not needs_zone(stream):
        return now
    if zone is None:
        raise ValueError(f"{stream} is read in company days; the company's zone is needed")
    return now if table(stream).read is Read.DAYS else midnight(now.astimezone(zone).date(), zone)


def windows(stream: str, spans: SpansToRead, now: datetime, zone: ZoneInfo | None) -> list[Window]:
    """Returns the windows that read the given spans of a windowed stream, oldest first."""
    if stream in STATS_TABLES:
        assert zone is not None
        return _stats_windows(stream, list(spans), now, zone)
    row = table(stream)
    if row.read is Read.SINCE:
        return _one_window(stream, list(spans))
    if row.read is Read.DAYS:
        assert zone is not None
        return _day_windows(stream, list(spans), now, zone)
    days = row.windows.days
    assert days is not None
    step = timedelta(days=days)
    planned: list[Window] = []
    for span, reason in spans:
        if row.read is Read.LOGS:
            planned += [
                Window(stream, piece, reason, log_type)
                for piece in span.cut(step)
                for log_type in LOG_TYPES
            ]
        else:
            planned += [Window(stream, piece, reason) for piece in span.cut(step)]
    return planned


def _one_window(stream: str, spans: list[tuple[Span, Reason]]) -> list[Window]:
    if not spans:
        return []
    reasons = {reason for _, reason in spans}
    reason = Reason.WEEKLY if Reason.WEEKLY in reasons else spans[-1][1]
    whole = Span(min(s.start for s, _ in spans), max(s.end for s, _ in spans))
    return [Window(stream, whole, reason)]


def _day_windows(
    stream: str, spans: list[tuple[Span, Reason]], now: datetime, zone: ZoneInfo
) -> list[Window]:
    """Returns windows of whole company days; only the one that holds the present ends within a day.

    A day that two spans touch is read once, for the newer one.
    """
    days = table(stream).windows.days
    assert days is not None
    planned: list[Window] = []
    newer = date.max
    for span, reason in sorted(spans, key=lambda pair: pair[0].start, reverse=True):
        end = min(span.end, now)
        if span.start >= end:
            continue
        first, after = days_of(Span(span.start, end), zone)
        planned[:0] = [
            Window(stream, Span(midnight(a, zone), min(midnight(b, zone), now)), reason)
            for a, b in day_pieces(first, min(after, newer), days)
        ]
        newer = min(first, newer)
    return planned


def _stats_windows(
    stream: str, spans: list[tuple[Span, Reason]], now: datetime, zone: ZoneInfo
) -> list[Window]:
    family, today = FAMILIES[stream], now.astimezone(zone).date()
    by_period: dict[tuple[str, date], Window] = {}
    # the newest reason wins where two spans touch the same period
    for span, reason in reversed(spans):
        first, after = days_of(span, zone)
        after = min(after, today)
        for period in family.periods:
            for a, b in _pieces(family, period, first, after, today):
                by_period.setdefault(
                    (period, a),
                    Window(
                        stream,
                        Span(midnight(a, zone), midnight(b, zone)),
                        reason,
                        str(period),
                    ),
                )
    return sorted(by_period.values(), key=lambda window: window.span.start)


def _pieces(
    family: Family, period: Period, first: date, after: date, today: date
) -> list[tuple[date, date]]:
    if period is Period.DAY and family.is_dated:
        return list(day_pieces(first, after, family.days_per_window))
    whole = [(a, min(b, today)) for a, b in periods(first, after, period)]
    if not family.is_dated:
        return whole
    return [
        (whole[i][0], whole[min(i + _PERIODS_PER_WINDOW, len(whole)) - 1][1])
        for i in range(0, len(whole), _PERIODS_PER_WINDOW)
    ]


def requested_periods(window: Window, zone: ZoneInfo) -> list[tuple[date, date, date]]:
    """Returns the calendar periods of a stats window: first day, day after, day read up to."""
    first, until = days_of(window.span, zone)
    return [(a, b, min(b, until)) for a, b in periods(first, until, Period(window.detail))]


def frozen_now(clock: datetime) -> datetime:
    """Returns the present as a run uses it: UTC, whole seconds, the same for every page."""
    return clock.astimezone(UTC).replace(microsecond=0)


def transcript_turns(now: datetime) -> list[tuple[datetime, datetime]]:
    """Returns when calls without a transcript have their turn to be requested again.

    One pair per turn: the call started at the first instant or later, and its transcript was last
    requested at the second or earlier. Every run in a call's first two weeks, weekly in its first
    two months, then no more.
    """
    week, nightly = timedelta(days=7), timedelta(days=14)
    return [(now - nightly, now), (now - TRANSCRIPT_AWAITED, now - week + HALF_A_DAY)]
