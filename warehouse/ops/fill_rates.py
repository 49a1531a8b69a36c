"""`gong_ops.field_presence`: how often each field is filled, and which fields have vanished.

A field has vanished when it was filled in at least 90 % of at least 100 rows, and in none of at
least 50 rows that landed since, the first of them at least three days ago. The days are needed
because Gong fills some fields up to two days after a call is listed (the summary, who spoke); a
nightly sync has read such a field again by then. Rows of backfills are not counted: they are older
and may lack what Gong did not know then.

The rows of a child table count as the field `*` of that table: per row of its parent, whether there
are any.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from warehouse.connection import columns
from warehouse.ops.schema_changes import ChangeKind, SchemaChange, resolve
from warehouse.ops.watched_tables import Packages, WatchedColumn, WatchedTable
from warehouse.target import OPS, RAW

if TYPE_CHECKING:
    import duckdb

FILLED_SHARE, FILLED_ROWS = 0.9, 100
"""A field that is filled in this share of at least this many rows is regularly there."""
EMPTY_ROWS, EMPTY_FOR = 50, timedelta(days=3)
"""Such a field has vanished after this many rows without it, the first of them this long ago."""

CHILD_ROWS = "*"
"""The field that stands for the rows of a child table."""
NOTHING = "nothing"

CREATE = f"""
create table if not exists {OPS}.field_presence (
    table_name varchar, field varchar, seen_rows bigint, filled_rows bigint, empty_rows bigint,
    empty_since_at timestamptz, counted_at timestamptz, primary key (table_name, field)
);
comment on table {OPS}.field_presence is
    'In how many of the rows that syncs landed each field was filled, and how many came since.';
"""


class Count(NamedTuple):
    """In how many of the rows that landed a field is filled."""

    table: str
    field: str
    rows: int
    filled: int


def count_fields(
    db: duckdb.DuckDBPyConnection, table: WatchedTable, packages: Packages
) -> list[Count]:
    """Counts the columns of a table that exists, and its rows per row of the parent."""
    types = columns(db, f"{RAW}.{table.name}")
    counted = [column for column in table.columns if column.is_counted and column.name in types]
    counts = _count_child_rows(db, table, packages)
    if counted:
        sums = ", ".join(_rows_and_filled(column, types[column.name]) for column in counted)
        (row,) = db.execute(
            f"select {sums} from {RAW}.{table.name} "
            f"where {packages.where} and {_not_deleted(types)}",
            packages.values,
        ).fetchall()
        for column, rows, filled in zip(counted, row[::2], row[1::2], strict=True):
            counts.append(Count(table.name, column.name, rows, filled))
    return counts


def _rows_and_filled(column: WatchedColumn, type_: str) -> str:
    """Returns SQL for the rows that count, and for those of them in which a column is filled."""
    name = f'"{column.name}"'
    if column.is_flag:
        return f"count({name}), count_if({name})"
    if type_ == "VARCHAR":
        is_filled = f"{name} is not null and {name} not in ('', '[]', '{{}}')"
        return f"count(*), count_if({is_filled})"
    return f"count(*), count({name})"


def _count_child_rows(
    db: duckdb.DuckDBPyConnection, table: WatchedTable, packages: Packages
) -> list[Count]:
    types = columns(db, f"{RAW}.{table.parent}") if table.parent else {}
    if not types:
        return []
    key = ", ".join(table.parent_key)
    (row,) = db.execute(
        f"""select count(*), count(child.has_rows) from (
            select {key} from {RAW}.{table.parent}
            where {packages.where} and {_not_deleted(types)}
        ) as parent
        left join (
            select distinct {key}, true as has_rows from {RAW}.{table.name}
            where {packages.where}
        ) as child using ({key})""",
        [*packages.values, *packages.values],
    ).fetchall()
    return [Count(table.name, CHILD_ROWS, *row)]


def _not_deleted(types: dict[str, str]) -> str:
    # a row that is marked as deleted lands once more, unchanged and without its child rows
    return "_deleted_at is null" if "_deleted_at" in types else "true"


def add_counts(db: duckdb.DuckDBPyConnection, counts: Sequence[Count], now: datetime) -> None:
    """Adds counts to those of earlier packages; those since the last filled one are apart."""
    counts = [count for count in counts if count.rows]
    if not counts:
        return
    tables, fields, rows, filled = map(list, zip(*counts, strict=True))
    db.execute(
        f"""insert into {OPS}.field_presence
        select of_table, of_field, if(filled > 0, counted, 0), filled, if(filled > 0, 0, counted),
            if(filled > 0, null, counted_now), counted_now
        from (
            select unnest(?::varchar[]) as of_table, unnest(?::varchar[]) as of_field,
                unnest(?::bigint[]) as counted, unnest(?::bigint[]) as filled,
                ?::timestamptz as counted_now
        )
        on conflict (table_name, field) do update set
            seen_rows = if(
                excluded.filled_rows > 0, seen_rows + empty_rows + excluded.seen_rows, seen_rows
            ),
            filled_rows = filled_rows + excluded.filled_rows,
            empty_rows = if(excluded.filled_rows > 0, 0, empty_rows + excluded.empty_rows),
            empty_since_at = if(
                excluded.filled_rows > 0, null, coalesce(empty_since_at, excluded.empty_since_at)
            ),
            counted_at = excluded.counted_at""",
        [tables, fields, rows, filled, now],
    )


def resolve_filled(db: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Resolves the vanished fields that are filled again."""
    where = f"""exists (
        select 1 from {OPS}.field_presence as presence
        where presence.table_name = schema_changes.table_name
            and presence.field = schema_changes.field and presence.empty_rows = 0
    )"""
    resolve(db, ChangeKind.VANISHED_FIELD, now, where)


def vanished_fields(db: duckdb.DuckDBPyConnection, now: datetime) -> list[SchemaChange]:
    """Returns the fields that have vanished by now."""
    rows = db.execute(
        f"""select table_name, field, seen_rows, filled_rows from {OPS}.field_presence
        where seen_rows >= ? and filled_rows >= ? * seen_rows
            and empty_rows >= ? and empty_since_at <= ?
        order by all""",
        [FILLED_ROWS, FILLED_SHARE, EMPTY_ROWS, now - EMPTY_FOR],
    ).fetchall()
    return [
        SchemaChange(
            ChangeKind.VANISHED_FIELD,
            table,
            field,
            f"filled in {filled / seen:.0%} of {seen:,} rows",
            NOTHING,
        )
        for table, field, seen, filled in rows
    ]
