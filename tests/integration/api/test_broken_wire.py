"""Answers that only a real connection can break, and how much memory an answer may take."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import GaveUp, NotFetched
from sources.gong.api.operations import operation
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from tests.conftest import ROOT, Emulator, gong_for

USERS = operation("listUsers")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = OK + b'Content-Length: 13\r\n\r\n{"users": []}'
SOUND = {
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + BODY,
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + BODY,
    "many early answers": b"HTTP/1.1 102 Processing\r\n\r\n" * 50 + BODY,
    "a large header": OK + b"X-Long: " + b"a" * 60_000 + BODY.removeprefix(OK).join([b"\r\n", b""]),
    "chunks": OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"use\r\n8\r\nrs": []}\r\n0\r\n\r\n',
    "no length": OK + b'Connection: close\r\n\r\n{"users": []}',
}
BROKEN = {
    "chunks cut": OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"use\r\n8\r\nrs"',
    "no last chunk": OK + b'Transfer-Encoding: chunked\r\n\r\nd\r\n{"users": []}\r\n',
    "a wrong chunk": OK + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n{"users": []}\r\n',
    "early hints alone": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "a huge header": OK + b"X-Long: " + b"a" * 300_000 + b"\r\n\r\n",
    "a header cut": OK + b"X-Lo",
    "two lengths": OK + b"Content-Length: 13\r\nContent-Length: 7\r\n\r\n" + b'{"users": []}',
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "an odd status": b"HTTP/1.1 2000 OK\r\n\r\n",
    "nowhere": b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
}


@contextmanager
def sending(raw: bytes) -> Iterator[str]:
    """Serves every request with the same bytes and the end of the connection; yields the URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(raw)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


@contextmanager
def client_of(url: str) -> Iterator[Client]:
    budget = Budget(":memory:", Limits(0, 0))
    retries = RetryPolicy(sleep=lambda _: None)
    with Client(url, credentials("k", "s", None), budget, retries=retries) as client:
        yield client
    budget.close()


@pytest.mark.parametrize("raw", SOUND.values(), ids=SOUND)
def test_an_answer_that_is_odd_and_whole_is_read(raw: bytes) -> None:
    with sending(raw) as url, client_of(url) as client:
        assert client.call(USERS, {}) == {"users": []}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_breaks_is_given_up_after_five_attempts(raw: bytes) -> None:
    with (
        sending(raw) as url,
        client_of(url) as client,
        pytest.raises(GaveUp, match="5 times in a row"),
    ):
        client.call(USERS, {})


@cache
def packed(megabytes: int) -> bytes:
    """Blanks and an empty object, packed."""
    packer = zlib.compressobj(1, wbits=31)
    pieces = [packer.compress(b" " * 10**6) for _ in range(megabytes)]
    return b"".join((*pieces, packer.compress(b"{}"), packer.flush()))


MEASURED = """
import resource, sys
from pathlib import Path
from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import GongError
from sources.gong.api.operations import operation
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.answers.received import AnswerRules
from sources.gong.api.retries import RetryPolicy
url, what = sys.argv[1:]
who, rules = credentials("k", "s", None), AnswerRules(max_bytes=20_000_000)
retries = RetryPolicy(sleep=lambda _: None)
with Client(url, who, Budget(":memory:", Limits(0, 0)), retries=retries, answers=rules) as client:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        if what == "download":
            client.download(url, Path("/dev/null"), 200_000_000)
        else:
            client.call(operation("listUsers"), {})
    except GongError as error:
        print(type(error).__name__)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    ("status", "what", "error"),
    [
        ("200 OK", "call", "TooLarge"),
        ("500 Oh", "call", "GaveUp"),
        ("200 OK", "download", "NotFetched"),
    ],
)
def test_an_answer_of_a_gigabyte_takes_no_more_memory_than_its_bound(
    status: str, what: str, error: str
) -> None:
    content = packed(1000)
    assert len(content) < 5_000_000
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    raw = f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    with sending(raw) as url:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, url, what],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=200,
        )
    assert done.returncode == 0, done.stderr
    said, megabytes = done.stdout.split()
    assert said == error
    # the bound of 20 MB, and one piece of 64 KiB unpacked, twice for a moment
    assert int(megabytes) < 250


@pytest.mark.parametrize("raw", [*BROKEN.values()], ids=[*BROKEN])
def test_a_file_that_breaks_off_is_not_taken_for_a_file(raw: bytes, tmp_path: Path) -> None:
    with sending(raw) as url, client_of(url) as client, pytest.raises(NotFetched, match="127"):
        client.download(url, tmp_path / "file", 1000)


@pytest.fixture(scope="module")
def world(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators("--users", "3", "--calls", "1", "--days", "2", "--no-limit")


@pytest.fixture
def emulator(world: Emulator) -> Iterator[Emulator]:
    """An emulator without faults before and after."""
    yield world
    world.clear_faults()


def test_a_clock_that_is_hours_from_gongs_ends_a_sync_before_it_stores_anything(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.fault("wrong_date", seconds=-3 * 3600)
    gong = gong_for(tmp_path / "home", emulator)
    for command in (("sync",), ("check",), ("api", "listWorkspaces")):
        done = gong(*command)
        assert done.returncode == 2, done.stderr
        assert "The clock of this machine is 3.0 hours ahead of Gong's" in done.stderr
    assert "nothing has landed here yet" in gong("status").stdout
    assert gong("api", "listWorkspaces", env={"GONG_ELT_NOW": "2026-11-20T12:00:00Z"}).stdout


def test_a_damaged_byte_and_a_large_answer_are_told_by_their_request(
    emulator: Emulator, tmp_path: Path
) -> None:
    gong = gong_for(tmp_path / "home", emulator, SOURCES__GONG__MAX_ANSWER_MB="1")
    emulator.fault("invalid_utf8", operation="GET /v2/workspaces", after='"name": "', times=1)
    done = gong("api", "listWorkspaces")
    assert done.returncode == 0
    assert "\ufffd" in done.stdout
    assert "GET /v2/workspaces: an answer has a place that is no UTF-8" in done.stderr
    emulator.fault("inflated", operation="GET /v2/workspaces", megabytes=2)
    done = gong("api", "listWorkspaces")
    assert done.returncode == 1
    assert "GET /v2/workspaces: the answer has more than 1 MB unpacked" in done.stderr
