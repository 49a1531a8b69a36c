"""Looks through the load packages that have landed for changes in what Gong sends.

Four kinds of change get into `gong_ops.schema_changes`:

- `unknown field`: a key that no column reads; its values are in `extra`.
- `new value`: a value outside the enumeration that Gong documents; it landed unchanged.
- `vanished field`: a field that was regularly filled and no longer is; see `fill_rates`.
- `changed type`: a value that its column does not accept. The stream fails and nothing lands, so
  the run records it, not this module.

Invariants: each closed package is examined once, whichever run landed it, in one transaction. No
personal data is stored: a sample is the shape of a value, `Xxxx 99` for a name and a number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from warehouse.connection import columns
from warehouse.ops import fill_rates
from warehouse.ops.schema_changes import ChangeKind, Key, SchemaChange, record, recorded, resolve
from warehouse.ops.value_shapes import constant, sample_of
from warehouse.ops.watched_tables import Packages, WatchedColumn, WatchedTable
from warehouse.target import OPS, RAW

if TYPE_CHECKING:
    import duckdb

CREATE = f"""
create table if not exists {OPS}.examined_packages (
    load_id varchar primary key, examined_at timestamptz
);
comment on table {OPS}.examined_packages is 'The load packages that were searched for changes.';
"""

WITHOUT_ROWS = "elements without rows"
"""Key in `extra` that is no change: elements of a list that have no rows in its child table."""

VALUES_KEPT = 50
"""New values of a column that are recorded; a column with more is no enumeration."""
MORE_VALUES = f"(more than {VALUES_KEPT} new values)"

_JSON_TYPE = """case {0}.type
    when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' when 'OBJECT' then 'object'
    when 'ARRAY' then 'list' when 'NULL' then 'null' else 'number' end"""


def examine(
    db: duckdb.DuckDBPyConnection, tables: Sequence[WatchedTable], now: datetime
) -> Counter[ChangeKind]:
    """Records the changes in the closed packages that were not examined before.

    Args:
        db: the warehouse, in a transaction.
        tables: the landed tables.
        now: when the changes were seen.

    Returns:
        How many changes of each kind are new, or open again.
    """
    if not (columns(db, f"{RAW}._dlt_loads") and columns(db, f"{RAW}._windows")):
        return Counter()
    _resolve_known(db, tables, now)
    packages, counted = _unexamined(db)
    changes: list[SchemaChange] = []
    if packages.load_ids:
        known = recorded(db)
        existing = [table for table in tables if columns(db, f"{RAW}.{table.name}")]
        landed = {table.name for table in existing if _has_rows(db, table.name, packages)}
        for table in existing:
            if table.name in landed:
                changes += _unknown_fields(db, table.name, packages, known)
                changes += _new_values(db, table, packages, known)
        if counted.load_ids:
            # of a parent that has landed the rows count that have no child rows
            watched = [table for table in existing if landed & {table.name, table.parent}]
            counts = [c for table in watched for c in fill_rates.count_fields(db, table, counted)]
            fill_rates.add_counts(db, counts, now)
    fill_rates.resolve_filled(db, now)
    changes += fill_rates.vanished_fields(db, now)
    db.execute(
        f"insert into {OPS}.examined_packages select unnest(?::varchar[]), ?",
        [packages.load_ids, now],
    )
    return record(db, changes, now)


def _resolve_known(
    db: duckdb.DuckDBPyConnection, tables: Sequence[WatchedTable], now: datetime
) -> None:
    """Resolves the unknown fields and new values that a newer version of this project knows."""
    by_name = {table.name: table for table in tables}
    for kind, table, field, found in recorded(db, only_open=True):
        watched = by_name.get(table)
        if watched and (
            (kind == ChangeKind.UNKNOWN_FIELD and field in watched.source_keys)
            or (kind == ChangeKind.NEW_VALUE and found in watched.values_of(field))
        ):
            where = "table_name = ? and field = ? and found = ?"
            resolve(db, kind, now, where, [table, field, found])


def _unexamined(db: duckdb.DuckDBPyConnection) -> tuple[Packages, Packages]:
    """Returns the packages to examine, and those of them whose fields are counted."""
    rows = db.execute(
        f"""select load_id, load_id in (
            select _dlt_load_id from {RAW}._windows where kind = 'backfill'
        )
        from {RAW}._dlt_loads
        where status = 0 and load_id not in (select load_id from {OPS}.examined_packages)
        group by load_id order by load_id"""
    ).fetchall()
    return (
        Packages([load_id for load_id, _ in rows]),
        Packages([load_id for load_id, is_backfill in rows if not is_backfill]),
    )


def _has_rows(db: duckdb.DuckDBPyConnection, table: str, packages: Packages) -> bool:
    row = db.execute(f"select 1 from {RAW}.{table} where {packages.where} limit 1", packages.values)
    return row.fetchone() is not None


def _unknown_fields(
    db: duckdb.DuckDBPyConnection, table: str, packages: Packages, known: Collection[Key]
) -> Iterator[SchemaChange]:
    rows = db.execute(
        f"select distinct entry.key from {RAW}.{table} as landed, "
        f"json_each(landed.extra) as entry where {packages.where} order by all",
        packages.values,
    ).fetchall()
    names = [name for (name,) in rows if not name.endswith(WITHOUT_ROWS)]
    for depth in sorted({_depth(name) for name in names}):
        alike = [name for name in names if _depth(name) == depth]
        for name, types in _json_types(db, table, alike, depth, packages).items():
            is_known = any(key[:3] == (ChangeKind.UNKNOWN_FIELD, table, name) for key in known)
            for type_, value in sorted(types.items()):
                # null says nothing of a field of which something is known
                if type_ != "null" or not (is_known or len(types) > 1):
                    sample = sample_of(json.loads(value))
                    yield SchemaChange(ChangeKind.UNKNOWN_FIELD, table, name, None, type_, sample)


def _depth(name: str) -> int:
    """Returns the number of lists around an unknown field."""
    return name.count("[].")


def _json_types(
    db: duckdb.DuckDBPyConnection, table: str, names: list[str], depth: int, packages: Packages
) -> dict[str, dict[str, str]]:
    """Returns the JSON types of each unknown field, with a value of each type as JSON.

    An unknown field inside a list is stored in `extra` as an object: place of the element → value.
    In a list of lists it is an object of objects.
    """
    steps = ["entry", *(f"place_{number}" for number in range(depth))]
    inner = "".join(f", json_each({outer}.value) as {step}" for outer, step in pairwise(steps))
    types: dict[str, dict[str, str]] = {}
    for name, type_, value in db.execute(
        f"""select entry.key, {_JSON_TYPE.format(steps[-1])}, min({steps[-1]}.value::varchar)
        from {RAW}.{table} as landed, json_each(landed.extra) as entry{inner}
        where {packages.where} and entry.key in (select unnest(?::varchar[]))
        group by all""",
        [*packages.values, names],
    ).fetchall():
        types.setdefault(name, {})[type_] = value
    return types


def _new_values(
    db: duckdb.DuckDBPyConnection,
    table: WatchedTable,
    packages: Packages,
    known: Collection[Key],
) -> Iterator[SchemaChange]:
    existing = columns(db, f"{RAW}.{table.name}")
    for column in table.columns:
        if not column.values or column.name not in existing:
            continue
        place = (ChangeKind.NEW_VALUE, table.name, column.name)
        recorded_values = {key[3] for key in known if key[:3] == place}
        room = VALUES_KEPT - len(recorded_values - {MORE_VALUES})
        for value in _undocumented(db, table.name, column, packages):
            if value not in recorded_values:
                room -= 1
            is_more = room < 0 and value not in recorded_values
            shown = MORE_VALUES if is_more else value
            yield SchemaChange(*place, ", ".join(column.values), shown)
            if is_more:
                break


def _undocumented(
    db: duckdb.DuckDBPyConnection, table: str, column: WatchedColumn, packages: Packages
) -> list[str]:
    """Returns the values of a column that Gong does not document, as they may be shown."""
    value, elements, condition = f'landed."{column.name}"', "", ""
    if column.is_list:
        value = "json_extract_string(element.value, '$')"
        elements = f', json_each(landed."{column.name}") as element'
        condition = "and element.type = 'VARCHAR'"
    rows = db.execute(
        f"""select distinct {value} as found from {RAW}.{table} as landed{elements}
        where {packages.where} and {value} is not null {condition}
            and {value} not in (select unnest(?::varchar[]))
        order by found limit 1000""",
        [*packages.values, list(column.values)],
    ).fetchall()
    return list(dict.fromkeys(constant(value) for (value,) in rows))
