"""The only module that sends requests to Gong.

Promises: each request is paid for from the budget before it leaves; a request that Gong refuses for
good is sent exactly once, by one thread, also when many wait; transient trouble is retried with
growing, jittered pauses; the Authorization header never follows a redirect; neither it nor a
request body appears in an error.
"""

from __future__ import annotations

import json
import math
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import orjson

from sources.gong.auth import Credentials
from sources.gong.errors import (
    GaveUp,
    GongError,
    NotLicensed,
    StopRun,
    Unreachable,
    WrongHost,
    from_answer,
)
from sources.gong.limits import Budget
from sources.gong.operations import Operation, Place

_ATTEMPTS = 5
_CONNECT_ATTEMPTS = 3
_LONG_INTEGER = re.compile(rb"[:\[,]\s*-?\d{19,}")
_TIMEOUT = httpx.Timeout(120.0, connect=10.0)


class Client:
    """Sends operations to one Gong API host; safe to share between threads.

    Args:
        base_url: the host, e.g. ``https://api.gong.io``, without `/v2`.
        credentials: who asks.
        budget: the right to send.
        on_request: called after each answer with the operation, for progress displays.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        budget: Budget,
        on_request: Callable[[Operation], None] = lambda _: None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._budget = budget
        self._on_request = on_request
        self._http = httpx.Client(
            headers={
                "Authorization": credentials.authorization,
                "Accept": "application/json",
                "User-Agent": "gong-elt",
            },
            timeout=_TIMEOUT,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )
        self._first_answer = threading.Lock()
        self._is_accepted = False
        self._stopped: StopRun | None = None
        self._refused = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def call(self, operation: Operation, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Sends one operation and returns the JSON object of its answer.

        Args:
            operation: the row of `operations.py`.
            inputs: values by `Input.name`; None is left out. Integers of the answer stay exact,
                however long.

        Raises:
            GongError: one of the classes of `errors.py`.
            ValueError: an input that the operation does not have.
        """
        if self._is_accepted:
            return self._call(operation, inputs)
        # until Gong has accepted the key once, requests go one at a time: a wrong key costs one
        with self._first_answer:
            return self._call(operation, inputs)

    def _call(self, operation: Operation, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = self._request(operation, inputs)
        where = f"{operation.method} {operation.path}"
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            if self._stopped:
                raise self._stopped
            self._budget.wait_for_turn()
            try:
                answer = self._http.send(request)
            except httpx.TransportError as error:
                self._retry_or_give_up(where, _transport_trouble(error), attempt, error)
                continue
            self._on_request(operation)
            try:
                body = self._read(answer, operation, where)
            except StopRun as stop:
                self._stopped = stop
                raise
            except _Transient as trouble:
                if trouble.retry_after is not None:
                    # Gong is asked less and less often while it refuses everything
                    wait = max(trouble.retry_after, min(2.0 ** (self._refused // 4), 60.0) - 1)
                    self._refused += 1
                    self._budget.pause(wait, waited)
                    waited += max(wait, 1.0)
                    attempt -= 1
                    continue
                self._retry_or_give_up(where, str(trouble), attempt, None)
                continue
            except GongError:
                # any answer in Gong's own words means that the key was let in
                self._is_accepted = True
                raise
            self._is_accepted = True
            self._refused = 0
            return body

    def _request(self, operation: Operation, inputs: Mapping[str, Any]) -> httpx.Request:
        path, query, body = operation.path, {}, dict[str, Any]()
        places = {given.name: given for given in operation.inputs}
        for name, value in inputs.items():
            if name not in places:
                raise ValueError(f"{operation.operation_id} has no input {name!r}")
            if value is None:
                continue
            match places[name].place:
                case Place.PATH:
                    path = path.replace("{" + name + "}", str(value))
                case Place.QUERY:
                    query[name] = value
                case Place.BODY:
                    _put(body, name, value)
                case place:
                    raise ValueError(f"{operation.operation_id}: {place} inputs are not sent here")
        if operation.needs_filter:
            body.setdefault("filter", {})
        has_body = any(given.place is Place.BODY for given in operation.inputs)
        return self._http.build_request(
            operation.method,
            self._base_url + path,
            params=query or None,
            json=body if has_body else None,
        )

    def _read(self, answer: httpx.Response, operation: Operation, where: str) -> dict[str, Any]:
        if answer.status_code == 429:
            raise _Transient("429", _retry_after(answer))
        if answer.status_code >= 500:
            raise _Transient(f"Gong answered {answer.status_code}")
        if answer.is_redirect:
            raise WrongHost(
                f"{where} was redirected to {urlsplit(answer.headers['location']).netloc or '?'}. "
                f"The key must not follow; set SOURCES__GONG__BASE_URL to that host "
                f"(it is now {self._base_url})."
            )
        body = _parse(answer.content)
        if answer.is_success and isinstance(body, dict):
            return body
        if 400 <= answer.status_code < 500:
            told = body if isinstance(body, dict) else {}
            errors = told.get("errors")
            texts = [str(text) for text in errors] if isinstance(errors, list) else []
            request_id = str(told.get("requestId") or "")
            error = from_answer(answer.status_code, texts, request_id, where, operation.path)
            if answer.status_code == 403 and self._is_accepted:
                # the key is good, as other answers have shown; this surface is closed to it
                raise NotLicensed(f"Closed to this key or this company's licence: {error}")
            raise error
        kind = answer.headers.get("content-type", "no content type")
        raise _Transient(f"the {answer.status_code} answer is not a JSON object ({kind})")

    def _retry_or_give_up(
        self, where: str, trouble: str, attempt: int, error: httpx.TransportError | None
    ) -> None:
        is_connect = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
        if is_connect and not self._is_accepted and attempt >= _CONNECT_ATTEMPTS:
            self._stopped = Unreachable(
                f"No connection to {self._base_url} ({trouble}, {attempt} attempts). Check "
                "SOURCES__GONG__BASE_URL, the network and the proxy settings."
            )
            raise self._stopped from None
        if attempt >= _ATTEMPTS:
            raise GaveUp(
                f"{where}: {trouble}, {attempt} times in a row. What has landed is safe; "
                "run the same command again later."
            ) from None
        time.sleep(min(2.0 ** (attempt - 1), 30.0) * random.uniform(0.25, 0.75))


class _Transient(Exception):
    """An answer that another attempt may better; with a time to wait, if Gong told one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def _transport_trouble(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return str(error) or "connection refused"
    return f"the connection broke ({type(error).__name__})"


def _retry_after(answer: httpx.Response) -> float:
    """Returns the wait Gong asks for; one second where it does not say or says it unreadably."""
    told = answer.headers.get("retry-after", "")
    try:
        seconds = float(str(told))
        return max(seconds, 0.0) if math.isfinite(seconds) else 1.0
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(str(told)).timestamp() - time.time(), 0.0)
    except ValueError:
        return 1.0


def _parse(content: bytes) -> Any:
    # orjson turns integers beyond 64 bits into floats; the standard library keeps them exact
    if _LONG_INTEGER.search(content):
        parse: Callable[[bytes], Any] = json.loads
    else:
        parse = orjson.loads
    try:
        return parse(content)
    except ValueError:
        pass
    try:
        return json.loads(content)
    except ValueError:
        return None


def _put(body: dict[str, Any], dotted: str, value: Any) -> None:
    *outer, last = dotted.split(".")
    for key in outer:
        body = body.setdefault(key, {})
    body[last] = value
