"""A client sends a request as given, retries where that helps, and never shows a secret."""

from __future__ import annotations

import base64
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.errors import (
    BadCredentials,
    CursorExpired,
    GaveUp,
    GongError,
    MissingScope,
    NothingFound,
    NotLicensed,
    Postponed,
    Rejected,
    StopRun,
    UnknownIds,
    Unsure,
    WrongHost,
)
from sources.gong.api.operations import operation
from tests.harness.scripted_server import (
    BROKEN_ANSWERS,
    MEETING,
    SPAN,
    Answer,
    ReceivedRequest,
    json_answer,
    refused,
)
from tests.unit.sources.api.conftest import Asking, FakeTimer

KEY, SECRET, BODY = "the-access-key", "the-hidden-half", "a-value-of-the-body"
WHO = credentials(KEY, SECRET, None)
USERS, CALLS = operation("listUsers"), operation("listCallsExtensive")
ENTITIES = {"integrationId": 6286478263646, "objectType": "ACCOUNT"}


def test_a_right_key_lets_requests_overlap(asking: Asking) -> None:
    together = threading.Barrier(8)

    def script(_request: ReceivedRequest, number: int) -> Answer:
        if number:
            together.wait(20)
        return json_answer(200, {"users": []})

    with asking(script) as (server, client):
        client.call(USERS, {})
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.call(USERS, {}), range(16)))
        assert len(server.requests) == 17


@pytest.mark.parametrize("answer", [refused(401, "Unauthorized"), refused(403, "Forbidden")])
def test_a_wrong_key_costs_one_request_over_all_threads(asking: Asking, answer: Answer) -> None:
    with asking([answer]) as (server, client):
        with ThreadPoolExecutor(8) as pool:
            results = [pool.submit(client.call, USERS, {}) for _ in range(8)]
        assert all(isinstance(result.exception(), BadCredentials) for result in results)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(asking: Asking, status: int) -> None:
    elsewhere = {"Location": "https://other.example/v2/users?token=hidden"}
    with asking([Answer(status, b"", elsewhere)]) as (server, client):
        with pytest.raises(WrongHost) as wrong:
            client.call(USERS, {})
        with pytest.raises(StopRun):
            client.call(CALLS, SPAN)
        assert server.hosts == [server.url.removeprefix("https://")]
    assert "other.example" in str(wrong.value)
    assert "SOURCES__GONG__BASE_URL" in str(wrong.value)
    assert "hidden" not in str(wrong.value)


def test_every_request_is_paid_for_before_it_leaves(asking: Asking) -> None:
    with asking([refused(500), refused(500), json_answer()], max_requests=3) as (server, client):
        client.call(USERS, {})
        with pytest.raises(Postponed, match="--max-requests 3"):
            client.call(USERS, {})
        # the turn is refused as the request is about to leave
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_at_gong_is_retried_until_it_passes(
    asking: Asking, naps: list[float], status: int
) -> None:
    script = [refused(status, "Internal server error occurred")] * 3 + [
        json_answer(200, {"users": []})
    ]
    with asking(script) as (server, client):
        assert client.call(USERS, {}) == {"users": []}
        assert len(server.requests) == 4
        assert len(naps) == 3
        assert naps[0] < naps[2]


@pytest.mark.parametrize("answer", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS)
def test_trouble_that_stays_is_given_up_after_five_attempts(
    asking: Asking, naps: list[float], answer: Answer
) -> None:
    with asking([json_answer(), answer]) as (server, client):
        client.call(USERS, {})
        with pytest.raises(GaveUp, match=r"GET /v2/users: .* 5 times in a row"):
            client.call(USERS, {})
        assert len(server.requests) == 6
        assert len(naps) == 4


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b'{"users": [{"id": "1"'),
        Answer(200, b'{"users": []}', missing_bytes=50),
        Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
        Answer(hangs_up=True),
    ],
    ids=["cut JSON", "cut body", "HTML", "hang-up"],
)
def test_a_broken_answer_is_asked_for_again(
    asking: Asking, naps: list[float], answer: Answer
) -> None:
    with asking([answer, answer, json_answer(200, {"users": [1]})]) as (server, client):
        assert client.call(USERS, {}) == {"users": [1]}
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(400, "Json parse error"), Rejected),
        (refused(405, "Method Not Allowed"), Rejected),
        (refused(415, "Unsupported Media Type"), Rejected),
        (refused(404, "No calls found corresponding to the provided filters"), NothingFound),
        (refused(400, "cursor has expired"), CursorExpired),
        (refused(400, "Some calls not found"), UnknownIds),
        (refused(401, "You don't have permission to use 'api:x' in your app."), MissingScope),
        (Answer(404, b"", {}), GongError),
    ],
)
def test_a_permanent_refusal_is_not_retried(
    asking: Asking, answer: Answer, expected: type[GongError]
) -> None:
    with asking([answer]) as (server, client):
        with pytest.raises(expected):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 1


