"""`gong-elt sync` under many faults at once: each stream fails alone; the next sync repairs it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.operations import operation
from sources.gong.schema.tables import STREAMS, table, tables_of
from tests.conftest import Emulator, Gong
from tests.endpoints.faults.kinds import KINDS
from tests.endpoints.faults.outcomes import HOURS
from tests.endpoints.landed import NAMES, Landed
from tests.endpoints.landing.test_every_read import spelled
from tests.endpoints.streams import LEAVES, PARENTS, depends_on
from tests.endpoints.world import EMULATOR, command, synced
from tests.harness.landed import all_rows, connect, without_load_columns
from tests.harness.loops import for_each

FATAL = (
    "500", "503", "HTML page, 503", "reset", "truncated", "HTML page, 200", "JSON list",
    "invalid JSON", "JSON empty_object", "missing scope", "HTML page, 403", "half JSON",
    "closed in silence", "JSON null",
)  # fmt: skip
"""Kinds that fail a stream when they strike each of its requests."""
PASSING = (
    "500", "429 with a short wait", "reset after the work", "truncated", "HTML page, 200",
    "slow body", "wrong content type", "JSON text", "504",
)  # fmt: skip
"""Kinds that have no effect when they strike once."""
IN_FLIGHT = 40
"""At most this many requests are on their way at once; they cannot be cancelled."""


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*EMULATOR)


@pytest.fixture(autouse=True)
def _no_fault_is_left(emulator: Emulator) -> Iterator[None]:
    yield
    emulator.clear_faults()


Content = dict[str, list[str]]


def content(gong: Gong) -> Content:
    """Returns all rows of all tables, without the columns that record loads."""
    return {
        name: spelled([without_load_columns(row) for row in rows])
        for name, rows in all_rows(gong.warehouse, NAMES).items()
    }


@pytest.fixture(scope="module")
def undisturbed(plain: Landed) -> Content:
    """The content of a sync without faults; its emulator has the same seed."""
    return content(plain.gong)


def rule_of(name: str) -> str:
    operation_id = table(name).operation
    assert operation_id is not None
    asked = operation(operation_id)
    return f"{asked.method} {asked.path}"


@dataclass(frozen=True)
class Struck:
    """A sync in which each leaf has a permanent fault, and each parent a transient one."""

    gong: Gong
    output: str
    content: Content
    closed: dict[str, int]
    """Number of windows that the load log has as done, by stream."""
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


@for_each("name", LEAVES)
def test_a_failed_stream_is_named_in_one_warning_and_has_no_done_window(
    struck: Struck, name: str
) -> None:
    lines = [line for line in struck.output.splitlines() if line.startswith(f"warning: {name}: ")]
    assert len(lines) == 1
    assert "While reading" in lines[0]
    assert rule_of(name).partition(" ")[2] in lines[0] or "Gong's answer" in lines[0]
    for words in KINDS[struck.kinds[name]].forever.says:
        assert words in lines[0]
    assert struck.closed.get(name, 0) == 0


@for_each("name", PARENTS)
def test_a_transient_fault_changes_no_row(struck: Struck, undisturbed: Content, name: str) -> None:
    assert f"warning: {name}:" not in struck.output
    # Child streams of calls have failed, so the windows of calls are read again.
    assert (struck.closed.get(name, 0) > 0) == (name != "calls")
    for landed in tables_of(name):
        assert struck.content[landed] == undisturbed[landed], landed


def test_a_failed_stream_lands_no_wrong_row(struck: Struck, undisturbed: Content) -> None:
    for name in LEAVES:
        for landed in set(tables_of(name)) - {"stats_periods"}:
            assert set(struck.content[landed]) <= set(undisturbed[landed]), landed


def test_a_failing_stream_sends_at_most_twenty_requests_per_path(struck: Struck) -> None:
    by_path: dict[str, int] = {}
    for request in struck.requests:
        if request["fault"]:
            by_path[request["path"]] = by_path.get(request["path"], 0) + 1
    # At most five attempts of four requests at a time.
    assert max(by_path.values()) <= 4 * 5


def test_the_next_sync_repairs_everything(struck: Struck, undisturbed: Content) -> None:
    def lacking() -> set[str]:
        now = content(struck.gong)
        return {name for name in undisturbed if now[name] != undisturbed[name]}

    synced(struck.gong)
    # Steps are requested per flow, and flows are listed once a week or when they are named.
    assert lacking() <= {"flow_steps"}
    synced(struck.gong, "--only", "flow_steps,flows")
    assert lacking() == set()


@pytest.mark.slow
def test_a_sync_does_not_wait_for_hours(
    emulator: Emulator, undisturbed: Content, tmp_path: Path
) -> None:
    gong = command(emulator, emulator.base_url, tmp_path)
    emulator.fault("rate_limited", seconds=HOURS, skip=40)
    emulator.forget_requests()
    done = synced(gong, code=75)
    refused = [request for request in emulator.requests() if request["fault"]]
    assert "Run the same command again" in done.stderr
    assert 1 <= len(refused) <= IN_FLIGHT
    emulator.clear_faults()

    emulator.forget_requests()
    synced(gong, code=75)
    assert emulator.requests() == [], "the pause that Gong requested is not over"

    shutil.rmtree(gong.home.parent / "state")  # The pause is over.
    synced(gong)
    assert content(gong) == undisturbed


@pytest.mark.slow
def test_a_key_that_is_withdrawn_during_a_run_ends_it_and_loses_no_landed_row(
    emulator: Emulator, undisturbed: Content, tmp_path: Path
) -> None:
    gong = command(emulator, emulator.base_url, tmp_path)
    emulator.fault("wrong_credentials", skip=60)
    emulator.forget_requests()
    done = gong("sync", "--no-transform")
    refused = [request for request in emulator.requests() if request["fault"]]
    emulator.clear_faults()
    assert done.returncode not in (0, 75)
    assert "SOURCES__GONG__ACCESS_KEY" in done.stderr
    assert emulator.access_key_secret not in done.stderr + done.stdout
    assert 1 <= len(refused) <= IN_FLIGHT
    synced(gong)
    assert content(gong) == undisturbed


@pytest.mark.slow
def test_a_scope_that_is_withdrawn_during_a_run_fails_that_table_alone(
    emulator: Emulator, undisturbed: Content, tmp_path: Path
) -> None:
    gong = command(emulator, emulator.base_url, tmp_path)
    emulator.fault("missing_scope", operation=rule_of("library_folder_calls"), skip=3)
    done = gong("sync", "--no-transform")
    emulator.clear_faults()
    (line,) = [
        line_ for line_ in done.stderr.splitlines() if line_.startswith("warning: library_folder")
    ]
    assert "api:library:read" in line
    assert "Add the scope" in line
    landed = content(gong)
    assert len(landed["library_folder_calls"]) < len(undisturbed["library_folder_calls"])
    for name in undisturbed.keys() - {"library_folder_calls"}:
        assert landed[name] == undisturbed[name], name
    with connect(gong.warehouse) as db:
        closed = db.execute(
            "select count(*) from gong_ops.windows where stream = 'library_folder_calls'"
        ).fetchone()
    assert closed == (0,)


@pytest.mark.slow
def test_no_row_is_marked_as_deleted_when_all_visibility_is_lost(
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
    # Streams that are read weekly keep their alarm until then.
    assert gong("sync", "--no-transform").returncode in (0, 1)
    assert content(gong) == undisturbed


def test_every_stream_has_a_fault() -> None:
    assert {*LEAVES, *PARENTS} == set(STREAMS)
    assert all(depends_on(name).isdisjoint(LEAVES) for name in STREAMS)
    assert len(LEAVES) >= len(FATAL)
