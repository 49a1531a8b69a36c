"""Workspaces and users: a small hierarchy with every null and empty list seen live."""

import random
from bisect import insort
from dataclasses import dataclass, field

from tests.emulator.settings import Json, Settings
from tests.emulator.timing.instants import DAY, HOUR, CompanyZone
from tests.emulator.world import words
from tests.emulator.world.chance import gong_id, stream

DOMAIN = "acme-seller.example"


@dataclass(frozen=True)
class Person:
    """A user of the company: the served document, and facts that rules use."""

    id: str
    created: int
    avatar: bool
    document: Json = field(hash=False)

    @property
    def sort_key(self) -> int:
        """Users are listed by ascending id (seen live)."""
        return int(self.id)

    @property
    def email(self) -> str:
        """The address the stats endpoints repeat."""
        return str(self.document["emailAddress"])

    @property
    def name(self) -> str:
        """First and last name, as logs and parties write them."""
        return f"{self.document['firstName']} {self.document['lastName']}".strip()

    @property
    def active(self) -> bool:
        """Whether the user may still log in."""
        return bool(self.document["active"])


def make_workspaces(settings: Settings) -> list[Json]:
    """The company's workspaces; the first is the built-in one (wording seen live)."""
    rng = stream(settings.seed, "workspaces")
    made: list[Json] = [
        {
            "id": gong_id(rng, 19),
            "name": "Initial workspace",
            "description": "The built-in workspace",
        }
    ]
    further = [
        {
            "id": gong_id(rng, 18),
            "name": f"Région {number} — EMEA",
            "description": "" if number % 2 else None,
        }
        for number in range(2, settings.workspaces + 1)
    ]
    return made + further


def make_people(settings: Settings, zone: CompanyZone, now: int) -> list[Person]:
    """The seeded users, then two avatars (synthetic users of Gong's own staff).

    The first is the head of the company, about an eighth are managers, some are inactive, and
    the last was created while calls were already running.
    """
    rng = stream(settings.seed, "users")
    ids = [
        gong_id(rng, 17 + number % 4 if number < 4 else None) for number in range(settings.users)
    ]
    managers = max(1, settings.users // 8)
    people = []
    for number, user_id in enumerate(ids):
        manager = None
        if 0 < number <= managers:
            manager = ids[0]
        elif number > managers:
            manager = ids[1 + rng.randrange(managers)] if rng.random() < 0.93 else None
        recent = number == settings.users - 1 and number > 0
        age = settings.days * DAY // 3 if recent else (settings.days + 20) * DAY
        created = now - age - (0 if recent else rng.randrange(900 * DAY))
        inactive = number > 2 and (number == 4 or rng.random() < 0.08)
        document = user_document(rng, user_id, number, not inactive, manager)
        people.append(make_person(zone, document, created - created % 1000, avatar=False))
    for number in range(2):
        document = user_document(rng, gong_id(rng), settings.users + number, True, None)
        document["emailAddress"] = f"support{number}@gong.example"
        people.append(make_person(zone, document, now - 400 * DAY - HOUR, avatar=True))
    return people


def make_person(zone: CompanyZone, document: Json, created: int, *, avatar: bool) -> Person:
    """Put the creation time into a user's document in the form seen live."""
    order = ("id", "emailAddress")
    head = {key: document[key] for key in order}
    served = {**head, "created": zone.millis(created), **document}
    return Person(str(document["id"]), created, avatar, served)


def user_document(
    rng: random.Random, user_id: str, number: int, active: bool, manager: str | None
) -> Json:
    """One user's fields; nulls and empty lists follow live responses."""
    first, last = rng.choice(words.FIRST_NAMES), rng.choice(words.LAST_NAMES)
    if number == 5:
        first, last = words.EMOJI_NAME.rsplit(" ", 1)
    if number == 6:
        first, last = words.RTL_NAME.split(" ", 1)
    handle = f"user{number}"
    rich = rng.random()
    providers = [{"provider": "ZOOM", "isDefault": True}, {"provider": "WEBEX", "isDefault": False}]
    languages = [{"language": "eng", "primary": True}, {"language": "fre", "primary": False}]
    return {
        "id": user_id,
        "emailAddress": f"{handle}@{DOMAIN}",
        "active": active,
        "emailAliases": [f"{handle}.alias@{DOMAIN}"] if rich < 0.3 else [],
        "trustedEmailAddress": f"{handle}@trusted.example" if rich < 0.1 else None,
        "firstName": first,
        "lastName": last,
        "title": rng.choice(words.TITLES) if rich < 0.7 else None,
        "phoneNumber": f"+1-555-{rng.randrange(10_000):04d}" if rich < 0.5 else None,
        "extension": str(rng.randrange(100, 999)) if rich < 0.2 else None,
        "personalMeetingUrls": [f"https://zoom.example/my/{handle}"] if rich < 0.4 else [],
        "settings": user_settings(rng),
        "managerId": manager,
        "meetingConsentPageUrl": f"https://join.gong.example/{handle}" if rich < 0.5 else None,
        "conferencingProviders": providers[: 1 + number % 2] if rich < 0.6 else None,
        "spokenLanguages": languages[: 1 + number % 2] if rich < 0.8 else [],
    }


def user_settings(rng: random.Random) -> Json:
    """The seven recording switches of a user."""
    names = (
        "webConferencesRecorded",
        "preventWebConferenceRecording",
        "telephonyCallsImported",
        "emailsImported",
        "preventEmailImport",
        "nonRecordedMeetingsImported",
        "gongConnectEnabled",
    )
    return {name: rng.random() < 0.5 for name in names}


class Directory:
    """The users by id and in listing order, open to change while the emulator runs."""

    def __init__(self, people: list[Person]) -> None:
        """Index the people; the given order is the order of seniority."""
        self.seniority = list(people)
        self._by_id = {person.id: person for person in people}
        self._listed = sorted(people, key=lambda person: person.sort_key)

    def find(self, user_id: str) -> Person | None:
        """The user with an id, or None once removed or never known."""
        return self._by_id.get(user_id)

    def listed(self, *, avatars: bool) -> list[Person]:
        """All users in listing order; avatars only when asked for (Gong's OpenAPI)."""
        return [person for person in self._listed if avatars or not person.avatar]

    def with_email(self, email: str | None) -> Person | None:
        """The user with an address, in whatever case; aliases and avatars do not count."""
        wanted = str(email).casefold()
        for person in self._listed:
            if not person.avatar and person.email.casefold() == wanted:
                return person
        return None

    def put(self, person: Person) -> None:
        """Add a user, or replace the one with the same id."""
        if person.id in self._by_id:
            self._listed.remove(self._by_id[person.id])
        self._by_id[person.id] = person
        insort(self._listed, person, key=lambda known: known.sort_key)

    def remove(self, user_id: str) -> None:
        """Make a user unknown to every endpoint."""
        self._listed.remove(self._by_id.pop(user_id))
