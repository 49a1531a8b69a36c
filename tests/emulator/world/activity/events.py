"""The one list of activities that all statistics are counted from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tests.emulator.timing.instants import CompanyZone
from tests.emulator.world.activity.collaboration import Collaboration
from tests.emulator.world.activity.reviews import Review
from tests.emulator.world.calls.skeletons import Call

ACTIVITIES = (
    "callsAsHost",
    "callsGaveFeedback",
    "callsRequestedFeedback",
    "callsReceivedFeedback",
    "ownCallsListenedTo",
    "othersCallsListenedTo",
    "callsSharedInternally",
    "callsSharedExternally",
    "callsScorecardsFilled",
    "callsScorecardsReceived",
    "callsAttended",
    "callsCommentsGiven",
    "callsCommentsReceived",
    "callsMarkedAsFeedbackGiven",
    "callsMarkedAsFeedbackReceived",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One activity of a user on a call and company day; known from `at` on."""

    user: str
    day: date
    activity: str
    call: Call
    at: int


def call_events(
    zone: CompanyZone, call: Call, collaboration: Collaboration, reviews: Iterable[Review]
) -> list[Event]:
    """All activities around one call; repeats within a day are not yet removed."""
    events = [Event(call.host, zone.day(call.started), "callsAsHost", call, call.processed)]

    def add(user: str, at: int, activity: str) -> None:
        events.append(Event(user, zone.day(at), activity, call, max(at, call.processed)))

    for attendee in call.attendees:
        add(attendee, call.started, "callsAttended")
    for comment in collaboration.comments:
        add(comment.user, comment.at, "callsCommentsGiven")
        if comment.user != call.host:
            add(call.host, comment.at, "callsCommentsReceived")
    for action in collaboration.actions:
        for user, activity in _activities(action.kind, action.user, call.host):
            add(user, action.at, activity)
    for review in reviews:
        if review.reviewer is not None:
            add(review.reviewer, review.at, "callsScorecardsFilled")
            add(call.host, review.at, "callsScorecardsReceived")
    return events


def _activities(kind: str, user: str, host: str) -> list[tuple[str, str]]:
    """The users and counters that an action counts for (Gong's OpenAPI)."""
    if kind == "listen":
        return [(user, "ownCallsListenedTo" if user == host else "othersCallsListenedTo")]
    if kind == "share_inside":
        return [(user, "callsSharedInternally")]
    if kind == "share_outside":
        return [(user, "callsSharedExternally")]
    if kind == "request_feedback":
        return [(user, "callsRequestedFeedback")]
    given, received = {
        "give_feedback": ("callsGaveFeedback", "callsReceivedFeedback"),
        "mark_reviewed": ("callsMarkedAsFeedbackGiven", "callsMarkedAsFeedbackReceived"),
    }[kind]
    return [(user, given), (host, received)]
