"""Fixtures that start the emulator and the command, each in a process of its own."""

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
from tests.harness.property_profiles import register_profiles
from tests.harness.secrets_kept import EMULATOR, artefacts, leaks_in, secrets_of

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "gong-api"

# A shell starts what runs in its background with SIGINT ignored, which every child would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)

register_profiles()

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
        """Returns every element of a kind that the API could serve now, without pages."""
        answer = httpx.get(f"{self.base_url}/_emulator/truth/{kind}", timeout=120)
        answer.raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def requests(self) -> list[dict[str, Any]]:
        """Returns the API requests since the start or `forget_requests`, oldest first."""
        answer = httpx.get(f"{self.base_url}/_emulator/requests").json()
        requests: list[dict[str, Any]] = answer["requests"]
        return requests

    def forget_requests(self) -> None:
        httpx.delete(f"{self.base_url}/_emulator/requests").raise_for_status()

    def fault(self, kind: str, **rule: Any) -> int:
        """Adds a fault rule and returns its id; `tests/emulator/README.md` lists the kinds."""
        answer = httpx.post(f"{self.base_url}/_emulator/faults", json={"kind": kind, **rule})
        assert answer.status_code == 200, answer.text
        added: int = answer.json()["ids"][0]
        return added

    def clear_faults(self) -> None:
        httpx.delete(f"{self.base_url}/_emulator/faults").raise_for_status()

    def faults(self) -> list[dict[str, Any]]:
        """Returns the fault rules with the number of requests that each matched and struck."""
        answer = httpx.get(f"{self.base_url}/_emulator/faults").json()
        rules: list[dict[str, Any]] = answer["faults"]
        return rules

    def limits(self) -> dict[str, Any]:
        """Returns the limits, the busiest second and day of arrivals, and the refusals."""
        counts: dict[str, Any] = httpx.get(f"{self.base_url}/_emulator/limits").json()
        return counts

    def change(self, do: str, **facts: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.base_url}/_emulator/change", json={"do": do, **facts})
        answer.raise_for_status()
        answered: dict[str, Any] = answer.json()
        return answered

    def set_clock(self, now: datetime) -> None:
        httpx.put(
            f"{self.base_url}/_emulator/clock", json={"now": now.isoformat()}
        ).raise_for_status()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


def start_emulator(*arguments: str) -> Emulator:
    """Starts an emulator on a free port; `--now` stops its clock."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.emulator", "--port", "0", "--exit-with-parent", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    return Emulator(
        facts["base_url"],
        facts["access_key"],
        facts["access_key_secret"],
        facts["time_zone"],
        process,
        facts["client_id"],
        facts["client_secret"],
        facts["refresh_token"],
    )


@pytest.fixture(scope="session", autouse=True)
def secrets_are_kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Searches the artefacts of this process's tests for secrets and phone numbers."""
    yield
    leaks = [
        f"{file}: {', '.join(kinds)}"
        for file in artefacts(tmp_path_factory.getbasetemp())
        if (kinds := leaks_in(file.read_bytes(), EMULATOR))
    ]
    assert leaks == []


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
        """Runs a command to its end, captures its output and searches it for secrets.

        The command is a fork of a process that has imported its modules.
        """
        if not (_forkers and _forkers[-1].is_running):
            _forkers.append(Forker())
        done = _forkers[-1].run(arguments, {**self.env, **(env or {})}, self.home.parent, timeout)
        secrets = secrets_of({**self.env, **(env or {})})
        assert not leaks_in(done.stderr.encode(), secrets), f"{arguments[0]}: secret on stderr"
        leaked = any(secret in done.stdout.encode() for secret in secrets)
        assert not leaked, f"{arguments[0]}: secret on stdout"
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command in an interpreter of its own and does not wait for its end."""
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
    """Returns the environment without gong-elt's settings, with state folders beside the home."""
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
    """Returns a command that connects to an emulator without a limit of requests."""
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
    """Returns the same command with a copy of its home.

    A published copy names its parts by their paths, so it is not copied but published again.
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
