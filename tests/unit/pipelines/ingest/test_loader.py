"""The loader over a real dlt pipeline and DuckDB file, with a Gong that a script answers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import dlt  # noqa: F401  (importing it starts a process, which no unit test may)
import duckdb
import httpx
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from pyarrow.parquet import read_metadata

from pipelines.ingest import loader as module
from pipelines.ingest.loader import Loader, Stuck
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.run_plan import LoadPackage
from pipelines.monitor.run_counts import RunCounts
from pipelines.session import Session
from sources.gong.api.client import Client
from sources.gong.api.errors import BadCredentials, MissingScope, NotLicensed, Rejected
from sources.gong.extract.reader import Reader
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.load_log import LOG_TABLES
from sources.gong.schema.tables import tables_of
from tests.harness.scripted_transport import ScriptedTransport, refused
from tests.harness.warehouses.templates import prepared
from tests.unit.pipelines.ingest.conftest import NOW, messages
from warehouse.connection import Warehouse
from warehouse.landing.destination import PackageClient
from warehouse.landing.merging import Merge
from warehouse.ops.load_log import done_windows

USERS = [{"id": "1", "active": True}, {"id": "2", "active": False}]
WORKSPACES = [{"id": "9", "name": "Main"}]


@pytest.fixture(autouse=True)
def _small_and_clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A warehouse of few tables, and what a run sets for dlt is gone after the test.

    The first package of a warehouse creates all tables, which takes dlt seconds.
    """
    monkeypatch.setattr(os, "environ", os.environ.copy())
    few = frozenset({*tables_of("workspaces"), "call_outcomes", *LOG_TABLES})
    monkeypatch.setattr(module, "ALL_TABLES", few)
    context = Container()[PluggableRunContext]
    yield
    Container()[PluggableRunContext] = context


@pytest.fixture
def warehouse(session: Session) -> Warehouse:
    return prepared(session.target.path)


@pytest.fixture
def loader(session: Session, warehouse: Warehouse, client: Client) -> Iterator[Loader]:
    loader = Loader(session, warehouse, Reader(client), IngestOptions())
    loader.clear()
    return loader


def lists(*streams: str) -> LoadPackage:
    present = Span(NOW, NOW)
    return LoadPackage({name: [Window(name, present, Reason.WHOLE)] for name in streams})


def answers(gong: ScriptedTransport, **by_path: httpx.Response | list[object]) -> None:
    """Scripts the lists of Gong by the last part of their path."""

    def script(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        answer = by_path[name]
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, content=answer.content)
        return httpx.Response(200, json={name: answer, "records": {"totalRecords": len(answer)}})

    gong.script = script


