"""The history of users' settings: ten rows at creation, then one per change."""

from dataclasses import dataclass

from tests.emulator.timing.instants import DAY, HOUR
from tests.emulator.world.chance import stream
from tests.emulator.world.company.people import Person
from tests.emulator.world.world import World

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
        """Keep the inputs of the rows."""
        self._seed = world.settings.seed
        self._started_at = world.started_at
        self._ranks = {person.id: rank for rank, person in enumerate(world.staff)}
        self._opening = {person.id: person for person in world.staff}
        self._rows: dict[str, list[Row]] = {}

    def of(self, person: Person) -> list[Row]:
        """A user's rows by time; the last row of a setting is the user's seeded value."""
        if person.id not in self._rows:
            self._rows[person.id] = self._draw(self._opening.get(person.id, person))
        return self._rows[person.id]

    def _draw(self, person: Person) -> list[Row]:
        rng = stream(self._seed, "settings history", person.id)
        names = list(SETTINGS)
        rng.shuffle(names)
        rows = {name: [Row(name, _present(person, name), person.created)] for name in names}
        span = self._started_at - person.created
        for name in rng.sample(names, rng.randrange(5)) if span > DAY else ():
            self._change(rows[name], person.created + rng.randrange(HOUR, span) // 1000 * 1000)
        if self._ranks.get(person.id) in TWICE_AT_ONCE and span > DAY:
            twice = rows[names[0]]
            at = twice[-1].at + (self._started_at - twice[-1].at) // 2000 * 1000
            self._change(twice, at)
            self._change(twice, at)
        drawn = [row for some in rows.values() for row in some]
        return sorted(drawn, key=lambda row: row.at)

    def _change(self, rows: list[Row], at: int) -> None:
        """Append a change and invert the earlier values, so that the last value stays."""
        rows[:] = [Row(row.setting, not row.value, row.at) for row in rows]
        rows.append(Row(rows[-1].setting, not rows[-1].value, at))


def _present(person: Person, name: str) -> bool:
    """A user's present value of a setting; interviews are not among the documented ones."""
    if name == "active":
        return person.active
    if SETTINGS[name] is None:
        return name == "preventInterviewRecording"
    return bool(person.document["settings"].get(SETTINGS[name]))
