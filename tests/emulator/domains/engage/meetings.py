"""Meetings made through the API, and the state of users' meeting integrations."""

from dataclasses import dataclass

from tests.emulator.settings import Json
from tests.emulator.world.chance import stream
from tests.emulator.world.world import World

HELP = "https://help.gong.example/meetings"
DISCONNECTED = "The meeting provider is not connected. Ask your administrator."
NO_CONSENT = "The consent page is switched off for this company — Büro München."


@dataclass
class Meeting:
    """One meeting."""

    id: str
    organizer: str
    document: Json


class Meetings:
    """All meetings, and the faults of users' integrations."""

    def __init__(self, world: World) -> None:
        """Every fifth user's provider is disconnected, and one has no consent page."""
        self.rng = stream(world.settings.seed, "meetings")
        self.meetings: dict[str, Meeting] = {}
        self._faults: dict[str, Json] = {}
        for number, person in enumerate(world.staff):
            if number % 5 == 3:
                fix = "" if number % 2 else f"https://app.gong.example/settings/{number}?a=1&b=2"
                self._faults[person.id] = fault(NO_CONSENT if number == 8 else DISCONNECTED, fix)

    def fault_of(self, user: str) -> Json | None:
        """The fault of a user's integration, or None."""
        return self._faults.get(user)

    def set_fault(self, user: str, wrong: Json | None) -> None:
        """Break or repair a user's integration."""
        self._faults.pop(user, None)
        if wrong is not None:
            self._faults[user] = wrong


def fault(text: str, fix: str) -> Json:
    """The fault of a broken integration; the addresses may be empty (seen live)."""
    return {"userFacingError": text, "fixUrl": fix, "helpUrl": HELP if fix else ""}
