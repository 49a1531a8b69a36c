"""The statistics operations: three views of one list of activities, averages, and reviews."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tests.emulator.activity import ACTIVITIES, Event
from tests.emulator.errors import (
    NO_ACTIVITY,
    NO_ANSWERED_SCORECARDS,
    NO_STATS,
    bad_request,
    not_found,
    unknown_users,
)
from tests.emulator.interaction import STAT_NAMES
from tests.emulator.paging import Sequence, Served, keyed, numbered
from tests.emulator.people import Person
from tests.emulator.periods import PERIODS, Span, split
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.validation import Fields, day_within, within

Window = tuple[int | None, int | None]


@dataclass(frozen=True)
class StatsQuery:
    """The common filter of the statistics: company days, users, users' creation."""

    days: Span
    users: list[str] | None
    created: Window

    def wants(self, person: Person | None) -> bool:
        """Whether a user is asked for."""
        if person is None or not within(person.created, self.created):
            return False
        return self.users is None or person.id in self.users


def read_query(app: Application, filters: Fields) -> StatsQuery:
    """Read a stats filter: required bare dates, none beyond the company's present day."""
    filters.require("fromDate", "toDate")
    start, end = filters.days("fromDate", "toDate")
    assert start is not None
    assert end is not None
    if end > app.world.today or start > app.world.today:
        raise bad_request("The date(s) should not exceed the current day.")
    users = filters.ids("userIds")
    if users is not None:
        known = app.world.directory
        strangers = [one for one in users if not _is_active(known.find(one))]
        if strangers:
            raise unknown_users(strangers)
    created = filters.window("createdFromDateTime", "createdToDateTime")
    return StatsQuery(Span(start, end), users, created)


def _is_active(person: Person | None) -> bool:
    """Ids outside the active users fail a whole request (seen live)."""
    return person is not None and person.active


