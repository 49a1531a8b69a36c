"""Coaching events: activities of managers on calls of their direct reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.emulator.settings import Json
from tests.emulator.timing.instants import moment
from tests.emulator.timing.windows import within
from tests.emulator.world.world import World

# Each metric is the manager's own activity on a call that a direct report hosted.
METRICS = {
    "othersCallsListenedTo": "callsListenedTo",
    "callsAttended": "callsManagerAttended",
    "callsGaveFeedback": "callsWithFeedback",
    "callsCommentsGiven": "callsManagerCommentedOn",
    "callsScorecardsFilled": "callsWithScorecardFilled",
}


@dataclass(frozen=True, slots=True)
class Coached:
    """One activity of a manager on a call of a direct report."""

    workspace: str
    manager: str
    report: str
    metric: str
    call: str
    at: int

    def document(self) -> Json:
        """The event as a truth item; the API serves only sums of events."""
        return {
            "workspaceId": self.workspace,
            "managerId": self.manager,
            "reportId": self.report,
            "metric": self.metric,
            "callId": self.call,
            "time": moment(self.at).isoformat(),
        }


class Coaching:
    """Events beyond those that follow from the activities."""

    def __init__(self, world: World) -> None:
        """There are none until a test adds one."""
        self.added: list[Coached] = []


def coaching_events(world: World, window: tuple[int | None, int | None]) -> Iterator[Coached]:
    """Known events of a window: of existing calls, between existing users, as managed now."""
    managers = {
        person.id: person.document["managerId"] for person in world.directory.listed(avatars=False)
    }
    added = (event for event in world.state(Coaching).added if world.calls.get(event.call))
    for event in (*_made(world, managers), *added):
        managed = managers.get(event.report) == event.manager and event.manager in managers
        if managed and event.at <= world.now and within(event.at, window):
            yield event


def _made(world: World, managers: dict[str, str | None]) -> Iterator[Coached]:
    """Events derived from the activities of hosts' managers."""
    gone = world.seeded_calls.deleted
    # An event is known no earlier than its call is listed, which can be after its own day; so
    # the days cannot be narrowed by the window.
    for event in world.derived.events(date(1970, 1, 1), world.today + timedelta(days=1)):
        host = event.call.host
        coached = event.activity in METRICS and managers.get(host) == event.user
        if coached and event.call.id not in gone:
            metric, call = METRICS[event.activity], event.call
            yield Coached(call.workspace, event.user, host, metric, call.id, event.at)
