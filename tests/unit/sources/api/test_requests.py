"""Each input travels in its place, and a write is not sent twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import GaveUp, Postponed, Rejected, Unsure
from sources.gong.api.operations import OPERATIONS, Parameter, ParameterLocation, operation
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.request import prepare
from tests.conftest import ROOT
from tests.harness.scripted_server import Answer, free_port_url, json_answer, refused, serving

Connect = Callable[[str], Client]
ENTITIES = {"integrationId": 6286478263646, "objectType": "ACCOUNT"}
MEETING = {
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": "2026-01-01T01:00:00Z",
    "invitees": [{"email": "a@example.com"}],
    "organizerEmail": "b@example.com",
}


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Makes clients without a limit of requests."""
    clients: list[Client] = []

    def connect(url: str) -> Client:
        budget = Budget(tmp_path / "ledger.sqlite", Limits(0, 0))
        clients.append(Client(url, credentials("k", "s", None), budget))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr("sources.gong.api.client.time.sleep", taken.append)
    return taken


def test_a_get_can_carry_a_json_list_as_its_body(connect: Connect) -> None:
    with serving([json_answer(200, {"crmObjectsMap": {}})]) as server:
        connect(server.url).call(
            operation("getCrmObjects"), {**ENTITIES, "objectsCrmIds": ["a1", "a2"]}
        )
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("GET", "/v2/crm/entities")
    assert asked.body == ["a1", "a2"]
    assert asked.headers["content-type"] == "application/json"
    assert asked.query == {"integrationId": "6286478263646", "objectType": "ACCOUNT"}


def test_a_file_travels_as_a_part_of_a_form_with_its_length_told(
    connect: Connect, tmp_path: Path
) -> None:
    upload = tmp_path / "private-folder" / "accounts.ldjson"
    upload.parent.mkdir()
    content = b'{"objectId": "1"}\n' * 40_000
    upload.write_bytes(content)
    row = operation("uploadCrmData")
    with serving([json_answer(201, {"clientRequestId": "r-1"})]) as server:
        answer = connect(server.url).call(
            row, {**ENTITIES, "clientRequestId": "r-1", "dataFile": str(upload)}
        )
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
    connect: Connect, tmp_path: Path
) -> None:
    media = tmp_path / "call.mp3"
    media.write_bytes(bytes(range(256)) * 1000)
    script = [refused(429, "Too many requests", Retry_After="0"), json_answer(201, {"callId": "1"})]
    with serving(script) as server:
        inputs = {"id": "1", "mediaFile": media}
        assert connect(server.url).call(operation("addCallRecording"), inputs) == {"callId": "1"}
    first, second = (asked.body.partition(b"\r\n\r\n")[2] for asked in server.requests)
    assert len(first) == len(second) > 256_000
    assert b"Content-Type: audio/mpeg" in server.requests[0].body[:300]