def test_a_surface_without_licence_does_not_stop_the_others(asking: Asking) -> None:
    with asking([refused(403, "Forbidden"), json_answer(200, {"users": []})]) as (
        _,
        client,
    ):
        with pytest.raises(NotLicensed):
            client.call(operation("listFlows"), {"flowOwnerEmail": "a@b"})
        assert client.call(USERS, {}) == {"users": []}


def test_a_short_wait_that_gong_asks_for_is_kept(timer: FakeTimer, asking: Asking) -> None:
    script = [refused(429, "Too many requests", Retry_After="1"), json_answer(200, {"users": []})]
    with asking(script) as (server, client):
        assert client.call(USERS, {}) == {"users": []}
        assert 0.95 <= sum(timer.naps) <= 1.05
        assert len(server.requests) == 2


def test_waits_that_gong_asks_for_do_not_count_as_failed_attempts(
    asking: Asking, naps: list[float]
) -> None:
    limited = refused(429, "Too many requests", Retry_After="0")
    script = [*[limited] * 9, refused(500, "x"), json_answer(200, {"users": []})]
    with asking(script) as (server, client):
        assert client.call(USERS, {}) == {"users": []}
        assert len(server.requests) == 11


def test_a_long_wait_that_gong_asks_for_ends_the_run(asking: Asking) -> None:
    with asking([refused(429, "", Retry_After="7200")]) as (server, client):
        with pytest.raises(Postponed, match="7200 s") as postponed:
            client.call(USERS, {})
        assert postponed.value.wait_seconds == 7200
        with pytest.raises(Postponed):
            client.call(USERS, {})
        assert len(server.requests) == 1


def test_a_wait_that_a_server_in_trouble_asks_for_is_kept_and_counts_as_an_attempt(
    timer: FakeTimer, asking: Asking, naps: list[float]
) -> None:
    script = [refused(503, "", Retry_After="1"), refused(500, ""), json_answer(200, {"users": []})]
    with asking(script) as (server, client):
        assert client.call(USERS, {}) == {"users": []}
        assert 0.95 <= sum(timer.naps) <= 1.05
    with asking([refused(503, "", Retry_After="0")]) as (server, client):
        with pytest.raises(GaveUp):
            client.call(USERS, {})
        assert len(server.requests) == 5
    with asking([refused(503, "", Retry_After="7200")]) as (server, client):
        with pytest.raises(Postponed, match="7200 s"):
            client.call(USERS, {})
        assert len(server.requests) == 1


def test_a_wait_given_as_a_date_is_understood(asking: Asking) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with asking([refused(429, "", Retry_After=when)]) as (_, client):
        with pytest.raises(Postponed) as postponed:
            client.call(USERS, {})
        assert 3500 < postponed.value.wait_seconds <= 3600


@pytest.mark.parametrize("value", ["soon", "", "nan", "inf"])
def test_a_wait_that_cannot_be_read_is_a_second(
    timer: FakeTimer, asking: Asking, value: str
) -> None:
    with asking([refused(429, "", Retry_After=value), json_answer()]) as (server, client):
        client.call(USERS, {})
        assert 0.95 <= sum(timer.naps) <= 1.05
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "number",
    [
        9007199254740993,
        9012345678901234567,
        18446744073709551615,
        18446744073709551616,
        99999999999999999999,
        -99999999999999999999,
        123456789012345678901234567890123456789,
    ],
)
def test_whole_numbers_of_any_length_stay_exact(asking: Asking, number: int) -> None:
    body = {"users": [{"id": number, "n": [number, {"m": number}]}], "f": 0.1}
    with asking([json_answer(200, body)]) as (_, client):
        assert client.call(USERS, {}) == body


def test_an_answer_is_read_in_the_form_that_is_asked_for_where_it_has_that_form(
    asking: Asking,
) -> None:
    def decode(content: bytes | bytearray) -> dict[str, Any] | None:
        return {"size": len(content)} if b"users" in content else None

    script = [Answer(200, b'{"users": []}'), Answer(200, b'{"others": []}')]
    with asking(script) as (_, client):
        assert client.call(USERS, {}, decode) == {"size": 13}
        assert client.call(USERS, {}, decode) == {"others": []}


