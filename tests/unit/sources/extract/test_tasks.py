"""Streams read by tasks that run side by side, where Gong answers from a script."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import FailTable, NotFound, NotLicensed, Rejected
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from sources.gong.extract.child_streams import Parent
from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.reader import Reader
from sources.gong.extract.tasks import ReadRules, StreamTasks, TaskResult
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.odd_entities import requested_id
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, ReceivedRequest, Script, json_answer, refused

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)
THREADS = 4


class EarlierParents(ExistingRows):
    """Parent records of earlier runs, and when they were requested."""

    is_available = True

    def __init__(
        self,
        parents: Mapping[str, Sequence[Parent]] | None = None,
        read_at: Mapping[str, datetime] | None = None,
        call_ids: Sequence[str] = (),
        refused_at: Mapping[str, datetime] | None = None,
    ) -> None:
        self._parents, self._read_at, self._calls = parents or {}, read_at or {}, call_ids
        self._refused_at = refused_at or {}

    def parents(self, stream: str) -> Sequence[Parent] | None:
        return self._parents.get(stream)

    def parents_read_at(self, _stream: str) -> Mapping[str, datetime]:
        return self._read_at

    def parents_refused_at(self, _stream: str) -> Mapping[str, datetime]:
        return self._refused_at

    def awaited_transcripts(self) -> Sequence[str]:
        return self._calls

    def call_ids(self) -> Sequence[str]:
        return self._calls


@dataclass
class Walk:
    """The results of a stream's tasks, and what was requested for them."""

    results: list[TaskResult] = field(default_factory=list)
    asked: list[ReceivedRequest] = field(default_factory=list)
    lost: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    tasks: StreamTasks | None = None

    @property
    def entities(self) -> list[Any]:
        return [entity for result in self.results for entity in result.entities]

    @property
    def ends(self) -> list[TaskResult]:
        return [result for result in self.results if result.is_end]

    @property
    def parents(self) -> list[str]:
        return sorted(filter(None, (result.remembered_parent for result in self.results)))

    @property
    def refused(self) -> list[str]:
        return sorted(parent for result in self.results for parent in result.refused)

    @property
    def is_complete(self) -> bool:
        return self.tasks is not None and self.tasks.is_complete


def walk(
    stream: str,
    script: Script | list[Answer],
    existing: ExistingRows | None = None,
    parents: ParentRecords | None = None,
    reason: Reason = Reason.WHOLE,
    requested: set[str] | None = None,
    **rules: Any,
) -> Walk:
    """Reads a stream with real threads and a real client."""
    walk, answers = Walk(), ScriptedAnswers(script)
    walk.asked = answers.requests
    existing = existing or ExistingRows()
    budget, key = Budget(":memory:", Limits(0, 0)), credentials("k", "s", None)
    with Client(
        answers.url,
        key,
        budget,
        transport=answers,
        retries=RetryPolicy(sleep=lambda _seconds: None),
    ) as client:
        tasks = walk.tasks = StreamTasks(
            stream,
            [Window(stream, Span(NOW, NOW), reason)],
            Reader(client, ZoneInfo("UTC"), lambda name, ids: walk.lost.append((name, tuple(ids)))),
            existing,
            parents or ParentRecords([stream], existing),
            ReadRules(NOW, **rules),
            requested if requested is not None else set(),
            THREADS,
        )
        try:
            walk.results += [result for result in tasks.results() if result is not None]
        finally:
            budget.close()
    return walk


def people(*ids: str, active: bool = True) -> list[Parent]:
    return [
        {"user_id": i, "email_address": f"{i}@x", "is_active": active, "manager_id": None}
        for i in ids
    ]


def history_of(asked: ReceivedRequest, _number: int) -> Answer:
    user_id = asked.path.split("/")[3]
    return json_answer(
        200, {"userSettingsHistory": [{"setting": "a", "time": user_id, "value": True}]}
    )


def test_each_parent_is_asked_about_once_and_the_window_ends_after_all_of_them() -> None:
    ids = [str(n) for n in range(20)]
    outcome = walk("user_settings_history", history_of, EarlierParents({"users": people(*ids)}))
    assert sorted(asked.path for asked in outcome.asked) == sorted(
        f"/v2/users/{user_id}/settings-history" for user_id in ids
    )
    assert sorted(entity["_userId"] for entity in outcome.entities) == sorted(ids)
    assert outcome.parents == sorted(ids)
    assert outcome.results[-1].is_end
    assert len(outcome.ends) == 1
    scopes = [p.scope.within for p in outcome.results if p.scope and p.scope.within]
    assert sorted(next(iter(s["user_id"])) for s in scopes) == sorted(ids)


