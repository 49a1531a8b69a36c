"""Permission profiles, who has them, and access to single calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.emulator.tests.conftest import Emulator, Json, Start

BAD_REQUEST = (400, ["Bad request"])
UNKNOWN_CALLS = (400, ["Some calls not found"])


def put(emulator: Emulator, path: str, body: Json, **query: str) -> httpx.Response:
    return emulator.client.put(f"/v2/{path}", json=body, params=query)


def create(emulator: Emulator, body: Json, **query: str) -> httpx.Response:
    return emulator.client.post("/v2/permission-profile", json=body, params=query)


def test_profiles_and_their_users_are_those_of_the_truth(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60", "--workspaces", "3")
    truth, members = (
        emulator.truth("permission_profiles"),
        emulator.truth("permission_profile_users"),
    )
    assert len({row["workspaceId"] for row in truth}) == 3
    for space in emulator.truth("workspaces"):
        served = emulator.get("all-permission-profiles", workspaceId=space["id"]).json()["profiles"]
        names = [profile["name"].casefold() for profile in served]
        assert names == sorted(names)
        for profile in served:
            assert {**profile, "workspaceId": space["id"]} in truth
            alone = emulator.get("permission-profile", profileId=profile["id"]).json()["profile"]
            assert alone == profile
            users = emulator.get("permission-profile/users", profileId=profile["id"]).json()[
                "users"
            ]
            assert [{"profileId": profile["id"], **user} for user in users] == [
                user for user in members if user["profileId"] == profile["id"]
            ]


def test_profiles_are_awkward_on_purpose(world: Emulator) -> None:
    profiles = world.truth("permission_profiles")
    leads = [profile["callsAccess"]["teamLeadIds"] for profile in profiles]
    assert None in leads
    assert any(leads)
    assert {None, ""} < {profile["description"] for profile in profiles}
    assert {None, True} == {profile["orchestrateCreateAndManagePlays"] for profile in profiles}
    specific = [profile["libraryFolderAccess"]["libraryFolderIds"] for profile in profiles]
    folders = {folder["id"] for folder in world.truth("library_folders")}
    assert {folder for some in specific for folder in some or []} <= folders
    peopled = {member["profileId"] for member in world.truth("permission_profile_users")}
    assert peopled < {profile["id"] for profile in profiles}


@pytest.mark.parametrize("path", ["permission-profile", "permission-profile/users"])
def test_an_unknown_profile_is_a_plain_400(world: Emulator, path: str) -> None:
    assert world.errors(world.get(path, profileId="12345678901234567890")) == BAD_REQUEST
    assert world.errors(world.get(path, profileId="x")) == BAD_REQUEST
    assert world.errors(world.get(path)) == (400, ["profileId parameter is missing"])
    assert world.errors(world.get("all-permission-profiles", workspaceId="12")) == BAD_REQUEST
    assert world.errors(world.get("all-permission-profiles"))[0] == 400


def test_a_created_profile_allows_only_what_it_was_given(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0")
    space = emulator.truth("workspaces")[1]["id"]
    lead = emulator.truth("users")[0]["id"]
    body = {
        "id": "9" * 19,
        "name": "Neu",
        "scoreCalls": True,
        "callsAccess": {"permissionLevel": "managers-team", "teamLeadIds": [lead]},
        "somethingElse": 1,
    }
    made = create(emulator, body, workspaceId=space).json()["profile"]
    assert made["id"] != "9" * 19
    assert made["callsAccess"]["teamLeadIds"] == [lead]
    assert made["dealsAccess"] == {"permissionLevel": "none", "teamLeadIds": None}
    assert [key for key, value in made.items() if value is True] == ["scoreCalls"]
    assert "somethingElse" not in made
    changed = put(
        emulator, "permission-profile", {"description": "Später"}, profileId=made["id"]
    ).json()["profile"]
    assert changed == {**made, "description": "Später"}
    assert emulator.get("permission-profile/users", profileId=made["id"]).json()["users"] == []
    assert {**changed, "workspaceId": space} in emulator.truth("permission_profiles")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, ["name: must not be null"])),
        ({"name": " "}, (400, ["name: must not be blank"])),
        ({"name": "A", "scoreCalls": "yes"}, (400, ["Json parse error"])),
        ({"name": "A", "callsAccess": {"permissionLevel": "some"}}, (400, ["Json parse error"])),
        (
            {"name": "A", "libraryFolderAccess": {"managePublicFolder": True}},
            (400, ["libraryFolderAccess.permissionLevel: must not be null"]),
        ),
        (
            {
                "name": "A",
                "libraryFolderAccess": {"permissionLevel": "none", "manageStreams": True},
            },
            (422, ['libraryFolderAccess.manageStreams: "permissionLevel" must not be "none"']),
        ),
        (
            {"name": "A", "usageAccess": {"permissionLevel": "all", "teamLeadIds": ["12"]}},
            (400, ["teamLeadIds: user 12 was not found"]),
        ),
        (
            {"name": "Team lead"},
            (422, ["name: a permission profile with this name already exists"]),
        ),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(
    world: Emulator, body: Json, refusal: tuple[int, list[str]]
) -> None:
    space = world.truth("workspaces")[0]["id"]
    assert world.errors(create(world, body, workspaceId=space)) == refusal


def test_profiles_and_members_change(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0")
    user = emulator.truth("users")[0]["id"]
    profile = emulator.change("add_profile", fields={"name": "Neu"})["id"]
    emulator.change("add_profile_user", profileId=profile, userId=user)
    emulator.change("edit_profile", id=profile, fields={"callsAccess": {"permissionLevel": "all"}})
    served = emulator.get("permission-profile", profileId=profile).json()["profile"]
    assert served["callsAccess"] == {"permissionLevel": "all", "teamLeadIds": None}
    users = emulator.get("permission-profile/users", profileId=profile).json()["users"]
    assert [row["id"] for row in users] == [user]
    emulator.change("remove_user", id=user)
    assert emulator.get("permission-profile/users", profileId=profile).json()["users"] == []
    assert user not in {row["id"] for row in emulator.truth("permission_profile_users")}
    emulator.change("remove_profile", id=profile)
    assert emulator.errors(emulator.get("permission-profile", profileId=profile)) == BAD_REQUEST


def access(emulator: Emulator, *calls: str) -> dict[str, list[str]]:
    answer = emulator.post("calls/users-access", {"filter": {"callIds": list(calls)}})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["callAccessList"]
    return {row["callId"]: [user["userId"] for user in row["users"]] for row in rows}


def grants(*pairs: tuple[str, str]) -> Json:
    return {"callAccessList": [{"callId": call, "userIds": [user]} for call, user in pairs]}


def test_access_to_calls_is_read_given_and_taken(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60")
    truth = emulator.truth("call_access")
    calls = [call["metaData"]["id"] for call in emulator.truth("calls")]
    assert truth
    read = access(emulator, *calls)
    assert [(call, user) for call, users in read.items() for user in users] == sorted(
        ((row["callId"], row["userId"]) for row in truth), key=lambda pair: int(pair[0])
    )
    call = next(call_id for call_id in calls if not read[call_id])
    user = emulator.truth("users")[0]["id"]
    given = put(emulator, "calls/users-access", grants((call, user), (call, user)))
    assert set(given.json()) == {"requestId"}
    assert access(emulator, call) == {call: [user]}
    taken = emulator.client.request("DELETE", "/v2/calls/users-access", json=grants((call, user)))
    assert taken.status_code == 200
    again = emulator.client.request("DELETE", "/v2/calls/users-access", json=grants((call, "12")))
    assert again.status_code == 200
    assert access(emulator, call) == {call: []}
    emulator.change("add_call_access", callId=call, userId=user)
    assert access(emulator, call) == {call: [user]}
    emulator.change("remove_user", id=user)
    assert access(emulator, call) == {call: []}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_unknown_call_fails_the_whole_request(start: Start, method: str) -> None:
    emulator = start("--no-limit", "--calls", "60")
    call = emulator.truth("calls")[0]["metaData"]["id"]
    user = emulator.truth("users")[0]["id"]
    body: Json = {"filter": {"callIds": [call, "12"]}}
    if method != "POST":
        body = grants((call, user), ("12", user))
    before = emulator.truth("call_access")
    answer = emulator.client.request(method, "/v2/calls/users-access", json=body)
    assert emulator.errors(answer) == UNKNOWN_CALLS
    assert emulator.truth("call_access") == before


@pytest.mark.parametrize(
    ("method", "body", "text"),
    [
        ("POST", {}, "filter: must not be null"),
        ("POST", {"filter": {}}, "filter.callIds: must not be null"),
        ("POST", {"filter": {"callIds": []}}, "filter.callIds: must not be empty"),
        (
            "PUT",
            {"callAccessList": [{"callId": "1"}]},
            "callAccessList[0].userIds: must not be null",
        ),
        ("PUT", {"callAccessList": {}}, "Json parse error"),
    ],
)
def test_access_to_calls_refuses(world: Emulator, method: str, body: Any, text: str) -> None:
    answer = world.client.request(method, "/v2/calls/users-access", json=body)
    assert world.errors(answer) == (400, [text])


def test_access_for_an_unknown_user_is_refused_and_no_json_is_415(world: Emulator) -> None:
    call = world.truth("calls")[0]["metaData"]["id"]
    answer = put(world, "calls/users-access", grants((call, "12")))
    assert world.errors(answer) == (400, ["Some users not found"])
    bare = world.client.request("DELETE", "/v2/calls/users-access", content=b"{}")
    assert world.errors(bare) == (415, ["Unsupported Media Type"])
    assert world.errors(world.client.patch("/v2/calls/users-access"))[0] == 405