def test_a_refusal_is_read_as_gong_sends_it_whatever_form_is_asked_for(asking: Asking) -> None:
    def decode(_: bytes | bytearray) -> dict[str, Any] | None:
        return {"users": []}

    with (
        asking([refused(400, "Json parse error")]) as (_, client),
        pytest.raises(Rejected, match="Json parse error"),
    ):
        client.call(USERS, {}, decode)


def test_text_with_a_lone_surrogate_is_read(asking: Asking) -> None:
    with asking([Answer(200, b'{"users": ["a\\ud800b"]}')]) as (_, client):
        assert client.call(USERS, {}) == {"users": ["a\ud800b"]}


def test_a_body_without_inputs_still_holds_a_filter(asking: Asking) -> None:
    with asking([json_answer()]) as (server, client):
        client.call(CALLS, {"filter.workspaceId": None})
    assert server.requests[0].body == {"filter": {}}


def test_a_value_goes_into_the_path(asking: Asking) -> None:
    with asking([json_answer()]) as (server, client):
        client.call(operation("getCall"), {"id": "8123456789012345673"})
    assert server.requests[0].path == "/v2/calls/8123456789012345673"


def test_an_input_that_the_operation_does_not_have_is_our_own_mistake(asking: Asking) -> None:
    with asking([json_answer()]) as (server, client):
        with pytest.raises(ValueError, match="has no parameter 'fromDateTime'"):
            client.call(CALLS, {"fromDateTime": "x"})
        assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, "Unauthorized"),
        refused(400, "Bad request"),
        refused(500, "x"),
        Answer(302, b"", {"Location": "https://other.example/x"}),
        Answer(200, b"{", {}),
        Answer(hangs_up=True),
        refused(429, "x", Retry_After="9999"),
    ],
)
def test_no_error_shows_the_key(asking: Asking, naps: list[float], answer: Answer) -> None:
    encoded = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    with asking([answer]) as (_, client):
        with pytest.raises(GongError) as raised:
            client.call(CALLS, {**SPAN, "filter.workspaceId": BODY})
        shown = (
            str(raised.value)
            + repr(raised.value)
            + repr(vars(raised.value))
            + "".join(traceback.format_exception(raised.value))
            + repr(client)
            + repr(WHO)
            + str(WHO)
        )
    for secret in (SECRET, encoded, BODY):
        assert secret not in shown


def test_a_get_can_carry_a_json_list_as_its_body(asking: Asking) -> None:
    with asking([json_answer(200, {"crmObjectsMap": {}})]) as (server, client):
        client.call(operation("getCrmObjects"), {**ENTITIES, "objectsCrmIds": ["a1", "a2"]})
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("GET", "/v2/crm/entities")
    assert asked.body == ["a1", "a2"]
    assert asked.headers["content-type"] == "application/json"
    assert asked.query == {"integrationId": "6286478263646", "objectType": "ACCOUNT"}


def test_a_file_is_sent_as_a_part_of_a_form_with_its_length(asking: Asking, tmp_path: Path) -> None:
    upload = tmp_path / "private-folder" / "accounts.ldjson"
    upload.parent.mkdir()
    content = b'{"objectId": "1"}\n' * 40_000
    upload.write_bytes(content)
    row = operation("uploadCrmData")
    with asking([json_answer(201, {"clientRequestId": "r-1"})]) as (server, client):
        answer = client.call(row, {**ENTITIES, "clientRequestId": "r-1", "dataFile": str(upload)})
    assert answer == {"clientRequestId": "r-1"}
    (asked,) = server.requests
    assert asked.query == {k: str(v) for k, v in ENTITIES.items()} | {"clientRequestId": "r-1"}
    kind, _, boundary = asked.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert "transfer-encoding" not in asked.headers
    head, _, rest = asked.body.partition(b"\r\n\r\n")
    assert head.startswith(f"--{boundary}".encode())
    assert b'name="dataFile"; filename="accounts.ldjson"' in head
    assert b"private-folder" not in head
    assert rest == content + f"\r\n--{boundary}--\r\n".encode()


