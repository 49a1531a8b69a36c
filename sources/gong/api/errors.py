"""What can go wrong with Gong, one class per thing a caller can do about it.

    GongError
    ├── StopRun          no further request can succeed with these settings: stop
    │   ├── BadCredentials
    │   ├── WrongHost
    │   ├── Unreachable
    │   ├── ClockApart
    │   └── ZoneChanged
    ├── Postponed        the quota says: not now; run again later (exit code 75)
    │   └── ShareSpent       this table has had its share of the day; the others continue
    ├── SkipTable        Gong does not give this table to this key
    │   ├── MissingScope
    │   └── NotLicensed
    ├── FailTable        this table cannot be read now; others can
    │   ├── Rejected         a request Gong calls wrong
    │   ├── NotFound         wrong path or id, or a withdrawn operation
    │   ├── GaveUp           a transient error that did not pass
    │   │   └── Unsure           a write that Gong may or may not have done
    │   ├── TooLarge         an answer with more bytes than the setting allows
    │   ├── NotFetched       a file to upload could not be downloaded
    │   ├── EndlessPaging
    │   └── SchemaDrift      an answer whose types are not the ones promised
    └── Signal           handled inside this package
        ├── NothingFound     Gong's way of saying "empty"
        ├── CursorExpired    read the window again from page one
        └── UnknownIds       drop the named ids, or halve the batch

    UnusableInput        a setting, a file or a value of the caller's; nothing was sent
    BrokenLedger         the ledger of requests is damaged; nothing was sent

`from_answer` is where Gong's refusals become exceptions: status and texts in, exception out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sources.gong.api.operations import Operation


BAD_REQUEST = 400
"""The status with which Gong refuses an id, among other inputs."""


class UnusableInput(ValueError):
    """A setting, a file or a value of the caller's cannot be used; nothing was sent."""


class BrokenLedger(RuntimeError):
    """The ledger of requests is damaged; nothing was sent."""


class GongError(Exception):
    """Any foreseen error; the message says what happened, to what, and what to do.

    Attributes:
        reading: what was being read, in words; empty where it is not known.
        status: of Gong's answer; 0 where there was none.
        texts: Gong's own words in it.
        request_id: by which Gong's support finds it; empty where Gong gave none.
    """

    reading = ""
    status = 0
    texts: tuple[str, ...] = ()
    request_id = ""

    @property
    def in_short(self) -> str:
        """Gong's own words; the whole message where it had none."""
        return "; ".join(self.texts) or str(self)

    def while_reading(self, what: str) -> Self:
        """Returns itself, with what was being read added to its message.

        The first call is the innermost and most precise; later ones change nothing.
        """
        self.reading = self.reading or what
        return self

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} (While reading {self.reading}.)" if self.reading else message


class StopRun(GongError):
    """Stop the whole run: every further request would end the same way."""


class BadCredentials(StopRun):
    """Gong does not accept the key."""


class WrongHost(StopRun):
    """The API answered with a redirect to another host, where the key must not follow."""


class Unreachable(StopRun):
    """No connection to the API host could be made, or something else answers in its place."""


class ClockApart(StopRun):
    """The clock of this machine and Gong's are far apart."""


class ZoneChanged(StopRun):
    """The company's time zone is not the one that earlier windows were read in."""


class Postponed(GongError):
    """The quota is spent for now. Nothing is lost; run again after `wait_seconds`."""

    def __init__(self, message: str, wait_seconds: float) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class ShareSpent(Postponed):
    """One table has spent its share of the day's requests; the rest is for the others."""


class SkipTable(GongError):
    """The table is not available to this key."""


class MissingScope(SkipTable):
    """The key works, but lacks a scope."""

    def __init__(self, message: str, scope: str) -> None:
        super().__init__(message)
        self.scope = scope


class NotLicensed(SkipTable):
    """The company has not bought the product behind this operation."""


class FailTable(GongError):
    """The table cannot be read; what has landed stays, other tables continue."""


class Rejected(FailTable):
    """Gong calls the request wrong. Never retried: the same request would fail again."""


class NotFound(FailTable):
    """404 that does not mean "empty"."""


class GaveUp(FailTable):
    """The same transient error came back at every attempt.

    Attributes:
        failure: what happened, in words; the message without its advice.
    """

    def __init__(self, message: str, failure: str = "") -> None:
        super().__init__(message)
        self.failure = failure or message


class Unsure(GaveUp):
    """A write broke off when Gong may have done it. Never retried: it might be done twice."""

    def __init__(self, failure: str) -> None:
        super().__init__(
            f"{failure}. Gong may or may not have done it, so it was not sent again: look there "
            "before you repeat it.",
            failure,
        )


class TooLarge(FailTable):
    """An answer has more bytes than it may. Never retried: it would be as large again."""


