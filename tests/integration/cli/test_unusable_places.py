"""A home, a folder or a warehouse file that permissions or another process make unusable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.monitor.status import print_status, requests_today
from tests.integration.conftest import NOW, Company
from warehouse.connection import Locked, Warehouse
from warehouse.home import make_home
from warehouse.prepare import prepare
from warehouse.publication.reading import connect
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


def test_a_home_and_a_state_folder_that_cannot_be_written_can_be_read(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        gong = company.copy(folder / "home")
        shutil.copytree(company.gong.env["XDG_STATE_HOME"], folder / "state", dirs_exist_ok=True)
        for name, value in gong.env.items():
            monkeypatch.setenv(name, value)
        for place in (folder, *folder.rglob("*")):
            place.chmod(0o555 if place.is_dir() else 0o444)
        try:
            assert as_nobody(lambda: print_status(as_json=True, has_calendar=False)) == ""
            assert as_nobody(lambda: check_published(folder / "home")) == ""
            state = next((folder / "state" / "gong-elt").glob("*.sqlite"))
            assert as_nobody(lambda: check_counted(state)) == ""
        finally:
            for place in (folder, *folder.rglob("*")):
                place.chmod(0o755)


def check_published(home: Path) -> None:
    with connect(home) as db:
        assert db.execute("select count(*) from gong.dim_users").fetchall() == [(12,)]


def check_counted(ledger: Path) -> None:
    assert requests_today(ledger, datetime.fromisoformat(NOW)) > 0


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
