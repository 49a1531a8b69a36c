"""Scenarios of users, settings, library and permissions."""

from __future__ import annotations

from tests.contract.scenarios.inputs import LOG_TYPES, NEVER, WINDOW
from tests.contract.wire import Json, Wire


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
    call_ids = [call["metaData"]["id"] for call in wire.emulator.truth("calls")]
    wire("POST", "calls/users-access", {"filter": {"callIds": call_ids[:100]}})
    grants = {"callAccessList": [{"callId": call_ids[0], "userIds": leads}]}
    unknown = {"callAccessList": [{"callId": "1", "userIds": leads}]}
    for method in ("PUT", "DELETE"):
        wire(method, "calls/users-access", grants)
        wire(method, "calls/users-access", unknown)
        wire("POST", "calls/users-access", {"filter": {"callIds": call_ids[:1]}})
