"""`gong-elt sync` under many faults at once: what fails fails alone; the next sync repairs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.operations import operation
from sources.gong.schema.tables import STREAMS, TABLES, table, tables_of
from tests.conftest import Emulator, Gong
from tests.endpoints.outcomes import HOURS, KINDS
from tests.endpoints.test_every_read import spelled
from tests.endpoints.test_faults import depends_on
from tests.endpoints.world import EMULATOR, LEAVES, PARENTS, command, synced
from tests.harness.landed import connect, rows_of, without_load_columns

FATAL = (
    "500", "503", "HTML page, 503", "reset", "truncated", "HTML page, 200", "JSON list",
    "invalid JSON", "JSON empty_object", "missing scope", "HTML page, 403", "half JSON",
    "closed in silence", "JSON null",
)  # fmt: skip
"""Kinds that end one stream when they strike every request of it."""
PASSING = (
    "500", "429 with a short wait", "reset after the work", "truncated", "HTML page, 200",
    "slow body", "wrong content type", "JSON text", "504",
)  # fmt: skip
"""Kinds that nobody notices when they strike once."""
IN_FLIGHT = 40
"""No more requests than that are on their way at once; those cannot be called back."""


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*EMULATOR)


@pytest.fixture(autouse=True)
def _no_fault_is_left(emulator: Emulator) -> Iterator[None]:
    yield
    emulator.clear_faults()


Content = dict[str, list[str]]


def content(gong: Gong) -> Content:
    """All rows of all tables, without what tells by which run they came."""
    return {
        one.name: spelled([without_load_columns(row) for row in rows_of(gong.warehouse, one.name)])
        for one in TABLES
    }


@pytest.fixture(scope="module")
def undisturbed(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Content:
    emulator.clear_faults()
    gong = command(emulator, emulator.base_url, tmp_path_factory.mktemp("undisturbed"))
    synced(gong)
    return content(gong)


def rule_of(name: str) -> str:
    told = table(name).operation
    assert told is not None
    asked = operation(told)
    return f"{asked.method} {asked.path}"


@dataclass(frozen=True)
class Struck:
    """A sync in which every leaf met a fault for ever, and every parent one that passes."""

    gong: Gong
    said: str
    content: Content
    closed: dict[str, int]
    """Windows that the account shows as done, by reading."""
    requests: list[dict[str, Any]]
    kinds: dict[str, str]


@pytest.fixture(scope="module")
def struck(
    emulator: Emulator, undisturbed: Content, tmp_path_factory: pytest.TempPathFactory
) -> Struck:
    assert undisturbed
    gong = command(emulator, emulator.base_url, tmp_path_factory.mktemp("struck"))
    kinds = {name: FATAL[place % len(FATAL)] for place, name in enumerate(LEAVES)}
    for name, kind in kinds.items():
        emulator.fault(**KINDS[kind].rule, operation=rule_of(name))
    for place, name in enumerate(PARENTS):
        kind = PASSING[place % len(PASSING)]
        emulator.fault(**KINDS[kind].rule, operation=rule_of(name), times=1)
    emulator.forget_requests()
    done = synced(gong, code=1)
    requests = emulator.requests()
    fired = {rule["operation"]: rule["fired"] for rule in emulator.faults()}
    emulator.clear_faults()
    assert all(fired.values()), fired
    with connect(gong.warehouse) as db:
        closed = dict(
            db.execute("select stream, count(*) from gong_ops.windows group by all").fetchall()
        )
    return Struck(gong, done.stderr + done.stdout, content(gong), closed, requests, kinds)


@pytest.mark.parametrize("name", LEAVES)
def test_what_fails_says_what_and_when_and_is_not_shown_as_done(struck: Struck, name: str) -> None:
    lines = [one for one in struck.said.splitlines() if one.startswith(f"warning: {name}: ")]
    assert len(lines) == 1
    assert "While reading" in lines[0]
    assert rule_of(name).partition(" ")[2] in lines[0] or "Gong's answer" in lines[0]
    for words in KINDS[struck.kinds[name]].forever.says:
        assert words in lines[0]
    assert struck.closed.get(name, 0) == 0


@pytest.mark.parametrize("name", PARENTS)
def test_what_passes_changes_nothing(struck: Struck, undisturbed: Content, name: str) -> None:
    assert f"warning: {name}:" not in struck.said
    # what follows calls has failed, so that their windows are read again, and it is asked again
    assert (struck.closed.get(name, 0) > 0) == (name != "calls")
    for landed in tables_of(name):
        assert struck.content[landed] == undisturbed[landed], landed


def test_no_row_is_there_that_should_not_be(struck: Struck, undisturbed: Content) -> None:
    for name in LEAVES:
        for landed in set(tables_of(name)) - {"stats_periods"}:
            assert set(struck.content[landed]) <= set(undisturbed[landed]), landed


def test_a_failing_reading_does_not_ask_for_ever(struck: Struck) -> None:
    by_path: dict[str, int] = {}
    for one in struck.requests:
        if one["fault"]:
            by_path[one["path"]] = by_path.get(one["path"], 0) + 1
    # four at a time, each of them five times at most
    assert max(by_path.values()) <= 4 * 5


def test_the_next_sync_repairs_everything(struck: Struck, undisturbed: Content) -> None:
    def lacking() -> set[str]:
        found = content(struck.gong)
        return {name for name in undisturbed if found[name] != undisturbed[name]}

    synced(struck.gong)
    # they are asked about flow by flow, and flows are listed once a week, or when they are named
    assert lacking() <= {"flow_steps"}
    synced(struck.gong, "--only", "flow_steps,flows")
    assert lacking() == set()


@pytest.mark.slow
def test_an_hours_long_pause_is_not_waited_for(
    emulator: Emulator, undisturbed: Content, tmp_path: Path
) -> None:
    gong = command(emulator, emulator.base_url, tmp_path)
    emulator.fault("rate_limited", seconds=HOURS, skip=40)
    emulator.forget_requests()
    done = synced(gong, code=75)
    refused = [one for one in emulator.requests() if one["fault"]]
    assert "Run the same command again" in done.stderr
    assert 1 <= len(refused) <= IN_FLIGHT
    emulator.clear_faults()

    emulator.forget_requests()
    synced(gong, code=75)
    assert emulator.requests() == [], "the pause that Gong asked for is over for nobody"

    shutil.rmtree(gong.home.parent / "state")  # as if the hours had passed
    synced(gong)
    assert content(gong) == undisturbed


@pytest.mark.slow
def test_a_key_that_is_withdrawn_in_mid_run_ends_it_and_costs_nothing_that_has_landed(
    emulator: Emulator, undisturbed: Content, tmp_path: Path
) -> None:
    gong = command(emulator, emulator.base_url, tmp_path)
    emulator.fault("wrong_credentials", skip=60)
    emulator.forget_requests()
    done = gong("sync", "--no-transform")
    refused = [one for one in emulator.requests() if one["fault"]]
    emulator.clear_faults()
    assert done.returncode not in (0, 75)
    assert "SOURCES__GONG__ACCESS_KEY" in done.stderr
    assert emulator.access_key_secret not in done.stderr + done.stdout
    assert 1 <= len(refused) <= IN_FLIGHT
    synced(gong)
    assert content(gong) == undisturbed


@pytest.mark.slow
def test_a_scope_that_is_withdrawn_in_mid_run_ends_that_table_alone(
    emulator: Emulator, undisturbed: Content, tmp_path: Path
) -> None:
    gong = command(emulator, emulator.base_url, tmp_path)
    emulator.fault("missing_scope", operation=rule_of("library_folder_calls"), skip=3)
    done = gong("sync", "--no-transform")
    emulator.clear_faults()
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("warning: library_folder")]
    assert "api:library:read" in line
    assert "Add the scope" in line
    found = content(gong)
    assert len(found["library_folder_calls"]) < len(undisturbed["library_folder_calls"])
    for name in undisturbed.keys() - {"library_folder_calls"}:
        assert found[name] == undisturbed[name], name
    with connect(gong.warehouse) as db:
        closed = db.execute(
            "select count(*) from gong_ops.windows where stream = 'library_folder_calls'"
        ).fetchone()
    assert closed == (0,)


@pytest.mark.slow
def test_nothing_is_taken_for_deleted_when_all_is_out_of_sight(
    emulator: Emulator, undisturbed: Content, tmp_path: Path
) -> None:
    gong = command(emulator, emulator.base_url, tmp_path)
    synced(gong)
    emulator.fault("lost_visibility", part=1)
    done = gong("sync", "--no-transform")
    emulator.clear_faults()
    assert "--accept-deletes calls" in done.stderr
    with connect(gong.warehouse) as db:
        for name in ("calls", "users"):
            flagged = db.execute(
                f"select count(*) from gong_raw.{name} where _deleted_at is not null"
            ).fetchone()
            assert flagged == (0,), name
    # what is asked for once a week stays in doubt until then
    assert gong("sync", "--no-transform").returncode in (0, 1)
    assert content(gong) == undisturbed


def test_every_reading_meets_a_fault() -> None:
    assert {*LEAVES, *PARENTS} == set(STREAMS)
    assert all(depends_on(name).isdisjoint(LEAVES) for name in STREAMS)
    assert len(LEAVES) >= len(FATAL)
