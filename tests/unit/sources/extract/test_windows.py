from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.gong.extract.windows import (
    Reason,
    Span,
    day_pieces,
    days_of,
    merged,
    midnight,
    next_period,
    period_start,
    periods,
    to_read,
)
from sources.gong.schema.table import Lookback, Period

SECOND = timedelta(seconds=1)

ZONES = (
    "Pacific/Pago_Pago",  # UTC-11
    "America/Los_Angeles",
    "America/Santiago",  # skips midnight
    "America/Havana",  # has midnight twice
    "America/Sao_Paulo",
    "UTC",
    "Europe/Berlin",
    "Africa/Cairo",  # skips midnight
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Chatham",
    "Pacific/Kiritimati",  # UTC+14
)

INSTANTS = st.integers(0, 8 * 365 * 86_400_000_000).map(
    lambda microseconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
DAYS = st.dates(date(2020, 1, 1), date(2027, 12, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@given(INSTANTS, INSTANTS, st.timedeltas(timedelta(hours=1), timedelta(days=4000)))
@settings(deadline=None)
def test_a_span_cut_by_any_step_is_an_exact_partition(
    a: datetime, b: datetime, step: timedelta
) -> None:
    if abs(b - a) / step > 5000:
        b = a + 5000 * step if a < b else b
    span = Span(min(a, b), max(a, b))
    pieces = list(span.cut(step))
    assert all(not piece.is_empty and piece.end - piece.start <= step for piece in pieces)
    borders = [span.start, *(piece.end for piece in pieces)]
    assert [piece.start for piece in pieces] == borders[:-1]
    assert borders[-1] == span.end


def test_an_empty_span_has_no_pieces() -> None:
    start = at("2026-01-01T00:00Z")
    assert list(Span(start, start).cut(timedelta(days=1))) == []
    assert list(Span(start, start - timedelta(days=1)).cut(timedelta(days=1))) == []


def test_a_time_without_an_offset_makes_no_span() -> None:
    with pytest.raises(ValueError, match="offset"):
        Span(at("2026-01-01T00:00Z").replace(tzinfo=None), at("2026-01-02T00:00Z"))
    with pytest.raises(ValueError, match="offset"):
        Span(at("2026-01-01T00:00Z"), at("2026-01-02T00:00Z").replace(tzinfo=None))


@pytest.mark.parametrize("name", ZONES)
def test_every_company_day_of_eight_years_is_the_span_between_its_midnights(name: str) -> None:
    zone = ZoneInfo(name)
    day = date(2020, 1, 1)
    start = midnight(day, zone)
    while day < date(2028, 1, 1):
        end = midnight(day + timedelta(days=1), zone)
        assert timedelta(hours=23) <= end - start <= timedelta(hours=25)
        assert days_of(Span(start, end), zone) == (day, day + timedelta(days=1))
        # the first instant of the day belongs to it, the one before does not
        assert start.astimezone(zone).date() == day
        assert (start - timedelta(microseconds=1)).astimezone(zone).date() < day
        day, start = day + timedelta(days=1), end


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Los_Angeles", date(2026, 3, 8), 23),
        ("America/Los_Angeles", date(2026, 11, 1), 25),
        ("Africa/Cairo", date(2025, 4, 25), 23),
        ("Africa/Cairo", date(2025, 10, 30), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Pacific/Kiritimati", date(2026, 3, 29), 24),
    ],
)
def test_a_day_on_which_the_clock_changes_is_shorter_or_longer(
    name: str, day: date, hours: float
) -> None:
    zone = ZoneInfo(name)
    length = midnight(day + timedelta(days=1), zone) - midnight(day, zone)
    assert length == timedelta(hours=hours)


def test_midnight_is_in_utc_on_the_right_side_of_the_date_line() -> None:
    assert midnight(date(2026, 5, 1), ZoneInfo("Pacific/Kiritimati")) == at("2026-04-30T10:00Z")
    assert midnight(date(2026, 5, 1), ZoneInfo("Pacific/Pago_Pago")) == at("2026-05-01T11:00Z")
    assert midnight(date(2026, 5, 1), ZoneInfo("Europe/Berlin")).utcoffset() == timedelta(0)


@given(DAYS, st.integers(0, 800), st.sampled_from(ZONES))
@settings(deadline=None)
def test_days_of_a_span_of_whole_days_are_those_days(first: date, count: int, name: str) -> None:
    zone = ZoneInfo(name)
    after = first + timedelta(days=count)
    assert days_of(Span(midnight(first, zone), midnight(after, zone)), zone) == (first, after)


@given(INSTANTS, st.timedeltas(timedelta(seconds=1), timedelta(days=90)), st.sampled_from(ZONES))
@settings(deadline=None)
def test_days_of_a_span_are_the_fewest_that_hold_it(
    start: datetime, length: timedelta, name: str
) -> None:
    zone, span = ZoneInfo(name), Span(start, start + length)
    first, after = days_of(span, zone)
    assert midnight(first, zone) <= span.start < midnight(first + timedelta(days=1), zone)
    assert midnight(after - timedelta(days=1), zone) < span.end <= midnight(after, zone)


@given(DAYS, st.integers(0, 900), st.integers(1, 60))
def test_pieces_of_days_are_an_exact_partition(first: date, count: int, step: int) -> None:
    after = first + timedelta(days=count)
    pieces = list(day_pieces(first, after, step))
    assert [a for a, _ in pieces] == [first, *(b for _, b in pieces)][: len(pieces)]
    assert all(timedelta(0) < b - a <= timedelta(days=step) for a, b in pieces)
    assert (pieces[-1][1] if pieces else first) == after


@given(DAYS, st.integers(1, 500), st.sampled_from(list(Period)))
def test_periods_are_whole_follow_each_other_and_touch_the_days_asked(
    first: date, count: int, period: Period
) -> None:
    after = first + timedelta(days=count)
    whole_periods = list(periods(first, after, period))
    assert whole_periods[0][0] <= first < whole_periods[0][1]
    assert whole_periods[-1][0] < after <= whole_periods[-1][1]
    for (a, b), (c, _) in pairwise(whole_periods):
        assert b == c
        assert a < b
    for a, b in whole_periods:
        assert period_start(a, period) == a
        assert next_period(a, period) == b
        assert period_start(b - timedelta(days=1), period) == a


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    assert list(periods(date(2026, 3, 1), date(2026, 3, 2), Period.WEEK)) == [
        (date(2026, 2, 23), date(2026, 3, 2))
    ]
    assert list(periods(date(2024, 2, 29), date(2024, 3, 2), Period.MONTH)) == [
        (date(2024, 2, 1), date(2024, 3, 1)),
        (date(2024, 3, 1), date(2024, 4, 1)),
    ]
    assert list(periods(date(2025, 12, 31), date(2026, 1, 1), Period.MONTH)) == [
        (date(2025, 12, 1), date(2026, 1, 1))
    ]


def test_no_days_are_in_no_period() -> None:
    day = date(2026, 3, 1)
    assert not list(periods(day, day, Period.MONTH))
    assert not list(periods(day, day - timedelta(days=1), Period.DAY))


FIRST = at("2026-01-01T00:00Z")
LOOKBACK = Lookback(nightly=7, weekly=30)


def read(watermark: datetime | None, now: datetime, *, is_weekly: bool = False) -> list[object]:
    spans = to_read(watermark, FIRST, now, LOOKBACK, is_weekly=is_weekly)
    return [(span.start, span.end, reason) for span, reason in spans]


def test_the_first_sync_reads_from_its_start_to_now() -> None:
    now = FIRST + timedelta(days=30)
    assert read(None, now) == [(FIRST, now, Reason.NEW)]


def test_a_first_sync_that_begins_in_the_future_reads_nothing() -> None:
    assert read(None, FIRST) == []
    assert read(None, FIRST - timedelta(days=1)) == []


def test_a_later_sync_reads_the_lookback_and_what_is_new() -> None:
    mark = FIRST + timedelta(days=50)
    now = mark + timedelta(days=1)
    assert read(mark, now) == [
        (mark - timedelta(days=7), mark, Reason.LOOKBACK),
        (mark, now, Reason.NEW),
    ]


def test_once_a_week_the_deeper_lookback_is_read_without_overlap() -> None:
    mark = FIRST + timedelta(days=50)
    now = mark + timedelta(days=1)
    assert read(mark, now, is_weekly=True) == [
        (mark - timedelta(days=30), mark - timedelta(days=7), Reason.WEEKLY),
        (mark - timedelta(days=7), mark, Reason.LOOKBACK),
        (mark, now, Reason.NEW),
    ]


def test_a_lookback_never_reaches_before_the_first_sync() -> None:
    mark = FIRST + timedelta(days=3)
    now = mark + timedelta(days=1)
    assert read(mark, now, is_weekly=True) == [
        (FIRST, mark, Reason.LOOKBACK),
        (mark, now, Reason.NEW),
    ]


def test_a_table_without_lookback_reads_only_what_is_new() -> None:
    mark, now = FIRST + timedelta(days=3), FIRST + timedelta(days=4)
    assert to_read(mark, FIRST, now, None, is_weekly=True) == [(Span(mark, now), Reason.NEW)]


@given(
    st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=20)), min_size=1, max_size=30),
    st.booleans(),
)
def test_what_any_number_of_nights_reads_has_no_gap(
    pauses: list[timedelta], is_weekly: bool
) -> None:
    mark: datetime | None = None
    now = FIRST
    for pause in pauses:
        now += pause
        spans = [span for span, _ in to_read(mark, FIRST, now, LOOKBACK, is_weekly=is_weekly)]
        assert spans[0].start <= (mark or FIRST)
        assert all(a.end == b.start for a, b in pairwise(spans))
        assert spans[-1].end == now
        mark = now


