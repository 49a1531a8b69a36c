"""Tables in the warehouse file that are not gong-elt's, in which an erased person would stay."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import duckdb

from warehouse.connection import identifier
from warehouse.erasure.conditions import published_where
from warehouse.erasure.data_map import PersonMatcher
from warehouse.errors import BadInput
from warehouse.target import BUILD, OPS, RAW, STAGING

WHAT_TO_DO = (
    "delete the rows or drop the table there (with DuckDB), then run the same command again"
)

_OURS = (RAW, f"{RAW}_staging", STAGING, BUILD, OPS)
_LEFTOVER = re.compile(rf"{RAW}_[0-9]{{14}}(_staging)?")
"""The dataset of a run for which dlt was told `DEV_MODE` or `FULL_REFRESH`; runs once obeyed it."""


class ForeignRows(BadInput):
    """Tables that are not gong-elt's name the person."""


def leftover_schemas(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the schemas into which earlier runs loaded because dlt was told so."""
    schemas = dict.fromkeys(schema for schema, _ in _foreign_tables(db))
    return [schema for schema in schemas if _LEFTOVER.fullmatch(schema)]


def foreign_rows(
    db: duckdb.DuckDBPyConnection, matcher: PersonMatcher, calls: Sequence[str]
) -> Counter[str]:
    """Returns how many rows of each table of others may be about a person.

    Args:
        db: the warehouse.
        matcher: the person's identifiers.
        calls: ids of the person's calls.
    """
    counts: Counter[str] = Counter()
    for schema, table in _foreign_tables(db):
        if _LEFTOVER.fullmatch(schema):
            continue
        name = f"{identifier(schema)}.{identifier(table)}"
        columns = db.execute(f"describe {name}").fetchall()
        types = {column: kind for column, kind, *_ in columns}
        condition = published_where(matcher, calls, types, with_mentions=False)
        if condition is None:
            continue
        row = db.execute(f"select count(*) from {name} where {condition[0]}", condition[1])
        counts[f"{schema}.{table}"] = int((row.fetchone() or (0,))[0])
    return +counts


def refuse_foreign_rows(
    db: duckdb.DuckDBPyConnection, matcher: PersonMatcher, calls: Sequence[str]
) -> None:
    """Raises ForeignRows where a table of others may be about a person."""
    counts = foreign_rows(db, matcher, calls)
    if counts:
        held = ", ".join(f"{name} ({count:,} rows)" for name, count in sorted(counts.items()))
        raise ForeignRows(
            f"Nothing was erased: the person stays in tables of the warehouse file that are not "
            f"gong-elt's: {held}. They are yours: {WHAT_TO_DO}."
        )


def _foreign_tables(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    rows = db.execute(
        "select schema_name, table_name from duckdb_tables() where not internal "
        "and database_name = current_database() order by all"
    ).fetchall()
    return [(schema, table) for schema, table in rows if schema not in _OURS]
