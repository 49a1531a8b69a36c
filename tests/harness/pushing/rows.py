"""Rows to push for each operation, made from a company."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.harness.pushing.company import PushCompany, Row


def event(name: str, **more: Any) -> Callable[[PushCompany], list[Row]]:
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


def posted(company: PushCompany, *names: str, **more: Any) -> list[Row]:
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


def media(company: PushCompany) -> list[Row]:
    company.push("add-new-call", posted(company, "media-0", "media-1"))
    ids = {
        call["clientUniqueId"]: call["callId"] for call in company.emulator.truth("uploaded_calls")
    }
    rows = []
    for number in range(2):
        file = company.gong.home.parent / f"recording-{number}.wav"
        file.write_bytes(b"RIFF" + bytes([number]) * 100_000)
        rows.append({"call_id": ids[f"media-{number}"], "media_file": str(file)})
    return rows


def meeting(company: PushCompany, title: str) -> Row:
    return {
        "startTime": "2026-11-25T10:00:00Z",
        "endTime": "2026-11-25T11:00:00Z",
        "title": title,
        "invitees": [{"email": "guest@elsewhere.example"}],
        "organizerEmail": company.organizer,
    }


def meetings(company: PushCompany, word: str) -> list[Row]:
    """Creates two meetings and returns rows that name them."""
    rows = [meeting(company, f"To {word} {number}") for number in range(2)]
    assert company.push("create-a-new-gong-meeting", rows).returncode == 0
    return [
        {**row, "meetingId": made["meetingId"]}
        for row in rows
        for made in company.emulator.truth("meetings")
        if made["title"] == row["title"]
    ]


def profiles(company: PushCompany) -> list[Row]:
    return [{"workspaceId": company.workspace, "name": f"Pushed {n}"} for n in range(2)]


def renamed_profiles(company: PushCompany) -> list[Row]:
    company.push("create-permission-profile", profiles(company))
    return [
        {"profileId": profile["id"], "name": profile["name"].replace("Pushed", "Renamed")}
        for profile in company.emulator.truth("permission_profiles")
        if profile["name"].startswith("Pushed")
    ]


def access(company: PushCompany) -> list[Row]:
    return [
        {"callId": call, "userId": company.users[0]["id"]} for call in sorted(company.calls)[:2]
    ]


def granted_access(company: PushCompany) -> list[Row]:
    company.push("set-user-call-access", access(company))
    return access(company)


def outsiders(company: PushCompany, key: str) -> list[Row]:
    """Returns two people outside the company who took part in calls."""
    values: dict[str, None] = {}
    for call in company.emulator.truth("calls"):
        for party in call.get("parties") or []:
            if party.get("affiliation") == "External" and party.get(key):
                values.setdefault(party[key])
    name = "emailAddress" if key == "emailAddress" else "phoneNumber"
    return [{name: value} for value in list(values)[:2]]


def assigned(company: PushCompany) -> list[Row]:
    return [
        {
            "crmProspectsIds": prospect,
            "flowId": company.flow["id"],
            "flowInstanceOwnerEmail": company.users[0]["emailAddress"],
        }
        for prospect in company.prospects(2)
    ]


def unassigned(company: PushCompany) -> list[Row]:
    rows = assigned(company)
    assert company.push("assign-prospects-to-flow", rows).returncode == 0
    return [{"crmProspectId": row["crmProspectsIds"], "flowId": row["flowId"]} for row in rows]


def instances(company: PushCompany) -> list[Row]:
    rows = assigned(company)
    assert company.push("assign-prospects-to-flow", rows).returncode == 0
    asked = {row["crmProspectsIds"] for row in rows}
    return [
        {"flowInstanceIds": instance["flowInstanceId"]}
        for instance in company.emulator.truth("flow_instances")
        if instance["crmProspectId"] in asked
    ]


def objects(company: PushCompany) -> list[Row]:
    return [
        {
            "integrationId": company.integration, "objectType": "ACCOUNT",
            "objectId": f"pushed-{number}", "modifiedDate": "2026-11-19T10:00:00Z",
            "name": f"Pushed account {number}",
        }
        for number in range(2)
    ]  # fmt: skip


def schema(company: PushCompany) -> list[Row]:
    """Returns the fields of accounts and two more; Gong accepts only all fields of a type."""
    there = [
        {key: value for key, value in entry.items() if key != "uniqueId"}
        for entry in company.emulator.truth("crm_schema_fields")
        if entry["objectType"] == "ACCOUNT"
    ]
    return there + [
        {
            "integrationId": company.integration, "objectType": "ACCOUNT",
            "uniqueName": f"pushed_{number}", "label": f"Pushed {number}", "type": "STRING",
        }
        for number in range(2)
    ]  # fmt: skip


def open_tasks(company: PushCompany) -> list[Row]:
    tasks = [task for task in company.emulator.truth("tasks") if task["status"] == "OPEN"]
    return [
        {"taskId": task["id"], "userId": task["userId"], "status": "DISMISSED"}
        for task in tasks[:2]
    ]


def deleted_integration(company: PushCompany) -> list[Row]:
    return [{"integrationId": company.integration}]


def registered(company: PushCompany) -> list[Row]:
    owner = company.users[0]["emailAddress"]
    return [{"ownerEmail": owner, "name": "Pushed integration"}]
