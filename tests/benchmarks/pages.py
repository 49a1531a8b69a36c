"""Pages of calls and transcripts, saved as they came over the wire, and a Gong that serves them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from sources.gong.extract.calls import SECTIONS
from tests.conftest import Emulator, start_emulator

NAMES = {"/v2/calls/extensive": "extensive", "/v2/calls/transcript": "transcript"}
"""Paths of the operations, and how the files of their pages begin."""

CURSORS = "cursors.json"
"""Beside the pages: the number of the page for which each cursor stands."""


def save(folder: Path, calls: int, days: int = 90) -> None:
    """Saves all pages of calls and transcripts of a company with as many calls."""
    folder.mkdir(parents=True, exist_ok=True)
    emulator = start_emulator(
        "--seed", "7", "--calls", str(calls), "--days", str(days), "--no-limit"
    )
    numbers: dict[str, int] = {}
    try:
        for path, name in NAMES.items():
            body = _body() if name == "extensive" else {"filter": {}}
            for number, (content, cursor) in enumerate(_answers(emulator, path, body)):
                (folder / f"{name}-{number:05}.json").write_bytes(content)
                if cursor:
                    numbers[cursor] = number + 1
    finally:
        emulator.stop()
    (folder / CURSORS).write_text(json.dumps(numbers))


def _body() -> dict[str, Any]:
    """Returns the request of calls with every section, as the sync sends it."""
    body: dict[str, Any] = {"filter": {}}
    for dotted, value in SECTIONS.items():
        *around, last = dotted.split(".")
        place = body
        for key in around:
            place = place.setdefault(key, {})
        place[last] = value
    body["contentSelector"]["exposedFields"]["media"] = True
    return body


def _answers(
    emulator: Emulator, path: str, body: dict[str, Any]
) -> Iterator[tuple[bytes, str | None]]:
    auth, cursor = (emulator.access_key, emulator.access_key_secret), None
    while True:
        sent = {**body, "cursor": cursor} if cursor else body
        answer = httpx.post(emulator.base_url + path, json=sent, auth=auth, timeout=120)
        cursor = answer.json()["records"].get("cursor")
        yield answer.content, cursor
        if not cursor:
            return


class SavedPages(httpx.BaseTransport):
    """Answers each request with the page whose number its cursor stands for."""

    def __init__(self, folder: Path) -> None:
        self._pages = {name: sorted(folder.glob(f"{name}-*.json")) for name in NAMES.values()}
        self._numbers: dict[str, int] = json.loads((folder / CURSORS).read_text())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers a request."""
        name = NAMES[request.url.path]
        cursor = json.loads(request.read()).get("cursor")
        number = self._numbers[cursor] if cursor else 0
        content = self._pages[name][number].read_bytes()
        return httpx.Response(
            200, headers={"Content-Type": "application/json"}, stream=httpx.ByteStream(content)
        )
