"""AI briefs on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.company.briefs import Briefs
from tests.emulator.operations.company.briefs import briefs
from tests.emulator.settings import Json


def add_brief(app: Application, body: Json) -> Json:
    """Add a brief; `fields` overwrite what is made."""
    world, state = app.world, app.world.state(Briefs)
    stamp, creator = world.zone.micros(world.now), world.staff[0]
    brief: Json = {
        "briefId": world.new_id(),
        "briefName": "Added",
        "workspaceId": str(body.get("workspaceId") or world.opening_workspaces[0]),
        "description": None,
        "status": "Not published",
        "creator": creator.name,
        "creatorUserId": creator.id,
        "created": stamp,
        "updated": stamp,
    }
    return {"id": state.briefs.add({**brief, **(body.get("fields") or {})})}


def edit_brief(app: Application, body: Json) -> Json:
    """Overwrite fields of a brief; `updated` becomes now unless given."""
    fields = {"updated": app.world.zone.micros(app.world.now), **(body.get("fields") or {})}
    return {"id": app.world.state(Briefs).briefs.edit(body["id"], fields)}


def remove_brief(app: Application, body: Json) -> Json:
    """Make a brief unknown."""
    return {"id": app.world.state(Briefs).briefs.remove(body["id"])}


KINDS: dict[str, Kind] = {"briefs": briefs}


CHANGES = by_name(add_brief, edit_brief, remove_brief)
