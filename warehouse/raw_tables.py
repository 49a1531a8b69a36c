"""Answers questions about landed rows: which exist, with which content, which are deleted.

Invariant: rows of a package that never closed do not count as read, unless a function says that it
returns them. Keys of several columns are joined with `|`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from warehouse.connection import Rows, Warehouse, columns
from warehouse.ops.load_log import CLOSED
from warehouse.target import RAW

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Between:
    """Rows whose instant in a column lies in `[start, end)`."""

    column: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class TableFacts:
    """How many rows a raw table has, and when the newest of them landed."""

    table: str
    rows: int
    last_changed_at: datetime | None


def names(warehouse: Warehouse) -> frozenset[str]:
    """Returns the names of the raw tables that exist."""
    with warehouse.reading() as db:
        rows = db.execute(
            "select table_name from duckdb_tables() where schema_name = ?", [RAW]
        ).fetchall()
    return frozenset(row[0] for row in rows)


def facts(warehouse: Warehouse) -> list[TableFacts]:
    """Returns the facts of each raw table of Gong's rows, by name."""
    tables = sorted(name for name in names(warehouse) if not name.startswith("_"))
    with warehouse.reading() as db:
        return [
            TableFacts(
                table,
                *db.execute(f"select count(*), max(_loaded_at) from {RAW}.{table}").fetchall()[0],
            )
            for table in tables
        ]


def newest_load_id(warehouse: Warehouse, tables: Sequence[str]) -> str:
    """Returns the id of the last package that brought rows into one of the tables, or ""."""
    with warehouse.reading() as db:
        load_ids = [
            row[0]
            for table in tables
            if columns(db, f"{RAW}.{table}")
            for row in db.execute(f"select max(_dlt_load_id) from {RAW}.{table}").fetchall()
            if row[0]
        ]
    return max(load_ids, default="")


def known_hashes(
    warehouse: Warehouse,
    table: str,
    key: Sequence[str],
    keys: Sequence[str],
    between: Between | None,
) -> Mapping[str, str]:
    """Returns the content hashes of live rows by key.

    Args:
        warehouse: where.
        table: a root table.
        key: its key columns.
        keys: the keys looked for.
        between: where the rows lie, to scan less; None for everywhere.
    """
    with warehouse.reading() as db:
        types = columns(db, f"{RAW}.{table}")
        if not types or not keys:
            return {}
        where = [f"{_key(types, key)} in (select unnest(?))", _live(types), CLOSED]
        values: list[Any] = [list(keys)]
        if len(key) > 1 and key[0].endswith("_id"):
            # ids hold no separator. Without this, DuckDB joins the key of every row of the table
            where.append(f"{key[0]} in (select unnest(?))")
            values.append(list({joined.partition("|")[0] for joined in keys}))
        if between:
            # one more day on both sides: Gong filters some calls by their scheduled time
            where.append(f"{between.column} between ? and ?")
            values += [between.start - timedelta(days=1), between.end + timedelta(days=1)]
        rows = db.execute(
            f"select {_key(types, key)}, _content_hash from {RAW}.{table} "
            f"where {' and '.join(where)}",
            values,
        ).fetchall()
    return dict(rows)


def live_keys(
    warehouse: Warehouse,
    table: str,
    key: Sequence[str],
    within: Mapping[str, Collection[str]],
    outside: Mapping[str, Collection[str]],
    between: Between | None,
) -> frozenset[str]:
    """Returns the keys of the rows that are not marked as deleted.

    Includes rows of packages that never closed: they exist and may have to be marked.

    Args:
        warehouse: where.
        table: a root table.
        key: its key columns.
        within: column → values; each column has one of its values.
        outside: column → values; each column has none of its values.
        between: where the rows lie; None for everywhere.
    """
    with warehouse.reading() as db:
        types = columns(db, f"{RAW}.{table}")
        if not types:
            return frozenset()
        where, values = [_live(types)], list[Any]()
        for column, wanted in within.items():
            where.append(f"{column} in (select unnest(?::varchar[]))")
            values.append(list(wanted))
        for column, others in outside.items():
            where.append(f"{column} not in (select unnest(?::varchar[]))")
            values.append(list(others))
        if between:
            where.append(f"{between.column} >= ? and {between.column} < ?")
            values += [between.start, between.end]
        rows = db.execute(
            f"select {_key(types, key)} from {RAW}.{table} where {' and '.join(where)}", values
        ).fetchall()
    return frozenset(row[0] for row in rows)


