"""Opens the DuckDB file of the warehouse, in UTC: to write, to read, or to read one state of it.

Invariant: a connection is open only inside a `with` block. To open and to close a file takes 40 ms,
so a run keeps it open (`held`) but while another process needs it (`released`).

Knows no table. A warehouse on a server would be a second class here, with the methods of
`Warehouse`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.errors import WarehouseError
from warehouse.machine.database import open_file, open_in_memory
from warehouse.target import BadWarehouse, Target

if TYPE_CHECKING:
    import duckdb

Rows = list[dict[str, Any]]


class Locked(WarehouseError):
    """Another process has the DuckDB file open."""


class DamagedWarehouse(BadWarehouse):
    """The DuckDB file cannot be read; the message names it and what would do."""


_held: dict[Path, duckdb.DuckDBPyConnection] = {}
"""The files that this process keeps open. DuckDB opens a file once in a process."""


class Warehouse:
    """A DuckDB file that is opened only while something reads or writes it."""

    def __init__(self, target: Target) -> None:
        self.path: Path = target.path
        self._snapshot: duckdb.DuckDBPyConnection | None = None

    @property
    def exists(self) -> bool:
        """Whether the file exists."""
        return self.path.exists()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps the file open for all that this process reads and writes inside the block.

        Creates it where it is missing. What is written is in the file when the block ends, and
        until then in the file or in the log beside it.

        Raises:
            Locked: another process has the file open.
        """
        if self.path in _held:
            yield
            return
        _hold(self.path)
        try:
            yield
        finally:
            _let_go(self.path)

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Closes a held file inside the block, for another process that needs it.

        If another process has it open at the end of the block, it is not held any more: each who
        needs it opens it, as without `held`.
        """
        if self.path not in _held:
            yield
            return
        _let_go(self.path)
        try:
            yield
        finally:
            with contextlib.suppress(Locked):
                _hold(self.path)

    @contextlib.contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a connection to write with; creates the file where it is missing.

        Raises:
            Locked: another process has the file open.
        """
        with contextlib.closing(open_warehouse(self.path, read_only=False)) as db:
            yield db

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a connection to read with; to an empty database where the file is missing.

        Raises:
            Locked: another process writes the file.
        """
        snapshot = self._snapshot
        with contextlib.closing(_another(snapshot) if snapshot else self._open_to_read()) as db:
            yield db

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Returns the rows of a query; none where a table of it does not exist yet."""
        with self.reading() as db, _missing_tables_are_empty():
            return db.execute(sql, list(values) or None).fetchall()
        return []

    def dicts(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """Returns the rows of a query by column name; none where a table does not exist yet."""
        with self.reading() as db, _missing_tables_are_empty():
            result = db.execute(sql, list(values) or None)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return []

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Keeps one connection open for all that is read inside the block, by any thread."""
        if self._snapshot is not None:
            yield
            return
        with contextlib.closing(self._open_to_read()) as self._snapshot:
            try:
                yield
            finally:
                self._snapshot = None

    def _open_to_read(self) -> duckdb.DuckDBPyConnection:
        if self.exists:
            return open_warehouse(self.path, read_only=True)
        return open_in_memory(self.path)


def open_warehouse(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Opens a DuckDB file, in UTC; of a held one, another connection.

    Raises:
        Locked: another process has it open.
        DamagedWarehouse: it is damaged, or no DuckDB file.
    """
    import duckdb  # late: `status` and usage errors do without it

    if path in _held:
        return _another(_held[path])
    try:
        return open_file(path, read_only=read_only)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise Locked(
                f"Another process has the warehouse {path} open: {_holder(str(error))}. Close it "
                "and run again; analysts read the published copy instead, which is never locked "
                "(gong-elt query, or published/gong.duckdb)."
            ) from error
        if "No space left on device" in str(error):
            raise
        raise DamagedWarehouse(_damage(path, str(error))) from error


def _hold(path: Path) -> None:
    _held[path] = open_warehouse(path, read_only=False)


def _let_go(path: Path) -> None:
    if path in _held:  # else another process did not give it back
        _held.pop(path).close()


def _another(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Returns another connection to an open database."""
    cursor = db.cursor()
    cursor.execute("set timezone = 'UTC'")  # a cursor does not inherit it
    return cursor


def identifier(name: str) -> str:
    """Returns a name as SQL takes any name."""
    return '"' + name.replace('"', '""') + '"'


def columns(db: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Returns the columns of `schema.table` with their types; none where it does not exist."""
    # a query instead of the catalogue, which takes some 20 ms: it goes through all tables
    with _missing_tables_are_empty():
        description = db.execute(f"select * from {table} limit 0").description or ()
        return {name: str(kind) for name, kind, *_ in description}
    return {}


@contextlib.contextmanager
def _missing_tables_are_empty() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.CatalogException as error:
        if "Table with name" not in str(error):
            raise


def _damage(path: Path, reason: str) -> str:
    if ".wal" in reason:
        return (
            f"The last changes of the warehouse, in {path}.wal, are damaged ({reason}). Restore "
            "both files from a backup, or move that one away: what it holds of Gong is read again "
            "by the next run. If the last run was a push, look in Gong before you repeat it."
        )
    return (
        f"The warehouse {path} is damaged, or no DuckDB file ({reason}). Nothing was changed. "
        "Restore it from a backup; or move it away, with its .wal, and run `gong-elt sync` and "
        "`gong-elt backfill`, which read again what Gong has. Only a backup has the ledger of "
        "pushes and the list of erased people: without it, erase them again."
    )


def _holder(message: str) -> str:
    """Returns the part of DuckDB's message that names the process."""
    start = message.find("Conflicting lock is held in ")
    if start < 0:
        return "its name is not known"
    return message[start + len("Conflicting lock is held in ") :].split(". ")[0]
