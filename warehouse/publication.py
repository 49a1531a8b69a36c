"""The published copy: what analysts read while syncs go on.

Immutable Parquet parts under a small DuckDB catalogue of views. A part's name holds a fingerprint
of its content, so only what changed is written; the catalogue is swapped in one rename, so a reader
sees all of the old state or all of the new one. Parts that no catalogue names any more stay for a
grace time, for readers that still have the old one open.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.connection import open_warehouse
from warehouse.errors import BadInput, WarehouseError
from warehouse.home import find_home
from warehouse.target import BUILD, OPS, PUBLISHED, RAW, STAGING, Target

if TYPE_CHECKING:
    import pandas as pd

CATALOGUE = "gong.duckdb"
_MANIFEST = "parts.json"
_MART_PREFIXES = ("dim_", "fct_", "agg_", "bridge_")
_OPS_TABLES = ("runs", "windows", "schema_changes", "pushes", "erasures")
_MONTH_COLUMNS = ("started_on", "reviewed_on", "activity_on", "event_on")
_GRACE_SECONDS = 24 * 3600.0


class NothingPublished(WarehouseError):
    """There is no published copy to read yet."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did.

    Attributes:
        catalogue: the DuckDB file that analysts open.
        rows: rows per published table, `schema.table`.
        written: parts written now.
        kept: parts that had not changed.
        stale: tables that keep the rows of an earlier publish, because their build failed.
    """

    catalogue: Path
    rows: Mapping[str, int]
    written: int
    kept: int
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A published table as the manifest keeps it."""

    parts: list[str]
    rows: int
    comment: str | None
    column_comments: dict[str, str]


def folder(home: Path) -> Path:
    """Returns the folder of the published copy."""
    return home / "published"


def publish(target: Target, home: Path, failed: Collection[str] = ()) -> Publication:
    """Publishes what stands in `gong_build`, and the ops tables.

    Args:
        target: the warehouse; opened read-only.
        home: the working folder.
        failed: marts whose build or tests failed; they keep what was published before.
    """
    place = folder(home)
    (place / "parts").mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(place, 0o700)
    before = _read_manifest(place)
    after: dict[str, _Entry] = {}
    written = kept = 0
    _sweep(place)
    with open_warehouse(str(target.path), read_only=True) as db:
        for schema, name in _tables(db):
            published = f"{PUBLISHED if schema == BUILD else OPS}.{name}"
            if name in failed:
                if published in before:
                    after[published] = before[published]
                continue
            after[published], new = _write_parts(db, place / "parts" / published, schema, name)
            written += new
            kept += len(after[published].parts) - new
    for published in before.keys() - after.keys():
        if published.rpartition(".")[2] in failed:
            after[published] = before[published]
    # before the swap: who is killed after it can no longer tell since when a part is not used
    _start_grace(before, after)
    _swap_catalogue(place, after)
    _retire(place, after)
    return Publication(
        place / CATALOGUE,
        {name: entry.rows for name, entry in sorted(after.items())},
        written,
        kept,
        tuple(sorted(name for name in after if name.rpartition(".")[2] in failed)),
    )


def _tables(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    rows = db.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in (?, ?) order by all",
        [BUILD, OPS],
    ).fetchall()
    return [
        (schema, name)
        for schema, name in rows
        if (schema == BUILD and name.startswith(_MART_PREFIXES))
        or (schema == OPS and name in _OPS_TABLES)
    ]


def _write_parts(
    db: duckdb.DuckDBPyConnection, parts_folder: Path, schema: str, name: str
) -> tuple[_Entry, int]:
    columns = db.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [schema, name],
    ).fetchall()
    by = next((c for c in _MONTH_COLUMNS if c in {column[0] for column in columns}), None)
    month = f"strftime({by}, '%Y-%m')" if by else "'all'"
    shape = json.dumps([duckdb.__version__, [c[:2] for c in columns]])
    months = db.execute(
        f"select coalesce({month}, 'none'), count(*), sum(hash(t)::hugeint)::varchar "
        f"from {schema}.{name} as t group by 1 order by 1"
    ).fetchall() or [("all", 0, "0")]
    parts_folder.mkdir(mode=0o700, exist_ok=True)
    parts: list[str] = []
    new = 0
    for value, count, content in months:
        mark = hashlib.blake2b(f"{shape}{count}/{content}".encode(), digest_size=8).hexdigest()
        part = parts_folder / f"{value}-{mark}.parquet"
        if not part.exists():
            where = f"where coalesce({month}, 'none') = '{value}'" if count else "where false"
            _copy(db, f"select * from {schema}.{name} {where}", part)
            new += 1
        parts.append(str(part))
    comment = db.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    entry = _Entry(
        parts,
        sum(row[1] for row in months),
        comment[0] if comment else None,
        {column[0]: column[2] for column in columns if column[2]},
    )
    return entry, new