def test_spans_hold_instants_of_any_offset() -> None:
    tokyo = timezone(timedelta(hours=9))
    span = Span(datetime(2026, 1, 1, 9, tzinfo=tokyo), at("2026-01-02T00:00Z"))
    assert [piece.end - piece.start for piece in span.cut(timedelta(days=1))] == [timedelta(days=1)]


def test_spans_are_joined_where_they_touch_or_overlap() -> None:
    def span(first: float, after: float) -> Span:
        start = datetime(2026, 11, 22, 6, tzinfo=UTC)
        return Span(start + timedelta(days=first), start + timedelta(days=after))

    assert merged([span(5, 6), span(0, 1), span(1, 2), span(3, 3)]) == [span(0, 2), span(5, 6)]
    assert merged([span(0, 9), span(1, 2)]) == [span(0, 9)]
    assert merged([span(0, 0)]) == []


MIDNIGHTLESS = {
    "America/Santiago": date(2026, 9, 6),
    "America/Asuncion": date(2023, 10, 1),
    "America/Havana": date(2026, 3, 8),
    "Asia/Beirut": date(2026, 3, 29),
    "Africa/Cairo": date(2026, 4, 24),
    "Atlantic/Azores": date(2026, 3, 29),
}
"""Days that begin at one o'clock."""


