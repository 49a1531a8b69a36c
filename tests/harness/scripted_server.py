"""A small HTTP server that answers from a script and keeps the requests it received."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SPAN = {
    "filter.fromDateTime": "2026-01-01T00:00:00Z",
    "filter.toDateTime": "2026-01-08T00:00:00Z",
}
"""Parameters of a read of calls: one week."""

MEETING = {
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": "2026-01-01T01:00:00Z",
    "invitees": [{"email": "a@example.com"}],
    "organizerEmail": "b@example.com",
}
"""Parameters of a write: a meeting."""


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    """JSON as values, other content as bytes; None for an empty body."""
    query_pairs: tuple[tuple[str, str], ...] = ()
    raw_path: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        status: HTTP status.
        body: content.
        headers: sent in addition to `Content-Length`.
        missing_bytes: how much the announced length exceeds the body, for a truncated answer.
        hangs_up: close the connection without an answer.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    missing_bytes: int = 0
    hangs_up: bool = False


def json_answer(status: int = 200, /, body: Any = None, **headers: str) -> Answer:
    """An answer with a JSON body."""
    return Answer(
        status,
        json.dumps({} if body is None else body).encode(),
        {
            "Content-Type": "application/json",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        },
    )


def refused(status: int, *errors: str, **headers: str) -> Answer:
    """An answer in the form of Gong's errors."""
    return json_answer(
        status, {"requestId": "4al018gzaztcr8nbukw", "errors": list(errors)}, **headers
    )


_JSON = {"Content-Type": "application/json"}
BROKEN_ANSWERS = {
    "500": refused(500, "Internal server error occurred"),
    "cut JSON": Answer(200, b'{"users": [{"id": "1"', _JSON),
    "cut body": Answer(200, b'{"users": []}', missing_bytes=50),
    "HTML": Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
    "empty": Answer(200, b"", _JSON),
    "a list": Answer(200, b"[1, 2]", _JSON),
    "no UTF-8": Answer(200, b"\xff\xfe", _JSON),
    "hang-up": Answer(hangs_up=True),
}
"""Answers after which a read is sent again."""

Script = Callable[[ReceivedRequest, int], Answer]
"""The request and its number from 0 → the answer."""


class ScriptedServer:
    """A running server; `requests` holds every request so far, in order of arrival."""

    def __init__(self, script: Script) -> None:
        self.requests: list[ReceivedRequest] = []
        self._connections: list[socket.socket] = []
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # head and body leave in two writes, and the second would wait 40 ms for the first
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                outer._connections.append(self.connection)

            def decoded(self, content: bytes) -> Any:
                if not content:
                    return None
                is_json = "json" in self.headers.get("Content-Type", "")
                return json.loads(content) if is_json else content

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                content = self.rfile.read(length)
                parts = urlsplit(self.path)
                request = ReceivedRequest(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.decoded(content),
                    tuple(parse_qsl(parts.query)),
                    self.path,
                )
                with lock:
                    number = len(outer.requests)
                    outer.requests.append(request)
                answer = script(request, number)
                if answer.hangs_up:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body) + answer.missing_bytes))
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = bool(answer.missing_bytes)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()


@contextmanager
def serving(script: Script | list[Answer]) -> Iterator[ScriptedServer]:
    """Runs a server with a script, or with answers of which the last is repeated."""
    if callable(script):
        answer = script
    else:
        answers = script

        def answer(_request: ReceivedRequest, number: int) -> Answer:
            return answers[min(number, len(answers) - 1)]

    server = ScriptedServer(answer)
    try:
        yield server
    finally:
        server.stop()


def free_port_url() -> str:
    """The URL of a port on which nothing listens."""
    with serving([json_answer()]) as server:
        return server.url
