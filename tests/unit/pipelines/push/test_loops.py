"""Sending and polling, with the ledger: what is recorded when, and what a rerun does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.console import Console
from pipelines.lock import WarehouseLock
from pipelines.push.poll_loop import poll_items
from pipelines.push.report import PushTally
from pipelines.push.send_loop import send_items
from pipelines.push.sender import Sender, SendingStopped
from sources.gong.write.model import Item
from tests.harness.scripted_transport import ScriptedTransport, refused
from tests.unit.pipelines.push.conftest import items, statuses, write_named
from tests.unit.pipelines.push.test_batch_plan import POST, PROSPECT, TASK
from warehouse.connection import Warehouse
from warehouse.ops.push_ledger import ItemStatus, PushLedger

CUT_OFF = httpx.ReadError("cut off")
TASKS = [{**TASK, "taskId": str(number)} for number in range(1, 4)]
OBJECT = {"integrationId": "1", "objectType": "ACCOUNT", "modifiedDate": "2026-11-01T10:00:00Z"}
OBJECTS = [{**OBJECT, "objectId": str(number)} for number in range(1, 4)]

Push = Callable[..., tuple[PushTally, list[Item]]]


@pytest.fixture
def push(
    sender: Callable[[str], Sender], ledger: Callable[[str], PushLedger], tmp_path: Path
) -> Push:
    """Sends rows; returns the tally and the items that Gong does later."""

    def push(
        name: str, *rows: Mapping[str, Any], again: bool = False
    ) -> tuple[PushTally, list[Item]]:
        write, tally = write_named(name), PushTally()
        lock = WarehouseLock(tmp_path / "w.duckdb", "push", gives_way=False, on_wait=print)
        try:
            later = send_items(
                iter(items(write, *rows)), sender(name), ledger(name), tally, lock, again=again,
            )  # fmt: skip
        finally:
            lock.close()
        return tally, later

    return push


def state_of(warehouse: Warehouse) -> list[tuple[int, str, int]]:
    return [(row, status, attempts) for _, row, status, attempts, _ in statuses(warehouse)]


def test_a_rerun_sends_what_is_not_done(
    gong: ScriptedTransport, push: Push, warehouse: Warehouse
) -> None:
    def script(request: httpx.Request) -> httpx.Response:
        is_wrong = request.url.path.endswith("/2")
        return refused(400, "no such task") if is_wrong else httpx.Response(200, json={})

    gong.script = script
    tally, later = push("updateReminder", *TASKS)
    assert (tally.statuses[ItemStatus.DONE], tally.refused) == (2, [(2, "no such task")])
    assert later == []
    assert state_of(warehouse) == [(1, "done", 1), (2, "rejected", 1), (3, "done", 1)]
    gong.requests.clear()
    gong.answer({})
    tally, _ = push("updateReminder", *TASKS)
    assert (tally.skipped, gong.paths) == (2, ["PATCH /v2/tasks/2"])
    assert state_of(warehouse) == [(1, "done", 1), (2, "done", 2), (3, "done", 1)]


def test_items_are_in_the_ledger_before_their_request_leaves(
    gong: ScriptedTransport, push: Push, warehouse: Warehouse
) -> None:
    seen: list[tuple[Any, ...]] = []

    def script(_request: httpx.Request) -> httpx.Response:
        with warehouse.writing() as db:
            seen.extend(db.execute("select state, attempts from gong_ops.pushes").fetchall())
        return httpx.Response(200, json={})

    gong.script = script
    push("updateReminder", TASK)
    assert seen == [("sending", 1)]
    assert state_of(warehouse) == [(1, "done", 1)]


def test_unsent_items_are_taken_out_of_the_ledger(
    gong: ScriptedTransport, push: Push, warehouse: Warehouse
) -> None:
    gong.answer(refused(401, "invalid access key"))
    with pytest.raises(SendingStopped):
        push("updateReminder", *TASKS)
    assert state_of(warehouse) == []


def test_what_may_have_been_done_before_stays_unknown_when_nothing_can_be_sent(
    gong: ScriptedTransport, push: Push, warehouse: Warehouse
) -> None:
    gong.answer(CUT_OFF)
    push("updateReminder", TASK)
    assert state_of(warehouse) == [(1, "unknown", 1)]
    gong.answer(refused(401, "invalid access key"))
    with pytest.raises(SendingStopped):
        push("updateReminder", TASK)
    assert state_of(warehouse) == [(1, "unknown", 1)]


def test_a_fault_leaves_its_item_open_and_records_the_others(
    gong: ScriptedTransport, push: Push, warehouse: Warehouse
) -> None:
    def script(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/2"):
            raise ZeroDivisionError
        return httpx.Response(200, json={})

    gong.script = script
    with pytest.raises(ZeroDivisionError):
        push("updateReminder", *TASKS)
    assert state_of(warehouse) == [(1, "done", 1), (2, "sending", 1), (3, "done", 1)]


def test_an_open_item_is_checked_with_gong_before_it_is_sent(
    gong: ScriptedTransport, push: Push, warehouse: Warehouse
) -> None:
    gong.answer(CUT_OFF, {"prospectsAssigned": []})
    push("assignProspects", PROSPECT)
    assert state_of(warehouse) == [(1, "unknown", 1)]
    gong.answer({"prospectsAssigned": [{"flowId": "1", "crmProspectId": "003"}]})
    gong.requests.clear()
    tally, _ = push("assignProspects", PROSPECT)
    assert (tally.statuses[ItemStatus.DONE], len(gong.requests)) == (1, 1)
    assert state_of(warehouse) == [(1, "done", 1)]


def test_an_operation_that_undoes_another_lets_it_go_again(
    gong: ScriptedTransport, push: Push, warehouse: Warehouse
) -> None:
    gong.answer({})
    access = {"callId": "1", "userIds": ["2"]}
    push("addUsersAccessToCalls", access)
    push("deleteUsersAccessToCalls", access)
    assert [operation for operation, *_ in statuses(warehouse)] == ["deleteUsersAccessToCalls"]
    tally, _ = push("addUsersAccessToCalls", access)
    assert tally.statuses[ItemStatus.DONE] == 1


def test_other_content_under_a_key_that_gong_keeps_is_refused_here(
    gong: ScriptedTransport, push: Push
) -> None:
    gong.answer({"callId": "1"})
    push("addCall", POST)
    tally, _ = push("addCall", {**POST, "title": "Two"})
    assert len(gong.requests) == 1
    ((row, reason),) = tally.refused
    assert (row, reason.startswith("its clientUniqueId was pushed before")) == (1, True)


@pytest.fixture
def poll(
    sender: Callable[[str], Sender], ledger: Callable[[str], PushLedger]
) -> Callable[..., int]:
    def poll(tally: PushTally, later: list[Item]) -> int:
        name = "uploadCrmData"
        return poll_items(later, sender(name), ledger(name), tally, Console(), 0.0)

    return poll


def upload(gong: ScriptedTransport, **status: Any) -> None:
    """Gong takes files, and says this of them."""

    def script(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=status)
        given = dict(request.url.params)
        return httpx.Response(200, json={"clientRequestId": given["clientRequestId"]})

    gong.script = script


def test_what_gong_does_later_is_settled_by_polling(
    gong: ScriptedTransport, push: Push, poll: Callable[..., int], warehouse: Warehouse
) -> None:
    upload(gong, status="IN_PROGRESS")
    tally, later = push("uploadCrmData", *OBJECTS)
    assert tally.statuses == {ItemStatus.ACCEPTED: 3}
    assert poll(tally, later) == 3
    error = {"line": 2, "description": "bad date"}
    upload(gong, status="DONE", errors=[error])
    assert poll(tally, later) == 0
    assert tally.statuses == {ItemStatus.ACCEPTED: 0, ItemStatus.DONE: 2, ItemStatus.REJECTED: 1}
    assert tally.refused == [(2, "bad date")]
    assert state_of(warehouse) == [(1, "done", 1), (2, "rejected", 1), (3, "done", 1)]


def test_polling_settles_rows_of_the_same_request_that_are_not_given_now(
    gong: ScriptedTransport, push: Push, poll: Callable[..., int], warehouse: Warehouse
) -> None:
    upload(gong, status="IN_PROGRESS")
    push("uploadCrmData", *OBJECTS)
    error = {"line": 3, "description": "bad date"}
    upload(gong, status="DONE", errors=[error])
    tally, later = push("uploadCrmData", OBJECTS[0])
    assert len(later) == 1
    assert poll(tally, later) == 0
    assert (tally.refused, tally.refused_elsewhere) == ([], 1)
    assert [status for _, status, _ in state_of(warehouse)] == ["done", "done", "rejected"]


def test_requests_forgotten_by_gong_are_sent_again(
    gong: ScriptedTransport, push: Push, poll: Callable[..., int], warehouse: Warehouse
) -> None:
    upload(gong, status="IN_PROGRESS")
    tally, later = push("uploadCrmData", OBJECTS[0])
    gong.answer(refused(400, "unknown request"))
    assert poll(tally, later) == 0
    assert [status for _, status, _ in state_of(warehouse)] == ["failed"]
    upload(gong, status="DONE")
    names = [dict(request.url.params) for request in gong.requests if request.method != "GET"]
    _, later = push("uploadCrmData", OBJECTS[0])
    assert later
    again = dict(gong.requests[-1].url.params)
    assert again["clientRequestId"] != names[0]["clientRequestId"], "Gong would know the name"
    assert json.dumps(again)
