"""Reads the published copy: for `gong-elt query`, for rows to push, for notebooks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.connection import identifier
from warehouse.home import find_home, home_of_environment
from warehouse.machine.database import open_in_memory
from warehouse.publication.catalogue import CATALOGUE, folder, quoted
from warehouse.publication.opening import attach, raise_if_damaged
from warehouse.publication.origin import check_copy
from warehouse.publication.parts import PARTS
from warehouse.publication.user_sql import CheckedQuery, checked
from warehouse.target import OPS, PUBLISHED

if TYPE_CHECKING:
    import pandas as pd


_TABLES = """
    select if(schema_name = 'main', ?, schema_name) as schema, view_name as name, comment
    from duckdb_views() where database_name = ? and not internal order by all
"""
_DESCRIBED = """
    select described.column_name, described.column_type, columns.comment
    from (describe {table}) as described
    left join duckdb_columns() as columns
        on columns.column_name = described.column_name and columns.database_name = ?
        and columns.schema_name = ? and lower(columns.table_name) = lower(?)
    order by columns.column_index
"""
_WIDE = ("HUGEINT", "UHUGEINT")
"""What DuckDB makes of a sum of whole numbers; pandas would get it as a float."""


class Published:
    """The published copy, for notebooks and scripts. Each call reads the newest publication."""

    def __init__(self, home: Path, *, is_named: bool = False) -> None:
        self.home, self._is_named = home, is_named

    def df(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """Returns the result of a query as a pandas frame; times are UTC.

        Args:
            sql: DuckDB SQL; tables of the schema `gong` need no prefix.
            parameters: values for `?` in the query.

        Raises:
            NothingPublished: nothing was published yet.
            NotAQuery: something else than one query.
            DamagedCopy: a file of the published copy is damaged or missing.
            duckdb.Error: the query is wrong.
        """
        with connect(self.home, is_named=self._is_named) as db, explained(self.home):
            statement, values = _statement(checked(db, sql), parameters)
            return _frame(db.sql(statement, params=values or None))


def published(home: str | os.PathLike[str] | None = None) -> Published:
    """Returns the published copy of a working folder; that of GONG_ELT_HOME by default.

    The copy by default must be of the warehouse that GONG_ELT_WAREHOUSE names, as for `query`.
    """
    if home:
        return Published(find_home(os.fspath(home)), is_named=True)
    return Published(home_of_environment())


@contextmanager
def query(
    home: Path, sql: str, parameters: Sequence[Any] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yields the result of one query of the published copy.

    All SQL that a person wrote passes here: of `query`, of `push --sql`, of Python.

    Raises:
        NothingPublished: nothing was published yet.
        NotAQuery: the statement is not a query, there are several, or it does more than read.
        DamagedCopy: a file of the published copy is damaged or missing.
        duckdb.Error: the query is wrong.
    """
    with connect(home) as db, explained(home):
        yield db.execute(*_statement(checked(db, sql), parameters))


def connect(home: Path, *, is_named: bool = False) -> duckdb.DuckDBPyConnection:
    """Returns a read-only connection to the published copy that sees no other file of the disk.

    It can overwrite parts, as DuckDB knows no files that are only read: `query` is the way for SQL
    that a person wrote.

    Args:
        home: the working folder.
        is_named: whether the caller means the copy of this home, whatever the settings name.

    Raises:
        NothingPublished: nothing was published yet from the warehouse of the settings.
        DamagedCopy: a file of it is damaged or missing.
    """
    if not is_named:
        check_copy(home)
    place = folder(home).resolve()
    # a database of its own for each connection: within a process DuckDB would share one opened by
    # path, with its locked settings, and show the old catalogue for as long as anyone has it open
    db = open_in_memory(place / CATALOGUE)
    attach(db, place)
    db.execute(f"use {PUBLISHED}")
    # parts by name: DuckDB may also write new files into a folder that it may read
    parts = ", ".join(quoted(str(part)) for part in (place / PARTS).glob("*/*.parquet"))
    db.execute(f"set allowed_paths = [{parts}]")
    # no name in a query means a variable of Python, and none makes DuckDB fetch an extension
    db.execute("set python_enable_replacements = false")
    db.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
    db.execute("set enable_external_access = false; set lock_configuration = true")
    return db


@contextmanager
def explained(home: Path) -> Iterator[None]:
    """Around the reading of a result: errors that damaged files explain become `DamagedCopy`."""
    try:
        yield
    except duckdb.Error as error:
        raise_if_damaged(folder(home), error)
        raise


def _statement(
    query: CheckedQuery, parameters: Sequence[Any]
) -> tuple[str | duckdb.Statement, list[Any]]:
    """Returns what DuckDB runs for a query, with its values: ours for `show` and `describe`."""
    if query.shows_tables:
        return _TABLES, [PUBLISHED, PUBLISHED]
    if query.described:
        schema, name = query.described
        table = ".".join(identifier(part) for part in (schema, name) if part)
        in_schema = OPS if schema.lower() == OPS else "main"
        return _DESCRIBED.format(table=table), [PUBLISHED, in_schema, name]
    return query.statement, list(parameters)


def _frame(result: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    """Returns a result as a frame in which no whole number is a float."""
    wide = [place for place, kind in enumerate(result.types) if str(kind) in _WIDE]
    if not wide:
        return result.df()
    try:
        return _with_cast(result, wide, "bigint").df()
    except duckdb.ConversionException:
        frame = _with_cast(result, wide, "varchar").df()
        for place in wide:
            # beyond 64 bits pandas has Python's numbers only
            texts = frame.iloc[:, place].astype(object)
            numbers = texts.map(int, na_action="ignore").astype(object)
            frame.isetitem(place, numbers.to_numpy())
        return frame


def _with_cast(
    result: duckdb.DuckDBPyRelation, places: Sequence[int], kind: str
) -> duckdb.DuckDBPyRelation:
    """Returns a result with some columns in another type; columns count by place, from 0."""
    return result.project(
        ", ".join(
            f"#{place + 1}{f'::{kind}' if place in places else ''} as {identifier(name)}"
            for place, name in enumerate(result.columns)
        )
    )
