"""Pages of calls and transcripts, saved as they came over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from sources.gong.extract.calls import SECTIONS
from tests.benchmarks.served_pages import CURSORS, NAMES
from tests.conftest import Emulator, start_emulator


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