def test_parents_are_waited_for_while_others_list_them() -> None:
    parents = ParentRecords(["users", "user_settings_history"], ExistingRows())
    timer = threading.Timer(0.02, lambda: (parents.add("users", [
        {"id": "7", "emailAddress": "a", "active": True}]), parents.finish("users")))  # fmt: skip
    timer.start()
    outcome = walk("user_settings_history", history_of, parents=parents)
    assert outcome.parents == ["7"]
    assert outcome.tasks is not None
    assert outcome.tasks.is_complete


def test_only_parents_that_are_due_are_requested_the_longest_waiting_first() -> None:
    read_at = {"a": NOW - 8 * DAY, "b": NOW - 3 * DAY, "c": NOW - 6.6 * DAY, "d": NOW - 20 * DAY}
    held = EarlierParents({"users": people("a", "b", "c", "d", "new")}, read_at)
    assert walk("user_settings_history", history_of, held).parents == ["a", "c", "d", "new"]
    outcome = walk("user_settings_history", history_of, held, most_not_due=2)
    assert outcome.parents == ["d", "new"]
    assert outcome.tasks is not None
    assert not outcome.tasks.is_complete
    assert outcome.ends[0].scope is None, "the others are not gone"
    eager = walk(
        "user_settings_history",
        history_of,
        held,
        most_not_due=2,
        without_limits=frozenset(("user_settings_history",)),
    )
    assert eager.parents == ["a", "b", "c", "d", "new"]


def test_a_parent_that_is_gone_is_lost_and_the_others_are_read() -> None:
    def script(asked: ReceivedRequest, number: int) -> Answer:
        return refused(404, "User not found") if "/2/" in asked.path else history_of(asked, number)

    outcome = walk(
        "user_settings_history", script, EarlierParents({"users": people("1", "2", "3")})
    )
    assert outcome.parents == ["1", "3"]
    assert outcome.lost == [("user_settings_history", ("2",))]
    assert len(outcome.ends) == 1


def rejecting(*odd: str) -> Script:
    """A Gong that refuses some ids of users."""

    def script(asked: ReceivedRequest, number: int) -> Answer:
        is_odd = asked.path.split("/")[3] in odd
        return refused(400, "Bad request") if is_odd else history_of(asked, number)

    return script


def test_a_parent_whose_id_gong_refuses_is_set_aside_and_the_others_are_read() -> None:
    users = EarlierParents({"users": people("1", "x", "3")})
    outcome = walk("user_settings_history", rejecting("x"), users)
    assert outcome.parents == ["1", "3"], "the odd one is requested again tomorrow"
    (odd,) = (result for result in outcome.results if result.page_of == "x")
    assert [requested_id(entity) for entity in odd.entities] == ["x"]
    assert not outcome.is_complete
    # tomorrow it is the only one that is due
    again = EarlierParents({"users": people("1", "x", "3")}, {"1": NOW - DAY, "3": NOW - DAY})
    later = walk("user_settings_history", rejecting("x"), again)
    assert [requested_id(entity) for entity in later.entities] == ["x"]
    with pytest.raises(Rejected):
        walk("user_settings_history", rejecting("1", "x", "3"), users)


def test_nothing_of_an_id_that_gong_refuses_counts_as_read() -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        ids = asked.body["filter"]["callIds"]
        if "x" in ids:
            return refused(400, f"filter.callIds[{ids.index('x')}]: is no id")
        return json_answer(200, {"callTranscripts": [], "callAccessList": []})

    calls = EarlierParents(call_ids=["1", "x", "2"])
    transcripts = walk("transcripts", script, calls, reason=Reason.AWAITED)
    requested = [id_ for result in transcripts.results for id_ in result.awaited_calls]
    assert requested == ["1", "2"]
    access = walk("call_user_access", script, calls)
    (scope,) = (result.scope for result in access.results if result.scope)
    assert scope.within == {"call_id": frozenset(("1", "2"))}
    by_id = walk("calls", script, calls, reason=Reason.BY_ID, ids=["x"])
    assert [result.scope.within for result in by_id.results if result.scope] == [
        {"call_id": frozenset()}
    ]


def test_addresses_of_people_are_in_no_error() -> None:
    users = EarlierParents({"users": people("1", "2")})
    with pytest.raises(FailTable) as raised:
        walk("meeting_integrations", lambda *_: refused(409, "Conflict"), users)
    assert "2 addresses" in str(raised.value)
    assert "1@x" not in str(raised.value)


def test_where_every_parent_is_not_found_the_operation_is_not() -> None:
    with pytest.raises(NotFound):
        walk(
            "user_settings_history", [refused(404, "Not Found")],
            EarlierParents({"users": people("1", "2")}),
        )  # fmt: skip


