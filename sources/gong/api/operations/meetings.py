"""Gong meetings."""

from __future__ import annotations

from sources.gong.api.operations.model import INSTANT, INTEGER, LIST, TEXT, ParameterLimits
from sources.gong.api.operations.rows import (
    INT64,
    LICENSED,
    bodies,
    body,
    objects,
    path,
    read,
    write,
)

_MEETING_ID = path("meetingId", INTEGER, limits=INT64)
_INVITEES = objects(*bodies(TEXT, "email displayName firstName lastName"))

_MEETING = (
    body("startTime", INSTANT, is_required=True),
    body("endTime", INSTANT, is_required=True),
    body("title"),
    body("invitees", LIST, is_required=True, limits=_INVITEES),
    body("externalId"),
    body("provider"),
    body("organizerEmail", is_required=True),
)

OPERATIONS = (
    write(
        "GONG_CREATE_A_NEW_GONG_MEETING_V2_MEETINGS",
        "addMeeting", "POST /v2/meetings", ("api:meetings:user:create",),
        "Create a Gong meeting",
        _MEETING, quirks=LICENSED,
    ),
    write(
        "GONG_UPDATE_A_GONG_MEETING_V2_MEETINGS_MEETING_ID",
        "updateMeeting", "PUT /v2/meetings/{meetingId}", ("api:meetings:user:update",),
        "Change a Gong meeting",
        (_MEETING_ID, *_MEETING), quirks=LICENSED,
    ),
    write(
        "GONG_DELETE_MEETING",
        "deleteMeeting", "DELETE /v2/meetings/{meetingId}", ("api:meetings:user:delete",),
        "Delete a Gong meeting",
        (_MEETING_ID, body("organizerEmail")), quirks=LICENSED,
    ),
    read(
        "GONG_VALIDATE_MEETING_INTEGRATION",
        "integrationStatus", "POST /v2/meetings/integration/status",
        ("api:meetings:integration:status",),
        "Whether users are set up to hold Gong meetings",
        (
            body("emails", LIST, aliases=("user_emails",), limits=ParameterLimits(count=(0, 100))),
        ),
        "users", quirks=LICENSED,
    ),
)  # fmt: skip
