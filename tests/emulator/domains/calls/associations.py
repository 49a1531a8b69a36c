"""Calls that users linked to CRM objects by hand; withdrawn from Gong's newer documents."""

from dataclasses import dataclass

from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, HOUR
from tests.emulator.world.chance import stream
from tests.emulator.world.company.accounts import Account, account_of, make_accounts
from tests.emulator.world.world import World


@dataclass(frozen=True)
class Association:
    """One user linked one call at one time; a later link of the same call is another event."""

    at: int
    call: str
    user: str
    objects: tuple[Json, ...]

    @property
    def sort_key(self) -> tuple[int, int]:
        """Associations are listed by time."""
        return self.at, int(self.call)


class Associations:
    """All associations by time, future ones included."""

    def __init__(self, world: World) -> None:
        """About every eighth call was linked by hand, some of them twice."""
        rng = stream(world.settings.seed, "associations")
        accounts = make_accounts(world.settings.seed)
        drawn = []
        for call in world.opening_calls:
            if rng.random() >= 0.12:
                continue
            account = account_of(accounts, call.index)
            at = call.processed + rng.randrange(HOUR, 4 * DAY)
            for number in range(1 + (rng.random() < 0.2)):
                user = rng.choice(world.staff).id
                kind = rng.randrange(5)
                at += number * rng.randrange(HOUR, 3 * DAY)
                drawn.append(Association(at // 1000 * 1000, call.id, user, _links(account, kind)))
        self.events = sorted(drawn, key=lambda event: event.sort_key)


def _links(account: Account, kind: int) -> tuple[Json, ...]:
    """The linked objects: an account, a deal, both, several, or none."""
    both = {"accountCrmId": account.object_id, "dealCrmId": account.opportunities[0]}
    return (
        (both,),
        ({"accountCrmId": account.object_id, "dealCrmId": None},),
        ({"dealCrmId": account.opportunities[1]},),
        (both, {"accountCrmId": account.object_id, "dealCrmId": account.opportunities[1]}),
        (),
    )[kind]


def known_associations(world: World) -> list[Association]:
    """Events by now, of calls that still exist."""
    events = world.state(Associations).events
    return [event for event in events if event.at <= world.now and world.calls.get(event.call)]
