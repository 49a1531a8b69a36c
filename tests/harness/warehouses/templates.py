"""Files of warehouses that many tests begin with: made once in a process, copied after that."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from tempfile import TemporaryDirectory

from warehouse.connection import Warehouse
from warehouse.prepare import prepare
from warehouse.target import Target

_MADE: dict[Hashable, bytes] = {}


def copied(path: Path, key: Hashable, make: Callable[[Path], None]) -> None:
    """Writes the warehouse that `make` makes at a path; under one key it is made once.

    Making one takes some hundred statements, each of them longer than the copy.
    """
    if key not in _MADE:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "w.duckdb"
            make(made)
            assert not made.with_name("w.duckdb.wal").exists()
            _MADE[key] = made.read_bytes()
    path.write_bytes(_MADE[key])
    path.chmod(0o600)


def prepared(path: Path) -> Warehouse:
    """Returns a warehouse at a path, as a run finds it that is the first."""
    copied(path, "prepared", lambda made: prepare(Warehouse(Target(made))))
    return Warehouse(Target(path))
