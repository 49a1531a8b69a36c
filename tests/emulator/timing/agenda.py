"""Actions due at a later time of the emulator's clock."""

import heapq
import itertools
from collections.abc import Callable


class Agenda:
    """Scheduled actions; each runs once, before the first request after its time."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def add(self, at: int, action: Callable[[], None]) -> None:
        """Schedule an action."""
        heapq.heappush(self._waiting, (at, next(self._order), action))

    def run_due(self, now: int) -> None:
        """Run the due actions in order of time."""
        while self._waiting and self._waiting[0][0] <= now:
            heapq.heappop(self._waiting)[2]()
