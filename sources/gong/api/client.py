"""The only module that sends requests.

Promises: each request to the API is paid for from the budget before it leaves. A request that Gong
refuses for good is sent exactly once, by one thread, also when many wait, and once more only where
the refused OAuth token could be renewed. A transient error is retried as `retries.py` says; a write
is not sent again once Gong may have done it. The Authorization header never follows a redirect;
neither it nor a request body appears in an error. A file is never held in memory, nor more of an
answer than it may have. What something else answers in Gong's place is never taken for Gong's.

Requests for OAuth tokens, which `oauth.py` makes, go to another host and are not counted.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Self, TypeAlias
from urllib.parse import urlsplit

import httpx

from sources.gong.api.answers.parts import (
    Decode,
    JsonBody,
    is_of_gong,
    parse,
    refusal,
    retry_after,
    sender,
)
from sources.gong.api.answers.received import (
    AnswerRules,
    ClockCheck,
    Oversized,
    Received,
    check_encoding,
    read_content,
    too_large,
)
from sources.gong.api.auth import Credentials
from sources.gong.api.errors import (
    BadCredentials,
    ClockApart,
    FailTable,
    GongError,
    NotFetched,
    NotLicensed,
    Postponed,
    Signal,
    SkipTable,
    StopRun,
    Unreachable,
    WrongHost,
    from_answer,
)
from sources.gong.api.network import open_http
from sources.gong.api.operations import Operation
from sources.gong.api.rate_limit import Budget, Turn, UsualTimes
from sources.gong.api.request import PreparedRequest, open_files, prepare
from sources.gong.api.retries import (
    NotConnected,
    NotGong,
    Retries,
    RetryPolicy,
    Throttle,
    TooManyRequests,
    Transient,
)
from sources.gong.api.stored_answers import StoredAnswers

DEFAULT_HOST = "https://api.gong.io"
_Warn: TypeAlias = Callable[[str], None]
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "gong-elt",
}
_CONNECT_SECONDS = 10.0
_TOKEN_ATTEMPTS = 3
_TOKEN_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_MAX_TOKEN_WAIT_SECONDS = 30.0
_DOWNLOAD_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_TOKEN_BYTES = 1_000_000
_TRANSIENT_REFUSALS = (408, 425)
"""Statuses of refusals that may pass: too slow, too early."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.PoolTimeout)
"""Errors after which the request cannot have reached anybody."""


