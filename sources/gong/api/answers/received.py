"""Takes answers in: no more of them than may be held, and what was odd and harmless is reported.

An answer is unpacked piece by piece while it arrives, and is left when it grows beyond its bound. A
piece that arrives has at most 64 KiB, which gzip unpacks to 66 MB at most; an encoding in which it
could be more was not asked for, and is not unpacked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import httpx

from sources.gong.api.answers.parts import answered_at
from sources.gong.api.errors import ClockApart, TooLarge, Unsure
from sources.gong.api.operations import Operation

MEGABYTE = 1_000_000
DEFAULT_MAX_BYTES = 100 * MEGABYTE

_ENCODINGS = ("", "identity", "gzip", "deflate")
_REFUSAL_BYTES = MEGABYTE
"""More is not read of an answer that is no success; Gong's have some hundred bytes."""
_TOLD_SECONDS = 60.0
_REFUSED_SECONDS = 30 * 60.0
"""Half an hour: a summer time or a zone taken for UTC is more, a clock that drifts is less."""


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """What a client accepts as an answer.

    Attributes:
        max_bytes: of an answer, unpacked; None for no limit.
        clock: what the time of Gong's answers is compared with, in seconds since 1970; None where
            the present is fixed on purpose.
        warn: is called with what was odd and did no harm.
    """

    max_bytes: int | None = DEFAULT_MAX_BYTES
    clock: Callable[[], float] | None = time.time
    warn: Callable[[str], None] = lambda _: None

    @classmethod
    def of(
        cls, max_mb: int, *, has_clock: bool, warn: Callable[[str], None] = lambda _: None
    ) -> Self:
        """Returns the rules that settings describe.

        Args:
            max_mb: megabytes of an answer; 0 for no limit.
            has_clock: whether the present is that of the machine, so that it can be wrong.
            warn: as in the rules.
        """
        return cls(max_mb * MEGABYTE or None, time.time if has_clock else None, warn)


@dataclass(frozen=True, slots=True)
class Received:
    """An answer that has arrived.

    Attributes:
        status: of HTTP.
        headers: by their names in any case.
        content: unpacked; of an answer that is no success, no more than a message needs.
        sent_at: a time before the request was sent, by the clock of the rules; None without one.
        received_at: the time when the head of the answer had arrived, likewise.
    """

    status: int
    headers: httpx.Headers
    content: bytes | bytearray
    sent_at: float | None = None
    received_at: float | None = None

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    @property
    def charset(self) -> str:
        """The charset that the answer names; empty where it names none."""
        kind: str = self.headers.get("content-type", "")
        _, _, value = kind.lower().partition("charset=")
        return value.partition(";")[0].strip(" \"'")


class Oversized(Exception):
    """An answer is larger than it may be, and was not read further."""


def read_content(answer: httpx.Response, max_bytes: int | None) -> bytearray:
    """Returns the unpacked body of an answer that is being received, and closes it.

    Raises:
        Oversized: it is a success and has more bytes.
        httpx.RequestError: it broke off, or cannot be unpacked.
    """
    content = bytearray()
    if not answer.is_success:
        max_bytes = min(max_bytes or _REFUSAL_BYTES, _REFUSAL_BYTES)
    try:
        check_encoding(answer)
        for piece in answer.iter_bytes():
            content += piece
            if max_bytes is not None and len(content) > max_bytes:
                if answer.is_success:
                    raise Oversized
                break
    finally:
        answer.close()
    return content


def check_encoding(answer: httpx.Response) -> None:
    """Raises `httpx.DecodingError` for an answer that is packed otherwise than was asked for."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise httpx.DecodingError("not in gzip", request=answer.request)


def too_large(operation: Operation, max_bytes: int) -> TooLarge | Unsure:
    """Returns the error for an answer that was too large to be read."""
    failure = (
        f"{operation.request}: the answer has more than {max_bytes / MEGABYTE:,.0f} MB "
        "unpacked, so it was not read to its end"
    )
    if operation.is_write:
        return Unsure(failure)
    return TooLarge(
        f"{failure}. If Gong really has that much to say there, raise "
        "SOURCES__GONG__MAX_ANSWER_MB (a run takes about five times that of memory)."
    )


class ClockCheck:
    """Compares the clock of this machine with Gong's, once per client.

    Everything that a run stores is dated by its clock, and steers the runs after it.
    """

    def __init__(self, rules: AnswerRules) -> None:
        self._rules = rules
        self.is_due = rules.clock is not None

    def compare(self, answer: Received) -> None:
        """Compares the first answer of Gong that has a date; reports a difference of minutes.

        A missing or odd `Date` is no reason to stop.

        Raises:
            ClockApart: the clocks are half an hour apart, or more.
        """
        gong = answered_at(answer.headers)
        if not self.is_due or gong is None or answer.sent_at is None or answer.received_at is None:
            return
        self.is_due = False
        # between the two the answer was made: only what lies outside is a difference
        ahead = max(answer.sent_at - gong, 0.0) or min(answer.received_at - gong, 0.0)
        if abs(ahead) < _TOLD_SECONDS:
            return
        difference = f"{_span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} Gong's"
        if abs(ahead) < _REFUSED_SECONDS:
            self._rules.warn(
                f"The clock of this machine is {difference}. Set it: from half an hour on, "
                "gong-elt refuses to run."
            )
            return
        raise ClockApart(
            f"The clock of this machine is {difference}: it says {_instant(answer.received_at)}, "
            f"and Gong's answer {_instant(gong)}. What is read and stored is dated by it, so "
            "nothing was. Set the clock (timedatectl set-ntp true) and run the same command again. "
            "If this clock is right, GONG_ELT_NOW with the present time makes a run believe it."
        )


def _span(seconds: float) -> str:
    minutes, hours = round(seconds / 60), seconds / 3600
    if minutes < 90:
        return f"{minutes} min"
    return f"{hours:,.1f} hours" if hours < 48 else f"{hours / 24:,.0f} days"


def _instant(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
