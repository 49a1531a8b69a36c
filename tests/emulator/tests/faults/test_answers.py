"""Every kind of fault on the wire: what a client gets to see of it, and what was done."""

from __future__ import annotations

import email.utils
import json
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator

WRITE = "PUT /v2/calls/users-access"


@pytest.fixture
def emulator(world: Emulator) -> Iterator[Emulator]:
    """The shared world with no rules before and none left behind."""
    world.client.delete("/_emulator/requests")
    yield world
    world.client.delete("/_emulator/faults")


def last_request(emulator: Emulator) -> tuple[str | None, int | None]:
    last = emulator.requests()[-1]
    return last["fault"], last["status"]


def grant(emulator: Emulator, number: int) -> Any:
    """Give a user access to a call; a write whose effect the truth shows."""
    call = emulator.truth("calls")[number]["metaData"]["id"]
    user = emulator.truth("users")[number]["id"]
    body = {"callAccessList": [{"callId": call, "userIds": [user]}]}
    pair = {"callId": call, "userId": user}
    emulator.change("remove_call_access", callId=call)
    answer: Any = None
    try:
        answer = emulator.client.put("/v2/calls/users-access", json=body)
    except httpx.TransportError as error:
        answer = type(error).__name__
    return answer, pair in emulator.truth("call_access")


@pytest.mark.parametrize(
    ("rule", "header"),
    [
        ({}, "1"),
        ({"seconds": 0}, "0"),
        ({"seconds": 40_000}, "40000"),
        ({"form": "none"}, None),
        ({"form": "malformed"}, "soon"),
        ({"form": "malformed", "text": "-5"}, "-5"),
    ],
)
def test_a_429_names_the_wait_or_not(emulator: Emulator, rule: Any, header: str | None) -> None:
    emulator.fault("rate_limited", **rule)
    answer = emulator.get("workspaces")
    assert emulator.errors(answer) == (429, ["API rate limit exceeded"])
    assert answer.headers.get("retry-after") == header
    assert last_request(emulator) == ("rate_limited", 429)


def test_a_429_may_name_a_date(emulator: Emulator) -> None:
    emulator.fault("rate_limited", form="date", seconds=90)
    headers = emulator.get("workspaces").headers
    until, now = (
        email.utils.parsedate_to_datetime(headers[name]) for name in ("retry-after", "date")
    )
    assert 89 <= (until - now).total_seconds() <= 90


def test_a_spent_day_is_a_429_of_hours(emulator: Emulator) -> None:
    emulator.fault("daily_quota")
    answer = emulator.get("workspaces")
    assert emulator.errors(answer) == (429, ["API daily limit exceeded"])
    assert answer.headers["retry-after"] == "21600"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("after_work", [False, True])
def test_a_server_error_comes_before_or_after_the_work(
    emulator: Emulator, status: int, after_work: bool
) -> None:
    emulator.fault(
        "server_error", status=status, operation=WRITE, after_work=after_work, retry_after=7
    )
    answer, is_done = grant(emulator, 1)
    assert emulator.errors(answer)[0] == status
    assert answer.headers["retry-after"] == "7"
    assert is_done is after_work
    assert last_request(emulator) == ("server_error", status)


@pytest.mark.parametrize("after_work", [False, True])
def test_a_reset_comes_before_or_after_the_work(emulator: Emulator, after_work: bool) -> None:
    emulator.fault("connection_reset", operation=WRITE, after_work=after_work)
    answer, is_done = grant(emulator, 2)
    assert answer == "ReadError"
    assert is_done is after_work
    assert last_request(emulator) == ("connection_reset", None)


@pytest.mark.parametrize("after_work", [False, True])
def test_silence_ends_with_the_connection(emulator: Emulator, after_work: bool) -> None:
    emulator.fault("timeout", seconds=0.2, operation=WRITE, after_work=after_work)
    answer, is_done = grant(emulator, 3)
    assert answer == "RemoteProtocolError"
    assert is_done is after_work
    assert last_request(emulator) == ("timeout", None)


def test_silence_lasts_until_the_client_leaves(emulator: Emulator) -> None:
    emulator.fault("timeout", times=1)
    with pytest.raises(httpx.ReadTimeout):
        emulator.client.get("/v2/workspaces", timeout=0.3)
    assert last_request(emulator) == ("timeout", None)
    assert emulator.get("workspaces").status_code == 200


