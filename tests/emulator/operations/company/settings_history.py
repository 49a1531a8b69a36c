"""The history of users' settings: ten rows at creation, then one per change."""

from tests.emulator.application import Application
from tests.emulator.domains.company.settings_history import SettingsHistory
from tests.emulator.errors import not_found
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.world.company.people import Person


def read_history(app: Application, request: Request) -> Json:
    """GET /v2/users/{id}/settings-history: unpaged; avatars have one too."""
    person = app.world.directory.find(request.arguments[0])
    if person is None:
        raise not_found("User not found")
    return {"userSettingsHistory": serve_history(app, person)}


def serve_history(app: Application, person: Person) -> list[Json]:
    world = app.world
    return [
        world.edits.with_unknown(
            "settings_history",
            {"setting": row.setting, "value": row.value, "time": world.zone.millis(row.at)},
        )
        for row in world.state(SettingsHistory).of(person)
        if row.at <= world.now
    ]


ROUTES = (Route("GET", "/v2/users/{id}/settings-history", "api:users:read", read_history),)
