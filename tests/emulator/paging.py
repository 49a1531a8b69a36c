"""Cuts results into pages of one hundred with the records block the API puts beside them.

What is wrong with a list on demand (`distortions.py`) is done here, on the list itself.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tests.emulator.calls import Call
from tests.emulator.cursors import Page
from tests.emulator.distortions import LOST_CURSOR, REPEATED_CURSOR, Slice, cut, identity_of_row
from tests.emulator.errors import ApiError
from tests.emulator.instants import moment
from tests.emulator.requests import Application, nothing_on_first_page
from tests.emulator.settings import Json
from tests.emulator.store import FIRST, LAST, CallOrder

PAGE_SIZE = 100
Row = TypeVar("Row")


@dataclass(frozen=True)
class Served(Generic[Row]):
    """The rows of one page and its records block."""

    records: Json
    rows: list[Row]


@dataclass(frozen=True)
class Sequence:
    """One paging sequence: who pages, with which cursor, over which inputs."""

    app: Application
    token: Any
    binding: Json

    def page(self) -> Page:
        """Where the sequence stands."""
        return self.app.cursors.read(self.token, self.binding, self.app.world.now)

    def records(self, page: Page, total: int, size: int, last: Json | None) -> Json:
        """The records block; `cursor` is left out on the last page (seen live)."""
        records: Json = {
            "totalRecords": total,
            "currentPageSize": size,
            "currentPageNumber": page.number,
        }
        distortion = self.app.distortion
        if page.number and distortion.kind == REPEATED_CURSOR:
            distortion.applied = True
            again = self.app.cursors.again(page) if distortion.fresh else self.token
            records["cursor"] = again
        elif last is not None and distortion.kind == LOST_CURSOR:
            distortion.applied = True
        elif last is not None:
            now = self.app.world.now
            records["cursor"] = self.app.cursors.issue(page, total, last, self.binding, now)
        return records

    def seen(self, rows: list[Row]) -> list[Row]:
        """The rows that may be seen."""
        hides = self.app.distortion.hides
        return [row for row in rows if not hides(identity_of_row(row))]

    def cut(self, page: Page, rows: list[Row], start: int) -> Slice:
        """The rows of a page that begins at a place of the list."""
        return cut(rows, start, PAGE_SIZE, page.number, page.payload, self.app.distortion)

    def serve(
        self, page: Page, part: Slice, last: Callable[[Row], Json], total: int | None = None
    ) -> "Served[Row]":
        """A page with its records block; the total is that of page one, else as given."""
        total = part.total if total is None else total
        cursor = None
        if part.more:
            cursor = {**(last(part.rows[-1]) if part.rows else {}), **part.memory}
        return Served(self.records(page, total, len(part.rows), cursor), part.rows)


def numbered(
    sequence: Sequence, rows: list[Row], last: Callable[[Row], Json], empty: ApiError | None
) -> Served[Row]:
    """Pages by number, as users do: rows added or removed between pages shift the rest."""
    page = sequence.page()
    part = sequence.cut(page, sequence.seen(rows), page.number * PAGE_SIZE)
    if empty is not None:
        nothing_on_first_page(page.number, part.rows, empty)
    return sequence.serve(page, part, last, page.total)


def keyed(
    sequence: Sequence,
    rows: list[Row],
    key: Callable[[Row], tuple[int, int]],
    empty: ApiError | None,
) -> Served[Row]:
    """Pages rows in order of a key by that of the last row: changes elsewhere shift nothing."""
    page, rows, start = sequence.page(), sequence.seen(rows), 0
    if "key" in page.payload:
        start = bisect_right(rows, (page.payload["time"], page.payload["key"]), key=key)
    part = sequence.cut(page, rows, start)
    if empty is not None:
        nothing_on_first_page(page.number, part.rows, empty)

    def last(row: Row) -> Json:
        time, number = key(row)
        return {"time": time, "key": number}

    return sequence.serve(page, part, last, page.total)


@dataclass(frozen=True)
class CallQuery:
    """Which calls a list asks for, by which of their times, and which of them may be shown."""

    order: CallOrder
    window: tuple[int | None, int | None]
    ids: list[str] | None
    wanted: Callable[[Call], bool]
    counted: Callable[[Call], bool]
    shown: Callable[[Call], bool]


def calls_page(sequence: Sequence, query: CallQuery, empty: ApiError) -> Served[Call]:
    """Pages calls by (time, id), oldest first; the total is that of page one (seen live)."""
    page = sequence.page()
    low, high = query.window
    start = FIRST if low is None else (low, 0)
    end = LAST if high is None else (high, 0)
    total = page.total
    if total is None:
        matching = _matching(sequence.app, query, start, end)
        total = sum(1 for call in matching if query.counted(call))
    place = 0
    if sequence.app.distortion.moves or "offset" in page.payload:
        # Only a list that is not as it is needs all of its rows.
        rows = [call for call in _matching(sequence.app, query, start, end) if query.shown(call)]
        if "position" in page.payload:
            after = (page.payload["position"], page.payload["callId"])
            place = bisect_right(rows, after, key=query.order.key)
        part = sequence.cut(page, rows, place)
        total -= len(rows) - part.total if page.total is None else 0
    else:
        if page.total is not None:
            start = (page.payload["position"], page.payload["callId"] + 1)
        rows = []
        for call in _matching(sequence.app, query, start, end):
            if query.shown(call):
                rows.append(call)
                if len(rows) > PAGE_SIZE:
                    break
        part = sequence.cut(page, rows, place)
    nothing_on_first_page(page.number, part.rows, empty)

    def last(call: Call) -> Json:
        position, number = query.order.key(call)
        time = moment(position).isoformat().replace("+00:00", "Z")
        return {"callId": number, "time": time, "position": position}

    return sequence.serve(page, part, last, total)


def _matching(
    app: Application, query: CallQuery, start: tuple[int, int], end: tuple[int, int]
) -> Iterable[Call]:
    """Existing calls of the window in order, narrowed to the wanted ones that may be seen."""
    store, hides = app.world.calls, app.distortion.hides
    if query.ids is None:
        found = (store.get(call_id) for call_id in query.order.between(start, end))
    else:
        known = [call for call in map(store.get, dict.fromkeys(query.ids)) if call is not None]
        known.sort(key=query.order.key)
        found = (call for call in known if start <= query.order.key(call) < end)
    wanted = (call for call in found if call is not None and query.wanted(call))
    return (call for call in wanted if not hides(call.id))
