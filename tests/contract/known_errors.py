"""Errors and gaps of the OpenAPI document, each with what the table of operations says instead."""

from __future__ import annotations

from typing import Any, NamedTuple

from sources.gong.api.operations import ParameterLocation


class DocumentError(NamedTuple):
    """A point in which the OpenAPI document is known to be wrong or incomplete."""

    operation_id: str
    subject: str
    document: object
    """The document's present content; when it changes, remove the exception."""
    row: object
    reason: str


LEVELS = ("all", "managers-team", "report-to-them", "own", "none")
JOINED_LEVELS = (*LEVELS, " / ".join(LEVELS))
LEVEL_AREAS = (
    "callsAccess",
    "dealsAccess",
    "coachingAccess",
    "insightsAccess",
    "usageAccess",
    "emailsAccess",
    "forecastPermissions.forecastAccess",
    "forecastPermissions.forecastEditSubmissions",
    "forecastPermissions.forecastEditTargets",
)
FOLDER_LEVELS = ("none", "all", "specific-folders")
PLATFORMS = ("Windows", "Linux", "MacOS", "iOS", "Android")

JOINED = "the generator also added all values joined into one"
UNDECLARED = "listed in its text, but not in its parameter list"

KNOWN_ERRORS = (
    *(
        DocumentError(name, f"choices of {area}.permissionLevel", JOINED_LEVELS, LEVELS, JOINED)
        for name in ("createPermissionProfile", "updatePermissionProfile")
        for area in LEVEL_AREAS
    ),
    *(
        DocumentError(
            name,
            "choices of libraryFolderAccess.permissionLevel",
            (*FOLDER_LEVELS, ", ".join(FOLDER_LEVELS)),
            FOLDER_LEVELS,
            JOINED,
        )
        for name in ("createPermissionProfile", "updatePermissionProfile")
    ),
    *(
        DocumentError(
            name,
            "choices of agentPlatform",
            (", ".join(PLATFORMS),),
            PLATFORMS,
            "five values are written as a single one",
        )
        for name in ("contentViewed", "customAction")
    ),
    DocumentError(
        "getCrmObjects",
        "place of objectsCrmIds",
        ParameterLocation.QUERY,
        ParameterLocation.WHOLE_BODY,
        "its own text and example send the ids as the body of the GET",
    ),
    DocumentError(
        "uploadCrmData", "input integrationId", None, ParameterLocation.QUERY, UNDECLARED
    ),
    DocumentError("uploadCrmData", "input objectType", None, ParameterLocation.QUERY, UNDECLARED),
    DocumentError(
        "uploadCrmData", "input clientRequestId", None, ParameterLocation.QUERY, UNDECLARED
    ),
    DocumentError(
        "listFlowsFolders",
        "rows_key",
        "flows",
        "flowsFolders",
        "the document reuses the answer of the flows; the live key is another",
    ),
    DocumentError(
        "findAllReferencesToPhoneNumber",
        "rows_key",
        "emails calls meetings customerData matchingPhoneNumbers emailAddresses",
        None,
        "one object of several lists of equal standing",
    ),
    DocumentError(
        "findAllReferencesToEmailAddress",
        "rows_key",
        "emails calls meetings customerData customerEngagement",
        None,
        "one object of several lists of equal standing",
    ),
    DocumentError(
        "assignProspects",
        "rows_key",
        "prospectsAssigned prospectsNotAssigned",
        None,
        "two lists that are only true together",
    ),
    DocumentError(
        "addMeeting",
        "rows_key",
        "additionalInvitees",
        None,
        "the answer is one meeting; the list is a detail of it",
    ),
    DocumentError(
        "uploadCrmSchemaField",
        "input fields",
        None,
        ParameterLocation.WHOLE_BODY,
        "its body is a list, which has no name",
    ),
    *(
        DocumentError(
            name, "rows_key", "results", None, "the list is partial until the progress is complete"
        )
        for name in ("submitFlowProspectsBulkAssignment", "getFlowProspectsBulkAssignment")
    ),
    DocumentError(
        "getRequestStatus",
        "rows_key",
        "errors",
        None,
        "the answer is one status; the list is a detail of it",
    ),
)
EXCEPTIONS = {(known.operation_id, known.subject): known for known in KNOWN_ERRORS}


def corrected(operation_id: str, subject: str, documented: Any) -> Any:
    """Returns the content that the row must have, given the document's content."""
    known = EXCEPTIONS.get((operation_id, subject))
    if known is None:
        return documented
    assert documented == known.document, f"no longer needed: {known}"
    return known.row
