"""Gong as a function: every request of httpx in this process is answered by a script, unsent."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

Script = Callable[[httpx.Request], httpx.Response]


def refused(status: int, *errors: str) -> httpx.Response:
    """An answer in the form of Gong's errors."""
    return httpx.Response(status, json={"requestId": "r-refused", "errors": list(errors)})


class ScriptedTransport:
    """Answers requests; `requests` holds those that were made, oldest first.

    A script that raises an `httpx.TransportError` breaks the connection.
    """

    def __init__(self) -> None:
        self.script: Script = lambda _request: httpx.Response(200, json={})
        self.requests: list[httpx.Request] = []

    def answer(self, *answers: httpx.Response | Exception | Mapping[str, Any]) -> None:
        """Gives these answers one after the other, the last of them again and again."""
        left = list(answers)

        def script(_request: httpx.Request) -> httpx.Response:
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, httpx.Response):
                return httpx.Response(answer.status_code, content=answer.content)
            return httpx.Response(200, json=dict(answer))

        self.script = script

    def handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        # as httpcore does; the client pays for a request at this instant
        if trace := request.extensions.get("trace"):
            trace("http11.send_request_headers.started", {})
        self.requests.append(request)
        return self.script(request)

    @property
    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content or b"null") for request in self.requests]


def install(monkeypatch: pytest.MonkeyPatch) -> ScriptedTransport:
    """Puts a scripted transport in the place of httpx's own."""
    transport = ScriptedTransport()
    mock = httpx.MockTransport(transport.handle)
    # nothing is encrypted, and reading the certificates takes longer than most tests
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda **_options: bare)
    monkeypatch.setattr(
        httpx.HTTPTransport, "handle_request", lambda _self, request: mock.handle_request(request)
    )
    return transport
