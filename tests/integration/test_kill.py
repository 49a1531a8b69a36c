"""A run that is killed at any instant, and run again, ends as if it had never been killed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Emulator, Gong, gong_for

NOW = "2026-11-20T12:00:00Z"
WORLD = ("--seed", "9", "--users", "8", "--calls", "150", "--days", "20", "--now", NOW)


def content(warehouse: Path) -> dict[str, tuple[int, str]]:
    """Rows and checksum of each raw table, without the columns that tell when and how it landed."""
    with duckdb.connect(str(warehouse), read_only=True) as db:
        tables = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_raw' "
            "and table_name not like '\\_%' escape '\\' order by all"
        ).fetchall()
        found = {}
        for (table,) in tables:
            columns = db.execute(
                "select string_agg(column_name, ', ') from duckdb_columns() where schema_name = "
                "'gong_raw' and table_name = ? and column_name not like '\\_%' escape '\\'",
                [table],
            ).fetchone()
            assert columns
            row = db.execute(
                f"select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar "
                f"from (select {columns[0]} from gong_raw.{table}) as t"
            ).fetchone()
            assert row
            found[table] = (row[0], row[1])
    return found


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*WORLD, "--no-limit")


@pytest.fixture(scope="module")
def whole(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, tuple[int, str]], int]:
    """What one run lands that nobody interrupts, and how many requests it takes."""
    gong = gong_for(tmp_path_factory.mktemp("whole") / "home", emulator, GONG_ELT_NOW=NOW)
    emulator.forget_requests()
    assert gong("sync", "--no-transform").returncode == 0
    return content(gong.warehouse), len(emulator.requests())


def kill_and_finish(gong: Gong, dice: random.Random, kills: int) -> int:
    """Kills a sync that many times at random instants, then lets one finish; returns the kills."""
    done = 0
    for _ in range(kills):
        process = gong.start("sync", "--no-transform")
        try:
            process.wait(dice.uniform(0.5, 5.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            done += 1
        if dice.random() < 0.5:
            shutil.rmtree(gong.home / "dlt", ignore_errors=True)
    last = gong("sync", "--no-transform")
    assert last.returncode == 0, last.stderr
    return done


def check(gong: Gong, emulator: Emulator, expected: dict[str, tuple[int, str]]) -> None:
    """The same rows, nothing to read again, and no rows left in dlt's working folder."""
    assert not list((gong.home / "dlt").rglob("*.parquet"))
    assert content(gong.warehouse) == expected
    emulator.forget_requests()
    again = gong("sync", "--no-transform")
    assert again.returncode == 0, again.stderr
    assert " 0 landed" in again.stderr.splitlines()[-1]


@pytest.mark.parametrize("seed", [1, 2])
def test_two_kills_cost_no_row_and_repeat_none(
    emulator: Emulator, whole: tuple[dict[str, tuple[int, str]], int], home: Path, seed: int
) -> None:
    gong = gong_for(home, emulator, GONG_ELT_NOW=NOW)
    kill_and_finish(gong, random.Random(seed), 2)

    check(gong, emulator, whole[0])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10, 22))
def test_many_kills_cost_no_row_and_repeat_none(
    emulator: Emulator, whole: tuple[dict[str, tuple[int, str]], int], home: Path, seed: int
) -> None:
    gong = gong_for(home, emulator, GONG_ELT_NOW=NOW)
    kills = kill_and_finish(gong, random.Random(seed), 5)

    assert kills
    check(gong, emulator, whole[0])
