"""Sends every recorded request to the seeded emulator, which must answer as Gong did.

The status, the wording of refusals, the keys and the JSON types must be the same. Ids of the
recorded company are replaced by ids of the seeded company, and the state of the recorded company is
set up first.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.conftest import Emulator, needs_shared
from tests.contract.documents import kind
from tests.contract.recordings import (
    Json,
    Recorded,
    hand_made,
    recordings,
    request_of,
    response_of,
    scope_of,
)

pytestmark = needs_shared

Shape = dict[str, set[str]]

OPTIONS = (
    "--now", "2026-06-15T12:00:00Z", "--no-limit", "--users", "12", "--days", "20",
    "--workspaces", "1", "--without-tasks",
)  # fmt: skip
"""A company like the recorded one: it has one workspace and no Engage licence."""


every_recording = pytest.mark.parametrize(
    "recorded", recordings(), ids=lambda recorded: recorded.name
)


class KnownDifference(NamedTuple):
    """A point in which the emulator differs from the recording on purpose."""

    name: str
    path: str
    what: str
    reason: str


IMPERSONATOR = "in the OpenAPI document; the recorded entries have no impersonator"
HAND_MADE = "may be hand-made: no live headers"
EXCEPTIONS: tuple[KnownDifference, ...] = (
    KnownDifference("library-folders/0", "records", "not answered", HAND_MADE),
    *(
        KnownDifference(
            "get-logs/0", f"logEntries[].impersonator{key}", "not recorded", IMPERSONATOR
        )
        for key in ("UserId", "EmailAddress", "FullName", "CompanyId")
    ),
)


@pytest.fixture(scope="module")
def company(emulators: Callable[..., Emulator]) -> Emulator:
    """A company without calls, because the recorded requests returned none."""
    emulator = emulators(*OPTIONS, "--calls", "0")
    emulator.change("disconnect_crm")
    emulator.change("connect_crm", ownerEmail=user_of(emulator)["emailAddress"], name="Empty")
    return emulator


@pytest.fixture(scope="module")
def calling(emulators: Callable[..., Emulator]) -> Emulator:
    """The same company with calls, for requests that name a call."""
    return emulators(*OPTIONS, "--calls", "5")


@pytest.fixture(scope="module")
def closed(emulators: Callable[..., Emulator]) -> Emulator:
    """The same company with a key that lacks the scopes that the recorded key lacked."""
    lacking = sorted(
        {scope for recording in recordings() if (scope := scope_of(recording.exchange))}
    )
    return emulators(*OPTIONS, *(word for scope in lacking for word in ("--without-scope", scope)))


def user_of(emulator: Emulator) -> Json:
    """Returns an active, recorded user, who replaces every user of the recordings."""
    return next(
        user
        for user in emulator.truth("users")
        if user["active"] and user["settings"]["webConferencesRecorded"]
    )


Parts = dict[str, str]
"""Ids and addresses of the seeded company by those of the recordings that they replace."""


@pytest.fixture(scope="module")
def parts(company: Emulator) -> Parts:
    user = user_of(company)
    played: Parts = {}
    for recorded in response_of("list-users")["users"]:
        played |= {recorded["id"]: user["id"], recorded["emailAddress"]: user["emailAddress"]}
    (workspace,) = company.truth("workspaces")
    played[response_of("get-workspace")["workspaces"][0]["id"]] = workspace["id"]
    profile = response_of("get-permission-profile")["profile"]["id"]
    played[profile] = company.truth("permission_profiles")[0]["id"]
    for recorded in response_of("list-library-folders")["folders"]:
        played[recorded["id"]] = company.truth("library_folders")[0]["id"]
    integration = request_of("get-crm-request-status")["query"]["integrationId"]
    played[integration] = str(company.truth("crm_integrations")[0]["integrationId"])
    return played


def exchanged(value: Any, parts: Parts) -> Any:
    """Returns a part of a request with the ids of the seeded company."""
    if isinstance(value, dict):
        return {key: exchanged(inner, parts) for key, inner in value.items()}
    if isinstance(value, list):
        return [exchanged(inner, parts) for inner in value]
    return parts.get(value, value) if isinstance(value, str) else value


def send(emulator: Emulator, exchange: Json, parts: Parts) -> httpx.Response:
    headers = {}
    body = exchanged(exchange["body"], parts)
    if isinstance(body, str):
        # Gong did not accept the body as multipart; its header is not recorded.
        headers["Content-Type"] = "multipart/form-data; boundary=another"
    elif body is not None:
        headers["Content-Type"] = "application/json"
    return httpx.request(
        exchange["method"],
        emulator.base_url + "/".join(parts.get(part, part) for part in exchange["path"].split("/")),
        params=exchanged(exchange["query"], parts),
        content=body if isinstance(body, str) or body is None else json.dumps(body),
        headers=headers,
        auth=(emulator.access_key, emulator.access_key_secret),
        timeout=60,
    )


def disconnected(company: Emulator, exchange: Json, parts: Parts) -> Parts:
    user_id = user_of(company)["id"]
    wrong = {"userFacingError": "Not connected.", "fixUrl": ""}
    company.change("set_meeting_integration", userId=user_id, valid=False, **wrong)
    return {}


def met(company: Emulator, exchange: Json, parts: Parts) -> Parts:
    """Creates the meeting that the request changes."""
    company.change("set_meeting_integration", userId=user_of(company)["id"], valid=True)
    made = send(company, exchange | {"method": "POST", "path": "/v2/meetings"}, parts)
    return {exchange["path"].rpartition("/")[2]: made.json()["meetingId"]}


def uploaded(company: Emulator, exchange: Json, parts: Parts) -> Parts:
    """Uploads one line without an e-mail address; the request reads the upload's status."""
    query = exchanged(exchange["query"], parts) | {"objectType": "BUSINESS_USER"}
    line = b'{"objectId": "u1", "modifiedDate": "2026-06-01T10:00:00Z"}'
    sent = httpx.post(
        f"{company.base_url}/v2/crm/entities",
        params=query,
        files={"dataFile": ("users.ldjson", line)},
        auth=(company.access_key, company.access_key_secret),
    )
    assert sent.status_code == 201, sent.text
    clock = httpx.put(f"{company.base_url}/_emulator/clock", json={"advance_seconds": 120})
    clock.raise_for_status()
    return {}


