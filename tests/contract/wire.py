"""A client of the emulator that keeps every exchange, and the options of the emulator."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.conftest import Emulator
from tests.contract.documents import Operation
from tests.emulator.operations import routes

Json = dict[str, Any]
NOW = "2026-11-18T15:00:00-05:00"
WORLD = ("--now", NOW, "--no-limit", "--calls", "160", "--users", "14", "--days", "30")
SMALL = ("--now", NOW, "--no-limit", "--calls", "20", "--users", "6", "--days", "10")


@dataclass(frozen=True)
class Exchange:
    """One answered request."""

    operation: Operation
    path: str
    status: int
    answer: Json
    trace: str


@dataclass
class Wire:
    """A client with the emulator's key that keeps every exchange."""

    emulator: Emulator
    kept: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        key = (self.emulator.access_key, self.emulator.access_key_secret)
        self.client = httpx.Client(base_url=self.emulator.base_url, auth=key, timeout=60)

    def __call__(self, method: str, path: str, body: Any = None, **sent: Any) -> Json:
        """Sends a request and returns its answer; the operation must be one of the emulator's."""
        route = routes.known(method, f"/v2/{path}")
        assert route is not None, (method, path)
        if body is not None:
            sent["content"] = json.dumps(body)
            sent["headers"] = {"Content-Type": "application/json"} | sent.get("headers", {})
        answer = self.client.request(method, f"/v2/{path}", **sent)
        content: Json = answer.json()
        self.kept.append(
            Exchange(
                (method, route.shape),
                path,
                answer.status_code,
                content,
                answer.headers["X-Traceid"],
            )
        )
        return content

    def all_pages(self, method: str, path: str, inputs: Json) -> None:
        """Reads a list to its last page."""
        cursor: Json = {}
        while True:
            sent = inputs | cursor
            page = self(method, path, params=sent) if method == "GET" else self(method, path, sent)
            if "cursor" not in page["records"]:
                return
            cursor = {"cursor": page["records"]["cursor"]}

    def advance(self, seconds: float) -> None:
        self.client.put("/_emulator/clock", json={"advance_seconds": seconds}).raise_for_status()

    def ids(self, kind: str, key: str = "id") -> list[Any]:
        return [element[key] for element in self.emulator.truth(kind)]
