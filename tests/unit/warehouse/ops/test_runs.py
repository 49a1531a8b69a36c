from __future__ import annotations

from dataclasses import replace

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse.connection import Warehouse
from warehouse.ops.runs import Run, completed_run_ids, last_runs, record_run

RUN = Run("1", "sync", NOW, NOW, "stopped", 3)


def test_a_run_is_recorded_and_replaced_by_its_id(landed: LandedWarehouse) -> None:
    record_run(landed.warehouse, RUN)
    record_run(landed.warehouse, replace(RUN, outcome="done", requests=5))
    record_run(landed.warehouse, replace(RUN, run_id="2", started_at=NOW + DAY))
    rows = last_runs(landed.warehouse, 10)
    assert [(row["run_id"], row["outcome"]) for row in rows] == [("2", "stopped"), ("1", "done")]
    assert len(last_runs(landed.warehouse, 1)) == 1


def test_a_run_with_failed_streams_is_complete_and_one_that_stopped_early_is_not(
    landed: LandedWarehouse,
) -> None:
    for outcome in ("done", "failed", "postponed", "stopped"):
        record_run(landed.warehouse, replace(RUN, run_id=outcome, outcome=outcome))
    assert completed_run_ids(landed.warehouse) == {"done", "failed"}


def test_a_warehouse_that_does_not_exist_has_no_runs(missing: Warehouse) -> None:
    assert last_runs(missing, 10) == []
    assert completed_run_ids(missing) == frozenset()
