"""Cuts results into pages of one hundred with the records block the API puts beside them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tests.emulator.calls import Call
from tests.emulator.cursors import Page
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
        if last is not None:
            now = self.app.world.now
            records["cursor"] = self.app.cursors.issue(page, total, last, self.binding, now)
        return records


def numbered(
    sequence: Sequence, rows: list[Row], last: Callable[[Row], Json], empty: ApiError | None
) -> Served[Row]:
    """Pages by number, as users do: rows added or removed between pages shift the rest."""
    page = sequence.page()
    cut = rows[page.number * PAGE_SIZE : (page.number + 1) * PAGE_SIZE]
    if empty is not None:
        nothing_on_first_page(page.number, cut, empty)
    total = len(rows) if page.total is None else page.total
    more = len(rows) > (page.number + 1) * PAGE_SIZE
    return Served(sequence.records(page, total, len(cut), last(cut[-1]) if more else None), cut)


def keyed(
    sequence: Sequence,
    rows: list[Row],
    key: Callable[[Row], tuple[int, int]],
    empty: ApiError | None,
) -> Served[Row]:
    """Pages by the key of the last row, so that changes elsewhere cannot shift a row."""
    page = sequence.page()
    left = rows
    if page.number:
        after = (page.payload["time"], page.payload["key"])
        left = [row for row in rows if key(row) > after]
    if empty is not None:
        nothing_on_first_page(page.number, left, empty)
    cut = left[:PAGE_SIZE]
    last = None
    if len(left) > PAGE_SIZE:
        time, number = key(cut[-1])
        last = {"time": time, "key": number}
    total = len(rows) if page.total is None else page.total
    return Served(sequence.records(page, total, len(cut), last), cut)


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
    else:
        start = (page.payload["position"], page.payload["callId"] + 1)
    rows: list[Call] = []
    for call in _matching(sequence.app, query, start, end):
        if query.shown(call):
            rows.append(call)
            if len(rows) > PAGE_SIZE:
                break
    nothing_on_first_page(page.number, rows, empty)
    cut, last = rows[:PAGE_SIZE], None
    if len(rows) > PAGE_SIZE:
        position, number = query.order.key(cut[-1])
        time = moment(position).isoformat().replace("+00:00", "Z")
        last = {"callId": number, "time": time, "position": position}
    return Served(sequence.records(page, total, len(cut), last), cut)


def _matching(
    app: Application, query: CallQuery, start: tuple[int, int], end: tuple[int, int]
) -> Iterable[Call]:
    """Existing calls of the window in order, narrowed to the wanted ones."""
    store = app.world.calls
    if query.ids is None:
        found = (store.get(call_id) for call_id in query.order.between(start, end))
    else:
        known = [call for call in map(store.get, dict.fromkeys(query.ids)) if call is not None]
        known.sort(key=query.order.key)
        found = (call for call in known if start <= query.order.key(call) < end)
    return (call for call in found if call is not None and query.wanted(call))
