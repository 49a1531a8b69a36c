"""The filter and the paging that the statistics have in common."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.emulator.application import Application
from tests.emulator.errors import bad_request, not_found, unknown_users
from tests.emulator.inputs.fields import Fields
from tests.emulator.operations.stats.periods import Span
from tests.emulator.paging.pages import Served, numbered
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.windows import within
from tests.emulator.world.company.people import Person

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
    """Read a stats filter: required days, none beyond the company's present one."""
    # these alone are worded like this live; beside them `aggregationPeriod` is not
    filters.require("fromDate", "toDate", text="may not be null")
    start, end = filters.days("fromDate", "toDate")
    assert start is not None
    assert end is not None
    if end > app.world.today or start > app.world.today:
        raise bad_request("The date(s) should not exceed the current day.")
    users = filters.ids("userIds")
    if users is not None:
        known = app.world.directory
        strangers = [user for user in users if not _is_active(known.find(user))]
        if strangers:
            raise unknown_users(strangers)
    created = filters.window("createdFromDateTime", "createdToDateTime")
    return StatsQuery(Span(start, end), users, created)


def _is_active(person: Person | None) -> bool:
    """Ids outside the active users fail a whole request (seen live)."""
    return person is not None and person.active


def users_page(
    app: Application, request: Request, operation: str, users: Iterable[str], empty: str
) -> Served[Person]:
    """The users that have something to show, by id, a hundred at a time."""
    binding = {
        "operation": operation,
        **{name: request.body.get(name) for name in ("filter", "aggregationPeriod")},
    }
    people = [person for person in map(app.world.directory.find, users) if person is not None]
    people.sort(key=lambda person: person.sort_key)
    sequence = app.sequence(request.body_fields.text("cursor"), binding)
    return numbered(sequence, people, lambda person: {"userId": int(person.id)}, not_found(empty))


def who(person: Person) -> Json:
    return {"userId": person.id, "userEmailAddress": person.email}


def echo(app: Application, days: Span) -> Json:
    """The range and zone that the aggregate and interaction answers repeat (Gong's OpenAPI)."""
    zone = app.world.zone
    return {
        "fromDateTime": zone.start_of(days.start),
        "toDateTime": zone.start_of(days.end),
        "timeZone": zone.name,
    }
