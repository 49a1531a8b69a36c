"""Looks up landed rows: which exist, with which content, which are deleted.

Rows of a package that never closed do not count, unless a function says that it includes them. Keys
of several columns are joined with `|`. A table that does not exist yet has no rows.
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

Stretch = tuple[datetime, datetime]
"""Half-open: start, end."""


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
    rows = warehouse.rows("select table_name from duckdb_tables() where schema_name = ?", [RAW])
    return frozenset(name for (name,) in rows)


def facts(warehouse: Warehouse) -> list[TableFacts]:
    """Returns the facts of each raw table of Gong's rows, by name."""
    tables = sorted(name for name in names(warehouse) if not name.startswith("_"))
    with warehouse.snapshot():
        return [
            TableFacts(table, *row)
            for table in tables
            for row in warehouse.rows(f"select count(*), max(_loaded_at) from {RAW}.{table}")
        ]


def packages_of_rows(warehouse: Warehouse, tables: Sequence[str]) -> str:
    """Returns a fingerprint of which package each row of the tables came with; "" without rows.

    The newest package would not do: by a clock that was set back the next one is an older one.
    """
    with warehouse.snapshot():
        sums = [
            packages
            for table in tables
            for (packages,) in warehouse.rows(
                f"select sum(hash(_dlt_load_id)::hugeint) from {RAW}.{table}"
            )
            if packages is not None
        ]
    return str(sum(sums)) if sums else ""


def known_hashes(
    warehouse: Warehouse,
    table: str,
    key: Sequence[str],
    keys: Sequence[str],
    between: Between | None,
) -> Mapping[str, str]:
    """Returns the content hashes of the live rows of a root table that have one of the keys.

    Args:
        warehouse: the warehouse to look in.
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
    """Returns the keys of the rows of a root table that are not marked as deleted.

    Includes rows of packages that never closed: they exist and may have to be marked.

    Args:
        warehouse: the warehouse to look in.
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
        for operator, conditions in (("in", within), ("not in", outside)):
            for column, allowed in conditions.items():
                where.append(f"{column} {operator} (select unnest(?::varchar[]))")
                values.append(list(allowed))
        if between:
            where.append(f"{between.column} >= ? and {between.column} < ?")
            values += [between.start, between.end]
        rows = db.execute(
            f"select {_key(types, key)} from {RAW}.{table} where {' and '.join(where)}", values
        ).fetchall()
    return frozenset(joined for (joined,) in rows)


def rows_by_key(
    warehouse: Warehouse,
    table: str,
    key: Sequence[str],
    keys: Sequence[str],
    condition: str = "true",
) -> pa.Table | None:
    """Returns whole rows that have one of the keys; None without such a table.

    Includes rows of packages that never closed. The key columns identify a row, or a group of rows.
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
    rows = warehouse.rows(
        f"select count(*) from {RAW}.{table} where {between.column} >= ? and {between.column} < ?",
        [between.start, between.end],
    )
    return sum(count for (count,) in rows)


def deletion_times(
    warehouse: Warehouse, table: str, since: datetime, before: datetime
) -> list[datetime]:
    """Returns the UTC instants between two others at which rows were marked; newest first."""
    rows = warehouse.rows(
        f"select distinct _deleted_at from {RAW}.{table} where _deleted_at > ? "
        f"and _deleted_at < ? and {CLOSED} order by all desc",
        [since, before],
    )
    return [instant.astimezone(UTC) for (instant,) in rows]


def count_deleted(
    warehouse: Warehouse, table: str, column: str, spans: Sequence[Stretch], marked: Stretch
) -> tuple[int, int]:
    """Returns how many rows lay in some spans, and how many of them were marked as deleted.

    Args:
        warehouse: the warehouse to look in.
        table: a root table whose rows can be marked.
        column: of instants, in which the spans are.
        spans: those to count in; without any, no row counts.
        marked: rows that were marked before or after are not counted at all.
    """
    inside = " or ".join([f"({column} >= ? and {column} < ?)"] * len(spans)) or "false"
    rows = warehouse.rows(
        f"select count(*), count(_deleted_at) from {RAW}.{table} "
        "where (_deleted_at is null or (_deleted_at >= ? and _deleted_at < ?)) "
        f"and {CLOSED} and ({inside})",
        [*marked, *(instant for span in spans for instant in span)],
    )
    return (rows[0][0], rows[0][1]) if rows else (0, 0)


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