def rows(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    with warehouse.reading() as db:
        return db.execute(sql).fetchall()


def test_a_package_lands_with_its_windows_and_all_tables(
    loader: Loader, warehouse: Warehouse, session: Session, gong: ScriptedTransport
) -> None:
    counts = RunCounts(session.console)
    answers(gong, users=USERS, workspaces=WORKSPACES)
    assert loader.load(lists("users", "workspaces"), "run-1", "sync", counts) is None
    assert rows(warehouse, "select user_id from gong_raw.users order by all") == [("1",), ("2",)]
    assert rows(warehouse, "select count(*) from gong_raw.call_outcomes") == [(0,)]
    windows = done_windows(warehouse, NOW)
    assert sorted((w.stream, w.run_id, w.kind, w.seen) for w in windows) == [
        ("users", "run-1", "sync", 2),
        ("workspaces", "run-1", "sync", 1),
    ]
    assert (counts.seen, counts.changed) == (3, 3)


def test_only_tables_with_rows_in_the_package_are_merged_from_files_as_they_are(
    loader: Loader,
    warehouse: Warehouse,
    session: Session,
    gong: ScriptedTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    merged: list[str] = []
    compressions: set[str] = set()
    merge = PackageClient.merge

    def noting(client: PackageClient, what: Merge) -> None:
        merged.append(what.table.rpartition(".")[2].strip('"'))
        compressions.update(read_metadata(f).row_group(0).column(0).compression for f in what.files)
        merge(client, what)

    monkeypatch.setattr(PackageClient, "merge", noting)
    answers(gong, workspaces=WORKSPACES)
    loader.load(lists("workspaces"), "run-1", "sync", RunCounts(session.console))
    assert sorted(merged) == ["_dlt_pipeline_state", "_windows", "workspaces"]
    assert compressions == {"UNCOMPRESSED"}
    assert rows(warehouse, "select count(*) from gong_raw.call_outcomes") == [(0,)]


def test_the_databases_that_dlt_opens_keep_within_their_share_of_the_machine(
    session: Session, warehouse: Warehouse, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"memory_limit": "500MiB", "threads": "1"}
    monkeypatch.setattr("warehouse.machine.database.duckdb_settings", lambda: limits)
    loader = Loader(session, warehouse, Reader(client), IngestOptions())
    names = ("memory_limit", "threads", "temp_directory")
    settings = ", ".join(f"current_setting('{name}')" for name in names)
    with loader._pipeline.sql_client() as dlt_client:
        (found,) = dlt_client.execute_sql(f"select {settings}")
    assert found == ("500.0 MiB", 1, str(session.target.spill))


def test_a_signal_ends_the_run_while_a_package_lands(
    loader: Loader,
    warehouse: Warehouse,
    session: Session,
    gong: ScriptedTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    complete_load = PackageClient.complete_load

    def interrupted(*values: object) -> None:
        signal.raise_signal(signal.SIGINT)
        complete_load(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(PackageClient, "complete_load", interrupted)
    answers(gong, users=USERS)
    with pytest.raises(KeyboardInterrupt):
        loader.load(lists("users"), "run-1", "sync", RunCounts(session.console))
    assert done_windows(warehouse, NOW) == []


def test_dlt_keeps_nothing_of_the_packages_that_have_landed(
    loader: Loader, session: Session, gong: ScriptedTransport
) -> None:
    answers(gong, users=USERS)
    loader.load(lists("users"), "run-1", "sync", RunCounts(session.console))
    assert loader._pipeline.last_trace.steps == []


def test_what_is_known_does_not_land_again(
    loader: Loader, warehouse: Warehouse, session: Session, gong: ScriptedTransport
) -> None:
    answers(gong, users=USERS)
    loader.load(lists("users"), "run-1", "sync", RunCounts(session.console))
    load_ids = rows(warehouse, "select _dlt_load_id from gong_raw.users order by user_id")
    counts = RunCounts(session.console)
    answers(gong, users=[USERS[0], {"id": "2", "active": True}])
    loader.load(lists("users"), "run-2", "sync", counts)
    assert (counts.seen, counts.changed) == (2, 1)
    again = rows(warehouse, "select _dlt_load_id from gong_raw.users order by user_id")
    assert again[0] == load_ids[0]
    assert again[1] != load_ids[1]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refused(401, "You don't have permission to use 'api:users:read' in your app."),
         MissingScope),
        (refused(400, "Bad request"), Rejected),
    ],
)  # fmt: skip
def test_a_stream_that_fails_ends_alone(
    loader: Loader,
    warehouse: Warehouse,
    session: Session,
    gong: ScriptedTransport,
    answer: httpx.Response,
    error: type[Exception],
) -> None:
    counts = RunCounts(session.console)
    answers(gong, users=answer, workspaces=WORKSPACES)
    loader.load(lists("users", "workspaces"), "run-1", "sync", counts)
    assert isinstance(counts.streams["users"].error, error)
    assert [window.stream for window in done_windows(warehouse, NOW)] == ["workspaces"]


def test_refused_credentials_end_the_run_and_nothing_of_the_package_lands(
    loader: Loader, warehouse: Warehouse, session: Session, gong: ScriptedTransport
) -> None:
    answers(gong, users=refused(401, "Unauthorized"), workspaces=WORKSPACES)
    with pytest.raises(BadCredentials):
        loader.load(lists("users", "workspaces"), "run-1", "sync", RunCounts(session.console))
    assert done_windows(warehouse, NOW) == []


def test_a_package_that_was_left_behind_is_dropped_before_anything_new(
    loader: Loader,
    warehouse: Warehouse,
    session: Session,
    gong: ScriptedTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(gong, users=USERS)
    with monkeypatch.context() as killed:
        killed.setattr(loader, "_load_extracted", lambda: None)
        loader.load(lists("users"), "run-1", "sync", RunCounts(session.console))
    assert done_windows(warehouse, NOW) == []
    loader.clear()
    assert "it is dropped and read again" in messages(session)
    answers(gong, workspaces=WORKSPACES)
    loader.load(lists("workspaces"), "run-2", "sync", RunCounts(session.console))
    assert [window.stream for window in done_windows(warehouse, NOW)] == ["workspaces"]


def test_a_package_that_cannot_be_loaded_says_what_to_do(
    loader: Loader, session: Session, gong: ScriptedTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dlt.pipeline.exceptions import PipelineStepFailed

    def fail() -> None:
        raise PipelineStepFailed(
            loader._pipeline, "load", "1", OSError("No space left on device"), None
        )

    monkeypatch.setattr(loader._pipeline, "load", fail)
    answers(gong, users=USERS)
    with pytest.raises(Stuck, match=r"No space left on device Its windows do not count as read"):
        loader.load(lists("users"), "run-1", "sync", RunCounts(session.console))


def test_a_package_of_which_one_table_fails_does_not_land_at_all(
    loader: Loader, warehouse: Warehouse, session: Session, gong: ScriptedTransport
) -> None:
    answers(gong, users=USERS, workspaces=WORKSPACES)
    loader.load(lists("workspaces"), "run-1", "sync", RunCounts(session.console))
    with warehouse.writing() as db:
        db.execute("update gong_raw.workspaces set name = '1'")
        db.execute("alter table gong_raw.workspaces alter name type integer")
    before = rows(warehouse, "from gong_raw._dlt_loads")
    answers(gong, users=USERS, workspaces=[{"id": "9", "name": "Other"}])
    with pytest.raises(Stuck, match=r"Could not convert string 'Other' to INT32.*next run reads"):
        loader.load(lists("users", "workspaces"), "run-2", "sync", RunCounts(session.console))
    assert rows(warehouse, "from gong_raw.users") == []
    assert rows(warehouse, "select name from gong_raw.workspaces") == [(1,)]
    assert rows(warehouse, "from gong_raw._dlt_loads") == before
    with warehouse.writing() as db:
        db.execute("alter table gong_raw.workspaces alter name type varchar")
    loader.clear()
    loader.load(lists("users", "workspaces"), "run-3", "sync", RunCounts(session.console))
    assert rows(warehouse, "select user_id from gong_raw.users order by all") == [("1",), ("2",)]
    assert rows(warehouse, "select name from gong_raw.workspaces") == [("Other",)]


def test_a_package_that_needs_more_memory_than_most_lands_all_the_same(
    loader: Loader,
    warehouse: Warehouse,
    session: Session,
    gong: ScriptedTransport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("warehouse.landing.sparing._MEMORY", 1)
    answers(gong, users=USERS)
    loader.load(lists("users"), "run-1", "sync", RunCounts(session.console))
    assert rows(warehouse, "select user_id from gong_raw.users order by all") == [("1",), ("2",)]
    assert len(done_windows(warehouse, NOW)) == 1


def test_a_package_opens_the_warehouse_once(
    loader: Loader, session: Session, gong: ScriptedTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []

    def connect(*values: object, **options: object) -> duckdb.DuckDBPyConnection:
        opened.append(values)
        return real(*values, **options)  # type: ignore[arg-type]

    real = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", connect)
    answers(gong, users=USERS, workspaces=WORKSPACES)
    loader.load(lists("users", "workspaces"), "run-1", "sync", RunCounts(session.console))
    assert opened == [(str(session.target.path),)]


def test_a_surface_without_a_licence_costs_one_request(
    loader: Loader, session: Session, gong: ScriptedTransport
) -> None:
    counts = RunCounts(session.console)
    people = [{"id": str(n), "active": True, "emailAddress": f"{n}@x.example"} for n in range(3)]
    answers(gong, users=people, tasks=refused(403, "Forbidden"))
    loader.load(lists("users", "tasks"), "run-1", "sync", counts)
    assert isinstance(counts.streams["tasks"].error, NotLicensed)
    assert gong.paths.count("POST /v2/tasks") == 1


DLT_FILES = ("state.json", "schemas/gong.schema.json", "load/.version", "normalize/.version")


@pytest.mark.parametrize("name", DLT_FILES)
def test_a_damaged_file_of_dlt_costs_its_folder_and_no_row(
    loader: Loader,
    warehouse: Warehouse,
    session: Session,
    client: Client,
    gong: ScriptedTransport,
    name: str,
) -> None:
    answers(gong, users=USERS, workspaces=WORKSPACES)
    loader.load(lists("users"), "run-1", "sync", RunCounts(session.console))
    (session.home / "dlt" / "gong_elt" / name).write_bytes(b"")
    again = Loader(session, warehouse, Reader(client), IngestOptions())
    again.clear()
    assert f"{name} is damaged" in messages(session)
    counts = RunCounts(session.console)
    again.load(lists("users", "workspaces"), "run-2", "sync", counts)
    assert (counts.seen, counts.changed) == (3, 1)
    assert rows(warehouse, "select user_id from gong_raw.users order by all") == [("1",), ("2",)]
    assert [window.run_id for window in done_windows(warehouse, NOW)] == ["run-1", "run-2", "run-2"]
