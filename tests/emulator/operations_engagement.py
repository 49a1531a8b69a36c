"""Operations that report events into Gong, and the integration settings beside them."""

import base64
import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.emulator.errors import ApiError, bad_request
from tests.emulator.forms_engagement import ACTION, DIGITAL, SETTINGS, SHARED, VIEWED
from tests.emulator.instants import parse_instant
from tests.emulator.operations_flows import the_workspace
from tests.emulator.registries import Kind
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Handler, Route
from tests.emulator.settings import Json
from tests.emulator.shapes import Form
from tests.emulator.world import World


@dataclass
class Reports:
    """The events reported so far by their key, and the origins allowed."""

    events: dict[tuple[str, str], Json] = field(default_factory=dict)
    origins: list[Json] = field(default_factory=list)

    def accept(self, key: tuple[str, str], event: Json) -> None:
        """Keep an event; 409 when its id was used before."""
        if key in self.events:
            raise ApiError(409, "Event was already reported in the past")
        self.events[key] = event


def no_reports(world: World) -> Reports:
    """Nothing was reported before the emulator started."""
    return Reports()


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


def read_settings(app: Application, request: Request) -> Json:
    """GET /v2/integration-settings: an id of the company (seen live; in no specification)."""
    digest = hashlib.sha256(f"integration/{app.settings.seed}".encode()).digest()
    return {"integrationSettings": {"id": base64.b64encode(digest).decode()}}


def write_settings(app: Application, request: Request) -> Json:
    """POST /v2/integration-settings: the origins that may be framed."""
    SETTINGS.require(request.body)
    rows = request.body["integrationTypeSettings"]
    faults = [
        f"integrationTypeSettings[{number}].allowedOrigin: must be an origin"
        for number, row in enumerate(rows)
        if not _is_origin(str(row["allowedOrigin"]))
    ]
    if faults:
        raise bad_request(*faults)
    app.world.state(no_reports).origins = rows
    return {}


def _is_origin(text: str) -> bool:
    """Whether a text is a scheme and a host, and nothing more."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(
        parts.scheme in ("http", "https")
        and parts.netloc
        and parts.path in ("", "/")
        and not parts.query
    )


def reported_events(app: Application) -> list[Json]:
    """Every event with an id, under what reported it."""
    events = app.world.state(no_reports).events
    return [{"reportedBy": key[0], **event} for key, event in events.items()]


_WRITE = "api:engagement-data:write"
_SETTINGS = "/v2/integration-settings"
_CONTENT = "/v2/customer-engagement/content"
ROUTES = (
    Route("POST", "/v2/digital-interaction", "api:digital-interactions:write", report_interaction),
    Route("PUT", f"{_CONTENT}/viewed", _WRITE, _engagement(VIEWED, "viewer")),
    Route("PUT", f"{_CONTENT}/shared", _WRITE, _engagement(SHARED, None)),
    Route("PUT", "/v2/customer-engagement/action", _WRITE, _engagement(ACTION, "actor")),
    Route("GET", _SETTINGS, "api:integration-settings:write", read_settings),
    Route("POST", _SETTINGS, "api:integration-settings:write", write_settings),
)
KINDS: dict[str, Kind] = {"reported_events": reported_events}
