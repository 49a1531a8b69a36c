"""Workspaces on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.company.definitions import served_list
from tests.emulator.settings import Json


def add_workspace(app: Application, body: Json) -> Json:
    """Add a workspace with nothing in it; `fields` overwrite what is made."""
    spaces = app.world.workspaces
    space = {"id": app.world.new_id(), "name": f"Added {len(spaces)}", "description": None}
    spaces.append({**space, **(body.get("fields") or {})})
    return {"id": spaces[-1]["id"]}


def edit_workspace(app: Application, body: Json) -> Json:
    """Overwrite fields of a workspace."""
    place = _place(app, body)
    app.world.workspaces[place] = {**app.world.workspaces[place], **(body.get("fields") or {})}
    return {"id": body["id"]}


def remove_workspace(app: Application, body: Json) -> Json:
    """Remove a workspace; its folders, profiles and briefs go, its calls keep their id of it."""
    if len(app.world.workspaces) == 1:
        raise bad_request("the last workspace stays")
    del app.world.workspaces[_place(app, body)]
    return {"id": body["id"]}


def _place(app: Application, body: Json) -> int:
    for place, space in enumerate(app.world.workspaces):
        if space["id"] == str(body["id"]):
            return place
    raise not_found(f"no workspace {body['id']}")


def workspaces(app: Application) -> list[Json]:
    """Every workspace."""
    return served_list(app, "workspaces", app.world.workspaces)


KINDS: dict[str, Kind] = {"workspaces": workspaces}
CHANGES = by_name(add_workspace, edit_workspace, remove_workspace)
