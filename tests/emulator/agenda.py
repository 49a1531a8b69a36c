"""What is to happen at a later time of the emulator's clock."""

import heapq
import itertools
from collections.abc import Callable


class Agenda:
    """Actions that wait for their time; each runs once, before the first request after it."""

    def __init__(self) -> None:
        """Nothing waits at first."""
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def add(self, at: int, action: Callable[[], None]) -> None:
        """Let an action wait until an instant."""
        heapq.heappush(self._waiting, (at, next(self._order), action))

    def run_due(self, now: int) -> None:
        """Run what waited long enough, in order of time."""
        while self._waiting and self._waiting[0][0] <= now:
            heapq.heappop(self._waiting)[2]()
