"""Compares every answer of the emulator with Gong's OpenAPI documents.

Each operation is requested over real HTTP, with data and without, with valid and invalid inputs.
`known_answers` lists where live answers prove the document wrong. An entry that is no longer needed
fails a test.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Emulator, needs_shared
from tests.contract.documents import (
    Mismatch,
    Operation,
    document_of,
    mismatches,
    operations,
    resolved,
    statuses,
)
from tests.contract.known_answers import (
    DOCUMENTED_ROUTES,
    KNOWN,
    STATUSES,
    UNDOCUMENTED,
    WrongAnswer,
)
from tests.contract.scenarios import SCENARIOS, question, registration
from tests.contract.wire import SMALL, WORLD, Exchange, Wire
from tests.emulator.operations import routes
from tests.emulator.operations.routing import Route
from tests.harness.loops import for_each

pytestmark = needs_shared

Answers = dict[Operation, list[Exchange]]

every_documented = for_each(
    "operation",
    sorted({(route.method, route.shape) for route in routes.ROUTES} - UNDOCUMENTED.keys()),
    " ".join,
)


@pytest.fixture(scope="module")
def world(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*WORLD)


@pytest.fixture(scope="module")
def answers(world: Emulator, emulators: Callable[..., Emulator]) -> Answers:
    """The answers of all scenarios, and the refusals that all operations share."""
    kept = []
    for scenario in SCENARIOS:
        wire = Wire(world)
        scenario(wire)
        kept += wire.kept
    bare = emulators(*SMALL, "--without-generic-crm", "--without-engage", "--without-meetings")
    wire = Wire(bare)
    registration(wire)
    kept += wire.kept + _without_input(bare)
    poor = emulators(*SMALL, "--credits", "0")
    wire = Wire(poor)
    for path in ("entities/ask-entity", "entities/get-brief"):
        wire("GET", path, params=question(poor))
    kept += wire.kept + _without_input(poor, key="wrong")
    kept += _without_input(poor, content_type="text/plain")
    kept += _without_input(poor, method="OPTIONS")
    poor.change("set_limits", requests_per_second=None, requests_per_day=0)
    kept += _without_input(poor)
    scopes = [word for scope in sorted(routes.SCOPES) for word in ("--without-scope", scope)]
    kept += _without_input(emulators(*SMALL, *scopes))
    answers: Answers = defaultdict(list)
    for exchange in kept:
        answers[exchange.operation].append(exchange)
    return answers


def _without_input(
    emulator: Emulator,
    *,
    key: str | None = None,
    content_type: str = "application/json",
    method: str | None = None,
) -> list[Exchange]:
    """Requests every operation without input, by its own method or by `method`."""
    with httpx.Client(
        base_url=emulator.base_url,
        auth=(emulator.access_key, key or emulator.access_key_secret),
        headers={"Content-Type": content_type},
    ) as client:
        return [_bare(client, route, method or route.method) for route in DOCUMENTED_ROUTES]


def _bare(client: httpx.Client, route: Route, method: str) -> Exchange:
    path = re.sub(r"\{\w+\}", "1", route.path)
    answer = client.request(method, path, content=b"{}")
    operation = (route.method, route.shape)
    trace = answer.headers["X-Traceid"]
    return Exchange(operation, path, answer.status_code, answer.json(), trace)


@every_documented
def test_a_successful_answer_is_as_documented(operation: Operation, answers: Answers) -> None:
    good = [exchange for exchange in answers[operation] if exchange.status < 300]

    assert good, "no successful answer"
    _hold(operation, good)


@every_documented
def test_a_refusal_is_as_documented(operation: Operation, answers: Answers) -> None:
    refused = [exchange for exchange in answers[operation] if exchange.status >= 400]

    assert refused
    _hold(operation, [exchange for exchange in refused if exchange.status in statuses(operation)])
    for exchange in refused:
        beside = {
            known.path
            for known in KNOWN
            if known[:2] == (operation, exchange.status) and known.path
        }
        assert set(exchange.answer) - beside == {"requestId", "errors"}, exchange
        assert exchange.answer["errors"], exchange
        assert all(isinstance(text, str) and text for text in exchange.answer["errors"]), exchange
        assert exchange.status != 500, exchange


def _hold(operation: Operation, answered: list[Exchange]) -> None:
    differences = {
        (exchange.status, mismatch)
        for exchange in answered
        for mismatch in mismatches(operation, exchange.status, exchange.answer)
    }
    seen = {exchange.status for exchange in answered}
    known = [wrong for wrong in KNOWN if wrong.operation == operation and wrong.status in seen]

    unexplained = {
        difference
        for difference in differences
        if not any(_explains(wrong, *difference) for wrong in known)
    }
    assert not unexplained
    needless = [
        wrong
        for wrong in known
        if not any(_explains(wrong, *difference) for difference in differences)
    ]
    assert not needless


def _explains(wrong: WrongAnswer, status: int, mismatch: Mismatch) -> bool:
    return (wrong.status, wrong.path) == (status, mismatch.path) and bool(
        re.fullmatch(wrong.what, mismatch.what)
    )


@every_documented
def test_every_status_is_documented_or_listed_as_known(
    operation: Operation, answers: Answers
) -> None:
    answered = {exchange.status for exchange in answers[operation]}
    unlisted = {status.status for status in STATUSES if operation in status.operations}

    assert answered - statuses(operation) - unlisted == set()
    assert unlisted - (answered - statuses(operation)) == set(), "no longer needed"


def test_every_answer_has_its_request_id_in_a_header(answers: Answers) -> None:
    every = [exchange for some in answers.values() for exchange in some]
    gateway = [each for each in every if "Validate credentials failed" in str(each.answer)]
    kept = [exchange for exchange in every if exchange not in gateway]

    # seen live: the gateway in front of the API traces its refusals by another id
    assert gateway
    assert all(exchange.trace != exchange.answer["requestId"] for exchange in gateway)
    assert {exchange.trace for exchange in kept} == {
        exchange.answer["requestId"] for exchange in kept
    }
    assert len({exchange.trace for exchange in kept}) == len(kept) > 500


def test_the_emulator_serves_the_documented_operations_and_no_others() -> None:
    emulated = {(route.method, route.shape) for route in routes.ROUTES}

    assert emulated == operations().keys() | UNDOCUMENTED.keys()
    assert not operations().keys() & UNDOCUMENTED.keys()


def test_every_documented_list_has_rows_in_some_answer(answers: Answers) -> None:
    """A list without rows in all answers would not have been compared."""
    empty = []
    for operation, entry in operations().items():
        for status, response in entry["responses"].items():
            if not status.startswith("2"):
                continue
            for content in response.get("content", {}).values():
                schema = resolved(document_of(operation), content["schema"])
                for key, inner in schema.get("properties", {}).items():
                    if resolved(document_of(operation), inner).get("type") == "array":
                        rows = [exchange.answer.get(key) for exchange in answers[operation]]
                        empty += [] if any(rows) else [(*operation, key)]

    assert sorted(empty) == [
        ("GET", "/v2/flows/folders", "flows"),  # The live key differs.
        ("POST", "/v2/flows/prospects/bulk-assignments", "results"),  # Results come later.
    ]


def test_the_comparison_finds_each_kind_of_mismatch() -> None:
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
        differences = mismatches(operation, 200, right | {"users": [user, wrong]})
        assert differences == {Mismatch(path, what)}
    assert mismatches(operation, 200, right) == set()
    assert mismatches(operation, 200, right | {"records": {"totalRecords": 2**31}}) == {
        Mismatch("records.totalRecords", "too great for int32")
    }
    lost = {"calls": [{"direction": "Sideways", "started": "2026-01-01T10:00:00"}]}
    assert mismatches(("GET", "/v2/calls"), 200, lost) == {
        Mismatch("calls[].direction", "'Sideways' is not one of the declared values"),
        Mismatch("calls[].started", "no date-time with an offset"),
    }


def test_the_emulator_pages_the_operations_with_a_documented_cursor() -> None:
    paged = {(route.method, route.shape) for route in routes.ROUTES if route.paged}

    assert paged == {key for key, entry in operations().items() if _takes_cursor(key, entry)}


def _takes_cursor(operation: Operation, entry: dict[str, Any]) -> bool:
    names = {parameter["name"] for parameter in entry.get("parameters", ())}
    for content in entry.get("requestBody", {}).get("content", {}).values():
        body = resolved(document_of(operation), content["schema"])
        names |= body.get("properties", {}).keys()
    return "cursor" in names
