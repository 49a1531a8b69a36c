"""Posting calls: the call first, then its media."""

import re
from typing import Any

from tests.emulator import shapes
from tests.emulator.errors import ApiError, bad_request, parse_error
from tests.emulator.people import Person
from tests.emulator.registries import Kind
from tests.emulator.requests import Answer, Application, Request
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json
from tests.emulator.shapes import Check, Form
from tests.emulator.uploads import Uploads

LARGEST_MEDIA = 1_500_000_000
DIRECTIONS = ("Inbound", "Outbound", "Conference", "Unknown")
CRM_SYSTEMS = ("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
_LANGUAGE = re.compile(r"[a-z]{2,3}-[A-Z]{2}", re.ASCII)


def _at_most(length: int) -> Check:
    """A text of limited length."""

    def check(value: Any, path: str) -> list[str]:
        shapes.text(value, path)
        short = len(str(value)) <= length
        return [] if short else [f"{path}: size must be between 0 and {length}"]

    return check


def _number(value: Any, path: str) -> list[str]:
    """A JSON number, fractions allowed."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise parse_error()
    return []


def _between(low: int, high: int | None) -> Check:
    """A whole number within limits."""

    def check(value: Any, path: str) -> list[str]:
        shapes.whole(value, path)
        if value < low:
            return [f"{path}: must be greater than or equal to {low}"]
        if high is not None and value > high:
            return [f"{path}: must be less than or equal to {high}"]
        return []

    return check


def _language(value: Any, path: str) -> list[str]:
    """A language with its country."""
    shapes.text(value, path)
    return [] if _LANGUAGE.fullmatch(str(value)) else [f"{path}: is not a valid language code"]


_CONTEXT = shapes.listed(
    Form(
        {
            "system*": shapes.choice(*CRM_SYSTEMS),
            "objects": shapes.listed(Form({"objectType*": shapes.text, "objectId*": shapes.text})),
        }
    )
)
_PARTY = Form(
    {
        "phoneNumber": shapes.text,
        "emailAddress": shapes.text,
        "name": shapes.text,
        "partyId": shapes.text,
        "mediaChannelId": _between(0, 1),
        "context": _CONTEXT,
        "userId": shapes.text,
    }
)
_SEGMENT = Form(
    {
        "fromTime*": _between(0, None),
        "toTime*": _between(0, None),
        "partyIds*": shapes.listed(shapes.text),
    }
)
CALL = Form(
    {
        "clientUniqueId*": _at_most(2048),
        "title": shapes.text,
        "purpose": _at_most(255),
        "scheduledStart": shapes.instant,
        "scheduledEnd": shapes.instant,
        "parties*": shapes.listed(_PARTY, least=1),
        "direction*": shapes.choice(*DIRECTIONS),
        "actualStart*": shapes.instant,
        "duration": _number,
        "disposition": _at_most(255),
        "context": _CONTEXT,
        "customData": shapes.text,
        "speakersTimeline": Form(
            {"precise": shapes.flag, "speechSegments": shapes.listed(_SEGMENT)}
        ),
        "meetingUrl": shapes.text,
        "callProviderCode": shapes.text,
        "downloadMediaUrl": shapes.text,
        "workspaceId": shapes.text,
        "languageCode": _language,
        "flowContext": Form({"taskId": shapes.text}),
        "primaryUser*": shapes.text,
    }
)


def add_call(app: Application, request: Request) -> Json:
    """POST /v2/calls: the call is seen nowhere until its media is processed (seen live)."""
    body, uploads = request.body, app.world.state(Uploads)
    CALL.require(body)
    faults = _parties_at_fault(app, body)
    host = app.world.directory.find(str(body["primaryUser"]))
    if host is None:
        faults.append("primaryUser: user was not found")
    workspace = body.get("workspaceId")
    if workspace is not None and not app.world.has_workspace(str(workspace)):
        faults.append("workspaceId: workspace was not found")
    if faults:
        raise bad_request(*faults)
    unique, media = str(body["clientUniqueId"]), body.get("downloadMediaUrl")
    if unique in uploads.unique:
        known = uploads.unique[unique]
        text = f"A call with clientUniqueId '{unique}' has already been posted for the call {known}"
        raise bad_request(text)
    if media in uploads.media:
        raise bad_request("Bad request")
    if host is not None and not _is_recorded(host):
        raise ApiError(409, "Recording is not enabled for the primary user")
    return {"callId": uploads.post(body).id}


def _parties_at_fault(app: Application, body: Json) -> list[str]:
    """What the parties and the timeline contradict."""
    faults, parties = [], body["parties"]
    for number, party in enumerate(parties):
        user = party.get("userId")
        if user is not None and app.world.directory.find(str(user)) is None:
            faults.append(f"parties[{number}].userId: user was not found")
    if all(str(party.get("userId")) != str(body["primaryUser"]) for party in parties):
        faults.append("parties: must contain a party for the primaryUser")
    timeline = body.get("speakersTimeline")
    if timeline is None:
        return faults
    if any(party.get("mediaChannelId") is not None for party in parties):
        faults.append("speakersTimeline: must not be given together with mediaChannelId")
    known = {str(party.get("partyId")) for party in parties}
    for number, segment in enumerate(timeline.get("speechSegments") or []):
        if not {str(one) for one in segment["partyIds"]} <= known:
            path = f"speakersTimeline.speechSegments[{number}].partyIds"
            faults.append(f"{path}: must be those of parties")
    return faults


def _is_recorded(host: Person) -> bool:
    settings = host.document["settings"]
    names = ("webConferencesRecorded", "telephonyCallsImported")
    return host.active and any(settings.get(name) for name in names)


def add_media(app: Application, request: Request) -> Answer:
    """PUT /v2/calls/{id}/media: 201 is acceptance, not a promise (seen live)."""
    uploads = app.world.state(Uploads)
    upload = uploads.posted.get(request.arguments[0])
    if upload is None or upload.attached is not None:
        raise bad_request("Bad request")
    files = [part for part in request.parts if part.name == "mediaFile"]
    if not files:
        raise bad_request("mediaFile part is missing")
    media = files[0]
    if not 0 < media.size <= LARGEST_MEDIA or media.sha256 in uploads.media:
        raise bad_request("Bad request")
    uploads.attach(upload, media.sha256, media.size)
    url = f"https://app.gong.example/call?id={upload.id}"
    return Answer({"callId": upload.id, "url": url}, status=201)


def uploaded_calls(app: Application) -> list[Json]:
    """Every posted call and how far it came."""
    return [
        {
            "callId": one.id,
            "clientUniqueId": one.body["clientUniqueId"],
            "state": one.state(app.world.now),
            "media": one.media,
            "size": one.size,
        }
        for one in app.world.state(Uploads).posted.values()
    ]


ROUTES = (
    Route("POST", "/v2/calls", "api:calls:create", add_call),
    Route("PUT", "/v2/calls/{id}/media", "api:calls:create", add_media, Body.UPLOAD),
)
KINDS: dict[str, Kind] = {"uploaded_calls": uploaded_calls}
