"""How Gong's answers settle an item: the functions that rows of the table of writes name.

`check…` requests whether an item is done, `poll…` how far a later job is, `…_failures` read which
elements of a taken request were not done. Knows no ledger; the checks and polls send one request
each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sources.gong.api.errors import NotFound, NothingFound, Rejected
from sources.gong.api.operations import operation
from sources.gong.write.model import (
    Answer,
    Idempotency,
    Item,
    PollResult,
    PollState,
    Values,
    Write,
)

if TYPE_CHECKING:
    from sources.gong.api.client import Client
    from sources.gong.api.errors import GongError

_REFERENCES = ("emails", "calls", "meetings", "customerData", "customerEngagement")
"""Lists in the answer about a person; all are empty once the person is erased."""


def known_already(write: Write, error: GongError) -> str | None:
    """Returns the id of an item whose key Gong refuses as known; None for another refusal.

    The id is empty where Gong does not say it.
    """
    if write.idempotency is not Idempotency.BY_KEY:
        return None
    if write.answers.known:
        match = write.answers.known.search(" ".join(error.texts))
        return match[1] if match else None
    return "" if error.status == 409 else None


def is_gone(write: Write, error: GongError) -> bool:
    """Whether a refusal says that the thing to delete does not exist any more."""
    return error.status == write.answers.gone_status


def check_prospect_in_flow(client: Client, item: Item) -> bool | None:
    """Whether a prospect is in the flow."""
    prospect = item.element["crmId"] if isinstance(item.element, Mapping) else item.element
    answer = client.call(operation("getProspectsAssignedFlows"), {"crmProspectsIds": [prospect]})
    flows = answer.get("prospectsAssigned") or []
    return any(str(flow.get("flowId")) == str(item.shared["flowId"]) for flow in flows)


def check_bulk_prospect_in_flow(client: Client, item: Item) -> bool | None:
    """Whether a prospect of a bulk assignment is in the flow; None while it may still come."""
    # a new person has no id to look up
    is_there = check_prospect_in_flow(client, item) if item.element.get("crmId") else None
    return is_there or None


def check_integration(client: Client, item: Item) -> bool | None:
    """Whether the CRM integration is registered."""
    answer = client.call(operation("listGenericCrmIntegration"), {})
    return _has_name(answer.get("integrations"), item.shared["name"])


def check_profile(client: Client, item: Item) -> bool | None:
    """Whether the permission profile exists."""
    workspace = item.shared["workspaceId"]
    answer = client.call(operation("listPermissionProfile"), {"workspaceId": workspace})
    return _has_name(answer.get("profiles"), item.shared.get("name"))


def check_media(client: Client, item: Item) -> bool | None:
    """Whether a call has its media; None while Gong does not list the call."""
    try:
        client.call(operation("getCall"), {"id": item.shared["id"]})
    except (NotFound, NothingFound, Rejected):
        # Gong lists a call some minutes after its media came
        return None
    return True


def poll_upload(client: Client, shared: Values, request_id: str) -> PollResult:
    """Requests how far Gong is with a file of CRM objects, or the deletion of an integration."""
    values = {"integrationId": shared["integrationId"], "clientRequestId": request_id}
    return upload_result(client.call(operation("getRequestStatus"), values))


def upload_result(answer: Answer) -> PollResult:
    """Reads the status of a file of CRM objects, or of a deletion."""
    status = str(answer.get("status"))
    texts: dict[int, str] = {}
    for error in answer.get("errors") or []:
        line, text = int(error.get("line") or 0), str(error.get("description"))
        texts[line] = f"{texts[line]}; {text}" if line in texts else text
    # line 0 is the file as a whole
    general = texts.pop(0, None)
    errors = {line - 1: text for line, text in texts.items()}
    if status == "DONE":
        return PollResult(PollState.DONE, errors)
    if status != "FAILED":
        return PollResult(PollState.WAITING)
    if general or not errors:
        return PollResult(PollState.FAILED, {}, general or "Gong does not say why")
    # documented: at most 20 lines are named
    unnamed = int(answer.get("totalErrorCount") or 0) - len(errors)
    if unnamed <= 0:
        return PollResult(PollState.DONE, errors)
    return PollResult(
        PollState.FAILED,
        errors,
        f"this may be one of {unnamed} further rows that Gong refuses and does not name; it goes "
        "again with the next push",
    )


def poll_bulk_assignment(client: Client, _shared: Values, assignment: str) -> PollResult:
    """Requests how far Gong is with a bulk assignment of prospects."""
    answer = client.call(operation("getFlowProspectsBulkAssignment"), {"id": assignment})
    if answer.get("status") not in ("COMPLETED", "FAILED"):
        return PollResult(PollState.WAITING)
    errors = {
        place: str(result.get("errorMessage") or result.get("errorCode") or result.get("status"))
        for place, result in enumerate(answer.get("results") or [])
        if result.get("status") != "ASSIGNED"
    }
    is_lost = answer.get("status") == "FAILED" and not errors
    state = PollState.FAILED if is_lost else PollState.DONE
    return PollResult(state, errors, "the assignment failed")


def poll_erasure(name: str, parameter: str) -> Callable[[Client, Values, str], PollResult]:
    """Returns the poll of an erasure: whether Gong still knows anything of the person.

    Args:
        name: the operation that finds all references to the person.
        parameter: the one in which it takes the address or number.
    """

    def poll(client: Client, shared: Values, _request_id: str) -> PollResult:
        try:
            answer = client.call(operation(name), {parameter: shared[parameter]})
        except NothingFound:
            return PollResult(PollState.DONE)
        is_known = any(answer.get(key) for key in _REFERENCES)
        return PollResult(PollState.WAITING if is_known else PollState.DONE)

    return poll


def assignment_failures(answer: Answer, elements: Sequence[Any]) -> Mapping[int, str]:
    """Returns which prospects were not put into the flow, and why."""
    texts = {
        str(refused.get("crmProspectId")): f"{refused.get('errorCode')}: "
        f"{refused.get('errorMessage')}"
        for refused in answer.get("prospectsNotAssigned") or []
    }
    return {place: texts[prospect] for place, prospect in enumerate(elements) if prospect in texts}


def unassignment_failures(answer: Answer, elements: Sequence[Any]) -> Mapping[int, str]:
    """Returns which flow instances the answer does not name as ended."""
    done = {str(instance) for instance in answer.get("unassignedFlowInstanceIds") or []}
    text = "Gong did not say that it was taken out of the flow"
    return {place: text for place, instance in enumerate(elements) if instance not in done}


def _has_name(rows: Sequence[Mapping[str, Any]] | None, name: Any) -> bool:
    return any(row.get("name") == name for row in rows or [])
