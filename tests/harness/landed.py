"""What the warehouse of a run holds, read by plain DuckDB after the run's process has ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]

BOOKKEEPING = ("_windows", "_transcript_asks", "_parent_reads", "_dlt")
"""Tables that say what runs did, and change with every run."""


def connect(warehouse: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(str(warehouse), read_only=True)
    db.execute("set timezone = 'UTC'")
    return db


def raw_tables(warehouse: Path) -> list[str]:
    """Returns the raw tables that hold data of Gong's."""
    with connect(warehouse) as db:
        found = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_raw' order by all"
        ).fetchall()
    return [name for (name,) in found if not name.startswith(BOOKKEEPING)]


def rows_of(warehouse: Path, table: str) -> list[Row]:
    """Returns the rows of a raw table; JSON read, instants in UTC."""
    with connect(warehouse) as db:
        result = db.execute(f"select * from gong_raw.{table}")
        names = [column[0] for column in result.description or ()]
        jsons = {
            name
            for name, kind in db.execute(
                "select column_name, data_type from duckdb_columns() "
                "where schema_name = 'gong_raw' and table_name = ?",
                [table],
            ).fetchall()
            if kind == "JSON"
        }
        result = db.execute(f"select * from gong_raw.{table}")
        return [
            {name: _plain(value, name in jsons) for name, value in zip(names, row, strict=True)}
            for row in result.fetchall()
        ]


def _plain(value: Any, is_json: bool) -> Any:
    if is_json and value is not None:
        return json.loads(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def without_bookkeeping(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def snapshot(warehouse: Path, *, only_content: bool = False) -> dict[str, dict[str, int]]:
    """Returns per raw table how often each row is in it, the row as text.

    Args:
        warehouse: the DuckDB file.
        only_content: leave out the columns that begin with an underscore.
    """
    found: dict[str, dict[str, int]] = {}
    tables = raw_tables(warehouse)
    with connect(warehouse) as db:
        for table in tables:
            columns = "columns(c -> c not like '\\_%' escape '\\')" if only_content else "*"
            rows = db.execute(
                f"select t::varchar, count(*) from (select {columns} from gong_raw.{table}) as t "
                "group by all"
            ).fetchall()
            found[table] = dict(rows)
    return found


def differing(
    one: dict[str, dict[str, int]], other: dict[str, dict[str, int]]
) -> dict[str, tuple[list[str], list[str]]]:
    """Returns for each table that differs the rows only in the one and only in the other."""
    return {
        table: (
            sorted(one.get(table, {}).keys() - other.get(table, {}).keys()),
            sorted(other.get(table, {}).keys() - one.get(table, {}).keys()),
        )
        for table in one.keys() | other.keys()
        if one.get(table) != other.get(table)
    }
