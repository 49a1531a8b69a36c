"""Rows of the load log, and the hints that dlt gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dlt  # noqa: F401  # starts a process when it is imported, which no unit test may
import pytest

from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.load_log import (
    ALL_TABLES,
    LOG_TABLES,
    empty_table,
    log_hints,
    parent_reads,
    table_hints,
    transcript_requests,
    window_row,
)
from sources.gong.load.package import LoadStamp, RunFacts
from sources.gong.schema.arrow import landed_columns
from sources.gong.schema.tables import TABLES

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
STAMP = LoadStamp(NOW, "load 1")


def test_a_finished_window_is_named_by_run_stream_part_and_span() -> None:
    window = Window("logs", Span(NOW - timedelta(days=1), NOW), Reason.LOOKBACK, "AccessLog")
    run = RunFacts("run1", "sync", NOW)
    (row,) = window_row(window, run, "Europe/Berlin", (7, 3), STAMP).to_pylist()
    assert row == {
        "window_id": "run1/logs/AccessLog/2026-11-21T06:00:00+00:00/2026-11-22T06:00:00+00:00",
        "run_id": "run1",
        "kind": "sync",
        "reading": "logs",
        "detail": "AccessLog",
        "reason": "lookback",
        "start_at": NOW - timedelta(days=1),
        "end_at": NOW,
        "time_zone": "Europe/Berlin",
        "entities_seen": 7,
        "entities_changed": 3,
        "read_at": NOW,
        "_dlt_load_id": "load 1",
    }


def test_requests_are_logged_by_call_and_by_stream_and_parent() -> None:
    assert transcript_requests(["1"], STAMP).to_pylist() == [
        {"call_id": "1", "asked_at": NOW, "_dlt_load_id": "load 1"}
    ]
    assert parent_reads("flows", ["7"], STAMP).to_pylist() == [
        {
            "parent_read_id": "flows/7",
            "reading": "flows",
            "parent": "7",
            "read_at": NOW,
            "_dlt_load_id": "load 1",
        }
    ]
    assert transcript_requests([], STAMP).num_rows == parent_reads("flows", [], STAMP).num_rows == 0


@pytest.mark.parametrize("name", sorted(ALL_TABLES))
def test_every_table_that_lands_can_be_made_without_rows(name: str) -> None:
    assert empty_table(name).num_rows == 0


@pytest.mark.parametrize("name", [row.name for row in TABLES])
def test_hints_name_every_column_and_the_key_that_rows_are_replaced_by(name: str) -> None:
    hints = table_hints(name)
    row = next(row for row in TABLES if row.name == name)
    key, columns = ("primary_key", row.key) if row.is_root else ("merge_key", row.entity)
    assert list(hints["columns"]) == [column.name for column in landed_columns(name)]
    assert tuple(n for n, hint in hints["columns"].items() if hint.get(key)) == columns
    nullable = {n for n, hint in hints["columns"].items() if hint["nullable"]}
    assert nullable.isdisjoint(row.key)
    assert [n for n, hint in hints["columns"].items() if hint.get("hard_delete")] == (
        [] if row.is_root else ["_tombstone"]
    )


def test_the_load_log_is_merged_on_its_first_column() -> None:
    by_name = {hints["table_name"]: hints for hints in log_hints()}
    assert by_name.keys() == LOG_TABLES.keys()
    for name, schema in LOG_TABLES.items():
        assert by_name[name]["primary_key"] == schema.field(0).name
        assert list(by_name[name]["columns"]) == schema.names
