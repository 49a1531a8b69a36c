from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
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
from sources.gong.extract.windows import (
    Reason,
    Span,
    Window,
    days_of,
    midnight,
    next_period,
    period_start,
)
from sources.gong.schema.table import Period
from sources.gong.schema.tables import STATS_TABLES, STREAMS, is_child_stream, parent_streams
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


def test_scorecard_windows_begin_and_end_at_company_midnight() -> None:
    for window in planned("answered_scorecards"):
        first, after = days_of(window.span, BERLIN)
        assert window.span == Span(midnight(first, BERLIN), midnight(after, BERLIN))
        assert after - first <= timedelta(days=31)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 5, 11, 18, 23])
def test_days_end_with_yesterday_in_the_companys_zone(zone: str, hour: int) -> None:
    place, now = ZoneInfo(zone), NOW.replace(hour=hour)
    today = now.astimezone(place).date()
    for stream in ("answered_scorecards", *STATS_TABLES):
        assert latest(stream, now, place) == midnight(today, place)
        planned_windows = planned(stream, Span(now - timedelta(days=9), now), now, place)
        assert max(days_of(window.span, place)[1] for window in planned_windows) == today


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
@settings(deadline=None, max_examples=200)
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


def test_nothing_is_asked_of_a_day_that_has_not_ended() -> None:
    this_morning = Span(midnight(date(2026, 11, 22), BERLIN), NOW)
    for stream in ("answered_scorecards", *STATS_TABLES):
        assert planned(stream, this_morning) == []


def test_the_frozen_present_is_utc_and_whole_seconds() -> None:
    present = frozen_now(datetime(2026, 1, 1, 1, 2, 3, 999_999, tzinfo=BERLIN))
    assert present == datetime(2026, 1, 1, 0, 2, 3, tzinfo=UTC)
    assert present.tzinfo is UTC
