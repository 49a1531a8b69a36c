"""Permission profiles on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.company.profiles import Profiles, blank, merge
from tests.emulator.operations.company.profiles import profile_users, serve_profile
from tests.emulator.settings import Json


def _existing(app: Application) -> list[Json]:
    profiles = app.world.state(Profiles).profiles
    return [profile for profile in profiles if app.world.has_workspace(profile["workspaceId"])]


def permission_profiles(app: Application) -> list[Json]:
    """Every profile, with its workspace."""
    return [
        {**serve_profile(app, profile), "workspaceId": profile["workspaceId"]}
        for profile in _existing(app)
    ]


def permission_profile_users(app: Application) -> list[Json]:
    """Every user of every profile, with the profile."""
    return [
        {"profileId": profile["id"], **user}
        for profile in _existing(app)
        for user in profile_users(app, profile["id"])
    ]


def add_profile(app: Application, body: Json) -> Json:
    """Add a profile without users; `fields` overwrite a profile that allows nothing."""
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
    """Give a user one more profile."""
    members = _members(app, body)
    user = the_user(app, str(body["userId"])).id
    if user not in members:
        members.append(user)
    return {"profileId": body["profileId"], "userId": user}


def remove_profile_user(app: Application, body: Json) -> Json:
    """Take a profile away from a user."""
    members = _members(app, body)
    members[:] = [user_id for user_id in members if user_id != str(body["userId"])]
    return {"profileId": body["profileId"], "userId": body["userId"]}


def _members(app: Application, body: Json) -> list[str]:
    state = app.world.state(Profiles)
    return state.members[str(state.profiles.the(body["profileId"])["id"])]


KINDS: dict[str, Kind] = {
    "permission_profiles": permission_profiles,
    "permission_profile_users": permission_profile_users,
}
CHANGES = by_name(add_profile, edit_profile, remove_profile, add_profile_user, remove_profile_user)
