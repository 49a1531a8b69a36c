from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.build_warnings import BuildWarning, all_warnings, store_warnings
from warehouse.connection import Warehouse
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_a_warning_keeps_its_first_instant_until_a_build_finds_none(tmp_path: Path) -> None:
    warehouse = Warehouse(Target(tmp_path / "w.duckdb"))
    late, odd = (BuildWarning(name, "fct_calls", 3, "Wait.", "") for name in ("late", "odd"))
    store_warnings(warehouse, [late], NOW)
    store_warnings(warehouse, [late, odd], NOW + timedelta(days=1))
    stored = {row["test_name"]: row["first_seen_at"] for row in all_warnings(warehouse)}
    assert stored == {"late": NOW, "odd": NOW + timedelta(days=1)}
    store_warnings(warehouse, [], NOW + timedelta(days=2))
    assert all_warnings(warehouse) == []