class Client:
    """Sends operations to one Gong API host; safe to share between threads.

    Args:
        base_url: the host, e.g. ``https://api.gong.io``, without `/v2`; a host that comes with the
            credentials has precedence.
        credentials: of the company.
        budget: the right to send.
        on_request: called after each answer with the operation, for progress displays.
        retries: how often and how soon a request is sent again.
        timeout_seconds: how long Gong may be silent before or within an answer.
        transport: carries the requests; the network by default.
        answers: what is accepted as an answer.

    Attributes:
        stored_answers: to requests that were sent ahead (`call_ahead`).
        accepted: set once Gong has accepted the key.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        budget: Budget,
        on_request: Callable[[Operation], None] = lambda _: None,
        retries: RetryPolicy | None = None,
        timeout_seconds: float = 120.0,
        transport: httpx.BaseTransport | None = None,
        answers: AnswerRules | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._budget = budget
        self._on_request = on_request
        self._policy = retries or RetryPolicy()
        self._transport = transport
        self._rules = answers or AnswerRules()
        self._clock = ClockCheck(self._rules)
        self._http = open_http(
            headers=_HEADERS,
            timeout=httpx.Timeout(timeout_seconds, connect=_CONNECT_SECONDS),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            transport=transport,
        )
        self.stored_answers = StoredAnswers()
        self._throttle = Throttle()
        self._usual = UsualTimes()
        self._first_answer = threading.Lock()
        self.accepted = threading.Event()
        self._stopped: StopRun | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def call(
        self, operation: Operation, values: Mapping[str, Any], decode: Decode | None = None
    ) -> dict[str, Any]:
        """Sends one operation and returns the JSON object of its answer.

        A write that succeeds with an empty body gives an empty object; one that answers with JSON
        that is no object gives it under the key `answer`: it is done either way. Integers of the
        answer stay exact, however long; `answers.parts` says what lands for what is
        not quite JSON.

        Args:
            operation: the row.
            values: by `Parameter.name`; None is left out. A file is given by its path.
            decode: reads the body of an answer in another form, where it can.

        Raises:
            GongError: one of the classes of `errors.py`; `Unsure` for a write that Gong may or may
                not have done.
            UnusableFile: a file that cannot be read.
            ValueError: a parameter that the operation does not have, or no value for a placeholder
                of the path.
        """
        if self.accepted.is_set():
            return self._call(operation, values, decode)
        # until Gong has accepted the key once, requests go one at a time: a wrong key costs one
        with self._first_answer:
            return self._call(operation, values, decode)

    def call_ahead(
        self, operation: Operation, values: Mapping[str, Any], gives_way: Callable[[], bool]
    ) -> dict[str, Any]:
        """Sends one read as `call` does, and stores its answer for the `call` that asks the same.

        Args:
            operation: the row.
            values: as of `call`.
            gives_way: whether requests that wait for their turn go first, asked until it leaves.

        Raises:
            GongError: as `call`. What Gong refuses is stored too; any other error is not.
        """
        with self.stored_answers.expecting(operation, values):
            return self._call(operation, values, gives_way=gives_way)

    def compare_clocks(self, operation: Operation) -> None:
        """Compares the clocks, unless an answer has shown Gong's already.

        Args:
            operation: a read without inputs, for one request.

        Raises:
            StopRun: the clocks are far apart, or Gong cannot be asked.
            Postponed: there is no budget for it now.
        """
        if self._clock.is_due:
            with contextlib.suppress(SkipTable, FailTable, Signal):
                self.call(operation, {})

    def _call(
        self,
        operation: Operation,
        values: Mapping[str, Any],
        decode: Decode | None = None,
        gives_way: Callable[[], bool] | None = None,
    ) -> dict[str, Any]:
        request = prepare(operation, values)
        retries = Retries(operation, self._host, self._policy, self._budget, self._throttle)
        is_renewed = False
        try:
            while True:
                if self._stopped:
                    raise self._stopped
                # before the turn, so that a renewal does not delay a request whose turn has come
                header = self._credentials.authorization(self._request_token)
                try:
                    if gives_way:
                        answer = self._send(operation, request, header, gives_way)
                        return self._read_ahead(operation, values, answer)
                    stored = self.stored_answers.take(operation, values)
                    answer = stored or self._send(operation, request, header)
                    return self._read(operation, answer, decode, self._rules.warn)
                except Transient as failure:
                    retries.wait(failure, is_accepted=self.accepted.is_set())
                except BadCredentials as refused:
                    if refused.status != 401 or is_renewed:
                        raise
                    is_renewed = self._credentials.renew(header, self._request_token)
                    if not is_renewed:
                        raise
        except StopRun as stop:
            # every further request would end the same way, so none is sent
            self._stopped = stop
            raise

    def _read_ahead(
        self, operation: Operation, values: Mapping[str, Any], answer: Received
    ) -> dict[str, Any]:
        """Returns the JSON object of an answer, and stores it for the call that will ask for it."""
        try:
            # the call that takes the answer reads it again, and says what is odd about it
            body = self._read(operation, answer, None, lambda _: None)
        except (Transient, StopRun):
            raise
        except GongError:
            self.stored_answers.put(operation, values, answer)
            raise
        self.stored_answers.put(operation, values, answer)
        return body

    def _send(
        self,
        operation: Operation,
        request: PreparedRequest,
        header: str,
        gives_way: Callable[[], bool] | None = None,
    ) -> Received:
        """Sends a request once and takes in its answer.

        Raises:
            Transient: the connection failed, or the answer cannot be unpacked.
            TooLarge, Unsure: the answer has more bytes than it may.
            Postponed: there is no budget for it now.
        """
        clock = self._rules.clock or time.time
        with open_files(request.files) as files:
            prepared = self._http.build_request(
                request.method,
                self._host + request.path,
                params=request.query or None,
                json=request.body if request.has_body else None,
                files=files or None,
                headers={"Authorization": header},
                extensions={
                    "trace": _Sending(operation.operation_id, self._budget, self._usual, gives_way)
                },
            )
            sent_at = clock()
            try:
                answer = self._http.send(prepared, stream=True)
                received_at = clock()
                content = read_content(answer, self._rules.max_bytes)
            except _NOT_SENT as error:
                raise NotConnected(_failure_text(error)) from None
            except httpx.RequestError as error:
                raise Transient(_failure_text(error)) from None
            except Oversized:
                raise too_large(operation, self._rules.max_bytes or 0) from None
        self._on_request(operation)
        return Received(answer.status_code, answer.headers, content, sent_at, received_at)

    def _read(
        self, operation: Operation, answer: Received, decode: Decode | None, warn: _Warn
    ) -> dict[str, Any]:
        """Returns the JSON object of an answer.

        Raises:
            Transient: another attempt may get a better answer.
            GongError: what Gong refuses.
        """
        status = answer.status
        if status == 429:
            seconds = retry_after(answer.headers, self._policy.backoff_seconds)
            raise TooManyRequests("Gong answered 429", seconds)
        if status >= 500:
            raise Transient(f"Gong answered {status}", retry_after(answer.headers, 0.0))
        if 300 <= status < 400:
            self._redirect(operation, answer)
        decoded = decode(answer.content) if decode and answer.is_success else None
        json = JsonBody(decoded) if decoded else parse(answer.content, answer.charset)
        body = json.value
        if 400 <= status < 500:
            self._refuse(operation, answer, body)
        if answer.is_success and operation.is_write and not isinstance(body, dict):
            if not answer.content:
                body = {}
            elif body is not None:
                body = {"answer": body}
        if not answer.is_success or not isinstance(body, dict):
            failure = f"the {status} answer is not a JSON object ({sender(answer.headers)})"
            is_page = "html" in answer.headers.get("content-type", "").lower()
            raise (NotGong if is_page else Transient)(failure)
        self.accepted.set()
        self._throttle.reset()
        if json.replaced:
            warn(_replaced_text(operation, json.replaced))
        self._compare_clocks(operation, answer)
        return body

    def _compare_clocks(self, operation: Operation, answer: Received) -> None:
        """Stops the run where this machine's clock is far from Gong's; after a write, what follows.

        Raises:
            ClockApart: the clocks are far apart.
        """
        try:
            self._clock.compare(answer)
        except ClockApart as apart:
            if not operation.is_write:
                raise
            # it is done, and its answer is wanted
            self._rules.warn(str(apart))
            self._stopped = apart

    def _refuse(self, operation: Operation, answer: Received, body: Any) -> NoReturn:
        """Raises the error of a refusal."""
        status = answer.status
        if status in _TRANSIENT_REFUSALS:
            raise Transient(f"Gong answered {status}")
        if not is_of_gong(body) and status != 404:
            raise NotGong(
                f"something else answered in its place: {status}, not in Gong's form "
                f"({sender(answer.headers)})"
            )
        if is_of_gong(body):
            self._clock.compare(answer)
        texts, request_id = refusal(body)
        error = from_answer(
            status, texts, request_id, operation, self._credentials.settings_to_check
        )
        if status == 403 and self.accepted.is_set() and not isinstance(error, NotLicensed):
            # the key is good, as other answers have shown; this surface is closed to it
            raise NotLicensed(f"Closed to this key or this company's licence: {error}")
        if not isinstance(error, StopRun):
            # any answer in Gong's own words means that the key was let in
            self.accepted.set()
        raise error

    def _redirect(self, operation: Operation, answer: Received) -> NoReturn:
        """Raises the error of an answer that leads elsewhere."""
        location = answer.headers.get("location", "")
        if not location:
            raise Transient(f"the {answer.status} answer does not say where it leads to")
        # only the host of where it leads to: the rest may hold a token
        try:
            host = urlsplit(location).netloc.rpartition("@")[2]
        except ValueError:
            raise Transient(f"the {answer.status} answer leads to no address") from None
        if not host or host == urlsplit(self._host).netloc:
            raise WrongHost(
                f"{operation.request} was redirected to another place of {self._host}, which "
                "Gong's API never does. Is SOURCES__GONG__BASE_URL that of the API, with https and "
                "without a path?"
            )
        raise WrongHost(
            f"{operation.request} was redirected to {host}. The key must not follow. If that host "
            f"is Gong's, set SOURCES__GONG__BASE_URL to it (it is now {self._host}); if not, a "
            "proxy or the sign-in page of a network is in between."
        )

    @property
    def _host(self) -> str:
        return self._credentials.base_url or self._base_url

    def download(self, url: str, path: Path, max_bytes: int) -> None:
        """Stores the file at a URL, piece by piece; sends no credentials of Gong.

        Args:
            url: of the file, http or https; redirects are followed.
            path: where to.
            max_bytes: of the file.

        Raises:
            NotFetched: it cannot be downloaded, or is too large.
        """
        # a URL may be signed: all of it but the host is a secret
        host = urlsplit(url).netloc
        size = 0
        try:
            with (
                open_http(follow_redirects=True, timeout=_DOWNLOAD_TIMEOUT) as http,
                http.stream("GET", url) as answer,
                path.open("wb") as file,
            ):
                if not answer.is_success:
                    raise NotFetched(f"The file at {host} was answered {answer.status_code}.")
                check_encoding(answer)
                for piece in answer.iter_bytes():
                    size += len(piece)
                    if size > max_bytes:
                        raise NotFetched(f"The file at {host} has more than {max_bytes:,} bytes.")
                    file.write(piece)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise NotFetched(
                f"The file at {host} cannot be downloaded ({type(error).__name__})."
            ) from None

    def _request_token(
        self, url: str, authorization: str, form: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Sends a request for a token; the `TokenRequest` of `oauth.py`.

        Sent again after a transient error, also when Gong may have had it: the refresh token is
        then either still good, or lost in any case.
        """
        wait, failure = 0.0, ""
        for attempt in range(_TOKEN_ATTEMPTS):
            if attempt:
                self._policy.sleep(wait * random.uniform(1.0, 1.25))
            wait = 2.0**attempt
            try:
                answer = self._post_form(url, authorization, form)
            except httpx.RequestError as error:
                failure = _failure_text(error)
                continue
            except Oversized:
                failure = "its answer is too large"
                continue
            if answer.status == 429:
                wait = retry_after(answer.headers, 1.0)
            elif answer.status < 500:
                return answer.status, bytes(answer.content)
            failure = f"it answered {answer.status}"
            if wait > _MAX_TOKEN_WAIT_SECONDS:
                raise Postponed(
                    f"Gong asks to wait {wait:.0f} s before it gives out a token. Run the same "
                    "command again after that.",
                    wait,
                )
        raise Unreachable(
            f"Could not get a token from {url} ({failure}, {_TOKEN_ATTEMPTS} attempts). Check the "
            "network, the proxy settings and SOURCES__GONG__AUTH_URL; run the same command again "
            "later."
        )

    def _post_form(self, url: str, authorization: str, form: Mapping[str, str]) -> Received:
        # on a connection of its own, which outlives the closing of this client
        with open_http(
            headers=_HEADERS,
            timeout=_TOKEN_TIMEOUT,
            follow_redirects=False,
            transport=self._transport,
        ) as http:
            headers = {"Authorization": authorization}
            with http.stream("POST", url, data=dict(form), headers=headers) as answer:
                content = read_content(answer, _TOKEN_BYTES)
                return Received(answer.status_code, answer.headers, content)


