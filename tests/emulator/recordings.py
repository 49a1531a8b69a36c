"""Serves recorded answers in place of the seeded ones, one per operation, word for word."""

import json
from pathlib import Path

from tests.emulator import routes
from tests.emulator.requests import Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json

# What chooses among several lists of one operation; every other input is answered alike.
KINDS = ("logType", "objectType")


class Recordings:
    """The successful answers of a folder of recorded exchanges, by operation.

    Of several for one operation the first file's counts. Inputs are not looked at, except those
    that say which kind of thing is asked for: another kind than the recorded one is the seeded
    company's business.
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
