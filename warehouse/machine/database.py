"""Opens DuckDB, which nothing else here does: no database of ours takes more than its share.

What does not fit into memory goes into a folder of that database alone: two with one folder
overwrite the files of each other, and read them as their own. DuckDB makes the folder when it needs
it, and removes it when the database is closed. A kill leaves it, with rows in it.
"""

from __future__ import annotations

import glob
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from warehouse.machine.memory import duckdb_settings

if TYPE_CHECKING:
    import duckdb

_IN_MEMORY = ":memory:"
_LETTERS = 12
"""Of a folder's name; they are hexadecimal."""


def open_file(
    path: Path, *, read_only: bool = False, beside: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB file, in UTC; creates it where it is missing and may be written.

    Args:
        path: the file.
        read_only: whether it is only read, as others may do at the same time.
        beside: the file beside which it writes what does not fit into memory; itself by default.

    Raises:
        duckdb.IOException: it is open elsewhere, damaged, or no DuckDB file.
    """
    # whoever writes the file has it alone, and so the folder that DuckDB takes by itself
    has_own = read_only or beside
    return _open(str(path), read_only=read_only, spill=_spill(beside or path) if has_own else None)


def open_in_memory(beside: Path) -> duckdb.DuckDBPyConnection:
    """Opens an empty database, in UTC.

    Args:
        beside: the file beside which it writes what does not fit into memory.
    """
    return _open(_IN_MEMORY, read_only=False, spill=_spill(beside))


def remove_spills(beside: Path, *, older_than: float = 0.0) -> None:
    """Removes what databases wrote beside a file because it did not fit into memory.

    Args:
        beside: the file.
        older_than: seconds for which nothing was written there, so that no reader needs it.
    """
    name = glob.escape(beside.name)
    own = "[0-9a-f]" * _LETTERS
    for folder in [*beside.parent.glob(f"{name}.tmp"), *beside.parent.glob(f"{name}.{own}.tmp")]:
        with suppress(FileNotFoundError):  # its database was closed meanwhile
            written = max(file.stat().st_mtime for file in (folder, *folder.iterdir()))
            if written <= time.time() - older_than:
                shutil.rmtree(folder, ignore_errors=True)


def _spill(beside: Path) -> Path:
    return beside.with_name(f"{beside.name}.{uuid4().hex[:_LETTERS]}.tmp")


def _open(path: str, *, read_only: bool, spill: Path | None) -> duckdb.DuckDBPyConnection:
    import duckdb  # late: `status` and usage errors do without it

    db = duckdb.connect(path, read_only=read_only)
    try:
        db.execute("set timezone = 'UTC'")
        for name, value in duckdb_settings().items():
            db.execute(f"set {name} = '{value}'")
        if spill and _spills_to(db) in (f"{path}.tmp", ".tmp"):
            db.execute("set temp_directory = '" + str(spill).replace("'", "''") + "'")
    except BaseException:
        db.close()
        raise
    return db


def _spills_to(db: duckdb.DuckDBPyConnection) -> str:
    """Returns the folder of a database; within a process two connections to a file share it."""
    row = db.execute("select current_setting('temp_directory')").fetchone()
    return str(row[0]) if row else ""
