"""Checks SQL that a person wrote: one query that reads published tables and nothing else.

DuckDB keeps a connection from other files and from changing a database. It does not keep it from
overwriting a file that it may read, and the parts are such files. So what is no query is refused
here, before DuckDB runs it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.errors import BadInput
from warehouse.publication.catalogue import quoted

_TABLE_FUNCTIONS = frozenset({
    "duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_schemas", "duckdb_tables",
    "duckdb_types", "duckdb_views", "generate_series", "histogram", "histogram_values",
    "icu_calendar_names", "json_each", "json_tree", "pg_timezone_names", "query_table", "range",
    "repeat", "repeat_row", "summary", "unnest",
})  # fmt: skip
"""Those that read no file, run no SQL of their own and change nothing."""
_REFUSED_FUNCTIONS = frozenset(
    {"current_setting", "getenv", "getvariable", "nextval", "sleep_ms", "write_log"}
)
"""Functions of single values that read the machine, or change or hold up something."""
_EXAMPLE = '"select count(*) from gong.fct_calls"'


class NotAQuery(BadInput):
    """The published copy is only read."""


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that may run.

    Attributes:
        statement: what DuckDB runs.
        shows_tables: whether it is `show tables`.
        described: schema and table of `describe TABLE`; None for anything else.
    """

    statement: duckdb.Statement
    shows_tables: bool = False
    described: tuple[str, str] | None = None


def checked(db: duckdb.DuckDBPyConnection, sql: str) -> CheckedQuery:
    """Returns a query that may run on the published copy.

    Args:
        db: a connection that reaches no file: DuckDB opens those of `import database` to parse it.
        sql: what a person wrote.

    Raises:
        NotAQuery: it is not one query, or it does more than read published tables.
        duckdb.Error: it cannot be parsed.
    """
    statements = db.extract_statements(sql)
    if not statements:
        raise NotAQuery(f"there is no query in it; write one, such as {_EXAMPLE}")
    statement = statements[-1]
    if len(statements) > 1:
        is_pivot = statements[0].type == duckdb.StatementType.CREATE and "pivot" in sql.lower()
        raise NotAQuery(
            "`pivot` needs its values written out: pivot T on C in (V, …) using …"
            if is_pivot
            else "one query at a time: these are several"
        )
    if statement.type == duckdb.StatementType.EXPLAIN:
        _parsed(db, _explained(db, sql))
        return CheckedQuery(statement)
    source = _parsed(db, sql)["node"].get("from_table") or {}
    if source.get("type") != "SHOW_REF":
        return CheckedQuery(statement)
    table = (source.get("query") or {}).get("from_table") or {}
    is_described = source.get("show_type") == "DESCRIBE" and table.get("type") == "BASE_TABLE"
    return CheckedQuery(
        statement,
        shows_tables=source.get("table_name") in ('"tables"', "__show_tables_expanded"),
        described=(table.get("schema_name", ""), table["table_name"]) if is_described else None,
    )


def _parsed(db: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """Returns a query as DuckDB parsed it.

    Raises:
        NotAQuery: it is not one query, or it uses what is refused.
    """
    # no parameter: for a text among them DuckDB imports pandas
    row = db.execute(f"select json_serialize_sql({quoted(sql)})").fetchone()
    parsed = json.loads(row[0]) if row else {"error": True}
    if parsed["error"]:
        if parsed.get("error_type") == "parser":
            raise duckdb.ParserException(f"Parser Error: {parsed['error_message']}")
        raise NotAQuery(
            "the published copy is only read: it takes select, describe, summarize, show tables "
            f"and explain, such as {_EXAMPLE}"
        )
    for kind, name in _functions(parsed["statements"]):
        refused = name not in _TABLE_FUNCTIONS if kind == "table" else name in _REFUSED_FUNCTIONS
        if refused:
            raise NotAQuery(
                f"{name}() is refused: a query reads the published tables and nothing else"
            )
    statement: dict[str, Any] = parsed["statements"][0]
    return statement


def _functions(node: Any) -> Iterator[tuple[str, str]]:
    """Yields the functions of a parsed query, each with its kind: `table` or `value`."""
    if isinstance(node, list):
        for inner in node:
            yield from _functions(inner)
    elif isinstance(node, dict):
        if node.get("type") == "TABLE_FUNCTION":
            yield "table", str(node["function"].get("function_name", "")).lower()
        elif node.get("type") == "FUNCTION":
            yield "value", str(node.get("function_name", "")).lower()
        for inner in node.values():
            yield from _functions(inner)


def _explained(db: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Returns the statement that an `explain` is of.

    It is the longest rest of the text that is a statement: options alone never begin one.
    """
    text = sql.encode()  # DuckDB counts bytes
    starts = [start for start, kind in duckdb.tokenize(sql) if kind != duckdb.token_type.comment]
    for start in starts[1:]:
        rest = text[start:].decode()
        try:
            db.extract_statements(rest)
        except duckdb.Error:
            continue
        return rest
    return sql
