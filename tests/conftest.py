"""Fixtures that start the real things: the emulator and the command, each a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.summary import pytest_terminal_summary  # noqa: F401  (a hook)
from tests.harness.forking import Forker
from tests.harness.secrets_kept import EMULATOR, artefacts, secrets_of, told_in

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "gong-api"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the API evidence (../shared/gong-api) is not beside the project"
)


@dataclass
class Emulator:
    """A running emulator."""

    base_url: str
    access_key: str
    access_key_secret: str
    time_zone: str
    process: subprocess.Popen[str]
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""

    def truth(self, kind: str) -> list[dict[str, Any]]:
        """Everything of a kind that the API could serve now, unpaged."""
        answer = httpx.get(f"{self.base_url}/_emulator/truth/{kind}", timeout=120)
        answer.raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def requests(self) -> list[dict[str, Any]]:
        """The API requests since the start or the last `forget_requests`, oldest first."""
        found: list[dict[str, Any]] = httpx.get(f"{self.base_url}/_emulator/requests").json()[
            "requests"
        ]
        return found

    def forget_requests(self) -> None:
        httpx.delete(f"{self.base_url}/_emulator/requests").raise_for_status()

    def fault(self, kind: str, **rule: Any) -> int:
        """Adds a rule for faults; its id. `tests/emulator/README.md` tells kinds and keys."""
        answer = httpx.post(f"{self.base_url}/_emulator/faults", json={"kind": kind, **rule})
        assert answer.status_code == 200, answer.text
        added: int = answer.json()["ids"][0]
        return added

    def clear_faults(self) -> None:
        httpx.delete(f"{self.base_url}/_emulator/faults").raise_for_status()

    def faults(self) -> list[dict[str, Any]]:
        """The rules for faults, with how many requests each matched and how often it fired."""
        found: list[dict[str, Any]] = httpx.get(f"{self.base_url}/_emulator/faults").json()[
            "faults"
        ]
        return found

    def limits(self) -> dict[str, Any]:
        """The limits, the busiest second and 24 hours of arrivals, and how many were refused."""
        counts: dict[str, Any] = httpx.get(f"{self.base_url}/_emulator/limits").json()
        return counts

    def change(self, do: str, **facts: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.base_url}/_emulator/change", json={"do": do, **facts})
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def set_clock(self, now: datetime) -> None:
        httpx.put(
            f"{self.base_url}/_emulator/clock", json={"now": now.isoformat()}
        ).raise_for_status()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def start_emulator(*arguments: str) -> Emulator:
    """Starts an emulator on a free port; with `--now` its clock stands still."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.emulator", "--port", "0", "--exit-with-parent", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    return Emulator(
        told["base_url"],
        told["access_key"],
        told["access_key_secret"],
        told["time_zone"],
        process,
        told["client_id"],
        told["client_secret"],
        told["refresh_token"],
    )


@pytest.fixture(scope="session", autouse=True)
def secrets_are_kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Searches all that the tests of this process have left for the key and for phone numbers."""
    yield
    found = [
        f"{file}: {', '.join(told)}"
        for file in artefacts(tmp_path_factory.getbasetemp())
        if (told := told_in(file.read_bytes(), EMULATOR))
    ]
    assert found == []


@pytest.fixture(scope="session")
def emulators() -> Iterator[Callable[..., Emulator]]:
    """Starts emulators and stops them at the end of the session."""
    running: list[Emulator] = []

    def start(*arguments: str) -> Emulator:
        running.append(start_emulator(*arguments))
        return running[-1]

    yield start
    for emulator in running:
        emulator.stop()


_forkers: list[Forker] = []


@pytest.fixture(scope="session", autouse=True)
def _forkers_end() -> Iterator[None]:
    yield
    while _forkers:
        _forkers.pop().stop()


@dataclass
class Gong:
    """The `gong-elt` command with a home and an environment of its own."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, *arguments: str, env: dict[str, str] | None = None, timeout: float = 280
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end; output is captured, and searched for secrets.

        It is forked from a process that has imported what the command imports.
        """
        if not _forkers:
            _forkers.append(Forker())
        done = _forkers[0].run(arguments, {**self.env, **(env or {})}, self.home.parent, timeout)
        secrets = secrets_of({**self.env, **(env or {})})
        assert not told_in(done.stderr.encode(), secrets), f"{arguments[0]} tells it on stderr"
        assert not any(one in done.stdout.encode() for one in secrets), f"{arguments[0]} prints it"
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command, in an interpreter of its own, and does not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            cwd=self.home.parent,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"


def clean_environment(home: Path) -> dict[str, str]:
    """This process's environment without settings of ours, with state folders of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SOURCES__", "GONG_ELT_", "DESTINATION__"))
    }
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "HOME": str(home.parent),
        "XDG_STATE_HOME": str(home.parent / "state"),
        "XDG_DATA_HOME": str(home.parent / "data"),
        "DLT_DATA_DIR": str(home.parent / "dlt-data"),
        "GONG_ELT_HOME": str(home),
    }


def gong_for(home: Path, emulator: Emulator | None, **settings: str) -> Gong:
    """A command that speaks to an emulator without a limit of requests."""
    env = clean_environment(home)
    if emulator:
        env |= {
            "SOURCES__GONG__BASE_URL": emulator.base_url,
            "SOURCES__GONG__ACCESS_KEY": emulator.access_key,
            "SOURCES__GONG__ACCESS_KEY_SECRET": emulator.access_key_secret,
            "SOURCES__GONG__REQUESTS_PER_SECOND": "0",
            "SOURCES__GONG__REQUESTS_PER_DAY": "0",
        }
    return Gong(home, {**env, **settings})


def copy_of(gong: Gong, home: Path) -> Gong:
    """The same command with a copy of its home, published anew if it is published.

    The published copy names its parts by their paths, so it cannot be copied itself.
    """
    shutil.copytree(gong.home, home, ignore=shutil.ignore_patterns("published", "*.lock", "logs"))
    copy = Gong(home, {**gong.env, **clean_environment(home)})
    if (gong.home / "published").exists():
        done = copy("publish")
        assert done.returncode == 0, done.stderr
    return copy


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
