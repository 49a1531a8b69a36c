"""The reads whose outcome differs from that of the kind, each with its reason."""

from __future__ import annotations

from sources.gong.api.errors import (
    CursorExpired,
    EndlessPaging,
)
from tests.endpoints.faults.outcomes import Outcome, complete

_TOTALS_INCLUDE_UNSERVED = (
    "totals of calls include calls that are still analysed, so a row that is lost while paging "
    "cannot be detected; the lookback of the next nights reads it again"
)

_PRINTED_PAGE_BY_PAGE = "`api` prints each page at once, and reports an expired cursor itself"

_WITHOUT_IDS = "rows without an id may be equal, so a repeated row cannot be told from an equal one"

EXCEPTIONS: dict[tuple[str, str, bool], tuple[Outcome, str]] = {
    **{
        ("row removed", read, is_once): (Outcome(None, is_lacking=True), _TOTALS_INCLUDE_UNSERVED)
        for read in ("calls", "transcripts by window")
        for is_once in (True, False)
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
            "rows without an id: only a whole page can be recognised as repeated, and it must not "
            "be returned again",
        )
        for read in ("logs", "crm_call_associations")
        for is_once in (True, False)
    },
    **{
        ("expired cursor", "listCalls", is_once): (Outcome(CursorExpired, 1), _PRINTED_PAGE_BY_PAGE)
        for is_once in (True, False)
    },
    **{
        ("row moved", "listCalls", is_once): (Outcome(None, is_lacking=True), _PRINTED_PAGE_BY_PAGE)
        for is_once in (True, False)
    },
}  # fmt: skip
"""(kind, read, whether it strikes once) → the outcome instead, and the reason."""
