"""Streams that wait for each other's lists, in real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from sources.gong.api.errors import FailTable, MissingScope, Postponed, SkipTable, StopRun
from sources.gong.extract.child_streams import Parent
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.parents import ParentRecords
from sources.gong.schema.table import CRM_REFERENCES
from sources.gong.schema.tables import PARENT_COLUMNS

SOON = 5.0


class Warehouse(ExistingRows):
    """Holds what an earlier run has listed."""

    def __init__(self, **rows: Sequence[Parent]) -> None:
        self._rows = {
            name.replace("_", " ") if "crm" in name else name: r for name, r in rows.items()
        }

    def parents(self, stream: str) -> Sequence[Parent] | None:
        return self._rows.get(stream)


def later(what: Callable[[], Any]) -> tuple[Future[Any], threading.Event]:
    """Runs something in another thread; the event says that it has begun."""
    begun, pool = threading.Event(), ThreadPoolExecutor(1)

    def run() -> Any:
        begun.set()
        return what()

    return pool.submit(run), begun


def user(user_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": user_id, "emailAddress": "a@x", "active": True, "managerId": None, **fields}


def test_who_waits_gets_the_list_when_it_has_come_to_its_end() -> None:
    lists = ParentRecords(["users", "flows"], ExistingRows())
    waiting, begun = later(lambda: lists.wait("users"))
    assert begun.wait(SOON)
    lists.note("users", [user("1")])
    lists.note("users", [user("2"), user("1")])
    assert not waiting.done()
    lists.end("users")
    found = waiting.result(SOON)
    assert [one["user_id"] for one in found] == ["1", "2"]
    assert all(tuple(one) == PARENT_COLUMNS["users"] for one in found)


def test_many_can_wait_for_one_list_while_pages_come_from_several_threads() -> None:
    lists = ParentRecords(["users"], ExistingRows())
    waiting = [later(lambda: lists.wait("users"))[0] for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for start in range(0, 400, 50):
            pool.submit(lists.note, "users", [user(str(n)) for n in range(start, start + 50)])
    lists.end("users")
    for one in waiting:
        assert len(one.result(SOON)) == 400


@pytest.mark.parametrize("error", [FailTable("broken"), MissingScope("no scope", "api:x")])
def test_who_waits_for_a_list_that_fails_is_skipped_with_the_reason(error: Exception) -> None:
    lists = ParentRecords(["users"], ExistingRows())
    waiting, _ = later(lambda: lists.wait("users"))
    lists.note("users", [user("1")])
    lists.end("users", error)  # type: ignore[arg-type]
    with pytest.raises(SkipTable, match=f"asks about the rows of users, and these failed: {error}"):
        waiting.result(SOON)


@pytest.mark.parametrize("error", [Postponed("quota", 5), StopRun("bad key")])
def test_what_ends_the_run_ends_who_waits_in_the_same_way(error: Exception) -> None:
    lists = ParentRecords(["users"], ExistingRows())
    waiting, _ = later(lambda: lists.wait("users"))
    lists.end("users", error)  # type: ignore[arg-type]
    with pytest.raises(type(error)) as raised:
        waiting.result(SOON)
    assert raised.value is error


def test_the_list_of_a_reading_that_does_not_run_is_that_of_the_warehouse() -> None:
    lists = ParentRecords(["flows"], Warehouse(users=[{"user_id": "7"}], workspaces=[]))
    assert lists.wait("users") == [{"user_id": "7"}]
    assert lists.wait("workspaces") == []
    with pytest.raises(SkipTable, match="never been read: add crm_integrations to --only"):
        lists.wait("crm_integrations")


def test_a_partial_list_is_no_complete_one() -> None:
    lists = ParentRecords(["users", "workspaces"], ExistingRows())
    lists.end("users", is_partial=True)
    lists.end("workspaces")
    assert not lists.is_complete("users")
    assert lists.is_complete("workspaces")
    assert not lists.is_complete("flows")
    assert lists.is_running("users")
    assert not lists.is_running("flows")


def test_what_calls_refer_to_is_known_when_all_calls_are_read_also_if_they_fail() -> None:
    for error in (None, FailTable("broken")):
        lists = ParentRecords(["calls"], ExistingRows())
        waiting, begun = later(lists.references)
        assert begun.wait(SOON)
        link = [{"objects": [{"objectType": "Deal", "objectId": "1"}]}]
        lists.note("calls", [{"context": link, "parties": [{"context": link}]}])
        assert not waiting.done()
        lists.end("calls", error)
        assert waiting.result(SOON) == [{"object_type": "Deal", "object_id": "1"}]


def test_who_goes_last_waits_for_all_others_good_or_bad() -> None:
    lists = ParentRecords(["calls", "users", "flows", "flow_steps"], ExistingRows())
    waiting, begun = later(lambda: lists.wait_for_all_but(("flows", "flow_steps")))
    assert begun.wait(SOON)
    lists.end("users", FailTable("broken"))
    with pytest.raises(TimeoutError):
        waiting.result(0.1)
    lists.end("calls")
    waiting.result(SOON)


def test_without_calls_references_are_those_of_the_warehouse() -> None:
    held = Warehouse(crm_references=[{"object_type": "Deal", "object_id": "1"}])
    assert CRM_REFERENCES == "crm references"
    assert ParentRecords(["crm_objects"], held).references() == [
        {"object_type": "Deal", "object_id": "1"}
    ]
    assert ParentRecords(["crm_objects"], ExistingRows()).references() == ()
