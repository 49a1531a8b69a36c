"""Wrong input ends with one clear message, the right exit code, and no lost data."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Emulator, Gong, gong_for


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators("--seed", "3", "--users", "5", "--calls", "60", "--days", "10", "--no-limit")


def assert_one_clear_message(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Checks the exit code and the form of the output; returns the message."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    return errors[0]


def test_a_wrong_key_costs_exactly_one_request_and_names_the_settings(
    emulator: Emulator, home: Path
) -> None:
    gong = gong_for(home, emulator, SOURCES__GONG__ACCESS_KEY="wrong")
    emulator.forget_requests()
    message = assert_one_clear_message(gong("sync"), 2)

    assert len(emulator.requests()) == 1
    for name in (
        "SOURCES__GONG__ACCESS_KEY",
        "SOURCES__GONG__ACCESS_KEY_SECRET",
        "SOURCES__GONG__BASE_URL",
    ):
        assert name in message


def test_a_wrong_key_costs_one_request_with_a_configured_time_zone_too(
    emulator: Emulator, home: Path
) -> None:
    gong = gong_for(
        home,
        emulator,
        SOURCES__GONG__ACCESS_KEY_SECRET="wrong",
        SOURCES__GONG__COMPANY_TIME_ZONE=emulator.time_zone,
    )
    emulator.forget_requests()
    assert_one_clear_message(gong("sync"), 2)

    assert len(emulator.requests()) == 1


def test_the_secret_is_in_no_output_and_in_no_file(emulator: Emulator, home: Path) -> None:
    gong = gong_for(home, emulator, SOURCES__GONG__ACCESS_KEY_SECRET="planted-secret-4711")
    done = gong("sync", "--log-format", "json")

    assert "planted-secret-4711" not in done.stdout + done.stderr
    for file in home.parent.rglob("*"):
        if file.is_file():
            assert b"planted-secret-4711" not in file.read_bytes(), file


def test_an_unreachable_host_is_named(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gong = gong_for(
        home,
        None,
        SOURCES__GONG__BASE_URL=f"http://127.0.0.1:{port}",
        SOURCES__GONG__ACCESS_KEY="k",
        SOURCES__GONG__ACCESS_KEY_SECRET="s",
    )
    message = assert_one_clear_message(gong("sync"), 1)

    assert f"http://127.0.0.1:{port}" in message
    assert "SOURCES__GONG__BASE_URL" in message


@pytest.mark.parametrize(
    ("settings", "arguments", "expected"),
    [
        ({"SOURCES__GONG__ACCESS_KEY": ""}, ("sync",), "ACCESS_KEY is not set"),
        ({"SOURCES__GONG__ACCESS_KEY_SECRET": ""}, ("sync",), "ACCESS_KEY_SECRET is not set"),
        ({"GONG_ELT_WAREHOUSE": "mysql://host/db"}, ("sync",), "'mysql'"),
        ({"GONG_ELT_WAREHOUSE": "duckdb:///proc/no/w.duckdb"}, ("sync",), "cannot be"),
        ({}, ("sync", "--only", "call_topic"), "call_topics"),
        ({}, ("sync", "--only", ""), "names no table"),
        ({}, ("backfill", "--from", "yesterday"), "--from 'yesterday'"),
        ({}, ("backfill", "--from", "2026-13-01"), "--from '2026-13-01'"),
        ({}, ("backfill", "--from", "2026-01-01T00:00:00"), "offset"),
        ({}, ("backfill", "--from", "2026-02-01", "--to", "2026-02-01"), "not before"),
        ({"SOURCES__GONG__REQUESTS_PER_SECOND": "many"}, ("sync",), "REQUESTS_PER_SECOND"),
        ({"SOURCES__GONG__COMPANY_TIME_ZONE": "Mars/Phobos"}, ("sync",), "Mars/Phobos"),
        ({"SOURCES__GONG__START_DATE": "soon"}, ("sync",), "START_DATE"),
        ({"SOURCES__GONG__BASE_URL": "api.gong.io"}, ("sync",), "BASE_URL"),
        ({"GONG_ELT_NOW": "2026-01-01"}, ("sync",), "GONG_ELT_NOW"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage_ends_with_2_and_a_message(
    emulator: Emulator,
    home: Path,
    settings: dict[str, str],
    arguments: tuple[str, ...],
    expected: str,
) -> None:
    gong = gong_for(home, emulator, **settings)

    assert expected in assert_one_clear_message(gong(*arguments), 2)


def test_an_unwritable_home_is_named(emulator: Emulator, tmp_path: Path) -> None:
    gong = gong_for(tmp_path / "home", emulator, GONG_ELT_HOME="/proc/nowhere")

    (tmp_path / "home").parent.mkdir(exist_ok=True)
    assert "/proc/nowhere" in assert_one_clear_message(gong("sync"), 2)


def test_a_warehouse_that_another_process_has_open_is_not_touched(
    emulator: Emulator, home: Path
) -> None:
    gong = gong_for(home, emulator)
    home.mkdir()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; db = duckdb.connect({str(gong.warehouse)!r})\n"
            "print('open', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        emulator.forget_requests()
        message = assert_one_clear_message(gong("sync"), 1)

        assert str(holder.pid) in message
        assert emulator.requests() == []
    finally:
        holder.communicate("\n")


def test_a_second_run_with_no_wait_names_the_process_that_holds_the_warehouse(
    emulator: Emulator, home: Path
) -> None:
    gong = gong_for(home, emulator)
    home.mkdir()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from pathlib import Path; from pipelines.lock import hold\n"
            f"with hold(Path({str(gong.warehouse)!r}), 'backfill', wait=False, on_wait=print):\n"
            "    print('held', flush=True); input()",
        ],
        env=gong.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        message = assert_one_clear_message(gong("sync", "--no-wait"), 75)
        status = gong("status")

        assert f"process {holder.pid}" in message
        assert f"process {holder.pid}" in status.stdout
    finally:
        holder.communicate("\n")


@pytest.mark.parametrize(
    "sql", ["select * from nowhere", "selec 1", "select * from read_text('/etc/hostname')"]
)
def test_a_wrong_query_ends_with_2(emulator: Emulator, tmp_path: Path, sql: str) -> None:
    home = tmp_path / "home"
    gong = gong_for(home, emulator)
    (home / "published" / "parts").mkdir(parents=True)
    duckdb.connect(str(home / "published" / "gong.duckdb")).close()
    done = gong("query", sql)

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_query_before_the_first_publication_names_the_command_to_run(home: Path) -> None:
    message = assert_one_clear_message(gong_for(home, None)("query", "select 1"), 1)

    assert "gong-elt sync" in message


def test_an_unexpected_error_is_one_line_that_names_the_damaged_file(home: Path) -> None:
    gong: Gong = gong_for(home, None)
    home.mkdir()
    (home / "status.json").write_text("{not json")
    done = gong("status")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "status.json" in done.stderr
