from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.monitor.run_counts import StreamCounts
from pipelines.monitor.schema_drift import (
    MEANING,
    SchemaDriftMonitor,
    lines_of,
    open_changes,
    watched_tables,
)
from sources.gong.api.errors import GaveUp, SchemaDrift
from sources.gong.schema.tables import TABLES, table
from tests.harness.warehouses.templates import prepared
from warehouse.connection import Warehouse
from warehouse.ops.schema_changes import ChangeKind, all_changes
from warehouse.ops.watched_tables import WatchedTable

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)
WRONG = SchemaDrift(
    "scorecard_questions.min_range: …",
    table="scorecard_questions",
    field="min_range",
    expected="integer",
    found="an object",
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return prepared(tmp_path / "w.duckdb")


def test_a_stream_that_met_another_type_is_recorded_once_in_a_run(warehouse: Warehouse) -> None:
    monitor = SchemaDriftMonitor(warehouse)
    streams = {
        "scorecards": StreamCounts(error=WRONG),
        "users": StreamCounts(error=GaveUp("no answer")),
        "calls": StreamCounts(windows=1),
    }
    monitor.landed(streams, NOW)
    monitor.landed(streams, NOW + DAY)
    (change,) = open_changes(all_changes(warehouse))
    assert (change["change"], change["table_name"], change["field"]) == (
        "changed type", "scorecard_questions", "min_range",
    )  # fmt: skip
    assert (change["expected"], change["found"], change["last_seen_at"]) == (
        "integer", "an object", NOW,
    )  # fmt: skip
    assert monitor.warning is not None
    assert "changed: 1 changed type (not read). `gong-elt status`" in monitor.warning
    assert "\n" not in monitor.warning


def test_a_drift_that_names_no_table_is_recorded_for_the_stream(warehouse: Warehouse) -> None:
    monitor = SchemaDriftMonitor(warehouse)
    drift = SchemaDrift("…", field="records", expected="an object", found="something else")
    monitor.landed({"activity_aggregate": StreamCounts(error=drift)}, NOW)
    assert [row["table_name"] for row in all_changes(warehouse)] == ["activity_aggregate"]


def test_a_stream_that_ends_well_resolves_the_types_of_its_tables(warehouse: Warehouse) -> None:
    SchemaDriftMonitor(warehouse).landed({"scorecards": StreamCounts(error=WRONG)}, NOW)
    for counts in (StreamCounts(), StreamCounts(windows=1, error=WRONG)):
        SchemaDriftMonitor(warehouse).ended(
            {"scorecards": counts, "calls": StreamCounts(windows=9)}, NOW
        )
        assert open_changes(all_changes(warehouse))
    later = SchemaDriftMonitor(warehouse)
    later.landed({"scorecards": StreamCounts(windows=1)}, NOW + DAY)
    later.ended({"scorecards": StreamCounts(windows=1)}, NOW + DAY)
    assert later.warning is None
    assert open_changes(all_changes(warehouse)) == []
    assert [row["resolved_at"] for row in all_changes(warehouse)] == [NOW + DAY]


def test_every_landed_table_is_watched_but_the_history_we_write() -> None:
    by_name = {watched.name: watched for watched in watched_tables()}
    assert by_name.keys() == {t.name for t in TABLES if not t.is_history}
    for name, watched in by_name.items():
        assert [c.name for c in watched.columns] == [c.name for c in table(name).columns]
        assert counted(watched).isdisjoint(table(name).key)
        if watched.parent:
            # the row of the parent is identified by columns of the same names
            assert list(watched.parent_key) == list(table(watched.parent).key)
    assert "title" in counted(by_name["calls"])
    assert {c.name for c in by_name["calls"].columns if c.is_flag} == {"has_audio", "has_video"}
    assert counted(by_name["stats_periods"]) == set()
    assert "calls_as_host" in counted(by_name["activity_by_period"])
    assert by_name["activity_by_period"].parent is None


def counted(watched: WatchedTable) -> set[str]:
    return {column.name for column in watched.columns if column.is_counted}


def row(change: str, shape: str, sample: str | None, expected: str | None) -> dict[str, object]:
    return {
        "change": change,
        "table_name": "calls",
        "field": "media",
        "expected": expected,
        "found": shape,
        "sample": sample,
        "first_seen_at": "2026-11-22T06:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            row("unknown field", "string", "Xxxx 9", None),
            "unknown field: calls.media (string, like 'Xxxx 9') since 2026-11-22 06:00; "
            "kept in extra",
        ),
        (
            row("unknown field", "object", "object {hex}", None),
            "unknown field: calls.media (object {hex}) since 2026-11-22 06:00; kept in extra",
        ),
        (
            row("new value", "Hologram", None, "Video, Audio"),
            "new value: calls.media (Hologram) since 2026-11-22 06:00; landed as it is",
        ),
        (
            row("changed type", "a list", None, "text"),
            "changed type: calls.media (a list, expected text) since 2026-11-22 06:00; "
            + MEANING[ChangeKind.CHANGED_TYPE],
        ),
        (
            row("vanished field", "nothing", None, "filled in 98% of 1,234 rows"),
            "vanished field: calls.media (formerly filled in 98% of 1,234 rows) "
            "since 2026-11-22 06:00; " + MEANING[ChangeKind.VANISHED_FIELD],
        ),
        (
            {"table_name": "calls", "field": "b", "sample_type": "VARCHAR",
             "first_seen_at": "2026-11-22T06:00:00+00:00"},
            "unknown field: calls.b (VARCHAR) since 2026-11-22 06:00; kept in extra",
        ),
    ],
    ids=["string", "object", "value", "type", "vanished", "of the version before"],
)  # fmt: skip
def test_a_change_is_worded_in_a_line(change: dict[str, object], line: str) -> None:
    assert list(lines_of([change])) == [line]
