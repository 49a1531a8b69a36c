"""Permission profiles: list, read, create, update, list users.

No scope is documented for the first four; these are the ones an integration declares for them.
"""

from tests.emulator.application import Application
from tests.emulator.domains.company.profiles import Profiles, blank, merge
from tests.emulator.errors import ApiError, bad_request
from tests.emulator.inputs.fields import Fields
from tests.emulator.operations.company.profile_form import PROFILE
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json

READ, WRITE = "api:permission-profile:read", "api:permission-profile:write"


def list_profiles(app: Application, request: Request) -> Json:
    """GET /v2/all-permission-profiles: one workspace's, by name."""
    workspace = _workspace(app, request.query_fields)
    rows = [
        profile
        for profile in app.world.state(Profiles).profiles
        if profile["workspaceId"] == workspace
    ]
    rows.sort(key=lambda profile: str(profile["name"]).casefold())
    return {"profiles": [serve_profile(app, profile) for profile in rows]}


def get_profile(app: Application, request: Request) -> Json:
    """GET /v2/permission-profile: an unknown id is a plain 400."""
    return {"profile": serve_profile(app, _profile(app, request.query_fields))}


def create_profile(app: Application, request: Request) -> Json:
    """POST /v2/permission-profile: an id in the body is ignored (seen live)."""
    state = app.world.state(Profiles)
    workspace = _workspace(app, request.query_fields)
    PROFILE.require(request.body)
    request.body_fields.require("name")
    profile = merge(blank(app.world.new_id(), workspace), request.body)
    _check(app, profile, 422)
    state.members[state.profiles.add(profile)] = []
    return {"profile": serve_profile(app, profile)}


def update_profile(app: Application, request: Request) -> Json:
    """PUT /v2/permission-profile: keys left out of the body stay (seen live)."""
    profile = _profile(app, request.query_fields)
    PROFILE.require(request.body)
    merged = merge(profile, request.body)
    _check(app, merged, 400)
    app.world.state(Profiles).profiles.edit(profile["id"], merged)
    return {"profile": serve_profile(app, merged)}


def list_profile_users(app: Application, request: Request) -> Json:
    """GET /v2/permission-profile/users: unpaged; an empty list without users."""
    profile = _profile(app, request.query_fields)
    return {"users": profile_users(app, str(profile["id"]))}


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
    """Refuse a profile that contradicts itself, other profiles or the users."""
    others = [
        other["name"]
        for other in app.world.state(Profiles).profiles
        if other["workspaceId"] == profile["workspaceId"] and other["id"] != profile["id"]
    ]
    if profile["name"] in others:
        raise ApiError(status, "name: a permission profile with this name already exists")
    blocks = [profile, profile["forecastPermissions"]]
    for area in (area for block in blocks for area in block.values() if isinstance(area, dict)):
        for user in area.get("teamLeadIds") or []:
            if app.world.directory.find(str(user)) is None:
                raise bad_request(f"teamLeadIds: user {user} was not found")
    folders = profile["libraryFolderAccess"]
    given = [name for name, value in folders.items() if value and name != "permissionLevel"]
    if folders["permissionLevel"] == "none" and given:
        fault = f'libraryFolderAccess.{given[0]}: "permissionLevel" must not be "none"'
        raise ApiError(status, fault)


def serve_profile(app: Application, profile: Json) -> Json:
    served = {key: value for key, value in profile.items() if key != "workspaceId"}
    return app.world.edits.with_unknown("permission_profiles", served)


def profile_users(app: Application, profile_id: str) -> list[Json]:
    """The users of a profile who still exist, inactive ones too."""
    people = map(app.world.directory.find, app.world.state(Profiles).members[profile_id])
    return [
        app.world.edits.with_unknown(
            "permission_profile_users",
            {"id": person.id, "fullName": person.name, "emailAddress": person.email},
        )
        for person in people
        if person is not None
    ]


ROUTES = (
    Route("GET", "/v2/all-permission-profiles", READ, list_profiles),
    Route("GET", "/v2/permission-profile", READ, get_profile),
    Route("POST", "/v2/permission-profile", WRITE, create_profile),
    Route("PUT", "/v2/permission-profile", WRITE, update_profile),
    Route("GET", "/v2/permission-profile/users", "api:users:read", list_profile_users),
)
