"""Trackers, call outcomes and scorecards on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind
from tests.emulator.operations.company.definitions import served_list
from tests.emulator.settings import Json


def trackers(app: Application) -> list[Json]:
    """Every keyword tracker."""
    return served_list(app, "trackers", app.world.catalog.keyword_trackers)


def call_outcomes(app: Application) -> list[Json]:
    """Every outcome of the dialer."""
    return served_list(app, "call_outcomes", app.world.catalog.outcomes)


def scorecards(app: Application) -> list[Json]:
    """Every scorecard."""
    return served_list(app, "scorecards", app.world.catalog.scorecards)


KINDS: dict[str, Kind] = {
    "trackers": trackers,
    "call_outcomes": call_outcomes,
    "scorecards": scorecards,
}
