from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse.connection import Warehouse
from warehouse.prepare import prepare
from warehouse.quarantine import open_facts, open_rows

CREATE = """
create table gong_raw._quarantine (
    quarantine_id varchar, stream varchar, table_name varchar, entity_id varchar, call_id varchar,
    field varchar, reason varchar, entity json, is_stale boolean, first_seen_at timestamptz,
    last_seen_at timestamptz, landed_at timestamptz, _deleted_at timestamptz, _dlt_load_id varchar
)
"""


def put(
    landed: LandedWarehouse,
    id_: str,
    seen: datetime = NOW,
    landed_at: datetime | None = None,
    load: str = "closed",
    **values: Any,
) -> None:
    row: dict[str, Any] = {
        "quarantine_id": id_, "stream": "calls", "table_name": "calls", "entity_id": id_,
        "call_id": id_, "field": "duration_seconds", "reason": "a number where integer is expected",
        "entity": "{}", "is_stale": False, "first_seen_at": seen, "last_seen_at": seen,
        "landed_at": landed_at, "_deleted_at": None, "_dlt_load_id": load,
    } | values  # fmt: skip
    places = ", ".join("?" * len(row))
    landed.write(f"insert into gong_raw._quarantine values ({places})", *row.values())


@pytest.fixture
def quarantined(landed: LandedWarehouse) -> LandedWarehouse:
    landed.write(CREATE)
    prepare(landed.warehouse)
    put(landed, "1", seen=NOW - 20 * DAY)
    put(landed, "2")
    put(landed, "3", landed_at=NOW)
    put(landed, "4", landed_at=NOW, load="open")
    put(landed, "5", _deleted_at=NOW)
    put(landed, "6", stream="users")
    return landed


def test_an_entity_is_in_quarantine_until_its_landing_is_certain(
    quarantined: LandedWarehouse,
) -> None:
    calls = open_rows(quarantined.warehouse, ["calls"])
    assert [row["quarantine_id"] for row in calls] == ["1", "2", "4"]
    assert [row["entity_id"] for row in open_facts(quarantined.warehouse)] == ["1", "2", "4", "6"]


def test_entities_that_gong_has_not_sent_for_long_can_be_left_out(
    quarantined: LandedWarehouse,
) -> None:
    recent = open_rows(quarantined.warehouse, ["calls", "users"], NOW - 14 * DAY)
    assert [row["quarantine_id"] for row in recent] == ["2", "4", "6"]


def test_the_shown_table_has_no_content_of_an_entity(quarantined: LandedWarehouse) -> None:
    with quarantined.warehouse.reading() as db:
        shown = db.execute("select * from gong_ops.quarantine").fetchall()
        names = [name for name, *_ in db.description or ()]
    assert len(shown) == 5  # all but the one of a package that never closed
    assert "entity" not in names
    assert not any("entity" in fact for fact in open_facts(quarantined.warehouse))


def test_nothing_is_in_quarantine_of_a_warehouse_without_the_table(
    landed: LandedWarehouse, missing: Warehouse
) -> None:
    for warehouse in (landed.warehouse, missing):
        assert open_rows(warehouse, ["calls"]) == []
        assert open_facts(warehouse) == []
