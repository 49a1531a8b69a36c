"""Pages calls by time and id."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.emulator.errors import ApiError
from tests.emulator.paging.pages import PAGE_SIZE, Sequence, Served, nothing_on_first_page
from tests.emulator.settings import Json
from tests.emulator.timing.instants import moment
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.calls.store import FIRST, LAST, CallOrder, CallStore


@dataclass(frozen=True)
class CallQuery:
    """The calls a list selects, the time that orders them, and the visible ones."""

    store: CallStore
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
        matching = _matching(sequence, query, start, end)
        total = sum(1 for call in matching if query.counted(call))
    place = 0
    if sequence.distortion.moves or "offset" in page.payload:
        # Only a faulty list needs all of its rows.
        rows = [call for call in _matching(sequence, query, start, end) if query.shown(call)]
        if "position" in page.payload:
            after = (page.payload["position"], page.payload["callId"])
            place = bisect_right(rows, after, key=query.order.key)
        part = sequence.cut(page, rows, place)
        total -= len(rows) - part.total if page.total is None else 0
    else:
        if page.total is not None:
            start = (page.payload["position"], page.payload["callId"] + 1)
        rows = []
        for call in _matching(sequence, query, start, end):
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
    sequence: Sequence, query: CallQuery, start: tuple[int, int], end: tuple[int, int]
) -> Iterable[Call]:
    """Existing calls of the window in order, narrowed to the wanted and visible calls."""
    store, hides = query.store, sequence.distortion.hides
    if query.ids is None:
        candidates = (store.get(call_id) for call_id in query.order.between(start, end))
    else:
        known = [call for call in map(store.get, dict.fromkeys(query.ids)) if call is not None]
        known.sort(key=query.order.key)
        candidates = (call for call in known if start <= query.order.key(call) < end)
    wanted = (call for call in candidates if call is not None and query.wanted(call))
    return (call for call in wanted if not hides(call.id))
