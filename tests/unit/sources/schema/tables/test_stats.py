"""Stats by name become rows."""

from __future__ import annotations

import pytest

from sources.gong.api.errors import SchemaDrift
from tests.unit.sources.schema.landed_rows import column, landed


def test_stats_of_another_form_are_refused() -> None:
    period = {"id": "x", "users": [{"userId": "1", "stats": [1]}]}
    with pytest.raises(SchemaDrift, match=r"activity_aggregate: stats is a list"):
        landed("stats_periods", period, only=["activity_aggregate"])
    days = {"id": "x", "users": [{"userId": "1", "stats": {"callsAsHost": "7"}}]}
    with pytest.raises(SchemaDrift, match="callsAsHost"):
        landed("stats_periods", days, only=["activity_daily_calls"])


def test_a_call_counts_once_per_activity_and_day() -> None:
    stats = {"callsAsHost": ["1", "2", "1"], "callsAttended": ["1"], "ownCallsListenedTo": None}
    period = {"id": "p", "fromDate": "2026-01-01", "users": [{"userId": "u", "stats": stats}]}
    rows = landed("stats_periods", period, only=["activity_daily_calls"])["activity_daily_calls"]
    assert column(rows, "user_id", "activity", "call_id") == [
        ("u", "callsAsHost", "1"),
        ("u", "callsAsHost", "2"),
        ("u", "callsAttended", "1"),
    ]