def raw(emulator: Emulator, path: str) -> bytes:
    """Everything that comes over one connection."""
    request = httpx.Request("GET", "http://x/", headers={})
    auth = next(httpx.BasicAuth(*login(emulator)).auth_flow(request)).headers["Authorization"]
    lines = (f"GET /v2/{path} HTTP/1.1", "Host: x", f"Authorization: {auth}", "Connection: close")
    with socket.create_connection(("127.0.0.1", emulator.info["port"]), timeout=20) as connection:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    return received


def login(emulator: Emulator) -> tuple[str, str]:
    return emulator.info["access_key"], emulator.info["access_key_secret"]


@pytest.mark.parametrize("kept", [None, 10, 0, 10**9])
def test_a_truncated_body_is_shorter_than_announced(emulator: Emulator, kept: int | None) -> None:
    whole = emulator.get("workspaces").content
    emulator.fault("truncated_body", bytes=kept)
    head, _, body = raw(emulator, "workspaces").partition(b"\r\n\r\n")
    assert f"Content-Length: {len(whole)}".encode() in head
    expected = len(whole) // 2 if kept is None else min(kept, len(whole) - 1)
    assert len(body) == expected
    with pytest.raises(httpx.RemoteProtocolError):
        emulator.get("workspaces")
    assert last_request(emulator) == ("truncated_body", 200)


def test_half_a_document_has_a_length_that_is_right(emulator: Emulator) -> None:
    whole = emulator.get("workspaces").content
    emulator.fault("half_json")
    answer = emulator.get("workspaces")
    assert answer.status_code == 200
    assert len(answer.content) == len(whole) // 2
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("status", [200, 502, 503])
def test_a_page_of_html(emulator: Emulator, status: int) -> None:
    emulator.fault("html_page", status=status)
    answer = emulator.get("workspaces")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_invalid_json_is_200_even_for_an_empty_result(emulator: Emulator) -> None:
    emulator.fault("invalid_json", text="{,}")
    answer = emulator.post("calls/extensive", {"filter": {"callIds": ["1"]}})
    assert (answer.status_code, answer.text) == (200, "{,}")


def test_a_wrong_content_type_around_a_sound_answer(emulator: Emulator) -> None:
    emulator.fault("wrong_content_type", times=1)
    emulator.fault("wrong_content_type", content_type="application/octet-stream")
    for expected in ("text/plain;charset=UTF-8", "application/octet-stream"):
        answer = emulator.get("workspaces")
        assert answer.headers["content-type"] == expected
        assert answer.json()["workspaces"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("list", "[]"),
        ("null", "null"),
        ("text", '"ok"'),
        ("number", "1"),
        ("empty_object", "{}"),
        ("empty_body", ""),
    ],
)
def test_another_value_than_the_expected_object(emulator: Emulator, value: str, text: str) -> None:
    emulator.fault("wrong_value", value=value)
    answer = emulator.get("workspaces")
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://elsewhere.example/v2/users", "/v2/users"])
def test_a_redirect(emulator: Emulator, status: int, location: str) -> None:
    emulator.fault("redirect", status=status, location=location)
    answer = emulator.get("workspaces")
    assert (answer.status_code, answer.headers["location"]) == (status, location)


@pytest.mark.parametrize(
    "rule",
    [{"kind": "slow_answer", "seconds": 0.3}, {"kind": "slow_body", "seconds": 0.3, "pieces": 3}],
)
def test_a_slow_answer_is_whole_in_the_end(emulator: Emulator, rule: Any) -> None:
    emulator.fault(**rule)
    began = time.monotonic()
    assert emulator.get("workspaces").json()["workspaces"]
    assert time.monotonic() - began >= 0.3


def test_a_slow_answer_holds_nobody_else_up(emulator: Emulator) -> None:
    emulator.fault("timeout", operation="GET /v2/workspaces")
    with socket.create_connection(("127.0.0.1", emulator.info["port"])) as waiting:
        waiting.sendall(b"GET /v2/workspaces HTTP/1.1\r\nHost: x\r\n\r\n")
        assert emulator.get("users").status_code == 200


