"""Cases that need a real connection: missing hosts, broken bodies, turns, memory."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import (
    BadCredentials,
    GaveUp,
    Postponed,
    StopRun,
    Unreachable,
    Unsure,
    WrongHost,
)
from sources.gong.api.operations import operation
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from tests.conftest import ROOT
from tests.harness.scripted_server import (
    BROKEN_ANSWERS,
    MEETING,
    SPAN,
    Answer,
    ReceivedRequest,
    ScriptedServer,
    free_port_url,
    json_answer,
    refused,
    serving,
)

USERS, CALLS = operation("listUsers"), operation("listCallsExtensive")
WHO = credentials("the-access-key", "the-hidden-half", None)

Connect = Callable[..., Client]


@pytest.fixture
def naps() -> list[float]:
    """The pauses between attempts that were taken."""
    return []


@pytest.fixture
def connect(tmp_path: Path, naps: list[float]) -> Iterator[Connect]:
    """Makes clients without a limit of requests, unless limits are given."""
    clients: list[Client] = []

    def connect(url: str, **limits: Any) -> Client:
        unlimited = {"per_second": 0, "per_day": 0, **limits}
        budget = Budget(tmp_path / "ledger.sqlite", Limits(**unlimited))
        clients.append(Client(url, WHO, budget, retries=RetryPolicy(sleep=naps.append)))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@contextmanager
def asking(connect: Connect, script: Any, **limits: Any) -> Iterator[tuple[ScriptedServer, Client]]:
    with serving(script) as server:
        yield server, connect(server.url, **limits)


@pytest.mark.parametrize("answer", [refused(401, "Unauthorized"), refused(403, "Forbidden")])
def test_a_wrong_key_costs_one_request_although_eight_threads_ask(
    connect: Connect, answer: Answer
) -> None:
    def slowly(_asked: ReceivedRequest, _number: int) -> Answer:
        time.sleep(0.1)
        return answer

    with asking(connect, slowly) as (server, client):
        with ThreadPoolExecutor(8) as pool:
            results = [pool.submit(client.call, USERS, {}) for _ in range(8)]
        assert all(isinstance(result.exception(), BadCredentials) for result in results)
        with pytest.raises(BadCredentials):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 1


def test_a_host_that_is_not_there_is_named(connect: Connect, naps: list[float]) -> None:
    url = free_port_url()
    client = connect(url)
    with pytest.raises(Unreachable, match="BASE_URL") as unreachable:
        client.call(USERS, {})
    assert url in str(unreachable.value)
    assert len(naps) == 2


def test_a_connection_lost_later_fails_the_table_and_not_the_run(
    connect: Connect, naps: list[float]
) -> None:
    with serving([json_answer()]) as server:
        client = connect(server.url)
        client.call(USERS, {})
    with pytest.raises(GaveUp):
        client.call(USERS, {})


def test_every_request_is_paid_for_also_those_that_fail(
    connect: Connect, naps: list[float]
) -> None:
    script = [refused(500), refused(500), json_answer()]
    with asking(connect, script, max_requests=3) as (server, client):
        client.call(USERS, {})
        with pytest.raises(Postponed, match="--max-requests 3"):
            client.call(USERS, {})
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_a_redirect_to_another_host(connect: Connect, status: int) -> None:
    with (
        serving([json_answer()]) as other,
        serving([Answer(status, b"", {"Location": f"{other.url}/v2/users"})]) as server,
    ):
        client = connect(server.url)
        with pytest.raises(WrongHost) as wrong:
            client.call(USERS, {})
        assert other.url.removeprefix("http://") in str(wrong.value)
        assert "SOURCES__GONG__BASE_URL" in str(wrong.value)
        assert other.requests == []
        with pytest.raises(StopRun):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 1


def test_a_right_key_lets_requests_overlap(connect: Connect) -> None:
    with serving([json_answer(200, {"users": []})]) as server:
        client = connect(server.url)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.call(USERS, {}), range(16)))
        assert len(server.requests) == 16


@pytest.mark.parametrize("answer", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS)
def test_trouble_that_stays_is_given_up_after_five_attempts(
    connect: Connect, naps: list[float], answer: Answer
) -> None:
    with asking(connect, [json_answer(), answer]) as (server, client):
        client.call(USERS, {})
        with pytest.raises(GaveUp, match=r"GET /v2/users: .* 5 times in a row"):
            client.call(USERS, {})
        assert len(server.requests) == 6
        assert len(naps) == 4


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
