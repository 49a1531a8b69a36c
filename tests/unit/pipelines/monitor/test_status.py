from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.monitor.status import Unreadable, read_status, requests_today
from sources.gong.api.rate_limit import Budget, Limits

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_before_the_first_run_there_is_no_status(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None


def test_facts_of_the_earlier_version_are_read_under_todays_names(tmp_path: Path) -> None:
    facts = {
        "as_of": str(NOW),
        "tables": [],
        "readings": [{"reading": "calls", "read_until": str(NOW), "covered": []}],
        "open_backfills": [{"start": str(NOW), "readings": ["calls", "logs"]}],
        "runs": [],
        "schema_changes": [],
    }
    (tmp_path / "status.json").write_text(json.dumps(facts))

    status = read_status(tmp_path)

    assert status is not None
    assert [row["stream"] for row in status["streams"]] == ["calls"]
    assert status["open_backfills"][0]["streams"] == ["calls", "logs"]
    assert "readings" not in status


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"as_of": 1}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    with pytest.raises(Unreadable, match=r"status\.json is damaged"):
        read_status(tmp_path)


def test_the_requests_of_the_last_24_hours_are_counted(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    assert requests_today(ledger, NOW) == 0
    for age in (30, 23, 1):
        budget = Budget(ledger, Limits(0, 0), lambda age=age: NOW - timedelta(hours=age))
        budget.wait_for_turn()
        budget.close()
    assert requests_today(ledger, NOW) == 2


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    ledger.write_text("no database at all, but long enough to be looked into by SQLite")
    with pytest.raises(Unreadable, match="ledger"):
        requests_today(ledger, NOW)
