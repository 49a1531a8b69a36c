"""Differences between live answers and the OpenAPI documents, each with its evidence."""

from __future__ import annotations

from typing import NamedTuple

from tests.contract.documents import WITHDRAWN, Operation
from tests.emulator.operations import routes
from tests.emulator.operations.routing import Body

UNDOCUMENTED: dict[Operation, str] = {
    ("GET", "/v2/integration-settings"): "recorded in get-integration-settings.json",
    ("POST", "/oauth2/generate-customer-token"): "outside /v2; API.md 1.2",
}
"""Routes of the emulator that are in no OpenAPI document."""


class WrongAnswer(NamedTuple):
    """A known difference between live answers and the document."""

    operation: Operation
    status: int
    path: str
    what: str
    """A pattern for the text of the mismatch."""
    evidence: str


STRINGS = "string where integer is declared"
ANYTHING = r"\w+ where object is declared"
SCORECARDS: Operation = ("GET", "/v2/settings/scorecards")
REVIEWS: Operation = ("POST", "/v2/stats/activity/scorecards")

KNOWN = (
    *(
        WrongAnswer(
            SCORECARDS, 200, f"scorecards[].{path}", STRINGS, "recorded in list-scorecards.json"
        )
        for path in (
            "scorecardId",
            "workspaceId",
            "updaterUserId",
            "questions[].questionId",
            "questions[].questionRevisionId",
            "questions[].minRange",
            "questions[].maxRange",
        )
    ),
    *(
        WrongAnswer(
            SCORECARDS,
            200,
            f"scorecards[].questions[].{key}",
            "unknown property",
            "recorded in list-scorecards.json",
        )
        for key in ("created", "updated", "updaterUserId")
    ),
    *(
        WrongAnswer(
            REVIEWS,
            200,
            f"answeredScorecards[].{path}",
            STRINGS,
            "API.md 1.8: ids of scorecards are strings live; no review was recorded",
        )
        for path in (
            "answeredScorecardId",
            "scorecardId",
            "callId",
            "reviewedUserId",
            "reviewerUserId",
            "editorUserId",
            "answers[].questionId",
            "answers[].questionRevisionId",
        )
    ),
    *(
        WrongAnswer(
            ("POST", "/v2/calls/extensive"),
            200,
            f"calls[].{path}context[].objects[].fields[].value",
            ANYTHING,
            "captures/calls_extensive.json: CRM values are any JSON scalar",
        )
        for path in ("", "parties[].")
    ),
    WrongAnswer(
        ("GET", "/v2/crm/entities"),
        200,
        "crmObjectsMap.*.*",
        ANYTHING,
        "the document's own example: values of CRM fields are any JSON value",
    ),
    *(
        WrongAnswer(
            ("GET", f"/v2/data-privacy/data-for-{path}"),
            200,
            "customerData[].objects[].fields[].value",
            ANYTHING,
            "API.md 3: CRM values are any JSON scalar",
        )
        for path in ("email-address", "phone-number")
    ),
    WrongAnswer(
        ("GET", "/v2/logs"),
        200,
        "logEntries[].logRecord.*",
        ANYTHING,
        "recorded in get-logs.json: records hold strings, lists and nulls",
    ),
    WrongAnswer(
        ("GET", "/v2/flows/folders"),
        200,
        "flowsFolders",
        "unknown property",
        "recorded in list-flow-folders.json; the document names the schema of flows",
    ),
    WrongAnswer(
        ("DELETE", "/v2/meetings/{}"),
        200,
        "requestId",
        "unknown property",
        "catalogue.md; the document names the schema of the request",
    ),
    *(
        WrongAnswer(operation, 409, key, "unknown property", "recorded in create-meeting.json")
        for operation in (("POST", "/v2/meetings"), ("PUT", "/v2/meetings/{}"))
        for key in ("userFacingError", "fixUrl", "helpUrl")
    ),
)


class UnlistedStatus(NamedTuple):
    """A status that live answers have and that the document does not list for the operations."""

    status: int
    operations: frozenset[Operation]
    evidence: str


DOCUMENTED_ROUTES = [
    route for route in routes.ROUTES if (route.method, route.shape) not in UNDOCUMENTED
]


def _of(*prefixes: str) -> frozenset[Operation]:
    return frozenset(
        (route.method, route.shape)
        for route in DOCUMENTED_ROUTES
        if route.path.startswith(prefixes)
    )


ALL = _of("/v2")
WITH_BODY = frozenset(
    (route.method, route.shape)
    for route in DOCUMENTED_ROUTES
    if route.takes not in (Body.NONE, Body.RAW)
)
STATUSES = (
    UnlistedStatus(405, ALL, "recorded in ask-entity.json: 405 is the answer to another method"),
    UnlistedStatus(
        415,
        WITH_BODY | {("GET", "/v2/crm/entities")},
        "recorded in get-crm-entities.json: 415 is the answer to another content type",
    ),
    UnlistedStatus(
        401,
        _of("/v2/meetings", "/v2/tasks", "/v2/coaching", "/v2/workspaces", "/v2/call-outcomes")
        | {("GET", "/v2/users")},
        "recorded in get-coaching-metrics.json: a missing scope is 401 where 403 is documented",
    ),
    UnlistedStatus(
        429,
        _of("/v2/crm/integrations", "/v2/calls/users-access", "/v2/permission-profile")
        | {("GET", "/v2/all-permission-profiles"), WITHDRAWN},
        "API.md 1.4: the limit holds for the company, not for an operation",
    ),
    UnlistedStatus(
        403,
        _of("/v2/flows/prospects/unassign"),
        "QUIRKS.md 53: what is not licensed is closed as a whole",
    ),
)
