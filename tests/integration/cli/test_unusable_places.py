"""A home, a folder or a warehouse file that permissions or another process make unusable."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse.connection import Locked, Warehouse
from warehouse.home import make_home
from warehouse.prepare import prepare
from warehouse.target import Target, resolve_target


def as_nobody(act: Callable[[], object]) -> str:
    """Runs a function without root's rights; returns the type and message of its error."""
    stream, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            act()
            code = 0
        except Exception as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(code)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(stream) as pipe:
        return pipe.read()


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that only root can write."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_a_home_that_cannot_be_created_is_refused(closed: Path) -> None:
    assert as_nobody(lambda: make_home(closed / "home")).startswith("BadHome: ")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, closed: Path) -> None:
    message = as_nobody(lambda: resolve_target(f"duckdb:///{closed}/w.duckdb", tmp_path))
    assert message.startswith("BadWarehouse: ")
    assert "no right to write" in message


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, closed: Path) -> None:
    closed.chmod(0o755)
    file = closed / "w.duckdb"
    file.touch()
    file.chmod(0o444)
    message = as_nobody(lambda: resolve_target(f"duckdb:///{file}", tmp_path))
    assert "no right to write" in message


def test_a_warehouse_that_another_process_has_open_is_locked_and_names_the_process(
    tmp_path: Path,
) -> None:
    warehouse = Warehouse(Target(tmp_path / "w.duckdb"))
    prepare(warehouse)
    code = (
        "import duckdb, sys; db = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(warehouse.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(Locked, match=str(holder.pid)):
            prepare(warehouse)
    finally:
        holder.kill()
        holder.communicate()
    prepare(warehouse)
