"""What must come of each kind of fault, stated ahead: TABLE of kinds, and the reads that differ.

Of every kind it is stated with what the read ends, after how many requests, and what the message
says. `n` is how many requests the read takes without a fault, `k` how many went before the one
that the fault struck first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sources.gong.api.errors import (
    BadCredentials,
    CursorExpired,
    EndlessPaging,
    FailTable,
    GaveUp,
    GongError,
    MissingScope,
    NotLicensed,
    Postponed,
    SchemaDrift,
    WrongHost,
)

ATTEMPTS = 5
"""So often is a read sent before transient trouble counts as final."""
RESTARTS = 3
"""So often is a window begun again when its cursor expires."""
READS = 3
"""So often is a list read that does not hold still."""
REFUSALS = 4
"""So many 429 without a wait use up the wait that the matrix allows (`MAX_WAIT_SECONDS`)."""
IDLE_PAGES = 5
"""So many pages in a row that bring nothing new end a read."""
HOURS = 6 * 3600


@dataclass(frozen=True)
class Way:
    """How a read goes without a fault.

    Attributes:
        requests: how many it takes.
        before: how many of them go before the one that the fault strikes first.
        lists: how many paged lists it reads.
    """

    requests: int
    before: int
    lists: int = 1

    @property
    def pages(self) -> int:
        """Those of one list."""
        return self.requests // self.lists


@dataclass(frozen=True)
class Outcome:
    """How a read ends.

    Attributes:
        error: the exact class; None where it comes to its end, with the same rows as without.
        says: words of the message: what happened, and what to do.
        more: how many requests there are beyond those without the fault, to the end or, where it
            does not come to its end, up to the first that the fault struck.
        more_pages: how often all pages of the struck list are read beyond that.
        more_per_list: how many more of each list.
        more_per_page: how many more for each page but the first.
        is_lacking: whether rows never come, which nobody can tell from their not being there.
        is_repeating: whether rows that came twice are taken for two.
    """

    error: type[GongError] | None
    more: int = 0
    says: tuple[str, ...] = ()
    more_pages: int = 0
    more_per_list: int = 0
    more_per_page: int = 0
    is_lacking: bool = False
    is_repeating: bool = False

    def requests(self, way: Way) -> int:
        """How many there must be."""
        return (
            (way.requests if self.error is None else way.before)
            + self.more
            + self.more_pages * way.pages
            + self.more_per_list * way.lists
            + self.more_per_page * (way.requests - way.lists)
        )


def complete(more: int) -> Outcome:
    return Outcome(None, more)


_LATER = "run the same command again later"
_AGAIN = "Run the same command again after that"

GIVES_UP = Outcome(GaveUp, ATTEMPTS, (f"{ATTEMPTS} times in a row", _LATER))
REFUSED = Outcome(Postponed, REFUSALS, (_AGAIN,))
POSTPONED = Outcome(Postponed, 1, (_AGAIN,))


@dataclass(frozen=True)
class Kind:
    """A kind of fault in one of its variants.

    Attributes:
        rule: of the emulator.
        once: what comes of it where it strikes one request in the middle; None where it is not
            tried, because it is final at once.
        forever: what comes of it where it strikes that request and all after it.
        needs_pages: whether only paged lists can meet it.
        is_silence: whether the client must wait for it to pass.
        page: which page of a list it strikes where it needs pages; None for any.
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


def _rule(kind: str, **parameters: Any) -> dict[str, Any]:
    return {"kind": kind, **parameters}


def _transient(kind: str, *says: str, **parameters: Any) -> Kind:
    gives_up = replace(GIVES_UP, says=(*GIVES_UP.says, *says))
    return Kind(_rule(kind, **parameters), complete(1), gives_up)


def _status(status: int, kind: str = "server_error", **parameters: Any) -> Kind:
    return _transient(kind, f"Gong answered {status}", status=status, **parameters)


def _final(outcome: Outcome, kind: str, **parameters: Any) -> Kind:
    return Kind(_rule(kind, **parameters), None, outcome)


def _harmless(kind: str, **parameters: Any) -> Kind:
    return _final(complete(0), kind, **parameters)


_NOT_JSON = "the 200 answer is not a JSON object"

