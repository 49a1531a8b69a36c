"""`gong_ops.schema_changes`: what has changed in Gong's answers, one row per change.

A change is resolved when it no longer holds; it is opened again when it is seen again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from warehouse.connection import Rows, Warehouse, columns
from warehouse.target import OPS

if TYPE_CHECKING:
    import duckdb

Key = tuple[str, str, str, str]
"""Kind, table, field and what was found."""


class ChangeKind(StrEnum):
    """The kinds of change."""

    UNKNOWN_FIELD = "unknown field"
    CHANGED_TYPE = "changed type"
    NEW_VALUE = "new value"
    VANISHED_FIELD = "vanished field"


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One change; holds no personal data.

    Attributes:
        kind: of which kind.
        table: the landed table.
        field: its column, or the key in Gong's answer.
        expected: what was there before, in words; None where nothing was.
        found: the JSON type, or the value of an enumeration.
        sample: the shape of a value.
    """

    kind: ChangeKind
    table: str
    field: str
    expected: str | None
    found: str
    sample: str | None = None

    @property
    def key(self) -> Key:
        """Identifies the row."""
        return self.kind, self.table, self.field, self.found


_CREATE = f"""
create table if not exists {OPS}.schema_changes (
    change varchar, table_name varchar, field varchar, expected varchar, found varchar,
    sample varchar, first_seen_at timestamptz, last_seen_at timestamptz, resolved_at timestamptz,
    primary key (change, table_name, field, found)
);
comment on table {OPS}.schema_changes is
    'One row per change in what Gong sends; samples show the form of a value, never the value.';
comment on column {OPS}.schema_changes.change is 'What kind of change it is.';
comment on column {OPS}.schema_changes.table_name is 'The raw table.';
comment on column {OPS}.schema_changes.field is 'The field in Gong''s answer.';
comment on column {OPS}.schema_changes.sample is 'The form of a value: letters are x, digits 9.';
comment on column {OPS}.schema_changes.first_seen_at is 'When it was first met.';
comment on column {OPS}.schema_changes.last_seen_at is 'When it was last met.';
comment on column {OPS}.schema_changes.resolved_at is 'When it was gone; null while it is open.';
comment on column {OPS}.schema_changes.expected is 'What was there before.';
comment on column {OPS}.schema_changes.found is 'JSON type or value that was met instead.';
"""

_MIGRATE = f"""
create temp table old_changes as select * from {OPS}.schema_changes;
drop table {OPS}.schema_changes;
{_CREATE}
insert into {OPS}.schema_changes
select '{ChangeKind.UNKNOWN_FIELD}', table_name, field, null,
    case sample_type
        when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' when 'OBJECT' then 'object'
        when 'ARRAY' then 'list' when 'NULL' then 'null' else 'number'
    end,
    null, first_seen_at, first_seen_at, null
from old_changes;
drop table old_changes;
"""
"""From the first version, which knew unknown fields alone and used DuckDB's names of JSON types."""


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    """Creates the table, or brings that of the first version up to date; within a transaction."""
    known = columns(db, f"{OPS}.schema_changes")
    db.execute(_MIGRATE if known and "change" not in known else _CREATE)


def all_changes(warehouse: Warehouse) -> Rows:
    """Returns the rows of `gong_ops.schema_changes`."""
    return warehouse.dicts(f"select * from {OPS}.schema_changes order by all")


def recorded(db: duckdb.DuckDBPyConnection, *, only_open: bool = False) -> set[Key]:
    """Returns the keys of all changes, or of those that are open."""
    rows = db.execute(
        f"select change, table_name, field, found from {OPS}.schema_changes "
        f"where {'resolved_at is null' if only_open else 'true'}"
    ).fetchall()
    return {(kind, table, field, found) for kind, table, field, found in rows}


def record(
    db: duckdb.DuckDBPyConnection, changes: Iterable[SchemaChange], now: datetime
) -> Counter[ChangeKind]:
    """Records changes and returns how many of each kind are new, or open again."""
    by_key = {change.key: change for change in changes}
    new = Counter(by_key[key].kind for key in by_key.keys() - recorded(db, only_open=True))
    for change in by_key.values():
        db.execute(
            f"insert into {OPS}.schema_changes values (?, ?, ?, ?, ?, ?, ?, ?, null) "
            "on conflict do update set last_seen_at = excluded.last_seen_at, "
            "resolved_at = null, sample = coalesce(sample, excluded.sample)",
            [*change.key[:3], change.expected, change.found, change.sample, now, now],
        )
    return new


def resolve(
    db: duckdb.DuckDBPyConnection,
    kind: str,
    now: datetime,
    where: str,
    values: Sequence[Any] = (),
) -> None:
    """Resolves the open changes of a kind for which some SQL is true."""
    db.execute(
        f"update {OPS}.schema_changes set resolved_at = ? "
        f"where change = ? and resolved_at is null and {where}",
        [now, kind, *values],
    )


def resolve_types(db: duckdb.DuckDBPyConnection, tables: Sequence[str], now: datetime) -> None:
    """Resolves the changed types of tables, after a read that met none."""
    where = "table_name in (select unnest(?::varchar[]))"
    resolve(db, ChangeKind.CHANGED_TYPE, now, where, [list(tables)])
