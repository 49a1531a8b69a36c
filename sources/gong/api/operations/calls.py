"""Calls: read, register, upload media, give single users access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.operations.model import (
    BOOLEAN,
    INSTANT,
    INTEGER,
    LIST,
    NOT_FOUND,
    NUMBER,
    TEXT,
    Quirks,
)
from sources.gong.api.operations.rows import (
    CALL_IDS,
    CURSOR_IN_BODY,
    CURSOR_IN_QUERY,
    OF_A_CALL,
    OF_A_PERSON,
    SET,
    WORKSPACE,
    between,
    bodies,
    body,
    characters,
    crm_links,
    file,
    objects,
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
    CALL_IDS,
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


def _content_together(values: Mapping[str, Any]) -> Iterator[str]:
    timing, context = "contentSelector.contextTiming", "contentSelector.context"
    if timing in values and values.get(context) != "Extended":
        yield f"{timing} can be given only with {context}=Extended"
    content = "contentSelector.exposedFields.content"
    if values.get(f"{content}.trackerOccurrences") and not values.get(f"{content}.trackers"):
        yield f"{content}.trackerOccurrences can be given only with {content}.trackers=true"


_PARTIES = objects(
    *bodies(TEXT, "phoneNumber emailAddress name partyId userId"),
    body("mediaChannelId", INTEGER, limits=between(0, 1)),
    body("context", LIST, limits=crm_links(*OF_A_PERSON)),
    count=(1, 2**31 - 1),
)

_SPEECH_SEGMENTS = objects(
    body("fromTime", INTEGER, is_required=True, limits=between(0)),
    body("toTime", INTEGER, is_required=True, limits=between(0)),
    body("partyIds", LIST, is_required=True),
)


def _speakers_known(values: Mapping[str, Any]) -> Iterator[str]:
    """Whoever speaks in a timeline is a party with a partyId."""
    if not values.get("parties"):
        return
    parties = [party for party in values["parties"] if isinstance(party, Mapping)]
    known = {str(party["partyId"]) for party in parties if party.get("partyId") is not None}
    segments = values.get("speakersTimeline.speechSegments") or ()
    for number, segment in enumerate(segments):
        named = segment.get("partyIds") if isinstance(segment, Mapping) else None
        names = named if isinstance(named, list) else ()
        unknown = [str(name) for name in names if str(name) not in known]
        if unknown:
            yield (
                f"speakersTimeline.speechSegments[{number}].partyIds names {unknown[0]!r}, which "
                "is no partyId of the parties"
            )


_LANGUAGES = (
    "af-ZA am-ET ar-AE ar-BH ar-DZ ar-EG ar-IL ar-IQ ar-JO ar-KW ar-LB ar-MA ar-MR ar-OM ar-PS"
    " ar-QA ar-SA ar-TN ar-YE az-AZ bg-BG bn-BD bn-IN bs-BA ca-ES cs-CZ da-DK de-AT de-CH de-DE"
    " el-GR en-AB en-AU en-CA en-GB en-IE en-IN en-NZ en-PH en-SG en-US en-WL en-ZA es-AR es-BO"
    " es-CL es-CO es-CR es-DO es-EC es-ES es-GT es-HN es-MX es-NI es-PA es-PE es-PR es-PY es-SV"
    " es-US es-UY et-EE eu-ES fa-IR fi-FI fil-PH fr-BE fr-CA fr-CH fr-FR gl-ES gu-IN he-IL hi-IN"
    " hr-HR hu-HU hy-AM id-ID is-IS it-CH it-IT ja-JP jv-ID ka-GE kk-KZ km-KH kn-IN ko-KR lo-LA"
    " lt-LT lv-LV mk-MK ml-IN mn-MN mr-IN ms-MY my-MM ne-NP nl-BE nl-NL no-NO pa-Guru-IN pl-PL"
    " pt-BR pt-PT ro-RO ru-RU si-LK sk-SK sl-SI sq-AL sr-RS su-ID sv-SE sw-KE sw-TZ ta-IN ta-LK"
    " ta-MY ta-SG te-IN th-TH tr-TR uk-UA ur-IN ur-PK uz-UZ vi-VN yue-Hant-HK zh-CN zh-TW zu-ZA"
)
"""Of the text beside `languageCode`."""

_CALL_ACCESS = (
    body(
        "callAccessList",
        LIST,
        limits=objects(
            body("callId", is_required=True),
            body("userIds", LIST, is_required=True, aliases=("userId",), limits=SET),
        ),
    ),
)

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
        (*_CALL_FILTER, body("filter.primaryUserIds", LIST, limits=SET), *_CALL_CONTENT),
        "calls", row_id="metaData.id", empty=NOT_FOUND, quirks=_COUNTS_UNSERVED,
        rules=(_content_together,),
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
            body("clientUniqueId", is_required=True, limits=characters(2048)),
            body("actualStart", INSTANT, is_required=True),
            body("parties", LIST, is_required=True, limits=_PARTIES),
            body(
                "direction",
                is_required=True,
                choices=("Inbound", "Outbound", "Conference", "Unknown"),
            ),
            body("primaryUser", is_required=True),
            *bodies(INSTANT, "scheduledStart scheduledEnd"),
            body("duration", NUMBER),
            body("title"),
            *bodies(TEXT, "purpose disposition", limits=characters(255)),
            *bodies(
                TEXT, "customData meetingUrl callProviderCode downloadMediaUrl workspaceId"
            ),
            body("languageCode", choices=tuple(_LANGUAGES.split())),
            body("context", LIST, limits=crm_links(*OF_A_CALL)),
            body("speakersTimeline.precise", BOOLEAN),
            body("speakersTimeline.speechSegments", LIST, limits=_SPEECH_SEGMENTS),
            body("flowContext.taskId"),
        ),
        rules=(_speakers_known,),
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
        (body("filter.callIds", LIST, is_required=True, limits=SET),), "callAccessList",
    ),
    write(
        "GONG_DELETE_USERS_FROM_CALL_ACCESS_LIST",
        "deleteUsersAccessToCalls", "DELETE /v2/calls/users-access",
        ("api:call-user-access:write",),
        "Take back access that was given to single users",
        _CALL_ACCESS,
    ),
)  # fmt: skip
