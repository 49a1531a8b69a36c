from __future__ import annotations

import duckdb
import pytest

from tests.unit.warehouse.conftest import LandedWarehouse
from warehouse.landing import sparing as module
from warehouse.landing.sparing import sparing

NAMES = ("threads", "write_buffer_row_group_count", "memory_limit")


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("warehouse.landing.sparing", "warehouse.machine.database"):
        monkeypatch.setattr(f"{place}.duckdb_settings", lambda: {"memory_limit": "700MiB"})


def settings(db: duckdb.DuckDBPyConnection) -> list[str]:
    query = "select name, value from duckdb_settings() where name in $names"
    found = dict(db.execute(query, {"names": NAMES}).fetchall())
    return [found[name] for name in NAMES]


def test_inside_the_block_duckdb_takes_little_and_afterwards_what_it_had(
    landed: LandedWarehouse,
) -> None:
    with landed.warehouse.held(), landed.warehouse.writing() as db:
        db.execute("set threads = 3")
        for _ in range(2):
            assert settings(db) == ["3", "5", "700.0 MiB"]
            with sparing(db):
                assert settings(db) == ["1", "1", "100.0 MiB"]
        assert settings(db) == ["3", "5", "700.0 MiB"]


def test_what_is_less_already_stays_so(landed: LandedWarehouse) -> None:
    with landed.warehouse.writing() as db:
        db.execute("set memory_limit = '90MiB'")
        with sparing(db):
            assert settings(db)[2] == "90.0 MiB"


def test_a_database_that_holds_more_already_says_so_and_keeps_its_settings(
    landed: LandedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MEMORY", 1)
    with landed.warehouse.writing() as db:
        db.execute("create temp table much as select range as n from range(1000000)")
        before = settings(db)
        with pytest.raises(duckdb.OutOfMemoryException), sparing(db):
            pass
        assert settings(db) == before
