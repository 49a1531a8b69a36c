"""Holds every answer of the emulator against Gong's OpenAPI documents.

Each operation is asked over real HTTP, with data and without, rightly and wrongly. Where live
answers prove the document wrong the point is listed with its evidence, and the list may hold
nothing that is no longer needed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest

from tests.conftest import Emulator, needs_shared
from tests.contract import exchanges
from tests.contract.documents import (
    WITHDRAWN,
    Mismatch,
    Operation,
    document_of,
    mismatches,
    operations,
    resolved,
    statuses,
)
from tests.contract.exchanges import SCENARIOS, SMALL, WORLD, Exchange, Wire
from tests.emulator.operations import routes
from tests.emulator.operations.routing import Body, Route

pytestmark = needs_shared

Answers = dict[Operation, list[Exchange]]

UNDOCUMENTED: dict[Operation, str] = {
    ("GET", "/v2/integration-settings"): "recorded in get-integration-settings.json",
    ("POST", "/oauth2/generate-customer-token"): "outside /v2; API.md 1.2",
}
"""Routes of the emulator that are in no OpenAPI document."""

every_documented = pytest.mark.parametrize(
    "operation",
    sorted({(one.method, one.shape) for one in routes.ROUTES} - UNDOCUMENTED.keys()),
    ids=" ".join,
)


class Wrong(NamedTuple):
    """A point in which live answers are known to differ from the document."""

    operation: Operation
    status: int
    path: str
    what: str
    """A pattern of what a document finds wrong with them."""
    evidence: str


STRINGS = "string where integer is declared"
ANYTHING = r"\w+ where object is declared"
SCORECARDS: Operation = ("GET", "/v2/settings/scorecards")
REVIEWS: Operation = ("POST", "/v2/stats/activity/scorecards")

KNOWN = (
    *(
        Wrong(SCORECARDS, 200, f"scorecards[].{path}", STRINGS, "recorded in list-scorecards.json")
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
        Wrong(
            SCORECARDS,
            200,
            f"scorecards[].questions[].{key}",
            "unknown property",
            "recorded in list-scorecards.json",
        )
        for key in ("created", "updated", "updaterUserId")
    ),
    *(
        Wrong(
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
        Wrong(
            ("POST", "/v2/calls/extensive"),
            200,
            f"calls[].{path}context[].objects[].fields[].value",
            ANYTHING,
            "captures/calls_extensive.json: CRM values are any JSON scalar",
        )
        for path in ("", "parties[].")
    ),
    Wrong(
        ("GET", "/v2/crm/entities"),
        200,
        "crmObjectsMap.*.*",
        ANYTHING,
        "the document's own example: values of CRM fields are any JSON value",
    ),
    *(
        Wrong(
            ("GET", f"/v2/data-privacy/data-for-{path}"),
            200,
            "customerData[].objects[].fields[].value",
            ANYTHING,
            "API.md 3: CRM values are any JSON scalar",
        )
        for path in ("email-address", "phone-number")
    ),
    Wrong(
        ("GET", "/v2/logs"),
        200,
        "logEntries[].logRecord.*",
        ANYTHING,
        "recorded in get-logs.json: records hold strings, lists and nulls",
    ),
    Wrong(
        ("GET", "/v2/flows/folders"),
        200,
        "flowsFolders",
        "unknown property",
        "recorded in list-flow-folders.json; the document names the schema of flows",
    ),
    Wrong(
        ("DELETE", "/v2/meetings/{}"),
        200,
        "requestId",
        "unknown property",
        "catalogue.md; the document names the schema of the request",
    ),
    *(
        Wrong(operation, 409, key, "unknown property", "recorded in create-meeting.json")
        for operation in (("POST", "/v2/meetings"), ("PUT", "/v2/meetings/{}"))
        for key in ("userFacingError", "fixUrl", "helpUrl")
    ),
)


class Unlisted(NamedTuple):
    """Answers with a status that the document does not give for the operation."""

    status: int
    operations: frozenset[Operation]
    evidence: str


_ROUTES = [one for one in routes.ROUTES if (one.method, one.shape) not in UNDOCUMENTED]


def _of(*prefixes: str) -> frozenset[Operation]:
    return frozenset((one.method, one.shape) for one in _ROUTES if one.path.startswith(prefixes))


ALL = _of("/v2")
WITH_BODY = frozenset(
    (one.method, one.shape) for one in _ROUTES if one.takes not in (Body.NONE, Body.RAW)
)
STATUSES = (
    Unlisted(405, ALL, "recorded in ask-entity.json: 405 is the answer to another method"),
    Unlisted(
        415,
        WITH_BODY | {("GET", "/v2/crm/entities")},
        "recorded in get-crm-entities.json: 415 is the answer to another content type",
    ),
    Unlisted(
        401,
        _of("/v2/meetings", "/v2/tasks", "/v2/coaching", "/v2/workspaces", "/v2/call-outcomes")
        | {("GET", "/v2/users")},
        "recorded in get-coaching-metrics.json: a missing scope is 401 where 403 is documented",
    ),
    Unlisted(
        429,
        _of("/v2/crm/integrations", "/v2/calls/users-access", "/v2/permission-profile")
        | {("GET", "/v2/all-permission-profiles"), WITHDRAWN},
        "API.md 1.4: the limit holds for the company, not for an operation",
    ),
    Unlisted(
        403,
        _of("/v2/flows/prospects/unassign"),
        "QUIRKS.md 53: what is not licensed is closed as a whole",
    ),
)


@pytest.fixture(scope="module")
def world(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*WORLD)


@pytest.fixture(scope="module")
def answers(world: Emulator, emulators: Callable[..., Emulator]) -> Answers:
    """Everything that the scenarios were answered, and refusals that all operations share."""
    kept = []
    for scenario in SCENARIOS:
        wire = Wire(world)
        scenario(wire)
        kept += wire.kept
    bare = emulators(*SMALL, "--without-generic-crm", "--without-engage", "--without-meetings")
    wire = Wire(bare)
    exchanges.registration(wire)
    kept += wire.kept + _asked_for_nothing(bare)
    poor = emulators(*SMALL, "--credits", "0")
    wire = Wire(poor)
    for path in ("entities/ask-entity", "entities/get-brief"):
        wire("GET", path, params=exchanges.question(poor))
    kept += wire.kept + _asked_for_nothing(poor, key="wrong")
    kept += _asked_for_nothing(poor, content_type="text/plain")
    kept += _asked_for_nothing(poor, method="OPTIONS")
    poor.change("set_limits", requests_per_second=None, requests_per_day=0)
    kept += _asked_for_nothing(poor)
    scopes = [word for scope in sorted(routes.SCOPES) for word in ("--without-scope", scope)]
    kept += _asked_for_nothing(emulators(*SMALL, *scopes))
    found: Answers = defaultdict(list)
    for one in kept:
        found[one.operation].append(one)
    return found


def _asked_for_nothing(
    emulator: Emulator,
    *,
    key: str | None = None,
    content_type: str = "application/json",
    method: str | None = None,
) -> list[Exchange]:
    """Every operation without any input, by its own method or by another."""
    with httpx.Client(
        base_url=emulator.base_url,
        auth=(emulator.access_key, key or emulator.access_key_secret),
        headers={"Content-Type": content_type},
    ) as client:
        return [_bare(client, route, method or route.method) for route in _ROUTES]


def _bare(client: httpx.Client, route: Route, method: str) -> Exchange:
    path = re.sub(r"\{\w+\}", "1", route.path)
    answer = client.request(method, path, content=b"{}")
    operation = (route.method, route.shape)
    trace = answer.headers["X-Traceid"]
    return Exchange(operation, path, answer.status_code, answer.json(), trace)


@every_documented
def test_a_successful_answer_is_as_documented(operation: Operation, answers: Answers) -> None:
    good = [one for one in answers[operation] if one.status < 300]

    assert good, "no successful answer"
    _hold(operation, good)


@every_documented
def test_a_refusal_is_as_documented(operation: Operation, answers: Answers) -> None:
    refused = [one for one in answers[operation] if one.status >= 400]

    assert refused
    _hold(operation, [one for one in refused if one.status in statuses(operation)])
    for one in refused:
        beside = {
            known.path for known in KNOWN if known[:2] == (operation, one.status) and known.path
        }
        assert set(one.answer) - beside == {"requestId", "errors"}, one
        assert one.answer["errors"], one
        assert all(isinstance(text, str) and text for text in one.answer["errors"]), one
        assert one.status != 500, one


def _hold(operation: Operation, answered: list[Exchange]) -> None:
    found = {
        (one.status, mismatch)
        for one in answered
        for mismatch in mismatches(operation, one.status, one.answer)
    }
    seen = {one.status for one in answered}
    known = [one for one in KNOWN if one.operation == operation and one.status in seen]

    unexplained = {one for one in found if not any(_explains(wrong, *one) for wrong in known)}
    assert not unexplained
    needless = [wrong for wrong in known if not any(_explains(wrong, *one) for one in found)]
    assert not needless


def _explains(wrong: Wrong, status: int, mismatch: Mismatch) -> bool:
    return (wrong.status, wrong.path) == (status, mismatch.path) and bool(
        re.fullmatch(wrong.what, mismatch.what)
    )


@every_documented
def test_a_status_is_one_of_the_documented(operation: Operation, answers: Answers) -> None:
    answered = {one.status for one in answers[operation]}
    unlisted = {one.status for one in STATUSES if operation in one.operations}

    assert answered - statuses(operation) - unlisted == set()
    assert unlisted - (answered - statuses(operation)) == set(), "no longer needed"


def test_every_answer_carries_its_id_in_a_header_too(answers: Answers) -> None:
    told = [one for some in answers.values() for one in some]

    assert {one.trace for one in told} == {one.answer["requestId"] for one in told}
    assert len({one.trace for one in told}) == len(told) > 500


def test_every_operation_of_the_documents_is_emulated_and_the_other_way_round() -> None:
    emulated = {(one.method, one.shape) for one in routes.ROUTES}

    assert emulated == operations().keys() | UNDOCUMENTED.keys()
    assert not operations().keys() & UNDOCUMENTED.keys()


def test_lists_are_answered_with_rows_and_without(answers: Answers) -> None:
    """A list that no answer had rows in would have been compared for nothing."""
    empty = []
    for operation, entry in operations().items():
        for status, response in entry["responses"].items():
            if not status.startswith("2"):
                continue
            for content in response.get("content", {}).values():
                schema = resolved(document_of(operation), content["schema"])
                for key, inner in schema.get("properties", {}).items():
                    if resolved(document_of(operation), inner).get("type") == "array":
                        rows = [one.answer.get(key) for one in answers[operation]]
                        empty += [] if any(rows) else [(*operation, key)]

    assert sorted(empty) == [
        ("GET", "/v2/flows/folders", "flows"),  # the live key is another one
        ("POST", "/v2/flows/prospects/bulk-assignments", "results"),  # they come later
    ]


def test_the_comparison_finds_what_is_wrong() -> None:
    operation: Operation = ("GET", "/v2/users")
    right: dict[str, Any] = {
        "requestId": "r",
        "records": {"totalRecords": 1, "currentPageSize": 1, "currentPageNumber": 0},
        "users": [{"id": "1", "active": True, "emailAliases": ["a@b.example"], "title": None}],
    }
    (user,) = right["users"]
    for path, what, wrong in (
        ("users[].active", "string where boolean is declared", user | {"active": "true"}),
        ("users[].id", "integer where string is declared", user | {"id": 1}),
        ("users[].nick", "unknown property", user | {"nick": "a"}),
        ("users[].emailAliases", "string where array is declared", user | {"emailAliases": "a"}),
        ("users[].emailAliases[]", "boolean where string is declared",
         user | {"emailAliases": [True]}),
        ("users[].settings", "array where object is declared", user | {"settings": []}),
    ):  # fmt: skip
        found = mismatches(operation, 200, right | {"users": [user, wrong]})
        assert found == {Mismatch(path, what)}
    assert mismatches(operation, 200, right) == set()
    assert mismatches(operation, 200, right | {"records": {"totalRecords": 2**31}}) == {
        Mismatch("records.totalRecords", "too great for int32")
    }
    lost = {"calls": [{"direction": "Sideways", "started": "2026-01-01T10:00:00"}]}
    assert mismatches(("GET", "/v2/calls"), 200, lost) == {
        Mismatch("calls[].direction", "'Sideways' is not one of the declared values"),
        Mismatch("calls[].started", "no date-time with an offset"),
    }


def test_paged_are_the_operations_that_document_a_cursor() -> None:
    paged = {(one.method, one.shape) for one in routes.ROUTES if one.paged}

    assert paged == {one for one, entry in operations().items() if _takes_cursor(one, entry)}


def _takes_cursor(operation: Operation, entry: dict[str, Any]) -> bool:
    names = {one["name"] for one in entry.get("parameters", ())}
    for content in entry.get("requestBody", {}).get("content", {}).values():
        body = resolved(document_of(operation), content["schema"])
        names |= body.get("properties", {}).keys()
    return "cursor" in names
