"""Streams that wait for each other's records, in real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from sources.gong.api.errors import FailTable, MissingScope, Postponed, SkipTable, StopRun
from sources.gong.extract.child_streams import Parent
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.parents import ParentRecords, not_requested
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES
from sources.gong.schema.tables import PARENT_COLUMNS

SOON = 5.0


class EarlierRecords(ExistingRows):
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


def test_a_waiting_thread_gets_the_list_when_it_is_complete() -> None:
    records = ParentRecords(["users", "flows"], ExistingRows())
    waiting, begun = later(lambda: records.records("users"))
    assert begun.wait(SOON)
    records.add("users", [user("1")])
    records.add("users", [user("2"), user("1")])
    assert not waiting.done()
    records.finish("users")
    users = waiting.result(SOON)
    assert [row["user_id"] for row in users] == ["1", "2"]
    assert all(tuple(row) == PARENT_COLUMNS["users"] for row in users)


def test_many_can_wait_for_one_list_while_pages_come_from_several_threads() -> None:
    records = ParentRecords(["users"], ExistingRows())
    waiting = [later(lambda: records.records("users"))[0] for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for start in range(0, 400, 50):
            pool.submit(records.add, "users", [user(str(n)) for n in range(start, start + 50)])
    records.finish("users")
    for future in waiting:
        assert len(future.result(SOON)) == 400


@pytest.mark.parametrize("error", [FailTable("broken"), MissingScope("no scope", "api:x")])
def test_who_waits_for_a_list_that_fails_is_skipped_with_the_reason(error: Exception) -> None:
    records = ParentRecords(["users"], ExistingRows())
    waiting, _ = later(lambda: records.records("users"))
    records.add("users", [user("1")])
    records.finish("users", error)  # type: ignore[arg-type]
    with pytest.raises(SkipTable, match=f"asks about the rows of users, and these failed: {error}"):
        waiting.result(SOON)


@pytest.mark.parametrize("error", [Postponed("quota", 5), StopRun("bad key")])
def test_the_error_that_ends_a_run_ends_waiting_streams_too(error: Exception) -> None:
    records = ParentRecords(["users"], ExistingRows())
    waiting, _ = later(lambda: records.records("users"))
    records.finish("users", error)  # type: ignore[arg-type]
    with pytest.raises(type(error)) as raised:
        waiting.result(SOON)
    assert raised.value is error


def test_the_list_of_a_stream_that_does_not_run_is_that_of_the_warehouse() -> None:
    records = ParentRecords(["flows"], EarlierRecords(users=[{"user_id": "7"}], workspaces=[]))
    assert records.records("users") == [{"user_id": "7"}]
    assert records.records("workspaces") == []
    with pytest.raises(SkipTable, match="never been read: add crm_integrations to --only"):
        records.records("crm_integrations")


def test_a_partial_list_does_not_count_as_complete() -> None:
    records = ParentRecords(["users", "workspaces"], ExistingRows())
    records.finish("users", is_partial=True)
    records.finish("workspaces")
    assert not records.is_complete("users")
    assert records.is_complete("workspaces")
    assert not records.is_complete("flows")
    assert records.is_running("users")
    assert not records.is_running("flows")


def test_what_calls_refer_to_is_known_when_all_calls_are_read_also_if_they_fail() -> None:
    for error in (None, FailTable("broken")):
        records = ParentRecords(["calls"], ExistingRows())
        waiting, begun = later(partial(records.records, CRM_REFERENCES))
        assert begun.wait(SOON)
        link = [{"objects": [{"objectType": "Deal", "objectId": "1"}]}]
        records.add("calls", [{"context": link, "parties": [{"context": link}]}])
        assert not waiting.done()
        records.finish("calls", error)
        assert waiting.result(SOON) == [{"object_type": "Deal", "object_id": "1"}]


def test_all_others_have_ended_good_or_bad() -> None:
    records = ParentRecords(["calls", "users", "flows", "flow_steps"], ExistingRows())
    others = records.others(("flows", "flow_steps"))
    assert others == ["calls", "users"]
    records.finish("users", FailTable("broken"))
    assert not records.have_ended(others, 0.01)
    waiting, begun = later(lambda: records.have_ended(others, SOON))
    assert begun.wait(SOON)
    records.finish("calls")
    assert waiting.result(SOON)


def test_without_calls_references_are_those_of_the_warehouse() -> None:
    held = EarlierRecords(crm_references=[{"object_type": "Deal", "object_id": "1"}])
    assert CRM_REFERENCES == "crm references"
    assert ParentRecords(["crm_objects"], held).records(CRM_REFERENCES) == [
        {"object_type": "Deal", "object_id": "1"}
    ]
    assert ParentRecords(["crm_objects"], ExistingRows()).records(CRM_REFERENCES) == []


def test_of_a_lookback_transcripts_of_changed_calls_alone_are_read_again() -> None:
    records = ParentRecords(["calls", "transcripts", "call_user_access"], ExistingRows())
    records.add_calls(["1", "2"], ["2"], is_lookback=True)
    records.add_calls(["3", "4"], ["4"], is_lookback=False)
    records.finish("calls")
    assert list(records.call_ids("transcripts")) == ["2", "3", "4"]
    assert list(records.call_ids("call_user_access")) == ["1", "2", "3", "4"]


def test_a_crm_object_is_requested_once_in_a_run_whatever_refers_to_it() -> None:
    requested: set[str] = set()
    references = [{"object_type": "Contact", "object_id": "1"}]
    tasks = [{"contact_type": "CONTACT", "contact_crm_id": id_} for id_ in ("1", "2", "2")]
    assert not_requested(CRM_REFERENCES, references, requested) == references
    assert not_requested("tasks", tasks, requested) == [tasks[2]]
    assert not_requested("tasks", tasks, requested) == []
    assert not_requested("users", tasks, requested) == tasks


def test_open_instances_are_requested_by_the_first_package_also_if_there_are_none() -> None:
    requested: set[str] = set()
    assert not_requested(OPEN_INSTANCES, [], requested) == []
    assert not_requested(OPEN_INSTANCES, [{"flow_instance_id": "1"}], requested) == ()
