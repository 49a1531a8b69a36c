"""The scripted server without a socket: an httpx transport that takes the same scripts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.harness.scripted_server import Answer, ReceivedRequest, Script

SENDING = "http11.send_request_headers.started"


class ScriptedAnswers(httpx.BaseTransport):
    """Answers from a script; `requests` holds every request so far, in order of arrival.

    Calls the `trace` extension as httpcore does, so that a client takes its turn. Give it to a
    client as its transport, with `url` as its host; it answers for every host.
    """

    url = "https://gong.example"

    def __init__(self, script: Script | list[Answer]) -> None:
        self._script = script
        self._lock = threading.Lock()
        self.requests: list[ReceivedRequest] = []
        self.hosts: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if trace := request.extensions.get("trace"):
            trace(SENDING, {})
        received = _received(request)
        with self._lock:
            number = len(self.requests)
            self.requests.append(received)
            self.hosts.append(request.url.host)
        answer = self._answer(received, number)
        if answer.hangs_up:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), request=request
        )

    def _answer(self, received: ReceivedRequest, number: int) -> Answer:
        if callable(self._script):
            return self._script(received, number)
        return self._script[min(number, len(self._script) - 1)]


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield self._answer.body
        if self._answer.missing_bytes:
            raise httpx.RemoteProtocolError("peer closed connection without complete body")


def _received(request: httpx.Request) -> ReceivedRequest:
    query = tuple(parse_qsl(request.url.query.decode()))
    return ReceivedRequest(
        request.method,
        request.url.path,
        dict(query),
        {name.lower(): value for name, value in request.headers.items()},
        _decoded(request.read(), request.headers.get("content-type", "")),
        query,
        request.url.raw_path.decode(),
    )


def _decoded(content: bytes, kind: str) -> Any:
    if not content:
        return None
    return json.loads(content) if "json" in kind else content
