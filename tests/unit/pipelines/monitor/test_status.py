from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.monitor.status import calendar, merged, read_status, requests_today
from sources.gong.api.rate_limit import Budget, Limits

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def test_spans_are_joined_where_they_touch_or_overlap() -> None:
    spans = [(NOW + 5 * DAY, NOW + 6 * DAY), (NOW, NOW + DAY), (NOW + DAY, NOW + 2 * DAY)]
    assert merged(spans) == [(NOW, NOW + 2 * DAY), (NOW + 5 * DAY, NOW + 6 * DAY)]
    assert merged([(NOW, NOW + 9 * DAY), (NOW + DAY, NOW + 2 * DAY)]) == [(NOW, NOW + 9 * DAY)]
    assert merged([(NOW, NOW)]) == []


def test_the_calendar_marks_whole_months_parts_and_gaps() -> None:
    covered = [
        ["2026-01-01T00:00:00+00:00", "2026-02-10T00:00:00+00:00"],
        ["2026-04-01T00:00:00+00:00", "2026-05-01T00:00:00+00:00"],
    ]
    lines = calendar({"streams": [{"stream": "calls", "covered": covered}]})
    assert lines[0].split() == ["2026-01", "to", "2026-05"]
    assert lines[1].split() == ["calls", "#+.#."]
    assert calendar({"streams": []}) == ["nothing is covered yet"]


def test_before_the_first_run_there_is_no_status(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None


def test_the_requests_of_the_last_24_hours_are_counted(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    assert requests_today(ledger, NOW) == 0
    for age in (30, 23, 1):
        budget = Budget(ledger, Limits(0, 0), lambda age=age: NOW - timedelta(hours=age))
        budget.wait_for_turn()
        budget.close()
    assert requests_today(ledger, NOW) == 2