KINDS: dict[str, Kind] = {
    # the quota
    "429 with a short wait": Kind(_rule("rate_limited", seconds=0), complete(1), REFUSED),
    "429 until a date": Kind(_rule("rate_limited", seconds=0, form="date"), complete(1), REFUSED),
    "429 until nobody knows": Kind(_rule("rate_limited", form="malformed"), complete(1), REFUSED),
    "429 without a wait": Kind(_rule("rate_limited", form="none"), complete(1), REFUSED),
    "429 for hours": _final(POSTPONED, "rate_limited", seconds=HOURS),
    "429 for hours, by date": _final(POSTPONED, "rate_limited", seconds=HOURS, form="date"),
    "daily quota": _final(POSTPONED, "daily_quota", seconds=HOURS),
    # trouble that passes
    **{str(status): _status(status) for status in (500, 502, 503, 504)},
    "500 after the work": _status(500, after_work=True),
    "503 with a wait": _status(503, retry_after=0),
    "503 for hours": _final(POSTPONED, "server_error", status=503, retry_after=HOURS),
    **{f"HTML page, {code}": _status(code, "html_page") for code in (500, 502, 503, 504)},
    "HTML page, 200": _transient("html_page", _NOT_JSON, "text/html", status=200),
    "reset": _transient("connection_reset", "the connection broke"),
    "reset after the work": _transient("connection_reset", "broke", after_work=True),
    "closed in silence": _transient("timeout", "the connection broke", seconds=0),
    "truncated": _transient("truncated_body", "the connection broke"),
    "truncated to nothing": _transient("truncated_body", "the connection broke", bytes=0),
    "half JSON": _transient("half_json", _NOT_JSON),
    "invalid JSON": _transient("invalid_json", _NOT_JSON),
    **{
        f"JSON {value}": _transient("wrong_value", _NOT_JSON, value=value)
        for value in ("list", "null", "text", "number", "empty_body")
    },
    "timeout": replace(_transient("timeout", "no answer in time"), is_silence=True),
    "timeout after the work": replace(
        _transient("timeout", "no answer in time", after_work=True), is_silence=True
    ),
    # trouble that is none
    "wrong content type": _harmless("wrong_content_type"),
    "slow answer": _harmless("slow_answer", seconds=0.03),
    "slow body": _harmless("slow_body", seconds=0.03, pieces=3),
    # what another attempt would not better
    "wrong credentials": _final(
        Outcome(
            BadCredentials,
            1,
            ("Gong refuses the credentials", "401", "SOURCES__GONG__ACCESS_KEY"),
        ),
        "wrong_credentials",
    ),
    "missing scope": _final(
        Outcome(MissingScope, 1, ("The key lacks the scope api:", "Add the scope")),
        "missing_scope",
    ),
    "HTML page, 403": _final(
        Outcome(NotLicensed, 1, ("Closed to this key", "403")), "html_page", status=403
    ),
    **{
        f"redirect {status} to another host": _final(
            Outcome(WrongHost, 1, ("elsewhere.example", "set SOURCES__GONG__BASE_URL")),
            "redirect",
            location="https://elsewhere.example/v2/other?token=hidden",
            status=status,
        )
        for status in (302, 307)
    },
    "redirect on the same host": _final(
        Outcome(WrongHost, 1, ("another place of", "SOURCES__GONG__BASE_URL")),
        "redirect",
        location="/login?token=hidden",
        status=301,
    ),
    "JSON empty_object": Kind(
        _rule("wrong_value", value="empty_object"),
        Outcome(SchemaDrift, 1, ("of Gong's answer is",)),
        Outcome(SchemaDrift, 1, ("of Gong's answer is",)),
    ),
    # cursors: the page struck is the second
    **{
        name.replace("_", " "): Kind(
            _rule(name),
            complete(2),
            # two requests per try, of which one went before
            Outcome(FailTable, 2 * (RESTARTS + 1) - 1, ("4 times", "cursor", "the next run")),
            needs_pages=True,
        )
        for name in ("expired_cursor", "unverified_cursor")
    },
    "repeated cursor": Kind(
        _rule("repeated_cursor"),
        Outcome(EndlessPaging, 1, ("sent a cursor of this window again", "next run")),
        Outcome(EndlessPaging, 1, ("sent a cursor of this window again", "next run")),
        needs_pages=True,
    ),
    "repeated cursor of another text": Kind(
        _rule("repeated_cursor", fresh=True),
        Outcome(None, 1, more_pages=1),
        Outcome(EndlessPaging, 1 + IDLE_PAGES, ("sent rows of this window again", "next run")),
        needs_pages=True,
    ),
}

