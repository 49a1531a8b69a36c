"""Sends every recorded request to the seeded emulator, which must answer as Gong did.

Same status, same wording of refusals, same keys and JSON types. The recorded company is not the
seeded one: where an answer depends on ids that exist, those of the recording are exchanged for
ids that play the same part in the seeded company, and what the recorded company had set up is set
up first. Everything of the recordings is read from where they lie.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import httpx
import pytest

from tests.conftest import SHARED, Emulator, needs_shared
from tests.contract.documents import kind

pytestmark = needs_shared

Json = dict[str, Any]
Shape = dict[str, set[str]]

OPTIONS = (
    "--now", "2026-06-15T12:00:00Z", "--no-limit", "--users", "12", "--days", "20",
    "--workspaces", "1", "--without-tasks",
)  # fmt: skip
"""A company like the recorded one: one workspace, no Engage licence."""


class Recorded(NamedTuple):
    """One recorded exchange; most files hold a single one."""

    file: str
    number: int
    exchange: Json

    @property
    def name(self) -> str:
        return f"{self.file}/{self.number}"


@cache
def recordings() -> tuple[Recorded, ...]:
    return tuple(
        Recorded(file.stem, number, exchange)
        for file in sorted((SHARED / "recordings").glob("*.json"))
        for number, exchange in enumerate(json.loads(file.read_text(encoding="utf-8")))
    )


every_recording = pytest.mark.parametrize("recorded", recordings(), ids=lambda one: one.name)


class Otherwise(NamedTuple):
    """A point in which the emulator answers otherwise on purpose."""

    name: str
    path: str
    what: str
    reason: str


IMPERSONATOR = "in the OpenAPI document; the recorded entries are of nobody impersonated"
HAND_MADE = "may be hand-made: no live headers"
EXCEPTIONS: tuple[Otherwise, ...] = (
    Otherwise("library-folders/0", "records", "not answered", HAND_MADE),
    Otherwise(
        "register-crm-integration/0", "errors", "other words", "three sentences, told in one"
    ),
    *(
        Otherwise("get-logs/0", f"logEntries[].impersonator{key}", "not recorded", IMPERSONATOR)
        for key in ("UserId", "EmailAddress", "FullName", "CompanyId")
    ),
)


@cache
def hand_made() -> frozenset[str]:
    """The recordings that OBSERVED_TYPES.md marks as lacking live headers."""
    text = (SHARED / "OBSERVED_TYPES.md").read_text(encoding="utf-8")
    marked = set(re.findall(r"^## (\w+ \S+) +\(NO LIVE HEADERS", text, re.MULTILINE))
    return frozenset(
        one.file
        for one in recordings()
        if f"{one.exchange['method']} {one.exchange['path']}" in marked
    )


def response_of(file: str) -> Json:
    answer: Json = next(one for one in recordings() if one.file == file).exchange["response"]
    return answer


def request_of(file: str) -> Json:
    return next(one for one in recordings() if one.file == file).exchange


def scope_of(exchange: Json) -> str | None:
    """The scope that a recorded request lacked."""
    told = re.search(r"permission to use '([^']+)'", str(exchange["response"].get("errors")))
    return told[1] if told else None


@pytest.fixture(scope="module")
def company(emulators: Callable[..., Emulator]) -> Emulator:
    """Without calls, as the recorded requests found none."""
    emulator = emulators(*OPTIONS, "--calls", "0")
    emulator.change("disconnect_crm")
    emulator.change("connect_crm", ownerEmail=user_of(emulator)["emailAddress"], name="Empty")
    return emulator


@pytest.fixture(scope="module")
def calling(emulators: Callable[..., Emulator]) -> Emulator:
    """The same company with calls, of which the recorded one had some that were not listed."""
    return emulators(*OPTIONS, "--calls", "5")


@pytest.fixture(scope="module")
def closed(emulators: Callable[..., Emulator]) -> Emulator:
    """The same company, seen with a key that lacks what the recorded one lacked."""
    lacking = sorted({scope for one in recordings() if (scope := scope_of(one.exchange))})
    return emulators(*OPTIONS, *(word for one in lacking for word in ("--without-scope", one)))


def user_of(emulator: Emulator) -> Json:
    """A seeded user who can stand for any recorded one: active, and recorded."""
    return next(
        one
        for one in emulator.truth("users")
        if one["active"] and one["settings"]["webConferencesRecorded"]
    )


Parts = dict[str, str]
"""Ids and addresses of the recordings, and what plays their part in the seeded company."""


@pytest.fixture(scope="module")
def parts(company: Emulator) -> Parts:
    user = user_of(company)
    played: Parts = {}
    for one in response_of("list-users")["users"]:
        played |= {one["id"]: user["id"], one["emailAddress"]: user["emailAddress"]}
    (workspace,) = company.truth("workspaces")
    played[response_of("get-workspace")["workspaces"][0]["id"]] = workspace["id"]
    profile = response_of("get-permission-profile")["profile"]["id"]
    played[profile] = company.truth("permission_profiles")[0]["id"]
    for one in response_of("list-library-folders")["folders"]:
        played[one["id"]] = company.truth("library_folders")[0]["id"]
    integration = request_of("get-crm-request-status")["query"]["integrationId"]
    played[integration] = str(company.truth("crm_integrations")[0]["integrationId"])
    return played


def exchanged(value: Any, parts: Parts) -> Any:
    """A part of a request with the ids of the seeded company."""
    if isinstance(value, dict):
        return {key: exchanged(inner, parts) for key, inner in value.items()}
    if isinstance(value, list):
        return [exchanged(inner, parts) for inner in value]
    return parts.get(value, value) if isinstance(value, str) else value


def send(emulator: Emulator, exchange: Json, parts: Parts) -> httpx.Response:
    headers = {}
    body = exchanged(exchange["body"], parts)
    if isinstance(body, str):
        # Gong found no part in it; with what header it was sent is not recorded
        headers["Content-Type"] = "multipart/form-data; boundary=another"
    elif body is not None:
        headers["Content-Type"] = "application/json"
    return httpx.request(
        exchange["method"],
        emulator.base_url + "/".join(parts.get(one, one) for one in exchange["path"].split("/")),
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
    """The meeting that is going to be changed."""
    company.change("set_meeting_integration", userId=user_of(company)["id"], valid=True)
    made = send(company, exchange | {"method": "POST", "path": "/v2/meetings"}, parts)
    return {exchange["path"].rpartition("/")[2]: made.json()["meetingId"]}


def uploaded(company: Emulator, exchange: Json, parts: Parts) -> Parts:
    """The upload whose status is going to be asked for: one line without its address."""
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
    """The call to which somebody is going to lose access."""
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
"""What the recorded company had done before; adds the parts that this gives."""


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

    told = answer.json()
    assert answer.status_code == exchange["status"], told
    differing = set(differences(shapes(exchange["response"]), shapes(told)))
    if answer.status_code >= 400:
        expected = exchanged(exchange["response"]["errors"], parts)
        if told["errors"] != expected:
            differing.add(("errors", "other words" if shared(told, expected) else "another text"))
    known = {(one.path, one.what) for one in EXCEPTIONS if one.name == recorded.name}
    assert differing == known


def shared(told: Json, expected: list[str]) -> bool:
    """Whether a text in other words has the words in it that tell which text it is."""
    return all("active GENERIC CRM integration" in str(one) for one in (told["errors"], expected))


def shapes(value: Any, path: str = "") -> Shape:
    """The kinds of value at every path; all elements of a list share one."""
    found: Shape = defaultdict(set)
    found[path].add(kind(value))
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(f"{path}.{key}".lstrip("."), one) for key, one in value.items()]
    elif isinstance(value, list):
        inner = [(f"{path}[]", one) for one in value]
    for at, one in inner:
        for deeper, kinds in shapes(one, at).items():
            found[deeper] |= kinds
    return dict(found)


def differences(recorded: Shape, served: Shape) -> Iterator[tuple[str, str]]:
    """Every point in which two answers have another shape.

    What the one has of a list or object that is empty or null in the other cannot be compared,
    except that the emulator may not be the one that has nothing.
    """
    for path, kinds in recorded.items():
        told = served.get(path)
        if told is None:
            if path.endswith("[]") or "object" in served.get(around(path), ()):
                yield path, "not answered"
        elif kinds - {"null"} and not told - {"null"}:
            yield path, "always null"
        elif kinds - {"null"} and told - kinds - {"null"}:
            yield path, f"{sorted(told - kinds)} for {sorted(kinds)}"
    for path in served.keys() - recorded.keys():
        if not path.endswith("[]") and "object" in recorded.get(around(path), ()):
            yield path, "not recorded"


def around(path: str) -> str:
    """The object in which the value at a path stands."""
    return path.rpartition(".")[0]


def test_every_exception_is_of_a_recording_and_so_is_every_mark() -> None:
    names = {one.name for one in recordings()}

    assert len({one.file for one in recordings()}) == 67
    assert len(names) == 68
    assert {one.name for one in EXCEPTIONS} <= names
    assert SET_UP.keys() <= {one.file for one in recordings()}
    assert hand_made() == {"library-folders", "list-library-folder-content",
                           "list-library-folders", "update-meeting"}  # fmt: skip
    assert {one.name.split("/")[0] for one in EXCEPTIONS if one.reason == HAND_MADE} <= hand_made()


def test_the_comparison_finds_what_differs() -> None:
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
    told = set(differences(shapes(recorded), shapes(with_more)))
    assert told == {("a[].m.z", "not recorded")}
