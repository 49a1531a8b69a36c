"""Coaching: activities of managers on calls of their direct reports."""

from tests.emulator.application import Application
from tests.emulator.domains.company.coaching import METRICS, coaching_events
from tests.emulator.errors import bad_request
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.world.company.people import Person


def read_coaching(app: Application, request: Request) -> Json:
    """GET /v2/coaching: one manager's direct reports in one workspace; empty without reports."""
    fields, world = request.query_fields, app.world
    fields.require("workspace-id", "manager-id", "from", "to")
    workspace, manager_id = str(fields.number("workspace-id")), str(fields.number("manager-id"))
    window = fields.window("from", "to")
    if not world.has_workspace(workspace):
        raise bad_request(f"workspace-id: workspace {workspace} was not found")
    manager = world.directory.find(manager_id)
    if manager is None:
        raise bad_request(f"manager-id: user {manager_id} was not found")
    reports = {
        person.id: person
        for person in world.directory.listed(avatars=False)
        if person.document["managerId"] == manager.id
    }
    if not reports:
        return {"coachingData": []}
    metrics: dict[str, Json] = {
        report: {name: [] for name in METRICS.values()} for report in reports
    }
    events = [
        event
        for event in coaching_events(world, window)
        if event.manager == manager.id and event.workspace == workspace and event.report in reports
    ]
    for coached in sorted(events, key=lambda event: (event.at, event.call)):
        calls = metrics[coached.report].setdefault(coached.metric, [])
        if coached.call not in calls:
            calls.append(coached.call)
    rows = [
        {"report": _coaching_user(person), "metrics": metrics[person.id]}
        for person in reports.values()
    ]
    data = {"manager": _coaching_user(manager), "directReportsMetrics": rows}
    return {"coachingData": [world.edits.with_unknown("coaching", data)]}


def _coaching_user(person: Person) -> Json:
    keys = ("id", "emailAddress", "firstName", "lastName", "title")
    return {key: person.document[key] for key in keys}


ROUTES = (Route("GET", "/v2/coaching", "api:coaching:read", read_coaching),)
