"""Reads the warehouse of a run with plain DuckDB, after the run's process has ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]

LOAD_TABLES = (
    "_windows", "_transcript_asks", "_parent_reads", "_parent_refusals", "_quarantine", "_dlt"
)  # fmt: skip
"""Prefixes of tables that record loads and change with every run."""


def connect(warehouse: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(str(warehouse), read_only=True)
    db.execute("set timezone = 'UTC'")
    return db


def raw_tables(warehouse: Path) -> list[str]:
    """Returns the raw tables that hold Gong's data."""
    with connect(warehouse) as db:
        rows = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_raw' order by all"
        ).fetchall()
    return [name for (name,) in rows if not name.startswith(LOAD_TABLES)]


def rows_of(warehouse: Path, table: str) -> list[Row]:
    """Returns the rows of a raw table, with JSON parsed and instants in UTC."""
    return all_rows(warehouse, [table])[table]


def all_rows(warehouse: Path, tables: Iterable[str]) -> dict[str, list[Row]]:
    """Returns the rows of several raw tables, as `rows_of`."""
    with connect(warehouse) as db:
        jsons = set(
            db.execute(
                "select table_name, column_name from duckdb_columns() "
                "where schema_name = 'gong_raw' and data_type = 'JSON'"
            ).fetchall()
        )
        rows: dict[str, list[Row]] = {}
        for table in tables:
            result = db.execute(f"select * from gong_raw.{table}")
            names = [column[0] for column in result.description or ()]
            rows[table] = [
                {
                    name: _plain(value, (table, name) in jsons)
                    for name, value in zip(names, row, strict=True)
                }
                for row in result.fetchall()
            ]
        return rows


def _plain(value: Any, is_json: bool) -> Any:
    if is_json and value is not None:
        return json.loads(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def without_load_columns(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def snapshot(warehouse: Path, *, only_content: bool = False) -> dict[str, dict[str, int]]:
    """Returns the rows of each raw table as text, with the number of times each row occurs.

    Args:
        warehouse: the DuckDB file.
        only_content: omit the columns that begin with an underscore.
    """
    counts: dict[str, dict[str, int]] = {}
    tables = raw_tables(warehouse)
    with connect(warehouse) as db:
        for table in tables:
            columns = "columns(c -> c not like '\\_%' escape '\\')" if only_content else "*"
            rows = db.execute(
                f"select t::varchar, count(*) from (select {columns} from gong_raw.{table}) as t "
                "group by all"
            ).fetchall()
            counts[table] = dict(rows)
    return counts


def differing(
    left: dict[str, dict[str, int]], other: dict[str, dict[str, int]]
) -> dict[str, tuple[list[str], list[str]]]:
    """Returns the tables that differ, each with the rows only in `left` and only in `other`."""
    return {
        table: (
            sorted(left.get(table, {}).keys() - other.get(table, {}).keys()),
            sorted(other.get(table, {}).keys() - left.get(table, {}).keys()),
        )
        for table in left.keys() | other.keys()
        if left.get(table) != other.get(table)
    }
