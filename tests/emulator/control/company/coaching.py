"""Coaching on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_call, the_instant, the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.company.coaching import Coached, Coaching, coaching_events
from tests.emulator.errors import bad_request
from tests.emulator.settings import Json


def coaching(app: Application) -> list[Json]:
    """Every event known by now, in order of time."""
    events = sorted(
        coaching_events(app.world, (None, None)), key=lambda event: (event.at, event.call)
    )
    return [event.document() for event in events]


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


KINDS: dict[str, Kind] = {"coaching": coaching}
CHANGES = by_name(add_coaching)
