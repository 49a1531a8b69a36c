from __future__ import annotations

import stat

from tests.unit.warehouse.conftest import LandedWarehouse
from warehouse.connection import Warehouse
from warehouse.prepare import prepare


def test_only_the_owner_can_read_the_warehouse(landed: LandedWarehouse) -> None:
    assert stat.S_IMODE(landed.warehouse.path.stat().st_mode) == 0o600


def test_the_ops_tables_are_created_and_keep_their_rows(missing: Warehouse) -> None:
    prepare(missing)
    with missing.writing() as db:
        db.execute("insert into gong_ops.settings values ('a', 'b')")
    prepare(missing)
    with missing.reading() as db:
        tables = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_ops' order by all"
        ).fetchall()
        stored = dict(db.execute("select * from gong_ops.settings").fetchall())
    assert stored.pop("warehouse_id")
    assert stored == {"a": "b"}
    assert [name for (name,) in tables] == [
        "alarms", "erasures", "examined_packages", "field_presence", "pushes", "runs",
        "schema_changes", "settings", "warnings",
    ]  # fmt: skip


def test_rows_that_a_killed_run_left_beside_the_file_are_removed(missing: Warehouse) -> None:
    left = missing.path.with_name(f"{missing.path.name}.tmp")
    left.mkdir()
    (left / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"secret")
    prepare(missing)
    assert not left.exists()


def test_the_staging_tables_of_an_earlier_version_are_removed(landed: LandedWarehouse) -> None:
    landed.write("create schema gong_raw_staging")
    landed.write("create table gong_raw_staging.calls as select 'secret' as title")
    prepare(landed.warehouse)
    prepare(landed.warehouse)
    with landed.warehouse.reading() as db:
        schemas = db.execute("select schema_name from duckdb_schemas()").fetchall()
    assert ("gong_raw_staging",) not in schemas
    assert ("gong_raw",) in schemas


def test_a_warehouse_of_the_first_version_is_brought_up_to_date(missing: Warehouse) -> None:
    with missing.writing() as db:
        db.execute(
            "create schema gong_ops; create table gong_ops.schema_changes ("
            "table_name varchar, field varchar, sample_type varchar, first_seen_at timestamptz, "
            "primary key (table_name, field)); "
            "insert into gong_ops.schema_changes values ('calls', 'mood', 'VARCHAR', now())"
        )
    prepare(missing)
    prepare(missing)
    with missing.reading() as db:
        changes = db.execute("select change, field, found from gong_ops.schema_changes").fetchall()
    assert changes == [("unknown field", "mood", "string")]
