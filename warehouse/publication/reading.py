"""Reads the published copy: for `gong-elt query`, for rows to push, for notebooks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.errors import BadInput
from warehouse.home import find_home, home_of_environment
from warehouse.publication.catalogue import CATALOGUE, NothingPublished, folder, quoted
from warehouse.target import PUBLISHED

if TYPE_CHECKING:
    import pandas as pd


class NotAQuery(BadInput):
    """The published copy is only read."""


class Published:
    """The published copy, for notebooks and scripts. Each call reads the newest publication."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def df(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """Returns the result of a query as a pandas frame; times are UTC.

        Args:
            sql: DuckDB SQL; tables of the schema `gong` need no prefix.
            parameters: values for `?` in the query.

        Raises:
            NothingPublished: nothing was published yet.
            NotAQuery: something else than one query.
            duckdb.Error: the query is wrong.
        """
        with connect(self.home) as db:
            return read(db, sql, parameters).df()


def published(home: str | os.PathLike[str] | None = None) -> Published:
    """Returns the published copy of a working folder; that of GONG_ELT_HOME by default."""
    return Published(find_home(os.fspath(home)) if home else home_of_environment())


def connect(home: Path) -> duckdb.DuckDBPyConnection:
    """Returns a read-only connection to the published copy that sees no other file of the disk.

    Raises:
        NothingPublished: nothing was published yet.
    """
    place = folder(home)
    if not (place / CATALOGUE).exists():
        raise NothingPublished(
            f"Nothing is published in {place} yet. Run `gong-elt sync` (or `gong-elt demo`, which "
            "needs no Gong account)."
        )
    # a database of its own for each connection: within a process DuckDB would share one opened by
    # path, with its locked settings, and show the old catalogue for as long as anyone has it open
    db = duckdb.connect()
    db.execute("set timezone = 'UTC'")
    db.execute(f"set temp_directory = {quoted(str(place / CATALOGUE) + '.tmp')}")
    db.execute(f"attach {quoted(str(place / CATALOGUE))} as {PUBLISHED} (read_only)")
    db.execute(f"use {PUBLISHED}")
    # parts by name: DuckDB may also write new files into a folder that it may read
    parts = ", ".join(quoted(str(part)) for part in (place / "parts").glob("*/*.parquet"))
    db.execute(f"set allowed_paths = [{parts}]")
    db.execute("set enable_external_access = false; set lock_configuration = true")
    return db


def read(
    db: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()
) -> duckdb.DuckDBPyConnection:
    """Runs one query on a connection of `connect`.

    DuckDB can keep a connection from writing to a database, not from overwriting a file it may
    read, so anything but a query is refused.

    Raises:
        NotAQuery: the statement is not a query, or there are several.
        duckdb.Error: the query is wrong.
    """
    statements = duckdb.extract_statements(sql)
    readable = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if len(statements) != 1 or statements[0].type not in readable:
        raise NotAQuery("the published copy takes one query at a time (select, describe, explain)")
    return db.execute(statements[0], list(parameters))
