"""Errors and gaps of the OpenAPI document, each with what the table of operations says instead."""

from __future__ import annotations

from typing import Any, NamedTuple

from sources.gong.api.operations import ParameterLocation, ParameterType, operation
from tests.contract.inputs.constraints import Stated


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
DATA_TYPES = "number, string, url, date"
EVENTS = ("contentViewed", "contentShared", "customAction")
REFERENCES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD", "USER")
LANGUAGES = next(
    parameter.choices
    for parameter in operation("addCall").parameters
    if parameter.name == "languageCode"
)
"""As the row has them; `test_the_languages_are_those_of_the_text` compares them."""
UNLIMITED = Stated(None, None, None, is_set=False)
A_SET = Stated(None, None, None, is_set=True)

RUN_TOGETHER = "several examples are written as a single value: any text will do"
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
        DocumentError(name, "choices of agentPlatform", (", ".join(PLATFORMS),), (), RUN_TOGETHER)
        for name in ("contentViewed", "customAction")
    ),
    *(
        DocumentError(
            name, f"choices of {kind}Properties[].dataType", (DATA_TYPES,), (), RUN_TOGETHER
        )
        for name in EVENTS
        for kind in ("content", "event")
    ),
    *(
        DocumentError(
            name,
            f"type of {kind}Properties[].value",
            ParameterType.TEXT,
            ParameterType.ANY,
            "its own text has a JSON number for the type of data number",
        )
        for name in EVENTS
        for kind in ("content", "event")
    ),
    *(
        DocumentError(
            "addDigitalInteraction",
            f"type of {name}[].value",
            ParameterType.TEXT,
            ParameterType.ANY,
            "a number says the same as its text, and a row has it as a number",
        )
        for name in ("customFields", "content.contentCustomFields", "person.personCustomFields")
    ),
    DocumentError(
        "contentShared",
        "required of recipients[].email",
        False,
        True,
        "the text of the list says so; the schema is that of other persons",
    ),
    DocumentError(
        "addCall", "choices of languageCode", (), LANGUAGES, "the text beside it lists them"
    ),
    DocumentError(
        "uploadCrmSchemaField",
        "choices of fields[].referenceTo",
        (),
        REFERENCES,
        "the text beside it lists them",
    ),
    *(
        DocumentError(
            name,
            f"limits of {parameter}",
            stated,
            stated._replace(count=(0, most)),
            "how many go in one request stands in words",
        )
        for name, parameter, stated, most in (
            ("getFlowSteps", "flowIds", UNLIMITED, 20),
            ("integrationStatus", "emails", UNLIMITED, 100),
            ("assignProspects", "crmProspectsIds", A_SET, 100),
            ("unassignFlows", "flowInstanceIds", A_SET, 200),
            ("submitFlowProspectsBulkAssignment", "prospects", UNLIMITED, 50),
        )
    ),
    *(
        DocumentError(
            name,
            "required in the object of libraryFolderAccess.permissionLevel",
            False,
            True,
            "mandatory, as the text beside it says",
        )
        for name in ("createPermissionProfile", "updatePermissionProfile")
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
