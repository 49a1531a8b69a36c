"""Operations on Gong meetings, and on whose meeting integration is in order."""

from tests.emulator.chance import gong_id
from tests.emulator.errors import ApiError, bad_request, not_found
from tests.emulator.instants import parse_instant
from tests.emulator.licences import require_meetings
from tests.emulator.meetings import Meeting, Meetings
from tests.emulator.people import Person
from tests.emulator.registries import Kind
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json
from tests.emulator.shapes import Form, filled, instant, listed, text

MOST_EMAILS = 100
NO_MEETING = "The given meeting ID was not found."
_INVITEE = Form({"email": text, "displayName": text, "firstName": text, "lastName": text})
_MEETING = Form(
    {
        "startTime*": instant,
        "endTime*": instant,
        "title": text,
        "invitees*": listed(_INVITEE),
        "externalId": text,
        "provider": text,
        "organizerEmail*": filled,
    }
)
_DELETION = Form({"organizerEmail": text})
_EMAILS = Form({"emails*": listed(text, most=MOST_EMAILS)})


def _checked(app: Application, request: Request) -> Person:
    """The organizer of a valid request whose integration is in order; else 400, 404 or 409."""
    _MEETING.require(request.body)
    start, end = (parse_instant(str(request.body[key])) for key in ("startTime", "endTime"))
    if start is not None and end is not None and start >= end:
        raise bad_request("startTime: must be before endTime")
    organizer = app.world.directory.with_email(str(request.body["organizerEmail"]))
    if organizer is None:
        raise not_found("No Gong user found corresponding to the provided organizer email")
    wrong = app.world.state(Meetings).fault_of(organizer.id)
    if wrong is not None:
        raise ApiError(409, "Provider disconnected", extra=wrong)
    return organizer


def create(app: Application, request: Request) -> Json:
    """POST /v2/meetings."""
    require_meetings(app)
    organizer = _checked(app, request)
    book = app.world.state(Meetings)
    meeting = Meeting(gong_id(book.rng, 19), organizer.id, dict(request.body))
    book.meetings[meeting.id] = meeting
    handle = organizer.email.partition("@")[0]
    return {
        "meetingId": meeting.id,
        "meetingUrl": f"https://join.gong.example/acme/{handle}?tkn={book.rng.getrandbits(64):x}",
        "additionalInvitees": [
            {"displayName": "Gong Assistant", "email": "assistant@gong.example"}
        ],
    }


def _the_meeting(app: Application, request: Request) -> Meeting:
    meeting = app.world.state(Meetings).meetings.get(request.arguments[0])
    if meeting is None:
        raise not_found(NO_MEETING)
    return meeting


def update(app: Application, request: Request) -> Json:
    """PUT /v2/meetings/{meetingId}."""
    require_meetings(app)
    _MEETING.require(request.body)
    meeting = _the_meeting(app, request)
    meeting.organizer = _checked(app, request).id
    meeting.document = dict(request.body)
    return {"meetingId": meeting.id}


def delete(app: Application, request: Request) -> Json:
    """DELETE /v2/meetings/{meetingId}: with a JSON body, whose organizer must be the meeting's."""
    require_meetings(app)
    _DELETION.require(request.body)
    meeting = _the_meeting(app, request)
    email = request.body_fields.text("organizerEmail")
    if email is not None:
        organizer = app.world.directory.with_email(email)
        if organizer is None or organizer.id != meeting.organizer:
            text = "No Gong meeting found corresponding to the provided organizer email"
            raise not_found(text)
    del app.world.state(Meetings).meetings[meeting.id]
    return {"organizerEmail": email}


def status(app: Application, request: Request) -> Json:
    """POST /v2/meetings/integration/status: one row per address, in the order asked."""
    require_meetings(app)
    _EMAILS.require(request.body)
    emails = dict.fromkeys(str(one) for one in request.body["emails"])
    return {"users": [serve_status(app, one) for one in emails]}


def serve_status(app: Application, email: str) -> Json:
    """The integration of the user with an address; nothing is told of one in order but so."""
    person = app.world.directory.with_email(email)
    told: Json = {"email": email, "exists": person is not None, "valid": False}
    wrong = None if person is None else app.world.state(Meetings).fault_of(person.id)
    if person is None:
        told["userFacingError"] = "There is no Gong user with this address."
    elif wrong is not None:
        told.update(wrong)
    else:
        told.update(valid=True, userFacingError=None, fixUrl=None, helpUrl=None)
    return app.world.edits.with_unknown("meeting_integrations", told)


def meetings(app: Application) -> list[Json]:
    """Every meeting made through the API, as it was last told."""
    book = app.world.state(Meetings)
    return [{"meetingId": one.id, **one.document} for one in book.meetings.values()]


ROUTES = (
    Route("POST", "/v2/meetings", "api:meetings:user:create", create),
    Route("PUT", "/v2/meetings/{meetingId}", "api:meetings:user:update", update),
    Route("DELETE", "/v2/meetings/{meetingId}", "api:meetings:user:delete", delete, Body.OBJECT),
    Route("POST", "/v2/meetings/integration/status", "api:meetings:integration:status", status),
)
KINDS: dict[str, Kind] = {"meetings": meetings}