def test_a_scope_is_lost_in_the_middle(emulator: Emulator) -> None:
    emulator.fault("missing_scope", operation="GET /v2/calls", skip=1)
    assert emulator.get("calls").status_code == 200
    text = "You don't have permission to use 'api:calls:read:basic' in your app."
    assert emulator.errors(emulator.get("calls")) == (401, [text])
    emulator.fault("missing_scope", scope="api:other", operation="GET /v2/workspaces")
    text = "You don't have permission to use 'api:other' in your app."
    assert emulator.errors(emulator.get("workspaces")) == (401, [text])


def test_the_credentials_become_wrong_in_the_middle(emulator: Emulator) -> None:
    emulator.fault("wrong_credentials", skip=1)
    answers = [emulator.get("workspaces") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    wrong = emulator.client.get("/v2/workspaces", auth=("nobody", "wrong"))
    assert answers[1].json()["errors"] == wrong.json()["errors"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("expired_cursor", "cursor has expired"), ("unverified_cursor", "failed to verify cursor")],
)
def test_a_cursor_is_refused(emulator: Emulator, kind: str, text: str) -> None:
    emulator.fault(kind)
    cursor = emulator.get("calls").json()["records"]["cursor"]
    assert emulator.errors(emulator.get("calls", cursor=cursor)) == (400, [text])
    assert emulator.faults()[0]["fired"] == 1


def test_a_redirect_may_lead_nowhere(emulator: Emulator) -> None:
    emulator.fault("redirect", location=None)
    answer = emulator.get("workspaces")
    assert (answer.status_code, answer.headers.get("location")) == (302, None)


def test_a_byte_that_is_no_utf_8_stands_behind_a_text(emulator: Emulator) -> None:
    emulator.fault("invalid_utf8", after='"workspaces": [{"id": "', times=2)
    assert b'"workspaces": [{"id": "\xff' in emulator.get("workspaces").content
    assert b"\xff" not in emulator.get("users").content


def test_damaged_packing_cannot_be_unpacked(emulator: Emulator) -> None:
    emulator.fault("bad_gzip", times=1)
    with pytest.raises(httpx.DecodingError):
        emulator.get("workspaces")


def test_an_inflated_answer_is_small_on_the_wire_and_sound(emulator: Emulator) -> None:
    sound = emulator.get("workspaces").json()["workspaces"]
    emulator.fault("inflated", megabytes=3)
    answer = emulator.get("workspaces")
    assert int(answer.headers["content-length"]) < 100_000
    assert len(answer.content) > 3_000_000
    assert answer.json()["workspaces"] == sound


@pytest.mark.parametrize("seconds", [7200, -7200])
def test_a_date_is_ahead_or_behind(emulator: Emulator, seconds: int) -> None:
    emulator.fault("wrong_date", seconds=seconds)
    dated = email.utils.parsedate_to_datetime(emulator.get("workspaces").headers["date"])
    assert abs(dated.timestamp() - time.time() - seconds) < 600


def test_a_date_may_be_anything(emulator: Emulator) -> None:
    emulator.fault("wrong_date", text="soon")
    assert emulator.get("workspaces").headers["date"] == "soon"


@pytest.mark.parametrize(
    ("named", "text"),
    [(True, "filter.callIds[1]: must be an id of digits"), (False, "Bad request")],
)
def test_ids_that_are_no_numbers_are_refused_by_place_or_without(
    emulator: Emulator, named: bool, text: str
) -> None:
    operation = "POST /v2/calls/transcript"
    emulator.fault("refused_ids", operation=operation, field="filter.callIds", named=named)
    known = emulator.truth("calls")[0]["metaData"]["id"]

    def answered(*ids: str) -> httpx.Response:
        return emulator.client.post("/v2/calls/transcript", json={"filter": {"callIds": ids}})

    refused = answered(known, "call-x")
    assert (refused.status_code, refused.json()["errors"]) == (400, [text])
    assert answered(known).status_code == 200


@pytest.mark.parametrize("status", [400, 404])
def test_one_id_of_digits_is_refused(emulator: Emulator, status: int) -> None:
    users = emulator.truth("users")
    odd, other = (user["id"] for user in users[:2])
    emulator.fault(
        "refused_ids", operation="GET /v2/coaching", field="manager-id", id=odd, status=status
    )
    (workspace, *_) = emulator.truth("workspaces")

    def answered(manager: str) -> int:
        query = {
            "workspace-id": workspace["id"], "manager-id": manager,
            "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z",
        }  # fmt: skip
        return emulator.client.get("/v2/coaching", params=query).status_code

    assert (answered(odd), answered(other)) == (status, 200)
