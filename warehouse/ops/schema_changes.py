"""The table `gong_ops.schema_changes`: what it holds, how a change gets in and is resolved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from warehouse.connection import Rows, Warehouse, as_dicts, columns
from warehouse.ops.watched_columns import columns_of
from warehouse.target import OPS

if TYPE_CHECKING:
    import duckdb


class Change(StrEnum):
    """The kinds of change."""

    UNKNOWN_FIELD = "unknown field"
    CHANGED_TYPE = "changed type"
    NEW_VALUE = "new value"
    VANISHED_FIELD = "vanished field"


_TABLES = f"""
create table if not exists {OPS}.schema_changes (
    change varchar, table_name varchar, field varchar, expected varchar, found varchar,
    sample varchar, first_seen_at timestamptz, last_seen_at timestamptz, resolved_at timestamptz,
    primary key (change, table_name, field, found)
);
create table if not exists {OPS}.field_presence (
    table_name varchar, field varchar, seen_rows bigint, filled_rows bigint, empty_rows bigint,
    empty_since_at timestamptz, counted_at timestamptz, primary key (table_name, field)
);
create table if not exists {OPS}.examined_packages (
    load_id varchar primary key, examined_at timestamptz
);
comment on table {OPS}.schema_changes is
    'One row per change in what Gong sends; samples show the form of a value, never the value.';
comment on table {OPS}.field_presence is
    'In how many of the rows that syncs landed each field was filled, and how many came since.';
comment on table {OPS}.examined_packages is 'The load packages that were searched for changes.';
"""

_TAKE_OVER = f"""
begin;
create temp table old_changes as select * from {OPS}.schema_changes;
drop table {OPS}.schema_changes;
{_TABLES}
insert into {OPS}.schema_changes
select '{Change.UNKNOWN_FIELD}', table_name, field, null,
    case sample_type
        when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' when 'OBJECT' then 'object'
        when 'ARRAY' then 'list' when 'NULL' then 'null' else 'number'
    end,
    null, first_seen_at, first_seen_at, null
from old_changes;
commit;
drop table old_changes;
"""
"""From the version before, which knew unknown fields alone, with DuckDB's names for JSON types."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One change, as it was found.

    Attributes:
        change: of which kind.
        table: the landed table.
        field: its column, or the key in Gong's answer.
        expected: what was there before, in words; None where nothing was.
        found: the JSON type, or the value of an enumeration; nothing of a person.
        sample: the form of a value.
    """

    change: Change
    table: str
    field: str
    expected: str | None
    found: str
    sample: str | None = None


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    """Creates the ops tables of this module; rows of the version before are taken over."""
    known = columns_of(db, OPS).get("schema_changes")
    db.execute(_TABLES if known is None or "change" in known else _TAKE_OVER)


def all_changes(warehouse: Warehouse) -> Rows:
    """Returns the rows of `gong_ops.schema_changes`."""
    with warehouse.reading() as db:
        if not columns(db, f"{OPS}.schema_changes"):
            return []
        return as_dicts(db.execute(f"select * from {OPS}.schema_changes order by all"))


def record(db: duckdb.DuckDBPyConnection, found: Iterable[Seen], now: datetime) -> Counter[Change]:
    """Keeps changes, each once, and returns how many of each kind are new, or are back."""
    new: Counter[Change] = Counter()
    for one in found:
        key = [one.change, one.table, one.field, one.found]
        row = db.execute(
            f"select resolved_at is null from {OPS}.schema_changes "
            "where change = ? and table_name = ? and field = ? and found = ?",
            key,
        ).fetchone()
        if row is None:
            db.execute(
                f"insert into {OPS}.schema_changes values (?, ?, ?, ?, ?, ?, ?, ?, null)",
                [one.change, one.table, one.field, one.expected, one.found, one.sample, now, now],
            )
        else:
            db.execute(
                f"update {OPS}.schema_changes set last_seen_at = ?, resolved_at = null, "
                "sample = coalesce(sample, ?) "
                "where change = ? and table_name = ? and field = ? and found = ?",
                [now, one.sample, *key],
            )
        if row is None or not row[0]:
            new[one.change] += 1
    return new


def settle_types(db: duckdb.DuckDBPyConnection, tables: Sequence[str], now: datetime) -> None:
    """Notes that tables have been read again without meeting a changed type."""
    db.execute(
        f"update {OPS}.schema_changes set resolved_at = ? "
        "where change = ? and resolved_at is null and table_name in (select unnest(?::varchar[]))",
        [now, Change.CHANGED_TYPE, list(tables)],
    )
