"""Activities on the control surface."""

from datetime import date

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind
from tests.emulator.settings import Json


def activity_events(app: Application) -> list[Json]:
    """Every activity of the days before today, each once per user, day and call."""
    return [
        {
            "user_id": event.user,
            "day": event.day.isoformat(),
            "activity": event.activity,
            "call_id": event.call.id,
        }
        for event in app.world.events(date(1970, 1, 1), app.world.today)
    ]


KINDS: dict[str, Kind] = {"activity_events": activity_events}
