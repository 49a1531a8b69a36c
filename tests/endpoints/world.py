"""The small company that the suite reads, and two ways to read it: to the end, or to entities."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sources.gong.auth import credentials
from sources.gong.client import Client
from sources.gong.columns import Entity
from sources.gong.fans import LAST, needs
from sources.gong.held import Held
from sources.gong.limits import Budget, Limits
from sources.gong.lists import Lists
from sources.gong.overlap import Feed
from sources.gong.planning import is_windowed, windows
from sources.gong.readers import Reader
from sources.gong.steps import Steps
from sources.gong.tables import READINGS
from sources.gong.windows import Reason, Span, Window
from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
START = datetime(2026, 10, 25, 12, tzinfo=UTC)
EMULATOR = (
    "--seed", "11", "--users", "9", "--calls", "40", "--days", "14", "--workspaces", "2",
    "--now", NOW.isoformat(), "--no-limit",
)  # fmt: skip

PARENTS = tuple(
    name for name in READINGS if name == "calls" or any(name in needs(other) for other in READINGS)
)
"""Readings that others ask about."""
LEAVES = tuple(name for name in READINGS if name not in PARENTS)


def command(emulator: Emulator, url: str, folder: Path) -> Gong:
    """The command, told that Gong is at another address than the emulator's."""
    return gong_for(
        folder / "home",
        emulator,
        SOURCES__GONG__BASE_URL=url,
        SOURCES__GONG__START_DATE=START.isoformat(),
        SOURCES__GONG__COMPANY_TIME_ZONE=emulator.time_zone,
        GONG_ELT_NOW=NOW.isoformat(),
    )


def synced(gong: Gong, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs a sync that must end with an exit code."""
    done = gong("sync", "--no-transform", *arguments, timeout=120)
    assert done.returncode == code, done.stderr[-3000:]
    return done


@contextmanager
def reader_of(emulator: Emulator, url: str, folder: Path) -> Iterator[Reader]:
    """A reader of the real parts, in this process."""
    budget = Budget(folder / "ledger.sqlite", Limits(0, 0))
    key = credentials(emulator.access_key, emulator.access_key_secret, None)
    with Client(url, key, budget) as client:
        yield Reader(client, ZoneInfo(emulator.time_zone))
    budget.close()


def entities(reader: Reader, readings: Sequence[str] = READINGS) -> dict[str, list[Entity]]:
    """Everything that the readings read, as the landing gets it, one after another."""
    lists, feeds = Lists(readings, Held()), {name: Feed() for name in readings}
    found: dict[str, list[Entity]] = {}
    rank = {name: place for place, name in enumerate(_parents_first(readings))}
    for reading in sorted(readings, key=lambda name: (name in LAST, rank[name])):
        own = found[reading] = []
        for page in _pages(reader, reading, lists, feeds[reading]):
            own += page
            lists.note(reading, page)
            if reading == "calls":
                for name in ("transcripts", "call_user_access"):
                    if name in feeds:
                        feeds[name].add(str(call["metaData"]["id"]) for call in page)
        if reading == "calls":
            for feed in feeds.values():
                feed.close()
        lists.end(reading)
    return found


def _parents_first(readings: Sequence[str]) -> list[str]:
    found = ["calls"] if "calls" in readings else []

    def add(name: str) -> None:
        for parent in needs(name):
            if parent in readings:
                add(parent)
        if name not in found:
            found.append(name)

    for name in readings:
        add(name)
    return found


def _pages(reader: Reader, reading: str, lists: Lists, feed: Feed) -> Iterator[Sequence[Any]]:
    if is_windowed(reading):
        todo = windows(reading, [(Span(START, NOW), Reason.NEW)], NOW, reader.zone)
    else:
        reason = Reason.AWAITED if reading == "transcripts" else Reason.WHOLE
        todo = [Window(reading, Span(NOW, NOW), reason)]
    steps = Steps(reading, todo, reader, Held(), lists, feed, NOW)
    for job in steps.jobs():
        for progress in job():
            if progress.entities:
                yield progress.entities


__all__ = [
    "EMULATOR", "LEAVES", "NOW", "PARENTS", "START", "command", "entities", "reader_of",
    "synced",
]  # fmt: skip
