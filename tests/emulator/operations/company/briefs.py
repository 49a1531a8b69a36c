"""AI brief settings."""

from tests.emulator.application import Application
from tests.emulator.domains.company.briefs import Briefs
from tests.emulator.errors import not_found
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json


def list_briefs(app: Application, request: Request) -> Json:
    """GET /v2/settings/briefs: unpaged, of one workspace or of all."""
    workspace = request.query.get("workspaceId") or None
    if workspace is not None and not app.world.has_workspace(workspace):
        raise not_found("Workspace not found")
    wanted = [brief for brief in briefs(app) if workspace in (None, brief["workspaceId"])]
    return {"briefs": wanted}


def briefs(app: Application) -> list[Json]:
    """Every brief of the workspaces that exist."""
    return [
        app.world.edits.with_unknown("briefs", brief)
        for brief in app.world.state(Briefs).briefs
        if app.world.has_workspace(brief["workspaceId"])
    ]


ROUTES = (Route("GET", "/v2/settings/briefs", "api:ai-briefer:read", list_briefs),)
