"""Permission profiles: list, read, create, update, and who has them.

No scope is documented for the first four; these are the ones an integration declares for them.
"""

from tests.emulator.errors import ApiError, bad_request
from tests.emulator.lookups import the_user
from tests.emulator.profiles import PROFILE, Profiles, blank, merge
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.validation import Fields

READ, WRITE = "api:permission-profile:read", "api:permission-profile:write"


def list_profiles(app: Application, request: Request) -> Json:
    """GET /v2/all-permission-profiles: one workspace's, by name."""
    workspace = _workspace(app, request.query_fields)
    found = [one for one in app.world.state(Profiles).profiles if one["workspaceId"] == workspace]
    found.sort(key=lambda one: str(one["name"]).casefold())
    return {"profiles": [_serve(app, one) for one in found]}


def get_profile(app: Application, request: Request) -> Json:
    """GET /v2/permission-profile: an unknown id is a plain 400."""
    return {"profile": _serve(app, _profile(app, request.query_fields))}


def create_profile(app: Application, request: Request) -> Json:
    """POST /v2/permission-profile: an id in the body is ignored (seen live)."""
    state = app.world.state(Profiles)
    workspace = _workspace(app, request.query_fields)
    PROFILE.require(request.body)
    request.body_fields.require("name")
    profile = merge(blank(app.world.new_id(), workspace), request.body)
    _check(app, profile, 422)
    state.members[state.profiles.add(profile)] = []
    return {"profile": _serve(app, profile)}


def update_profile(app: Application, request: Request) -> Json:
    """PUT /v2/permission-profile: what the body leaves out stays (seen live)."""
    profile = _profile(app, request.query_fields)
    PROFILE.require(request.body)
    merged = merge(profile, request.body)
    _check(app, merged, 400)
    app.world.state(Profiles).profiles.edit(profile["id"], merged)
    return {"profile": _serve(app, merged)}


def list_profile_users(app: Application, request: Request) -> Json:
    """GET /v2/permission-profile/users: unpaged; nobody is an empty list."""
    profile = _profile(app, request.query_fields)
    return {"users": _users(app, str(profile["id"]))}


def _workspace(app: Application, fields: Fields) -> str:
    fields.require("workspaceId")
    workspace = str(fields.number("workspaceId"))
    if not app.world.has_workspace(workspace):
        raise bad_request("Bad request")
    return workspace


def _profile(app: Application, fields: Fields) -> Json:
    fields.require("profileId")
    profile = app.world.state(Profiles).profiles.find(str(fields.number("profileId")))
    if profile is None or not app.world.has_workspace(profile["workspaceId"]):
        raise bad_request("Bad request")
    return profile


def _check(app: Application, profile: Json, status: int) -> None:
    """Refuse what contradicts itself, its neighbours or the users."""
    others = [
        one["name"]
        for one in app.world.state(Profiles).profiles
        if one["workspaceId"] == profile["workspaceId"] and one["id"] != profile["id"]
    ]
    if profile["name"] in others:
        raise ApiError(status, "name: a permission profile with this name already exists")
    blocks = [profile, profile["forecastPermissions"]]
    for area in (one for block in blocks for one in block.values() if isinstance(one, dict)):
        for user in area.get("teamLeadIds") or []:
            if app.world.directory.find(str(user)) is None:
                raise bad_request(f"teamLeadIds: user {user} was not found")
    folders = profile["libraryFolderAccess"]
    given = [name for name, value in folders.items() if value and name != "permissionLevel"]
    if folders["permissionLevel"] == "none" and given:
        fault = f'libraryFolderAccess.{given[0]}: "permissionLevel" must not be "none"'
        raise ApiError(status, fault)


def _serve(app: Application, profile: Json) -> Json:
    served = {key: value for key, value in profile.items() if key != "workspaceId"}
    return app.world.edits.with_unknown("permission_profiles", served)


def _users(app: Application, profile_id: str) -> list[Json]:
    """The users of a profile who still exist, inactive ones too."""
    found = map(app.world.directory.find, app.world.state(Profiles).members[profile_id])
    return [
        app.world.edits.with_unknown(
            "permission_profile_users",
            {"id": one.id, "fullName": one.name, "emailAddress": one.email},
        )
        for one in found
        if one is not None
    ]


def _existing(app: Application) -> list[Json]:
    profiles = app.world.state(Profiles).profiles
    return [one for one in profiles if app.world.has_workspace(one["workspaceId"])]


def permission_profiles(app: Application) -> list[Json]:
    """Every profile, with its workspace."""
    return [{**_serve(app, one), "workspaceId": one["workspaceId"]} for one in _existing(app)]


def permission_profile_users(app: Application) -> list[Json]:
    """Every user of every profile, with the profile."""
    return [
        {"profileId": one["id"], **user}
        for one in _existing(app)
        for user in _users(app, one["id"])
    ]


def add_profile(app: Application, body: Json) -> Json:
    """Add a profile nobody has; `fields` are laid over one that allows nothing."""
    state = app.world.state(Profiles)
    workspace = str(body.get("workspaceId") or app.world.opening_workspaces[0])
    profile = blank(app.world.new_id(), workspace) | {"name": f"Added {len(state.members)}"}
    profile_id = state.profiles.add(merge(profile, body.get("fields") or {}))
    state.members[profile_id] = []
    return {"id": profile_id}


def edit_profile(app: Application, body: Json) -> Json:
    """Merge `fields` into a profile, access blocks too."""
    profiles = app.world.state(Profiles).profiles
    merged = merge(profiles.the(body["id"]), body.get("fields") or {})
    return {"id": profiles.edit(body["id"], merged)}


def remove_profile(app: Application, body: Json) -> Json:
    """Make a profile unknown."""
    return {"id": app.world.state(Profiles).profiles.remove(body["id"])}


def add_profile_user(app: Application, body: Json) -> Json:
    """Give a user a profile beside those the user has."""
    members = _members(app, body)
    user = the_user(app, str(body["userId"])).id
    if user not in members:
        members.append(user)
    return {"profileId": body["profileId"], "userId": user}


def remove_profile_user(app: Application, body: Json) -> Json:
    """Take a profile away from a user."""
    members = _members(app, body)
    members[:] = [one for one in members if one != str(body["userId"])]
    return {"profileId": body["profileId"], "userId": body["userId"]}


def _members(app: Application, body: Json) -> list[str]:
    state = app.world.state(Profiles)
    return state.members[str(state.profiles.the(body["profileId"])["id"])]


ROUTES = (
    Route("GET", "/v2/all-permission-profiles", READ, list_profiles),
    Route("GET", "/v2/permission-profile", READ, get_profile),
    Route("POST", "/v2/permission-profile", WRITE, create_profile),
    Route("PUT", "/v2/permission-profile", WRITE, update_profile),
    Route("GET", "/v2/permission-profile/users", "api:users:read", list_profile_users),
)
KINDS: dict[str, Kind] = {
    "permission_profiles": permission_profiles,
    "permission_profile_users": permission_profile_users,
}
CHANGES = by_name(add_profile, edit_profile, remove_profile, add_profile_user, remove_profile_user)
