"""One stream of a package: changed rows, the load log, errors that end it alone."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dlt  # starts a process when it is imported, which no unit test may
import pytest

from sources.gong.api.errors import (
    BadCredentials,
    FailTable,
    MissingScope,
    NotFound,
    Postponed,
    ShareSpent,
)
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load import stream_loader
from sources.gong.load.entity_filter import EntityFilter
from sources.gong.load.package import LoadContext, PackageSpec, RunFacts
from sources.gong.load.stream_loader import StreamLoader
from sources.gong.load.suppression.filtering import Suppression
from sources.gong.load.suppression.identifiers import IdentifierHasher
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.tables import tables_of
from tests.unit.sources.load.fakes import FakeRows, RecordingListener

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
RUN = RunFacts("run1", "sync", NOW)
HASH = IdentifierHasher("a key that is long enough for a test, 012345")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dlt.current, "load_package_state", lambda: {"load_id": "load 1"})


class FakeReader:
    """Reads pages that are given by stream; an error in place of a page is raised."""

    zone = None

    def __init__(self, **pages: Sequence[Any]) -> None:
        self._pages = pages
        self.by_ids: list[str] = []
        self.lost: list[str] = []

    def entities(self, window: Window) -> Iterator[list[Any]]:
        yield from self._given(window.stream)

    def requested(self, stream: str, request: Any, _entities: Any) -> Iterator[list[Any]]:
        yield from self._given(f"{stream}_{request.parent}" if request.parent else stream)

    def by_id(self, _stream: str, ids: Sequence[str]) -> Iterator[list[Any]]:
        self.by_ids += ids
        yield []

    def on_lost(self, _stream: str, ids: Sequence[str]) -> None:
        self.lost += ids

    def _given(self, name: str) -> Iterator[list[Any]]:
        for page in self._pages.get(name, ()):
            if isinstance(page, Exception):
                raise page
            yield page


def call(call_id: str, **sections: Any) -> dict[str, Any]:
    return {"metaData": {"id": call_id}, **sections}


def window(stream: str, reason: Reason = Reason.NEW) -> Window:
    is_listed = stream not in ("calls", "logs")
    return Window(stream, Span(NOW if is_listed else NOW - timedelta(days=7), NOW), reason)


class LoadCase:
    """A package of some streams, of which one after another is loaded."""

    def __init__(
        self,
        reader: FakeReader,
        *streams: str,
        existing: ExistingRows | None = None,
        entity_filter: EntityFilter | None = None,
        windows: Mapping[str, Sequence[Window]] | None = None,
        **spec: Any,
    ) -> None:
        self.listener = RecordingListener()
        context = LoadContext(
            reader,  # type: ignore[arg-type]
            existing or ExistingRows(),
            self.listener,
            entity_filter or EntityFilter(),
        )
        given = windows or {name: [window(name)] for name in streams}
        spec.setdefault("missing_tables", frozenset())
        spec.setdefault("must_finish", False)
        self.parents = ParentRecords(given, context.existing)
        package = PackageSpec(given, **spec)
        self.loaders = {
            name: StreamLoader(name, package, RUN, context, self.parents) for name in given
        }

    def load(self, stream: str) -> Rows:
        return rows_of(self.loaders[stream].items())


def rows_of(items: Iterator[Any]) -> Rows:
    """The rows of items, by table."""
    rows: Rows = defaultdict(list)
    for item in items:
        if item is not None:
            rows[name_of(item)] += item.data.to_pylist()
    return rows


def name_of(item: Any) -> str:
    """The table of an item."""
    return str(item.meta.table_name)


def test_changed_entities_land_and_the_window_with_what_it_counted() -> None:
    existing = FakeRows({"users": {"1": {"_content_hash": content_hash({"id": "1"})}}})
    pages = [[{"id": "1"}, {"id": "2"}], [{"id": "2"}, {"id": "3"}]]
    case = LoadCase(FakeReader(users=pages), "users", existing=existing)
    rows = case.load("users")
    assert [row["user_id"] for row in rows["users"]] == ["2", "3"]
    assert all(
        row["_dlt_load_id"] == "load 1" and row["_loaded_at"] == NOW for row in rows["users"]
    )
    (done,) = rows["_windows"]
    assert (done["reading"], done["run_id"], done["entities_seen"], done["entities_changed"]) == (
        "users", "run1", 3, 2,
    )  # fmt: skip
    assert case.listener.pages == [("users", 2, 1), ("users", 1, 1)]
    assert case.listener.windows == [window("users")]


def test_users_get_a_history_where_rows_of_earlier_runs_are_known() -> None:
    rows = LoadCase(FakeReader(users=[[{"id": "1"}]]), "users", existing=FakeRows()).load("users")
    assert [row["user_id"] for row in rows["user_history"]] == ["1"]
    assert "user_history" not in LoadCase(FakeReader(users=[[{"id": "1"}]]), "users").load("users")


def test_a_user_who_is_not_listed_is_marked_and_the_window_too() -> None:
    existing = FakeRows({"users": {"9": {"_content_hash": "h"}}})
    reader = FakeReader(users=[[{"id": "1"}]])
    rows = LoadCase(reader, "users", existing=existing).load("users")
    marked = [row for row in rows["users"] if row["_deleted_at"]]
    assert [(row["user_id"], row["_deleted_at"]) for row in marked] == [("9", NOW)]
    assert reader.by_ids == ["9"]
    assert len(rows["_windows"]) == 1


def test_tables_that_the_warehouse_lacks_come_without_rows() -> None:
    missing = frozenset(("users", "user_email_aliases"))
    items = LoadCase(FakeReader(), "users", missing_tables=missing).loaders["users"].items()
    assert set(rows_of(items)) == {*missing, "_windows"}
    everything = LoadCase(FakeReader(), "users", missing_tables=None).loaders["users"].items()
    assert set(rows_of(everything)) == {
        *tables_of("users"), "_windows", "_transcript_asks", "_parent_reads",
        "_parent_refusals", "_quarantine",
    }  # fmt: skip


def test_a_table_that_has_rows_does_not_come_without_rows_too() -> None:
    own = frozenset(tables_of("users"))
    reader = FakeReader(users=[[{"id": "1"}]])
    items = LoadCase(reader, "users", missing_tables=own).loaders["users"].items()
    landed = [(name_of(item), item.data.num_rows) for item in items if item is not None]
    assert sorted(entry for entry in landed if entry[0] in own) == [
        ("user_email_aliases", 1), ("user_history", 0), ("users", 1),
    ]  # fmt: skip


def test_a_loader_is_freed_when_its_stream_has_ended_without_the_garbage_collector() -> None:
    case = LoadCase(FakeReader(calls=[[call("1")]], users=[[{"id": "1"}]]), "calls", "users")
    for name in ("calls", "users"):
        loader = case.loaders.pop(name)
        freed, items = weakref.ref(loader), loader.items()
        del loader
        gc.disable()
        try:
            list(items)
            del items
            assert freed() is None
        finally:
            gc.enable()


def test_pages_are_joined_into_large_items(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [[{"id": f"{page}{row}"} for row in range(3)] for page in range(4)]

    def sizes() -> list[int]:
        items = LoadCase(FakeReader(users=pages), "users").loaders["users"].items()
        return [item.data.num_rows for item in items if name_of(item) == "users"]

    assert sizes() == [12]
    monkeypatch.setattr(stream_loader, "_ROWS_PER_ITEM", 10)
    assert sizes() == [6, 6]


def test_few_rows_wait_while_many_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_loader, "_ROWS_PER_ITEM", 200)
    parties = [{"id": str(number)} for number in range(150)]
    pages = [[call(str(page), parties=parties)] for page in range(4)]
    items = LoadCase(FakeReader(calls=pages), "calls").loaders["calls"].items()
    sizes: defaultdict[str, list[int]] = defaultdict(list)
    for item in items:
        sizes[name_of(item)].append(item.data.num_rows)
    assert sizes["call_parties"] == [300, 300]
    assert sizes["calls"] == [4]


@pytest.mark.parametrize(
    "error", [FailTable("broken"), MissingScope("no scope", "api:x"), ShareSpent("spent", 0)]
)
def test_a_stream_that_fails_ends_alone_and_its_rows_stay(error: Exception) -> None:
    case = LoadCase(FakeReader(users=[[{"id": "1"}], error]), "users")
    rows = case.load("users")
    assert [row["user_id"] for row in rows["users"]] == ["1"]
    assert "_windows" not in rows
    assert case.listener.failed == {"users": error}
    assert case.parents.error("users") is error


def test_a_fault_that_nobody_thought_of_fails_the_stream_and_not_the_run() -> None:
    case = LoadCase(FakeReader(users=[[{"id": "1"}], KeyError("x" * 400)]), "users")
    case.load("users")
    error = case.listener.failed["users"]
    assert isinstance(error, FailTable)
    assert str(error).startswith("users: unexpected KeyError: 'xxx")
    assert len(str(error)) < 400


def test_the_quota_ends_a_package_early() -> None:
    error = Postponed("quota", 60)
    case = LoadCase(FakeReader(users=[[{"id": "1"}], error]), "users")
    assert len(case.load("users")["users"]) == 1
    assert case.listener.early is error
    assert case.listener.failed == {}


@pytest.mark.parametrize(
    ("error", "must_finish"),
    [(BadCredentials("no"), False), (FailTable("no"), True), (KeyError("no"), True)],
)
def test_what_stops_the_run_is_raised_and_others_do_not_wait_for_ever(
    error: Exception, must_finish: bool
) -> None:
    case = LoadCase(FakeReader(users=[error]), "users", must_finish=must_finish)
    with pytest.raises(type(error)):
        case.load("users")
    assert case.parents.have_ended(["users"], 0)
    assert case.parents.error("users") is not None


def test_suppressed_calls_do_not_land_and_are_not_missing() -> None:
    existing = FakeRows({"calls": {"1": {"_content_hash": "h", "started_at": NOW - timedelta(1)}}})
    erased = Suppression(HASH, {"call": {HASH("call", "1")}})
    case = LoadCase(FakeReader(calls=[[call("1"), call("2")]]), "calls", existing=existing,
                entity_filter=EntityFilter(suppression=erased))  # fmt: skip
    rows = case.load("calls")
    assert [row["call_id"] for row in rows["calls"]] == ["2"]
    assert case.listener.deletions == {}


def transcripts(*ids: str) -> list[dict[str, Any]]:
    return [{"callId": id_, "transcript": []} for id_ in ids]


@pytest.mark.parametrize(("reason", "asked"), [(Reason.NEW, ["1", "2"]), (Reason.LOOKBACK, ["2"])])
def test_transcripts_are_requested_of_the_calls_that_are_read(
    reason: Reason, asked: list[str]
) -> None:
    existing = FakeRows({"calls": {"1": {"_content_hash": content_hash(call("1")),
                                         "started_at": NOW - timedelta(1)}}})  # fmt: skip
    windows = {
        "calls": [window("calls", reason)], "transcripts": [window("transcripts", Reason.AWAITED)],
    }  # fmt: skip
    reader = FakeReader(calls=[[call("1"), call("2")]], transcripts=[transcripts("2")])
    case = LoadCase(reader, windows=windows, existing=existing)
    case.load("calls")
    rows = case.load("transcripts")
    assert [row["call_id"] for row in rows["_transcript_asks"]] == asked
    assert [row["call_id"] for row in rows["transcripts"]] == ["2"]


def test_parents_that_are_not_requested_every_night_are_logged() -> None:
    reader = FakeReader(users=[[{"id": "7", "emailAddress": "a@x", "active": True}]],
                        flows_7=[[{"id": "1", "_userId": "7"}]])  # fmt: skip
    case = LoadCase(reader, "users", "flows")
    case.load("users")
    rows = case.load("flows")
    assert [row["parent_read_id"] for row in rows["_parent_reads"]] == ["flows/7"]
    assert [row["flow_id"] for row in rows["flows"]] == ["1"]


def test_people_who_left_are_logged_where_gong_refused_them_and_where_it_did_not() -> None:
    users = [{"id": id_, "emailAddress": "a@x", "active": id_ == "1"} for id_ in ("1", "7", "8")]
    reader = FakeReader(
        users=[users], tasks_1=[[]], tasks_7=[[{"id": 1, "userId": "7"}]],
        tasks_8=[NotFound("gone")],
    )  # fmt: skip
    case = LoadCase(reader, "users", "tasks")
    case.load("users")
    rows = case.load("tasks")
    assert [row["parent_read_id"] for row in rows["_parent_reads"]] == ["tasks/7"]
    assert [row["parent_refusal_id"] for row in rows["_parent_refusals"]] == ["tasks/8"]
    assert case.listener.refusals == {"tasks": 1}
    assert [row["user_id"] for row in rows["tasks"]] == ["7"]


FOLLOWERS: list[tuple[Exception | None, bool]] = [
    (None, True),
    (MissingScope("no scope", "api:x"), True),
    (ShareSpent("spent", 0), True),
    (FailTable("broken"), False),
    (Postponed("quota", 60), False),
]


@pytest.mark.parametrize(("error", "is_done"), FOLLOWERS)
def test_windows_of_calls_count_when_the_streams_read_by_call_have_ended(
    error: Exception | None, is_done: bool
) -> None:
    pages = [error] if error else [[{"_callId": "1", "userId": "7"}]]
    case = LoadCase(
        FakeReader(calls=[[call("1")]], call_user_access=pages), "calls", "call_user_access"
    )
    landed: list[Rows] = []
    thread = threading.Thread(target=lambda: landed.append(case.load("calls")))
    thread.start()
    case.load("call_user_access")
    thread.join(10)
    (rows,) = landed
    assert [row["call_id"] for row in rows["calls"]] == ["1"]
    assert bool(rows["_windows"]) is is_done


def test_while_calls_wait_for_the_streams_read_by_call_they_yield_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_loader, "HEARTBEAT", 0.001)
    case = LoadCase(FakeReader(calls=[[call("1")]]), "calls", "call_user_access")
    items = case.loaders["calls"].items()
    assert next(item for item in items if item is None or name_of(item) == "_windows") is None
    assert [next(items) for _ in range(3)] == [None] * 3
    case.parents.finish("call_user_access")
    assert list(rows_of(items)) == ["_windows"]


def test_windows_of_calls_do_not_count_where_an_earlier_package_lacked_something() -> None:
    case = LoadCase(
        FakeReader(calls=[[call("1")]]), "calls", failed_streams=frozenset(("crm_objects",))
    )
    assert "_windows" not in case.load("calls")


def test_of_a_child_stream_that_is_cut_short_the_requested_parents_are_compared() -> None:
    reader = FakeReader(
        users=[[{"id": id_, "emailAddress": "a@x", "active": True} for id_ in ("7", "8")]],
        tasks_7=[[{"id": 1, "userId": "7"}]],
        tasks_8=[ShareSpent("spent", 0)],
    )
    rows_before = {key: {"user_id": "7", "_content_hash": "h"} for key in ("1", "2")}
    case = LoadCase(reader, "users", "tasks", existing=FakeRows({"tasks": rows_before}))
    case.load("users")
    rows = case.load("tasks")
    assert [row["task_id"] for row in rows["tasks"] if row["_deleted_at"]] == ["2"]
    assert isinstance(case.listener.failed["tasks"], ShareSpent)
    assert not case.parents.is_complete("tasks")


def test_a_parent_that_gong_does_not_know_is_lost_and_the_others_are_read() -> None:
    reader = FakeReader(
        users=[[{"id": id_, "emailAddress": "a@x", "active": True} for id_ in ("7", "8")]],
        user_settings_history_7=[NotFound("gone")],
        user_settings_history_8=[
            [{"_userId": "8", "setting": "a", "time": "2026-01-01T00:00:00Z", "_index": 0}]
        ],
    )
    case = LoadCase(reader, "users", "user_settings_history")
    case.load("users")
    case.load("user_settings_history")
    assert reader.lost == ["7"]