def test_a_file_is_sent_again_from_its_beginning_after_a_429(
    asking: Asking, tmp_path: Path
) -> None:
    media = tmp_path / "call.mp3"
    media.write_bytes(bytes(range(256)) * 1000)
    script = [refused(429, "Too many requests", Retry_After="0"), json_answer(201, {"callId": "1"})]
    with asking(script) as (server, client):
        inputs = {"id": "1", "mediaFile": media}
        assert client.call(operation("addCallRecording"), inputs) == {"callId": "1"}
    first, second = (asked.body.partition(b"\r\n\r\n")[2] for asked in server.requests)
    assert len(first) == len(second) > 256_000
    assert b"Content-Type: audio/mpeg" in server.requests[0].body[:300]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("8123456789012345673", "/v2/calls/8123456789012345673"),
        ("a/../b", "/v2/calls/a%2F..%2Fb"),
        ("a b?c#d%", "/v2/calls/a%20b%3Fc%23d%25"),
        ("ü", "/v2/calls/%C3%BC"),
    ],
)
def test_a_value_in_the_path_stays_in_its_place(asking: Asking, value: str, path: str) -> None:
    with asking([json_answer()]) as (server, client):
        client.call(operation("getCall"), {"id": value})
    assert server.requests[0].raw_path == path


def test_a_list_in_the_query_is_a_parameter_that_is_repeated(asking: Asking) -> None:
    with asking([json_answer()]) as (server, client):
        client.call(
            operation("listFlows"), {"flowOwnerEmail": ["a@b", "c@d"], "mostRecentlyAssigned": True}
        )
    assert server.requests[0].query_pairs == (
        ("flowOwnerEmail", "a@b"),
        ("flowOwnerEmail", "c@d"),
        ("mostRecentlyAssigned", "true"),
    )


@pytest.mark.parametrize(
    ("name", "body"),
    [("getProspectsAssignedFlows", {}), ("listMultipleUsers", {"filter": {}}), ("listUsers", None)],
)
def test_a_body_without_inputs_is_what_gong_wants(asking: Asking, name: str, body: Any) -> None:
    with asking([json_answer()]) as (server, client):
        client.call(operation(name), {})
    assert server.requests[0].body == body


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json_answer(201, {"callId": "1"}), {"callId": "1"}),
        (Answer(204, b""), {}),
        (Answer(200, b"", {"Content-Type": "application/json"}), {}),
        (json_answer(200, ["1", 2]), {"answer": ["1", 2]}),
    ],
)
def test_a_write_that_gong_accepted_is_done_whatever_it_answers(
    asking: Asking, answer: Answer, expected: dict[str, Any]
) -> None:
    with asking([answer]) as (server, client):
        assert client.call(operation("addMeeting"), MEETING) == expected
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refused(500, "Internal server error occurred"),
        refused(503, "x"),
        Answer(hangs_up=True),
        Answer(201, b'{"meetingId": "1"}', missing_bytes=20),
        Answer(201, b'{"meetingId": '),
        Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
    ],
    ids=["500", "503", "hang-up", "cut body", "cut JSON", "HTML"],
)
def test_a_write_that_gong_may_have_done_is_not_sent_again(
    asking: Asking, naps: list[float], answer: Answer
) -> None:
    with asking([answer]) as (server, client):
        with pytest.raises(Unsure, match=r"POST /v2/meetings: .*may or may not have done it"):
            client.call(operation("addMeeting"), MEETING)
        assert len(server.requests) == 1
    assert issubclass(Unsure, GaveUp)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(400, "parties: must not be null"), Rejected),
        (refused(429, "x", Retry_After="9999"), Postponed),
    ],
)
def test_a_refused_write_raises_its_own_error(
    asking: Asking, answer: Answer, expected: type[Exception]
) -> None:
    with asking([answer]) as (server, client):
        with pytest.raises(expected):
            client.call(operation("addMeeting"), MEETING)
        assert len(server.requests) == 1


def test_a_file_that_is_gone_is_named_and_nothing_is_sent(asking: Asking, tmp_path: Path) -> None:
    row = operation("addCallRecording")
    with asking([json_answer()]) as (server, client):
        with pytest.raises(ValueError, match=r"mediaFile: .*gone\.mp3 cannot be read"):
            client.call(row, {"id": "1", "mediaFile": tmp_path / "gone.mp3"})
        with pytest.raises(ValueError, match="not a file"):
            client.call(row, {"id": "1", "mediaFile": tmp_path})
        assert server.requests == []


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_would_change_the_path_is_refused(asking: Asking, value: str) -> None:
    with asking([json_answer()]) as (server, client):
        with pytest.raises(ValueError, match="getCall: id cannot be"):
            client.call(operation("getCall"), {"id": value})
        with pytest.raises(ValueError, match="no value"):
            client.call(operation("getCall"), {})
        assert server.requests == []
