from __future__ import annotations

import pytest

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse.ops.backfills import OpenBackfill, keep, open_backfill, open_backfills, remove
from warehouse.ops.settings import store_setting

BACKFILL = OpenBackfill("r1", NOW - 9 * DAY, NOW, ("calls", "logs"))


def test_a_backfill_is_open_from_its_first_package_until_it_is_removed(
    landed: LandedWarehouse,
) -> None:
    warehouse = landed.warehouse
    keep(warehouse, "a", BACKFILL)
    keep(warehouse, "b", OpenBackfill("r2", NOW - DAY, NOW, ("users",)))
    assert open_backfill(warehouse, "a") == BACKFILL
    assert open_backfill(warehouse, "c") is None
    assert [backfill.run_id for backfill in open_backfills(warehouse)] == ["r1", "r2"]
    remove(warehouse, "a")
    assert [backfill.run_id for backfill in open_backfills(warehouse)] == ["r2"]


@pytest.mark.parametrize(("words", "streams"), [("", ()), (" calls,logs", ("calls", "logs"))])
def test_a_backfill_that_an_earlier_version_stored_is_continued(
    landed: LandedWarehouse, words: str, streams: tuple[str, ...]
) -> None:
    start, end = "2026-11-01T00:00:00+00:00", "2026-11-22T06:00:00+00:00"
    store_setting(landed.warehouse, "backfill a", f"r1 {start} {end}{words}")
    backfill = open_backfill(landed.warehouse, "a")
    assert backfill is not None
    assert (backfill.run_id, backfill.end, backfill.streams) == ("r1", NOW, streams)
