"""Requests to every operation that the emulator serves, and what it answered over real HTTP.

Each scenario asks for what a seeded company has and for what it has not, writes with valid bodies,
and makes the mistakes that have answers of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.conftest import Emulator
from tests.contract.documents import Operation
from tests.emulator.operations import routes

Json = dict[str, Any]
NOW = "2026-11-18T15:00:00-05:00"
WORLD = ("--now", NOW, "--no-limit", "--calls", "160", "--users", "14", "--days", "30")
SMALL = ("--now", NOW, "--no-limit", "--calls", "20", "--users", "6", "--days", "10")

WINDOW = {"fromDateTime": "2026-10-19T00:00:00Z", "toDateTime": "2026-11-18T19:00:00Z"}
NEVER = {"fromDateTime": "2001-01-01T00:00:00Z", "toDateTime": "2001-02-01T00:00:00Z"}
DAYS = {"fromDate": "2026-10-20", "toDate": "2026-11-18"}
LOG_TYPES = (
    "AccessLog", "UserActivityLog", "UserCallPlay", "ExternallySharedCallAccess",
    "ExternallySharedCallPlay",
)  # fmt: skip
EVERYTHING: Json = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "content": dict.fromkeys(
            ("structure", "topics", "trackers", "trackerOccurrences", "brief", "outline",
             "highlights", "callOutcome", "keyPoints", "pointsOfInterest"),
            True,
        ),
        "interaction": dict.fromkeys(
            ("speakers", "video", "personInteractionStats", "questions"), True
        ),
        "collaboration": {"publicComments": True},
        "media": True,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Exchange:
    """One answered request."""

    operation: Operation
    path: str
    status: int
    answer: Json
    trace: str


@dataclass
class Wire:
    """A client with the emulator's key that keeps what it was answered."""

    emulator: Emulator
    kept: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        key = (self.emulator.access_key, self.emulator.access_key_secret)
        self.client = httpx.Client(base_url=self.emulator.base_url, auth=key, timeout=60)

    def __call__(self, method: str, path: str, body: Any = None, **sent: Any) -> Json:
        """Sends a request and returns its answer; the operation must be one of the emulator's."""
        route = routes.known(method, f"/v2/{path}")
        assert route is not None, (method, path)
        if body is not None:
            sent["content"] = json.dumps(body)
            sent["headers"] = {"Content-Type": "application/json"} | sent.get("headers", {})
        answer = self.client.request(method, f"/v2/{path}", **sent)
        told: Json = answer.json()
        self.kept.append(
            Exchange(
                (method, route.shape), path, answer.status_code, told, answer.headers["X-Traceid"]
            )
        )
        return told

    def all_pages(self, method: str, path: str, inputs: Json) -> None:
        """Reads a list to its last page."""
        cursor: Json = {}
        while True:
            sent = inputs | cursor
            told = self(method, path, params=sent) if method == "GET" else self(method, path, sent)
            if "cursor" not in told["records"]:
                return
            cursor = {"cursor": told["records"]["cursor"]}

    def advance(self, seconds: float) -> None:
        self.client.put("/_emulator/clock", json={"advance_seconds": seconds}).raise_for_status()

    def ids(self, kind: str, key: str = "id") -> list[Any]:
        return [one[key] for one in self.emulator.truth(kind)]


def calls(wire: Wire) -> None:
    wire.all_pages("GET", "calls", WINDOW)
    wire.all_pages("POST", "calls/extensive", {"filter": WINDOW, "contentSelector": EVERYTHING})
    wire("POST", "calls/extensive", {"filter": WINDOW})
    wire.all_pages("POST", "calls/transcript", {"filter": WINDOW})
    call_ids = [one["metaData"]["id"] for one in wire.emulator.truth("calls")]
    wire("GET", f"calls/{call_ids[0]}")
    wire("GET", "calls/1")
    wire("GET", "calls", params=NEVER)
    wire("GET", "calls", params={"fromDateTime": "yesterday"})
    for path in ("calls/extensive", "calls/transcript"):
        wire("POST", path, {"filter": NEVER})
        wire("POST", path, {})


