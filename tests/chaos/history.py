"""Two homes of the same company: one is never interrupted, the other is killed repeatedly."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.chaos.state import check_nothing_is_left, check_state
from tests.chaos.sums import equal, published_sums, raw_sums
from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD = ("--users", "8", "--calls", "120", "--days", "60", "--now", NOW.isoformat(), "--no-limit")

FIRST_SEED = int(os.environ.get("CHAOS_SEED", "1"))
SYNC = ("sync", "--no-transform")

Emulators = Callable[..., Emulator]


@dataclass
class Kill:
    """A run that was killed.

    Attributes:
        point: name of the point, or "random".
        nth: ordinal of the call at which the run was killed; for "random" the seconds after start.
        facts: facts recorded at the point.
        has_lost: whether dlt's working folder was removed afterwards.
    """

    point: str
    nth: float
    facts: dict[str, Any]
    has_lost: bool


@dataclass
class History:
    """One company, synced night after night into both homes.

    Attributes:
        emulator: the company; nobody else may change it.
        folder: the folder of both homes.
        seed: seed of every random choice.
        now: the company's present.
        kills: the kills so far.
        tried: runs that were to be killed, by point.
        requests: requests of the home that is killed.
        requests_whole: requests of the home that is never interrupted.
        bound: requests that the kills may have repeated.
        compared: number of compared tables.
    """

    emulator: Emulator
    folder: Path
    seed: int
    now: datetime = NOW
    kills: list[Kill] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    requests_whole: int = 0
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
        """Runs a command to its end at the company's present; it must succeed."""
        done = gong(*command, env={"GONG_ELT_NOW": self.now.isoformat()})
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done

    def run_whole(self, *command: str) -> None:
        """Runs a command in the uninterrupted home; records its requests, points and duration."""
        self.emulator.forget_requests()
        begun = time.monotonic()
        outcome = self._outcome(self.whole, ["count"], command)
        self.took = time.monotonic() - begun
        assert outcome["code"] == 0, outcome["output"]
        self.reached = Counter(outcome["reached"])
        packages, requests = outcome["packages"], len(self.emulator.requests())
        self.requests_whole += requests
        # A kill may repeat one package and the requests of every run: those outside packages (the
        # company's zone), and those before a later package (the whole lists, in the first one).
        self.price = requests - sum(packages) + max(packages, default=0)
        if len(packages) > 1:
            self.price += packages[0]

    def kill(self, point: str, *command: str, nth: int, is_lost: bool) -> Kill | None:
        """Runs a command that is killed at a point; returns None if it ended before."""
        self.emulator.forget_requests()
        self.tried[point] += 1
        outcome = self._outcome(self.killed, [point, str(nth)], command)
        self.requests += len(self.emulator.requests())
        if "point" not in outcome:
            assert outcome["code"] == 0, outcome["output"]
            return None
        assert outcome["point"] == point
        # After a kill of dbt alone the run continues and reports it.
        assert outcome["code"] == (1 if point == "dbt alone" else -9), outcome["output"]
        return self._note(Kill(point, nth, outcome, is_lost))

    def kill_at_random(self, *command: str, seconds: float, is_lost: bool) -> Kill | None:
        """Runs a command that is killed after `seconds`; returns None if it ended before."""
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
        self.requests += len(self.emulator.requests())
        if code is not None:
            assert code == 0
            return None
        return self._note(Kill("random", round(seconds, 2), {}, is_lost))

    def _note(self, kill: Kill) -> Kill:
        self.kills.append(kill)
        self.bound += self.price
        check_state(kill.point, kill.facts, self.killed)
        if kill.has_lost:
            shutil.rmtree(self.killed.home / "dlt", ignore_errors=True)
        return kill

    def finish(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end in the home that was killed."""
        self.emulator.forget_requests()
        done = self.run(self.killed, *command)
        self.requests += len(self.emulator.requests())
        return done

    def _env(self, gong: Gong) -> dict[str, str]:
        return {**gong.env, "GONG_ELT_NOW": self.now.isoformat()}

    def _outcome(self, gong: Gong, how: list[str], command: tuple[str, ...]) -> dict[str, Any]:
        return launch(gong, how, command, self.folder / "killed.json", self._env(gong))

    def next_night(self) -> None:
        """Advances one day and changes the company: adds, edits and deletes calls and others."""
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
        """Checks that both raw schemas are equal and that the kills have left no files."""
        self.compared += equal(raw_sums(self.killed), raw_sums(self.whole))
        check_nothing_is_left(self.killed)

    def compare_published(self) -> None:
        """Checks that both published copies are equal."""
        actual, expected = published_sums(self.killed), published_sums(self.whole)
        assert actual
        assert expected
        self.compared += equal(actual, expected)

    def check_requests(self) -> None:
        """Checks that each kill repeated at most one package and the requests of every run."""
        repeated = self.requests - self.requests_whole
        assert repeated <= self.bound, f"{repeated} > {self.bound} after {len(self.kills)} kills"


def launch(
    gong: Gong, how: list[str], command: tuple[str, ...], file: Path, env: dict[str, str]
) -> dict[str, Any]:
    """Runs a command under `tests.chaos.killed`.

    Returns:
        The facts that it wrote, with the exit code as `code` and the output as `output`.
    """
    file.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.killed", str(file), *how, "--", *command],
        cwd=gong.home.parent,
        env=env,
        capture_output=True,
        text=True,
        timeout=280,
    )
    facts = json.loads(file.read_text()) if file.exists() else {}
    return {**facts, "code": done.returncode, "output": done.stdout + done.stderr}


Report = Callable[[History], None]
"""Adds the counts of a history to the summary."""


def seeds(count: int, first: int = 0) -> list[int]:
    return list(range(FIRST_SEED + first, FIRST_SEED + first + count))


def begin(emulators: Emulators, folder: Path, seed: int) -> History:
    return History(emulators("--seed", str(seed), *WORLD), folder, seed)


def settle(history: History, *command: str) -> None:
    """Completes the night and compares both homes."""
    history.finish(*command)
    history.compare()
