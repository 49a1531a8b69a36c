"""Scenarios of Engage, meetings and reported events."""

from __future__ import annotations

from tests.contract.scenarios.inputs import active_emails
from tests.contract.wire import Json, Wire


def flows(wire: Wire) -> None:
    emails = active_emails(wire)
    for email in (*emails, "no@body.example"):
        wire("GET", "flows", params={"flowOwnerEmail": email})
        wire("GET", "flows/folders", params={"flowFolderOwnerEmail": email})
    flow_ids = wire.ids("flows")
    for place in range(0, len(flow_ids), 20):
        wire("POST", "flows/steps", {"flowIds": flow_ids[place : place + 20]})
    wire("POST", "flows/steps", {"flowIds": ["1"]})
    wire("POST", "flows/steps", {})
    open_ones = [instance["crmProspectId"] for instance in wire.emulator.truth("flow_instances")]
    instances = wire.ids("flow_instances", "flowInstanceId")
    wire("POST", "flows/prospects", {"crmProspectsIds": open_ones})
    wire("POST", "flows/prospects", {"flowInstanceIds": instances})
    wire("POST", "flows/prospects", {"crmProspectsIds": ["nobody"]})
    wire("POST", "flows/prospects", {})
    contacts = [
        record["crmId"]
        for record in wire.emulator.truth("crm_objects")
        if record["objectType"] == "CONTACT" and record["crmId"] not in open_ones
    ]
    body: Json = {"flowId": flow_ids[0], "flowInstanceOwnerEmail": emails[0]}
    for path in ("assign", "assign/cool-off-override"):
        prospects = [contacts.pop(), *open_ones[:20], "nobody"]
        wire("POST", f"flows/prospects/{path}", body | {"crmProspectsIds": prospects})
        unknown = body | {"flowId": "1", "crmProspectsIds": ["nobody"]}
        wire("POST", f"flows/prospects/{path}", unknown)
        wire("POST", f"flows/prospects/{path}", {})
    _bulk(wire, body, [{"crmId": contacts.pop()}, {"firstName": "A", "lastName": "B"}])
    _bulk(wire, body, [{"crmId": "nobody"}])
    wire("GET", "flows/prospects/bulk-assignments/1")
    wire("POST", "flows/prospects/bulk-assignments", {})
    for path, known, nobody in (
        ("crm-id", {"crmProspectId": open_ones[0]}, {"crmProspectId": "nobody"}),
        ("instance-id", {"flowInstanceIds": instances[:3]}, {"flowInstanceIds": ["1"]}),
    ):
        for sent in (known, nobody, {}):
            wire("POST", f"flows/prospects/unassign-flows-by-{path}", sent)


def _bulk(wire: Wire, body: Json, prospects: list[Json]) -> None:
    path = "flows/prospects/bulk-assignments"
    bulk_id = wire("POST", path, body | {"prospects": prospects})["id"]
    for _ in range(3):
        wire("GET", f"{path}/{bulk_id}")
        wire.advance(40)


def tasks(wire: Wire) -> None:
    wanted: Json = {
        "types": ["FLOW", "MANUAL"],
        "taskAction": ["CALL", "EMAIL", "LINKEDIN", "CUSTOM"],
        "status": ["OPEN", "DONE", "DISMISSED"],
    }
    all_tasks = wire.emulator.truth("tasks")
    actions = {action for task in all_tasks for action in task["actions"]}
    wanted["taskAction"] = sorted(actions)
    for user_id in (*wire.ids("users"), "1"):
        wire("POST", "tasks", {"filter": wanted | {"userId": user_id}})
    wire("POST", "tasks", {})
    own = {"userId": str(all_tasks[0]["userId"])}
    path = f"tasks/{all_tasks[0]['id']}"
    changes = {"status": "DONE", "priority": "HIGH", "dueDate": "2026-12-01T10:00:00Z"}
    wire("PATCH", path, own | changes)
    wire("PATCH", path, {"userId": "1", "status": "DONE"})
    wire("PATCH", path, {})
    wire("PATCH", "tasks/1", own)


def meetings(wire: Wire) -> None:
    emails = [integration["email"] for integration in _integrations(wire, valid=True)]
    broken = [integration["email"] for integration in _integrations(wire, valid=False)]
    wire("POST", "meetings/integration/status", {"emails": [*emails, *broken, "no@body.example"]})
    wire("POST", "meetings/integration/status", {})
    body: Json = {
        "startTime": "2026-11-20T10:00:00Z",
        "endTime": "2026-11-20T11:00:00Z",
        "title": "Offer",
        "invitees": [{"email": "buyer@customer.example", "displayName": "Buyer"}],
        "organizerEmail": emails[0],
    }
    meeting = wire("POST", "meetings", body)["meetingId"]
    path = f"meetings/{meeting}"
    wire("PUT", path, body | {"title": "Second offer"})
    for method, where in (("POST", "meetings"), ("PUT", path)):
        for wrong in (broken[0], "no@body.example", None):
            wire(method, where, body | {"organizerEmail": wrong})
    wire("PUT", "meetings/1", body)
    wire("DELETE", "meetings/1", {"organizerEmail": emails[0]})
    wire("DELETE", path, {"organizerEmail": 1.5})
    wire("DELETE", path, {"organizerEmail": emails[0]})


def _integrations(wire: Wire, *, valid: bool) -> list[Json]:
    """Returns the meeting integrations that are valid, or those that are not."""
    user_id, other = wire.ids("users")[:2]
    wire.emulator.change("set_meeting_integration", userId=user_id, valid=True)
    wire.emulator.change(
        "set_meeting_integration",
        userId=other,
        valid=False,
        userFacingError="Connect your calendar.",
        fixUrl="https://app.gong.example/fix",
    )
    integrations = wire.emulator.truth("meeting_integrations")
    return [
        integration
        for integration in integrations
        if integration["exists"] and integration["valid"] is valid
    ]


def events(wire: Wire) -> None:
    digital: Json = {
        "eventId": "e1",
        "timestamp": "2026-11-18T10:00:00Z",
        "eventType": "page viewed",
        "content": {"contentTitle": "Prices"},
    }
    for body in (digital, digital, {}):
        wire("POST", "digital-interaction", body)
    event: Json = {
        "reportingSystem": "ours",
        "eventTimestamp": "2026-11-18T10:00:00Z",
        "contentId": "c1",
        "contentUrl": "https://content.example/c1",
        "contentTitle": "Prices",
    }
    for path in ("content/viewed", "content/shared", "action"):
        own = event | {"eventId": path}
        for body in (own, own, {}):
            wire("PUT", f"customer-engagement/{path}", body)
    wire("GET", "integration-settings")
    origin = {"integrationType": "DIALER", "allowedOrigin": "https://ours.example"}
    wire("POST", "integration-settings", {"integrationTypeSettings": [origin]})
    wire("POST", "integration-settings", {})
