"""Averages of interaction numbers per host."""

from tests.emulator.application import Application
from tests.emulator.errors import NO_STATS
from tests.emulator.operations.routing import Route
from tests.emulator.operations.stats.query import StatsQuery, echo, read_query, users_page, who
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.world.content.interaction import STAT_NAMES


def interaction(app: Application, request: Request) -> Json:
    """POST /v2/stats/interaction: means over the calls each user hosted in the range."""
    query = read_query(app, request.body_fields.inner("filter", required=True))
    values = _interaction_values(app, query)
    page = users_page(app, request, "interaction", values, NO_STATS)
    rows = [
        {
            **who(person),
            "personInteractionStats": [
                {"name": name, "value": sum(numbers) / len(numbers)}
                for name, numbers in values[person.id].items()
            ],
        }
        for person in page.rows
    ]
    return {"records": page.records, "peopleInteractionStats": rows, **echo(app, query.days)}


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


ROUTES = (Route("POST", "/v2/stats/interaction", "api:stats:interaction", interaction, paged=True),)
