"""The history of users' settings: ten rows at creation, then one per change."""

from dataclasses import dataclass

from tests.emulator.chance import stream
from tests.emulator.errors import bad_request, not_found
from tests.emulator.instants import DAY, HOUR
from tests.emulator.lookups import the_instant, the_user
from tests.emulator.people import Person
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.world import World

# The names of the history are not all those of a user's `settings` (seen live).
SETTINGS = {
    "preventWebConferenceRecording": "preventWebConferenceRecording",
    "preventEmailImport": "preventEmailImport",
    "gongConnectEnabled": "gongConnectEnabled",
    "interviewsRecorded": None,
    "callsImported": "telephonyCallsImported",
    "nonRecordedMeetingsImported": "nonRecordedMeetingsImported",
    "webConferencesRecorded": "webConferencesRecorded",
    "emailsImported": "emailsImported",
    "active": None,
    "preventInterviewRecording": None,
}
# Users who have one setting set twice in the same millisecond, to different values.
TWICE_AT_ONCE = (1, 2)


@dataclass(frozen=True)
class Row:
    """One setting of one user, set at a time."""

    setting: str
    value: bool
    at: int


class SettingsHistory:
    """The rows of every user, drawn when first asked for."""

    def __init__(self, world: World) -> None:
        """Keep what rows are drawn from."""
        self._seed = world.settings.seed
        self._born = world.born
        self._ranks = {person.id: rank for rank, person in enumerate(world.staff)}
        self._opening = {person.id: person for person in world.staff}
        self._rows: dict[str, list[Row]] = {}

    def of(self, person: Person) -> list[Row]:
        """A user's rows in order of time; the last of a setting is what the user began with."""
        if person.id not in self._rows:
            self._rows[person.id] = self._draw(self._opening.get(person.id, person))
        return self._rows[person.id]

    def _draw(self, person: Person) -> list[Row]:
        rng = stream(self._seed, "settings history", person.id)
        names = list(SETTINGS)
        rng.shuffle(names)
        rows = {name: [Row(name, _present(person, name), person.created)] for name in names}
        span = self._born - person.created
        for name in rng.sample(names, rng.randrange(5)) if span > DAY else ():
            self._change(rows[name], person.created + rng.randrange(HOUR, span) // 1000 * 1000)
        if self._ranks.get(person.id) in TWICE_AT_ONCE and span > DAY:
            twice = rows[names[0]]
            at = twice[-1].at + (self._born - twice[-1].at) // 2000 * 1000
            self._change(twice, at)
            self._change(twice, at)
        drawn = [row for some in rows.values() for row in some]
        return sorted(drawn, key=lambda row: row.at)

    def _change(self, rows: list[Row], at: int) -> None:
        """Append a change and turn what came before, so that the last value stays."""
        rows[:] = [Row(row.setting, not row.value, row.at) for row in rows]
        rows.append(Row(rows[-1].setting, not rows[-1].value, at))


def _present(person: Person, name: str) -> bool:
    """A user's present value of a setting; interviews are not among the documented ones."""
    if name == "active":
        return person.active
    if SETTINGS[name] is None:
        return name == "preventInterviewRecording"
    return bool(person.document["settings"].get(SETTINGS[name]))


def read_history(app: Application, request: Request) -> Json:
    """GET /v2/users/{id}/settings-history: unpaged; avatars have one too."""
    person = app.world.directory.find(request.arguments[0])
    if person is None:
        raise not_found("User not found")
    return {"userSettingsHistory": _serve(app, person)}


def _serve(app: Application, person: Person) -> list[Json]:
    world = app.world
    return [
        world.edits.with_unknown(
            "settings_history",
            {"setting": row.setting, "value": row.value, "time": world.zone.millis(row.at)},
        )
        for row in world.state(SettingsHistory).of(person)
        if row.at <= world.now
    ]


def settings_history(app: Application) -> list[Json]:
    """Every row of every user, with the user's id."""
    return [
        {"userId": person.id, **row}
        for person in app.world.directory.listed(avatars=False)
        for row in _serve(app, person)
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


ROUTES = (Route("GET", "/v2/users/{id}/settings-history", "api:users:read", read_history),)
KINDS: dict[str, Kind] = {"settings_history": settings_history}
CHANGES = by_name(add_settings_history)
