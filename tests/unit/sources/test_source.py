"""The windows of the dlt source alone, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dlt  # starts a process when it is imported, which no unit test may
import pytest

from sources.gong.api.errors import SkipTable
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.source import _parse, _streams, _Windows

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


def spans(windows: list[Window]) -> tuple[datetime, datetime]:
    return windows[0].span.start, windows[-1].span.end


def state(monkeypatch: pytest.MonkeyPatch, **marks: str) -> None:
    stored: dict[str, Any] = {"watermarks": marks}
    monkeypatch.setattr(dlt.current, "source_state", lambda: stored)


def test_with_a_start_exactly_that_span_is_read_and_no_state() -> None:
    plan = _Windows(NOW, BERLIN, NOW - 20 * DAY, NOW - 5 * DAY, None)
    windows = plan.of("calls", with_calls=True)
    assert spans(windows) == (NOW - 20 * DAY, NOW - 5 * DAY)
    assert {window.reason for window in windows} == {Reason.NEW}


def test_the_first_run_without_a_start_reads_thirty_days(monkeypatch: pytest.MonkeyPatch) -> None:
    state(monkeypatch)
    plan = _Windows(NOW, BERLIN, None, None, None)
    assert spans(plan.of("calls", with_calls=True)) == (NOW - 30 * DAY, NOW)


def test_a_later_run_reads_on_from_its_watermark_and_looks_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state(monkeypatch, calls=(NOW - DAY).isoformat())
    plan = _Windows(NOW, BERLIN, None, None, None)
    windows = plan.of("calls", with_calls=True)
    assert spans(windows) == (NOW - 8 * DAY, NOW)
    assert {window.reason for window in windows} == {Reason.LOOKBACK, Reason.NEW}


def test_lists_are_read_whole_and_transcripts_follow_the_calls() -> None:
    plan = _Windows(NOW, BERLIN, NOW - 20 * DAY, None, None)
    now = Span(NOW, NOW)
    assert plan.of("users", with_calls=True) == [Window("users", now, Reason.WHOLE)]
    assert plan.of("transcripts", with_calls=True) == [Window("transcripts", now, Reason.AWAITED)]
    assert spans(plan.of("transcripts", with_calls=False)) == (NOW - 20 * DAY, NOW)


def test_company_days_need_the_zone() -> None:
    plan = _Windows(NOW, None, NOW - 20 * DAY, None, None)
    with pytest.raises(SkipTable, match="SOURCES__GONG__COMPANY_TIME_ZONE"):
        plan.of("answered_scorecards", with_calls=True)


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="is not before end"):
        _Windows(NOW, None, NOW, NOW - DAY, None)


def test_a_date_is_midnight_in_the_zone_and_a_time_needs_an_offset() -> None:
    assert _parse("2026-11-22", BERLIN) == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert _parse("2026-11-22T06:00:00Z", None) == NOW
    assert _parse(None, None) is None
    with pytest.raises(ValueError, match="has no offset"):
        _parse("2026-11-22T06:00:00", BERLIN)
    with pytest.raises(SkipTable, match="A bare date"):
        _parse("2026-11-22", None)


def test_a_table_brings_its_stream_and_the_streams_whose_rows_it_needs() -> None:
    assert _streams(["call_topics", "library_folder_calls"], "keep") == (
        "calls", "library_folder_calls", "library_folders", "workspaces",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "private_calls", "message"),
    [
        (["usres"], "keep", "there is no table 'usres'; near it are users"),
        (["stats_periods"], "keep", "there is no table 'stats_periods'"),
        (["users"], "hide", "private_calls is 'hide'; it can be keep or drop"),
        (["transcripts"], "drop", "read `calls` as well"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tables: list[str], private_calls: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        _streams(tables, private_calls)
