"""The emulator refuses what Gong's document forbids, at every depth, in an answer of Gong's form.

It is written from the evidence and knows nothing of our checks. The document is other people's and
lies beside the project; without it the tests are skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sources.gong.api.operations import OPERATIONS, Operation, operation
from tests.conftest import Emulator, needs_shared
from tests.contract.inputs.constraints import Broken, body_of, broken_requests, query_of
from tests.contract.inputs.stated_in_words import CHECKED, Condition
from tests.harness.loops import for_each

pytestmark = needs_shared

every_request = for_each(
    "row", {row.request: row for row in OPERATIONS}.values(), lambda row: row.kebab
)

UNLIKE: dict[tuple[str, str], str] = {
    ("listCalls", "fromDateTime"): "a live request without it was answered",
    ("listCalls", "toDateTime"): "a live request without it was answered",
    ("listCrmSchemaFields", "objectType"): "its text allows leaving it out",
    ("getCrmObjects", "objectsCrmIds"): "declared in the query, read in the body",
    ("listUsers_1", "workspace-id"): "seeded ids have up to 20 digits, as other texts allow",
    ("listUsers_1", "manager-id"): "seeded ids have up to 20 digits, as other texts allow",
}
"""What the emulator does not refuse, and why."""

WORDS_NOT_REFUSED: dict[tuple[str, str], str] = {
    ("listCallsExtensive", "contentSelector.exposedFields.content.trackerOccurrences"):
        "what Gong does then is not known; the emulator has no occurrences without trackers",
    ("addCall", "speakersTimeline.speechSegments[].partyIds"): "not known to be refused",
    ("addDigitalInteraction", "person.personId"): "not known to be refused",
    ("addDigitalInteraction", "person.company.domain"): "not known to be refused",
}  # fmt: skip


@pytest.fixture(scope="module")
def small(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(
        "--users", "5", "--calls", "6", "--days", "10", "--now", "2026-11-18T15:00:00Z",
        "--no-limit",
    )  # fmt: skip


@pytest.fixture(scope="module")
def client(small: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=small.base_url,
        auth=(small.access_key, small.access_key_secret),
        headers={"Content-Type": "application/json"},
    ) as client:
        yield client


@pytest.fixture(scope="module")
def known(small: Emulator) -> dict[str, Any]:
    """Ids that exist, so that nothing but the broken value is wrong outside the body."""
    user = next(user for user in small.truth("users") if user["active"])
    workspace = small.truth("workspaces")[0]["id"]
    return {
        "integrationId": small.truth("crm_integrations")[0]["integrationId"],
        "workspaceId": workspace,
        "workspace-id": workspace,
        "profileId": small.truth("permission_profiles")[0]["id"],
        "manager-id": user["id"],
        "flowOwnerEmail": user["emailAddress"],
        "flowFolderOwnerEmail": user["emailAddress"],
        "call": small.truth("calls")[0]["metaData"]["id"],
    }


def send(
    client: httpx.Client, known: dict[str, Any], row: Operation, broken: Broken
) -> httpx.Response:
    query = {
        name: known.get(name, value) if name != broken.at else value
        for name, value in broken.query.items()
    }
    return client.request(
        row.method,
        re.sub(r"\{\w+\}", known["call"], row.path),
        params=query,
        content=None if broken.body is None else json.dumps(broken.body),
    )


def is_named(at: str, errors: list[str]) -> bool:
    """Whether a refusal is of the broken value: by its name, or in Gong's words without one."""
    return any(at in text or text in ("Json parse error", "Bad request") for text in errors)


@every_request
def test_the_emulator_refuses_what_the_document_forbids(
    row: Operation, client: httpx.Client, known: dict[str, Any]
) -> None:
    passed = []
    for broken in broken_requests(row):
        if (row.operation_id, broken.at) in UNLIKE:
            continue
        answer = send(client, known, row, broken)
        at = broken.at.removeprefix("fields")
        if answer.status_code != 400 or not is_named(at, answer.json()["errors"]):
            passed.append(f"{broken.at}: {broken.what}: {answer.status_code} {answer.text[:200]}")
    assert passed == []


@for_each("key", CHECKED.keys() - WORDS_NOT_REFUSED.keys(), " ".join)
def test_the_emulator_refuses_what_the_document_forbids_in_words(
    key: tuple[str, str], client: httpx.Client, known: dict[str, Any]
) -> None:
    row, condition = operation(key[0]), CHECKED[key]
    query, body = _with(row, condition)

    answer = send(client, known, row, Broken(next(iter(condition.values)), "", query, body))

    assert answer.status_code in (400, 422), answer.text
    value = re.split(r"[ .\[]", condition.names.removeprefix("fields[0]."))[0]
    assert is_named(condition.emulated or value, answer.json()["errors"]), answer.text


def _with(row: Operation, condition: Condition) -> tuple[dict[str, Any], Any]:
    query, body = query_of(row), body_of(row)
    if isinstance(body, list):
        return query, condition.values["fields"]
    inside = {name: value for name, value in condition.values.items() if name not in query}
    query |= {name: value for name, value in condition.values.items() if name in query}
    return query, body if body is None else body | inside


def test_every_exception_is_still_needed(client: httpx.Client, known: dict[str, Any]) -> None:
    for name, at in UNLIKE:
        row = operation(name)
        broken = [broken for broken in broken_requests(row) if broken.at == at]
        answers = [send(client, known, row, each) for each in broken]
        assert any(
            answer.status_code != 400 or not is_named(at, answer.json()["errors"])
            for answer in answers
        ), (name, at)
