"""An OAuth app at Gong: each refresh token works once, each new pair ends the old one."""

from __future__ import annotations

import base64
import threading
import time
from typing import Any
from urllib.parse import parse_qsl

from tests.harness.scripted_server import Answer, ReceivedRequest, json_answer, refused

CLIENT_ID, CLIENT_SECRET, FIRST_TOKEN = "the-client", "hidden-client-secret", "hidden-refresh-0"
TOKEN_PATH = "/oauth2/generate-customer-token"


class TokenEndpoint:
    """A script that gives out tokens, and answers calls that carry the token in force.

    Attributes:
        broken: answers to the next requests for a token, instead of tokens.
        calls_refused_next: answers to the next calls.
        delay: seconds between giving out a pair and answering with it.
        may_answer: while it is not set, a pair is given out and not answered.
    """

    def __init__(self, **answer: Any) -> None:
        self.answer = {"expires_in": 86400, "token_type": "bearer", **answer}
        self.good_refresh = {FIRST_TOKEN}
        self.good_access = ""
        self.exchanges: list[dict[str, str]] = []
        self.delay = 0.0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.number = 0
        self.broken: list[Answer] = []
        self.calls_refused_next: list[Answer] = []
        self.lock = threading.Lock()

    def __call__(self, request: ReceivedRequest, _number: int) -> Answer:
        if request.path == TOKEN_PATH:
            with self.lock:
                return self._exchange(request)
        if self.calls_refused_next:
            return self.calls_refused_next.pop(0)
        if request.headers.get("authorization") != f"Bearer {self.good_access}":
            return refused(401, "The access token is invalid or has expired")
        return json_answer(200, {"users": []})

    def _exchange(self, request: ReceivedRequest) -> Answer:
        pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        assert request.method == "POST"
        form = dict(parse_qsl(request.body.decode()))
        self.exchanges.append(form)
        if self.broken:
            return self.broken.pop(0)
        if request.headers["authorization"] != f"Basic {pair}":
            return json_answer(401, {"error": "invalid_client"})
        assert form["grant_type"] == "refresh_token"
        if form["refresh_token"] not in self.good_refresh:
            description = f"Refresh token code is invalid: {form['refresh_token']}"
            return json_answer(400, {"error": "invalid_grant", "error_description": description})
        self.number += 1
        self.good_refresh = {f"hidden-refresh-{self.number}"}
        self.good_access = f"hidden-access-{self.number}"
        if self.delay:
            time.sleep(self.delay)
        self.may_answer.wait(60)
        return json_answer(
            200,
            {
                "access_token": self.good_access,
                "refresh_token": f"hidden-refresh-{self.number}",
                **self.answer,
            },
        )


def token_requests(requests: list[ReceivedRequest]) -> list[str]:
    """Returns for each request whether it was for a token or a call."""
    return ["token" if request.path == TOKEN_PATH else "call" for request in requests]
