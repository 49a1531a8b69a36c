"""The outcome of a read under a fault, and the kinds of fault, as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sources.gong.api.errors import (
    GongError,
)

ATTEMPTS = 5
"""Attempts of a request before a transient error counts as final."""
RESTARTS = 3
"""How often a window is read again from the start after its cursor expired."""
READS = 3
"""How often a list is read that changes during each read."""
REFUSALS = 4
"""How many 429 without a wait use up the wait that the matrix allows (`MAX_WAIT_SECONDS`)."""
IDLE_PAGES = 5
"""How many pages in a row without new rows end a read."""
HOURS = 6 * 3600


@dataclass(frozen=True)
class SoundRead:
    """The requests of a read without a fault.

    Attributes:
        requests: number of requests.
        before: number of requests before the first that the fault strikes.
        lists: number of paged lists.
    """

    requests: int
    before: int
    lists: int = 1

    @property
    def pages(self) -> int:
        """Requests per list."""
        return self.requests // self.lists


@dataclass(frozen=True)
class Outcome:
    """The end of a read under a fault.

    Attributes:
        error: exact class of the error; None if the read ends with the same rows as without fault.
        says: words that the message must have.
        more: requests in addition to those without the fault; after an error, in addition to those
            before the first that the fault struck.
        more_pages: how often all pages of the struck list are read in addition.
        more_per_list: additional requests per list.
        more_per_page: additional requests per page after the first.
        is_lacking: whether rows are missing, which a client cannot detect.
        is_repeating: whether repeated rows count as different rows.
    """

    error: type[GongError] | None
    more: int = 0
    says: tuple[str, ...] = ()
    more_pages: int = 0
    more_per_list: int = 0
    more_per_page: int = 0
    is_lacking: bool = False
    is_repeating: bool = False

    def requests(self, sound: SoundRead) -> int:
        """Returns the exact number of requests."""
        return (
            (sound.requests if self.error is None else sound.before)
            + self.more
            + self.more_pages * sound.pages
            + self.more_per_list * sound.lists
            + self.more_per_page * (sound.requests - sound.lists)
        )


def complete(more: int) -> Outcome:
    return Outcome(None, more)


@dataclass(frozen=True)
class FaultKind:
    """A variant of a kind of fault.

    Attributes:
        rule: the emulator's rule.
        once: outcome if it strikes one request in the middle; None if it is final at once and
            therefore not tried.
        forever: outcome if it strikes that request and all later ones.
        needs_pages: whether it can strike paged lists only.
        is_silence: whether the client must wait for its end.
        page: page of a list that it strikes if it needs pages; None for any.
    """

    rule: Mapping[str, Any]
    once: Outcome | None
    forever: Outcome
    needs_pages: bool = False
    is_silence: bool = False
    page: str | None = "next"

    @property
    def name(self) -> str:
        return str(self.rule["kind"])
