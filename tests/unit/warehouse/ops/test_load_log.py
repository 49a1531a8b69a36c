from __future__ import annotations

from datetime import UTC

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse.connection import Warehouse
from warehouse.ops.load_log import (
    company_time_zone,
    done_windows,
    parents_read_at,
    parents_refused_at,
)


def test_nothing_was_read_into_a_warehouse_that_does_not_exist(missing: Warehouse) -> None:
    assert done_windows(missing, NOW) == []
    assert company_time_zone(missing) is None
    assert parents_read_at(missing, "flows", NOW) == {}
    assert parents_refused_at(missing, "flows", NOW) == {}
    assert not missing.exists


def test_only_windows_of_closed_packages_are_done(landed: LandedWarehouse) -> None:
    landed.window("1")
    landed.window("2", load="open")
    landed.window("3", load="odd")
    (window,) = done_windows(landed.warehouse, NOW)
    assert (window.stream, window.kind, window.reason) == ("calls", "sync", "new")
    assert (window.start, window.end, window.read_at) == (NOW - DAY, NOW, NOW)
    assert window.start.tzinfo is UTC
    with landed.warehouse.reading() as db:
        rows = db.execute("select window_id, stream from gong_ops.windows").fetchall()
    assert rows == [("1", "calls")]


def test_the_zone_of_the_last_dated_window_is_the_companys(landed: LandedWarehouse) -> None:
    landed.window("1")
    assert company_time_zone(landed.warehouse) is None
    landed.window("2", zone="Europe/Berlin")
    assert company_time_zone(landed.warehouse) == "Europe/Berlin"


def test_parents_have_the_time_of_their_last_read_per_stream(landed: LandedWarehouse) -> None:
    insert = "insert into gong_raw._parent_reads values (?, ?, ?, ?)"
    landed.write(insert, "flows", "u1", NOW, "closed")
    landed.write(insert, "flows", "u2", NOW, "open")
    landed.write(insert, "coaching", "u3", NOW, "closed")
    assert parents_read_at(landed.warehouse, "flows", NOW) == {"u1": NOW}


def test_a_warehouse_of_a_version_that_remembered_no_refusals_has_none(
    landed: LandedWarehouse,
) -> None:
    assert parents_refused_at(landed.warehouse, "flows", NOW) == {}


def test_parents_have_the_time_of_their_last_refusal_per_stream(landed: LandedWarehouse) -> None:
    landed.write(
        "create table gong_raw._parent_refusals "
        "(reading varchar, parent varchar, refused_at timestamptz, _dlt_load_id varchar)"
    )
    insert = "insert into gong_raw._parent_refusals values (?, ?, ?, ?)"
    landed.write(insert, "flows", "u1", NOW, "closed")
    landed.write(insert, "flows", "u2", NOW, "open")
    landed.write(insert, "flows", "u3", NOW + DAY, "closed")
    landed.write(insert, "tasks", "u4", NOW, "closed")
    assert parents_refused_at(landed.warehouse, "flows", NOW) == {"u1": NOW}
