"""Follows cursors: one sequence of pages for one window, every other parameter repeated unchanged.

A cursor lives about an hour from the first page and is never stored. When it expires the caller
reads the window again. A cursor or a page that comes twice ends the window as a fault, not as a
loop. Rows can move to a page that was already read while a list changes, so such a list is read
again until it is stable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sources.gong.api.answers.parts import Decode
from sources.gong.api.client import Client
from sources.gong.api.errors import EndlessPaging, FailTable, NothingFound, SchemaDrift
from sources.gong.api.operations import Operation, Paging

_PASSES = 3
"""A list that changes during each of this many passes is given up."""
_IDLE_PAGES = 5
"""After this many pages in a row without new rows, no more will come."""
_FULL_PAGE = 100
_UNSERVED_ROWS = 10
"""Rows that a list which ends with a full page may lack: Gong's totals count calls that it still
analyses (recorded: a total of 2 with one row)."""


def pages(
    client: Client,
    operation: Operation,
    values: Mapping[str, Any],
    before: Callable[[], None] = lambda: None,
    *,
    single_pass: bool = False,
    on_restart: Callable[[], None] = lambda: None,
    decode: Decode | None = None,
) -> Iterator[dict[str, Any]]:
    """Yields the answers of an operation page by page; none if the filters match nothing.

    A list that changed meanwhile is read again from the start, so a row may be in two answers; of
    two with the same id the later one is right.

    Args:
        client: sends the requests.
        operation: the list.
        values: by `Parameter.name`, without the cursor.
        before: called before each page is requested; an error that it raises ends the pages.
        single_pass: whether to read the list once, however it changes meanwhile.
        on_restart: called before the list is read again from the start.
        decode: reads the answers, as of `Client.call`.

    Raises:
        CursorExpired: read the window again from the start.
        EndlessPaging: Gong handed out a cursor, or a page, of this window again.
        FailTable: the list changed during every pass.
        GongError: as `Client.call`.
    """
    known: set[str] = set()
    for number in range(1, _PASSES + 1):
        current = _Pass(operation)
        yield from _read(client, current, values, before, decode)
        has_new_rows = not current.ids <= known
        known |= current.ids
        if single_pass or current.is_complete:
            return
        if number > 1 and not has_new_rows and not current.is_torn:
            return
        if number < _PASSES:
            on_restart()
    if current.is_torn:
        raise FailTable(
            f"{operation.request}: the list changed during each of {_PASSES} reads, so that rows "
            "may be lacking. Nothing of the window counts as read; the next run reads it again."
        )


def _read(
    client: Client,
    current: _Pass,
    values: Mapping[str, Any],
    before: Callable[[], None],
    decode: Decode | None,
) -> Iterator[dict[str, Any]]:
    operation, cursor = current.operation, None
    while True:
        before()
        try:
            sent = {**values, "cursor": cursor} if cursor else values
            answer = client.call(operation, sent, decode)
        except NothingFound:
            return
        if operation.paging is Paging.NONE:
            yield answer
            return
        records = answer.get("records") or {}
        if not isinstance(records, dict):
            raise SchemaDrift(
                f"{operation.request}: `records` is not an object",
                field="records",
                expected="an object",
                found="something else",
            )
        current.add_page(answer.get(operation.rows_key or ""), records.get("totalRecords"))
        yield answer
        cursor = records.get("cursor")
        if not cursor:
            return
        current.add_cursor(cursor)


class _Pass:
    """One way from the first page of a list to the last, and what was odd about it.

    Rows without an id count as equal when their content is: the ordinal among equals is a part of
    what stands for their id.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.ids: set[str] = set()
        self._totals: list[int] = []
        self._pages = 0
        self._last_page = 0
        self._idle_pages = 0
        self._has_repeats = False
        self._cursors: set[str] = set()
        self._contents: set[int] = set()
        self._equal_rows: Counter[str] = Counter()

    def add_page(self, rows: Any, total: Any) -> None:
        """Takes a page into account.

        Raises:
            EndlessPaging: it brings nothing new, and more would not either.
        """
        rows = rows if isinstance(rows, list) else []
        self._pages += 1
        self._last_page = len(rows)
        if isinstance(total, int):
            self._totals.append(total)
        is_idle = not self._add_rows(rows)
        if is_idle and self.operation.row_id is None and len(rows) > 1:
            # single rows without an id may well be equal, whole pages of them are not
            raise self._endless("the same page")
        self._idle_pages = self._idle_pages + 1 if is_idle else 0
        if self._idle_pages >= _IDLE_PAGES:
            raise self._endless("rows" if rows else "nothing but empty pages")

    def add_cursor(self, cursor: str) -> None:
        """Takes a cursor into account.

        Raises:
            EndlessPaging: it has come before.
        """
        if cursor in self._cursors:
            raise self._endless("a cursor")
        self._cursors.add(cursor)

    @property
    def is_torn(self) -> bool:
        """Whether rows are probably lacking."""
        has_shrunk = bool(self._totals) and self._totals[-1] < self._totals[0]
        ends_in_the_middle = (
            self._last_page >= _FULL_PAGE and self._count_missing() > _UNSERVED_ROWS
        )
        return has_shrunk or ends_in_the_middle or (self._has_repeats and self._lacks_rows)

    @property
    def is_complete(self) -> bool:
        """Whether every row came once, as far as can be known."""
        return not (self.is_torn or self._has_repeats or self._lacks_rows)

    @property
    def _lacks_rows(self) -> bool:
        """Whether the list has fewer rows than it counts, which is expected of some lists."""
        is_exact = self._has_repeats or not self.operation.quirks.total_counts_unserved
        return self._pages > 1 and is_exact and self._count_missing() > 0

    def _count_missing(self) -> int:
        return (self._totals[-1] if self._totals else 0) - len(self.ids)

    def _add_rows(self, rows: Sequence[Any]) -> bool:
        """Adds the ids of a page and returns whether it brings anything new."""
        known = len(self.ids)
        for row in rows:
            row_id = _id_of(row, self.operation.row_id) or self._numbered(row)
            self._has_repeats = self._has_repeats or row_id in self.ids
            self.ids.add(row_id)
        if not rows or self.operation.row_id:
            return len(self.ids) > known
        content = hash(repr(rows))
        is_new = content not in self._contents
        self._contents.add(content)
        return is_new

    def _numbered(self, row: Any) -> str:
        content = str(hash(repr(row)))
        self._equal_rows[content] += 1
        return f"{content} {self._equal_rows[content]}"

    def _endless(self, what: str) -> EndlessPaging:
        return EndlessPaging(
            f"{self.operation.request}: Gong sent {what} of this window again after {self._pages} "
            "pages. Nothing of the window counts as read; it is read again by the next run. If "
            "that happens twice, tell Gong's support."
        )


def _id_of(row: Any, dotted: str | None) -> str | None:
    if dotted is None:
        return None
    value = row
    for key in dotted.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return str(value) if isinstance(value, (str, int)) else None
