"""Engage tasks, and Gong meetings with the state of their integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

SMALL = ("--no-limit", "--calls", "60")
EVERY: Json = {
    "types": ["FLOW", "MANUAL"],
    "taskAction": ["CALL"],
    "status": ["OPEN", "DONE", "DISMISSED"],
}
PARSE = (400, ["Json parse error"])


def of(emulator: Emulator, user: str, **filters: object) -> list[Json]:
    answer = emulator.post("tasks", {"filter": {"userId": user, **EVERY, **filters}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["crmType"] == "SALESFORCE"
    rows: list[Json] = answer.json()["tasks"]
    return rows


def test_every_task_comes_with_its_user(small_world: Emulator) -> None:
    users = [user["id"] for user in small_world.truth("users")]
    rows = [task for user in users for task in of(small_world, user)]
    truth = small_world.truth("tasks")
    assert {row["id"]: row for row in rows} == {row["id"]: row for row in truth}
    assert len(rows) == len(truth)


def test_tasks_narrow_by_status_type_and_workspace(small_world: Emulator) -> None:
    user = str(small_world.truth("tasks")[0]["userId"])
    every = of(small_world, user)
    by_hand = of(small_world, user, types=["MANUAL"], status=["OPEN"])
    expected = [task for task in every if (task["type"], task["status"]) == ("MANUAL", "OPEN")]
    assert by_hand == expected
    spaces = [space["id"] for space in small_world.truth("workspaces")]
    parts = [task for space in spaces for task in of(small_world, user, workspaceId=space)]
    assert {task["id"] for task in parts} == {task["id"] for task in every}


def test_tasks_are_awkward_on_purpose(small_world: Emulator) -> None:
    tasks = small_world.truth("tasks")
    assert all(isinstance(task["id"], int) and 2**53 < task["id"] < 2**63 for task in tasks)
    assert any("contact" not in task for task in tasks)
    assert any(task.get("contact", "") is None for task in tasks)
    assert any(task["priority"] is None for task in tasks)
    assert any(task.get("additionalContacts") for task in tasks)
    contacts = [task["contact"]["data"] for task in tasks if task.get("contact")]
    assert any(len(contact["phoneNumbers"]) == 2 for contact in contacts)
    assert any(contact["emails"] == [] for contact in contacts)
    assert {"opportunity", "account", "flow", "title"} <= {key for task in tasks for key in task}
    assert all(("title" in task) == (task["type"] == "MANUAL") for task in tasks)


@pytest.mark.parametrize(
    ("filters", "refusal"),
    [
        (
            {"userId": None, "types": None, "taskAction": None, "status": None},
            (400, [f"filter.{k}: must not be null" for k in ("userId", *EVERY)]),
        ),
        ({"types": []}, (400, ["filter.types: must not be empty"])),
        ({"types": ["flow"]}, PARSE),
        ({"taskAction": ["EMAIL"]}, PARSE),
        ({"status": "OPEN"}, PARSE),
        ({"userId": "12345"}, (400, ["filter.userId: there is no user 12345"])),
        ({"workspaceId": "1"}, (400, ["filter.workspaceId: there is no workspace 1"])),
    ],
)
def test_bad_filters_are_refused(
    small_world: Emulator, filters: Json, refusal: tuple[int, list[str]]
) -> None:
    user = str(small_world.truth("tasks")[0]["userId"])
    answer = small_world.post("tasks", {"filter": {"userId": user, **EVERY, **filters}})
    assert small_world.errors(answer) == refusal
    empty = small_world.post("tasks", {})
    assert small_world.errors(empty) == (400, ["filter: must not be null"])


def test_a_task_is_changed_by_its_own_user(start: Start) -> None:
    emulator = start(*SMALL)
    task = next(row for row in emulator.truth("tasks") if row["status"] == "OPEN")
    path, user = f"/v2/tasks/{task['id']}", str(task["userId"])
    due = "2026-12-01T10:00:00Z"
    body = {"userId": user, "status": "DONE", "dueDate": due, "priority": "LOW"}
    changed = emulator.client.patch(path, json=body).json()["tasks"]
    assert changed[0] in emulator.truth("tasks")
    assert changed[0]["status"] == "DONE"
    assert changed[0]["dueDate"] == "2026-12-01T05:00:00-05:00"
    assert changed[0]["priority"]["name"] == "low"
    assert changed[0]["updated"] == "2026-11-18T15:00:00.000-05:00"
    other = next(person["id"] for person in emulator.truth("users") if person["id"] != user)
    foreign = emulator.client.patch(path, json={"userId": other})
    assert emulator.errors(foreign) == (403, ["Access denied"])
    unknown = emulator.client.patch("/v2/tasks/12345", json={"userId": user})
    assert emulator.errors(unknown) == (404, ["Task 12345 not found"])
    nobody = emulator.client.patch(path, json={"status": "DONE"})
    assert emulator.errors(nobody) == (400, ["userId: must not be null"])
    wrong = emulator.client.patch(path, json={"userId": user, "status": "CLOSED"})
    assert emulator.errors(wrong) == PARSE


def test_tasks_change_on_the_control_surface(start: Start) -> None:
    emulator = start(*SMALL)
    user = str(emulator.truth("tasks")[0]["userId"])
    made = emulator.change("add_task", userId=user, fields={"title": "Rückruf"})["id"]
    assert made in {row["id"] for row in of(emulator, user, types=["MANUAL"])}
    emulator.change("edit_task", id=made, fields={"status": "DISMISSED"})
    assert [row["title"] for row in of(emulator, user, status=["DISMISSED"]) if row["id"] == made]
    emulator.change("remove_task", id=made)
    assert made not in {task["id"] for task in emulator.truth("tasks")}


def meeting(emulator: Emulator, *, valid: bool) -> Json:
    states = emulator.truth("meeting_integrations")
    organizer = next(state["email"] for state in states if state["valid"] is valid)
    return {
        "startTime": "2026-12-01T10:00:00Z",
        "endTime": "2026-12-01T13:00:00+01:00",
        "title": "価格",
        "invitees": [{"email": "guest@customer0.example", "displayName": "Zoë"}],
        "organizerEmail": organizer,
    }


def test_a_meeting_is_made_changed_and_deleted(start: Start) -> None:
    emulator = start(*SMALL)
    body = meeting(emulator, valid=True)
    made = emulator.post("meetings", body).json()
    assert made["meetingUrl"].startswith("https://")
    path = f"/v2/meetings/{made['meetingId']}"
    changed = emulator.client.put(path, json={**body, "title": "New"}).json()
    assert changed["meetingId"] == made["meetingId"]
    other = next(u["emailAddress"] for u in emulator.truth("users"))
    other = other if other != body["organizerEmail"] else "no@body.example"
    foreign = emulator.client.request("DELETE", path, json={"organizerEmail": other})
    assert foreign.status_code == 404
    mine = {"organizerEmail": body["organizerEmail"]}
    gone = emulator.client.request("DELETE", path, json=mine).json()
    assert gone["organizerEmail"] == body["organizerEmail"]
    again = emulator.client.request("DELETE", path, json=mine)
    assert emulator.errors(again) == (404, ["The given meeting ID was not found."])
    assert emulator.client.put(path, json=body).status_code == 404


def test_a_disconnected_provider_is_409_with_its_own_keys(start: Start) -> None:
    emulator = start(*SMALL)
    body = meeting(emulator, valid=False)
    refused = emulator.post("meetings", body)
    assert refused.status_code == 409
    refusal = refused.json()
    assert refusal["errors"] == ["Provider disconnected"]
    assert set(refusal) == {"requestId", "errors", "userFacingError", "fixUrl", "helpUrl"}
    user = next(
        person["id"]
        for person in emulator.truth("users")
        if person["emailAddress"] == body["organizerEmail"]
    )
    emulator.change("set_meeting_integration", userId=user, valid=True)
    assert emulator.post("meetings", body).status_code == 200
    emulator.change("set_meeting_integration", userId=user, valid=False, userFacingError="No")
    assert emulator.post("meetings", body).json()["userFacingError"] == "No"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"invitees": None}, (400, ["invitees: must not be null"])),
        ({"endTime": "2026-12-01T10:00:00Z"}, (400, ["startTime: must be before endTime"])),
        (
            {"startTime": "2026-12-01"},
            (400, ["startTime: must be an ISO-8601 date-time with an offset or Z"]),
        ),
        (
            {"organizerEmail": "no@body.example"},
            (404, ["No Gong user found corresponding to the provided organizer email"]),
        ),
        ({"invitees": ["a@b.example"]}, PARSE),
    ],
)
def test_bad_meetings_are_refused(
    small_world: Emulator, change: Json, refusal: tuple[int, list[str]]
) -> None:
    body = {**meeting(small_world, valid=True), **change}
    assert small_world.errors(small_world.post("meetings", body)) == refusal


def test_the_integration_status_of_a_hundred_addresses(small_world: Emulator) -> None:
    truth = {
        integration["email"]: integration
        for integration in small_world.truth("meeting_integrations")
    }
    asked = [*truth, "no@body.example"]
    rows = small_world.post("meetings/integration/status", {"emails": asked}).json()["users"]
    assert rows[:-1] == list(truth.values())
    assert (rows[-1]["exists"], rows[-1]["valid"]) == (False, False)
    assert {row["valid"] for row in truth.values()} == {True, False}
    many = [f"{number}@x.example" for number in range(101)]
    refused = small_world.post("meetings/integration/status", {"emails": many})
    assert small_world.errors(refused) == (400, ["emails: size must not exceed 100"])


def test_without_the_limited_release_meetings_are_403(start: Start) -> None:
    emulator = start(*SMALL, "--without-meetings")
    assert emulator.errors(emulator.post("meetings", {}))[0] == 403
    assert emulator.post("meetings/integration/status", {"emails": []}).status_code == 403
    assert emulator.client.put("/v2/meetings/1", json={}).status_code == 403
    assert emulator.client.request("DELETE", "/v2/meetings/1", json={}).status_code == 403


def test_equal_options_make_equal_crm_and_engage_worlds(start: Start) -> None:
    options = (*SMALL, "--users", "3", "--workspaces", "3")
    first, second = start(*options), start(*options)
    # What was changed before is no part of what a later reader's world is drawn from.
    flows = [flow["id"] for flow in second.truth("flows")]
    assert flows == [flow["id"] for flow in first.truth("flows")]
    second.change("edit_flow", id=flows[0], name="Other")
    kinds = ("crm_integrations", "crm_schema_fields", "crm_objects", "flow_folders")
    for kind in (*kinds, "flow_steps", "tasks", "meeting_integrations"):
        assert first.truth(kind) == second.truth(kind)
    assert first.info["refresh_token"] == second.info["refresh_token"]


@pytest.mark.parametrize("users", ["1", "2"])
def test_the_smallest_companies_work(start: Start, users: str) -> None:
    emulator = start("--no-limit", "--calls", "0", "--users", users, "--workspaces", "1")
    assert emulator.truth("flows")
    assert emulator.truth("flow_instances")
    assert emulator.truth("tasks")


def test_a_removed_workspace_takes_flows_and_tasks_along(start: Start) -> None:
    emulator = start(*SMALL)
    gone = emulator.truth("workspaces")[0]["id"]
    assert gone in {flow["workspaceId"] for flow in emulator.truth("flows")}
    before = len(emulator.truth("tasks"))
    emulator.change("remove_workspace", id=gone)
    left = {flow["id"] for flow in emulator.truth("flows")}
    assert gone not in {flow["workspaceId"] for flow in emulator.truth("flows")}
    assert {instance["flowId"] for instance in emulator.truth("flow_instances")} <= left
    assert len(emulator.truth("tasks")) < before
