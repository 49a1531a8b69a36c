"""Three views of one list of activities: aggregate, by period, day by day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from tests.emulator.application import Application
from tests.emulator.errors import NO_ACTIVITY
from tests.emulator.operations.routing import Route
from tests.emulator.operations.stats.periods import PERIODS, Span, split
from tests.emulator.operations.stats.query import StatsQuery, echo, read_query, users_page, who
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.world.activity.events import ACTIVITIES, Event


def _events_by_user(app: Application, query: StatsQuery) -> dict[str, list[Event]]:
    """The wanted activities of each user that has any."""
    events_by_user: defaultdict[str, list[Event]] = defaultdict(list)
    for event in app.world.events(query.days.start, query.days.end):
        events_by_user[event.user].append(event)
    directory = app.world.directory
    return {
        user: events for user, events in events_by_user.items() if query.wants(directory.find(user))
    }


def _counts(events: Iterable[Event]) -> Json:
    """All counters; the same activity on two days counts twice, twice on one day once."""
    counts = dict.fromkeys(ACTIVITIES, 0)
    for event in events:
        counts[event.activity] += 1
    return counts


def aggregate(app: Application, request: Request) -> Json:
    """POST /v2/stats/activity/aggregate: counters of each user over the whole range."""
    query = read_query(app, request.body_fields.inner("filter", required=True))
    events = _events_by_user(app, query)
    page = users_page(app, request, "aggregate", events, NO_ACTIVITY)
    rows = [
        {**who(person), "userAggregateActivityStats": _counts(events[person.id])}
        for person in page.rows
    ]
    return {
        "records": page.records,
        "usersAggregateActivityStats": rows,
        **echo(app, query.days),
    }


def aggregate_by_period(app: Application, request: Request) -> Json:
    """POST /v2/stats/activity/aggregate-by-period: counters per period, the edges clipped."""
    body = request.body_fields
    filters = body.inner("filter", required=True)
    body.require("aggregationPeriod")
    period = str(body.choice("aggregationPeriod", PERIODS))
    query = read_query(app, filters)
    events = _events_by_user(app, query)
    page = users_page(app, request, "by-period", events, NO_ACTIVITY)
    spans = split(query.days, period)
    rows = [
        {**who(person), "userAggregateActivity": _per_span(app, events[person.id], spans)}
        for person in page.rows
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
    events = _events_by_user(app, query)
    page = users_page(app, request, "day-by-day", events, NO_ACTIVITY)
    rows = [
        {**who(person), "userDailyActivityStats": _per_day(app, events[person.id])}
        for person in page.rows
    ]
    return {"records": page.records, "usersDetailedActivities": rows}


def _per_day(app: Application, events: list[Event]) -> list[Json]:
    """One user's call ids per activity and day."""
    days: dict[date, Json] = {}
    for event in sorted(events, key=lambda item: (item.day, item.activity, int(item.call.id))):
        if event.day not in days:
            days[event.day] = {activity: [] for activity in ACTIVITIES}
        days[event.day][event.activity].append(event.call.id)
    zone = app.world.zone
    return [
        {**lists, "fromDate": zone.start_of(day), "toDate": zone.start_of(Span.of(day).end)}
        for day, lists in days.items()
    ]


_STATS = "/v2/stats/activity"
_BY_PERIOD = f"{_STATS}/aggregate-by-period"
_BY_DAY = f"{_STATS}/day-by-day"
ROUTES = (
    Route("POST", f"{_STATS}/aggregate", "api:stats:user-actions", aggregate, paged=True),
    Route("POST", _BY_PERIOD, "api:stats:user-actions", aggregate_by_period, paged=True),
    Route("POST", _BY_DAY, "api:stats:user-actions:detailed", day_by_day, paged=True),
)
