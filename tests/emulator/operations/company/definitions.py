"""Workspaces and their definitions: call outcomes, scorecards and trackers."""

from tests.emulator.application import Application
from tests.emulator.errors import not_found
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json


def list_workspaces(app: Application, request: Request) -> Json:
    """GET /v2/workspaces: unpaged."""
    return {"workspaces": served_list(app, "workspaces", app.world.workspaces)}


def list_outcomes(app: Application, request: Request) -> Json:
    """GET /v2/call-outcomes: unpaged, in an order that differs from read to read (seen live)."""
    rows = served_list(app, "call_outcomes", app.world.catalog.outcomes)
    turn = len(app.requests) % len(rows)
    return {"outcomes": rows[turn:] + rows[:turn]}


def list_scorecards(app: Application, request: Request) -> Json:
    """GET /v2/settings/scorecards: unpaged, all workspaces."""
    return {"scorecards": served_list(app, "scorecards", app.world.catalog.scorecards)}


def list_trackers(app: Application, request: Request) -> Json:
    """GET /v2/settings/trackers: keyword trackers, of one workspace or of all."""
    workspace = request.query_fields.text("workspaceId")
    known = [space["id"] for space in app.world.workspaces]
    if workspace is not None and workspace not in known:
        raise not_found("Workspace not found")
    rows = served_list(app, "trackers", app.world.catalog.keyword_trackers)
    wanted = [row for row in rows if workspace in (None, row["workspaceId"])]
    return {"keywordTrackers": wanted}


def served_list(app: Application, kind: str, rows: list[Json]) -> list[Json]:
    """The rows of a settings list with the extra keys of their kind."""
    return [app.world.edits.with_unknown(kind, row) for row in rows]


ROUTES = (
    Route("GET", "/v2/settings/scorecards", "api:settings:scorecards:read", list_scorecards),
    Route("GET", "/v2/settings/trackers", "api:settings:trackers:read", list_trackers),
    Route("GET", "/v2/workspaces", "api:workspaces:read", list_workspaces),
    Route("GET", "/v2/call-outcomes", "api:call-outcomes:read", list_outcomes),
)