def _events_by_user(app: Application, query: StatsQuery) -> dict[str, list[Event]]:
    """The wanted activities of each user that has any."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in app.world.events(query.days.start, query.days.end):
        found[event.user].append(event)
    directory = app.world.directory
    return {user: events for user, events in found.items() if query.wants(directory.find(user))}


def _paged(
    app: Application, request: Request, operation: str, users: Iterable[str], empty: str
) -> Served[Person]:
    """The users that have something to show, by id, a hundred at a time."""
    binding = {
        "operation": operation,
        **{name: request.body.get(name) for name in ("filter", "aggregationPeriod")},
    }
    people = [person for person in map(app.world.directory.find, users) if person is not None]
    people.sort(key=lambda person: person.sort_key)
    sequence = Sequence(app, request.body_fields.text("cursor"), binding)
    return numbered(sequence, people, lambda person: {"userId": int(person.id)}, not_found(empty))


def _who(person: Person) -> Json:
    return {"userId": person.id, "userEmailAddress": person.email}


def _counts(events: Iterable[Event]) -> Json:
    """All counters; the same activity on two days counts twice, twice on one day once."""
    counts = dict.fromkeys(ACTIVITIES, 0)
    for event in events:
        counts[event.activity] += 1
    return counts


def _echo(app: Application, days: Span) -> Json:
    """The range and zone that the aggregate and interaction answers repeat (Gong's OpenAPI)."""
    zone = app.world.zone
    return {
        "fromDateTime": zone.start_of(days.start),
        "toDateTime": zone.start_of(days.end),
        "timeZone": zone.name,
    }


def aggregate(app: Application, request: Request) -> Json:
    """POST /v2/stats/activity/aggregate: counters of each user over the whole range."""
    query = read_query(app, request.body_fields.inner("filter", required=True))
    found = _events_by_user(app, query)
    page = _paged(app, request, "aggregate", found, NO_ACTIVITY)
    rows = [
        {**_who(one), "userAggregateActivityStats": _counts(found[one.id])} for one in page.rows
    ]
    return {
        "records": page.records,
        "usersAggregateActivityStats": rows,
        **_echo(app, query.days),
    }


def aggregate_by_period(app: Application, request: Request) -> Json:
    """POST /v2/stats/activity/aggregate-by-period: counters per period, the edges clipped."""
    body = request.body_fields
    filters = body.inner("filter", required=True)
    body.require("aggregationPeriod")
    period = str(body.choice("aggregationPeriod", PERIODS))
    query = read_query(app, filters)
    found = _events_by_user(app, query)
    page = _paged(app, request, "by-period", found, NO_ACTIVITY)
    spans = split(query.days, period)
    rows = [
        {**_who(one), "userAggregateActivity": _per_span(app, found[one.id], spans)}
        for one in page.rows
    ]
    return {"records": page.records, "usersAggregateActivity": rows}


def _per_span(app: Application, events: list[Event], spans: list[Span]) -> list[Json]:
    """One user's counters for each consecutive span, empty spans included."""
    zone, starts = app.world.zone, [span.start for span in spans]
    inside: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        inside[bisect_right(starts, event.day) - 1].append(event)
    return [
        {
            **_counts(inside.get(number, ())),
            "fromDate": zone.start_of(span.start),
            "toDate": zone.start_of(span.end),
        }
        for number, span in enumerate(spans)
    ]


def day_by_day(app: Application, request: Request) -> Json:
    """POST /v2/stats/activity/day-by-day: call ids per activity, for days with any."""
    query = read_query(app, request.body_fields.inner("filter", required=True))
    found = _events_by_user(app, query)
    page = _paged(app, request, "day-by-day", found, NO_ACTIVITY)
    rows = [
        {**_who(one), "userDailyActivityStats": _per_day(app, found[one.id])} for one in page.rows
    ]
    return {"records": page.records, "usersDetailedActivities": rows}


def _per_day(app: Application, events: list[Event]) -> list[Json]:
    """One user's call ids per activity and day."""
    days: dict[date, Json] = {}
    for event in sorted(events, key=lambda one: (one.day, one.activity, int(one.call.id))):
        if event.day not in days:
            days[event.day] = {activity: [] for activity in ACTIVITIES}
        days[event.day][event.activity].append(event.call.id)
    zone = app.world.zone
    return [
        {**lists, "fromDate": zone.start_of(day), "toDate": zone.start_of(Span.of(day).end)}
        for day, lists in days.items()
    ]


def interaction(app: Application, request: Request) -> Json:
    """POST /v2/stats/interaction: means over the calls each user hosted in the range."""
    query = read_query(app, request.body_fields.inner("filter", required=True))
    values = _interaction_values(app, query)
    page = _paged(app, request, "interaction", values, NO_STATS)
    rows = [
        {
            **_who(one),
            "personInteractionStats": [
                {"name": name, "value": sum(found) / len(found)}
                for name, found in values[one.id].items()
            ],
        }
        for one in page.rows
    ]
    return {"records": page.records, "peopleInteractionStats": rows, **_echo(app, query.days)}


def _interaction_values(app: Application, query: StatsQuery) -> dict[str, dict[str, list[float]]]:
    """Per host and statistic, the values of the host's analysed calls."""
    world = app.world
    start, end = world.zone.midnight(query.days.start), world.zone.midnight(query.days.end)
    values: dict[str, dict[str, list[float]]] = {}
    for call_id in world.seeded_calls.by_start.between((start, 0), (end, 0)):
        call = world.seeded_calls.get(call_id)
        if call is None or not world.is_listed(call):
            continue
        numbers = world.host_numbers(call)
        if numbers is None or not query.wants(world.directory.find(call.host)):
            continue
        names = (*STAT_NAMES, "Question Rate")
        mine = values.setdefault(call.host, {name: [] for name in names})
        for stat in numbers["interactionStats"]:
            mine[stat["name"]].append(stat["value"])
        mine["Question Rate"].append(numbers["questions"]["companyCount"])
    return values


def answered_scorecards(app: Application, request: Request) -> Json:
    """POST /v2/stats/activity/scorecards: reviews by review day and call day; MANUAL unless asked.

    Days are company days and the end is exclusive (seen live).
    """
    body, zone = request.body_fields, app.world.zone
    filters = body.inner("filter", required=True)
    calls = filters.days("callFromDate", "callToDate")
    reviewed = filters.days("reviewFromDate", "reviewToDate")
    method = filters.choice("reviewMethod", ("AUTOMATIC", "MANUAL", "BOTH")) or "MANUAL"
    users, cards = filters.ids("reviewedUserIds"), filters.ids("scorecardIds")
    rows = [
        review
        for review in app.world.reviews()
        if method in ("BOTH", review.document["reviewMethod"])
        and (users is None or review.document["reviewedUserId"] in users)
        and (cards is None or review.document["scorecardId"] in cards)
        and day_within(zone.day(review.at), reviewed)
        and day_within(zone.day(review.call.started), calls)
    ]
    binding = {"operation": "scorecards", "filter": filters.values}
    sequence = Sequence(app, body.text("cursor"), binding)
    empty = not_found(NO_ANSWERED_SCORECARDS)
    page = keyed(sequence, rows, lambda review: review.sort_key, empty)
    edits = app.world.edits
    served = [edits.review(review.id, review.document) for review in page.rows]
    return {"records": page.records, "answeredScorecards": served}


_STATS = "/v2/stats/activity"
ROUTES = (
    Route("POST", f"{_STATS}/aggregate", "api:stats:user-actions", aggregate, paged=True),
    Route(
        "POST",
        f"{_STATS}/aggregate-by-period",
        "api:stats:user-actions",
        aggregate_by_period,
        paged=True,
    ),
    Route(
        "POST", f"{_STATS}/day-by-day", "api:stats:user-actions:detailed", day_by_day, paged=True
    ),
    Route("POST", "/v2/stats/interaction", "api:stats:interaction", interaction, paged=True),
    Route("POST", f"{_STATS}/scorecards", "api:stats:scorecards", answered_scorecards, paged=True),
)
