"""List faults: lists that are served wrongly, for one request.

The pagers ask the current distortion (`Application.distortion`) which rows are visible, how the
list is arranged and which cursor to issue. A rearranged list stays so for the rest
of its paging sequence: the cursor carries the arrangement and the offset.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.emulator.settings import Json

REPEATED_CURSOR = "repeated_cursor"
LOST_CURSOR = "lost_cursor"
EMPTY_PAGE = "empty_page"
EMPTY_LAST_PAGE = "empty_last_page"
DUPLICATE_ROWS = "duplicate_rows"
ROW_MOVED = "row_moved"
ROW_REMOVED = "row_removed"
ROW_INSERTED = "row_inserted"
LOST_VISIBILITY = "lost_visibility"

_AS_IT_IS = "as it is"
_ARRANGEMENTS: dict[str, Callable[[list[Any]], list[Any]]] = {
    _AS_IT_IS: lambda rows: rows,
    ROW_MOVED: lambda rows: rows[1:] + rows[:1],
    ROW_REMOVED: lambda rows: rows[1:],
}
_MOVING = (EMPTY_PAGE, EMPTY_LAST_PAGE, DUPLICATE_ROWS, ROW_MOVED, ROW_REMOVED, ROW_INSERTED)
_ID_KEYS = ("id", "callId", "userId", "scorecardId", "crmId", "integrationId", "uniqueName")


@dataclass
class Distortion:
    """The list fault of one request; `applied`: it changed the response."""

    kind: str = ""
    rows: int = 1
    part: float = 1.0
    hidden_seed: int = 0
    fresh: bool = False
    applied: bool = False

    @property
    def moves(self) -> bool:
        """Whether it rearranges the list or its pages."""
        return self.kind in _MOVING

    def hides(self, identity: object) -> bool:
        """Whether an entity is hidden; the same entities each time."""
        if self.kind != LOST_VISIBILITY:
            return False
        digest = hashlib.sha256(f"{self.hidden_seed}/{identity}".encode()).digest()
        hidden = int.from_bytes(digest[:8], "big") < self.part * 2**64
        self.applied = self.applied or hidden
        return hidden

    def hide_rows(self, body: Json) -> Json:
        """An unpaged response without the hidden entities of its lists."""
        if self.kind != LOST_VISIBILITY:
            return body
        return {
            key: [item for item in value if not self.hides(_identity_of_document(item))]
            if isinstance(value, list)
            else value
            for key, value in body.items()
        }


@dataclass(frozen=True)
class Slice:
    """The rows of one page, whether more follow, the cursor's memory, and the total."""

    rows: list[Any]
    more: bool
    memory: Json
    total: int


def cut(
    rows: list[Any], start: int, size: int, number: int, payload: Json, distortion: Distortion
) -> Slice:
    """One page of a list.

    Args:
        rows: the whole list.
        start: the offset of the page in the true list.
        size: the number of rows of a page.
        number: the page number, from 0.
        payload: the payload of the request's cursor.
        distortion: the list fault of this page.
    """
    arrangement = payload.get("arrangement", _AS_IT_IS)
    start = payload.get("offset", start)
    remember = "offset" in payload
    kind = distortion.kind
    if kind == ROW_INSERTED and not number and len(rows) > size + 1:
        # The first row is not there yet; the following pages include it.
        distortion.applied = True
        memory = {"arrangement": _AS_IT_IS, "offset": size}
        return Slice(rows[1 : size + 1], True, memory, len(rows) - 1)
    if kind == EMPTY_PAGE and number and not payload.get("empty"):
        distortion.applied = True
        memory = {"arrangement": arrangement, "offset": start, "empty": True}
        return Slice([], True, memory, len(rows))
    if kind == DUPLICATE_ROWS and number:
        start = max(0, start - distortion.rows)
        remember = distortion.applied = True
    if kind in (ROW_MOVED, ROW_REMOVED) and number and arrangement == _AS_IT_IS:
        arrangement = kind
        remember = distortion.applied = True
    arranged = _ARRANGEMENTS[arrangement](rows)
    page = arranged[start : start + size]
    end = start + len(page)
    more = len(arranged) > end
    if kind == EMPTY_LAST_PAGE and page and not more:
        more = remember = distortion.applied = True
    memory = {"arrangement": arrangement, "offset": end} if remember else {}
    return Slice(page, more, memory, len(arranged))


def identity_of_row(row: Any) -> object:
    """The identity by which a row is hidden: its call's id, its own id, or its time."""
    if isinstance(row, tuple):
        row = row[0]
    call = getattr(row, "call", None)
    if call is not None:
        return getattr(call, "id", call)
    return getattr(row, "id", None) or row.sort_key


def _identity_of_document(document: Any) -> object:
    if isinstance(document, dict):
        for key in _ID_KEYS:
            if document.get(key) is not None:
                return document[key]
    return json.dumps(document, sort_keys=True)
