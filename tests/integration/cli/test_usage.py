"""A wrong command line or setting ends with exit code 2 and one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from pipelines.cli import app
from tests.conftest import Gong, gong_for

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
KEYS = {
    "SOURCES__GONG__ACCESS_KEY": "the-key",
    "SOURCES__GONG__ACCESS_KEY_SECRET": "the-secret",
    "SOURCES__GONG__BASE_URL": "http://127.0.0.1:9",
}


@pytest.fixture
def gong(home: Path) -> Gong:
    return gong_for(home, None)


def refused(gong: Gong, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Runs a command that must be refused before it does anything, and returns what it said."""
    done = gong(*arguments, env=env)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "Traceback" not in line
    for secret in ("the-secret", "hidden"):
        assert secret not in line
    assert not (gong.home / "warehouse.duckdb").exists()
    return line


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(gong: Gong, command: str) -> None:
    done = gong(command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert done.stderr == ""


def test_the_command_lists_its_commands(gong: Gong) -> None:
    done = gong("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


def test_without_credentials_both_settings_are_named(gong: Gong) -> None:
    line = refused(gong, "sync")
    assert "SOURCES__GONG__ACCESS_KEY and SOURCES__GONG__ACCESS_KEY_SECRET are not set" in line
    assert not gong.home.exists()


def test_half_a_credential_names_the_other_half(gong: Gong) -> None:
    line = refused(gong, "sync", env={"SOURCES__GONG__ACCESS_KEY": "the-key"})
    assert "SOURCES__GONG__ACCESS_KEY_SECRET is not set" in line
    line = refused(gong, "sync", env={"SOURCES__GONG__ACCESS_KEY_SECRET": "the-secret"})
    assert "SOURCES__GONG__ACCESS_KEY is not set" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "yesterday"), "--from 'yesterday' is not a date"),
        (("--from", "2026-01-01", "--to", "01.02.2026"), "--to '01.02.2026' is not a date"),
        (("--from", "2026-01-01T00:00:00"), "has no offset"),
        (("--from", "2026-02-30"), "is not a date"),
        (("--from", "2026-02-01", "--to", "2026-02-01"), "is not before --to"),
        (("--from", "2026-02-02", "--to", "2026-02-01"), "is not before --to"),
    ],
)
def test_dates_that_cannot_be_used_are_refused(
    gong: Gong, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused(gong, "backfill", *arguments, env=KEYS)


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("cals", "did you mean calls"),
        ("calls,transcript", "did you mean transcript"),
        ("user", "users"),
        ("zzz", "known are calls,"),
        ("stats_periods", "there is no such table"),
        (" , ", "names no table"),
    ],
)
def test_an_unknown_table_is_refused_with_near_ones(gong: Gong, only: str, said: str) -> None:
    assert said in refused(gong, "sync", "--only", only, env=KEYS)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GONG_ELT_WAREHOUSE", "mysql://user:hidden@host/db", "mysql"),
        ("GONG_ELT_WAREHOUSE", "warehouse.duckdb", "no scheme"),
        ("GONG_ELT_NOW", "noon", "GONG_ELT_NOW"),
        ("SOURCES__GONG__REQUESTS_PER_SECOND", "many", "SOURCES__GONG__REQUESTS_PER_SECOND"),
        ("SOURCES__GONG__PRIVATE_CALLS", "maybe", "SOURCES__GONG__PRIVATE_CALLS"),
        ("SOURCES__GONG__BASE_URL", "api.gong.io", "SOURCES__GONG__BASE_URL"),
        ("SOURCES__GONG__COMPANY_TIME_ZONE", "Berlin", "Europe/Berlin"),
        ("SOURCES__GONG__START_DATE", "soon", "SOURCES__GONG__START_DATE"),
        ("GONG_ELT_WAREHOUSE", "duckdb:rel.db", "three slashes"),
        ("GONG_ELT_WAREHOUSE", "duckdb:///rel.db", "no folder /rel.db"),
        ("GONG_ELT_HOME", "'/quoted'", "in quotes"),
        ("GONG_ELT_HOME", "/a*b", "GONG_ELT_HOME"),
        ("SOURCES__GONG__ACCESS_KEY", "hidden\nkey", "SOURCES__GONG__ACCESS_KEY has a line break"),
        (
            "SOURCES__GONG__ACCESS_KEY",
            "hiddenключ",
            "SOURCES__GONG__ACCESS_KEY contains a character",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(
    gong: Gong, name: str, value: str, said: str
) -> None:
    assert said in refused(gong, "sync", env={**KEYS, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NO_PROXY", "[::1"),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("HTTPS_PROXY", "proxy:port"),
        ("SSL_CERT_FILE", "/nonexistent.pem"),
        ("XDG_STATE_HOME", "/proc/nowhere"),
    ],
)
@pytest.mark.parametrize("command", ["sync", "check", "plan", "api"])
def test_a_machine_that_is_set_up_wrongly_is_told_what_to_set(
    gong: Gong, command: str, name: str, value: str
) -> None:
    words = (command, "listWorkspaces") if command == "api" else (command,)
    done = gong(*words, env={**KEYS, name: value})
    assert done.returncode == 2, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert name in line
    assert "unexpected" not in line


@pytest.mark.parametrize("command", [("query", "select 1"), ("status",), ("publish",)])
def test_a_warehouse_setting_is_refused_by_commands_that_read_too(
    gong: Gong, command: tuple[str, ...]
) -> None:
    assert "three slashes" in refused(gong, *command, env={"GONG_ELT_WAREHOUSE": "duckdb:rel.db"})


def test_an_invalid_toml_settings_file_is_refused(gong: Gong) -> None:
    folder = gong.home.parent / ".dlt"
    folder.mkdir()
    (folder / "secrets.toml").write_text("[sources.gong\naccess_key = 'hidden'")
    assert "secrets.toml is not valid TOML" in refused(gong, "sync", env=KEYS)


def test_a_home_that_is_a_file_is_refused(gong: Gong) -> None:
    gong.home.touch()
    assert "GONG_ELT_HOME" in refused(gong, "sync", env=KEYS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("sinc",),
        ("sync", "--fast"),
        ("sync", "--max-requests", "0"),
        ("sync", "--max-requests", "few"),
        ("sync", "--reserve", "-1"),
        ("sync", "--log-format", "xml"),
        ("backfill",),
        ("query",),
        ("query", "select 1", "--format", "xlsx"),
        (),
    ],
)
def test_a_command_line_that_is_wrong_is_refused(gong: Gong, arguments: tuple[str, ...]) -> None:
    done = gong(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not gong.home.exists()


def test_before_the_first_sync_the_message_names_the_next_step(gong: Gong) -> None:
    for command in (("transform",), ("publish",), ("query", "select 1")):
        asked = gong(*command)
        assert asked.returncode in (1, 2)
        *homes, line = asked.stderr.splitlines()
        assert "gong-elt sync" in line
        assert homes in ([], [f"home {gong.home}"])


def test_status_answers_before_the_first_sync(gong: Gong) -> None:
    done = gong("status")
    assert done.returncode == 0
    assert "nothing has landed here yet" in done.stdout
    status = json.loads(gong("status", "--json").stdout)
    assert (status["running"], status["requests_today"], status["tables"]) == (None, 0, [])
    assert status["home"] == str(gong.home)


def test_an_error_for_machines_is_one_json_line(gong: Gong) -> None:
    done = gong("sync", "--log-format", "json")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    entry = json.loads(line)
    assert entry["level"] == "error"
    assert "SOURCES__GONG__ACCESS_KEY" in entry["message"]


def test_a_host_that_is_not_there_fails_and_names_it(gong: Gong) -> None:
    done = gong("sync", "--only", "users", env=KEYS)
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
    assert "the-secret" not in done.stderr
