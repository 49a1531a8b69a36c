"""The one list of activities that all statistics are counted from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tests.emulator.calls import Call
from tests.emulator.instants import CompanyZone
from tests.emulator.reviews import Review
from tests.emulator.social import Social

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
    """A user did (or received) something about a call on a company day; known from `at` on."""

    user: str
    day: date
    activity: str
    call: Call
    at: int


def call_events(
    zone: CompanyZone, call: Call, social: Social, reviews: Iterable[Review]
) -> list[Event]:
    """All activities around one call; repeats within a day are not yet removed."""
    events = [Event(call.host, zone.day(call.started), "callsAsHost", call, call.processed)]

    def add(user: str, at: int, activity: str) -> None:
        events.append(Event(user, zone.day(at), activity, call, max(at, call.processed)))

    for attendee in call.attendees:
        add(attendee, call.started, "callsAttended")
    for comment in social.comments:
        add(comment.user, comment.at, "callsCommentsGiven")
        if comment.user != call.host:
            add(call.host, comment.at, "callsCommentsReceived")
    for deed in social.deeds:
        for user, activity in _activities(deed.kind, deed.user, call.host):
            add(user, deed.at, activity)
    for review in reviews:
        if review.reviewer is not None:
            add(review.reviewer, review.at, "callsScorecardsFilled")
            add(call.host, review.at, "callsScorecardsReceived")
    return events


def _activities(kind: str, user: str, host: str) -> list[tuple[str, str]]:
    """Who is credited with what for a deed (Gong's OpenAPI, description of the counters)."""
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
