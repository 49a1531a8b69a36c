"""Events reported into Gong, and the origins allowed to frame it."""

from dataclasses import dataclass, field

from tests.emulator.errors import ApiError
from tests.emulator.settings import Json
from tests.emulator.world.world import World


@dataclass
class Reports:
    """The events reported so far by their key, and the origins allowed."""

    events: dict[tuple[str, str], Json] = field(default_factory=dict)
    origins: list[Json] = field(default_factory=list)

    def accept(self, key: tuple[str, str], event: Json) -> None:
        """Keep an event; 409 when its id was used before."""
        if key in self.events:
            raise ApiError(409, "Event was already reported in the past")
        self.events[key] = event


def no_reports(world: World) -> Reports:
    """Nothing was reported before the emulator started."""
    return Reports()