@pytest.mark.parametrize("name", MIDNIGHTLESS)
def test_a_day_without_a_midnight_begins_when_the_clock_jumps(name: str) -> None:
    zone, day = ZoneInfo(name), MIDNIGHTLESS[name]
    begins = midnight(day, zone)
    assert begins.astimezone(zone).time() == time(1)
    assert (begins - SECOND).astimezone(zone).date() == day - timedelta(days=1)
    assert midnight(day + timedelta(days=1), zone) - begins == timedelta(hours=23)


def test_a_day_with_two_midnights_begins_at_the_first() -> None:
    zone, day = ZoneInfo("America/Havana"), date(2026, 11, 1)
    begins, ends = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    assert (begins + timedelta(hours=1)).astimezone(zone).time() == time()
    assert ends - begins == timedelta(hours=25)


def test_a_day_that_a_zone_never_had_is_empty() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert midnight(date(2011, 12, 30), apia) == midnight(date(2011, 12, 31), apia)


def test_every_day_of_every_zone_begins_with_its_first_instant() -> None:
    """Looks at the days around every change of every clock of tzdata, from 2022 to 2027."""
    looked_at = 0
    noons = [datetime(2021, 12, 31, 12, tzinfo=UTC) + timedelta(days=n) for n in range(2192)]
    for zone in map(ZoneInfo, sorted(available_timezones())):
        offsets = [noon.astimezone(zone).utcoffset() for noon in noons]
        changes = [n for n in range(1, len(noons)) if offsets[n] != offsets[n - 1]]
        for day in {noons[n].date() + timedelta(days=d) for n in changes for d in (-1, 0, 1)}:
            begins = midnight(day, zone)
            assert begins.astimezone(zone).date() == day, (zone, day)
            assert (begins - SECOND).astimezone(zone).date() < day, (zone, day)
            looked_at += 1
    assert looked_at > 5000
