"""References to people outside the company, and their erasure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.emulator.settings import Json
from tests.emulator.timing.instants import HOUR
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.company.accounts import Account, make_accounts
from tests.emulator.world.company.people import DOMAIN
from tests.emulator.world.world import World

ERASURE_TAKES = 4 * HOUR
# Gong refuses to erase "an abnormal number of objects"; the number is unknown.
ABNORMAL = 500


@dataclass(frozen=True)
class Reference:
    """How one outsider appears in one call."""

    email: str
    phone: str
    phone_as_written: str


@dataclass
class Erasure:
    """One request to erase: pending for hours, then done, or refused for its size."""

    kind: str
    value: str
    requested: int
    effective: int
    state: str = "pending"
    calls: list[str] = field(default_factory=list)


class Privacy:
    """Finds calls by the people in them, and runs erasures when they are due."""

    def __init__(self, world: World) -> None:
        """Start without erasures."""
        self._world = world
        self._references: dict[str, tuple[Reference, ...]] = {}
        self.erasures: list[Erasure] = []
        self.erased: set[str] = set()
        self.contacts: dict[str, tuple[Account, tuple[str, str, str]]] = {
            f"{contact[1]}@{account.domain}": (account, contact)
            for account in make_accounts(world.settings.seed)
            for contact in account.contacts
        }

    def is_company(self, email: str) -> bool:
        """Whether an address is the company's own."""
        people = self._world.directory.listed(avatars=True)
        return email.endswith(f"@{DOMAIN}") or any(
            person.email.lower() == email for person in people
        )

    def find(self, wanted: Callable[[Reference], bool]) -> list[tuple[Call, Reference]]:
        """Started calls that refer to a person, each with the reference, by start."""
        now = self._world.now
        matches = [
            (call, reference)
            for call in self._world.calls.all()
            if call.started <= now
            for reference in self._of(call)
            if wanted(reference)
        ]
        return sorted(matches, key=lambda pair: (pair[0].started, int(pair[0].id)))

    def _of(self, call: Call) -> tuple[Reference, ...]:
        if self._world.edits.section(call.id, "parties") is not None:
            return _references(self._world.parties(call))
        if call.id not in self._references:
            self._references[call.id] = _references(self._world.parties(call))
        return self._references[call.id]

    def erase(self, kind: str, value: str, wanted: Callable[[Reference], bool]) -> Erasure:
        """Accept an erasure; it deletes the calls that refer to the person when it takes effect."""
        now = self._world.now
        erasure = Erasure(kind, value, now, now + ERASURE_TAKES)
        self.erasures.append(erasure)

        def carry_out() -> None:
            calls = list(dict.fromkeys(call.id for call, _ in self.find(wanted)))
            if len(calls) > ABNORMAL:
                erasure.state = "refused"
                return
            erasure.state, erasure.calls = "done", calls
            self._world.calls.deleted.update(calls)
            self.erased.add(value)

        self._world.agenda.add(erasure.effective, carry_out)
        return erasure


def _references(parties: list[Json]) -> tuple[Reference, ...]:
    """The outsiders of a call; the company's own people are never looked up."""
    return tuple(
        Reference(
            str(party.get("emailAddress") or "").lower(),
            digits(str(party.get("phoneNumber") or "")),
            str(party.get("phoneNumber") or ""),
        )
        for party in parties
        if party.get("affiliation") != "Internal"
    )


def digits(phone: str) -> str:
    """The digits of a phone number, for comparison."""
    return "".join(character for character in phone if character.isdigit())
