"""Access to single calls that was given to single users through the API."""

from tests.emulator.world.chance import stream
from tests.emulator.world.world import World


class CallAccess:
    """The users given access by call id, in the order they were given it."""

    def __init__(self, world: World) -> None:
        """About one call in twelve was opened to a few users."""
        self.users: dict[str, list[str]] = {}
        staff = [person.id for person in world.staff]
        rng = stream(world.settings.seed, "call access")
        for call in world.opening_calls:
            if rng.random() < 0.08 or call.private:
                count = min(len(staff), rng.randrange(1, 5))
                self.users[call.id] = rng.sample(staff, count)

    def of(self, call_id: str) -> list[str]:
        """The users of a call, open to change."""
        return self.users.setdefault(call_id, [])