def test_an_unlicensed_surface_costs_one_request() -> None:
    ids = [str(n) for n in range(30)]
    asked: list[int] = []

    def script(_asked: ReceivedRequest, number: int) -> Answer:
        asked.append(number)
        return refused(403, "Access denied")

    with pytest.raises(NotLicensed):
        walk("flows", script, EarlierParents({"users": people(*ids)}))
    assert asked == [0]


def test_the_first_ask_goes_ahead_and_the_others_follow_side_by_side() -> None:
    running, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(2, timeout=5)

    def script(_asked: ReceivedRequest, number: int) -> Answer:
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
        return json_answer(200, {"flows": [], "records": {}})

    outcome = walk("flows", script, EarlierParents({"users": people("1", "2", "3", "4")}))
    assert len(outcome.asked) == 4
    assert most[0] > 1
    assert outcome.parents == ["1", "2", "3", "4"]


def test_rows_of_parents_that_are_no_more_are_in_the_scope_of_the_end() -> None:
    parents = ParentRecords(["workspaces", "library_folders"], ExistingRows())
    parents.add("workspaces", [{"id": "1"}, {"id": "2"}])
    parents.finish("workspaces")
    outcome = walk("library_folders", [json_answer(200, {"folders": []})], parents=parents)
    assert outcome.ends[0].scope == Scope(outside={"workspace_id": frozenset(("1", "2"))})


def test_a_partial_list_of_parents_tells_nothing_of_those_it_leaves_out() -> None:
    parents = ParentRecords(["workspaces", "library_folders"], ExistingRows())
    parents.add("workspaces", [{"id": "1"}])
    parents.finish("workspaces", is_partial=True)
    outcome = walk("library_folders", [json_answer(200, {"folders": []})], parents=parents)
    assert outcome.ends[0].scope is None


def transcripts_of(asked: ReceivedRequest, _number: int) -> Answer:
    rows = [{"callId": call_id, "transcript": []} for call_id in asked.body["filter"]["callIds"]]
    return json_answer(200, {"callTranscripts": rows, "records": {}})


def test_transcripts_are_asked_for_in_hundreds_once_each_as_calls_are_found() -> None:
    parents = ParentRecords(["calls", "transcripts"], ExistingRows())
    parents.add_calls([str(n) for n in range(50, 250)], (), is_lookback=False)
    parents.finish("calls")
    held = EarlierParents(call_ids=[str(n) for n in range(120)])
    outcome = walk("transcripts", transcripts_of, held, parents, Reason.AWAITED)
    sizes = sorted(len(asked.body["filter"]["callIds"]) for asked in outcome.asked)
    assert sizes == [50, 100, 100]
    assert sorted(int(entity["callId"]) for entity in outcome.entities) == list(range(250))
    assert sorted(int(c) for p in outcome.results for c in p.awaited_calls) == list(range(250))
    assert len(outcome.ends) == 1


def test_without_calls_access_is_asked_for_calls_of_the_warehouse() -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        ids = asked.body["filter"]["callIds"]
        rows = [{"callId": call_id, "users": [{"userId": "9"}]} for call_id in ids]
        return json_answer(200, {"callAccessList": rows})

    outcome = walk("call_user_access", script, EarlierParents(call_ids=["1", "2"]))
    assert [(entity["_callId"], entity["userId"]) for entity in outcome.entities] == [
        ("1", "9"),
        ("2", "9"),
    ]


def test_flows_that_are_unknown_are_left_out_of_their_batch() -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        ids = asked.body["flowIds"]
        if "13" in ids:
            return refused(404, "Flow not found: flowId=13")
        rows = [{"id": flow_id, "steps": [{"id": f"s{flow_id}"}]} for flow_id in ids]
        return json_answer(200, {"flows": rows})

    flows = [{"flow_id": str(n)} for n in range(45)]
    outcome = walk("flow_steps", script, EarlierParents({"flows": flows}))
    assert sorted(int(entity["_flowId"]) for entity in outcome.entities) == [
        n for n in range(45) if n != 13
    ]
    assert outcome.lost == [("flow_steps", ("13",))]


def test_tasks_that_always_give_errors_are_taken_for_no_licence() -> None:
    with pytest.raises(NotLicensed, match="tasks"):
        walk("tasks", [refused(500, "Internal error")], EarlierParents({"users": people("1", "2")}))


def test_errors_other_than_missing_licences_stay_as_they_are() -> None:
    with pytest.raises(FailTable):
        walk("tasks", [refused(400, "Bad request")], EarlierParents({"users": people("1")}))


