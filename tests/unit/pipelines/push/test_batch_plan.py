"""What a push does with an item, by what the ledger says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.push.batch_plan import BatchPlan, plan_batch
from sources.gong.write.model import Item
from tests.unit.pipelines.push.conftest import items, write_named
from warehouse.ops.push_ledger import ItemStatus, LedgerEntry

KEPT, CHANGED = "the same content", "other content"
POST = {
    "title": "One", "clientUniqueId": "a", "primaryUser": "1", "direction": "Inbound",
    "actualStart": "2026-11-01T10:00:00Z", "parties": [{"userId": "1"}],
}  # fmt: skip
TASK = {"taskId": "7", "userId": "1", "status": "DONE"}
PROSPECT = {"crmProspectsIds": ["003"], "flowId": "1", "flowInstanceOwnerEmail": "a@x.example"}
ROWS = {
    "addCall": POST,
    "updateReminder": TASK,
    "assignProspects": PROSPECT,
}


def entry(item: Item, status: ItemStatus, *, changed: bool = False) -> LedgerEntry:
    digest = "other" if changed else item.digest
    return LedgerEntry(item.key, digest, status, 1, None, None)


def planned(name: str, status: ItemStatus, *, changed: bool = False, again: bool = False) -> str:
    """The list that a lone item is put into, with its attempt number."""
    write = write_named(name)
    (item,) = items(write, ROWS[name])
    entries = {item.key: entry(item, status, changed=changed)}
    plan = plan_batch(write, [item], entries, again=again)
    (placed,) = [
        f"{name_of_list} {item.attempt}"
        for name_of_list in ("send", "check", "poll", "skip")
        for item in getattr(plan, name_of_list)
    ]
    return placed + (" conflict" if plan.conflicts else "")


def test_what_was_never_sent_is_sent() -> None:
    write = write_named("addCall")
    new = items(write, POST)
    assert plan_batch(write, new, {}, again=False) == BatchPlan(send=new)


@pytest.mark.parametrize("status", [ItemStatus.REJECTED, ItemStatus.FAILED])
def test_what_is_not_at_gong_goes_again_as_another_attempt(status: ItemStatus) -> None:
    assert planned("addCall", status) == "send 2"


@pytest.mark.parametrize("status", [ItemStatus.SENDING, ItemStatus.UNKNOWN])
def test_what_is_open_goes_on_as_the_same_attempt_or_is_asked_about(status: ItemStatus) -> None:
    assert planned("addCall", status) == "send 1"
    assert planned("updateReminder", status) == "send 1"
    assert planned("assignProspects", status) == "check 1"
    assert planned("assignProspects", status, again=True) == "send 1"


def test_what_is_done_is_sent_once_more_only_if_its_content_may_change() -> None:
    assert planned("addCall", ItemStatus.DONE) == "skip 2"
    assert planned("addCall", ItemStatus.DONE, again=True) == "send 2"
    assert planned("addCall", ItemStatus.DONE, changed=True) == "skip 2 conflict"
    assert planned("updateReminder", ItemStatus.DONE, changed=True) == "send 2"


def test_what_gong_does_later_is_polled_and_not_sent() -> None:
    assert planned("updateReminder", ItemStatus.ACCEPTED) == "poll 2"
    assert planned("updateReminder", ItemStatus.ACCEPTED, changed=True) == "send 2"
    assert planned("updateReminder", ItemStatus.ACCEPTED, again=True) == "send 2"


def test_open_items_are_sent_last() -> None:
    write = write_named("updateReminder")
    first, second, third = items(write, *({**TASK, "taskId": n} for n in "123"))
    entries = {first.key: entry(first, ItemStatus.UNKNOWN)}
    plan = plan_batch(write, [first, second, third], entries, again=False)
    assert plan.send == [second, third, replace(first, was_open=True)]


def test_of_a_full_list_all_items_go_if_one_does() -> None:
    write = write_named("uploadCrmSchemaField")
    field = {"integrationId": "1", "objectType": "ACCOUNT", "label": "x", "type": "STRING"}
    rows = [{**field, "uniqueName": name} for name in ("done", "new")]
    other = {**field, "objectType": "DEAL", "uniqueName": "done elsewhere"}
    done, new, elsewhere = items(write, *rows, other)
    entries = {item.key: entry(item, ItemStatus.DONE) for item in (done, elsewhere)}
    plan = plan_batch(write, [done, new, elsewhere], entries, again=False)
    assert [item.row for item in plan.send] == [2, 1]
    assert [item.row for item in plan.skip] == [3]
