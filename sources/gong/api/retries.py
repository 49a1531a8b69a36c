"""Decides whether and when a request is sent again after a transient error.

| failure | a read | a write | counts as an attempt |
|---|---|---|---|
| 429: Gong did nothing | sent again after its wait | sent again after its wait | no |
| no connection: Gong got nothing | sent again after a pause | sent again after a pause | yes |
| 5xx, broken connection, unreadable answer | sent again after a pause | `Unsure` at once | yes |
| a page that is not Gong's | sent again after a pause | `Unsure` at once | yes |

Pauses grow and are jittered; a wait that Gong asks for (`Retry-After`) is obeyed in full. The last
attempt ends with `GaveUp`, or with `Unreachable` where no request has ever reached Gong.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sources.gong.api.errors import GaveUp, Unreachable, Unsure
from sources.gong.api.operations import Operation
from sources.gong.api.rate_limit import Budget

_CONNECT_ATTEMPTS = 3
_MAX_PAUSE = 30.0
_MAX_THROTTLE_SECONDS = 60.0
_REFUSALS_PER_STEP = 4
"""After this many refusals in a row the wait between requests is doubled."""


class Transient(Exception):
    """A failure that may pass: what happened, and how long Gong asks to wait (`retry_after`).

    The text may follow the name of a request: `GET /v2/users: …`.
    """

    def __init__(self, failure: str, retry_after: float = 0.0) -> None:
        super().__init__(failure)
        self.retry_after = retry_after


class TooManyRequests(Transient):
    """429: Gong has done nothing, for want of quota."""


class NotConnected(Transient):
    """The request cannot have reached anybody."""


class NotGong(Transient):
    """A proxy, a firewall or the sign-in page of a network has answered in Gong's place."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how soon a request is sent again.

    Attributes:
        attempts: how often a request is sent before a transient error counts as final.
        backoff_seconds: about the first pause, doubled with each further attempt up to thirty
            times as much; also the wait after a 429 that names none.
        sleep: waits for a pause.
    """

    attempts: int = 5
    backoff_seconds: float = 1.0
    sleep: Callable[[float], None] = field(default=lambda seconds: time.sleep(seconds))

    def pause(self, attempt: int) -> None:
        """Waits after an attempt that failed, counted from 1."""
        grown = min(2.0 ** (attempt - 1), _MAX_PAUSE)
        self.sleep(self.backoff_seconds * grown * random.uniform(0.25, 0.75))


class Throttle:
    """Slows all requests of a client down while Gong refuses them; shared between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals = 0

    def next_wait(self, retry_after: float) -> float:
        """Returns how long to wait after a refusal, and counts it."""
        with self._lock:
            doublings = min(self._refusals // _REFUSALS_PER_STEP, 6)
            self._refusals += 1
        return max(retry_after, min(2.0**doublings, _MAX_THROTTLE_SECONDS) - 1)

    def reset(self) -> None:
        """Forgets the refusals: Gong has answered."""
        with self._lock:
            self._refusals = 0


@dataclass(slots=True)
class Retries:
    """The attempts of one request so far.

    Args:
        operation: what is sent.
        host: where to, for the message when it cannot be reached.
        policy: how often and how soon.
        budget: keeps the waits that Gong asks for.
        throttle: shared with the client's other requests.
    """

    operation: Operation
    host: str
    policy: RetryPolicy
    budget: Budget
    throttle: Throttle
    _failed: int = 0
    _waited: float = 0.0

    def wait(self, failure: Transient, *, is_accepted: bool) -> None:
        """Returns when the request may be sent again.

        Args:
            failure: with which the last attempt ended.
            is_accepted: whether Gong has accepted the key before.

        Raises:
            Unsure: it is a write, and Gong may have done it.
            Unreachable: no request has reached Gong.
            GaveUp: this was the last attempt.
            Postponed: Gong asks for a longer wait than the run may take.
        """
        if isinstance(failure, TooManyRequests):
            seconds = self.throttle.next_wait(failure.retry_after)
            self.budget.pause(seconds, self._waited)
            # at least a second each: refusals that ask for no wait must come to an end, too
            self._waited += max(seconds, 1.0)
            return
        if self.operation.is_write and not isinstance(failure, NotConnected):
            raise Unsure(f"{self.operation.request}: {failure}") from None
        self._failed += 1
        self._give_up(failure, is_accepted)
        self.policy.pause(self._failed)
        if failure.retry_after:
            self.budget.pause(failure.retry_after, self._waited)
            self._waited += failure.retry_after

    def _give_up(self, failure: Transient, is_accepted: bool) -> None:
        """Raises where the last attempt has failed."""
        attempts = self.policy.attempts
        is_unreachable = isinstance(failure, (NotConnected, NotGong)) and not is_accepted
        if is_unreachable and self._failed >= min(_CONNECT_ATTEMPTS, attempts):
            raise self._unreachable(failure) from None
        if self._failed >= attempts:
            what = f"{self.operation.request}: {failure}, {self._failed} times in a row"
            raise GaveUp(
                f"{what}. What has landed is safe; run the same command again later.", what
            ) from None

    def _unreachable(self, failure: Transient) -> Unreachable:
        if isinstance(failure, NotGong):
            return Unreachable(
                f"Gong was not reached: {failure} ({self._failed} attempts). The key was not "
                f"refused. Have the proxy or firewall let {self.host} through; check HTTPS_PROXY "
                "and SOURCES__GONG__BASE_URL."
            )
        return Unreachable(
            f"No connection to {self.host} ({failure}, {self._failed} attempts). Check "
            "SOURCES__GONG__BASE_URL, the network and the proxy settings."
        )
