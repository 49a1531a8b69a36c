"""Engage flows: who sees which, folders, steps, prospects, bulk assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

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
    visibilities = {(f["id"], u["email"]): u["visibility"] for f in truth for u in f["users"]}
    assert seen == visibilities
    extra = ("users", "workspaceId", "baseVisibility", "ownerUserId")
    plain = {f["id"]: {k: v for k, v in f.items() if k not in extra} for f in truth}
    assert bodies == plain
    assert set(visibilities.values()) == {"Company", "Personal", "Shared"}


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
    assert {f["id"] for f in flows} - {instance["flowId"] for instance in instances}
    assert {instance["flowInstanceStatus"] for instance in instances} > {"Running", "Finished"}
    steps = small_world.truth("flow_steps")
    assert any("<b>" in (step.get("body") or "") for step in steps)
    assert any(step.get("subject", "") is None for step in steps)
    assert any("subject" not in step for step in steps)
    assert {f["id"] for f in flows} - {step["flowId"] for step in steps}


def test_flows_narrow_to_a_workspace_or_a_folder(small_world: Emulator) -> None:
    email = emails(small_world)[0]
    truth = {flow["id"]: flow for flow in small_world.truth("flows")}
    mine = small_world.walk("GET", "flows", "flows", {"flowOwnerEmail": email})
    space = next(truth[flow["id"]]["workspaceId"] for flow in mine)
    narrowed = small_world.walk(
        "GET", "flows", "flows", {"flowOwnerEmail": email, "workspaceId": space}
    )
    expected = [flow for flow in mine if truth[flow["id"]]["workspaceId"] == space]
    assert narrowed == expected
    folder = next(flow["folderId"] for flow in mine if flow.get("folderId"))
    inside = small_world.walk(
        "GET", "flows", "flows", {"flowOwnerEmail": email, "folderId": folder}
    )
    assert inside == [flow for flow in mine if flow.get("folderId") == folder]


def test_recently_assigned_flows_are_twenty_at_most(small_world: Emulator) -> None:
    instances = small_world.truth("flow_instances")
    email = instances[0]["flowInstanceOwnerEmail"]
    query = {"flowOwnerEmail": email, "mostRecentlyAssigned": "true"}
    rows = small_world.walk("GET", "flows", "flows", query)
    mine = {
        instance["flowId"] for instance in instances if instance["flowInstanceOwnerEmail"] == email
    }
    assert 0 < len(rows) <= 20
    assert {row["id"] for row in rows} <= mine


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        ("flows", {}, "flowOwnerEmail parameter is missing"),
        ("flows/folders", {}, "flowFolderOwnerEmail parameter is missing"),
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
            "Bad request",
        ),
    ],
)
def test_bad_queries_are_400(small_world: Emulator, path: str, query: Json, text: str) -> None:
    assert small_world.errors(small_world.get(path, **query)) == (400, [text])


def test_folders_come_under_the_live_key_with_null_as_text(small_world: Emulator) -> None:
    truth = {folder["id"]: folder for folder in small_world.truth("flow_folders")}
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
    visibilities = {
        (f["id"], u["email"]): u["visibility"] for f in truth.values() for u in f["users"]
    }
    assert seen == visibilities
    child = next(folder for folder in truth.values() if folder["parentFolderId"] != "null")
    query = {"flowFolderOwnerEmail": emails(small_world)[0], "parentId": child["parentFolderId"]}
    family = small_world.get("flows/folders", **query).json()[FOLDERS]
    assert {child["id"], child["parentFolderId"]} <= {folder["id"] for folder in family}


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
    closed = next(row for row in truth if row["flowInstanceStatus"].startswith("Finished"))
    prospect = closed["crmProspectId"]
    body = small_world.post("flows/prospects", {"crmProspectsIds": [prospect]}).json()
    still_open = {"Pending", "Running", "Paused"}
    assert body["prospectsAssigned"] == [
        row
        for row in truth
        if row["crmProspectId"] == prospect and row["flowInstanceStatus"] in still_open
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
    taken = {instance["crmProspectId"] for instance in emulator.truth("flow_instances")}
    people = [row["crmId"] for row in emulator.truth("crm_objects") if row["objectType"] == "LEAD"]
    flow = emulator.change("add_flow", name="Leer", visibility="Company")["id"]
    return {
        "flowId": flow,
        "flowInstanceOwnerEmail": emails(emulator)[0],
        "crmProspectsIds": [person for person in people if person not in taken][:1],
    }


def test_assigning_succeeds_in_parts(start: Start) -> None:
    emulator = start(*SMALL)
    body = fresh(emulator)
    mixed = {**body, "crmProspectsIds": [*body["crmProspectsIds"], "nobody"]}
    done = emulator.post("flows/prospects/assign", mixed).json()
    assert [instance["flowInstanceStatus"] for instance in done["prospectsAssigned"]] == ["Pending"]
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
    assert [refusal["errorCode"] for refusal in again["prospectsNotAssigned"]] == ["InvalidState"]


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
    bulk = accepted.json()
    assert (bulk["status"], bulk["totalCount"], bulk["results"]) == ("PENDING", 3, [])
    emulator.advance(30)
    assert emulator.get(f"{path}/{bulk['id']}").json()["status"] == "IN_PROGRESS"
    emulator.advance(60)
    done = emulator.get(f"{path}/{bulk['id']}").json()
    assert (done["status"], done["successCount"], done["failedCount"]) == ("COMPLETED", 2, 1)
    assert [result["status"] for result in done["results"]] == [
        "ASSIGNED",
        "ASSIGNED",
        "CRM_OPERATION_FAILED",
    ]
    made = {result["flowInstanceId"] for result in done["results"] if "flowInstanceId" in result}
    assert made <= {instance["flowInstanceId"] for instance in emulator.truth("flow_instances")}
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

    def read_flow() -> Json:
        return next(row for row in emulator.truth("flows") if row["id"] == flow)

    assert [user["visibility"] for user in read_flow()["users"]] == ["Personal"]
    emulator.change("edit_flow", id=flow, visibility="Shared", sharedWith=[ben, cid])
    told_to = {user["userId"]: user["visibility"] for user in read_flow()["users"]}
    assert told_to == {ann: "Personal", ben: "Shared", cid: "Shared"}
    emulator.change("edit_flow_folder", id=folder, name="Neu")
    assert read_flow()["folderName"] == "Neu"
    emulator.change("remove_flow_folder", id=folder)
    assert read_flow()["folderId"] is None
    steps = [step for step in emulator.truth("flow_steps") if step["flowId"] == flow]
    emulator.change("edit_flow_step", flowId=flow, id=steps[1]["id"], fields={"body": "<p>"})
    emulator.change("remove_flow_step", flowId=flow, id=steps[0]["id"])
    emulator.change("add_flow_step", flowId=flow, fields={"action": "CUSTOM"})
    after = [step for step in emulator.truth("flow_steps") if step["flowId"] == flow]
    assert [step["stepOrder"] for step in after] == [1, 2]
    assert after[0]["body"] == "<p>"
    instance = emulator.change("assign_flow", flowId=flow, crmProspectId="p1", ownerUserId=ben)[
        "id"
    ]
    emulator.change("edit_flow_instance", id=instance, status="FinishedResponse")
    body = emulator.post("flows/prospects", {"crmProspectsIds": ["p1"]}).json()
    assert body["prospectsAssigned"] == []
    emulator.change("remove_flow", id=flow)
    assert flow not in {row["id"] for row in emulator.truth("flows")}
    assert instance not in {row["flowInstanceId"] for row in emulator.truth("flow_instances")}
    emulator.change("add_unknown_field", kind="flows", name="new", value=[1])
    rows = emulator.get("flows", flowOwnerEmail=emails(emulator)[0]).json()["flows"]
    assert all(row["new"] == [1] for row in rows)
