from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.unit.warehouse.ops.conftest import DAY, NOW
from warehouse.ops.deletion_alarms import (
    ACCEPTED,
    CREATE,
    SEEN_AGAIN,
    accepted_at,
    open_alarms,
    raise_alarm,
    settle,
)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'; create schema gong_ops")
        db.execute(CREATE)
        yield db


def test_an_open_alarm_has_the_numbers_of_its_read(db: duckdb.DuckDBPyConnection) -> None:
    raise_alarm(db, ("calls", NOW - DAY), NOW, 100, 60, now=NOW)
    assert open_alarms(db) == [
        {
            "table_name": "calls", "start_at": NOW - DAY, "end_at": NOW,
            "held": 100, "gone": 60, "raised_at": NOW,
        }
    ]  # fmt: skip


def test_an_alarm_in_place_of_others_was_raised_with_the_first(
    db: duckdb.DuckDBPyConnection,
) -> None:
    for age in (5, 3, 1):
        raise_alarm(db, ("calls", NOW - age * DAY), NOW, 10, 9, now=NOW - age * DAY)
    parts = [("calls", NOW - 5 * DAY), ("calls", NOW - 3 * DAY)]
    raise_alarm(db, ("calls", NOW - 5 * DAY), NOW, 30, 27, now=NOW, instead_of=parts)
    assert [(row["gone"], row["raised_at"]) for row in open_alarms(db)] == [
        (27, NOW - 5 * DAY),
        (9, NOW - DAY),
    ]


@pytest.mark.parametrize("settled_by", [ACCEPTED, SEEN_AGAIN])
def test_a_settled_alarm_is_not_open_and_only_an_accepted_one_is_remembered(
    db: duckdb.DuckDBPyConnection, settled_by: str
) -> None:
    raise_alarm(db, ("users", None), None, 40, 30, now=NOW)
    raise_alarm(db, ("flows", None), None, 40, 30, now=NOW)
    settle(db, [("users", None)], settled_by, NOW + DAY)
    assert [row["table_name"] for row in open_alarms(db)] == ["flows"]
    assert accepted_at(db) == ({"users": NOW + DAY} if settled_by == ACCEPTED else {})


def test_a_warehouse_without_the_table_has_no_alarms() -> None:
    with duckdb.connect() as db:
        assert open_alarms(db) == []
        assert accepted_at(db) == {}
