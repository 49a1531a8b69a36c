"""What DuckDB takes while a load package lands: one thread, and little memory.

Of a package of 1.6 million rows, one thread lands 5,000 calls in 1.8 CPU seconds. Two threads take
4.6, and a file half as large again: each writes row groups of its own, which are then joined.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from warehouse.machine.memory import MB, bytes_of, duckdb_settings

if TYPE_CHECKING:
    import duckdb

_MEMORY = 100 * MB
"""Suffices for every package that was tried, also beside a table of 40 million rows."""


@contextlib.contextmanager
def sparing(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Makes the database of a connection spare processors and memory inside the block.

    Raises:
        duckdb.OutOfMemoryException: what it holds now does not fit.
    """
    before = _settings(db)
    memory = min(_MEMORY, bytes_of(before["memory_limit"]))
    wanted = {
        "threads": "1",
        "write_buffer_row_group_count": "1",
        "memory_limit": f"{memory // MB}MiB",
    }
    try:
        _set(db, wanted)
        yield
    finally:
        # DuckDB tells its limit rounded down, which would become less with every package
        _set(db, before | {"memory_limit": duckdb_settings()["memory_limit"]})


def _settings(db: duckdb.DuckDBPyConnection) -> dict[str, str]:
    names = ("threads", "write_buffer_row_group_count", "memory_limit")
    current = ", ".join(f"current_setting('{name}')" for name in names)
    values = db.execute(f"select {current}").fetchone() or ()
    return {name: str(value) for name, value in zip(names, values, strict=True)}


def _set(db: duckdb.DuckDBPyConnection, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        db.execute(f"set {name} = '{value}'")
