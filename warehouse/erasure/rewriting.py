"""Writes the warehouse file again, so that no byte of deleted rows is left in it.

DuckDB leaves the bytes of a deleted row in the file. Invariant: at every instant there is one whole
warehouse file under its own name.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.errors import WarehouseError
from warehouse.files import put_in_place
from warehouse.machine.database import open_file, open_in_memory, remove_spills

if TYPE_CHECKING:
    from warehouse.target import Target

_ROOM = 1.1
"""Free space that a rewrite needs, as a share of the size of the file."""


class TooFull(WarehouseError):
    """The disk has no room to rewrite the file."""


class NotTheSame(WarehouseError):
    """The rewritten file does not hold what the old one held."""


def check_room(target: Target) -> None:
    """Raises TooFull where the disk cannot hold the file a second time for a while."""
    free, size = shutil.disk_usage(target.path.parent).free, target.path.stat().st_size
    if free < size * _ROOM:
        raise TooFull(
            f"To take the bytes of what is erased out of {target.path}, the file is written again "
            f"beside the old one. That needs {size * _ROOM / 1e6:,.0f} MB, and {free / 1e6:,.0f} "
            "MB are free. Make room and run the same command again; nothing was erased."
        )


def rewrite(target: Target) -> None:
    """Writes the warehouse file again and swaps it in, in one rename.

    Needs the lock of the warehouse and no open connection. A kill leaves the old file, and an
    unfinished one beside it that the next call writes over.

    Raises:
        NotTheSame: the new file does not hold what the old one holds; the old one stays.
    """
    path = target.path
    new = path.with_name(f".{path.name}.new")
    for leftover in (new, _wal(new)):
        leftover.unlink(missing_ok=True)
    # takes in what a kill left in the log of the old file
    with open_file(path) as db:
        db.execute("checkpoint")
    _copy(path, new)
    remove_spills(new)
    put_in_place(new, path)
    _wal(path).unlink(missing_ok=True)
    remove_spills(path)


def _copy(path: Path, new: Path) -> None:
    with open_in_memory(new) as db:
        db.execute(f"attach '{path}' as old (read_only)")
        db.execute(f"attach '{new}' as new")
        db.execute("copy from database old to new")
        if _contents(db, "old") != _contents(db, "new"):
            new.unlink()
            raise NotTheSame(
                f"The new file of {path} does not hold what the old one holds, so the old one "
                "stays, with the bytes of what was erased. Run the same command again; if it ends "
                "the same way, please report it."
            )
        db.execute("checkpoint new")
        db.execute("detach new")


def _contents(db: duckdb.DuckDBPyConnection, database: str) -> list[tuple[Any, ...]]:
    """Returns the tables of a database with their row count and hash, and its views."""
    tables = db.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? order by all",
        [database],
    ).fetchall()
    contents: list[tuple[Any, ...]] = []
    for schema, name in tables:
        sums = f'select count(*), sum(hash(t)::hugeint) from {database}.{schema}."{name}" as t'
        contents.append((schema, name, *db.execute(sums).fetchall()[0]))
    views = db.execute(
        "select schema_name, view_name from duckdb_views() where database_name = ? "
        "and not internal order by all",
        [database],
    ).fetchall()
    return contents + views


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")
