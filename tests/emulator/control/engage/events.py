"""Reported events on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind
from tests.emulator.domains.engage.reports import no_reports
from tests.emulator.settings import Json


def reported_events(app: Application) -> list[Json]:
    """Every event with an id, with the system that reported it."""
    events = app.world.state(no_reports).events
    return [{"reportedBy": key[0], **event} for key, event in events.items()]


KINDS: dict[str, Kind] = {"reported_events": reported_events}
