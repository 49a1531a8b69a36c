"""A Gong that serves saved pages of calls and transcripts."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

NAMES = {"/v2/calls/extensive": "extensive", "/v2/calls/transcript": "transcript"}
"""Paths of the operations, and how the files of their pages begin."""

CURSORS = "cursors.json"
"""Beside the pages: the number of the page for which each cursor stands."""


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
