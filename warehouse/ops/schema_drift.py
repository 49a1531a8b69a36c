"""What Gong's answers hold that they did not hold before, found in the packages that have landed.

Four kinds of change are kept in `gong_ops.schema_changes`, a row for each, and none of them shows
anything of a person: a sample is the form of a value, `Xxxx 99` for a name and a number.

- `unknown field`: a key that no column reads; its values are in `extra`.
- `changed type`: a value that its column does not accept; the table was not read.
- `new value`: a value beyond the enumeration that Gong documents; it landed as it is.
- `vanished field`: what was regularly filled and is not any more; `presence.py` has the rule.

Invariant: each closed package is looked at once, whichever run landed it, and only its own rows;
what comes of it is kept in one transaction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from warehouse.ops.fill_rates import Count, filled, keep_counts, vanished, with_rows
from warehouse.ops.schema_changes import Change, Seen, record
from warehouse.ops.value_shapes import constant, sample_of
from warehouse.ops.watched_columns import Enumeration, Landed, Watched, columns_of
from warehouse.target import OPS, RAW

if TYPE_CHECKING:
    import duckdb


WITHOUT_ROWS = "elements without rows"
"""Key in `extra` that holds nothing new: list elements of Gong's whose own lists are empty."""

VALUES_KEPT = 50
"""New values of a column that are kept one by one; a column with more is no enumeration."""
MORE_VALUES = f"(more than {VALUES_KEPT} new values)"


def examine(
    db: duckdb.DuckDBPyConnection, watched: Iterable[Watched], now: datetime
) -> Counter[Change]:
    """Looks at the rows of the closed packages that were not looked at before.

    Args:
        db: with an open transaction, so that all of it is kept or nothing.
        watched: the landed tables.
        now: when what is found was seen.

    Returns:
        How many changes of each kind are new, or are back.
    """
    there = columns_of(db, RAW)
    if not {"_dlt_loads", "_windows"} <= there.keys():
        return Counter()
    watched = list(watched)
    _settle_fields(db, watched, now)
    load_ids, counted = _packages(db)
    found: list[Seen] = []
    counts: list[Count] = []
    for one in watched if load_ids else ():
        columns = there.get(one.table)
        if columns is None:
            continue
        if _has_rows(db, one.table, Landed(load_ids)):
            found += _unknown_fields(db, one.table, Landed(load_ids))
            for enumeration in one.enumerations:
                if enumeration.column in columns:
                    found += _new_values(db, one.table, enumeration, Landed(load_ids), now)
        if counted:
            counts += filled(db, one, columns, Landed(counted))
            if one.parent in there:
                counts += with_rows(db, one, there[one.parent], Landed(counted))
    keep_counts(db, counts, now)
    db.execute(
        f"insert into {OPS}.examined_packages select unnest(?::varchar[]), ?", [load_ids, now]
    )
    return record(db, [*found, *vanished(db, now)], now)


def _settle_fields(
    db: duckdb.DuckDBPyConnection, watched: Iterable[Watched], now: datetime
) -> None:
    """Notes which unknown fields have got a column in a newer version of this project."""
    read = {one.table: one.read for one in watched}
    rows = db.execute(
        f"select table_name, field from {OPS}.schema_changes "
        "where change = ? and resolved_at is null",
        [Change.UNKNOWN_FIELD],
    ).fetchall()
    for table, field in rows:
        if field in read.get(table, ()):
            db.execute(
                f"update {OPS}.schema_changes set resolved_at = ? "
                "where change = ? and table_name = ? and field = ?",
                [now, Change.UNKNOWN_FIELD, table, field],
            )


_JSON_TYPE = """case {0}.type
    when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' when 'OBJECT' then 'object'
    when 'ARRAY' then 'list' when 'NULL' then 'null' else 'number' end"""


