"""Records derived from calls: activities, reviews and logs; built on first use."""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from tests.emulator.timing.instants import CompanyZone
from tests.emulator.world.activity import logs
from tests.emulator.world.activity.collaboration import Action, Collaboration
from tests.emulator.world.activity.events import Event, call_events
from tests.emulator.world.activity.logs import LogEntry, LogMaker
from tests.emulator.world.activity.reviews import Review, Reviewer
from tests.emulator.world.calls.skeletons import Call

EventKey = tuple[str, str, str]


class DerivedRecords:
    """Activities by day, reviews by time and logs by type, of every seeded call."""

    def __init__(
        self,
        zone: CompanyZone,
        collaboration: Callable[[Call], Collaboration],
        reviewer: Reviewer,
        maker: LogMaker,
    ) -> None:
        """Start empty; `include` adds calls."""
        self._zone = zone
        self._collaboration = collaboration
        self._reviewer = reviewer
        self._maker = maker
        self._by_day: dict[date, dict[EventKey, Event]] = {}
        self._actions: list[tuple[Call, Action]] = []
        self._logs: dict[str, list[LogEntry]] = {}
        self.reviews: list[Review] = []

    def include(self, calls: Iterable[Call]) -> None:
        """Derive the records of some calls."""
        for call in calls:
            collaboration = self._collaboration(call)
            reviews = self._reviewer.reviews(call)
            for review in reviews:
                insort(self.reviews, review, key=lambda known: known.sort_key)
            self._actions += [(call, action) for action in collaboration.actions]
            for event in call_events(self._zone, call, collaboration, reviews):
                known = self._by_day.setdefault(event.day, {})
                key = (event.user, event.activity, event.call.id)
                if key not in known or known[key].at > event.at:
                    known[key] = event
        self._logs.clear()

    def events(self, start: date, end: date) -> Iterator[Event]:
        """Activities of the days start <= day < end, each once per day."""
        if (end - start).days > len(self._by_day):
            days = sorted(day for day in self._by_day if start <= day < end)
        else:
            days = [start + timedelta(days=number) for number in range((end - start).days)]
        for day in days:
            yield from self._by_day.get(day, {}).values()

    def log(self, kind: str) -> list[LogEntry]:
        """All entries of a log type in order of time, future ones included."""
        if kind not in self._logs:
            self._logs[kind] = self._make_log(kind)
        return self._logs[kind]

    def _make_log(self, kind: str) -> list[LogEntry]:
        if kind == logs.ACTIVITY:
            return self._maker.activity()
        if kind == logs.ACCESS:
            return self._maker.access()
        wanted = "listen" if kind == logs.PLAY else "share_outside"
        actions = [pair for pair in self._actions if pair[1].kind == wanted]
        return self._maker.from_actions(kind, actions)
