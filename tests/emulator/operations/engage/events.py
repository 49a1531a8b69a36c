"""Operations that report events into Gong."""

from tests.emulator.application import Application
from tests.emulator.domains.engage.reports import no_reports
from tests.emulator.errors import bad_request
from tests.emulator.inputs.forms import Form
from tests.emulator.operations.engage.event_forms import ACTION, DIGITAL, SHARED, VIEWED
from tests.emulator.operations.references import the_workspace
from tests.emulator.operations.routing import Handler, Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.instants import parse_instant


def report_interaction(app: Application, request: Request) -> Json:
    """POST /v2/digital-interaction: by a person or a tracked stranger, never both."""
    DIGITAL.require(request.body)
    if request.body.get("person") is not None and request.body.get("trackingId") is not None:
        raise bad_request("person: must be null when trackingId is sent")
    key = ("digital", str(request.body["eventId"]))
    app.world.state(no_reports).accept(key, request.body)
    return {}


def _engagement(form: Form, actor: str | None) -> Handler:
    """One of the engagement operations, which differ by their form alone."""

    def report(app: Application, request: Request) -> Json:
        form.require(request.body)
        at = parse_instant(str(request.body["eventTimestamp"]))
        if at is not None and at > app.world.now:
            raise bad_request("eventTimestamp: must not be in the future")
        the_workspace(app, request.body_fields)
        tracked = request.body.get("trackingId") is not None
        if tracked and actor is not None and request.body.get(actor) is not None:
            raise bad_request(f"{actor}: must be null when trackingId is sent")
        if request.body.get("eventId") is not None:
            key = (f"engagement/{request.body['reportingSystem']}", str(request.body["eventId"]))
            app.world.state(no_reports).accept(key, request.body)
        return {}

    return report


_WRITE = "api:engagement-data:write"
_CONTENT = "/v2/customer-engagement/content"


ROUTES = (
    Route("POST", "/v2/digital-interaction", "api:digital-interactions:write", report_interaction),
    Route("PUT", f"{_CONTENT}/viewed", _WRITE, _engagement(VIEWED, "viewer")),
    Route("PUT", f"{_CONTENT}/shared", _WRITE, _engagement(SHARED, None)),
    Route("PUT", "/v2/customer-engagement/action", _WRITE, _engagement(ACTION, "actor")),
)
