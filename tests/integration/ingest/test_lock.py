"""The lock of a warehouse between processes: waiting, precedence, and the state after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.lock import Busy, hold, lock_of, running
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


def test_the_error_of_a_second_holder_names_the_first_and_its_command(warehouse: Path) -> None:
    with holder(warehouse) as process:
        with pytest.raises(Busy) as busy:
            take(warehouse)
        assert f"process {process.pid}" in str(busy.value)
        assert "gong-elt backfill" in str(busy.value)
        status = running(lock_of(warehouse))
        assert status is not None
        assert (status["command"], status["pid"]) == ("backfill", process.pid)


def test_the_lock_dies_with_its_holder(warehouse: Path) -> None:
    with holder(warehouse) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        take(warehouse)
        assert running(lock_of(warehouse)) is None


def test_within_one_process_there_is_one_holder_too(warehouse: Path) -> None:
    with (
        hold(warehouse, "sync", wait=False, on_wait=print),
        pytest.raises(Busy, match=str(os.getpid())),
    ):
        take(warehouse)


def test_a_waiting_run_names_the_holder_once_and_goes_on_when_it_is_free(warehouse: Path) -> None:
    heard: list[str] = []
    with holder(warehouse) as process:
        threading.Timer(0.7, process.kill).start()
        before = time.monotonic()
        with hold(warehouse, "sync", wait=True, on_wait=heard.append):
            assert time.monotonic() - before >= 0.5
    assert len(heard) == 1
    assert str(process.pid) in heard[0]


WORKER = """
import sys, time
from pathlib import Path
from pipelines.lock import hold
warehouse, log = Path(sys.argv[1]), Path(sys.argv[2])
command, slices = sys.argv[3], int(sys.argv[4])

def say(what):
    with log.open("a") as file:
        file.write(f"{command} {what}\\n")

with hold(warehouse, command, wait=True, on_wait=lambda _text: say("waits"),
          gives_way=command.startswith("backfill")) as held:
    for number in range(slices):
        held.give_way()
        say(f"slice {number}")
        time.sleep(0.5)
say("ends")
"""


@contextmanager
def worker(warehouse: Path, log: Path, command: str, slices: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(warehouse), str(log), command, str(slices)], cwd=ROOT
    )
    try:
        yield
        assert process.wait(60) == 0
    finally:
        process.kill()


def when(log: Path, line: str) -> None:
    for _ in range(600):
        if log.exists() and line in log.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{line!r} never came: {log.read_text()}")


def test_a_sync_that_waits_goes_before_the_next_slice_of_a_backfill(
    warehouse: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with worker(warehouse, log, "backfill", 8):
        when(log, "backfill slice 1")
        with worker(warehouse, log, "sync", 2):
            pass
    said = log.read_text().splitlines()
    assert said.count("sync slice 0") == 1
    first, last = said.index("sync slice 0"), said.index("sync slice 1")
    assert "backfill slice" not in "".join(said[first:last]), "the sync holds it for itself"
    assert said.index("sync ends") < said.index("backfill slice 7")
    assert [line for line in said if line.startswith("backfill slice")] == [
        f"backfill slice {number}" for number in range(8)
    ]


def test_backfills_do_not_give_way_to_each_other(warehouse: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with worker(warehouse, log, "backfill-1", 4):
        when(log, "backfill-1 slice 0")
        with worker(warehouse, log, "backfill-2", 1):
            pass
    said = log.read_text().splitlines()
    assert said.index("backfill-2 slice 0") > said.index("backfill-1 slice 3")


def test_a_backfill_does_not_wait_for_a_killed_waiter(warehouse: Path, tmp_path: Path) -> None:
    """A killed waiter leaves nothing behind that a backfill would wait for."""
    log = tmp_path / "log"
    with worker(warehouse, log, "backfill", 6):
        when(log, "backfill slice 1")
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(warehouse), str(log), "sync", "1"], cwd=ROOT
        )
        when(log, "sync waits")
        process.kill()
        process.wait(10)
    assert "backfill ends" in log.read_text()
