from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.gong.extract.logs import LOG_TYPES
from sources.gong.extract.window_plan import (
    frozen_now,
    is_windowed,
    latest,
    needs_zone,
    parts,
    requested_periods,
    windows,
    with_parents,
)
from sources.gong.extract.window_reads import list_inputs
from sources.gong.extract.windows import (
    Reason,
    Span,
    Window,
    days_of,
    midnight,
    next_period,
    period_start,
    to_read,
)
from sources.gong.schema.table import Lookback, Period
from sources.gong.schema.tables import STATS_TABLES, STREAMS, is_child_stream, parent_streams
from tests.harness.property_profiles import examples
from tests.unit.sources.extract.test_windows import INSTANTS, ZONES

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
YEAR = Span(datetime(2025, 11, 1, 13, 7, tzinfo=UTC), NOW)

WINDOWED = tuple(filter(is_windowed, STREAMS))


def planned(
    stream: str, span: Span = YEAR, now: datetime = NOW, zone: ZoneInfo = BERLIN
) -> list[Window]:
    return windows(stream, [(span, Reason.NEW)], now, zone)


def test_transcripts_whole_lists_and_child_streams_are_not_read_by_windows() -> None:
    assert set(STREAMS) - set(WINDOWED) == {
        "transcripts", "users", "workspaces", "trackers", "call_outcomes", "scorecards", "briefs",
        "crm_integrations", *filter(is_child_stream, STREAMS),
    }  # fmt: skip


def test_only_streams_in_company_days_need_the_zone() -> None:
    assert set(filter(needs_zone, STREAMS)) == {"answered_scorecards", *STATS_TABLES}


@pytest.mark.parametrize("stream", ["calls", "answered_scorecards"])
def test_windows_of_a_span_follow_each_other_without_gap_or_overlap(stream: str) -> None:
    planned_windows = planned(stream)
    assert all(a.span.end == b.span.start for a, b in pairwise(planned_windows))
    assert planned_windows[0].span.start <= YEAR.start
    assert planned_windows[-1].span.end == latest(stream, NOW, BERLIN)


def test_what_has_no_end_at_gong_is_read_in_one_window_from_its_earliest_start() -> None:
    spans = [
        (Span(NOW - timedelta(days=30), NOW - timedelta(days=7)), Reason.WEEKLY),
        (Span(NOW - timedelta(days=7), NOW - timedelta(days=1)), Reason.LOOKBACK),
        (Span(NOW - timedelta(days=1), NOW), Reason.NEW),
    ]
    (window,) = windows("crm_call_associations", spans, NOW, None)
    assert window.span == Span(NOW - timedelta(days=30), NOW)
    assert window.reason is Reason.WEEKLY
    (window,) = windows("crm_call_associations", spans[1:], NOW, None)
    assert (window.span.start, window.reason) == (NOW - timedelta(days=7), Reason.NEW)
    assert windows("crm_call_associations", [], NOW, None) == []


@given(st.lists(st.sampled_from(STREAMS), unique=True), st.sets(st.sampled_from(STREAMS)))
def test_streams_come_with_their_parents_unless_these_are_known(
    wanted: list[str], known: set[str]
) -> None:
    streams = with_parents(wanted, known.__contains__)
    assert len(set(streams)) == len(streams)
    assert list(streams[: len(wanted)]) == wanted
    for stream in streams:
        for parent in parent_streams(stream):
            assert parent in streams or parent in known or parent == "calls"
    needed = {parent for stream in streams for parent in parent_streams(stream)}
    assert set(streams) - set(wanted) <= needed - known


def test_every_log_type_is_read_over_the_whole_span() -> None:
    planned_windows = planned("logs")
    for log_type in LOG_TYPES:
        own = [window.span for window in planned_windows if window.detail == log_type]
        assert own[0].start == YEAR.start
        assert own[-1].end == YEAR.end
        assert all(a.end == b.start for a, b in pairwise(own))
    assert {window.detail for window in planned_windows} == set(LOG_TYPES)


def test_the_parts_of_a_stream_are_the_details_of_its_windows() -> None:
    for stream in WINDOWED:
        assert {window.detail for window in planned(stream)} == set(parts(stream))


def test_scorecard_windows_are_whole_company_days_up_to_the_present() -> None:
    *whole, last = planned("answered_scorecards")
    for window in whole:
        first, after = days_of(window.span, BERLIN)
        assert window.span == Span(midnight(first, BERLIN), midnight(after, BERLIN))
        assert after - first <= timedelta(days=31)
    assert (last.span.end, days_of(last.span, BERLIN)[1]) == (NOW, date(2026, 11, 23))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 5, 11, 18, 23])
def test_stats_end_with_yesterday_and_everything_else_with_the_present(
    zone: str, hour: int
) -> None:
    """No stream's window ends after what was read, and the days requested reach it."""
    place, now = ZoneInfo(zone), NOW.replace(hour=hour)
    today = now.astimezone(place).date()
    for stream in WINDOWED:
        planned_windows = planned(stream, Span(now - timedelta(days=9), now), now, place)
        until = max(window.span.end for window in planned_windows)
        assert until == latest(stream, now, place)
        assert until == (midnight(today, place) if stream in STATS_TABLES else now)
        if stream == "answered_scorecards":
            # `reviewToDate` is exclusive: today is requested if it has begun
            asked = list_inputs(planned_windows[-1], place)["filter.reviewToDate"]
            assert asked == str(today + timedelta(days=now > midnight(today, place)))


