from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.monitor.deletion_alarms import open_alarms, update_alarms
from sources.gong.extract.windows import Span
from sources.gong.load.deletions import DeletionCheck
from tests.harness.warehouses.templates import prepared
from warehouse.connection import Warehouse
from warehouse.ops.deletion_alarms import accepted_at


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def calls(first: int, after: int, held: int, gone: int) -> DeletionCheck:
    return DeletionCheck("calls", Span(at(first), at(after)), held, gone)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return prepared(tmp_path / "w.duckdb")


def checks(warehouse: Warehouse) -> list[DeletionCheck]:
    return [alarm.check for alarm in open_alarms(warehouse)]


def test_an_alarm_stays_open_until_its_rows_are_there_again(warehouse: Warehouse) -> None:
    doubt = calls(1, 8, 100, 60)
    update_alarms(warehouse, [doubt], [doubt], {}, at(8))
    update_alarms(warehouse, [DeletionCheck("users", None, 40, 0)], [], {}, at(9))
    assert checks(warehouse) == [doubt]
    assert open_alarms(warehouse)[0].raised_at == at(8)
    update_alarms(warehouse, [calls(1, 9, 110, 0)], [], {}, at(10))
    assert checks(warehouse) == []
    assert accepted_at(warehouse, at(9)) == {}


@pytest.mark.parametrize(
    ("accepted", "left"),
    [
        ({"calls": None}, 0),
        ({"calls": Span(at(1), at(8))}, 0),
        ({"calls": Span(at(2), at(8))}, 1),
        ({"users": None}, 1),
    ],
)
def test_an_alarm_ends_when_all_of_it_is_accepted(
    warehouse: Warehouse, accepted: dict[str, Span | None], left: int
) -> None:
    doubt = calls(1, 8, 100, 60)
    update_alarms(warehouse, [doubt], [doubt], {}, at(8))
    update_alarms(warehouse, [doubt], [], accepted, at(9))
    assert len(checks(warehouse)) == left
    assert accepted_at(warehouse, at(9)) == ({} if left else {"calls": at(9)})


def test_what_overlaps_is_one_alarm_with_the_numbers_of_the_whole(warehouse: Warehouse) -> None:
    first, second = calls(1, 8, 50, 25), calls(20, 25, 30, 21)
    update_alarms(warehouse, [first, second], [first, second], {}, at(25))
    assert checks(warehouse) == [first, second]
    between = [calls(1, 8, 50, 25), calls(8, 21, 10, 4), calls(21, 26, 40, 22)]
    update_alarms(warehouse, between, [calls(7, 21, 10, 4)], {}, at(26))
    (alarm,) = open_alarms(warehouse)
    assert alarm.check == calls(1, 25, 60, 29)
    assert alarm.raised_at == at(25), "it began with the first of them"


def test_alarms_of_tables_and_of_stretches_apart_stay_apart(warehouse: Warehouse) -> None:
    users = DeletionCheck("users", None, 40, 30)
    update_alarms(warehouse, [users], [users], {}, at(5))
    doubts = [calls(1, 3, 50, 40), calls(10, 12, 50, 40)]
    update_alarms(warehouse, doubts, doubts, {}, at(12))
    assert sorted(check.table for check in checks(warehouse)) == ["calls", "calls", "users"]


def test_a_doubt_that_comes_again_is_not_a_second_alarm(warehouse: Warehouse) -> None:
    users = DeletionCheck("users", None, 40, 30)
    for day in (5, 6, 7):
        update_alarms(warehouse, [users], [users], {}, at(day))
    assert checks(warehouse) == [users]
    assert open_alarms(warehouse)[0].raised_at == at(5)