def called(company: Emulator, exchange: Json, parts: Parts) -> Parts:
    """Adds the access that the request removes."""
    call_id = company.truth("calls")[0]["metaData"]["id"]
    company.change("add_call_access", callId=call_id, userId=user_of(company)["id"])
    return {exchange["body"]["callAccessList"][0]["callId"]: call_id}


SET_UP: dict[str, Callable[[Emulator, Json, Parts], Parts]] = {
    "create-meeting": disconnected,
    "get-meeting-integration-status": disconnected,
    "update-meeting": met,
    "get-crm-request-status": uploaded,
    "remove-call-users-access": called,
}
"""Sets up the state of the recorded company; returns the ids that this creates."""


@every_recording
def test_a_recorded_request_is_answered_as_it_was(
    recorded: Recorded, company: Emulator, closed: Emulator, calling: Emulator, parts: Parts
) -> None:
    exchange = recorded.exchange
    asked = closed if scope_of(exchange) else company
    if recorded.file == "remove-call-users-access":
        asked = calling
    if recorded.file in SET_UP:
        parts = parts | SET_UP[recorded.file](asked, exchange, parts)

    answer = send(asked, exchange, parts)

    served = answer.json()
    assert answer.status_code == exchange["status"], served
    differing = set(differences(shapes(exchange["response"]), shapes(served)))
    if answer.status_code >= 400:
        expected = exchanged(exchange["response"]["errors"], parts)
        if served["errors"] != expected:
            differing.add(("errors", "another text"))
    known = {
        (exception.path, exception.what)
        for exception in EXCEPTIONS
        if exception.name == recorded.name
    }
    assert differing == known


def shapes(value: Any, path: str = "") -> Shape:
    """Returns the JSON types at every path; all elements of a list share a path."""
    kinds_at: Shape = defaultdict(set)
    kinds_at[path].add(kind(value))
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(f"{path}.{key}".lstrip("."), element) for key, element in value.items()]
    elif isinstance(value, list):
        inner = [(f"{path}[]", element) for element in value]
    for at, element in inner:
        for deeper, kinds in shapes(element, at).items():
            kinds_at[deeper] |= kinds
    return dict(kinds_at)


def differences(recorded: Shape, served: Shape) -> Iterator[tuple[str, str]]:
    """Yields every point in which two answers have different shapes.

    A list or object that is empty or null in the recording is not compared with the served one. An
    empty or null one in the served answer counts as different.
    """
    for path, kinds in recorded.items():
        answered = served.get(path)
        if answered is None:
            if path.endswith("[]") or "object" in served.get(around(path), ()):
                yield path, "not answered"
        elif kinds - {"null"} and not answered - {"null"}:
            yield path, "always null"
        elif kinds - {"null"} and answered - kinds - {"null"}:
            yield path, f"{sorted(answered - kinds)} for {sorted(kinds)}"
    for path in served.keys() - recorded.keys():
        if not path.endswith("[]") and "object" in recorded.get(around(path), ()):
            yield path, "not recorded"


def around(path: str) -> str:
    """Returns the path of the object that contains the value at a path."""
    return path.rpartition(".")[0]


def test_every_known_difference_and_every_mark_names_a_recording() -> None:
    names = {recording.name for recording in recordings()}

    assert len({recording.file for recording in recordings()}) == 67
    assert len(names) == 68
    assert {exception.name for exception in EXCEPTIONS} <= names
    assert SET_UP.keys() <= {recording.file for recording in recordings()}
    assert hand_made() == {"library-folders", "list-library-folder-content",
                           "list-library-folders", "update-meeting"}  # fmt: skip
    assert {
        exception.name.split("/")[0] for exception in EXCEPTIONS if exception.reason == HAND_MADE
    } <= hand_made()


def test_the_comparison_finds_each_kind_of_difference() -> None:
    recorded: Json = {"a": [{"id": "1", "n": None}, {"id": "2", "m": {}}], "b": [], "c": {"d": 1}}
    for path, what, served in (
        ("a[].id", "['integer'] for ['string']", recorded | {"a": [{"id": 1, "n": 1, "m": {}}]}),
        ("a[].m", "not answered", recorded | {"a": [{"id": "1", "n": "x"}]}),
        ("a[].k", "not recorded", recorded | {"a": [{"id": "1", "n": 1, "m": {}, "k": 0}]}),
        ("a[]", "not answered", recorded | {"a": []}),
        ("a[].id", "always null", recorded | {"a": [{"id": None, "n": 1, "m": {}}]}),
        ("c", "['array'] for ['object']", recorded | {"c": []}),
        ("e", "not recorded", recorded | {"e": 1}),
    ):
        assert set(differences(shapes(recorded), shapes(served))) == {(path, what)}
    with_more = recorded | {"b": [{"x": 1}], "a": [{"id": "9", "n": True, "m": {"z": 1}}]}
    differing = set(differences(shapes(recorded), shapes(with_more)))
    assert differing == {("a[].m.z", "not recorded")}
