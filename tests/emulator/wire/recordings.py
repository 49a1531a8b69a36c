"""Serves recorded answers in place of the seeded ones, one per operation, word for word."""

import json
from pathlib import Path

from tests.emulator.operations import routes
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json

# The inputs that choose among lists of one operation; other inputs are ignored.
KINDS = ("logType", "objectType")


class Recordings:
    """The successful answers of a folder of recorded exchanges, by operation.

    The first file wins. Inputs are ignored, except those in KINDS:
    for another kind than the recorded one, the seeded company
    answers.
    """

    def __init__(self, folder: Path | None) -> None:
        """Read every file of the folder; without one, nothing is recorded."""
        self._exchanges: dict[Route, Json] = {}
        for file in sorted(folder.glob("*.json")) if folder else ():
            for exchange in json.loads(file.read_text("utf-8")):
                route = routes.known(exchange["method"], exchange["path"])
                if route is not None and exchange["status"] == 200:
                    self._exchanges.setdefault(route, exchange)

    def find(self, route: Route, request: Request) -> Json | None:
        """The recorded answer of an operation, or None."""
        exchange = self._exchanges.get(route)
        if exchange is None:
            return None
        recorded = exchange["query"] or {}
        if any(request.query.get(key) != recorded[key] for key in KINDS if key in recorded):
            return None
        answer: Json = exchange["response"]
        return answer