AGAIN = Outcome(None, more_pages=1)
"""The list is read once more."""
ALL_AGAIN = Outcome(None, more_per_list=1, more_per_page=1)
"""Every list is."""
TORN = ("the list changed during each of 3 reads", "the next run")


def _list(kind: str, page: str | None, once: Outcome, forever: Outcome, **parameters: Any) -> Kind:
    rule = _rule(kind, **parameters)
    return Kind(rule, once, forever, needs_pages=True, page=page)


LISTS: dict[str, Kind] = {
    "lost cursor": _list("lost_cursor", "first", complete(1), Outcome(FailTable, READS - 1, TORN)),
    "empty page": _list("empty_page", "next", complete(1), Outcome(None, more_per_page=1)),
    "empty last page": _list("empty_last_page", None, complete(1), Outcome(None, more_per_list=1)),
    "duplicate rows": _list("duplicate_rows", "next", AGAIN, ALL_AGAIN, rows=3),
    "row moved": _list("row_moved", "next", AGAIN, Outcome(FailTable, -1, TORN, more_pages=READS)),
    "row removed": _list("row_removed", "next", AGAIN, replace(ALL_AGAIN, is_lacking=True)),
    "row inserted": _list("row_inserted", "first", AGAIN, replace(ALL_AGAIN, is_lacking=True)),
}
"""Lists that change while they are read. What does not come in two reads in a row, which gave the
same rows, is not there as far as anybody can tell; else the list is read again or given up."""

KINDS |= LISTS

_NOT_TOLD_BY_TOTALS = (
    "totals of calls count those that are still analysed, so that one row which slips away while "
    "paging cannot be told from one of these; the lookback of the next nights reads it again"
)

_AS_LICENSED = (
    "of a surface that is licensed apart a 403 means that it is not licensed, and says so"
)
_PRINTED_AS_IT_COMES = (
    "`api` prints each page as it comes, and says itself what an end by a cursor means"
)

_WITHOUT_IDS = (
    "rows without an id, of which two may be alike: one that comes again cannot be told from "
    "another like it, and their number is as told"
)

EXCEPTIONS: dict[tuple[str, str, bool], tuple[Outcome, str]] = {
    **{
        ("row removed", read, is_once): (Outcome(None, is_lacking=True), _NOT_TOLD_BY_TOTALS)
        for read in ("calls", "transcripts by window")
        for is_once in (True, False)
    },
    **{
        ("HTML page, 403", read, False): (
            Outcome(NotLicensed, 1, ("Not part of this company's Gong licence", "403")),
            _AS_LICENSED,
        )
        for read in (
            "flows", "flow_folders", "flow_steps", "flow_prospects", "tasks", "coaching_metrics",
            "meeting_integrations", "briefs",
        )
    },
    **{
        ("duplicate rows", "logs", is_once): (Outcome(None, is_repeating=True), _WITHOUT_IDS)
        for is_once in (True, False)
    },
    **{
        ("duplicate rows", "crm_call_associations", is_once): (complete(0), _WITHOUT_IDS)
        for is_once in (True, False)
    },
    **{
        (kind, "logs", is_once): (
            Outcome(None, is_lacking=True, is_repeating=True), _WITHOUT_IDS,
        )
        for kind in ("row moved", "row inserted")
        for is_once in (True, False)
    },
    **{
        (kind, "crm_call_associations", is_once): (Outcome(None, is_lacking=True), _WITHOUT_IDS)
        for kind in ("row moved", "row inserted")
        for is_once in (True, False)
    },
    **{
        ("repeated cursor of another text", read, is_once): (
            Outcome(EndlessPaging, 2, ("sent the same page of this window again", "next run")),
            "rows without an id: only a whole page tells that it has come before, and must not be "
            "handed on again",
        )
        for read in ("logs", "crm_call_associations")
        for is_once in (True, False)
    },
    **{
        ("expired cursor", "listCalls", is_once): (Outcome(CursorExpired, 1), _PRINTED_AS_IT_COMES)
        for is_once in (True, False)
    },
    **{
        ("row moved", "listCalls", is_once): (Outcome(None, is_lacking=True), _PRINTED_AS_IT_COMES)
        for is_once in (True, False)
    },
}  # fmt: skip
"""(kind, read, whether it strikes once) → what comes of it instead, and the reason."""
