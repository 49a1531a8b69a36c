"""Analysts read the published copy while a sync rewrites it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import ROOT, Emulator, Gong
from tests.integration.conftest import COMPANY, NOW, Company

JOINT = """
select
    (select count(*) from gong.fct_calls) as calls,
    (select count(*) from gong.fct_call_participants) as participants,
    (select count(*) from gong.fct_transcript_sentences) as sentences,
    (select count(*) from gong_ops.runs) as runs
"""

State = tuple[int, ...]


class ReaderProcess:
    """A process that keeps reading, in one of several ways."""

    def __init__(self, catalogue: Path, manner: str) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.publish.reader_loop",
                str(catalogue),
                JOINT,
                manner,
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        # only once it has read does a change begin, so it has seen what was before
        self._first = self._process.stdout.readline()

    def stop(self) -> list[dict[str, Any]]:
        rest, _ = self._process.communicate("stop\n", timeout=30)
        return [json.loads(line) for line in (self._first + rest).splitlines()]


@dataclass(frozen=True)
class Night:
    """What was published before and after a sync, and what readers saw meanwhile."""

    before: State
    after: State
    fresh: list[dict[str, Any]]
    held: list[dict[str, Any]]
    queries: list[subprocess.CompletedProcess[str]]
    said: str
    code: int


def published_state(gong: Gong) -> State:
    with duckdb.connect(str(gong.home / "published" / "gong.duckdb"), read_only=True) as db:
        (row,) = db.execute(JOINT).fetchall()
    return tuple(row)


@pytest.fixture(scope="module")
def night(
    company: Company,
    emulators: Callable[..., Emulator],
    tmp_path_factory: pytest.TempPathFactory,
) -> Night:
    gong = company.copy(tmp_path_factory.mktemp("readers") / "home")
    # the same company once more, to change it
    emulator = emulators(*COMPANY)
    gong.env["SOURCES__GONG__BASE_URL"] = emulator.base_url
    before = published_state(gong)
    for day in range(1, 6):
        started = datetime.fromisoformat(NOW) - timedelta(days=day)
        call = emulator.change("add_call", started=started.isoformat(), appears_after_seconds=0)
        emulator.change("add_transcript", callId=call["id"])

    catalogue = gong.home / "published" / "gong.duckdb"
    fresh, held = ReaderProcess(catalogue, "fresh"), ReaderProcess(catalogue, "held")
    queries = []
    sync = gong.start("sync")
    while sync.poll() is None:
        queries.append(gong("query", JOINT, "--format", "json"))
        # the command costs half a second of a processor that the sync needs too
        time.sleep(1)
    said = sync.communicate()[0]
    queries.append(gong("query", JOINT, "--format", "json"))
    return Night(
        before, published_state(gong), fresh.stop(), held.stop(), queries, said, sync.returncode
    )  # fmt: skip


def test_readers_do_not_hinder_a_sync(night: Night) -> None:
    assert night.code == 0, night.said
    calls, participants, sentences, runs = (
        after - before for before, after in zip(night.before, night.after, strict=True)
    )
    assert (calls, runs) == (5, 1)
    assert participants > 0
    assert sentences > 0


def test_no_reader_fails_during_a_sync(night: Night) -> None:
    assert [answer["error"] for answer in night.fresh + night.held if "error" in answer] == []
    assert len(night.fresh) > 50


def test_every_answer_during_a_sync_comes_from_one_publication(night: Night) -> None:
    seen = {tuple(answer["rows"][0]) for answer in night.fresh}
    assert seen == {night.before, night.after}
    in_order = [tuple(answer["rows"][0]) for answer in night.fresh]
    assert in_order == sorted(in_order), "a reader fell back to an older publication"


def test_an_open_connection_keeps_the_publication_it_was_opened_on(night: Night) -> None:
    assert {tuple(answer["rows"][0]) for answer in night.held} == {night.before}


def test_the_query_command_answers_throughout_a_sync(night: Night) -> None:
    assert len(night.queries) > 3
    assert [query.stderr for query in night.queries if query.returncode] == []
    states = [tuple(json.loads(query.stdout)[0].values()) for query in night.queries]
    assert set(states) == {night.before, night.after}
    assert states[-1] == night.after
