"""Starts emulators as processes of their own and talks to them over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

ROOT = Path(__file__).parents[3]
Json = dict[str, Any]
NOW = "2026-11-18T15:00:00-05:00"
FULL_SELECTOR: Json = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "content": dict.fromkeys(
            (
                "structure",
                "topics",
                "trackers",
                "trackerOccurrences",
                "pointsOfInterest",
                "brief",
                "outline",
                "highlights",
                "callOutcome",
                "keyPoints",
            ),
            True,
        ),
        "interaction": dict.fromkeys(
            ("speakers", "video", "personInteractionStats", "questions"), True
        ),
        "collaboration": {"publicComments": True},
    },
}


@dataclass
class Emulator:
    """One running emulator and a client that carries its credentials."""

    process: subprocess.Popen[str]
    info: Json
    client: httpx.Client
    full_selector: ClassVar[Json] = FULL_SELECTOR

    def get(self, path: str, **query: str) -> httpx.Response:
        """GET an API path."""
        return self.client.get(f"/v2/{path}", params=query)

    def post(self, path: str, body: Any) -> httpx.Response:
        """POST JSON to an API path."""
        return self.client.post(f"/v2/{path}", json=body)

    def pages(self, method: str, path: str, inputs: Json) -> list[Json]:
        """All pages of a list, with every input repeated beside the cursor."""
        pages: list[Json] = []
        cursor: Json = {}
        while True:
            sent = {**inputs, **cursor}
            answer = self.get(path, **sent) if method == "GET" else self.post(path, sent)
            assert answer.status_code == 200, answer.text
            pages.append(answer.json())
            token = pages[-1]["records"].get("cursor")
            if token is None:
                return pages
            cursor = {"cursor": token}

    def walk(self, method: str, path: str, key: str, inputs: Json) -> list[Json]:
        """All rows of a list."""
        return [row for page in self.pages(method, path, inputs) for row in page[key]]

    def truth(self, kind: str) -> list[Json]:
        """Everything of a kind that the world holds."""
        items: list[Json] = self.client.get(f"/_emulator/truth/{kind}").json()["items"]
        return items

    def change(self, do: str, **details: Any) -> Json:
        """Change the running world."""
        answer = self.client.post("/_emulator/change", json={"do": do, **details})
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()
        return changed

    def fault(self, kind: str, **rule: Any) -> int:
        """Add a rule for faults; its id."""
        answer = self.client.post("/_emulator/faults", json={"kind": kind, **rule})
        assert answer.status_code == 200, answer.text
        added: int = answer.json()["ids"][0]
        return added

    def faults(self) -> list[Json]:
        """The rules for faults with their counts."""
        rules: list[Json] = self.client.get("/_emulator/faults").json()["faults"]
        return rules

    def requests(self) -> list[Json]:
        """The request log."""
        log: list[Json] = self.client.get("/_emulator/requests").json()["requests"]
        return log

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.client.put("/_emulator/clock", json={"advance_seconds": seconds})

    def errors(self, answer: httpx.Response) -> tuple[int, list[str]]:
        """Status and texts of a refusal, whose envelope is checked on the way."""
        body = answer.json()
        assert set(body) == {"requestId", "errors"}
        return answer.status_code, body["errors"]


Start = Callable[..., Emulator]


def _launch(*options: str) -> Emulator:
    command = [sys.executable, "-m", "tests.emulator", "--exit-with-parent", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    info = json.loads(process.stdout.readline())
    auth = (info["access_key"], info["access_key_secret"])
    return Emulator(process, info, httpx.Client(base_url=info["base_url"], auth=auth, timeout=30))


def _stop(emulator: Emulator) -> None:
    emulator.client.close()
    emulator.process.terminate()
    assert emulator.process.wait(10) == 0
    assert emulator.process.stdout is not None
    emulator.process.stdout.close()


@pytest.fixture
def start() -> Iterator[Start]:
    """Start emulators with options of the test's own."""
    running: list[Emulator] = []

    def launch(*options: str) -> Emulator:
        running.append(_launch("--now", NOW, *options))
        return running[-1]

    yield launch
    for emulator in running:
        _stop(emulator)


@pytest.fixture(scope="session")
def world() -> Iterator[Emulator]:
    """A shared emulator without limits, for tests that only read."""
    emulator = _launch("--now", NOW, "--no-limit", "--calls", "330", "--users", "120")
    yield emulator
    _stop(emulator)


@pytest.fixture(scope="session")
def small_world() -> Iterator[Emulator]:
    """A shared emulator with just sixty calls, for tests that only read."""
    emulator = _launch("--now", NOW, "--no-limit", "--calls", "60")
    yield emulator
    _stop(emulator)
