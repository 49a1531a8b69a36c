"""Masks mentions of a person in texts of the raw and the ops tables.

Runs in the caller's transaction, after the rows about the person were deleted. Ids, dlt's tables
and the suppression list are left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from warehouse.erasure.conditions import candidate_rows
from warehouse.erasure.data_map import DataMap, PersonMatcher
from warehouse.ops import erasures, suppression_list
from warehouse.target import OPS, RAW

_WITHOUT_TEXTS = {(OPS, suppression_list.TABLE), (OPS, erasures.TABLE)}


@dataclass(frozen=True, slots=True)
class _TextTable:
    schema: str
    table: str
    types: Mapping[str, str]
    """Of the columns of text, by name."""


def mask_mentions(
    db: duckdb.DuckDBPyConnection, matcher: PersonMatcher, data_map: DataMap, *, with_mentions: bool
) -> tuple[Counter[str], Counter[str]]:
    """Masks addresses and numbers of a person, and names if asked for.

    Returns:
        By table, how many rows were masked, and how many still mention the name.
    """
    masked: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    for texts in _text_tables(db):
        spoken = data_map.spoken.get(texts.table, ()) if texts.schema == RAW else ()
        changed: set[int] = set()
        mentioning: set[int] = set()
        for column, type_ in texts.types.items():
            rows = _mask_column(
                db,
                f"{texts.schema}.{texts.table}",
                column,
                matcher,
                is_json=type_ == "JSON",
                is_spoken=column in spoken,
                with_mentions=with_mentions,
            )
            changed |= rows[0]
            mentioning |= rows[1]
        masked[texts.table] += len(changed)
        mentions[texts.table] += len(mentioning)
    return +masked, +mentions


def _text_tables(db: duckdb.DuckDBPyConnection) -> list[_TextTable]:
    rows = db.execute(
        "select c.schema_name, c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "join duckdb_tables() as t using (database_name, schema_name, table_name) "
        "where c.schema_name in (?, ?) and c.data_type in ('VARCHAR', 'JSON') "
        "order by c.schema_name, c.table_name, c.column_index",
        [RAW, OPS],
    ).fetchall()
    types: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, type_ in rows:
        is_own = table.startswith("_dlt") or (schema, table) in _WITHOUT_TEXTS
        is_id = column.endswith("_id") and column != "parent_read_id"
        if not is_own and not is_id and not column.startswith("_"):
            types.setdefault((schema, table), {})[column] = type_
    return [_TextTable(schema, table, columns) for (schema, table), columns in types.items()]


def _mask_column(
    db: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    matcher: PersonMatcher,
    *,
    is_json: bool,
    is_spoken: bool,
    with_mentions: bool,
) -> tuple[set[int], set[int]]:
    """Masks a column; returns the rowids that were changed, and those that mention the name."""
    changed: set[int] = set()
    mentioning: set[int] = set()
    for row, text in candidate_rows(db, table, [column], matcher, with_mentions=is_spoken):
        masked = matcher.masked(text, is_json=is_json, with_mentions=with_mentions and is_spoken)
        if masked != text:
            db.execute(f'update {table} set "{column}" = ? where rowid = ?', [masked, row])
            changed.add(row)
        if is_spoken and matcher.mentions(masked):
            mentioning.add(row)
    return changed, mentioning
