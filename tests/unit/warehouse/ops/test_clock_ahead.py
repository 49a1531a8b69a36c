from __future__ import annotations

from datetime import timedelta

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse.connection import Warehouse
from warehouse.ops.clock_ahead import WindowsAhead, forget_ahead, windows_ahead
from warehouse.ops.deletion_alarms import open_alarms, raise_alarm
from warehouse.ops.load_log import done_windows, parents_read_at

AHEAD, JUST_BEFORE = NOW + 60 * DAY, NOW - timedelta(seconds=1)
HISTORY = """
create table gong_raw.history (
    user_id varchar, valid_from_at timestamptz, valid_to_at timestamptz
)
"""


def forget(landed: LandedWarehouse) -> None:
    with landed.warehouse.writing() as db:
        forget_ahead(db, NOW, NOW, "history")


def test_a_warehouse_that_does_not_exist_has_nothing_ahead(missing: Warehouse) -> None:
    assert windows_ahead(missing, NOW) is None


def test_a_window_read_after_the_present_does_not_count_and_is_forgotten(
    landed: LandedWarehouse,
) -> None:
    landed.window("1")
    landed.window("2")
    landed.write("update gong_raw._windows set read_at = ? where window_id = '2'", AHEAD)
    assert len(done_windows(landed.warehouse, NOW)) == 1
    assert windows_ahead(landed.warehouse, NOW) == WindowsAhead(1, AHEAD)
    forget(landed)
    assert windows_ahead(landed.warehouse, NOW) is None
    assert len(done_windows(landed.warehouse, AHEAD)) == 1, "it counts when its time has come"


def test_requests_made_after_the_present_are_due_again(landed: LandedWarehouse) -> None:
    insert = "insert into gong_raw._parent_reads values ('flows', ?, ?, 'closed')"
    landed.write(insert, "u1", NOW)
    landed.write(insert, "u2", AHEAD)
    landed.transcript_request("call", AHEAD)
    assert parents_read_at(landed.warehouse, "flows", NOW) == {"u1": NOW}
    forget(landed)
    assert parents_read_at(landed.warehouse, "flows", AHEAD) == {"u1": NOW}
    assert landed.warehouse.rows("select * from gong_raw._transcript_asks") == []


def test_versions_of_a_user_follow_each_other_again(landed: LandedWarehouse) -> None:
    landed.write(HISTORY)
    insert = "insert into gong_raw.history values ('u', ?, ?)"
    landed.write(insert, NOW - DAY, AHEAD)
    landed.write(insert, AHEAD, AHEAD + DAY)
    landed.write(insert, AHEAD + DAY, None)
    forget(landed)
    rows = landed.warehouse.rows(
        "select valid_from_at, valid_to_at from gong_raw.history order by valid_from_at"
    )
    assert rows == [(NOW - DAY, JUST_BEFORE), (JUST_BEFORE, None)]


def test_deletions_and_alarms_of_the_future_are_those_of_the_present(
    landed: LandedWarehouse,
) -> None:
    landed.call("gone", deleted=AHEAD)
    landed.call("there")
    with landed.warehouse.writing() as db:
        raise_alarm(db, ("calls", NOW - DAY), NOW, 9, 9, now=AHEAD)
        raise_alarm(db, ("calls", NOW + DAY), AHEAD, 9, 9, now=AHEAD)
    forget(landed)
    assert [(row["start_at"], row["raised_at"]) for row in open_alarms(landed.warehouse)] == [
        (NOW - DAY, JUST_BEFORE)
    ]
    assert landed.warehouse.rows(
        "select call_id, _deleted_at from gong_raw.calls order by call_id"
    ) == [("gone", JUST_BEFORE), ("there", None)]
