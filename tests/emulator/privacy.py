"""Who is referred to where, and the erasure of what refers to a person."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.emulator.calls import Call
from tests.emulator.crm import Account, make_accounts
from tests.emulator.instants import HOUR
from tests.emulator.people import DOMAIN
from tests.emulator.settings import Json
from tests.emulator.world import World

ERASURE_TAKES = 4 * HOUR
# Gong refuses to erase "an abnormal number of objects"; how many that is, nobody says.
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
    """Finds calls by the people in them, and carries out erasures when their time comes."""

    def __init__(self, world: World) -> None:
        """Nobody is erased at first."""
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
        return email.endswith(f"@{DOMAIN}") or any(one.email.lower() == email for one in people)

    def find(self, wanted: Callable[[Reference], bool]) -> list[tuple[Call, Reference]]:
        """Calls that began by now and refer to a person, each with how it does, by start."""
        now = self._world.now
        found = [
            (call, one)
            for call in self._world.calls.all()
            if call.started <= now
            for one in self._of(call)
            if wanted(one)
        ]
        return sorted(found, key=lambda pair: (pair[0].started, int(pair[0].id)))

    def _of(self, call: Call) -> tuple[Reference, ...]:
        if self._world.edits.section(call.id, "parties") is not None:
            return _references(self._world.parties(call))
        if call.id not in self._references:
            self._references[call.id] = _references(self._world.parties(call))
        return self._references[call.id]

    def erase(self, kind: str, value: str, wanted: Callable[[Reference], bool]) -> Erasure:
        """Accept an erasure; what refers to the person when it takes effect will be gone."""
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
            str(one.get("emailAddress") or "").lower(),
            digits(str(one.get("phoneNumber") or "")),
            str(one.get("phoneNumber") or ""),
        )
        for one in parties
        if one.get("affiliation") != "Internal"
    )


def digits(phone: str) -> str:
    """A phone number by which two ways to write it are compared."""
    return "".join(one for one in phone if one.isdigit())
