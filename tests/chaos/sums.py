"""Compares homes by the rows and a checksum of each table."""

from __future__ import annotations

import duckdb

from tests.conftest import Gong

Sums = dict[str, tuple[int, str]]
"""Number of rows and checksum by table."""


def _sums(db: duckdb.DuckDBPyConnection, table: str, columns: str) -> tuple[int, str]:
    row = db.execute(
        f"select count(*), coalesce(sum(hash(t::varchar)::hugeint), 0)::varchar "
        f"from (select {columns} from {table}) as t"
    ).fetchone()
    assert row
    return row


def equal(actual: Sums, expected: Sums) -> int:
    """Checks that two sets of tables are equal; returns the number of tables."""
    names = actual.keys() | expected.keys()
    differing = {
        name: (actual.get(name), expected.get(name))
        for name in sorted(names)
        if actual.get(name) != expected.get(name)
    }
    assert not differing, f"after kills, and without: {differing}"
    return len(names)


def raw_sums(gong: Gong) -> Sums:
    """Returns rows and checksum of each raw table, with load instants and hashes."""
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        db.execute("set timezone = 'UTC'")
        tables = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_raw' "
            "and table_name not like '\\_%' escape '\\' order by all"
        ).fetchall()
        kept = "columns(c -> c not like '\\_dlt\\_%' escape '\\')"
        return {table: _sums(db, f"gong_raw.{table}", kept) for (table,) in tables}


def published_sums(gong: Gong) -> Sums | None:
    """Returns rows and checksum of each published table; None before the first publication."""
    catalogue = gong.home / "published" / "gong.duckdb"
    if not catalogue.exists():
        return None
    with duckdb.connect(str(catalogue), read_only=True) as db:
        db.execute("set timezone = 'UTC'")
        tables = db.execute(
            "select view_name from duckdb_views() where schema_name = 'main' and not internal "
            "order by all"
        ).fetchall()
        return {table: _sums(db, table, _rounded(db, table)) for (table,) in tables}


def _rounded(db: duckdb.DuckDBPyConnection, table: str) -> str:
    """Returns the columns of a table, rounded, because sums of floats depend on their order."""
    columns = db.execute(f"select column_name, column_type from (describe {table})").fetchall()
    return ", ".join(
        f"round({name}, 9) as {name}" if kind == "DOUBLE" else name for name, kind in columns
    )
