"""One case per write operation: rows to push, and their effect on the company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.harness.pushing.company import PushCompany, Row
from tests.harness.pushing.effects import (
    count,
    crm_fields,
    crm_ids,
    erased,
    finished,
    in_flow,
    named,
    reported,
    titled,
    with_access,
    without_access,
)
from tests.harness.pushing.rows import (
    access,
    assigned,
    deleted_integration,
    event,
    granted_access,
    instances,
    media,
    meeting,
    meetings,
    objects,
    open_tasks,
    outsiders,
    posted,
    profiles,
    registered,
    renamed_profiles,
    schema,
    unassigned,
)


@dataclass(frozen=True)
class Case:
    """One write operation: rows to push, and their effect.

    Attributes:
        rows: makes the rows from the company.
        effect: counts the entities in the emulator that show the effect.
        requests: number of requests that send the rows.
        options: options of the command.
        hours: time after which Gong has done the work.
        done: by how much the push raises `effect`.
    """

    rows: Callable[[PushCompany], list[Row]]
    effect: Callable[[PushCompany], int]
    requests: int
    options: tuple[str, ...] = ()
    hours: float = 0.0
    done: int = field(default=2)


CASES = {
    "add-new-call": Case(
        lambda company: posted(company, "dialer-0", "dialer-1"),
        lambda company: sum(
            call["clientUniqueId"].startswith("dialer-")
            for call in company.emulator.truth("uploaded_calls")
        ),
        2,
    ),
    "add-call-media": Case(
        media, count("uploaded_calls", size=100_004), 2
    ),
    "create-permission-profile": Case(profiles, named("Pushed"), 2),
    "update-permission-profile": Case(renamed_profiles, named("Renamed"), 2),
    "set-user-call-access": Case(access, with_access, 1),
    "delete-users-from-call-access-list": Case(granted_access, without_access, 1, ("--yes",)),
    "erase-data-for-email-address": Case(
        lambda company: outsiders(company, "emailAddress"), erased("emailAddress"), 2, ("--yes",), 5
    ),
    "erase-data-for-phone-number": Case(
        lambda company: outsiders(company, "phoneNumber"), erased("phoneNumber"), 2, ("--yes",), 5
    ),
    "upload-crm-objects": Case(objects, crm_ids, 1, (), 1),
    "upload-crm-schema": Case(schema, crm_fields, 1),
    "assign-prospects-to-flow": Case(assigned, in_flow, 1),
    "unassign-flows-by-crm-id": Case(unassigned, finished, 2, ("--yes",)),
    "unassign-flows-by-instance-id": Case(instances, finished, 1, ("--yes",)),
    "bulk-assign-prospects-to-flow": Case(
        lambda company: [
            {
                "flowId": company.flow["id"],
                "flowInstanceOwnerEmail": company.users[0]["emailAddress"],
                "crmId": prospect,
            }
            for prospect in company.prospects(2)
        ],
        in_flow, 1, (), 1,
    ),
    "create-a-new-gong-meeting": Case(
        lambda company: [meeting(company, f"Made {number}") for number in range(2)],
        titled("Made"),
        2,
    ),
    "update-a-gong-meeting": Case(
        lambda company: [
            {**row, "title": f"Moved {row['title']}"} for row in meetings(company, "move")
        ],
        titled("Moved"),
        2,
    ),
    "delete-meeting": Case(
        lambda company: [
            {"meetingId": meeting["meetingId"], "organizerEmail": meeting["organizerEmail"]}
            for meeting in meetings(company, "delete")
        ],
        lambda company: -titled("To delete")(company),
        2, ("--yes",),
    ),
    "post-a-digital-interaction": Case(
        lambda _: [
            {
                "eventId": f"interaction-{number}", "timestamp": "2026-11-19T10:00:00Z",
                "eventType": "visit", "content__contentTitle": "Price list",
                "person__email": "guest@elsewhere.example",
            }
            for number in range(2)
        ],
        count("reported_events", reportedBy="digital"), 2,
    ),
    "report-content-view-event": Case(event("view"), reported("view"), 2),
    "report-content-share-event": Case(event("share"), reported("share"), 2),
    "report-custom-engagement-event": Case(
        event("custom", actionName="Opened"), reported("custom"), 2
    ),
    "update-task": Case(open_tasks, count("tasks", status="DISMISSED"), 2),
    "delete-a-generic-crm-integration": Case(
        deleted_integration, lambda company: -count("crm_integrations")(company),
        1, ("--yes",), 30, 1,
    ),
    "register-crm-integration": Case(
        registered, count("crm_integrations", name="Pushed integration"), 1, (), 0, 1
    ),
}  # fmt: skip
"""The order matters: the last two remove the company's CRM integration and register another."""
