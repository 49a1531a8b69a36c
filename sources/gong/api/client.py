"""The only module that sends requests to Gong.

Promises: each request to the API is paid for from the budget before it leaves; a request that Gong
refuses for good is sent exactly once, by one thread, also when many wait, and once more only where
the refused OAuth token could be renewed; transient trouble is retried with growing, jittered
pauses, but a write is not sent again once Gong may have done it; the Authorization header never
follows a redirect; neither it nor a request body appears in an error; a file is never held in
memory.

The exchange of OAuth tokens, which `auth.py` asks for, goes to another host and is not counted.
"""

from __future__ import annotations

import json
import math
import mimetypes
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import orjson

from sources.gong.api.auth import Credentials
from sources.gong.api.errors import (
    BadCredentials,
    GaveUp,
    GongError,
    NotFetched,
    NotLicensed,
    Postponed,
    StopRun,
    Unreachable,
    Unsure,
    UnusableFile,
    WrongHost,
    from_answer,
)
from sources.gong.api.operations import Operation
from sources.gong.api.rate_limit import Budget
from sources.gong.api.request import PreparedRequest, prepare

DEFAULT_HOST = "https://api.gong.io"
_HEADERS = {"Accept": "application/json", "User-Agent": "gong-elt"}
ATTEMPTS = 5
_CONNECT_ATTEMPTS = 3
_LONG_INTEGER = re.compile(rb"[:\[,]\s*-?\d{19,}")
_CONNECT_SECONDS = 10.0
_EXCHANGE_ATTEMPTS = 3
_EXCHANGE_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_EXCHANGE_WAIT_SECONDS = 30.0
_FETCHING = httpx.Timeout(60.0, connect=10.0)


