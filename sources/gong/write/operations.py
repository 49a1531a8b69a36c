"""The table of writes: what pushing rows needs to know beside the operation's row in `api`.

A new write is one row here. The order of a row's facts is that of `Write`.
"""

from __future__ import annotations

import re

from sources.gong.api.operations import Operation
from sources.gong.write.crm_objects import CRM_OBJECTS
from sources.gong.write.model import (
    MAX_CRM_FILE_BYTES,
    Answers,
    Generated,
    Grouping,
    Idempotency,
    JsonLines,
    Write,
)
from sources.gong.write.outcomes import (
    assignment_failures,
    check_bulk_prospect_in_flow,
    check_integration,
    check_media,
    check_profile,
    check_prospect_in_flow,
    poll_bulk_assignment,
    poll_erasure,
    poll_upload,
    unassignment_failures,
)

BY_KEY, NATURAL, CHECKABLE, NONE = Idempotency


_CALL_ACCESS = Grouping(
    "callAccessList", max_items=100, is_all_or_nothing=True, split_by=("callId", "userIds")
)
_PROSPECTS = Grouping("prospects", max_items=50, is_all_or_nothing=True)
_CRM_FIELDS = Grouping("fields", max_items=500, is_full_list=True)
_CRM_OBJECTS = Grouping(
    "dataFile", max_items=50_000,
    lines=JsonLines(
        ("integrationId", "objectType"), CRM_OBJECTS, "objectType", MAX_CRM_FILE_BYTES
    ),
)  # fmt: skip
_UPLOAD = Answers("clientRequestId", poll=poll_upload)

WRITES: tuple[Write, ...] = (
    Write(
        # a known id is a 400 in fact; 409 is documented for other conflicts (seen live)
        "addCall", BY_KEY, ("clientUniqueId",),
        answers=Answers("callId", known=re.compile(r"has already been posted for the call (\d+)")),
    ),
    Write("addCallRecording", CHECKABLE, ("id",), answers=Answers("callId", check=check_media)),
    Write("createPermissionProfile", CHECKABLE, answers=Answers("id", check=check_profile)),
    Write("updatePermissionProfile", NATURAL, ("profileId",)),
    Write(
        "addUsersAccessToCalls", NATURAL, ("callId", "userIds"),
        grouping=_CALL_ACCESS, undoes="deleteUsersAccessToCalls",
    ),
    Write(
        "deleteUsersAccessToCalls", NATURAL, ("callId", "userIds"),
        grouping=_CALL_ACCESS, is_destructive=True, undoes="addUsersAccessToCalls",
    ),
    Write(
        "purgeEmailAddress", NATURAL, is_destructive=True,
        answers=Answers(poll=poll_erasure("findAllReferencesToEmailAddress", "emailAddress")),
    ),
    Write(
        "purgePhoneNumber", NATURAL, is_destructive=True,
        answers=Answers(poll=poll_erasure("findAllReferencesToPhoneNumber", "phoneNumber")),
    ),
    Write(
        "registerGenericCrmIntegration", CHECKABLE,
        answers=Answers("integrationId", check=check_integration),
    ),
    Write(
        "deleteGenericCrmIntegration", BY_KEY, ("integrationId",),
        Generated(request_id="clientRequestId"), answers=_UPLOAD, is_destructive=True,
    ),
    Write(
        "uploadCrmData", BY_KEY, ("integrationId", "objectType", "objectId"),
        Generated(request_id="clientRequestId"), _CRM_OBJECTS, _UPLOAD,
    ),
    Write(
        "assignProspects", CHECKABLE, ("crmProspectsIds", "flowId"),
        grouping=Grouping("crmProspectsIds", max_items=100),
        answers=Answers(failures=assignment_failures, check=check_prospect_in_flow),
        undoes="unassignProspectFlows",
    ),
    Write(
        "unassignProspectFlows", NATURAL, ("crmProspectId", "flowId"),
        is_destructive=True, undoes="assignProspects",
    ),
    Write("addMeeting", NONE, answers=Answers("meetingId")),
    Write("updateMeeting", NATURAL, ("meetingId",)),
    Write(
        "deleteMeeting", NATURAL, ("meetingId",),
        answers=Answers(gone_status=404), is_destructive=True,
    ),
    Write("addDigitalInteraction", BY_KEY, ("eventId",), Generated("eventId")),
    *(
        Write(name, BY_KEY, ("reportingSystem", "eventId"), Generated("eventId"))
        for name in ("contentViewed", "contentShared", "customAction")
    ),
    Write(
        "uploadCrmSchemaField", NATURAL, ("integrationId", "objectType", "uniqueName"),
        grouping=_CRM_FIELDS,
    ),
    Write(
        "unassignFlows", NATURAL,
        grouping=Grouping("flowInstanceIds", max_items=200, is_all_or_nothing=True),
        answers=Answers(failures=unassignment_failures, is_silent_when_gone=True),
        is_destructive=True,
    ),
    Write(
        "submitFlowProspectsBulkAssignment", CHECKABLE, grouping=_PROSPECTS,
        answers=Answers("id", check=check_bulk_prospect_in_flow, poll=poll_bulk_assignment),
    ),
    Write("updateReminder", NATURAL, ("taskId",)),
)  # fmt: skip

_BY_OPERATION = {write.operation_id: write for write in WRITES}


def write_of(row: Operation) -> Write:
    """Returns the row of an operation that is a write.

    Raises:
        KeyError: it is a read.
    """
    return _BY_OPERATION[row.operation_id]