class NotFetched(FailTable):
    """A file to upload could not be downloaded from its URL; nothing was sent."""


class UnusableFile(UnusableInput):
    """A file to upload cannot be read, or its size is not known beforehand."""


class EndlessPaging(FailTable):
    """A cursor or a page came twice within one window."""


class SchemaDrift(FailTable):
    """A value in an answer is not of the promised type, or a key value is missing.

    Attributes:
        table: the landed table; empty where the answer is of none.
        field: its column, or the key in Gong's answer.
        expected: what was promised there, in words.
        found: what came, in words; never the value, which may be personal data.
    """

    def __init__(
        self,
        message: str,
        *,
        table: str = "",
        field: str = "",
        expected: str = "",
        found: str = "",
    ) -> None:
        super().__init__(message)
        self.table, self.field = table, field
        self.expected, self.found = expected, found


class Signal(GongError):
    """Handled by the readers; reaching the user is a fault of this package."""


class NothingFound(Signal):
    """The filters match nothing."""


class CursorExpired(Signal):
    """The cursor's hour is over."""


class UnknownIds(Signal):
    """Some ids of a batch are unknown to Gong; `ids` names them where Gong does."""

    def __init__(self, message: str, ids: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.ids = tuple(ids)


_NOTHING_FOUND = re.compile(
    r"no .*found (corresponding to the provided filters|for the specified period)\.?", re.I
)
_SCOPE = re.compile(r"don't have permission to use '([^']+)'", re.I)
_CURSOR = re.compile(r"cursor has expired|failed to verify cursor", re.I)
_UNKNOWN_USERS = re.compile(r"the following userIds were not found:\s*([\d,\s]+)", re.I)
_UNKNOWN_CALLS = re.compile(r"some calls not found", re.I)

SETTINGS_TO_CHECK = (
    "Look at SOURCES__GONG__ACCESS_KEY and SOURCES__GONG__ACCESS_KEY_SECRET (Gong: Company "
    "settings > Ecosystem > API), and at SOURCES__GONG__BASE_URL: many companies have a host of "
    "their own, such as https://us-12345.api.gong.io, and their keys work only there."
)


def from_answer(
    status: int,
    errors: Sequence[str],
    request_id: str,
    operation: Operation,
    settings_to_check: str = SETTINGS_TO_CHECK,
) -> GongError:
    """Returns the exception for a final (not retried) answer that is not a success.

    Args:
        status: HTTP status, 4xx.
        errors: Gong's own texts, `errors` of the body; empty if the body was not Gong's.
        request_id: Gong's requestId, for their support; may be empty.
        operation: the one that was requested; its quirks say where Gong departs from the rules.
        settings_to_check: what to look at when the credentials are refused.
    """
    error = _error(status, errors, request_id, operation, settings_to_check)
    error.status, error.texts, error.request_id = status, tuple(errors), request_id
    return error


def _error(
    status: int,
    errors: Sequence[str],
    request_id: str,
    operation: Operation,
    settings_to_check: str,
) -> GongError:
    text = "; ".join(errors) or "no explanation"
    answer = f'{operation.request} was answered {status}: "{text}"' + (
        f" (requestId {request_id})" if request_id else ""
    )
    if status == 404 and _is_nothing_found(errors, operation):
        return NothingFound(answer)
    if _CURSOR.search(text):
        return CursorExpired(answer)
    if status == 401 and (scope := _SCOPE.search(text)):
        return MissingScope(
            f"The key lacks the scope {scope[1]}: {answer}. Add the scope to the app in Gong.",
            scope[1],
        )
    if status in (402, 403) and operation.quirks.is_licensed:
        return NotLicensed(f"Not part of this company's Gong licence: {answer}.")
    if status in (401, 402, 403):
        return BadCredentials(f"Gong refuses the credentials: {answer}. {settings_to_check}")
    if users := _UNKNOWN_USERS.search(text):
        return UnknownIds(answer, re.findall(r"\d+", users[1]))
    unknown_ids = operation.quirks.unknown_ids
    if status == 404 and unknown_ids and (ids := re.findall(unknown_ids, text, re.I)):
        return UnknownIds(answer, ids)
    if status == 400 and _UNKNOWN_CALLS.search(text):
        return UnknownIds(answer)
    if status == 404:
        return NotFound(
            f"{answer}. Either SOURCES__GONG__BASE_URL is not a Gong API host, or the id is wrong, "
            "or Gong has withdrawn the operation."
        )
    return Rejected(f"{answer}. Gong would refuse the same request again; please report it.")


def _is_nothing_found(errors: Sequence[str], operation: Operation) -> bool:
    first = errors[0].strip() if errors else ""
    empty_404 = operation.quirks.empty_404
    return bool(
        _NOTHING_FOUND.fullmatch(first)
        or (empty_404 and re.fullmatch(rf"({empty_404})\.?", first, re.I))
    )