@given(
    st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=3)), min_size=1, max_size=9),
    st.sampled_from(ZONES),
)
@settings(deadline=None, max_examples=examples(100))
def test_syncs_at_any_hours_request_every_day_of_reviews_again_until_it_is_over(
    gaps: list[timedelta], name: str
) -> None:
    """The watermark stands within a day, and what comes later that day is not skipped."""
    zone, mark, whole = ZoneInfo(name), YEAR.start, set[date]()
    for now in accumulate([YEAR.start, *gaps]):
        spans = to_read(mark, YEAR.start, now, Lookback(1, 2), is_weekly=True)
        read = windows("answered_scorecards", spans, now, zone)
        requested = Counter(
            first + timedelta(days=n)
            for first, after in (days_of(window.span, zone) for window in read)
            for n in range((after - first).days)
        )
        assert set(requested.values()) <= {1}, "a day is read twice in one run"
        whole |= {day for day in requested if midnight(day + timedelta(days=1), zone) <= now}
        assert all(a.span.end == b.span.start for a, b in pairwise(read))
        mark = latest("answered_scorecards", now, zone)
    first, after = days_of(Span(YEAR.start, mark + timedelta(seconds=1)), zone)
    assert whole >= {first + timedelta(days=n) for n in range((after - first).days - 1)}


def test_company_days_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        latest("activity_by_period", NOW, None)
    assert latest("calls", NOW, None) == NOW


@given(
    INSTANTS,
    st.timedeltas(timedelta(hours=1), timedelta(days=500)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.sampled_from(ZONES),
    st.sampled_from(STATS_TABLES),
)
@settings(deadline=None, max_examples=examples(200))
def test_stats_windows_cover_whole_periods_and_never_ask_beyond_today(
    start: datetime, length: timedelta, rest: timedelta, name: str, stream: str
) -> None:
    zone, span = ZoneInfo(name), Span(start, start + length)
    now = span.end + rest
    today = now.astimezone(zone).date()
    first, after = days_of(span, zone)
    planned_windows = windows(stream, [(span, Reason.NEW)], now, zone)
    for detail in parts(stream):
        period = Period(detail)
        asked = [
            p for w in planned_windows if w.detail == detail for p in requested_periods(w, zone)
        ]
        assert len({a for a, _, _ in asked}) == len(asked), "a period is asked for twice"
        for a, b, until in asked:
            assert a == period_start(a, period)
            assert b == next_period(a, period)
            assert until == min(b, today)
            assert a < until
        days = {a for a, _, _ in asked}
        wanted = {
            period_start(first + timedelta(days=n), period)
            for n in range((min(after, today) - first).days)
        }
        assert days == wanted


def test_an_undated_answer_covers_one_period_per_window() -> None:
    for stream in ("activity_aggregate", "interaction_stats"):
        assert all(len(requested_periods(window, BERLIN)) == 1 for window in planned(stream))


def test_one_request_asks_for_many_dated_periods() -> None:
    year = Span(midnight(date(2025, 1, 1), BERLIN), midnight(date(2026, 1, 1), BERLIN))
    planned_windows = planned("activity_by_period", year)
    counts = {p: sum(w.detail == p for w in planned_windows) for p in ("DAY", "WEEK", "MONTH")}
    assert counts == {"DAY": 12, "WEEK": 1, "MONTH": 1}


def test_the_open_period_is_read_up_to_yesterday() -> None:
    day = Span(NOW - timedelta(days=1), NOW)  # NOW is a Sunday
    asked = {w.detail: requested_periods(w, BERLIN) for w in planned("activity_by_period", day)}
    today = date(2026, 11, 22)
    assert asked["WEEK"] == [(date(2026, 11, 16), date(2026, 11, 23), today)]
    assert asked["MONTH"] == [(date(2026, 11, 1), date(2026, 12, 1), today)]
    assert asked["DAY"] == [(date(2026, 11, 21), today, today)]


def test_a_period_that_two_spans_touch_is_read_once_for_the_newer_reason() -> None:
    border = midnight(date(2026, 11, 18), BERLIN)
    spans = [
        (Span(border - timedelta(days=7), border), Reason.LOOKBACK),
        (Span(border, NOW), Reason.NEW),
    ]
    months = windows("activity_aggregate", spans, NOW, BERLIN)
    assert [(w.span.start, w.reason) for w in months] == [
        (midnight(date(2026, 11, 1), BERLIN), Reason.NEW)
    ]


def test_no_stats_are_asked_of_a_day_that_has_not_ended() -> None:
    this_morning = Span(midnight(date(2026, 11, 22), BERLIN), NOW)
    for stream in STATS_TABLES:
        assert planned(stream, this_morning) == []
    assert [window.span for window in planned("answered_scorecards", this_morning)] == [
        this_morning
    ]


def test_no_window_of_reviews_ends_in_the_future() -> None:
    beyond = Span(NOW - timedelta(days=1), NOW + timedelta(days=60))
    assert planned("answered_scorecards", beyond)[-1].span.end == NOW
    assert planned("answered_scorecards", Span(NOW, beyond.end)) == []


def test_the_frozen_present_is_utc_and_whole_seconds() -> None:
    present = frozen_now(datetime(2026, 1, 1, 1, 2, 3, 999_999, tzinfo=BERLIN))
    assert present == datetime(2026, 1, 1, 0, 2, 3, tzinfo=UTC)
    assert present.tzinfo is UTC
