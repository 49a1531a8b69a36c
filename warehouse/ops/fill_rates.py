"""How often each field is filled, counted as rows land, and which fields are not filled any more.

A field has vanished when it was filled in at least 90 % of at least 100 rows, and in none of at
least 50 rows that have landed since, the first of these at least three days ago. The days are there
because Gong fills some fields (the summary, who spoke) up to two days after a call is listed, and
whoever reads nightly has seen such a field filled again by then. The rows of backfills are not
counted: what they bring is older, and may lack what Gong did not know then. A list that gives the
rows of a child table is looked at in the same way, as the field `*` of that table: for each row
around it, whether there are any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from warehouse.ops.schema_changes import Change, Seen
from warehouse.ops.watched_columns import Landed, Watched
from warehouse.target import OPS, RAW

if TYPE_CHECKING:
    import duckdb


FILLED_SHARE, FILLED_ROWS = 0.9, 100
"""A field filled in this share of at least so many rows is regularly there."""
EMPTY_ROWS, EMPTY_FOR = 50, timedelta(days=3)
"""Such a field has vanished after so many rows without it, the first of them so long ago."""

ROWS_OF_LIST = "*"
"""Field that stands for the rows of a child table themselves."""
NOTHING = "nothing"

Count = tuple[str, str, int, int]
"""Table, field, rows that landed, and those of them in which it is filled."""


def filled(
    db: duckdb.DuckDBPyConnection, watched: Watched, columns: Mapping[str, str], landed: Landed
) -> list[Count]:
    """Returns table, field, rows and filled rows of each counted column."""
    fields = [name for name in watched.fields if name in columns]
    if not fields:
        return []
    sums: list[str] = []
    for name in fields:
        if name in watched.flags:
            sums += [f'count("{name}")', f'count_if("{name}")']
        elif columns[name] == "VARCHAR":
            sums += [
                "count(*)",
                f"""count_if("{name}" is not null and "{name}" not in ('', '[]', '{{}}'))""",
            ]
        else:
            sums += ["count(*)", f'count("{name}")']
    row = db.execute(
        f"select {', '.join(sums)} from {RAW}.{watched.table} "
        f"where {landed.where} and {_not_deleted(columns)}",
        landed.values,
    ).fetchone() or (0,) * len(sums)
    return [
        (watched.table, name, row[2 * place], row[2 * place + 1])
        for place, name in enumerate(fields)
    ]


def with_rows(
    db: duckdb.DuckDBPyConnection, watched: Watched, columns: Mapping[str, str], landed: Landed
) -> list[Count]:
    """Returns how many rows of the parent were landed, and how many of them with rows here."""
    keys = ", ".join(watched.keys)
    row = db.execute(
        f"""select count(*), count(child.has_rows) from (
            select {keys} from {RAW}.{watched.parent}
            where {landed.where} and {_not_deleted(columns)}
        ) as parent
        left join (
            select distinct {keys}, true as has_rows from {RAW}.{watched.table}
            where {landed.where}
        ) as child using ({keys})""",
        [*landed.values, *landed.values],
    ).fetchone() or (0, 0)
    return [(watched.table, ROWS_OF_LIST, row[0], row[1])]


def _not_deleted(columns: Mapping[str, str]) -> str:
    # who is marked as deleted lands once more, as it was, and without the rows of its children
    return "_deleted_at is null" if "_deleted_at" in columns else "true"


def keep_counts(db: duckdb.DuckDBPyConnection, counts: Sequence[Count], now: datetime) -> None:
    """Adds up how often fields were filled; the rows since the last filled one stand apart."""
    counts = [count for count in counts if count[2]]
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


def vanished(db: duckdb.DuckDBPyConnection, now: datetime) -> list[Seen]:
    """Returns the fields that have vanished; those that are filled again are resolved."""
    db.execute(
        f"""update {OPS}.schema_changes set resolved_at = ?
        where change = ? and resolved_at is null and exists (
            select 1 from {OPS}.field_presence as presence
            where presence.table_name = schema_changes.table_name
                and presence.field = schema_changes.field and presence.empty_rows = 0
        )""",
        [now, Change.VANISHED_FIELD],
    )
    rows = db.execute(
        f"""select table_name, field, seen_rows, filled_rows from {OPS}.field_presence
        where seen_rows >= ? and filled_rows >= ? * seen_rows
            and empty_rows >= ? and empty_since_at <= ?
        order by all""",
        [FILLED_ROWS, FILLED_SHARE, EMPTY_ROWS, now - EMPTY_FOR],
    ).fetchall()
    return [
        Seen(
            Change.VANISHED_FIELD,
            table,
            name,
            f"filled in {filled / seen:.0%} of {seen:,} rows",
            NOTHING,
        )
        for table, name, seen, filled in rows
    ]
