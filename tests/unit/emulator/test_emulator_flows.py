"""Engage flows: who sees which, folders, steps, prospects, bulk assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.emulator.conftest import Emulator, Json, Start

SMALL = ("--no-limit", "--calls", "60")
FOLDERS = "flowsFolders"


def emails(emulator: Emulator) -> list[str]:
    return [user["emailAddress"] for user in emulator.truth("users")]


def test_every_flow_is_seen_by_exactly_its_users_as_told_to_each(small_world: Emulator) -> None:
    seen: dict[tuple[str, str], str] = {}
    bodies: dict[str, Json] = {}
    for email in emails(small_world):
        for flow in small_world.walk("GET", "flows", "flows", {"flowOwnerEmail": email}):
            seen[flow["id"], email] = flow.pop("visibility")
            bodies[flow["id"]] = flow
    truth = small_world.truth("flows")
    told = {(f["id"], u["email"]): u["visibility"] for f in truth for u in f["users"]}
    assert seen == told
    extra = ("users", "workspaceId", "baseVisibility", "ownerUserId")
    plain = {f["id"]: {k: v for k, v in f.items() if k not in extra} for f in truth}
    assert bodies == plain
    assert set(told.values()) == {"Company", "Personal", "Shared"}


def test_one_user_has_more_flows_than_fit_on_a_page(small_world: Emulator) -> None:
    counts = [
        len(small_world.pages("GET", "flows", {"flowOwnerEmail": email}))
        for email in emails(small_world)
    ]
    assert max(counts) > 1
    assert min(counts) == 1


def test_flows_are_awkward_on_purpose(small_world: Emulator) -> None:
    flows = small_world.truth("flows")
    users = len(emails(small_world))
    assert any(f["baseVisibility"] == "Shared" and len(f["users"]) == users for f in flows)
    assert any(f.get("folderId", "") is None for f in flows)
    assert any("folderId" not in f for f in flows)
    instances = small_world.truth("flow_instances")
    assert {f["id"] for f in flows} - {one["flowId"] for one in instances}
    assert {one["flowInstanceStatus"] for one in instances} > {"Running", "Finished"}
    steps = small_world.truth("flow_steps")
    assert any("<b>" in (one.get("body") or "") for one in steps)
    assert any(one.get("subject", "") is None for one in steps)
    assert any("subject" not in one for one in steps)
    assert {f["id"] for f in flows} - {one["flowId"] for one in steps}


def test_flows_narrow_to_a_workspace_or_a_folder(small_world: Emulator) -> None:
    email = emails(small_world)[0]
    truth = {flow["id"]: flow for flow in small_world.truth("flows")}
    mine = small_world.walk("GET", "flows", "flows", {"flowOwnerEmail": email})
    space = next(truth[one["id"]]["workspaceId"] for one in mine)
    narrowed = small_world.walk(
        "GET", "flows", "flows", {"flowOwnerEmail": email, "workspaceId": space}
    )
    expected = [one for one in mine if truth[one["id"]]["workspaceId"] == space]
    assert narrowed == expected
    folder = next(one["folderId"] for one in mine if one.get("folderId"))
    inside = small_world.walk(
        "GET", "flows", "flows", {"flowOwnerEmail": email, "folderId": folder}
    )
    assert inside == [one for one in mine if one.get("folderId") == folder]


def test_recently_assigned_flows_are_twenty_at_most(small_world: Emulator) -> None:
    instances = small_world.truth("flow_instances")
    email = instances[0]["flowInstanceOwnerEmail"]
    query = {"flowOwnerEmail": email, "mostRecentlyAssigned": "true"}
    rows = small_world.walk("GET", "flows", "flows", query)
    mine = {one["flowId"] for one in instances if one["flowInstanceOwnerEmail"] == email}
    assert 0 < len(rows) <= 20
    assert {one["id"] for one in rows} <= mine


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        ("flows", {}, "flowOwnerEmail: must not be null"),
        ("flows/folders", {}, "flowFolderOwnerEmail: must not be null"),
        (
            "flows",
            {"flowOwnerEmail": "no@body.example"},
            "flowOwnerEmail: no Gong user has the address no@body.example",
        ),
        (
            "flows",
            {"flowOwnerEmail": "user0@acme-seller.example", "workspaceId": "1"},
            "workspaceId: there is no workspace 1",
        ),
        (
            "flows",
            {"flowOwnerEmail": "user0@acme-seller.example", "folderId": "1"},
            "folderId: there is no folder 1",
        ),
        (
            "flows/folders",
            {"flowFolderOwnerEmail": "user0@acme-seller.example", "parentId": "x"},
            "parentId: must be a number",
        ),
    ],
)
def test_bad_queries_are_400(small_world: Emulator, path: str, query: Json, text: str) -> None:
    assert small_world.errors(small_world.get(path, **query)) == (400, [text])


def test_folders_come_under_the_live_key_with_null_as_text(small_world: Emulator) -> None:
    truth = {one["id"]: one for one in small_world.truth("flow_folders")}
    seen: dict[tuple[str, str], str] = {}
    for email in emails(small_world):
        rows = small_world.walk("GET", "flows/folders", FOLDERS, {"flowFolderOwnerEmail": email})
        assert rows[0] == {
            "id": "100",
            "name": "Shared With You",
            "parentFolderId": "null",
            "createdById": "null",
            "visibility": "Shared",
        }
        for row in rows:
            seen[row["id"], email] = row["visibility"]
            assert row["createdById"] == (truth[row["id"]]["ownerUserId"] or "null")
    told = {(f["id"], u["email"]): u["visibility"] for f in truth.values() for u in f["users"]}
    assert seen == told
    child = next(one for one in truth.values() if one["parentFolderId"] != "null")
    query = {"flowFolderOwnerEmail": emails(small_world)[0], "parentId": child["parentFolderId"]}
    family = small_world.get("flows/folders", **query).json()[FOLDERS]
    assert {child["id"], child["parentFolderId"]} <= {one["id"] for one in family}


def test_steps_come_by_flow_and_an_unknown_flow_is_named(small_world: Emulator) -> None:
    ids = [flow["id"] for flow in small_world.truth("flows")]
    rows = []
    for start in range(0, len(ids), 20):
        answer = small_world.post("flows/steps", {"flowIds": ids[start : start + 20]})
        for flow in answer.json()["flows"]:
            assert "description" in flow
            rows += [{"flowId": flow["id"], **step} for step in flow["steps"]]
    assert rows == small_world.truth("flow_steps")
    unknown = small_world.post("flows/steps", {"flowIds": [ids[0], "12345"]})
    assert small_world.errors(unknown) == (404, ["Flow not found: flowId=12345"])
    many = small_world.post("flows/steps", {"flowIds": ids[:21]})
    assert small_world.errors(many) == (400, ["flowIds: size must not exceed 20"])
    assert small_world.post("flows/steps", {}).status_code == 400
    assert small_world.post("flows/steps", {"flowIds": []}).status_code == 400


def test_prospects_show_open_instances_and_instances_show_themselves(
    small_world: Emulator,
) -> None:
    truth = small_world.truth("flow_instances")
    closed = next(one for one in truth if one["flowInstanceStatus"].startswith("Finished"))
    prospect = closed["crmProspectId"]
    found = small_world.post("flows/prospects", {"crmProspectsIds": [prospect]}).json()
    still_open = {"Pending", "Running", "Paused"}
    assert found["prospectsAssigned"] == [
        one
        for one in truth
        if one["crmProspectId"] == prospect and one["flowInstanceStatus"] in still_open
    ]
    ids = [closed["flowInstanceId"], "12345"]
    by_id = small_world.post("flows/prospects", {"flowInstanceIds": ids}).json()
    assert by_id["prospectsAssigned"] == [closed]
    nobody = small_world.post("flows/prospects", {"crmProspectsIds": ["nobody"]}).json()
    assert nobody["prospectsAssigned"] == []
    assert small_world.post("flows/prospects", {}).status_code == 400
    both = {"crmProspectsIds": ["a"], "flowInstanceIds": ["b"]}
    assert small_world.post("flows/prospects", both).status_code == 400


def fresh(emulator: Emulator) -> Json:
    """What an assignment needs: a flow nobody is in, an owner, a prospect in no flow."""
    taken = {one["crmProspectId"] for one in emulator.truth("flow_instances")}
    people = [one["crmId"] for one in emulator.truth("crm_objects") if one["objectType"] == "LEAD"]
    flow = emulator.change("add_flow", name="Leer", visibility="Company")["id"]
    return {
        "flowId": flow,
        "flowInstanceOwnerEmail": emails(emulator)[0],
        "crmProspectsIds": [one for one in people if one not in taken][:1],
    }


def test_assigning_succeeds_in_parts(start: Start) -> None:
    emulator = start(*SMALL)
    body = fresh(emulator)
    mixed = {**body, "crmProspectsIds": [*body["crmProspectsIds"], "nobody"]}
    done = emulator.post("flows/prospects/assign", mixed).json()
    assert [one["flowInstanceStatus"] for one in done["prospectsAssigned"]] == ["Pending"]
    assert done["prospectsNotAssigned"] == [
        {
            "flowId": body["flowId"],
            "crmProspectId": "nobody",
            "errorCode": "InvalidArgument",
            "errorMessage": "Invalid crmId nobody",
        }
    ]
    assert done["prospectsAssigned"][0] in emulator.truth("flow_instances")
    again = emulator.post("flows/prospects/assign", body).json()
    assert [one["errorCode"] for one in again["prospectsNotAssigned"]] == ["InvalidState"]


def test_a_finished_flow_cools_off_unless_overridden(start: Start) -> None:
    emulator = start(*SMALL)
    body = fresh(emulator)
    made = emulator.post("flows/prospects/assign", body).json()["prospectsAssigned"][0]
    gone = emulator.post(
        "flows/prospects/unassign-flows-by-instance-id",
        {"flowInstanceIds": [made["flowInstanceId"]]},
    )
    assert gone.json()["unassignedFlowInstanceIds"] == [made["flowInstanceId"]]
    refused = emulator.post("flows/prospects/assign", body).json()
    assert refused["prospectsAssigned"] == []
    overridden = {**body, "overrides": {"coolOffOverride": True}}
    assert emulator.post("flows/prospects/assign", overridden).json()["prospectsAssigned"]
    emulator.post(
        "flows/prospects/unassign-flows-by-crm-id",
        {"crmProspectId": body["crmProspectsIds"][0]},
    )
    old = emulator.post("flows/prospects/assign/cool-off-override", body).json()
    assert old["prospectsAssigned"]


@pytest.mark.parametrize(
    ("path", "change", "refusal"),
    [
        ("assign", {"flowId": "1"}, (404, ["Flow not found"])),
        ("assign/cool-off-override", {"flowId": "1"}, (404, ["Flow not found"])),
        (
            "assign",
            {"crmProspectsIds": [str(n) for n in range(101)]},
            (400, ["crmProspectsIds: size must not exceed 100"]),
        ),
        ("assign", {"flowId": None}, (400, ["flowId: must not be null"])),
        ("assign", {"overrides": {"coolOffOverride": "yes"}}, (400, ["Json parse error"])),
    ],
)
def test_bad_assignments_are_refused(
    small_world: Emulator, path: str, change: Json, refusal: tuple[int, list[str]]
) -> None:
    body = {
        "flowId": small_world.truth("flows")[0]["id"],
        "flowInstanceOwnerEmail": emails(small_world)[0],
        "crmProspectsIds": ["x"],
    }
    answer = small_world.post(f"flows/prospects/{path}", {**body, **change})
    assert small_world.errors(answer) == refusal


def test_unassigning_nobody_known_is_no_error_but_an_unknown_instance_is(
    small_world: Emulator,
) -> None:
    path = "flows/prospects/unassign-flows-by-"
    nobody = small_world.post(f"{path}crm-id", {"crmProspectId": "nobody"})
    assert nobody.json()["unassignedFlowInstanceIds"] == []
    unknown = small_world.post(f"{path}instance-id", {"flowInstanceIds": ["1"]})
    text = "One or more of the given flowInstanceIds does not exist"
    assert small_world.errors(unknown) == (400, [text])


def test_a_bulk_assignment_takes_effect_later(start: Start) -> None:
    emulator = start(*SMALL)
    body = fresh(emulator)
    known = body.pop("crmProspectsIds")[0]
    stranger = {"firstName": "Zoë", "lastName": "O'Brien"}
    prospects: list[Any] = [{"crmId": known}, stranger, {"crmId": "nobody"}]
    path = "flows/prospects/bulk-assignments"
    accepted = emulator.post(path, {**body, "prospects": prospects})
    assert accepted.status_code == 202
    told = accepted.json()
    assert (told["status"], told["totalCount"], told["results"]) == ("PENDING", 3, [])
    emulator.advance(30)
    assert emulator.get(f"{path}/{told['id']}").json()["status"] == "IN_PROGRESS"
    emulator.advance(60)
    done = emulator.get(f"{path}/{told['id']}").json()
    assert (done["status"], done["successCount"], done["failedCount"]) == ("COMPLETED", 2, 1)
    assert [one["status"] for one in done["results"]] == [
        "ASSIGNED",
        "ASSIGNED",
        "CRM_OPERATION_FAILED",
    ]
    made = {one["flowInstanceId"] for one in done["results"] if "flowInstanceId" in one}
    assert made <= {one["flowInstanceId"] for one in emulator.truth("flow_instances")}
    nameless = emulator.post(path, {**body, "prospects": [{"firstName": "x"}]})
    text = "prospects[0].lastName: must not be null without a crmId"
    assert emulator.errors(nameless) == (400, [text])
    unknown = emulator.get(f"{path}/12345")
    expected = (404, ["Flow prospects bulk assignment 12345 not found"])
    assert emulator.errors(unknown) == expected


def test_without_a_licence_flows_and_tasks_are_403(start: Start) -> None:
    emulator = start(*SMALL, "--without-engage")
    assert emulator.errors(emulator.get("flows"))[0] == 403
    assert emulator.errors(emulator.get("flows/folders"))[0] == 403
    for path in ("flows/steps", "flows/prospects", "flows/prospects/assign", "tasks"):
        assert emulator.errors(emulator.post(path, {}))[0] == 403
    assert emulator.client.patch("/v2/tasks/1", json={}).status_code == 403


def test_flows_change_on_the_control_surface(start: Start) -> None:
    emulator = start(*SMALL)
    ann, ben, cid = [user["id"] for user in emulator.truth("users")][:3]
    folder = emulator.change("add_flow_folder", name="Ordner", ownerUserId=ann)["id"]
    flow = emulator.change("add_flow", ownerUserId=ann, folderId=folder, steps=2)["id"]

    def told() -> Json:
        return next(one for one in emulator.truth("flows") if one["id"] == flow)

    assert [one["visibility"] for one in told()["users"]] == ["Personal"]
    emulator.change("edit_flow", id=flow, visibility="Shared", sharedWith=[ben, cid])
    told_to = {one["userId"]: one["visibility"] for one in told()["users"]}
    assert told_to == {ann: "Personal", ben: "Shared", cid: "Shared"}
    emulator.change("edit_flow_folder", id=folder, name="Neu")
    assert told()["folderName"] == "Neu"
    emulator.change("remove_flow_folder", id=folder)
    assert told()["folderId"] is None
    steps = [one for one in emulator.truth("flow_steps") if one["flowId"] == flow]
    emulator.change("edit_flow_step", flowId=flow, id=steps[1]["id"], fields={"body": "<p>"})
    emulator.change("remove_flow_step", flowId=flow, id=steps[0]["id"])
    emulator.change("add_flow_step", flowId=flow, fields={"action": "CUSTOM"})
    after = [one for one in emulator.truth("flow_steps") if one["flowId"] == flow]
    assert [one["stepOrder"] for one in after] == [1, 2]
    assert after[0]["body"] == "<p>"
    one = emulator.change("assign_flow", flowId=flow, crmProspectId="p1", ownerUserId=ben)["id"]
    emulator.change("edit_flow_instance", id=one, status="FinishedResponse")
    found = emulator.post("flows/prospects", {"crmProspectsIds": ["p1"]}).json()
    assert found["prospectsAssigned"] == []
    emulator.change("remove_flow", id=flow)
    assert flow not in {one["id"] for one in emulator.truth("flows")}
    assert one not in {row["flowInstanceId"] for row in emulator.truth("flow_instances")}
    emulator.change("add_unknown_field", kind="flows", name="new", value=[1])
    rows = emulator.get("flows", flowOwnerEmail=emails(emulator)[0]).json()["flows"]
    assert all(row["new"] == [1] for row in rows)
