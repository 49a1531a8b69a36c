"""Operations on meetings and on the state of users' meeting integrations."""

from tests.emulator.application import Application
from tests.emulator.domains.engage.meetings import Meeting, Meetings
from tests.emulator.errors import ApiError, bad_request, not_found
from tests.emulator.inputs.forms import Form, filled, instant, listed, text
from tests.emulator.operations.licences import require_meetings
from tests.emulator.operations.routing import Body, Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.instants import parse_instant
from tests.emulator.world.chance import gong_id
from tests.emulator.world.company.people import Person

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
    """The organizer of a valid request with a working integration; else 400, 404 or 409."""
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
    state = app.world.state(Meetings)
    meeting = Meeting(gong_id(state.rng, 19), organizer.id, dict(request.body))
    state.meetings[meeting.id] = meeting
    handle = organizer.email.partition("@")[0]
    return {
        "meetingId": meeting.id,
        "meetingUrl": f"https://join.gong.example/acme/{handle}?tkn={state.rng.getrandbits(64):x}",
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
    """DELETE /v2/meetings/{meetingId}: with a JSON body; its organizer must be the meeting's."""
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
    emails = dict.fromkeys(str(email) for email in request.body["emails"])
    return {"users": [serve_status(app, email) for email in emails]}


def serve_status(app: Application, email: str) -> Json:
    """The integration state of the user with an address."""
    person = app.world.directory.with_email(email)
    row: Json = {"email": email, "exists": person is not None, "valid": False}
    wrong = None if person is None else app.world.state(Meetings).fault_of(person.id)
    if person is None:
        row["userFacingError"] = "There is no Gong user with this address."
    elif wrong is not None:
        row.update(wrong)
    else:
        row.update(valid=True, userFacingError=None, fixUrl=None, helpUrl=None)
    return app.world.edits.with_unknown("meeting_integrations", row)


ROUTES = (
    Route("POST", "/v2/meetings", "api:meetings:user:create", create),
    Route("PUT", "/v2/meetings/{meetingId}", "api:meetings:user:update", update),
    Route("DELETE", "/v2/meetings/{meetingId}", "api:meetings:user:delete", delete, Body.OBJECT),
    Route("POST", "/v2/meetings/integration/status", "api:meetings:integration:status", status),
)