def test_a_large_file_is_never_held_in_memory(tmp_path: Path) -> None:
    size = 200 * 2**20
    received: list[int] = []

    class Sink(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            left = int(self.headers["Content-Length"])
            count = 0
            while left and (chunk := self.rfile.read(min(left, 2**20))):
                left -= len(chunk)
                count += len(chunk)
            received.append(count)
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "14")
            self.end_headers()
            self.wfile.write(b'{"callId":"1"}')

        def log_message(self, *_: object) -> None:
            pass

    media = tmp_path / "call.wav"
    with media.open("wb") as file:
        file.truncate(size)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = """
import resource, sys
from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.operations import operation
url, media, ledger = sys.argv[1:]
with Client(url, credentials("k", "s", None), Budget(ledger, Limits(0, 0))) as client:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    client.call(operation("addCallRecording"), {"id": "1", "mediaFile": media})
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            f"http://127.0.0.1:{server.server_port}",
            str(media),
            str(tmp_path / "l.sqlite"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    assert received[0] > size
    assert int(done.stdout) < 30 * 1024  # KiB


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("8123456789012345673", "/v2/calls/8123456789012345673"),
        ("a/../b", "/v2/calls/a%2F..%2Fb"),
        ("a b?c#d%", "/v2/calls/a%20b%3Fc%23d%25"),
        ("ü", "/v2/calls/%C3%BC"),
    ],
)
def test_a_value_in_the_path_stays_in_its_place(connect: Connect, value: str, path: str) -> None:
    with serving([json_answer()]) as server:
        connect(server.url).call(operation("getCall"), {"id": value})
    assert server.requests[0].raw_path == path


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_would_change_the_path_is_refused(connect: Connect, value: str) -> None:
    with serving([json_answer()]) as server:
        with pytest.raises(ValueError, match="getCall: id cannot be"):
            connect(server.url).call(operation("getCall"), {"id": value})
        with pytest.raises(ValueError, match="no value"):
            connect(server.url).call(operation("getCall"), {})
        assert server.requests == []


def test_a_list_in_the_query_is_a_parameter_that_is_repeated(connect: Connect) -> None:
    with serving([json_answer()]) as server:
        connect(server.url).call(
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
def test_a_body_without_inputs_is_what_gong_wants(connect: Connect, name: str, body: Any) -> None:
    with serving([json_answer()]) as server:
        connect(server.url).call(operation(name), {})
    assert server.requests[0].body == body


def test_two_kinds_of_body_do_not_mix() -> None:
    row = operation("addCallRecording")
    mixed = type(row)(
        **{
            **{name: getattr(row, name) for name in row.__slots__},
            "parameters": (*row.parameters, Parameter("title", ParameterLocation.BODY)),
        }
    )
    with pytest.raises(ValueError, match="one kind"):
        prepare(mixed, {"id": "1", "mediaFile": "x.mp3", "title": "t"})


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.kebab)
def test_every_place_of_every_operation_can_be_sent(row: Any) -> None:
    inputs: dict[str, Any] = {one.name: one.name for one in row.parameters}
    request = prepare(row, inputs)
    told = json.dumps([request.query, request.body, sorted(request.files), request.path])
    for one in row.parameters:
        assert one.name.rpartition(".")[2] in told


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
    connect: Connect, answer: Answer, expected: dict[str, Any]
) -> None:
    with serving([answer]) as server:
        assert connect(server.url).call(operation("addMeeting"), MEETING) == expected
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
    connect: Connect, naps: list[float], answer: Answer
) -> None:
    with serving([answer]) as server:
        with pytest.raises(Unsure, match=r"POST /v2/meetings: .*may or may not have done it"):
            connect(server.url).call(operation("addMeeting"), MEETING)
        assert len(server.requests) == 1
    assert issubclass(Unsure, GaveUp)


def test_a_write_that_cannot_have_arrived_is_sent_again(
    connect: Connect, naps: list[float]
) -> None:
    with serving(
        [refused(429, "x", Retry_After="0"), json_answer(201, {"meetingId": "1"})]
    ) as server:
        assert connect(server.url).call(operation("addMeeting"), MEETING)
        assert len(server.requests) == 2
    with serving([json_answer()]) as server:
        client = connect(server.url)
        client.call(operation("listUsers"), {})
    with pytest.raises(GaveUp, match="5 times") as gave_up:
        client.call(operation("addMeeting"), MEETING)
    assert not isinstance(gave_up.value, Unsure)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(400, "parties: must not be null"), Rejected),
        (refused(429, "x", Retry_After="9999"), Postponed),
    ],
)
def test_a_write_that_gong_refuses_is_told_as_such(
    connect: Connect, answer: Answer, expected: type[Exception]
) -> None:
    with serving([answer]) as server:
        with pytest.raises(expected):
            connect(server.url).call(operation("addMeeting"), MEETING)
        assert len(server.requests) == 1


def test_a_file_that_is_gone_is_named_and_nothing_is_sent(connect: Connect, tmp_path: Path) -> None:
    client = connect(free_port_url())
    row = operation("addCallRecording")
    with pytest.raises(ValueError, match=r"mediaFile: .*gone\.mp3 cannot be read"):
        client.call(row, {"id": "1", "mediaFile": tmp_path / "gone.mp3"})
    with pytest.raises(ValueError, match="not a file"):
        client.call(row, {"id": "1", "mediaFile": tmp_path})