def _copy(db: duckdb.DuckDBPyConnection, select: str, part: Path) -> None:
    unfinished = _unfinished(part)
    db.execute(f"copy ({select}) to {_quoted(str(unfinished))} (format parquet, compression zstd)")
    _finish(unfinished, part)


def _unfinished(final: Path) -> Path:
    """Returns where a file is written until it is whole; beside it, so that a rename will do."""
    return final.with_name(f".{final.name}.{os.getpid()}")


def _finish(unfinished: Path, final: Path) -> None:
    """Gives a written file its name; whoever looks sees what was there before, or all of it."""
    unfinished.chmod(0o600)
    with open(unfinished, "rb") as written:
        os.fsync(written.fileno())
    os.replace(unfinished, final)


def _sweep(place: Path) -> None:
    """Removes what killed publishes left unfinished; there is one at a time, under the lock."""
    unfinished = (f".{CATALOGUE}.*", f".{_MANIFEST}.*", "parts/*/.*.parquet.*")
    for pattern in unfinished:
        for file in place.glob(pattern):
            file.unlink()


def _swap_catalogue(place: Path, entries: Mapping[str, _Entry]) -> None:
    new = _unfinished(place / CATALOGUE)
    with duckdb.connect(str(new)) as db:
        db.execute(f"create schema {OPS}")
        for published, entry in entries.items():
            # DuckDB calls the database after its file, `gong`. With a schema of the same name in it
            # `gong.fct_calls` would be ambiguous; in the main schema it means just that table.
            name = published.removeprefix(f"{PUBLISHED}.")
            files = ", ".join(_quoted(part) for part in entry.parts)
            db.execute(f"create view {name} as select * from read_parquet([{files}])")
            if entry.comment:
                db.execute(f"comment on view {name} is {_quoted(entry.comment)}")
            for column, text in entry.column_comments.items():
                db.execute(f'comment on column {name}."{column}" is {_quoted(text)}')
    manifest = _unfinished(place / _MANIFEST)
    manifest.write_text(json.dumps({name: _as_dict(entry) for name, entry in entries.items()}))
    _finish(new, place / CATALOGUE)
    _finish(manifest, place / _MANIFEST)


def _parts_of(entries: Mapping[str, _Entry]) -> set[str]:
    return {part for entry in entries.values() for part in entry.parts}


def _start_grace(before: Mapping[str, _Entry], after: Mapping[str, _Entry]) -> None:
    """Marks the parts that nothing will name any more as unused from now on, not from long ago."""
    for part in _parts_of(before) - _parts_of(after):
        if os.path.exists(part):
            os.utime(part)


def _retire(place: Path, after: Mapping[str, _Entry]) -> None:
    used = _parts_of(after)
    for file in (place / "parts").glob("*/*.parquet"):
        if str(file) not in used and file.stat().st_mtime < time.time() - _GRACE_SECONDS:
            file.unlink()


def take_out(
    home: Path, where: Callable[[Mapping[str, str]], tuple[str, list[Any]] | None]
) -> dict[str, int]:
    """Takes rows out of what is published, and every part they were in off the disk, at once.

    There is no grace time: a reader that has the old catalogue open misses its parts and has to
    open the new one. Without rows to take out, parts that nothing names go all the same.

    Args:
        home: the working folder.
        where: from the columns of a table, by name with their type, to SQL that holds for the rows
            that go, with its values; None where none can.

    Returns:
        How many rows went, by published table.
    """
    place = folder(home)
    if not place.exists():
        return {}
    _sweep(place)
    entries = _read_manifest(place)
    gone: dict[str, int] = {}
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        db.execute(f"set temp_directory = {_quoted(str(place / CATALOGUE) + '.tmp')}")
        for published, entry in list(entries.items()):
            columns = db.execute("describe select * from read_parquet(?)", [entry.parts]).fetchall()
            found = where({name: kind for name, kind, *_ in columns})
            parts, count = [], 0
            for part in map(Path, entry.parts if found else ()):
                kept, hits = _without(db, part, *found) if found else (part, 0)
                parts.append(str(kept))
                count += hits
            if count:
                gone[published] = count
                entries[published] = replace(entry, parts=parts, rows=entry.rows - count)
    if gone:
        _swap_catalogue(place, entries)
    if not entries:
        # of a catalogue without its list nobody knows which rows its parts hold
        (place / CATALOGUE).unlink(missing_ok=True)
    used = _parts_of(entries)
    for file in (place / "parts").glob("*/*.parquet"):
        if str(file) not in used:
            file.unlink()
    shutil.rmtree(f"{place / CATALOGUE}.tmp", ignore_errors=True)
    return gone


