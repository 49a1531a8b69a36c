"""Standard streams that are closed, full or read by nobody end no work, and never in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Gong
from tests.integration.conftest import Company

QUERY = ("query", "select count(*) as calls from gong.fct_calls")


@pytest.fixture(scope="module")
def gong(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Gong:
    return company.copy(tmp_path_factory.mktemp("streams") / "home")


@pytest.fixture
def unread() -> Iterator[int]:
    """The writing end of a pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def run(gong: Gong, *arguments: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs a command in an interpreter of its own; streams are captured unless given."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        cwd=gong.home.parent,
        env=gong.env | {"PYTHONPATH": str(ROOT)},
        timeout=280,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )


def runs(gong: Gong) -> str:
    return gong("query", "select count(*) as runs from gong_ops.runs", "--format", "csv").stdout


def test_a_run_whose_messages_nobody_reads_does_its_work(gong: Gong, unread: int) -> None:
    before = runs(gong)
    assert run(gong, "sync", "--only", "workspaces", stderr=unread).returncode == 0
    assert runs(gong) != before


def test_a_failure_is_a_failure_although_nobody_reads_its_message(gong: Gong, unread: int) -> None:
    assert run(gong, "query", "select nothing", stderr=unread).returncode == 2


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)], ids=str)
def test_a_command_works_without_the_streams_that_were_closed(
    gong: Gong, closed: tuple[int, ...]
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    done = run(gong, "status", preexec_fn=close)
    assert done.returncode == 0
    assert bool(done.stdout) is (1 not in closed)
    assert b"Error" not in done.stderr


def test_no_file_gets_the_number_of_a_stream_that_was_closed() -> None:
    script = (
        "import os\n"
        "from pipelines.cli import open_closed_streams\n"
        "open_closed_streams()\n"
        "assert all(os.path.samestat(os.fstat(n), os.stat(os.devnull)) for n in (0, 1, 2))\n"
        "assert all(os.get_inheritable(n) for n in (0, 1, 2))\n"
        "assert open(os.devnull).fileno() > 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        preexec_fn=lambda: os.closerange(0, 3),
        timeout=60,
    )
    assert done.returncode == 0


def test_rows_that_do_not_fit_on_the_disk_are_told_with_their_reason(gong: Gong) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(gong, *QUERY, stdout=full)
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("error: the output cannot be written (No space left on device)")


def test_a_reader_that_has_seen_enough_ends_a_query_well(gong: Gong, unread: int) -> None:
    for form in ("table", "csv", "json", "parquet"):
        done = run(gong, *QUERY, "--format", form, stdout=unread)
        assert (done.returncode, done.stderr) == (0, b""), form
