from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.lock import Busy, hold
from pipelines.status import running
from tests.conftest import ROOT

HOLDER = """
import sys, time
from pathlib import Path
from pipelines.lock import hold
with hold(Path(sys.argv[1]), "backfill", wait=False, on_wait=print):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def lock_file(warehouse: Path) -> Path:
    return warehouse.with_name("warehouse.duckdb.lock")


@contextmanager
def holder(warehouse: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(warehouse)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def take(warehouse: Path) -> None:
    with hold(warehouse, "sync", wait=False, on_wait=print):
        pass


def test_a_second_holder_is_told_who_holds_and_what(warehouse: Path) -> None:
    with holder(warehouse) as process:
        with pytest.raises(Busy) as busy:
            take(warehouse)
        assert f"process {process.pid}" in str(busy.value)
        assert "gong-elt backfill" in str(busy.value)
        assert running(lock_file(warehouse)) == f"backfill (process {process.pid})"


def test_the_lock_dies_with_its_holder(warehouse: Path) -> None:
    with holder(warehouse) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        take(warehouse)
        assert running(lock_file(warehouse)) is None


def test_the_lock_is_free_after_the_block_also_when_it_failed(warehouse: Path) -> None:
    with pytest.raises(KeyError), hold(warehouse, "sync", wait=False, on_wait=print):
        raise KeyError
    take(warehouse)
    take(warehouse)


def test_within_one_process_there_is_one_holder_too(warehouse: Path) -> None:
    with (
        hold(warehouse, "sync", wait=False, on_wait=print),
        pytest.raises(Busy, match=str(os.getpid())),
    ):
        take(warehouse)


def test_who_waits_is_told_once_for_whom_and_goes_on_when_it_is_free(warehouse: Path) -> None:
    heard: list[str] = []
    with holder(warehouse) as process:
        threading.Timer(0.7, process.kill).start()
        before = time.monotonic()
        with hold(warehouse, "sync", wait=True, on_wait=heard.append):
            assert time.monotonic() - before >= 0.5
    assert len(heard) == 1
    assert str(process.pid) in heard[0]


def test_two_warehouses_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with hold(tmp_path / "a.duckdb", "sync", wait=False, on_wait=print):
        take(tmp_path / "b.duckdb")


def test_only_the_owner_sees_the_lock(warehouse: Path) -> None:
    take(warehouse)
    assert stat.S_IMODE(lock_file(warehouse).stat().st_mode) == 0o600


def test_nothing_runs_where_nothing_ever_ran(warehouse: Path) -> None:
    assert running(lock_file(warehouse)) is None
