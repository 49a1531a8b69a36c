"""Settings history on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_instant, the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.company.settings_history import SETTINGS, Row, SettingsHistory
from tests.emulator.errors import bad_request
from tests.emulator.operations.company.settings_history import serve_history
from tests.emulator.settings import Json


def settings_history(app: Application) -> list[Json]:
    """Every row of every user, with the user's id."""
    return [
        {"userId": person.id, **row}
        for person in app.world.directory.listed(avatars=False)
        for row in serve_history(app, person)
    ]


def add_settings_history(app: Application, body: Json) -> Json:
    """Add a row, now unless `time` says when; the user's own document is left alone."""
    person = the_user(app, str(body["userId"]))
    if body["setting"] not in SETTINGS:
        raise bad_request(f"unknown setting {body['setting']!r}")
    at = the_instant(body["time"]) if "time" in body else app.world.now
    rows = app.world.state(SettingsHistory).of(person)
    rows.append(Row(body["setting"], bool(body["value"]), at))
    rows.sort(key=lambda row: row.at)
    return {"userId": person.id}


KINDS: dict[str, Kind] = {"settings_history": settings_history}
CHANGES = by_name(add_settings_history)