def stats(wire: Wire) -> None:
    activity = ("stats/activity/aggregate", "stats/activity/day-by-day", "stats/interaction")
    for path in activity:
        wire.all_pages("POST", path, {"filter": DAYS})
        wire("POST", path, {"filter": DAYS | {"toDate": DAYS["fromDate"]}})
        wire("POST", path, {"filter": DAYS | {"toDate": "2030-01-01"}})
    path = "stats/activity/aggregate-by-period"
    for period in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"):
        wire.all_pages("POST", path, {"filter": DAYS, "aggregationPeriod": period})
    wire("POST", path, {"filter": DAYS})
    unknown = DAYS | {"userIds": ["1"]}
    wire("POST", path, {"filter": unknown, "aggregationPeriod": "DAY"})
    path = "stats/activity/scorecards"
    for method in ("MANUAL", "AUTOMATIC", "BOTH"):
        reviews = {"reviewFromDate": "2026-10-20", "reviewToDate": "2026-11-18"}
        wire.all_pages("POST", path, {"filter": reviews | {"reviewMethod": method}})
    wire("POST", path, {"filter": {"reviewFromDate": "2001-01-01", "reviewToDate": "2001-01-02"}})
    wire("POST", path, {})


def company(wire: Wire) -> None:
    for path in ("workspaces", "call-outcomes", "settings/scorecards", "settings/trackers"):
        wire("GET", path)
    workspace = wire.ids("workspaces")[0]
    for path in ("settings/trackers", "settings/briefs"):
        wire("GET", path, params={"workspaceId": workspace})
        wire("GET", path, params={"workspaceId": "1"})
    wire("GET", "settings/briefs")
    for kind in LOG_TYPES:
        wire.all_pages("GET", "logs", WINDOW | {"logType": kind})
        wire("GET", "logs", params=NEVER | {"logType": kind})
    wire("GET", "logs", params=WINDOW)


def people(wire: Wire) -> None:
    user_ids = wire.ids("users")
    wire.all_pages("GET", "users", {"includeAvatars": "true"})
    wire("POST", "users/extensive", {"filter": {"userIds": user_ids}})
    wire("POST", "users/extensive", {"filter": {"userIds": ["1"]}})
    wire("POST", "users/extensive", {})
    for path in ("users/{}", "users/{}/settings-history"):
        for user_id in (*user_ids, "1"):
            wire("GET", path.format(user_id))
    workspace = wire.ids("workspaces")[0]
    span = {"from": WINDOW["fromDateTime"], "to": WINDOW["toDateTime"], "workspace-id": workspace}
    for user_id in (*user_ids, "1"):
        wire("GET", "coaching", params=span | {"manager-id": user_id})


def library(wire: Wire) -> None:
    for workspace in (*wire.ids("workspaces"), "1"):
        wire("GET", "library/folders", params={"workspaceId": workspace})
    wire("GET", "library/folders")
    for folder in (*wire.ids("library_folders"), "1"):
        wire("GET", "library/folder-content", params={"folderId": folder})
    wire("GET", "library/folder-content")


def permissions(wire: Wire) -> None:
    workspaces = wire.ids("workspaces")
    for workspace in (*workspaces, "1"):
        wire("GET", "all-permission-profiles", params={"workspaceId": workspace})
    for profile in (*wire.ids("permission_profiles"), "1"):
        for path in ("permission-profile", "permission-profile/users"):
            wire("GET", path, params={"profileId": profile})
    here = {"workspaceId": workspaces[0]}
    leads = wire.ids("users")[:2]
    body: Json = {
        "name": "Made here",
        "description": "of a test",
        "callsAccess": {"permissionLevel": "managers-team", "teamLeadIds": leads},
        "libraryFolderAccess": {"permissionLevel": "all", "manageStreams": True},
        "scoreCalls": True,
    }
    wire("POST", "permission-profile", body, params=here)
    wire("POST", "permission-profile", body, params=here)
    profile = {"profileId": wire.ids("permission_profiles")[-1]}
    wire("PUT", "permission-profile", {"name": "Made there"}, params=profile)
    wire("PUT", "permission-profile", {"name": 1.5}, params=profile)
    call_ids = [one["metaData"]["id"] for one in wire.emulator.truth("calls")]
    wire("POST", "calls/users-access", {"filter": {"callIds": call_ids[:100]}})
    grants = {"callAccessList": [{"callId": call_ids[0], "userIds": leads}]}
    unknown = {"callAccessList": [{"callId": "1", "userIds": leads}]}
    for method in ("PUT", "DELETE"):
        wire(method, "calls/users-access", grants)
        wire(method, "calls/users-access", unknown)
        wire("POST", "calls/users-access", {"filter": {"callIds": call_ids[:1]}})


