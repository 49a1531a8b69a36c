from __future__ import annotations

from tests.unit.warehouse.conftest import LandedWarehouse
from warehouse.connection import Warehouse
from warehouse.ops.settings import store_setting, stored_setting, stored_settings


def test_settings_are_stored_replaced_and_removed(landed: LandedWarehouse) -> None:
    warehouse = landed.warehouse
    assert stored_setting(warehouse, "sync_start") is None
    store_setting(warehouse, "sync_start", "a")
    store_setting(warehouse, "sync_start", "b")
    store_setting(warehouse, "other", "c")
    assert stored_setting(warehouse, "sync_start") == "b"
    assert stored_setting(warehouse, "other") == "c"
    store_setting(warehouse, "sync_start", None)
    assert stored_setting(warehouse, "sync_start") is None
    assert stored_setting(warehouse, "other") == "c"


def test_settings_are_listed_by_the_beginning_of_their_names(landed: LandedWarehouse) -> None:
    for name in ("backfill b", "backfill a", "backfilled"):
        store_setting(landed.warehouse, name, name.upper())
    assert stored_settings(landed.warehouse, "backfill ") == {
        "backfill a": "BACKFILL A",
        "backfill b": "BACKFILL B",
    }
    assert stored_setting(landed.warehouse, "backfill") is None


def test_a_warehouse_that_does_not_exist_has_no_settings(missing: Warehouse) -> None:
    assert stored_setting(missing, "x") is None
    assert stored_settings(missing, "") == {}
