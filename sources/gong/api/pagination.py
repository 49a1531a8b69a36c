"""Follows cursors: one sequence of pages for one window, every other input repeated unchanged.

A cursor lives about an hour from the first page and is never stored. When it expires the caller
reads the window again; a cursor or a page that comes twice ends the window as a fault, not as a
loop. A list that changed while it was read, so that a row may have slipped from a page not yet read
onto one that was, is read again until it holds still.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sources.gong.api.client import Client
from sources.gong.api.errors import EndlessPaging, FailTable, NothingFound, SchemaDrift
from sources.gong.api.operations import Operation, Paging

_READS = 3
"""A list that changes during each of so many reads is given up."""
_IDLE_PAGES = 5
"""After so many pages in a row that bring nothing new, no more will."""
_FULL_PAGE = 100
_IN_ANALYSIS = 10
"""So many rows may be lacking of a list that ends with a full page: Gong's totals count calls that
it still analyses (recorded: a total of 2 with one row)."""
_TOTAL_IS_MORE = ("listCalls", "listCallsExtensive", "getCallTranscripts")
"""Operations whose total counts rows that are not served (yet)."""
_IDS = {
    "calls": "id",
    "callTranscripts": "callId",
    "users": "id",
    "answeredScorecards": "answeredScorecardId",
    "peopleInteractionStats": "userId",
    "usersAggregateActivityStats": "userId",
    "usersAggregateActivity": "userId",
    "usersDetailedActivities": "userId",
    "flows": "id",
    "flowsFolders": "id",
}
"""List of an answer → what tells its rows apart; of others nothing does."""


def pages(
    client: Client,
    operation: Operation,
    inputs: Mapping[str, Any],
    before: Callable[[], None] = lambda: None,
    *,
    is_once: bool = False,
    on_again: Callable[[], None] = lambda: None,
) -> Iterator[dict[str, Any]]:
    """Yields the answers of an operation page by page; none if the filters match nothing.

    A list that did not hold still is read again from the start, so a row may be in two answers; of
    two with the same id the later one is right.

    Args:
        client: who sends.
        operation: what.
        inputs: without the cursor.
        before: called before each page is asked for; what it raises ends the pages.
        is_once: whether every page is to come once, however the list changes meanwhile.
        on_again: called before the list is read again from the start.

    Raises:
        CursorExpired: read the window again from the start.
        EndlessPaging: Gong handed out a cursor, or a page, of this window again.
        FailTable: the list changed during every read.
        GongError: what `Client.call` raises.
    """
    known: set[str] = set()
    for attempt in range(1, _READS + 1):
        read = _Read(operation)
        yield from _once(client, operation, inputs, before, read)
        is_new = not read.ids <= known
        known |= read.ids
        if is_once or read.is_sound or (attempt > 1 and not is_new and not read.is_torn):
            return
        if attempt < _READS:
            on_again()
    if read.is_torn:
        raise FailTable(
            f"{read.where}: the list changed during each of {_READS} reads, so that rows may be "
            "lacking. Nothing of the window counts as read; the next run reads it again."
        )


@dataclass(slots=True)
class _Read:
    """One way from the first page of a list to the last, and what was odd about it."""

    operation: Operation
    ids: set[str] = field(default_factory=set)
    pages: int = 0
    first_total: int | None = None
    last_total: int | None = None
    last_page: int = 0
    _idle: int = 0
    _cursors: set[str] = field(default_factory=set)
    _pages: set[int] = field(default_factory=set)
    _equal: Counter[str] = field(default_factory=Counter)
    _repeats: bool = False

    @property
    def where(self) -> str:
        """The operation, as people know it."""
        return f"{self.operation.method} {self.operation.path}"

    def add(self, answer: Mapping[str, Any], records: Mapping[str, Any]) -> None:
        """Counts a page in."""
        rows = answer.get(self.operation.rows_key or "")
        rows = rows if isinstance(rows, list) else []
        self.pages += 1
        self.last_page = len(rows)
        total = records.get("totalRecords")
        if isinstance(total, int):
            self.first_total = total if self.first_total is None else self.first_total
            self.last_total = total
        key = _IDS.get(self.operation.rows_key or "")
        known, pages = len(self.ids), len(self._pages)
        for row in rows:
            one = _id_of(row, key) or self._numbered(row)
            self._repeats = self._repeats or one in self.ids
            self.ids.add(one)
        if rows and not key:
            self._pages.add(hash(repr(rows)))
        is_idle = len(self._pages) == pages if rows and not key else len(self.ids) == known
        if is_idle and not key and len(rows) > 1:
            # rows that nothing tells apart may well be equal, whole pages of them are not
            raise self._endless("the same page")
        self._idle = self._idle + 1 if is_idle else 0
        if self._idle >= _IDLE_PAGES:
            raise self._endless("rows" if rows else "nothing but empty pages")

    def follow(self, cursor: str) -> None:
        """Takes a cursor, which must not have come before."""
        if cursor in self._cursors:
            raise self._endless("a cursor")
        self._cursors.add(cursor)

    def _endless(self, what: str) -> EndlessPaging:
        return EndlessPaging(
            f"{self.where}: Gong sent {what} of this window again after {self.pages} pages. "
            "Nothing of the window counts as read; it is read again by the next run. If that "
            "happens twice, tell Gong's support."
        )

    def _numbered(self, row: Any) -> str:
        """Returns what stands for the id of a row without one: its content, and its ordinal."""
        content = str(hash(repr(row)))
        self._equal[content] += 1
        return f"{content} {self._equal[content]}"

    @property
    def _lacks(self) -> bool:
        """Whether the list has fewer rows than it counts, which of some lists is no wonder."""
        if self.last_total is None or self.pages < 2:
            return False
        is_exact = self._repeats or self.operation.operation_id not in _TOTAL_IS_MORE
        return is_exact and len(self.ids) < self.last_total

    @property
    def _ends_in_the_middle(self) -> bool:
        lacking = (self.last_total or 0) - len(self.ids)
        return self.last_page >= _FULL_PAGE and lacking > _IN_ANALYSIS

    @property
    def is_torn(self) -> bool:
        """Whether rows are rather lacking than not."""
        shrank = (
            self.first_total is not None
            and self.last_total is not None
            and self.last_total < self.first_total
        )
        return shrank or self._ends_in_the_middle or (self._repeats and self._lacks)

    @property
    def is_sound(self) -> bool:
        """Whether every row came once, as far as can be told."""
        return not (self.is_torn or self._repeats or self._lacks)


def _once(
    client: Client,
    operation: Operation,
    inputs: Mapping[str, Any],
    before: Callable[[], None],
    read: _Read,
) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        before()
        sent = dict(inputs) if cursor is None else {**inputs, "cursor": cursor}
        try:
            answer = client.call(operation, sent)
        except NothingFound:
            return
        if operation.paging is Paging.NONE:
            yield answer
            return
        records = answer.get("records") or {}
        if not isinstance(records, dict):
            raise SchemaDrift(
                f"{read.where}: `records` is not an object",
                field="records",
                expected="an object",
                found="something else",
            )
        read.add(answer, records)
        yield answer
        cursor = records.get("cursor")
        if not cursor:
            return
        read.follow(cursor)


def _id_of(row: Any, key: str | None) -> str | None:
    if not isinstance(row, dict) or key is None:
        return None
    inner = row.get("metaData")  # where a call of the extensive list has its id
    found = (inner if isinstance(inner, dict) else row).get(key)
    return str(found) if isinstance(found, (str, int)) else None
