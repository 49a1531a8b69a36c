"""Every stream lands in its tables as promised, and lands nothing when it is read again.

The cases come from the tables, so a new row is covered.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from sources.gong.extract.logs import LOG_TYPES
from sources.gong.extract.window_plan import parts
from sources.gong.load.load_log import LOG_TABLES, PARENT_REFUSALS_TABLE, QUARANTINE_TABLE
from sources.gong.schema.arrow import landed_columns, schema
from sources.gong.schema.columns import Sensitivity, Type
from sources.gong.schema.tables import (
    STREAMS,
    stream,
    table,
    tables_of,
)
from tests.conftest import Emulator, copy_of
from tests.endpoints.altering import altering
from tests.endpoints.landed import NAMES, Landed, Rows, every_stream, every_table
from tests.endpoints.world import NOW, START
from tests.harness.landed import connect
from tests.harness.loops import for_each


@pytest.fixture(scope="module")
def columns(plain: Landed) -> dict[str, list[tuple[str, str, bool]]]:
    """Name, type and nullability of each column, by raw table."""
    by_table: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    with connect(plain.gong.warehouse) as db:
        for name, *column in db.execute(
            "select table_name, column_name, data_type, is_nullable from duckdb_columns() "
            "where schema_name = 'gong_raw'"
        ).fetchall():
            by_table[name].append((column[0], column[1], column[2]))
    return by_table


@pytest.fixture(scope="module")
def windows(plain: Landed) -> dict[str, list[tuple[str, int]]]:
    """Detail and number of entities of each window, by stream."""
    by_stream: dict[str, list[tuple[str, int]]] = defaultdict(list)
    with connect(plain.gong.warehouse) as db:
        for name, detail, seen in db.execute(
            "select stream, detail, entities_seen from gong_ops.windows"
        ).fetchall():
            by_stream[name].append((detail, seen))
    return by_stream


@every_table
def test_every_table_has_rows_and_its_key_is_unique_and_never_null(
    plain: Landed, name: str
) -> None:
    rows, key = plain.rows(name), table(name).key
    assert rows, "nothing landed, so nothing was tested"
    keys = Counter(tuple(row[part] for part in key) for row in rows)
    assert {k: count for k, count in keys.items() if count > 1} == {}
    assert not any(None in k for k in keys)


DUCKDB = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
}


@every_table
def test_the_warehouse_has_the_columns_of_the_table_in_their_types(
    columns: dict[str, list[tuple[str, str, bool]]], name: str
) -> None:
    landed = columns[name]
    arrow = schema(name)
    expected = {
        column.name: "JSON" if column.type is Type.JSON else DUCKDB[arrow.field(column.name).type]
        for column in landed_columns(name)
    }
    assert {column: kind for column, kind, _ in landed} == expected
    assert {column for column, _, is_nullable in landed if not is_nullable} == set(table(name).key)


@every_table
def test_the_types_of_columns_follow_the_promises_on_names(name: str) -> None:
    for column in table(name).columns:
        arrow = schema(name).field(column.name).type
        if column.name.endswith("_id"):
            assert arrow == pa.string(), column.name
        # Gong's `said_at` is a part of the call, and its `last_modified_at` is not an instant.
        if column.name.endswith("_at") and column.name not in ("said_at", "last_modified_at"):
            assert arrow == pa.timestamp("us", "UTC"), column.name
        if column.name.endswith("_on"):
            assert arrow == pa.date32(), column.name
        if column.name.startswith(("is_", "has_")):
            assert arrow == pa.bool_(), column.name
        if column.sensitivity is Sensitivity.SECRET:
            assert column.type is Type.PRESENCE, column.name


@for_each("name", LOG_TABLES)
def test_every_table_of_the_load_log_has_a_unique_key(plain: Landed, name: str) -> None:
    key = LOG_TABLES[name].field(0).name
    with connect(plain.gong.warehouse) as db:
        rows = db.execute(f"select {key}, count(*) from gong_raw.{name} group by all").fetchall()
    # in this company Gong refuses nobody, and nothing is odd
    assert bool(rows) == (name not in (PARENT_REFUSALS_TABLE, QUARANTINE_TABLE))
    assert all(value is not None and count == 1 for value, count in rows)


@every_stream
def test_every_part_of_a_stream_was_read_to_its_end(
    windows: dict[str, list[tuple[str, int]]], name: str
) -> None:
    details = {detail for detail, _ in windows[name] if not detail.startswith("package")}
    assert details == set(parts(name))
    assert sum(seen for _, seen in windows[name]) > 0


@dataclass(frozen=True)
class SecondRead:
    landed: Landed
    counts: dict[str, tuple[int, int]]
    """Entities that the second read has seen and changed, by stream."""


@pytest.fixture(scope="module")
def second_read(
    plain: Landed, small_company: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> SecondRead:
    """Syncs a copy of the home again, every stream by name, and then backfills all of it."""
    gong = copy_of(plain.gong, tmp_path_factory.mktemp("again") / "home")
    with connect(gong.warehouse) as db:
        before = {row[0] for row in db.execute("select window_id from gong_ops.windows").fetchall()}
    with altering(small_company, {}) as server:
        env = {"SOURCES__GONG__BASE_URL": server.url}
        for arguments in (
            ("sync", "--only", ",".join(STREAMS)),
            ("backfill", "--from", START.isoformat(), "--to", NOW.isoformat()),
        ):
            done = gong(*arguments, "--no-transform", env=env)
            assert done.returncode == 0, done.stderr
    with connect(gong.warehouse) as db:
        rows = db.execute(
            "select stream, entities_seen, entities_changed, window_id from gong_ops.windows"
        ).fetchall()
    counts: dict[str, tuple[int, int]] = {}
    for name, seen, changed, window_id in rows:
        if window_id not in before:
            had = counts.get(name, (0, 0))
            counts[name] = (had[0] + seen, had[1] + changed)
    return SecondRead(Landed(gong, done.stderr), counts)


@every_stream
def test_a_second_read_sees_entities_and_lands_none(second_read: SecondRead, name: str) -> None:
    seen, changed = second_read.counts[name]
    assert seen > 0
    assert changed == 0


@every_table
def test_a_second_read_changes_no_row(plain: Landed, second_read: SecondRead, name: str) -> None:
    def texts(rows: Rows) -> list[str]:
        return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)

    assert texts(second_read.landed.rows(name)) == texts(plain.rows(name))


def test_every_table_belongs_to_a_stream_and_every_type_of_log_lands(plain: Landed) -> None:
    assert {name for name in STREAMS for name in tables_of(name)} == set(NAMES)
    assert all(stream(name) in STREAMS for name in NAMES if name != "stats_periods")
    assert {row["log_type"] for row in plain.rows("logs")} == set(LOG_TYPES)
    assert Path(plain.gong.home / "warehouse.duckdb").is_file()