def rows_by_key(
    warehouse: Warehouse,
    table: str,
    key: Sequence[str],
    keys: Sequence[str],
    condition: str = "true",
) -> pa.Table | None:
    """Returns whole rows, also of packages that never closed; None without such a table.

    Args:
        warehouse: where.
        table: a raw table.
        key: columns that identify a row, or a group of rows.
        keys: the keys looked for.
        condition: further SQL.
    """
    with warehouse.reading() as db:
        types = columns(db, f"{RAW}.{table}")
        if not types:
            return None
        return db.execute(
            f"select * from {RAW}.{table} where {_key(types, key)} in "
            f"(select unnest(?::varchar[])) and {condition}",
            [list(keys)],
        ).to_arrow_table()


def distinct(
    warehouse: Warehouse, table: str, selected: Sequence[str], condition: str = "true"
) -> Rows | None:
    """Returns the distinct values of columns among the live rows; None without such a table."""
    with warehouse.reading() as db:
        types = columns(db, f"{RAW}.{table}")
        if not types:
            return None
        rows = db.execute(
            f"select distinct {', '.join(selected)} from {RAW}.{table} "
            f"where {_live(types)} and {condition} and {CLOSED}"
        ).fetchall()
    return [dict(zip(selected, row, strict=True)) for row in rows]


def count_between(warehouse: Warehouse, table: str, between: Between) -> int:
    """Returns how many rows lie in a span, with those of packages that never closed."""
    with warehouse.reading() as db:
        if not columns(db, f"{RAW}.{table}"):
            return 0
        rows = db.execute(
            f"select count(*) from {RAW}.{table} "
            f"where {between.column} >= ? and {between.column} < ?",
            [between.start, between.end],
        ).fetchall()
    return int(rows[0][0])


def deletion_times(
    warehouse: Warehouse, table: str, since: datetime, before: datetime
) -> list[datetime]:
    """Returns the instants, after the first and before the second, at which rows were marked.

    The newest comes first; instants are UTC.
    """
    with warehouse.reading() as db:
        if not columns(db, f"{RAW}.{table}"):
            return []
        rows = db.execute(
            f"select distinct _deleted_at from {RAW}.{table} where _deleted_at > ? "
            f"and _deleted_at < ? and {CLOSED} order by all desc",
            [since, before],
        ).fetchall()
    return [row[0].astimezone(UTC) for row in rows]


def count_deleted(
    warehouse: Warehouse,
    table: str,
    column: str,
    spans: Sequence[tuple[datetime, datetime]],
    marked: tuple[datetime, datetime],
) -> tuple[int, int]:
    """Returns how many rows lay in half-open spans, and how many of them were marked as deleted.

    Args:
        warehouse: where.
        table: a root table whose rows can be marked.
        column: of instants, in which the spans are.
        spans: starts and ends.
        marked: `[since, before)`; rows that were marked earlier or later are not counted at all.
    """
    with warehouse.reading() as db:
        if not spans or not columns(db, f"{RAW}.{table}"):
            return 0, 0
        inside = " or ".join([f"({column} >= ? and {column} < ?)"] * len(spans))
        rows = db.execute(
            f"select count(*), count(_deleted_at) from {RAW}.{table} "
            "where (_deleted_at is null or (_deleted_at >= ? and _deleted_at < ?)) "
            f"and {CLOSED} and ({inside})",
            [*marked, *(instant for span in spans for instant in span)],
        ).fetchall()
    return rows[0]


def _key(types: Mapping[str, str], key: Sequence[str]) -> str:
    """Returns SQL for the key of a row as one text; instants are spelled in UTC."""
    parts = [
        f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%fZ')"
        if types.get(name, "").startswith("TIMESTAMP")
        else f"{name}::varchar"
        for name in key
    ]
    return " || '|' || ".join(parts)


def _live(types: Mapping[str, str]) -> str:
    """Returns SQL that is true for rows that are not marked as deleted."""
    if "_deleted_at" not in types:
        return "true"
    # a mark of a package that never closed is made again, with the rows that belong to it
    return f"(_deleted_at is null or not {CLOSED})"