def _packages(db: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """Returns the packages to look at, and those of them whose rows are counted."""
    rows = db.execute(
        f"""select load_id, load_id in (
            select _dlt_load_id from {RAW}._windows where kind = 'backfill'
        )
        from {RAW}._dlt_loads
        where status = 0 and load_id not in (select load_id from {OPS}.examined_packages)
        group by load_id order by load_id"""
    ).fetchall()
    return [row[0] for row in rows], [row[0] for row in rows if not row[1]]


def _has_rows(db: duckdb.DuckDBPyConnection, table: str, landed: Landed) -> bool:
    found = db.execute(f"select 1 from {RAW}.{table} where {landed.where} limit 1", landed.values)
    return found.fetchone() is not None


def _unknown_fields(db: duckdb.DuckDBPyConnection, table: str, landed: Landed) -> Iterator[Seen]:
    names = [
        row[0]
        for row in db.execute(
            f"select distinct entry.key from {RAW}.{table} as landed, "
            f"json_each(landed.extra) as entry where {landed.where}",
            landed.values,
        ).fetchall()
        if not row[0].endswith(WITHOUT_ROWS)
    ]
    by_depth: dict[int, list[str]] = {}
    for name in names:
        by_depth.setdefault(name.count("[]."), []).append(name)
    for depth, alike in sorted(by_depth.items()):
        for name, types in _types(db, table, alike, depth, landed).items():
            for type_, value in sorted(types.items()):
                yield Seen(
                    Change.UNKNOWN_FIELD, table, name, None, type_, sample_of(json.loads(value))
                )


def _types(
    db: duckdb.DuckDBPyConnection, table: str, names: list[str], depth: int, landed: Landed
) -> dict[str, dict[str, str]]:
    """Returns per unknown field its JSON types, each with a value.

    What is unknown inside a list stands in `extra` once per element, under the element's place; a
    name with two lists in it has places in places. Null is told only where nothing else is known.
    """
    steps = ["entry", *(f"place_{number}" for number in range(depth))]
    inner = "".join(f", json_each({outer}.value) as {step}" for outer, step in pairwise(steps))
    found: dict[str, dict[str, str]] = {}
    for name, type_, value in db.execute(
        f"""select entry.key, {_JSON_TYPE.format(steps[-1])}, min({steps[-1]}.value::varchar)
        from {RAW}.{table} as landed, json_each(landed.extra) as entry{inner}
        where {landed.where} and entry.key in (select unnest(?::varchar[]))
        group by all""",
        [*landed.values, names],
    ).fetchall():
        found.setdefault(name, {})[type_] = value
    rows = db.execute(
        f"select field from {OPS}.schema_changes where change = ? and table_name = ?",
        [Change.UNKNOWN_FIELD, table],
    ).fetchall()
    told = {row[0] for row in rows}
    for name, types in found.items():
        if len(types) > 1 or name in told:
            types.pop("null", None)
    return found


def _new_values(
    db: duckdb.DuckDBPyConnection,
    table: str,
    enumeration: Enumeration,
    landed: Landed,
    now: datetime,
) -> Iterator[Seen]:
    column, known = enumeration.column, list(enumeration.known)
    # what a newer version of this project has learnt
    db.execute(
        f"update {OPS}.schema_changes set resolved_at = ? where change = ? and table_name = ? "
        "and field = ? and resolved_at is null and found in (select unnest(?::varchar[]))",
        [now, Change.NEW_VALUE, table, column, known],
    )
    value, more, only = f'landed."{column}"', "", ""
    if enumeration.is_list:
        value, only = "json_extract_string(element.value, '$')", "and element.type = 'VARCHAR'"
        more = f', json_each(landed."{column}") as element'
    rows = db.execute(
        f"""select distinct {value} as found from {RAW}.{table} as landed{more}
        where {landed.where} and {value} is not null {only}
            and {value} not in (select unnest(?::varchar[]))
        order by found limit 1000""",
        [*landed.values, known],
    ).fetchall()
    told = {
        row[0]
        for row in db.execute(
            f"select found from {OPS}.schema_changes "
            "where change = ? and table_name = ? and field = ?",
            [Change.NEW_VALUE, table, column],
        ).fetchall()
    }
    expected = ", ".join(known)
    kept = len(told - {MORE_VALUES})
    for found in dict.fromkeys(constant(row[0]) for row in rows):
        if found not in told:
            kept += 1
        is_more = kept > VALUES_KEPT and found not in told
        yield Seen(Change.NEW_VALUE, table, column, expected, MORE_VALUES if is_more else found)
        if is_more:
            return
