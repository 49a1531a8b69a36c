"""Coaching: what managers did about the calls of their direct reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.emulator.errors import bad_request
from tests.emulator.instants import moment
from tests.emulator.lookups import the_call, the_instant, the_user
from tests.emulator.people import Person
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.validation import within
from tests.emulator.world import World

# Each metric is the manager's own activity on a call that a direct report hosted.
METRICS = {
    "othersCallsListenedTo": "callsListenedTo",
    "callsAttended": "callsManagerAttended",
    "callsGaveFeedback": "callsWithFeedback",
    "callsCommentsGiven": "callsManagerCommentedOn",
    "callsScorecardsFilled": "callsWithScorecardFilled",
}


@dataclass(frozen=True, slots=True)
class Coached:
    """A manager did something about a call of a report at a time."""

    workspace: str
    manager: str
    report: str
    metric: str
    call: str
    at: int

    def document(self) -> Json:
        """The event as the truth tells it; the API tells only sums of such events."""
        return {
            "workspaceId": self.workspace,
            "managerId": self.manager,
            "reportId": self.report,
            "metric": self.metric,
            "callId": self.call,
            "time": moment(self.at).isoformat(),
        }


class Coaching:
    """Events beyond those that follow from the activities."""

    def __init__(self, world: World) -> None:
        """There are none until a test adds one."""
        self.added: list[Coached] = []


def _events(world: World, window: tuple[int | None, int | None]) -> Iterator[Coached]:
    """Known events of a window: of existing calls, between existing users, as managed now."""
    managers = {
        person.id: person.document["managerId"] for person in world.directory.listed(avatars=False)
    }
    added = (one for one in world.state(Coaching).added if world.calls.get(one.call))
    for one in (*_made(world, managers), *added):
        managed = managers.get(one.report) == one.manager and one.manager in managers
        if managed and one.at <= world.now and within(one.at, window):
            yield one


def _made(world: World, managers: dict[str, str | None]) -> Iterator[Coached]:
    """What follows from the activities of hosts' managers."""
    gone = world.seeded_calls.deleted
    # An event is known no earlier than its call is listed, which can be after its own day; so
    # the days cannot be narrowed by the window.
    for event in world.aftermath.events(date(1970, 1, 1), world.today + timedelta(days=1)):
        host = event.call.host
        coached = event.activity in METRICS and managers.get(host) == event.user
        if coached and event.call.id not in gone:
            metric, call = METRICS[event.activity], event.call
            yield Coached(call.workspace, event.user, host, metric, call.id, event.at)


def read_coaching(app: Application, request: Request) -> Json:
    """GET /v2/coaching: one manager's direct reports in one workspace; nobody's is empty."""
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
    metrics: dict[str, Json] = {one: {name: [] for name in METRICS.values()} for one in reports}
    events = [
        one
        for one in _events(world, window)
        if one.manager == manager.id and one.workspace == workspace and one.report in reports
    ]
    for one in sorted(events, key=lambda event: (event.at, event.call)):
        calls = metrics[one.report].setdefault(one.metric, [])
        if one.call not in calls:
            calls.append(one.call)
    rows = [
        {"report": _coaching_user(person), "metrics": metrics[person.id]}
        for person in reports.values()
    ]
    data = {"manager": _coaching_user(manager), "directReportsMetrics": rows}
    return {"coachingData": [world.edits.with_unknown("coaching", data)]}


def _coaching_user(person: Person) -> Json:
    keys = ("id", "emailAddress", "firstName", "lastName", "title")
    return {key: person.document[key] for key in keys}


def coaching(app: Application) -> list[Json]:
    """Every event known by now, in order of time."""
    events = sorted(_events(app.world, (None, None)), key=lambda one: (one.at, one.call))
    return [one.document() for one in events]


def add_coaching(app: Application, body: Json) -> Json:
    """Add an event of any metric, now unless `time` says when; the call gives the workspace."""
    call = the_call(app, str(body["callId"]))
    report = the_user(app, str(body["reportId"]))
    at = the_instant(body["time"]) if "time" in body else app.world.now
    manager = report.document["managerId"]
    if manager is None:
        raise bad_request(f"user {report.id} has no manager")
    event = Coached(call.workspace, manager, report.id, str(body["metric"]), call.id, at)
    app.world.state(Coaching).added.append(event)
    return event.document()


ROUTES = (Route("GET", "/v2/coaching", "api:coaching:read", read_coaching),)
KINDS: dict[str, Kind] = {"coaching": coaching}
CHANGES = by_name(add_coaching)