def _without(
    db: duckdb.DuckDBPyConnection, part: Path, where: str, values: Sequence[Any]
) -> tuple[Path, int]:
    """Returns a part that lacks some rows, and how many; the part itself where it has none."""
    row = db.execute(
        f"select count(*) from read_parquet(?) where {where}", [str(part), *values]
    ).fetchone()
    if not row or not row[0]:
        return part, 0
    # the name says what is in a part, so a part of other content has another one
    mark = hashlib.blake2b(f"{part.name}-{row[0]}".encode(), digest_size=8).hexdigest()
    kept = part.with_name(f"{part.stem.rpartition('-')[0]}-{mark}.parquet")
    unfinished = _unfinished(kept)
    db.execute(
        f"copy (select * from read_parquet(?) where not ({where})) "
        f"to {_quoted(str(unfinished))} (format parquet, compression zstd)",
        [str(part), *values],
    )
    _finish(unfinished, kept)
    return kept, int(row[0])


def _read_manifest(place: Path) -> dict[str, _Entry]:
    try:
        stored = json.loads((place / _MANIFEST).read_text())
        return {name: _Entry(**entry) for name, entry in stored.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        # it only saves work: without it every table is looked at as if published the first time
        return {}


def _as_dict(entry: _Entry) -> dict[str, Any]:
    return {
        "parts": entry.parts,
        "rows": entry.rows,
        "comment": entry.comment,
        "column_comments": entry.column_comments,
    }


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class BadDestination(BadInput):
    """The file cannot be written there."""


def _check_destination(home: Path, path: Path) -> None:
    where = path.absolute()
    if where.is_dir() or not where.parent.is_dir():
        raise BadDestination(f"{path} names no file in a folder that exists")
    if where.is_relative_to(folder(home).absolute()):
        raise BadDestination(f"{path} lies in the published copy itself; choose another place")
    if where.stem in (OPS, RAW, STAGING, BUILD):
        raise BadDestination(
            f"a file called {path.name} would make the schema {where.stem} ambiguous"
        )
    if where.exists():
        with open(where, "rb") as file:
            # a DuckDB file says so from its ninth byte on
            if file.read(12)[8:] != b"DUCK":
                raise BadDestination(f"{path} exists and is no DuckDB file; it is left as it is")
        with open_warehouse(str(where), read_only=True) as db:
            schemas = db.execute("select schema_name from duckdb_schemas()").fetchall()
        if (RAW,) in schemas:
            raise BadDestination(f"{path} is a warehouse; it is left as it is")


def publish_single_file(home: Path, path: Path) -> int:
    """Copies the published tables into one DuckDB file, for sending; replaces it in one rename.

    Returns:
        How many tables were copied.

    Raises:
        BadDestination: something else is there, or it cannot be there.
    """
    entries = _read_manifest(folder(home))
    if not entries:
        raise NothingPublished(f"Nothing is published in {folder(home)} yet: run `gong-elt sync`.")
    _check_destination(home, path)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(new)) as db:
            db.execute(f"create schema {OPS}")
            if path.stem != PUBLISHED:
                db.execute(f"create schema {PUBLISHED}")
            for published, entry in entries.items():
                name = published
                if path.stem == PUBLISHED:
                    name = published.removeprefix(f"{PUBLISHED}.")
                files = ", ".join(_quoted(part) for part in entry.parts)
                db.execute(f"create table {name} as select * from read_parquet([{files}])")
        new.chmod(0o600)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
    return len(entries)


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
    db.execute(f"set temp_directory = {_quoted(str(place / CATALOGUE) + '.tmp')}")
    db.execute(f"attach {_quoted(str(place / CATALOGUE))} as {PUBLISHED} (read_only)")
    db.execute(f"use {PUBLISHED}")
    # parts by name, since who may see a folder may also write new files into it
    parts = ", ".join(_quoted(str(part)) for part in (place / "parts").glob("*/*.parquet"))
    db.execute(f"set allowed_paths = [{parts}]")
    db.execute("set enable_external_access = false; set lock_configuration = true")
    return db


class NotAQuery(BadInput):
    """The published copy is only read."""


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
    return Published(find_home(os.fspath(home) if home else os.environ.get("GONG_ELT_HOME")))