NOTHING = json_answer(200, {"tasks": [], "flows": [], "records": {}})


def asked_user(asked: ReceivedRequest) -> str:
    if asked.path == "/v2/tasks":
        return str(asked.body["filter"]["userId"])
    return asked.query["flowOwnerEmail"][0].partition("@")[0]


@pytest.mark.parametrize("stream", ["tasks", "flows"])
@pytest.mark.parametrize(
    "answer",
    [
        refused(400, "There is no such user"),
        refused(403, "Access denied"),
        refused(404, "User not found"),
        refused(404, "The following userIds were not found: 8"),
    ],
)
def test_people_who_left_whom_gong_refuses_are_told_and_fail_nobody_else(
    stream: str, answer: Answer
) -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        return answer if asked_user(asked) in ("8", "9") else NOTHING

    users = [*people("7", "8", "9", active=False), *people("1", "2")]
    outcome = walk(stream, script, EarlierParents({"users": users}))
    assert sorted(map(asked_user, outcome.asked)) == ["1", "2", "7", "8", "9"]
    assert outcome.refused == ["8", "9"]
    assert outcome.lost == []
    assert not outcome.is_complete, "what they own is not known"
    assert len(outcome.ends) == 1
    assert outcome.ends[0].scope is None


def test_people_who_left_and_were_refused_are_not_asked_again_and_all_others_are_all() -> None:
    held = EarlierParents(
        read_at={"1": NOW - 8 * DAY}, refused_at={"8": NOW - 8 * DAY, "9": NOW - 31 * DAY}
    )
    parents = ParentRecords(["users", "flows"], held)
    parents.add("users", [
        {"id": i, "emailAddress": f"{i}@x", "active": i == "1"} for i in ("1", "8", "9")
    ])  # fmt: skip
    parents.finish("users")
    outcome = walk("flows", [NOTHING], held, parents)
    assert sorted(map(asked_user, outcome.asked)) == ["1", "9"]
    assert outcome.is_complete
    named = walk("flows", [NOTHING], held, parents, without_limits=frozenset(("flows",)))
    assert sorted(map(asked_user, named.asked)) == ["1", "8", "9"]


def test_where_people_who_left_get_nothing_but_errors_one_of_them_is_enough_to_know() -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        return NOTHING if asked_user(asked) in ("1", "2") else refused(500, "Internal error")

    users = [*people("7", "8", "9", active=False), *people("1", "2")]
    outcome = walk("tasks", script, EarlierParents({"users": users}))
    assert set(map(asked_user, outcome.asked)) == {"1", "2", "7"}
    assert outcome.refused == ["7"]
    assert not outcome.is_complete


def test_only_of_people_who_left_is_it_kept_when_tasks_were_requested() -> None:
    users = [*people("7", active=False), *people("1", "2")]
    outcome = walk("tasks", [NOTHING], EarlierParents({"users": users}))
    assert len(outcome.asked) == 3
    assert outcome.parents == ["7"]
    again = walk("tasks", [NOTHING], EarlierParents({"users": users}, {"7": NOW - DAY}))
    assert sorted(map(asked_user, again.asked)) == ["1", "2"]


def test_prospects_and_open_instances_are_asked_about_once_in_a_run() -> None:
    held = EarlierParents(
        {
            CRM_REFERENCES: [{"object_type": "Contact", "object_id": "c1"}],
            OPEN_INSTANCES: [{"flow_instance_id": "i1"}],
            "tasks": [{"contact_type": "CONTACT", "contact_crm_id": "c1"}],
        }
    )
    requested: set[str] = set()
    answers = [json_answer(200, {"prospectsAssigned": []})]
    first = walk("flow_prospects", answers, held, requested=requested)
    assert sorted(map(str, (request.body for request in first.asked))) == [
        "{'crmProspectsIds': ['c1']}", "{'flowInstanceIds': ['i1']}",
    ]  # fmt: skip
    assert walk("flow_prospects", answers, held, requested=requested).asked == []


def test_only_the_named_calls_are_read_by_id() -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        rows = [{"metaData": {"id": call_id}} for call_id in asked.body["filter"]["callIds"]]
        return json_answer(200, {"calls": rows, "records": {}})

    outcome = walk("calls", script, reason=Reason.BY_ID, ids=("1", "2"))
    assert [entity["metaData"]["id"] for entity in outcome.entities] == ["1", "2"]
    scopes = [result.scope for result in outcome.results if result.scope]
    assert scopes == [Scope({"call_id": frozenset(("1", "2"))})]
    assert outcome.tasks is not None
    assert not outcome.tasks.is_complete
