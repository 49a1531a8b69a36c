"""Posting calls: the call first, then its media."""

from tests.emulator.application import Application
from tests.emulator.domains.calls.uploads import Uploads
from tests.emulator.errors import ApiError, bad_request
from tests.emulator.operations.calls.upload_form import CALL
from tests.emulator.operations.routing import Body, Route
from tests.emulator.requests import Request, Response
from tests.emulator.settings import Json
from tests.emulator.world.company.people import Person

LARGEST_MEDIA = 1_500_000_000


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
    """The faults of the parties and the timeline."""
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
        if not {str(party_id) for party_id in segment["partyIds"]} <= known:
            path = f"speakersTimeline.speechSegments[{number}].partyIds"
            faults.append(f"{path}: must be those of parties")
    return faults


def _is_recorded(host: Person) -> bool:
    settings = host.document["settings"]
    names = ("webConferencesRecorded", "telephonyCallsImported")
    return host.active and any(settings.get(name) for name in names)


def add_media(app: Application, request: Request) -> Response:
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
    return Response({"callId": upload.id, "url": url}, status=201)


ROUTES = (
    Route("POST", "/v2/calls", "api:calls:create", add_call),
    Route("PUT", "/v2/calls/{id}/media", "api:calls:create", add_media, Body.UPLOAD),
)
