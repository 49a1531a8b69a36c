"""What Gong answers about an item says whether it is done, still to come, or failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from sources.gong.api.client import Client
from sources.gong.api.errors import GongError, NotFound, NothingFound, from_answer
from sources.gong.api.operations import Operation, operation
from sources.gong.write.model import Item, PollResult, PollState, Write
from sources.gong.write.operations import write_of
from sources.gong.write.outcomes import is_gone, known_already, upload_result


@dataclass
class AnsweringGong:
    """Gives one answer to whatever it is asked, and remembers the requests."""

    answer: dict[str, Any] | GongError
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def call(self, row: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((row.operation_id, values))
        if isinstance(self.answer, GongError):
            raise self.answer
        return self.answer


def of(name: str) -> Write:
    return write_of(operation(name))


def checked(name: str, item: Item, answer: dict[str, Any] | GongError) -> bool | None:
    check = of(name).answers.check
    assert check
    return check(cast("Client", AnsweringGong(answer)), item)


def polled(name: str, shared: dict[str, Any], answer: dict[str, Any] | GongError) -> PollResult:
    poll = of(name).answers.poll
    assert poll
    return poll(cast("Client", AnsweringGong(answer)), shared, "the-request")


def an_item(element: Any = None, **shared: Any) -> Item:
    return Item(1, "key", "digest", shared, element)


def refusal(status: int, text: str) -> GongError:
    return from_answer(status, [text], "r", operation("listUsers"))


@pytest.mark.parametrize(
    ("name", "error", "expected"),
    [
        ("addCall", refusal(400, "This has already been posted for the call 77."), "77"),
        ("addCall", refusal(409, "conflict"), None),
        ("addCall", refusal(400, "parties: must not be null"), None),
        ("contentViewed", refusal(409, "conflict"), ""),
        ("contentViewed", refusal(400, "conflict"), None),
        ("addMeeting", refusal(409, "conflict"), None),
    ],
)
def test_a_key_that_gong_knows_is_recognised(
    name: str, error: GongError, expected: str | None
) -> None:
    assert known_already(of(name), error) == expected


def test_a_deletion_of_what_is_gone_is_recognised_where_gong_says_so() -> None:
    assert is_gone(of("deleteMeeting"), refusal(404, "not found"))
    assert not is_gone(of("deleteMeeting"), refusal(400, "not found"))
    assert not is_gone(of("unassignProspectFlows"), refusal(404, "not found"))


def test_a_prospect_is_looked_for_in_the_flow() -> None:
    flows = {"prospectsAssigned": [{"flowId": 7}, {"flowId": "8"}]}
    assert checked("assignProspects", an_item("p", flowId="7"), flows) is True
    assert checked("assignProspects", an_item("p", flowId="9"), flows) is False
    assert checked("assignProspects", an_item("p", flowId="9"), {}) is False


def test_a_prospect_of_a_bulk_assignment_may_still_come() -> None:
    name = "submitFlowProspectsBulkAssignment"
    flows = {"prospectsAssigned": [{"flowId": "7"}]}
    assert checked(name, an_item({"crmId": "c"}, flowId="7"), flows) is True
    assert checked(name, an_item({"crmId": "c"}, flowId="8"), flows) is None
    assert checked(name, an_item({"firstName": "Ada"}, flowId="7"), flows) is None


def test_registrations_and_profiles_are_looked_for_by_name() -> None:
    for name, key in (
        ("registerGenericCrmIntegration", "integrations"),
        ("createPermissionProfile", "profiles"),
    ):
        item = an_item(name="mine", workspaceId="1")
        assert checked(name, item, {key: [{"name": "mine"}]}) is True
        assert checked(name, item, {key: [{"name": "other"}]}) is False
        assert checked(name, item, {}) is False


def test_media_are_there_once_gong_lists_the_call() -> None:
    assert checked("addCallRecording", an_item(id="1"), {"call": {}}) is True
    for error in (NotFound("x"), NothingFound("x"), refusal(400, "x")):
        assert checked("addCallRecording", an_item(id="1"), error) is None


def test_an_erasure_is_done_when_nothing_refers_to_the_person() -> None:
    for name, parameter in (
        ("purgeEmailAddress", "emailAddress"),
        ("purgePhoneNumber", "phoneNumber"),
    ):
        shared = {parameter: "a@b.example"}
        assert polled(name, shared, {"calls": [], "emails": []}).state is PollState.DONE
        assert polled(name, shared, NothingFound("x")).state is PollState.DONE
        assert polled(name, shared, {"calls": [{"id": 1}]}).state is PollState.WAITING


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "RUNNING"}, PollResult(PollState.WAITING)),
        (
            {"status": "COMPLETED", "results": [{"status": "ASSIGNED"}, {"errorCode": "NO"}]},
            PollResult(PollState.DONE, {1: "NO"}, "the assignment failed"),
        ),
        (
            {"status": "FAILED", "results": [{"errorMessage": "why", "errorCode": "NO"}]},
            PollResult(PollState.DONE, {0: "why"}, "the assignment failed"),
        ),
        ({"status": "FAILED"}, PollResult(PollState.FAILED, {}, "the assignment failed")),
    ],
)
def test_a_bulk_assignment_is_read_prospect_by_prospect(
    answer: dict[str, Any], expected: PollResult
) -> None:
    assert polled("submitFlowProspectsBulkAssignment", {}, answer) == expected


def test_an_upload_is_asked_for_by_the_name_of_its_request() -> None:
    gong = AnsweringGong({"status": "DONE"})
    poll = of("uploadCrmData").answers.poll
    assert poll
    poll(cast("Client", gong), {"integrationId": 5}, "the-request")
    assert gong.asked == [
        ("getRequestStatus", {"integrationId": 5, "clientRequestId": "the-request"})
    ]


def test_prospects_that_were_not_assigned_are_named() -> None:
    refused = {"crmProspectId": "b", "errorCode": "NO", "errorMessage": "why"}
    failures = of("assignProspects").answers.failures
    assert failures({"prospectsNotAssigned": [refused]}, ["a", "b"]) == {1: "NO: why"}
    assert failures({}, ["a", "b"]) == {}


def test_flow_instances_that_the_answer_leaves_out_failed() -> None:
    failures = of("unassignFlows").answers.failures
    text = "Gong did not say that it was taken out of the flow"
    assert failures({"unassignedFlowInstanceIds": [1]}, ["1", "2"]) == {1: text}


def answered(*errors: dict[str, Any], total: int, status: str = "FAILED") -> PollResult:
    return upload_result({"status": status, "errors": errors, "totalErrorCount": total})


def test_the_result_of_a_file_is_reported_line_by_line() -> None:
    twice = answered(
        {"line": 2, "description": "a"}, {"line": 2, "description": "b"},
        {"line": 5, "description": "c"}, total=2,
    )  # fmt: skip
    assert (twice.state, twice.errors) == (PollState.DONE, {1: "a; b", 4: "c"})
    general = answered({"line": 0, "description": "no such integration"}, total=1)
    assert (general.state, general.errors, general.message) == (
        PollState.FAILED, {}, "no such integration",
    )  # fmt: skip
    more = answered({"line": 1, "description": "a"}, total=3)
    assert (more.state, more.errors) == (PollState.FAILED, {0: "a"})
    assert "2 further rows" in more.message
    assert answered(total=0).message == "Gong does not say why"
    assert answered(total=0, status="DONE").state is PollState.DONE
    assert answered(total=0, status="IN_PROGRESS").state is PollState.WAITING
