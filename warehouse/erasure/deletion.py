"""Deletes the raw rows about a person. Runs in the caller's transaction.

Masks nothing: a row that only mentions the person stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from warehouse.entity_rows import changed_rows, delete_entities
from warehouse.erasure.conditions import candidate_rows, contacts_of, holds_anywhere, raw_columns
from warehouse.erasure.data_map import CrmObjects, DataMap, PersonalColumns, PersonMatcher
from warehouse.target import RAW

Columns = Mapping[str, Mapping[str, str]]
"""The types of the columns of the raw tables, by table and column."""


def delete_person(
    db: duckdb.DuckDBPyConnection, matcher: PersonMatcher, calls: Sequence[str], data_map: DataMap
) -> Counter[str]:
    """Deletes calls and every row about a person; returns the deleted rows by table."""
    columns = raw_columns(db)
    removed = delete_calls(db, calls, data_map)
    for objects in data_map.crm_objects:
        if {objects.table, objects.fields} <= columns.keys():
            removed += _delete_crm_objects(db, objects, matcher, columns)
    for personal in data_map.tables:
        if personal.rows.table in columns:
            removed += _delete_rows(db, personal, matcher, columns)
    return removed


def delete_calls(
    db: duckdb.DuckDBPyConnection, calls: Sequence[str], data_map: DataMap
) -> Counter[str]:
    """Deletes every row with the id of one of these calls, and what belongs to it, by table."""
    removed: Counter[str] = Counter()
    if not calls:
        return removed
    tables = raw_columns(db)
    where = "call_id in (select unnest(?::varchar[]))"
    for table in (table for table, columns in tables.items() if "call_id" in columns):
        entity = data_map.with_call.get(table)
        if entity:
            keys = f"select {', '.join(entity.key)} from {RAW}.{table} where {where}"
            removed += delete_entities(db, entity, keys, [list(calls)], tables)
        else:
            removed += _delete(db, table, where, [list(calls)])
    return removed


def _delete_crm_objects(
    db: duckdb.DuckDBPyConnection, objects: CrmObjects, matcher: PersonMatcher, columns: Columns
) -> Counter[str]:
    keys, values = contacts_of(
        objects, matcher.emails, matcher.phones, matcher.national_phones, matcher.crm_ids
    )
    return delete_entities(db, objects.rows, keys, values, columns)


def _delete_rows(
    db: duckdb.DuckDBPyConnection,
    personal: PersonalColumns,
    matcher: PersonMatcher,
    columns: Columns,
) -> Counter[str]:
    """Deletes the rows of a table that are about a person, with the rest of their entities."""
    rows = personal.rows
    where, values = _is_about(db, personal, matcher, columns[rows.table])
    if not rows.key:
        return _delete(db, rows.table, where, values)
    key = ", ".join(rows.key)
    keys = f"select {key} from {RAW}.{rows.table} where {where}"
    if personal.also and personal.also[0] in columns:
        table, column = personal.also
        keys += f" union all select {key} from {RAW}.{table} where {_BY_ROWID}"
        values.append(_rows_of_person(db, table, [column], columns[table], matcher))
    return delete_entities(db, rows, keys, values, columns)


_BY_ROWID = "rowid in (select unnest(?::bigint[]))"


def _is_about(
    db: duckdb.DuckDBPyConnection,
    personal: PersonalColumns,
    matcher: PersonMatcher,
    columns: Mapping[str, str],
) -> tuple[str, list[Any]]:
    """Returns SQL, with its parameters, for the rows of a table that are about a person."""
    conditions = [_BY_ROWID]
    values: list[Any] = [
        _rows_of_person(db, personal.rows.table, personal.identifiers, columns, matcher)
    ]
    for name in personal.crm_ids:
        if name in columns and matcher.crm_ids:
            conditions.append(f"{name} in (select unnest(?::varchar[]))")
            values.append(sorted(matcher.crm_ids))
    for name in personal.anywhere:
        if name in columns:
            where, needles = holds_anywhere(name, matcher)
            conditions.append(where)
            values += needles
    return " or ".join(conditions), values


def _rows_of_person(
    db: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    columns: Mapping[str, str],
    matcher: PersonMatcher,
) -> list[int]:
    """Returns the rowids in which the columns hold an identifier of the person."""
    names = [name for name in names if name in columns]
    if not names:
        return []
    kinds = [columns[name] == "JSON" for name in names]
    return [
        row
        for row, *texts in candidate_rows(db, f"{RAW}.{table}", names, matcher, with_mentions=False)
        if matcher.is_on(
            (text, is_json) for text, is_json in zip(texts, kinds, strict=True) if text is not None
        )
    ]


def _delete(
    db: duckdb.DuckDBPyConnection, table: str, where: str, values: Sequence[Any]
) -> Counter[str]:
    count = changed_rows(db.execute(f"delete from {RAW}.{table} where {where}", list(values)))
    return +Counter({table: count})