def privacy(wire: Wire) -> None:
    parties = [
        party
        for call in wire.emulator.truth("calls")
        for party in call.get("parties") or ()
        if party.get("affiliation") == "External"
    ]
    for path, name, key, nobody in (
        ("data-for-email-address", "emailAddress", "emailAddress", "no@body.example"),
        ("data-for-phone-number", "phoneNumber", "phoneNumber", "+15550001"),
    ):
        known = sorted({one[key] for one in parties if one.get(key)})
        for value in (*known[:30], nobody, "nonsense"):
            wire("GET", f"data-privacy/{path}", params={name: value})
        for value in (known[0], "nonsense"):
            wire("POST", f"data-privacy/erase-{path}", params={name: value})


def associations(wire: Wire) -> None:
    path = "calls/manual-crm-associations"
    wire.all_pages("GET", path, {"fromDateTime": WINDOW["fromDateTime"]})
    wire("GET", path, params={"fromDateTime": "2026-11-18T19:59:00Z"})
    wire("GET", path)


def crm(wire: Wire) -> None:
    wire("GET", "crm/integrations")
    (number,) = wire.ids("crm_integrations", "integrationId")
    here = {"integrationId": number}
    wire("GET", "crm/entity-schema", params=here)
    for kind in ("ACCOUNT", "CONTACT", "DEAL", "LEAD"):
        of_type = here | {"objectType": kind}
        wire("GET", "crm/entity-schema", params=of_type)
        fields = [
            {key: value for key, value in one.items() if key not in ("integrationId", "objectType")}
            for one in wire.emulator.truth("crm_schema_fields")
            if one["objectType"] == kind
        ]
        wire("POST", "crm/entity-schema", fields, params=of_type)
        ids = [
            one["crmId"] for one in wire.emulator.truth("crm_objects") if one["objectType"] == kind
        ]
        wire("GET", "crm/entities", [*ids[:90], "nobody"], params=of_type)
    wire("POST", "crm/entity-schema", [], params=of_type)
    wire("GET", "crm/entity-schema", params={"integrationId": "1"})
    wire("GET", "crm/entities", params=of_type)
    wire("PUT", "crm/integrations", {"ownerEmail": _emails(wire)[0], "name": "Another"})
    good = b'{"objectId": "a1", "modifiedDate": "2026-01-03T23:45:57Z", "name": "One"}'
    for name, lines in (("good", good), ("bad", b'{"objectId": "a2"}\n{'), ("good", good)):
        wire(
            "POST",
            "crm/entities",
            params=here | {"objectType": "ACCOUNT", "clientRequestId": name},
            files={"dataFile": ("rows.ldjson", lines, "application/x-ndjson")},
        )
    wire("DELETE", "crm/integrations", params=here | {"clientRequestId": "gone"})
    for _ in range(3):
        for name in ("good", "bad", "gone", "unknown"):
            wire("GET", "crm/request-status", params=here | {"clientRequestId": name})
        wire.advance(40)
    wire("GET", "crm/integrations")


def registration(wire: Wire) -> None:
    """Of a company that has no generic CRM yet."""
    wire("GET", "crm/integrations")
    body = {"ownerEmail": _emails(wire)[0], "name": "Ours"}
    wire("PUT", "crm/integrations", body)
    wire("PUT", "crm/integrations", body)


