"""Two homes that see the same company: one is never interrupted, the other is killed on and on."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil

from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD = ("--users", "8", "--calls", "120", "--days", "60", "--now", NOW.isoformat(), "--no-limit")

FIRST_SEED = int(os.environ.get("CHAOS_SEED", "1"))
SYNC = ("sync", "--no-transform")

Sums = dict[str, tuple[int, str]]
Emulators = Callable[..., Emulator]


@dataclass
class Kill:
    """A run that was killed.

    Attributes:
        point: where, or "random".
        nth: for the how-manieth time the point was reached; or the instant, in seconds.
        facts: what was known at the point.
        has_lost: whether dlt's working folder was lost with it.
    """

    point: str
    nth: float
    facts: dict[str, Any]
    has_lost: bool


@dataclass
class History:
    """One company, read night after night into both homes.

    Args:
        emulator: the company; nobody else may change it.
        folder: where both homes are.
        seed: of everything that is drawn.
        options: of every sync.
    """

    emulator: Emulator
    folder: Path
    seed: int
    options: tuple[str, ...] = ("--no-transform",)
    now: datetime = NOW
    kills: list[Kill] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    asked_whole: int = 0
    bound: int = 0
    compared: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.whole = gong_for(self.folder / "whole" / "home", self.emulator)
        self.killed = gong_for(self.folder / "killed" / "home", self.emulator)
        self.reached: Counter[str] = Counter()
        self.price = 0
        self.took = 0.0
        for gong in (self.whole, self.killed):
            gong.home.parent.mkdir()

    def run(self, gong: Gong, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end at the company's present."""
        done = gong(*command, env={"GONG_ELT_NOW": self.now.isoformat()})
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done

    def run_whole(self, *command: str) -> None:
        """Runs a command in the home of the uninterrupted, and learns what it asks and reaches."""
        self.emulator.forget_requests()
        begun = time.monotonic()
        told = self._told(self.whole, ["count"], command)
        self.took = time.monotonic() - begun
        assert told["code"] == 0, told["said"]
        self.reached = Counter(told["reached"])
        packages, requests = told["packages"], len(self.emulator.requests())
        self.asked_whole += requests
        # a kill costs a package, and what every run asks: outside of packages (what the company's
        # zone is), and before it goes on with a later package (the whole lists, in the first one)
        self.price = requests - sum(packages) + max(packages, default=0)
        if len(packages) > 1:
            self.price += packages[0]

    def kill(self, point: str, *command: str, nth: int, is_lost: bool) -> Kill | None:
        """Runs a command that is killed at a point; returns None where it ended before it."""
        self.emulator.forget_requests()
        self.tried[point] += 1
        told = self._told(self.killed, [point, str(nth)], command)
        self.asked += len(self.emulator.requests())
        if "point" not in told:
            assert told["code"] == 0, told["said"]
            return None
        assert told["point"] == point
        # where dbt alone is killed the run itself goes on, and says so
        assert told["code"] == (1 if point == "dbt alone" else -9), told["said"]
        return self._note(Kill(point, nth, told, is_lost))

    def kill_at_random(self, *command: str, seconds: float, is_lost: bool) -> Kill | None:
        """Runs a command that is killed after so many seconds; None where it ended before."""
        self.emulator.forget_requests()
        self.tried["random"] += 1
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *command],
            cwd=self.killed.home.parent,
            env=self._env(self.killed),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            code: int | None = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        self.asked += len(self.emulator.requests())
        if code is not None:
            assert code == 0
            return None
        return self._note(Kill("random", round(seconds, 2), {}, is_lost))

    def _note(self, kill: Kill) -> Kill:
        self.kills.append(kill)
        self.bound += self.price
        check_state(kill, self.killed)
        if kill.has_lost:
            shutil.rmtree(self.killed.home / "dlt", ignore_errors=True)
        return kill

    def finish(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Lets the home that was killed come to an end."""
        self.emulator.forget_requests()
        done = self.run(self.killed, *command)
        self.asked += len(self.emulator.requests())
        return done

    def _env(self, gong: Gong) -> dict[str, str]:
        return {**gong.env, "GONG_ELT_NOW": self.now.isoformat()}

    def _told(self, gong: Gong, how: list[str], command: tuple[str, ...]) -> dict[str, Any]:
        return launch(gong, how, command, self.folder / "told.json", self._env(gong))

    def next_night(self) -> None:
        """A day passes: calls are held, some are edited, some are deleted, and so on."""
        self.now += timedelta(days=1)
        company, dice = self.emulator, self.dice
        company.set_clock(self.now)
        calls = [
            call["metaData"]["id"]
            for call in company.truth("calls")
            if datetime.fromisoformat(call["metaData"]["started"]) > self.now - timedelta(days=6)
        ]
        gone, edited, *_ = dice.sample(calls, 4)
        company.change("delete_call", id=gone)
        company.change("edit_call", id=edited, metaData={"title": f"Edited at {self.now}"})
        company.change("edit_call", id=edited, sections={"parties": None})
        added = company.change(
            "add_call",
            started=(self.now - timedelta(hours=dice.randint(2, 40))).isoformat(),
            appears_after_seconds=0,
        )
        company.change("add_transcript", callId=added["id"])
        inside = dice.choice(company.truth("library_folder_calls"))
        company.change("remove_folder_call", folderId=inside["folderId"], callId=inside["id"])
        user = dice.choice(company.truth("users"))
        company.change("edit_user", id=user["id"], fields={"title": f"Title of {self.now:%d %B}"})

    def compare(self) -> None:
        """Both homes hold the same, and nothing is left lying about in the one that was killed."""
        self.compared += equal(raw_sums(self.killed), raw_sums(self.whole))
        check_nothing_is_left(self.killed)

    def compare_published(self) -> None:
        found, expected = published_sums(self.killed), published_sums(self.whole)
        assert found
        assert expected
        self.compared += equal(found, expected)

    def check_requests(self) -> None:
        """Each kill costs a package at most, and what every run asks first: the whole lists."""
        again = self.asked - self.asked_whole
        assert again <= self.bound, f"{again} > {self.bound} after {len(self.kills)} kills"


def launch(
    gong: Gong, how: list[str], command: tuple[str, ...], file: Path, env: dict[str, str]
) -> dict[str, Any]:
    """Runs a command under `tests.chaos.killed`; returns what that wrote, `code` and `said`."""
    file.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.killed", str(file), *how, "--", *command],
        cwd=gong.home.parent,
        env=env,
        capture_output=True,
        text=True,
        timeout=280,
    )
    told = json.loads(file.read_text()) if file.exists() else {}
    return {**told, "code": done.returncode, "said": done.stdout + done.stderr}


def _sums(db: duckdb.DuckDBPyConnection, table: str, columns: str) -> tuple[int, str]:
    row = db.execute(
        f"select count(*), coalesce(sum(hash(t::varchar)::hugeint), 0)::varchar "
        f"from (select {columns} from {table}) as t"
    ).fetchone()
    assert row
    return row


def equal(found: Sums, expected: Sums) -> int:
    """Returns how many tables there are; they must be the same in both, and hold the same."""
    names = found.keys() | expected.keys()
    differing = {
        name: (found.get(name), expected.get(name))
        for name in sorted(names)
        if found.get(name) != expected.get(name)
    }
    assert not differing, f"after kills, and without: {differing}"
    return len(names)


def raw_sums(gong: Gong) -> Sums:
    """Rows and checksum of each raw table, with the instants and hashes it landed with."""
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        db.execute("set timezone = 'UTC'")
        tables = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_raw' "
            "and table_name not like '\\_%' escape '\\' order by all"
        ).fetchall()
        kept = "columns(c -> c not like '\\_dlt\\_%' escape '\\')"
        return {table: _sums(db, f"gong_raw.{table}", kept) for (table,) in tables}


def published_sums(gong: Gong) -> Sums | None:
    """Rows and checksum of each published table but those that tell of runs; None before any."""
    catalogue = gong.home / "published" / "gong.duckdb"
    if not catalogue.exists():
        return None
    with duckdb.connect(str(catalogue), read_only=True) as db:
        db.execute("set timezone = 'UTC'")
        tables = db.execute(
            "select view_name from duckdb_views() where schema_name = 'main' and not internal "
            "order by all"
        ).fetchall()
        return {table: _sums(db, table, _rounded(db, table)) for (table,) in tables}


def _rounded(db: duckdb.DuckDBPyConnection, table: str) -> str:
    """The columns of a table without what a mean owes to the order in which it was added up."""
    columns = db.execute(f"select column_name, column_type from (describe {table})").fetchall()
    return ", ".join(
        f"round({name}, 9) as {name}" if kind == "DOUBLE" else name for name, kind in columns
    )


def closed(gong: Gong) -> set[str]:
    """The load packages that are closed in the warehouse."""
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        if not db.execute(
            "from duckdb_tables() where schema_name = 'gong_raw' and table_name = '_dlt_loads'"
        ).fetchall():
            return set()
        rows = db.execute("select load_id from gong_raw._dlt_loads where status = 0").fetchall()
        return {row[0] for row in rows}


def check_state(kill: Kill, gong: Gong) -> None:
    """What lies there after a kill is what the point promises: it hit where it says."""
    work, load_id = gong.home / "dlt" / "gong_elt", kill.facts.get("load_id")
    waiting = {path.name for path in (work / "load" / "normalized").glob("*")}
    point = kill.point
    if point in ("extract", "deletes"):
        assert [p for p in (work / "normalize").glob("*/") if p.name != "extracted"]
    elif point == "unnamed":
        assert list(work.rglob(kill.facts["file"]))
    elif point in ("unsaved", "extracted"):
        assert list((work / "normalize" / "extracted").glob("*"))
    elif point == "normalize":
        assert list((work / "load" / "new").glob("*"))
    elif point == "handed over":
        assert waiting & {path.name for path in (work / "normalize" / "extracted").glob("*")}
    elif point in ("copy", "merge", "within merge", "before closing"):
        assert load_id in waiting
        assert load_id not in closed(gong)
    elif point == "after closing":
        assert load_id in waiting
        assert load_id in closed(gong)
    elif point == "parts":
        assert list((gong.home / "published" / "parts").glob("*/.*.parquet.*"))
    elif point == "catalogue":
        assert list((gong.home / "published").glob(".parts.json.*"))
    elif point in ("dbt", "dbt alone"):
        # a dbt that was left behind would hold the file, and keep the next run out
        with suppress(psutil.NoSuchProcess):
            psutil.Process(kill.facts["dbt"]).wait(5)
        duckdb.connect(str(gong.warehouse)).close()
        assert not json.loads((gong.home / "built.json").read_text())["is_whole"]


def check_nothing_is_left(gong: Gong) -> None:
    """Nothing of what a killed run had under way is there once a run has come to its end."""
    work = gong.home / "dlt" / "gong_elt"
    under_way = ("normalize/extracted/*", "load/new/*", "load/normalized/*")
    assert [path for pattern in under_way for path in work.glob(pattern)] == []
    assert [path.name for path in work.parent.parent.glob("dlt*")] == ["dlt"]
    assert [p.name for p in (work / "normalize").glob("*/")] == ["extracted"]
    assert list(work.rglob("*.parquet")) == []
    assert [p for p in work.rglob("*") if re.fullmatch("[0-9a-f]{16}", p.name)] == []
    hidden = [p for p in gong.home.rglob(".*") if not p.is_relative_to(gong.home / "dlt")]
    assert [*hidden, *gong.home.rglob("*.wal"), *gong.home.rglob("*.tmp")] == []
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        staging = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_raw_staging'"
        ).fetchall()
        filled = [
            name
            for (name,) in staging
            if not name.startswith("_dlt")
            and db.execute(f"select count(*) from gong_raw_staging.{name}").fetchone() != (0,)
        ]
        built = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_build' "
            "and table_name like '%\\_\\_dbt\\_%' escape '\\'"
        ).fetchall()
    assert filled == []
    assert built == []


Tell = Callable[[History], None]


def seeds(count: int, first: int = 0) -> list[int]:
    return list(range(FIRST_SEED + first, FIRST_SEED + first + count))


def begin(emulators: Emulators, folder: Path, seed: int) -> History:
    return History(emulators("--seed", str(seed), *WORLD), folder, seed)


def settle(history: History, *command: str) -> None:
    """Ends the night; afterwards nothing is left to read."""
    history.finish(*command)
    history.compare()
