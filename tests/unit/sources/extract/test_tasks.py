"""Streams cut into jobs that run side by side, against a server that answers as told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import FailTable, NotFound, NotLicensed
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.child_streams import CRM_REFERENCES, OPEN_INSTANCES, Parent
from sources.gong.extract.concurrency import IdQueue, run_concurrently
from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.streams import Reader
from sources.gong.extract.tasks import Progress, StreamTasks
from sources.gong.extract.windows import Reason, Span, Window
from tests.unit.sources.scripted_server import Answer, Asked, Script, refused, serving, told

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)
THREADS = 4


class Remembering(ExistingRows):
    """What earlier runs have listed and asked."""

    remembers = True

    def __init__(
        self,
        parents: Mapping[str, Sequence[Parent]] | None = None,
        asked_at: Mapping[str, datetime] | None = None,
        call_ids: Sequence[str] = (),
    ) -> None:
        self._parents, self._asked_at, self._calls = parents or {}, asked_at or {}, call_ids

    def parents(self, stream: str) -> Sequence[Parent] | None:
        return self._parents.get(stream)

    def asked_at(self, _stream: str) -> Mapping[str, datetime]:
        return self._asked_at

    def awaited(self) -> Sequence[str]:
        return self._calls

    def calls(self) -> Sequence[str]:
        return self._calls


@dataclass
class Walk:
    """What the steps of a stream gave, and what was asked for it."""

    progress: list[Progress] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    lost: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    steps: StreamTasks | None = None

    @property
    def entities(self) -> list[Any]:
        return [one for progress in self.progress for one in progress.entities]

    @property
    def ends(self) -> list[Progress]:
        return [one for one in self.progress if one.is_end]

    @property
    def parents(self) -> list[str]:
        return sorted(one.parent for one in self.progress if one.parent)


Walker = Callable[..., Walk]


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walker]:
    """Walks through a stream with real threads and a real client."""
    budgets: list[Budget] = []

    def walk(
        stream: str,
        script: Script | list[Answer],
        held: ExistingRows | None = None,
        lists: ParentRecords | None = None,
        reason: Reason = Reason.WHOLE,
        **more: Any,
    ) -> Walk:
        found = Walk()
        budgets.append(Budget(tmp_path / "ledger.sqlite", Limits(0, 0)))
        held = held or ExistingRows()
        with (
            serving(script) as server,
            Client(server.url, credentials("k", "s", None), budgets[-1]) as client,
        ):
            found.asked = server.asked

            def lost(name: str, ids: Sequence[str]) -> None:
                found.lost.append((name, tuple(ids)))

            steps = found.steps = StreamTasks(
                stream,
                [Window(stream, Span(NOW, NOW), reason)],
                Reader(client, ZoneInfo("UTC"), lost),
                held,
                lists or ParentRecords([stream], held),
                more.pop("feed", IdQueue()),
                NOW,
                on_lost=lost,
                **more,
            )
            for one in run_concurrently(steps.jobs(), THREADS):
                if one is not None:
                    found.progress.append(one)
        return found

    yield walk
    for budget in budgets:
        budget.close()


def people(*ids: str) -> list[Parent]:
    return [
        {"user_id": i, "email_address": f"{i}@x", "is_active": True, "manager_id": None}
        for i in ids
    ]


def history_of(asked: Asked, _number: int) -> Answer:
    user_id = asked.path.split("/")[3]
    return told(200, {"userSettingsHistory": [{"setting": "a", "time": user_id, "value": True}]})


def test_each_parent_is_asked_about_once_and_the_window_ends_after_all_of_them(
    walk: Walker,
) -> None:
    ids = [str(n) for n in range(20)]
    found = walk("user_settings_history", history_of, Remembering({"users": people(*ids)}))
    assert sorted(asked.path for asked in found.asked) == sorted(
        f"/v2/users/{one}/settings-history" for one in ids
    )
    assert sorted(one["_userId"] for one in found.entities) == sorted(ids)
    assert found.parents == sorted(ids)
    assert found.progress[-1].is_end
    assert len(found.ends) == 1
    scopes = [p.scope.within for p in found.progress if p.scope and p.scope.within]
    assert sorted(next(iter(s["user_id"])) for s in scopes) == sorted(ids)


def test_parents_are_waited_for_while_others_list_them(walk: Walker) -> None:
    lists = ParentRecords(["users", "user_settings_history"], ExistingRows())
    timer = threading.Timer(0.3, lambda: (lists.note("users", [
        {"id": "7", "emailAddress": "a", "active": True}]), lists.end("users")))  # fmt: skip
    timer.start()
    found = walk("user_settings_history", history_of, lists=lists)
    assert found.parents == ["7"]
    assert found.steps is not None
    assert found.steps.is_complete


def test_only_who_is_due_is_asked_about_the_longest_waiting_first(walk: Walker) -> None:
    asked_at = {"a": NOW - 8 * DAY, "b": NOW - 3 * DAY, "c": NOW - 6.6 * DAY, "d": NOW - 20 * DAY}
    held = Remembering({"users": people("a", "b", "c", "d", "new")}, asked_at)
    assert walk("user_settings_history", history_of, held).parents == ["a", "c", "d", "new"]
    found = walk("user_settings_history", history_of, held, share=2)
    assert found.parents == ["d", "new"]
    assert found.steps is not None
    assert not found.steps.is_complete
    assert found.ends[0].scope is None, "the others are not gone"
    eager = walk("user_settings_history", history_of, held, share=2, is_eager=True)
    assert eager.parents == ["a", "b", "c", "d", "new"]


def test_a_parent_that_is_gone_is_lost_and_the_others_are_read(walk: Walker) -> None:
    def script(asked: Asked, number: int) -> Answer:
        return refused(404, "User not found") if "/2/" in asked.path else history_of(asked, number)

    found = walk("user_settings_history", script, Remembering({"users": people("1", "2", "3")}))
    assert found.parents == ["1", "3"]
    assert found.lost == [("user_settings_history", ("2",))]
    assert len(found.ends) == 1


def test_where_every_parent_is_not_found_the_operation_is_not(walk: Walker) -> None:
    with pytest.raises(NotFound):
        walk(
            "user_settings_history", [refused(404, "Not Found")],
            Remembering({"users": people("1", "2")}),
        )  # fmt: skip


def test_an_unlicensed_surface_costs_one_request(walk: Walker) -> None:
    ids = [str(n) for n in range(30)]
    asked: list[int] = []

    def script(_asked: Asked, number: int) -> Answer:
        asked.append(number)
        return refused(403, "Access denied")

    with pytest.raises(NotLicensed):
        walk("flows", script, Remembering({"users": people(*ids)}))
    assert asked == [0]


def test_the_first_ask_goes_ahead_and_the_others_follow_side_by_side(walk: Walker) -> None:
    running, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(2, timeout=5)

    def script(_asked: Asked, number: int) -> Answer:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            alone = running[0] == 1
        if number == 0:
            assert alone
        elif number in (1, 2):
            together.wait()
        with lock:
            running[0] -= 1
        return told(200, {"flows": [], "records": {}})

    found = walk("flows", script, Remembering({"users": people("1", "2", "3", "4")}))
    assert len(found.asked) == 4
    assert most[0] > 1
    assert found.parents == ["1", "2", "3", "4"]


def test_rows_of_parents_that_are_no_more_are_in_the_scope_of_the_end(walk: Walker) -> None:
    lists = ParentRecords(["workspaces", "library_folders"], ExistingRows())
    lists.note("workspaces", [{"id": "1"}, {"id": "2"}])
    lists.end("workspaces")
    found = walk("library_folders", [told(200, {"folders": []})], lists=lists)
    assert found.ends[0].scope == Scope(outside={"workspace_id": frozenset(("1", "2"))})


def test_a_partial_list_of_parents_tells_nothing_of_those_it_leaves_out(walk: Walker) -> None:
    lists = ParentRecords(["workspaces", "library_folders"], ExistingRows())
    lists.note("workspaces", [{"id": "1"}])
    lists.end("workspaces", is_partial=True)
    found = walk("library_folders", [told(200, {"folders": []})], lists=lists)
    assert found.ends[0].scope is None


def transcripts_of(asked: Asked, _number: int) -> Answer:
    rows = [{"callId": one, "transcript": []} for one in asked.body["filter"]["callIds"]]
    return told(200, {"callTranscripts": rows, "records": {}})


def test_transcripts_are_asked_for_in_hundreds_once_each_as_calls_are_found(walk: Walker) -> None:
    feed, lists = IdQueue(), ParentRecords(["calls", "transcripts"], ExistingRows())
    feed.add(str(n) for n in range(50, 250))
    feed.close()
    held = Remembering(call_ids=[str(n) for n in range(120)])
    found = walk("transcripts", transcripts_of, held, lists, Reason.AWAITED, feed=feed)
    sizes = sorted(len(asked.body["filter"]["callIds"]) for asked in found.asked)
    assert sizes == [50, 100, 100]
    assert sorted(int(one["callId"]) for one in found.entities) == list(range(250))
    assert sorted(int(c) for p in found.progress for c in p.calls) == list(range(250))
    assert len(found.ends) == 1


def test_without_calls_access_is_asked_for_calls_of_the_warehouse(walk: Walker) -> None:
    def script(asked: Asked, _number: int) -> Answer:
        ids = asked.body["filter"]["callIds"]
        rows = [{"callId": one, "users": [{"userId": "9"}]} for one in ids]
        return told(200, {"callAccessList": rows})

    found = walk("call_user_access", script, Remembering(call_ids=["1", "2"]))
    assert [(one["_callId"], one["userId"]) for one in found.entities] == [("1", "9"), ("2", "9")]


def test_flows_that_are_unknown_are_left_out_of_their_batch(walk: Walker) -> None:
    def script(asked: Asked, _number: int) -> Answer:
        ids = asked.body["flowIds"]
        if "13" in ids:
            return refused(404, "Flow not found: flowId=13")
        rows = [{"id": one, "steps": [{"id": f"s{one}"}]} for one in ids]
        return told(200, {"flows": rows})

    flows = [{"flow_id": str(n)} for n in range(45)]
    found = walk("flow_steps", script, Remembering({"flows": flows}))
    assert sorted(int(one["_flowId"]) for one in found.entities) == [
        n for n in range(45) if n != 13
    ]
    assert found.lost == [("flow_steps", ("13",))]


def test_tasks_that_always_give_errors_are_taken_for_no_licence(
    walk: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.gong.api.client.time.sleep", lambda _seconds: None)
    with pytest.raises(NotLicensed, match="tasks"):
        walk("tasks", [refused(500, "Internal error")], Remembering({"users": people("1", "2")}))


def test_what_is_no_trouble_of_licences_stays_what_it_is(walk: Walker) -> None:
    with pytest.raises(FailTable):
        walk("tasks", [refused(400, "Bad request")], Remembering({"users": people("1")}))


def test_prospects_and_open_instances_are_asked_about_once_in_a_run(walk: Walker) -> None:
    held = Remembering(
        {
            CRM_REFERENCES: [{"object_type": "Contact", "object_id": "c1"}],
            OPEN_INSTANCES: [{"flow_instance_id": "i1"}],
            "tasks": [{"contact_type": "CONTACT", "contact_crm_id": "c1"}],
        }
    )
    asked: set[str] = set()
    answers = [told(200, {"prospectsAssigned": []})]
    first = walk("flow_prospects", answers, held, asked=asked)
    assert sorted(map(str, (one.body for one in first.asked))) == [
        "{'crmProspectsIds': ['c1']}", "{'flowInstanceIds': ['i1']}",
    ]  # fmt: skip
    assert walk("flow_prospects", answers, held, asked=asked).asked == []


def test_only_the_named_calls_are_read_by_id(walk: Walker) -> None:
    def script(asked: Asked, _number: int) -> Answer:
        rows = [{"metaData": {"id": one}} for one in asked.body["filter"]["callIds"]]
        return told(200, {"calls": rows, "records": {}})

    found = walk("calls", script, reason=Reason.BY_ID, ids=("1", "2"))
    assert [one["metaData"]["id"] for one in found.entities] == ["1", "2"]
    scopes = [one.scope for one in found.progress if one.scope]
    assert scopes == [Scope({"call_id": frozenset(("1", "2"))})]
    assert found.steps is not None
    assert not found.steps.is_complete