class Client:
    """Sends operations to one Gong API host; safe to share between threads.

    Args:
        base_url: the host, e.g. ``https://api.gong.io``, without `/v2`; a host that comes with the
            credentials goes before it.
        credentials: who asks.
        budget: the right to send.
        on_request: called after each answer with the operation, for progress displays.
        attempts: how often a read is sent before transient trouble counts as final.
        backoff_seconds: about the first pause after transient trouble, doubled with each further
            attempt up to thirty times as much; also the pause after a 429 that tells none.
        timeout_seconds: how long Gong may be silent in the midst of an answer, or before it.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        budget: Budget,
        on_request: Callable[[Operation], None] = lambda _: None,
        attempts: int = ATTEMPTS,
        backoff_seconds: float = 1.0,
        timeout_seconds: float = 120.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._budget = budget
        self._on_request = on_request
        self._attempts = attempts
        self._backoff_seconds = backoff_seconds
        self._http = httpx.Client(
            headers=_HEADERS,
            timeout=httpx.Timeout(timeout_seconds, connect=_CONNECT_SECONDS),
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

        A write that succeeds with an empty body gives an empty object, one that answers with other
        JSON than an object gives that under the key `answer`: it is done either way. Integers of
        the answer stay exact, however long.

        Args:
            operation: the row of `operations.py`.
            inputs: values by `Parameter.name`; None is left out. A file is given by its path.

        Raises:
            GongError: one of the classes of `errors.py`; `Unsure` for a write that Gong may or may
                not have done.
            UnusableFile: a file that cannot be read.
            ValueError: an input that the operation does not have, or no value for a place in the
                path.
        """
        if self._is_accepted:
            return self._call(operation, inputs)
        # until Gong has accepted the key once, requests go one at a time: a wrong key costs one
        with self._first_answer:
            return self._call(operation, inputs)

    def _call(self, operation: Operation, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = prepare(operation, inputs)
        where = f"{operation.method} {operation.path}"
        attempt, waited, is_renewed = 0, 0.0, False
        while True:
            attempt += 1
            if self._stopped:
                raise self._stopped
            # before the turn, so that a renewal does not delay a request whose turn has come
            header = self._authorization()
            try:
                answer = self._send(request, header)
            except httpx.TransportError as error:
                what = _transport_trouble(error)
                if operation.is_write and not _is_connect(error):
                    raise Unsure(f"{where}: {what}") from None
                self._retry_or_give_up(where, what, attempt, error)
                continue
            self._on_request(operation)
            try:
                body = self._read(answer, operation, where)
            except StopRun as stop:
                is_refused = isinstance(stop, BadCredentials) and answer.status_code == 401
                if is_refused and not is_renewed and self._renew(header):
                    is_renewed = True
                    attempt -= 1
                    continue
                self._stopped = stop
                raise
            except _Transient as trouble:
                if trouble.is_refusal:
                    # Gong is asked less and less often while it refuses everything
                    wait = max(trouble.retry_after, min(2.0 ** (self._refused // 4), 60.0) - 1)
                    self._refused += 1
                    self._budget.pause(wait, waited)
                    waited += max(wait, 1.0)
                    attempt -= 1
                    continue
                if operation.is_write:
                    raise Unsure(f"{where}: {trouble}") from None
                self._retry_or_give_up(where, str(trouble), attempt, None)
                if trouble.retry_after:
                    self._budget.pause(trouble.retry_after, waited)
                    waited += trouble.retry_after
                continue
            except GongError:
                # any answer in Gong's own words means that the key was let in
                self._is_accepted = True
                raise
            self._is_accepted = True
            self._refused = 0
            return body

    def fetch(self, address: str, path: Path, most: int) -> None:
        """Stores what lies at an address, piece by piece; without any credentials of Gong's.

        Args:
            address: of the file, http or https; redirects are followed.
            path: where to.
            most: bytes it may have.

        Raises:
            NotFetched: it cannot be had, or is too large.
        """
        # an address may be signed: all of it but the host is a secret
        where = urlsplit(address).netloc
        size = 0
        try:
            with (
                httpx.stream("GET", address, follow_redirects=True, timeout=_FETCHING) as answer,
                path.open("wb") as file,
            ):
                if not answer.is_success:
                    raise NotFetched(f"The file at {where} was answered {answer.status_code}.")
                for piece in answer.iter_bytes():
                    size += len(piece)
                    if size > most:
                        raise NotFetched(f"The file at {where} has more than {most:,} bytes.")
                    file.write(piece)
        except (httpx.TransportError, httpx.InvalidURL, httpx.TooManyRedirects) as error:
            raise NotFetched(
                f"The file at {where} cannot be had ({type(error).__name__})."
            ) from None

    @property
    def _host(self) -> str:
        return self._credentials.base_url or self._base_url

    def _authorization(self) -> str:
        try:
            return self._credentials.authorization(self._exchange)
        except StopRun as stop:
            self._stopped = stop
            raise

    def _renew(self, refused: str) -> bool:
        try:
            return self._credentials.renew(refused, self._exchange)
        except StopRun as stop:
            self._stopped = stop
            raise

    def _exchange(self, url: str, authorization: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Sends a request for a token; the `Exchange` of `auth.py`.

        Sent again after transient trouble, also when Gong may have had it: the refresh token is
        then either still good, or lost in any case.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                # on a connection of its own, which outlives the closing of this client
                answer = httpx.post(
                    url,
                    data=dict(form),
                    headers={**_HEADERS, "Authorization": authorization},
                    timeout=_EXCHANGE_TIMEOUT,
                    follow_redirects=False,
                )
            except httpx.TransportError as error:
                trouble, wait = _transport_trouble(error), 2.0 ** (attempt - 1)
            else:
                if answer.status_code == 429:
                    wait = _retry_after(answer, 1.0)
                    if wait > _EXCHANGE_WAIT_SECONDS:
                        raise Postponed(
                            f"Gong asks to wait {wait:.0f} s before it gives out a token. Run the "
                            "same command again after that.",
                            wait,
                        )
                elif answer.status_code < 500:
                    return answer.status_code, answer.content
                else:
                    wait = 2.0 ** (attempt - 1)
                trouble = f"it answered {answer.status_code}"
            if attempt >= _EXCHANGE_ATTEMPTS:
                raise Unreachable(
                    f"No token could be had from {url} ({trouble}, {attempt} attempts). Check the "
                    "network, the proxy settings and SOURCES__GONG__AUTH_URL; run the same command "
                    "again later."
                ) from None
            time.sleep(wait * random.uniform(1.0, 1.25))

    def _send(self, request: PreparedRequest, header: str) -> httpx.Response:
        with _opened(request.files) as files:
            return self._http.send(
                self._http.build_request(
                    request.method,
                    self._host + request.path,
                    params=request.query or None,
                    json=request.body if request.has_body else None,
                    files=files or None,
                    headers={"Authorization": header},
                    extensions={"trace": self._when_sending},
                )
            )

    def _when_sending(self, event: str, _details: object) -> None:
        """Waits for the turn of a request at the last moment, when its connection stands.

        Gong counts arrivals. A connection that has yet to be made, or that is waited for, would
        let a request arrive later than its turn, next to those whose turn it then is.
        """
        if event.endswith("send_request_headers.started"):
            self._budget.wait_for_turn()

    def _read(self, answer: httpx.Response, operation: Operation, where: str) -> dict[str, Any]:
        if answer.status_code == 429:
            wait = _retry_after(answer, self._backoff_seconds)
            raise _Transient("Gong answered 429", wait, is_refusal=True)
        if answer.status_code >= 500:
            wait = _retry_after(answer, 0.0)
            raise _Transient(f"Gong answered {answer.status_code}", wait)
        if answer.is_redirect:
            raise WrongHost(self._redirected(where, answer.headers["location"]))
        body = _parse(answer.content)
        if answer.is_success and isinstance(body, dict):
            return body
        if answer.is_success and operation.is_write:
            if not answer.content:
                return {}
            if body is not None:
                return {"answer": body}
        if 400 <= answer.status_code < 500:
            told = body if isinstance(body, dict) else {}
            errors = told.get("errors")
            texts = [str(text) for text in errors] if isinstance(errors, list) else []
            request_id = str(told.get("requestId") or "")
            error = from_answer(
                answer.status_code,
                texts,
                request_id,
                operation,
                self._credentials.settings_to_check,
            )
            is_known = isinstance(error, NotLicensed)
            if answer.status_code == 403 and self._is_accepted and not is_known:
                # the key is good, as other answers have shown; this surface is closed to it
                raise NotLicensed(f"Closed to this key or this company's licence: {error}")
            raise error
        kind = answer.headers.get("content-type", "no content type")
        raise _Transient(f"the {answer.status_code} answer is not a JSON object ({kind})")

    def _redirected(self, where: str, location: str) -> str:
        # only the host of where it leads to: the rest may hold a token
        host = urlsplit(location).netloc
        if not host or host == urlsplit(self._host).netloc:
            return (
                f"{where} was redirected to another place of {self._host}, which Gong's API never "
                "does. Is SOURCES__GONG__BASE_URL that of the API, with https and without a path?"
            )
        return (
            f"{where} was redirected to {host}. The key must not follow; set "
            f"SOURCES__GONG__BASE_URL to that host (it is now {self._host})."
        )

    def _retry_or_give_up(
        self, where: str, trouble: str, attempt: int, error: httpx.TransportError | None
    ) -> None:
        if (
            error is not None
            and _is_connect(error)
            and not self._is_accepted
            and attempt >= min(_CONNECT_ATTEMPTS, self._attempts)
        ):
            self._stopped = Unreachable(
                f"No connection to {self._host} ({trouble}, {attempt} attempts). Check "
                "SOURCES__GONG__BASE_URL, the network and the proxy settings."
            )
            raise self._stopped from None
        if attempt >= self._attempts:
            raise GaveUp(
                f"{where}: {trouble}, {attempt} times in a row. What has landed is safe; "
                "run the same command again later."
            ) from None
        pause = min(2.0 ** (attempt - 1), 30.0) * random.uniform(0.25, 0.75)
        time.sleep(self._backoff_seconds * pause)


class _Transient(Exception):
    """An answer that another attempt may better.

    Attributes:
        retry_after: how many seconds Gong asks to wait.
        is_refusal: whether Gong says that it has done nothing, for want of quota.
    """

    def __init__(self, message: str, retry_after: float = 0.0, *, is_refusal: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.is_refusal = is_refusal


@contextmanager
def _opened(paths: Mapping[str, Path]) -> Iterator[dict[str, Any]]:
    """Opens the files of a form; httpx reads them piece by piece and tells their length first."""
    with ExitStack() as stack:
        files: dict[str, Any] = {}
        for name, path in paths.items():
            if path.exists() and not path.is_file():
                raise UnusableFile(f"{name}: {path} is not a file, so its size is not known")
            try:
                file = stack.enter_context(path.open("rb"))
            except OSError as error:
                raise UnusableFile(f"{name}: {path} cannot be read ({error.strerror})") from None
            # the name alone: the user's folders are nobody's business
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            files[name] = (path.name, file, kind)
        yield files


def _is_connect(error: httpx.TransportError) -> bool:
    """Whether the request cannot have reached anybody."""
    return isinstance(
        error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.PoolTimeout)
    )


def _transport_trouble(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return str(error) or "connection refused"
    return f"the connection broke ({type(error).__name__})"


def _retry_after(answer: httpx.Response, otherwise: float) -> float:
    """Returns how many seconds Gong asks to wait.

    `otherwise` is for where it does not say, or says it unreadably.
    """
    told = answer.headers.get("retry-after", "")
    try:
        seconds = float(str(told))
        return max(seconds, 0.0) if math.isfinite(seconds) else otherwise
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(str(told)).timestamp() - time.time(), 0.0)
    except ValueError:
        return otherwise


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
