"""The four call operations: list, get, extensive and transcript."""

from tests.emulator.application import Application
from tests.emulator.errors import NO_CALLS, bad_request, not_found
from tests.emulator.operations.calls.selection import EVERYTHING, Selection, read_selection, select
from tests.emulator.operations.routing import Route
from tests.emulator.paging.call_pages import CallQuery, calls_page
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.content.media import signed_media

WINDOW = ("fromDateTime", "toDateTime")
MEDIA_SCOPE = "api:calls:read:media-url"


def list_calls(app: Application, request: Request) -> Json:
    """GET /v2/calls: basic data; the window is the scheduled time of web conferences.

    The spec requires both ends, yet a live request without any was answered; so none is needed.
    """
    fields, world = request.query_fields, app.world
    workspace = fields.text("workspaceId")
    query = CallQuery(
        world.calls,
        world.calls.by_listing,
        fields.window(*WINDOW),
        None,
        lambda call: workspace is None or call.workspace == workspace,
        lambda call: call.started <= world.now,
        world.is_listed,
    )
    binding = _binding("calls", request.query, *WINDOW, "workspaceId")
    sequence = app.sequence(fields.text("cursor"), binding)
    page = calls_page(sequence, query, not_found(NO_CALLS))
    return {"records": page.records, "calls": [basic_call(app, call) for call in page.rows]}


def basic_call(app: Application, call: Call) -> Json:
    """A call as /v2/calls serves it."""
    return app.world.edits.with_unknown("calls", app.world.metadata(call))


def get_call(app: Application, request: Request) -> Json:
    """GET /v2/calls/{id}: 404 names the id, also while the call is being processed."""
    call_id = request.arguments[0]
    if not call_id.isascii() or not call_id.isdigit():
        raise bad_request("Bad request")
    call = app.world.calls.get(call_id)
    if call is None or not app.world.is_listed(call) or app.distortion.hides(call.id):
        raise not_found(f"Call ID {call_id} was not found")
    return {"call": basic_call(app, call)}


def extensive_calls(app: Application, request: Request) -> Json:
    """POST /v2/calls/extensive: the sections of the contentSelector for calls by start time."""
    body, world = request.body_fields, app.world
    filters = body.inner("filter", required=True)
    workspace, hosts = filters.text("workspaceId"), filters.ids("primaryUserIds")
    selection = read_selection(body.inner("contentSelector"))
    if selection.media:
        app.require_scope(MEDIA_SCOPE)
    query = CallQuery(
        world.calls,
        world.calls.by_start,
        filters.window(*WINDOW),
        filters.ids("callIds"),
        lambda call: (
            (workspace is None or call.workspace == workspace)
            and (hosts is None or call.host in hosts)
        ),
        lambda call: call.started <= world.now,
        world.is_listed,
    )
    names = (*WINDOW, "workspaceId", "callIds", "primaryUserIds")
    binding = _binding("extensive", filters.values, *names)
    binding["contentSelector"] = request.body.get("contentSelector")
    sequence = app.sequence(body.text("cursor"), binding)
    page = calls_page(sequence, query, not_found(NO_CALLS))
    host = request.headers.get("Host", "")
    calls = [extensive_call(app, call, selection, host) for call in page.rows]
    return {"records": page.records, "calls": calls}


def extensive_call(
    app: Application, call: Call, selection: Selection = EVERYTHING, host: str = ""
) -> Json:
    """A call as /v2/calls/extensive serves it; media addresses are signed on every read."""
    document = app.world.document(call)
    served = select(document, selection)
    if selection.media:
        media = signed_media(document["metaData"], app.world.now, host)
        if media is not None:
            served["media"] = media
    return app.world.edits.with_unknown("calls", served)


def transcripts(app: Application, request: Request) -> Json:
    """POST /v2/calls/transcript: transcripts that exist, by start time of their calls.

    A transcript may be served before the call itself is listed (seen live).
    """
    body, world = request.body_fields, app.world
    filters = body.inner("filter", required=True)
    workspace = filters.text("workspaceId")
    query = CallQuery(
        world.calls,
        world.calls.by_start,
        filters.window(*WINDOW),
        filters.ids("callIds"),
        lambda call: workspace is None or call.workspace == workspace,
        world.has_transcript,
        world.has_transcript,
    )
    binding = _binding("transcript", filters.values, *WINDOW, "workspaceId", "callIds")
    sequence = app.sequence(body.text("cursor"), binding)
    page = calls_page(sequence, query, not_found(NO_CALLS))
    served = [world.transcript(call) for call in page.rows]
    return {"records": page.records, "callTranscripts": served}


def _binding(operation: str, values: Json, *names: str) -> Json:
    """An operation and its inputs, to which a cursor is bound."""
    return {"operation": operation, **{name: values.get(name) for name in names}}


ROUTES = (
    Route("GET", "/v2/calls", "api:calls:read:basic", list_calls, paged=True),
    Route("POST", "/v2/calls/extensive", "api:calls:read:extensive", extensive_calls, paged=True),
    Route("POST", "/v2/calls/transcript", "api:calls:read:transcript", transcripts, paged=True),
    Route("GET", "/v2/calls/{id}", "api:calls:read:basic", get_call),
)
