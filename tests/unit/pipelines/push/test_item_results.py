"""What Gong's answers mean for each item of a request."""

from __future__ import annotations

from pipelines.push.item_results import (
    checked_result,
    lost_results,
    polled_results,
    rejected_results,
    taken_results,
    unsent_results,
)
from sources.gong.api.errors import Rejected
from sources.gong.write.model import Item, PollResult, PollState
from tests.unit.pipelines.push.conftest import write_named
from warehouse.ops.push_ledger import ItemResult, ItemStatus, LedgerEntry

A, B = Item(1, "a", "digest", {}, "1"), Item(2, "b", "digest", {}, "2")
OPEN_B = Item(2, "b", "digest", {}, "2", was_open=True)
ENTRIES = [
    LedgerEntry(key, "digest", ItemStatus.ACCEPTED, 1, "job", place)
    for place, key in enumerate("ab")
]


def refusal(text: str) -> Rejected:
    error = Rejected("POST /v2/x was answered 400")
    error.texts, error.request_id = (text,), "r"
    return error


def test_elements_that_gong_took_and_did_not_do_are_rejected() -> None:
    answer = {"requestId": "r", "unassignedFlowInstanceIds": ["2"]}
    failed, done = taken_results(write_named("unassignFlows"), [A, B], answer, is_open=False)
    assert (failed.key, failed.status, failed.request_id) == ("a", ItemStatus.REJECTED, "r")
    assert done == ItemResult("b", ItemStatus.DONE, None, None, "r", 1)


def test_an_item_missing_from_the_answer_is_done_if_an_open_attempt_may_have_deleted_it() -> None:
    write = write_named("unassignFlows")
    failed, done = taken_results(write, [A, OPEN_B], {}, is_open=False)
    assert (failed.status, done.status) == (ItemStatus.REJECTED, ItemStatus.DONE)
    results = taken_results(write, [A, B], {}, is_open=True)
    assert {result.status for result in results} == {ItemStatus.DONE}


def test_what_gong_does_later_is_accepted_under_the_id_it_gave() -> None:
    write = write_named("submitFlowProspectsBulkAssignment")
    (result,) = taken_results(write, [A], {"id": 17}, is_open=False)
    assert (result.status, result.answer_id, result.place) == (ItemStatus.ACCEPTED, "17", 0)


def test_a_refusal_keeps_gongs_words() -> None:
    assert rejected_results([A], refusal("no such user")) == [
        ItemResult("a", ItemStatus.REJECTED, "no such user", request_id="r")
    ]


def test_what_cannot_be_sent_failed_unless_it_may_have_been_done_before() -> None:
    results = unsent_results([A, OPEN_B], "down")
    assert [result.status for result in results] == [ItemStatus.FAILED, ItemStatus.UNKNOWN]
    results = unsent_results([A], "down", is_open=True)
    assert [result.status for result in results] == [ItemStatus.UNKNOWN]


def test_an_open_item_is_done_if_gong_has_it_and_else_unknown() -> None:
    checkable, silent = write_named("assignProspects"), write_named("addMeeting")
    assert checked_result(checkable, A, True).status is ItemStatus.DONE
    for is_done in (False, None):
        result = checked_result(checkable, A, is_done, "cut off")
        assert result.status is ItemStatus.UNKNOWN
        assert str(result.message).startswith("cut off. Gong may or may not have done it")
        assert str(result.message).endswith("ask again later with the same command")
    assert str(checked_result(silent, A, None).message).endswith("push it with --again")


def test_a_poll_settles_each_item_by_its_place() -> None:
    poll = PollResult(PollState.DONE, {1: "bad date"})
    assert polled_results(ENTRIES, poll, is_whole_file=False) == [
        ItemResult("a", ItemStatus.DONE),
        ItemResult("b", ItemStatus.REJECTED, "bad date"),
    ]


def test_where_gong_names_some_of_the_failures_the_others_go_again() -> None:
    poll = PollResult(PollState.FAILED, {0: "bad date"}, "one of 3")
    assert polled_results(ENTRIES, poll, is_whole_file=False) == [
        ItemResult("a", ItemStatus.REJECTED, "bad date"),
        ItemResult("b", ItemStatus.FAILED, "one of 3"),
    ]
    poll = PollResult(PollState.FAILED, {}, "the file is empty")
    results = polled_results(ENTRIES, poll, is_whole_file=False)
    assert {result.status for result in results} == {ItemStatus.REJECTED}


def test_a_file_of_the_users_is_rejected_with_its_lines() -> None:
    poll = PollResult(PollState.DONE, {4: "bad date", 0: "no id"})
    (result,) = polled_results(ENTRIES[:1], poll, is_whole_file=True)
    assert result == ItemResult("a", ItemStatus.REJECTED, "line 1: no id; line 5: bad date")


def test_requests_forgotten_by_gong_are_repeated_only_where_that_is_harmless() -> None:
    error = refusal("unknown request")
    (upload, _) = lost_results(write_named("uploadCrmData"), ENTRIES, error)
    assert (upload.status, "with the next push" in str(upload.message)) == (
        ItemStatus.FAILED, True,
    )  # fmt: skip
    bulk = write_named("submitFlowProspectsBulkAssignment")
    (assignment, _) = lost_results(bulk, ENTRIES, error)
    assert (assignment.status, "--again" in str(assignment.message)) == (ItemStatus.UNKNOWN, True)
