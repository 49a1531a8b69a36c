"""Calls by id and by time, so that a page is found by bisection and not by a scan."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator

from tests.emulator.world.calls.skeletons import Call

Key = tuple[int, int]
FIRST: Key = (-(2**80), 0)
LAST: Key = (2**80, 0)


class CallOrder:
    """All calls in the order of one of their times."""

    def __init__(self, calls: list[Call], time_of: Callable[[Call], int]) -> None:
        """Sort once; later changes insert in place."""
        self._time_of = time_of
        pairs = sorted((self.key(call), call.id) for call in calls)
        self._keys = [key for key, _ in pairs]
        self._ids = [call_id for _, call_id in pairs]

    def key(self, call: Call) -> Key:
        """The keyset key of a call: time, then id."""
        return self._time_of(call), int(call.id)

    def add(self, call: Call) -> None:
        """Insert a call in its place."""
        key = self.key(call)
        insort(self._keys, key)
        self._ids.insert(bisect_left(self._keys, key), call.id)

    def remove(self, call: Call) -> None:
        """Take a call out of its place."""
        place = bisect_left(self._keys, self.key(call))
        del self._keys[place]
        del self._ids[place]

    def between(self, start: Key, end: Key) -> Iterator[str]:
        """Ids of the calls with start <= key < end, in order."""
        for place in range(bisect_left(self._keys, start), len(self._keys)):
            if self._keys[place] >= end:
                return
            yield self._ids[place]


class CallStore:
    """The calls one emulator serves."""

    def __init__(self, calls: list[Call]) -> None:
        """Index the calls by id, by start and by the time /v2/calls lists them under."""
        self._by_id = {call.id: call for call in calls}
        self.by_start = CallOrder(calls, lambda call: call.started)
        self.by_listing = CallOrder(calls, lambda call: call.listed_time)
        self.deleted: set[str] = set()

    def all(self) -> Iterator[Call]:
        """Every call that is not deleted, listed yet or not."""
        return (call for call in self._by_id.values() if call.id not in self.deleted)

    def get(self, call_id: str) -> Call | None:
        """The call with an id unless it is deleted, listed yet or not."""
        return None if call_id in self.deleted else self._by_id.get(call_id)

    def knows(self, call_id: str) -> bool:
        """Whether an id was ever a call's, deleted or not."""
        return call_id in self._by_id

    def add(self, call: Call) -> None:
        """Add a call, or replace the one with the same id."""
        old = self._by_id.get(call.id)
        for order in (self.by_start, self.by_listing):
            if old is not None:
                order.remove(old)
            order.add(call)
        self._by_id[call.id] = call
