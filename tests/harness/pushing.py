"""What is pushed in the tests: rows of every write, and how a company shows that they are there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from sources.gong.api.operations import operation
from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD = (
    "--seed", "11", "--users", "12", "--calls", "60", "--days", "20", "--workspaces", "2",
    "--now", NOW.isoformat(), "--no-limit",
)  # fmt: skip

Row = dict[str, Any]


@dataclass
class Company:
    """An emulated company, the command, and what is there to push about."""

    emulator: Emulator
    gong: Gong

    def __post_init__(self) -> None:
        self.now = NOW
        truth = self.emulator.truth
        self.users = [one for one in truth("users") if one["active"]]
        self.calls = [one["metaData"]["id"] for one in truth("calls")]
        self.workspace = truth("workspaces")[0]["id"]
        self.flow = next(one for one in truth("flows") if one["baseVisibility"] == "Company")
        (integration,) = truth("crm_integrations")
        self.integration = integration["integrationId"]

    @property
    def recorded(self) -> str:
        """A user whose calls are recorded."""
        kinds = ("webConferencesRecorded", "telephonyCallsImported")
        return next(u["id"] for u in self.users if any(u["settings"].get(k) for k in kinds))

    @property
    def organizer(self) -> str:
        """A user whose meeting integration is in order."""
        told = self.emulator.truth("meeting_integrations")
        email: str = next(one["email"] for one in told if one["valid"])
        return email

    def prospects(self, count: int) -> list[str]:
        """Contacts that are in no flow."""
        taken = {one["crmProspectId"] for one in self.emulator.truth("flow_instances")}
        contacts = (
            one["crmId"] for one in self.emulator.truth("crm_objects")
            if one["objectType"] == "CONTACT"
        )  # fmt: skip
        return [one for one in contacts if one not in taken][:count]

    def pass_time(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.emulator.set_clock(self.now)

    def push(self, name: str, rows: list[Row] | Path, *options: str) -> Any:
        """Pushes rows, from a file of JSON lines."""
        file = rows if isinstance(rows, Path) else self.gong.home.parent / f"{name}.jsonl"
        if not isinstance(rows, Path):
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.emulator.forget_requests()
        return self.gong("push", name, "--from", str(file), *options)

    def sent(self, name: str) -> int:
        """How many requests of the operation came since the last push began."""
        row = operation(name)
        parts = row.path.split("/")
        return sum(
            one["method"] == row.method
            and len(one["path"].split("/")) == len(parts)
            and all(
                theirs == ours or ours.startswith("{")
                for theirs, ours in zip(one["path"].split("/"), parts, strict=True)
            )
            for one in self.emulator.requests()
        )

    def ledger(self, name: str) -> dict[str, int]:
        with duckdb.connect(str(self.gong.warehouse), read_only=True) as db:
            return dict(
                db.execute(
                    "select state, count(*) from gong_ops.pushes where operation = ? group by all",
                    [operation(name).operation_id],
                ).fetchall()
            )


def founded(emulators: Callable[..., Emulator], folder: Path) -> Company:
    """Returns a company of its own, with a command that does not wait for Gong."""
    emulator = emulators(*WORLD)
    gong = gong_for(folder / "home", emulator, SOURCES__GONG__MAX_WAIT_SECONDS="0")
    return Company(emulator, gong)


@dataclass(frozen=True)
class Case:
    """One operation: rows to push, and what must be there then that was not there before.

    Attributes:
        rows: made from the company.
        shown: how many things of theirs the emulator has.
        requests: how many carry them.
        options: of the command.
        hours: that must pass before Gong has done it.
    """

    rows: Callable[[Company], list[Row]]
    shown: Callable[[Company], int]
    requests: int
    options: tuple[str, ...] = ()
    hours: float = 0.0
    done: int = field(default=2)


def count(kind: str, **wanted: Any) -> Callable[[Company], int]:
    def shown(company: Company) -> int:
        return sum(
            all(one.get(key) == value for key, value in wanted.items())
            for one in company.emulator.truth(kind)
        )

    return shown


def event(name: str, **more: Any) -> Callable[[Company], list[Row]]:
    return lambda _: [
        {
            "reportingSystem": "Showroom",
            "eventTimestamp": "2026-11-19T10:00:00Z",
            "contentId": f"{name}-{number}",
            "contentUrl": "https://showroom.example/list",
            "contentTitle": f"{name} {number}",
            **more,
        }
        for number in range(2)
    ]


def reported(name: str) -> Callable[[Company], int]:
    return lambda company: sum(
        str(one.get("contentId")).startswith(f"{name}-")
        for one in company.emulator.truth("reported_events")
    )


def posted(company: Company, *names: str, **more: Any) -> list[Row]:
    user = company.recorded
    return [
        {
            "client_unique_id": name,
            "actual_start": "2026-11-19T10:00:00Z",
            "direction": "Outbound",
            "primary_user": user,
            "parties": [{"userId": user}, {"phoneNumber": "+15550100"}],
            **more,
        }
        for name in names
    ]


def media(company: Company) -> list[Row]:
    company.push("add-new-call", posted(company, "media-0", "media-1"))
    ids = {one["clientUniqueId"]: one["callId"] for one in company.emulator.truth("uploaded_calls")}
    rows = []
    for number in range(2):
        file = company.gong.home.parent / f"recording-{number}.wav"
        file.write_bytes(b"RIFF" + bytes([number]) * 100_000)
        rows.append({"call_id": ids[f"media-{number}"], "media_file": str(file)})
    return rows


def meeting(company: Company, title: str) -> Row:
    return {
        "startTime": "2026-11-25T10:00:00Z",
        "endTime": "2026-11-25T11:00:00Z",
        "title": title,
        "invitees": [{"email": "guest@elsewhere.example"}],
        "organizerEmail": company.organizer,
    }


def meetings(company: Company, word: str) -> list[Row]:
    """Two meetings that are made here, as rows that name them."""
    rows = [meeting(company, f"To {word} {number}") for number in range(2)]
    assert company.push("create-a-new-gong-meeting", rows).returncode == 0
    return [
        {**row, "meetingId": one["meetingId"]}
        for row in rows
        for one in company.emulator.truth("meetings")
        if one["title"] == row["title"]
    ]


def titled(word: str) -> Callable[[Company], int]:
    return lambda company: sum(
        str(one["title"]).startswith(word) for one in company.emulator.truth("meetings")
    )


def profiles(company: Company) -> list[Row]:
    return [{"workspaceId": company.workspace, "name": f"Pushed {n}"} for n in range(2)]


def renamed(company: Company) -> list[Row]:
    company.push("create-permission-profile", profiles(company))
    return [
        {"profileId": one["id"], "name": one["name"].replace("Pushed", "Renamed")}
        for one in company.emulator.truth("permission_profiles")
        if one["name"].startswith("Pushed")
    ]


def named(word: str) -> Callable[[Company], int]:
    return lambda company: sum(
        one["name"].startswith(word) for one in company.emulator.truth("permission_profiles")
    )


def access(company: Company) -> list[Row]:
    return [
        {"callId": call, "userId": company.users[0]["id"]} for call in sorted(company.calls)[:2]
    ]


def with_access(company: Company) -> int:
    pairs = {(one["callId"], one["userId"]) for one in company.emulator.truth("call_access")}
    return sum((row["callId"], row["userId"]) in pairs for row in access(company))


def without_access(company: Company) -> int:
    return 2 - with_access(company)


def given(company: Company) -> list[Row]:
    company.push("set-user-call-access", access(company))
    return access(company)


def stranger(company: Company, key: str) -> list[Row]:
    """Two people outside the company who took part in calls."""
    found: dict[str, None] = {}
    for call in company.emulator.truth("calls"):
        for party in call.get("parties") or []:
            if party.get("affiliation") == "External" and party.get(key):
                found.setdefault(party[key])
    name = "emailAddress" if key == "emailAddress" else "phoneNumber"
    return [{name: one} for one in list(found)[:2]]


def erased(key: str) -> Callable[[Company], int]:
    return lambda company: sum(
        key in one and one["state"] == "done" for one in company.emulator.truth("erasures")
    )


def assigned(company: Company) -> list[Row]:
    return [
        {
            "crmProspectsIds": prospect,
            "flowId": company.flow["id"],
            "flowInstanceOwnerEmail": company.users[0]["emailAddress"],
        }
        for prospect in company.prospects(2)
    ]


def in_flow(company: Company) -> int:
    return sum(
        one["flowId"] == company.flow["id"] and one["flowInstanceStatus"] == "Pending"
        for one in company.emulator.truth("flow_instances")
    )


def finished(company: Company) -> int:
    return count("flow_instances", flowInstanceStatus="Finished")(company)


def unassigned(company: Company) -> list[Row]:
    rows = assigned(company)
    assert company.push("assign-prospects-to-flow", rows).returncode == 0
    return [{"crmProspectId": row["crmProspectsIds"], "flowId": row["flowId"]} for row in rows]


def instances(company: Company) -> list[Row]:
    rows = assigned(company)
    assert company.push("assign-prospects-to-flow", rows).returncode == 0
    asked = {row["crmProspectsIds"] for row in rows}
    return [
        {"flowInstanceIds": one["flowInstanceId"]}
        for one in company.emulator.truth("flow_instances")
        if one["crmProspectId"] in asked
    ]


def objects(company: Company) -> list[Row]:
    return [
        {
            "integrationId": company.integration, "objectType": "ACCOUNT",
            "objectId": f"pushed-{number}", "modifiedDate": "2026-11-19T10:00:00Z",
            "name": f"Pushed account {number}",
        }
        for number in range(2)
    ]  # fmt: skip


def crm_ids(company: Company) -> int:
    return sum(
        str(one["crmId"]).startswith("pushed-") for one in company.emulator.truth("crm_objects")
    )


def schema(company: Company) -> list[Row]:
    """Two fields more; Gong takes all fields of a type or none."""
    there = [
        {key: value for key, value in one.items() if key != "uniqueId"}
        for one in company.emulator.truth("crm_schema_fields")
        if one["objectType"] == "ACCOUNT"
    ]
    return there + [
        {
            "integrationId": company.integration, "objectType": "ACCOUNT",
            "uniqueName": f"pushed_{number}", "label": f"Pushed {number}", "type": "STRING",
        }
        for number in range(2)
    ]  # fmt: skip


def crm_fields(company: Company) -> int:
    return sum(
        str(one["uniqueName"]).startswith("pushed_")
        for one in company.emulator.truth("crm_schema_fields")
    )


def open_tasks(company: Company) -> list[Row]:
    found = [one for one in company.emulator.truth("tasks") if one["status"] == "OPEN"]
    return [
        {"taskId": one["id"], "userId": one["userId"], "status": "DISMISSED"} for one in found[:2]
    ]


def deleted_integration(company: Company) -> list[Row]:
    return [{"integrationId": company.integration}]


def registered(company: Company) -> list[Row]:
    owner = company.users[0]["emailAddress"]
    return [{"ownerEmail": owner, "name": "Pushed integration"}]


CASES = {
    "add-new-call": Case(
        lambda company: posted(company, "dialer-0", "dialer-1"),
        lambda company: sum(
            one["clientUniqueId"].startswith("dialer-")
            for one in company.emulator.truth("uploaded_calls")
        ),
        2,
    ),
    "add-call-media": Case(
        media, count("uploaded_calls", size=100_004), 2
    ),
    "create-permission-profile": Case(profiles, named("Pushed"), 2),
    "update-permission-profile": Case(renamed, named("Renamed"), 2),
    "set-user-call-access": Case(access, with_access, 1),
    "delete-users-from-call-access-list": Case(given, without_access, 1, ("--yes",)),
    "erase-data-for-email-address": Case(
        lambda company: stranger(company, "emailAddress"), erased("emailAddress"), 2, ("--yes",), 5
    ),
    "erase-data-for-phone-number": Case(
        lambda company: stranger(company, "phoneNumber"), erased("phoneNumber"), 2, ("--yes",), 5
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
            {"meetingId": one["meetingId"], "organizerEmail": one["organizerEmail"]}
            for one in meetings(company, "delete")
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
"""In this order: the last two take the company's CRM away, and bring another."""
