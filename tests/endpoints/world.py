"""The small company of the suite, and two ways to read it: by a sync, or as entities."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.reader import Reader
from sources.gong.extract.tasks import ReadRules, StreamTasks
from sources.gong.extract.window_plan import is_windowed, windows
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.arrow import entity_key
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import LAST, STREAMS, parent_streams, root_of
from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
START = datetime(2026, 10, 25, 12, tzinfo=UTC)
EMULATOR = (
    "--seed", "11", "--users", "9", "--calls", "40", "--days", "14", "--workspaces", "2",
    "--now", NOW.isoformat(), "--no-limit",
)  # fmt: skip


def command(emulator: Emulator, url: str, folder: Path) -> Gong:
    """Returns the command with another base URL than the emulator's."""
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
    """Opens the product's reader in this process."""
    budget = Budget(folder / "ledger.sqlite", Limits(0, 0))
    key = credentials(emulator.access_key, emulator.access_key_secret, None)
    with Client(url, key, budget) as client:
        yield Reader(client, ZoneInfo(emulator.time_zone))
    budget.close()


def entities(reader: Reader, streams: Sequence[str] = STREAMS) -> dict[str, list[Entity]]:
    """Returns the entities of each stream before they are loaded, read without threads."""
    parents = ParentRecords(streams, ExistingRows())
    read: dict[str, list[Entity]] = {}
    rank = {name: place for place, name in enumerate(_parents_first(streams))}
    for stream in sorted(streams, key=lambda name: (name in LAST, rank[name])):
        own = read[stream] = []
        for page in _pages(reader, stream, parents):
            own += page
            parents.add(stream, page)
            if stream == "calls":
                ids = [str(call["metaData"]["id"]) for call in page]
                parents.add_calls(ids, ids, is_lookback=False)
        parents.finish(stream)
    return read


def _parents_first(streams: Sequence[str]) -> list[str]:
    ordered = ["calls"] if "calls" in streams else []

    def add(name: str) -> None:
        for parent in parent_streams(name):
            if parent in streams:
                add(parent)
        if name not in ordered:
            ordered.append(name)

    for name in streams:
        add(name)
    return ordered


def _pages(reader: Reader, stream: str, parents: ParentRecords) -> Iterator[Sequence[Any]]:
    if is_windowed(stream):
        todo = windows(stream, [(Span(START, NOW), Reason.NEW)], NOW, reader.zone)
    else:
        reason = Reason.AWAITED if stream == "transcripts" else Reason.WHOLE
        todo = [Window(stream, Span(NOW, NOW), reason)]
    tasks = StreamTasks(stream, todo, reader, ExistingRows(), parents, ReadRules(NOW), threads=1)
    for result in tasks.results():
        if result and result.entities:
            yield result.entities


def distinct(entities_by_stream: dict[str, list[Entity]], name: str) -> int:
    root = root_of(name)
    return len({entity_key(root, entity) for entity in entities_by_stream[name]})
