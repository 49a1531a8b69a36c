"""Calls: read, register, upload media, give single users access."""

from __future__ import annotations

from sources.gong.api.operations.model import (
    BOOLEAN,
    INSTANT,
    LIST,
    NOT_FOUND,
    NUMBER,
    TEXT,
    Quirks,
)
from sources.gong.api.operations.rows import (
    CURSOR_IN_BODY,
    CURSOR_IN_QUERY,
    WORKSPACE,
    bodies,
    body,
    file,
    path,
    query,
    read,
    write,
)

_CALL_ID = (path("id", aliases=("call_id",)),)

_CALL_FILTER = (
    CURSOR_IN_BODY,
    body("filter.fromDateTime", INSTANT),
    body("filter.toDateTime", INSTANT),
    body("filter.workspaceId"),
    body("filter.callIds", LIST),
)

_CALL_CONTENT = (
    body("contentSelector.context", choices=("None", "Basic", "Extended")),
    body("contentSelector.contextTiming", LIST, choices=("Now", "TimeOfCall")),
    *bodies(BOOLEAN, "parties media", under="contentSelector.exposedFields"),
    # pointsOfInterest left the answers in 2025; Gong still accepts it here and sends nothing.
    *bodies(
        BOOLEAN,
        "structure topics trackers trackerOccurrences pointsOfInterest brief outline highlights"
        " callOutcome keyPoints",
        under="contentSelector.exposedFields.content",
    ),
    *bodies(BOOLEAN, "speakers video", under="contentSelector.exposedFields.interaction"),
    # What it selects comes back under the name interactionStats. The catalogue has it one object
    # further out.
    body(
        "contentSelector.exposedFields.interaction.personInteractionStats",
        BOOLEAN,
        aliases=("contentSelector.exposedFields.personInteractionStats",),
    ),
    body("contentSelector.exposedFields.interaction.questions", BOOLEAN),
    body("contentSelector.exposedFields.collaboration.publicComments", BOOLEAN),
)

_CALL_ACCESS = (body("callAccessList", LIST),)

# calls that Gong still analyses are counted (recorded: a total of 2 with one row)
_COUNTS_UNSERVED = Quirks(total_counts_unserved=True)

OPERATIONS = (
    # Gong declares both bounds required, yet a live request without any was answered normally.
    read(
        "GONG_RETRIEVE_CALL_DATA_BY_DATE_RANGE_V2_CALLS",
        "listCalls", "GET /v2/calls", ("api:calls:read:basic",),
        "Calls of a time span, basic data only",
        (
            CURSOR_IN_QUERY,
            query("fromDateTime", INSTANT, is_required=True),
            query("toDateTime", INSTANT, is_required=True),
            WORKSPACE,
        ),
        "calls", row_id="id", empty=NOT_FOUND, quirks=_COUNTS_UNSERVED,
    ),
    read(
        "GONG_GET_CALL_BY_ID",
        "getCall", "GET /v2/calls/{id}", ("api:calls:read:basic",),
        "One call, basic data only",
        _CALL_ID,
    ),
    # The second scope is needed only by requests that select media.
    read(
        "GONG_RETRIEVE_FILTERED_CALL_DETAILS",
        "listCallsExtensive", "POST /v2/calls/extensive",
        ("api:calls:read:extensive", "api:calls:read:media-url"),
        "Calls with the requested sections: people, content, interaction, CRM context",
        (*_CALL_FILTER, body("filter.primaryUserIds", LIST), *_CALL_CONTENT),
        "calls", row_id="metaData.id", empty=NOT_FOUND, quirks=_COUNTS_UNSERVED,
    ),
    read(
        "GONG_GET_CALL_TRANSCRIPT",
        "getCallTranscripts", "POST /v2/calls/transcript", ("api:calls:read:transcript",),
        "Transcripts of calls, chosen by time span or by id",
        _CALL_FILTER, "callTranscripts", row_id="callId", empty=NOT_FOUND, quirks=_COUNTS_UNSERVED,
    ),
    # The catalogue lists this operation twice; this slug is the deprecated one.
    read(
        "GONG_RETRIEVE_TRANSCRIPTS_OF_CALLS_V2_CALLS_TRANSCRIPT",
        "getCallTranscripts", "POST /v2/calls/transcript", ("api:calls:read:transcript",),
        "Transcripts of calls (older name of get-call-transcript)",
        _CALL_FILTER, "callTranscripts", row_id="callId", empty=NOT_FOUND, quirks=_COUNTS_UNSERVED,
    ),
    write(
        "GONG_ADD_NEW_CALL_V2_CALLS",
        "addCall", "POST /v2/calls", ("api:calls:create",),
        "Register a call; its media follow by URL or by a second request",
        (
            body("clientUniqueId", is_required=True),
            body("actualStart", INSTANT, is_required=True),
            body("parties", LIST, is_required=True),
            body(
                "direction",
                is_required=True,
                choices=("Inbound", "Outbound", "Conference", "Unknown"),
            ),
            body("primaryUser", is_required=True),
            *bodies(INSTANT, "scheduledStart scheduledEnd"),
            body("duration", NUMBER),
            *bodies(
                TEXT,
                "title purpose disposition customData meetingUrl callProviderCode"
                " downloadMediaUrl workspaceId languageCode",
            ),
            body("context", LIST),
            body("speakersTimeline.precise", BOOLEAN),
            body("speakersTimeline.speechSegments", LIST),
            body("flowContext.taskId"),
        ),
    ),
    write(
        "GONG_ADD_CALL_MEDIA_V2_CALLS_ID_MEDIA",
        "addCallRecording", "PUT /v2/calls/{id}/media", ("api:calls:create",),
        "Upload the recording of a registered call",
        (*_CALL_ID, file("mediaFile")),
    ),
    # Gone from the documents of 2026, and nobody has seen it answer since; the catalogue of 2026
    # makes fromDateTime required, Gong's last document does not. That document knows no 404.
    read(
        "GONG_RETRIEVE_MANUAL_CRM_CALL_ASSOCIATIONS",
        "listCRMCallsManualAssociation", "GET /v2/calls/manual-crm-associations",
        ("api:crm-calls:manual-association:read",),
        "Calls that someone linked to CRM records by hand (may be withdrawn)",
        (query("fromDateTime", INSTANT), CURSOR_IN_QUERY), "associations",
    ),
    write(
        "GONG_SET_USER_CALL_ACCESS",
        "addUsersAccessToCalls", "PUT /v2/calls/users-access", ("api:call-user-access:write",),
        "Give single users access to calls",
        _CALL_ACCESS,
    ),
    read(
        "GONG_MANAGE_USER_CALL_ACCESS",
        "getUsersAccessToCalls", "POST /v2/calls/users-access", ("api:call-user-access:read",),
        "Who was given access to calls one by one",
        (body("filter.callIds", LIST, is_required=True),), "callAccessList",
    ),
    write(
        "GONG_DELETE_USERS_FROM_CALL_ACCESS_LIST",
        "deleteUsersAccessToCalls", "DELETE /v2/calls/users-access",
        ("api:call-user-access:write",),
        "Take back access that was given to single users",
        _CALL_ACCESS,
    ),
)  # fmt: skip
