"""Meetings made through the API, on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind
from tests.emulator.domains.engage.meetings import Meetings
from tests.emulator.settings import Json


def meetings(app: Application) -> list[Json]:
    """Every meeting made through the API, as last sent."""
    state = app.world.state(Meetings)
    return [{"meetingId": meeting.id, **meeting.document} for meeting in state.meetings.values()]


KINDS: dict[str, Kind] = {"meetings": meetings}
