"""Reads the recorded exchanges with Gong, which other people keep beside the project."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, NamedTuple

from tests.conftest import SHARED

Json = dict[str, Any]


class Recorded(NamedTuple):
    """One recorded exchange; most files hold one."""

    file: str
    number: int
    exchange: Json

    @property
    def name(self) -> str:
        return f"{self.file}/{self.number}"


@cache
def recordings() -> tuple[Recorded, ...]:
    return tuple(
        Recorded(file.stem, number, exchange)
        for file in sorted((SHARED / "recordings").glob("*.json"))
        for number, exchange in enumerate(json.loads(file.read_text(encoding="utf-8")))
    )


@cache
def hand_made() -> frozenset[str]:
    """Returns the recordings that OBSERVED_TYPES.md marks as lacking live headers."""
    text = (SHARED / "OBSERVED_TYPES.md").read_text(encoding="utf-8")
    marked = set(re.findall(r"^## (\w+ \S+) +\(NO LIVE HEADERS", text, re.MULTILINE))
    return frozenset(
        recording.file
        for recording in recordings()
        if f"{recording.exchange['method']} {recording.exchange['path']}" in marked
    )


def response_of(file: str) -> Json:
    answer: Json = next(recording for recording in recordings() if recording.file == file).exchange[
        "response"
    ]
    return answer


def request_of(file: str) -> Json:
    return next(recording for recording in recordings() if recording.file == file).exchange


def scope_of(exchange: Json) -> str | None:
    """Returns the scope that a recorded request lacked; None if it lacked none."""
    refusal = re.search(r"permission to use '([^']+)'", str(exchange["response"].get("errors")))
    return refusal[1] if refusal else None