class _Sending:
    """Follows one request on its connection; the `trace` of httpx.

    Its turn comes at the last moment, once its connection is open. Gong counts arrivals. A
    connection that has yet to be made, or that is waited for, would let a request arrive later than
    its turn, next to those whose turn it then is.
    """

    def __init__(
        self,
        operation_id: str,
        budget: Budget,
        usual: UsualTimes,
        gives_way: Callable[[], bool] | None,
    ) -> None:
        self._operation_id, self._budget, self._usual = operation_id, budget, usual
        self._gives_way = gives_way
        self._turn: Turn | None = None
        self._written_at = 0.0

    def __call__(self, event: str, details: Mapping[str, Any]) -> None:
        """Is called at each step."""
        if event.endswith("send_request_headers.started"):
            # a proxy is asked for a tunnel, which is no request to Gong
            if not _is_for_proxy(details):
                usual = self._usual.of(self._operation_id)
                self._turn = self._budget.wait_for_turn(usual, self._gives_way)
        elif self._turn is None:
            return
        elif event.endswith("send_request_headers.complete"):
            self._written_at = time.monotonic()
            self._turn.written()
        elif event.endswith("receive_response_headers.complete") and self._written_at:
            seconds = time.monotonic() - self._written_at
            self._turn.answered(self._usual.add(self._operation_id, seconds))


def _is_for_proxy(details: Mapping[str, Any]) -> bool:
    request = details.get("request")
    return getattr(request, "method", b"") == b"CONNECT"


def _replaced_text(operation: Operation, count: int) -> str:
    places = "a place that is" if count == 1 else f"{count:,} places that are"
    return (
        f"{operation.request}: an answer has {places} no UTF-8; U+FFFD landed instead. It "
        "lands as it is once Gong has mended it and it is read again."
    )


def _failure_text(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.DecodingError):
        return f"the answer cannot be unpacked ({error})"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refused the connection ({error})"
    if isinstance(error, httpx.ConnectError):
        return str(error) or "connection refused"
    return f"the connection broke ({type(error).__name__})"
