"""What the last finished build was built from: packages, numbers of rows, users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import duckdb

from warehouse.connection import columns
from warehouse.target import BUILD, RAW

USERS_VIEW = f"{BUILD}.int_users__history"
"""What the tables say of users: a call is built again if the row of a user in it has changed."""


def raw_rows(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Returns the number of rows of each raw table of Gong's rows."""
    names = db.execute(
        "select table_name from duckdb_tables() where schema_name = ? "
        "and not starts_with(table_name, '_') order by 1",
        [RAW],
    ).fetchall()
    if not names:
        return {}
    counts = [f"select '{name}', count(*) from {RAW}.{name}" for (name,) in names]
    return dict(db.execute(" union all ".join(counts)).fetchall())


def store_record(db: duckdb.DuckDBPyConnection, built_at: datetime) -> str:
    """Stores what the tables are built from now, at once; returns the id of the record.

    Without the tables that it is taken from there is none, and the id is "".
    """
    rows = raw_rows(db)
    if not rows or not columns(db, f"{RAW}._dlt_loads") or not columns(db, USERS_VIEW):
        return ""
    build_id = uuid4().hex
    db.begin()
    try:
        db.execute(
            f"create or replace table {BUILD}.last_build as "
            "select ?::varchar as build_id, ?::timestamptz as built_at",
            [build_id, built_at],
        )
        db.execute(
            f"create or replace table {BUILD}.built_packages as "
            f"select load_id from {RAW}._dlt_loads where status = 0"
        )
        db.execute(
            f"create or replace table {BUILD}.built_tables as "
            "select unnest(?::varchar[]) as table_name, unnest(?::bigint[]) as rows_count",
            [list(rows), list(rows.values())],
        )
        db.execute(f"create or replace table {BUILD}.built_users as from {USERS_VIEW}")
        db.commit()
    except BaseException:
        db.rollback()
        raise
    return build_id


def stored_record(db: duckdb.DuckDBPyConnection) -> tuple[str, datetime] | None:
    """Returns id and instant of the build that the stored record is of; None without one."""
    if not columns(db, f"{BUILD}.last_build"):
        return None
    row = db.execute(f"select build_id, built_at from {BUILD}.last_build").fetchone()
    return (row[0], row[1]) if row else None


def stored_rows(db: duckdb.DuckDBPyConnection) -> Mapping[str, int]:
    """Returns the numbers of rows of the stored record."""
    return dict(db.execute(f"from {BUILD}.built_tables").fetchall())


def contents(db: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Returns rows and fingerprint of built tables, whatever the order of their rows."""
    return {
        table: db.execute(
            f"select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar from {BUILD}.{table} t"
        ).fetchall()[0]
        for table in tables
        if columns(db, f"{BUILD}.{table}")
    }
