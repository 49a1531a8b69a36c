"""The kinds of fault, each with the outcome that a read must have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sources.gong.api.errors import (
    BadCredentials,
    EndlessPaging,
    FailTable,
    GaveUp,
    MissingScope,
    Postponed,
    SchemaDrift,
    WrongHost,
)
from tests.endpoints.faults.outcomes import (
    ATTEMPTS,
    HOURS,
    IDLE_PAGES,
    READS,
    REFUSALS,
    RESTARTS,
    FaultKind,
    Outcome,
    complete,
)

_LATER = "run the same command again later"
_AGAIN = "Run the same command again after that"

GIVES_UP = Outcome(GaveUp, ATTEMPTS, (f"{ATTEMPTS} times in a row", _LATER))
REFUSED = Outcome(Postponed, REFUSALS, (_AGAIN,))
POSTPONED = Outcome(Postponed, 1, (_AGAIN,))


def _rule(kind: str, **parameters: Any) -> dict[str, Any]:
    return {"kind": kind, **parameters}


def _transient(kind: str, *says: str, **parameters: Any) -> FaultKind:
    gives_up = replace(GIVES_UP, says=(*GIVES_UP.says, *says))
    return FaultKind(_rule(kind, **parameters), complete(1), gives_up)


def _status(status: int, kind: str = "server_error", **parameters: Any) -> FaultKind:
    return _transient(kind, f"Gong answered {status}", status=status, **parameters)


def _final(outcome: Outcome, kind: str, **parameters: Any) -> FaultKind:
    return FaultKind(_rule(kind, **parameters), None, outcome)


def _harmless(kind: str, **parameters: Any) -> FaultKind:
    return _final(complete(0), kind, **parameters)


_NOT_JSON = "the 200 answer is not a JSON object"

KINDS: dict[str, FaultKind] = {
    # Quota.
    "429 with a short wait": FaultKind(_rule("rate_limited", seconds=0), complete(1), REFUSED),
    "429 until a date": FaultKind(
        _rule("rate_limited", seconds=0, form="date"), complete(1), REFUSED
    ),
    "429 with a malformed wait": FaultKind(
        _rule("rate_limited", form="malformed"), complete(1), REFUSED
    ),
    "429 without a wait": FaultKind(_rule("rate_limited", form="none"), complete(1), REFUSED),
    "429 for hours": _final(POSTPONED, "rate_limited", seconds=HOURS),
    "429 for hours, by date": _final(POSTPONED, "rate_limited", seconds=HOURS, form="date"),
    "daily quota": _final(POSTPONED, "daily_quota", seconds=HOURS),
    # Transient errors.
    **{str(status): _status(status) for status in (500, 502, 503, 504)},
    "500 after the work": _status(500, after_work=True),
    "503 with a wait": _status(503, retry_after=0),
    "503 for hours": _final(POSTPONED, "server_error", status=503, retry_after=HOURS),
    **{f"HTML page, {code}": _status(code, "html_page") for code in (500, 502, 503, 504)},
    "HTML page, 403": _transient("html_page", "something else answered", "403", status=403),
    "HTML page, 200": _transient("html_page", _NOT_JSON, "text/html", status=200),
    "reset": _transient("connection_reset", "the connection broke"),
    "reset after the work": _transient("connection_reset", "broke", after_work=True),
    "closed in silence": _transient("timeout", "the connection broke", seconds=0),
    "truncated": _transient("truncated_body", "the connection broke"),
    "truncated to nothing": _transient("truncated_body", "the connection broke", bytes=0),
    "half JSON": _transient("half_json", _NOT_JSON),
    "damaged packing": _transient("bad_gzip", "the answer cannot be unpacked"),
    "redirect to nowhere": _transient("redirect", "does not say where", location=None),
    "invalid JSON": _transient("invalid_json", _NOT_JSON),
    **{
        f"JSON {value}": _transient("wrong_value", _NOT_JSON, value=value)
        for value in ("list", "null", "text", "number", "empty_body")
    },
    "timeout": replace(_transient("timeout", "no answer in time"), is_silence=True),
    "timeout after the work": replace(
        _transient("timeout", "no answer in time", after_work=True), is_silence=True
    ),
    # Harmless irregularities.
    "wrong content type": _harmless("wrong_content_type"),
    "slow answer": _harmless("slow_answer", seconds=0.03),
    "slow body": _harmless("slow_body", seconds=0.03, pieces=3),
    # Errors that another attempt would not repair.
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
    "JSON empty_object": FaultKind(
        _rule("wrong_value", value="empty_object"),
        Outcome(SchemaDrift, 1, ("of Gong's answer is",)),
        Outcome(SchemaDrift, 1, ("of Gong's answer is",)),
    ),
    # Cursors; the fault strikes the second page.
    **{
        name.replace("_", " "): FaultKind(
            _rule(name),
            complete(2),
            # Two requests per try; the first of all was before the fault.
            Outcome(FailTable, 2 * (RESTARTS + 1) - 1, ("4 times", "cursor", "the next run")),
            needs_pages=True,
        )
        for name in ("expired_cursor", "unverified_cursor")
    },
    "repeated cursor": FaultKind(
        _rule("repeated_cursor"),
        Outcome(EndlessPaging, 1, ("sent a cursor of this window again", "next run")),
        Outcome(EndlessPaging, 1, ("sent a cursor of this window again", "next run")),
        needs_pages=True,
    ),
    "repeated cursor of another text": FaultKind(
        _rule("repeated_cursor", fresh=True),
        Outcome(None, 1, more_pages=1),
        Outcome(EndlessPaging, 1 + IDLE_PAGES, ("sent rows of this window again", "next run")),
        needs_pages=True,
    ),
}

AGAIN = Outcome(None, more_pages=1)
"""The struck list is read once more."""
ALL_AGAIN = Outcome(None, more_per_list=1, more_per_page=1)
"""Every list is read once more."""
TORN = ("the list changed during each of 3 reads", "the next run")


def _list(
    kind: str, page: str | None, once: Outcome, forever: Outcome, **parameters: Any
) -> FaultKind:
    rule = _rule(kind, **parameters)
    return FaultKind(rule, once, forever, needs_pages=True, page=page)


LISTS: dict[str, FaultKind] = {
    "lost cursor": _list("lost_cursor", "first", complete(1), Outcome(FailTable, READS - 1, TORN)),
    "empty page": _list("empty_page", "next", complete(1), Outcome(None, more_per_page=1)),
    "empty last page": _list("empty_last_page", None, complete(1), Outcome(None, more_per_list=1)),
    "duplicate rows": _list("duplicate_rows", "next", AGAIN, ALL_AGAIN, rows=3),
    "row moved": _list("row_moved", "next", AGAIN, Outcome(FailTable, -1, TORN, more_pages=READS)),
    "row removed": _list("row_removed", "next", AGAIN, replace(ALL_AGAIN, is_lacking=True)),
    "row inserted": _list("row_inserted", "first", AGAIN, replace(ALL_AGAIN, is_lacking=True)),
}
"""Lists that change while they are read. Two reads in a row with the same rows count as complete;
otherwise the list is read again, or given up."""

KINDS |= LISTS

ELSEWHERE = {
    "refused": "tests/integration/ingest/test_people_who_left.py",
    "invalid_utf8": "tests/integration/api/test_broken_wire.py",
    "inflated": "tests/integration/api/test_broken_wire.py",
    "wrong_date": "tests/integration/api/test_broken_wire.py",
    "refused_ids": "tests/endpoints/landing/test_odd_ids.py",
    "odd_values": "tests/endpoints/landing/test_quarantine.py",
    "lost_visibility": "tests/integration/ingest/test_deletion_alarms.py",
}
"""Kinds of the emulator whose outcome depends on rows or on what landed before, and the test that
states it."""
