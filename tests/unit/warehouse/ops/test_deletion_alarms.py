from __future__ import annotations

import pytest

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse.connection import Warehouse
from warehouse.ops.deletion_alarms import (
    ACCEPTED,
    SEEN_AGAIN,
    accepted_at,
    open_alarms,
    raise_alarm,
    settle,
)


def test_an_open_alarm_has_the_numbers_of_its_read(landed: LandedWarehouse) -> None:
    with landed.warehouse.writing() as db:
        raise_alarm(db, ("calls", NOW - DAY), NOW, 100, 60, now=NOW)
    assert open_alarms(landed.warehouse) == [
        {
            "table_name": "calls", "start_at": NOW - DAY, "end_at": NOW,
            "held": 100, "gone": 60, "raised_at": NOW,
        }
    ]  # fmt: skip


def test_an_alarm_in_place_of_others_was_raised_with_the_first(landed: LandedWarehouse) -> None:
    with landed.warehouse.writing() as db:
        for age in (5, 3, 1):
            raise_alarm(db, ("calls", NOW - age * DAY), NOW, 10, 9, now=NOW - age * DAY)
        parts = [("calls", NOW - 5 * DAY), ("calls", NOW - 3 * DAY)]
        raise_alarm(db, ("calls", NOW - 5 * DAY), NOW, 30, 27, now=NOW, instead_of=parts)
    assert [(row["gone"], row["raised_at"]) for row in open_alarms(landed.warehouse)] == [
        (27, NOW - 5 * DAY),
        (9, NOW - DAY),
    ]


@pytest.mark.parametrize("settled_by", [ACCEPTED, SEEN_AGAIN])
def test_a_settled_alarm_is_not_open_and_only_an_accepted_one_is_remembered(
    landed: LandedWarehouse, settled_by: str
) -> None:
    with landed.warehouse.writing() as db:
        raise_alarm(db, ("users", None), None, 40, 30, now=NOW)
        raise_alarm(db, ("flows", None), None, 40, 30, now=NOW)
        settle(db, [("users", None)], settled_by, NOW + DAY)
    assert [row["table_name"] for row in open_alarms(landed.warehouse)] == ["flows"]
    expected = {"users": NOW + DAY} if settled_by == ACCEPTED else {}
    assert accepted_at(landed.warehouse, NOW + DAY) == expected
    assert accepted_at(landed.warehouse, NOW) == {}, "by a clock that was ahead"


def test_a_warehouse_that_does_not_exist_has_no_alarms(missing: Warehouse) -> None:
    assert open_alarms(missing) == []
    assert accepted_at(missing, NOW + DAY) == {}
