"""AI brief settings, and changes to the workspaces they and other things lie in."""

from tests.emulator.chance import gong_id, stream
from tests.emulator.documents import Documents
from tests.emulator.errors import bad_request, not_found
from tests.emulator.instants import DAY
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.words import RTL_TITLE, UNICODE_TITLE
from tests.emulator.world import World

SEEDED = (
    ("Default brief", None, True),
    (UNICODE_TITLE, "<ul><li>Who & why</li></ul>", True),
    (RTL_TITLE, "", False),
    ("Account brief", "What changed since the last call?\nIn two sentences. 🙏", False),
)


class Briefs:
    """The briefs of every workspace; the first of each is built in and has no creator."""

    def __init__(self, world: World) -> None:
        """Draw the briefs."""
        self.briefs = Documents("brief", "briefId", ())
        for number, workspace in enumerate(world.opening_workspaces):
            rng = stream(world.settings.seed, "briefs", number)
            for place, (name, description, published) in enumerate(SEEDED):
                creator = rng.choice(world.staff)
                created = world.born - rng.randrange(30 * DAY, 300 * DAY)
                updated = created + rng.randrange(30 * DAY) * (place % 2)
                self.briefs.add(
                    {
                        "briefId": gong_id(rng),
                        "briefName": name,
                        "workspaceId": workspace,
                        "description": description,
                        "status": "Published" if published else "Not published",
                        "creator": creator.name if place else None,
                        "creatorUserId": creator.id if place else None,
                        "created": world.zone.micros(created),
                        "updated": world.zone.micros(updated),
                    }
                )


def list_briefs(app: Application, request: Request) -> Json:
    """GET /v2/settings/briefs: unpaged, of one workspace or of all."""
    workspace = request.query.get("workspaceId") or None
    if workspace is not None and not app.world.has_workspace(workspace):
        raise not_found("Workspace not found")
    wanted = [one for one in briefs(app) if workspace in (None, one["workspaceId"])]
    return {"briefs": wanted}


def briefs(app: Application) -> list[Json]:
    """Every brief of the workspaces that exist."""
    return [
        app.world.edits.with_unknown("briefs", one)
        for one in app.world.state(Briefs).briefs
        if app.world.has_workspace(one["workspaceId"])
    ]


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


ROUTES = (Route("GET", "/v2/settings/briefs", "api:ai-briefer:read", list_briefs),)
KINDS: dict[str, Kind] = {"briefs": briefs}
CHANGES = by_name(
    add_brief, edit_brief, remove_brief, add_workspace, edit_workspace, remove_workspace
)