def flows(wire: Wire) -> None:
    emails = _emails(wire)
    for email in (*emails, "no@body.example"):
        wire("GET", "flows", params={"flowOwnerEmail": email})
        wire("GET", "flows/folders", params={"flowFolderOwnerEmail": email})
    flow_ids = wire.ids("flows")
    for place in range(0, len(flow_ids), 20):
        wire("POST", "flows/steps", {"flowIds": flow_ids[place : place + 20]})
    wire("POST", "flows/steps", {"flowIds": ["1"]})
    wire("POST", "flows/steps", {})
    open_ones = [one["crmProspectId"] for one in wire.emulator.truth("flow_instances")]
    instances = wire.ids("flow_instances", "flowInstanceId")
    wire("POST", "flows/prospects", {"crmProspectsIds": open_ones})
    wire("POST", "flows/prospects", {"flowInstanceIds": instances})
    wire("POST", "flows/prospects", {"crmProspectsIds": ["nobody"]})
    wire("POST", "flows/prospects", {})
    contacts = [
        one["crmId"]
        for one in wire.emulator.truth("crm_objects")
        if one["objectType"] == "CONTACT" and one["crmId"] not in open_ones
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
    for path, found, nobody in (
        ("crm-id", {"crmProspectId": open_ones[0]}, {"crmProspectId": "nobody"}),
        ("instance-id", {"flowInstanceIds": instances[:3]}, {"flowInstanceIds": ["1"]}),
    ):
        for sent in (found, nobody, {}):
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
    actions = {action for one in all_tasks for action in one["actions"]}
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
    emails = [one["email"] for one in _integrations(wire, valid=True)]
    broken = [one["email"] for one in _integrations(wire, valid=False)]
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
    """Users whose meeting integration is in order, or not."""
    user_id, other = wire.ids("users")[:2]
    wire.emulator.change("set_meeting_integration", userId=user_id, valid=True)
    wire.emulator.change(
        "set_meeting_integration",
        userId=other,
        valid=False,
        userFacingError="Connect your calendar.",
        fixUrl="https://app.gong.example/fix",
    )
    found = wire.emulator.truth("meeting_integrations")
    return [one for one in found if one["exists"] and one["valid"] is valid]


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


def questions(wire: Wire) -> None:
    query = question(wire.emulator)
    spans = ("ALL_CONVERSATIONS", "LAST_7DAYS")
    for path in ("entities/ask-entity", "entities/get-brief"):
        for change in (
            *({"timePeriod": span} for span in spans),
            {"crmEntityId": "nobody"},
            {"timePeriod": "EVER"},
        ):
            wire("GET", path, params=query | change)


def question(emulator: Emulator) -> Json:
    """What an answer about an account, or a brief of it, needs to be asked with."""
    brief = next(one for one in emulator.truth("briefs") if one["status"] == "Published")
    for call in emulator.truth("calls"):
        for system in call.get("context") or ():
            for one in system["objects"]:
                here = call["metaData"]["workspaceId"] == brief["workspaceId"]
                if one["objectType"] == "Account" and here:
                    return {
                        "workspaceId": brief["workspaceId"],
                        "crmEntityType": "ACCOUNT",
                        "crmEntityId": one["objectId"],
                        "timePeriod": "ALL_CONVERSATIONS",
                        "question": "Why do they want it?",
                        "briefName": brief["briefName"],
                    }
    raise AssertionError("no call of the workspace refers to an account")


def uploads(wire: Wire) -> None:
    users = wire.emulator.truth("users")
    names = ("webConferencesRecorded", "telephonyCallsImported")

    def host(*, is_recorded: bool) -> str:
        return next(
            str(one["id"])
            for one in users
            if (one["active"] and any(one["settings"][name] for name in names)) is is_recorded
        )

    body: Json = {
        "clientUniqueId": "pbx-1",
        "actualStart": "2026-11-18T10:00:00-05:00",
        "duration": 1790.74,
        "direction": "Outbound",
        "primaryUser": host(is_recorded=True),
        "parties": [{"userId": host(is_recorded=True)}, {"emailAddress": "buyer@new.example"}],
    }
    call_id = wire("POST", "calls", body)["callId"]
    wire("POST", "calls", body)
    silent = host(is_recorded=False)
    other = {"clientUniqueId": "pbx-2", "primaryUser": silent, "parties": [{"userId": silent}]}
    wire("POST", "calls", body | other)
    media = {"mediaFile": ("call.wav", b"RIFF" + bytes(range(256)), "audio/wav")}
    for one in (call_id, "1"):
        wire("PUT", f"calls/{one}/media", files=media)


def _emails(wire: Wire) -> list[str]:
    return [one["emailAddress"] for one in wire.emulator.truth("users") if one["active"]]


SCENARIOS: tuple[Callable[[Wire], None], ...] = (
    calls, stats, company, people, library, permissions, associations, flows, tasks, meetings,
    events, questions, privacy, uploads, crm,
)  # fmt: skip
"""In an order in which no scenario takes away what a later one needs."""
