"""Gong meetings."""

from __future__ import annotations

from sources.gong.api.operations.model import Operation
from sources.gong.api.operations.rows import (
    EMPTY_LIST,
    INSTANT,
    INTEGER,
    LICENSED,
    LIST,
    body,
    path,
    read,
    write,
)

_MEETING_ID = path("meetingId", INTEGER)

_MEETING = (
    body("startTime", INSTANT, is_required=True),
    body("endTime", INSTANT, is_required=True),
    body("title"),
    body("invitees", LIST, is_required=True),
    body("externalId"),
    body("provider"),
    body("organizerEmail", is_required=True),
)

OPERATIONS: tuple[Operation, ...] = (
    write(
        "GONG_CREATE_A_NEW_GONG_MEETING_V2_MEETINGS",
        "addMeeting",
        "POST /v2/meetings",
        "Create a Gong meeting",
        ("api:meetings:user:create",),
        _MEETING,
        quirks=LICENSED,
    ),
    write(
        "GONG_UPDATE_A_GONG_MEETING_V2_MEETINGS_MEETING_ID",
        "updateMeeting",
        "PUT /v2/meetings/{meetingId}",
        "Change a Gong meeting",
        ("api:meetings:user:update",),
        (_MEETING_ID, *_MEETING),
        quirks=LICENSED,
    ),
    write(
        "GONG_DELETE_MEETING",
        "deleteMeeting",
        "DELETE /v2/meetings/{meetingId}",
        "Delete a Gong meeting",
        ("api:meetings:user:delete",),
        (_MEETING_ID, body("organizerEmail")),
        quirks=LICENSED,
    ),
    read(
        "GONG_VALIDATE_MEETING_INTEGRATION",
        "integrationStatus",
        "POST /v2/meetings/integration/status",
        "Whether users are set up to hold Gong meetings",
        ("api:meetings:integration:status",),
        (body("emails", LIST, aliases=("user_emails",)),),
        EMPTY_LIST,
        "users",
        quirks=LICENSED,
    ),
)
