"""Draws the flows of the seeded company: company-wide, personal and shared ones, and their use."""

import random

from tests.emulator.domains.engage.flows import (
    ACTIONS,
    CLOSED_STATUSES,
    OPEN_STATUSES,
    Audience,
    Flow,
    FlowState,
    Folder,
    Instance,
)
from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, HOUR
from tests.emulator.world import words
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.company.accounts import make_accounts
from tests.emulator.world.company.people import Person
from tests.emulator.world.world import World

COMPANY_FLOWS = 24
BUSY_FLOWS = 95
NAMES = ("Outbound", "Renewal", "Événement — suivi", "冷たいリード ❄️", "Win-back", "Demo no-show")
BODIES = (
    "<div>Hello {{recipient.first_name}},<br/>do <b>you</b> have &lt;10&nbsp;minutes?</div>",
    '<p>Grüße aus Köln 👋</p><p><a href="https://acme-seller.example/?a=1&amp;b=2">Deck</a></p>',
    'Plain text,\nsecond line with a "quote" and a tab\t.',
    "",
)


def make_flows(world: World) -> FlowState:
    """The seeded flows."""
    rng = stream(world.settings.seed, "flows")
    state = FlowState(rng=stream(world.settings.seed, "new flows"))
    spaces = list(world.opening_workspaces)
    for number in range(COMPANY_FLOWS):
        _company_flow(world, rng, state, number, spaces[number % len(spaces)])
    for number, person in enumerate(world.staff):
        # One user has more flows than fit on a page.
        count = BUSY_FLOWS if number == 1 else rng.choices((0, 1, 2, 3), (55, 25, 15, 5))[0]
        if number < 4:
            count = max(count, 2)
        _own_flows(world, rng, state, person, count, spaces)
    contacts = [contact for a in make_accounts(world.settings.seed) for _, _, contact in a.contacts]
    for number, flow in enumerate(state.flows.values()):
        # Every fifth flow was never assigned to anybody.
        for _ in range(rng.randrange(1, 7) if number % 5 else 0):
            _instance(world, rng, state, flow, rng.choice(contacts))
    return state


def small_id(rng: random.Random) -> str:
    """An id that fits into an int64, because tasks serve flow and step ids as numbers."""
    return gong_id(rng, rng.choice((17, 18, 18)))


def _put_folder(
    rng: random.Random,
    state: FlowState,
    name: str,
    parent: str | None,
    workspace: str,
    audience: Audience,
) -> Folder:
    folder = Folder(small_id(rng), name, parent, workspace, audience)
    state.folders[folder.id] = folder
    return folder


def _company_flow(
    world: World, rng: random.Random, state: FlowState, number: int, workspace: str
) -> None:
    """A company flow; each fourth opens a folder, each eighth a nested folder."""
    audience = Audience("Company", world.staff[number % len(world.staff)].id)
    mine = [folder for folder in state.folders.values() if folder.workspace == workspace]
    if number % 4 == 0 or not mine:
        parent = mine[0].id if mine and number % 8 == 0 else None
        nobody = Audience("Company", None) if number == 0 else audience
        mine.append(_put_folder(rng, state, f"Équipe {number} 🚀", parent, workspace, nobody))
    _put_flow(world, rng, state, number, mine[-1], workspace, audience)


def _own_flows(
    world: World,
    rng: random.Random,
    state: FlowState,
    person: Person,
    count: int,
    spaces: list[str],
) -> None:
    """A user's own flows, the first of them shared: with few, or with everybody."""
    if not count:
        return
    folder = _put_folder(
        rng, state, f"{person.name}'s flows", None, spaces[0], Audience("Personal", person.id)
    )
    colleagues = [colleague.id for colleague in world.staff if colleague.id != person.id]
    for number in range(count):
        audience = Audience("Personal", person.id)
        if number == 0 and colleagues:
            few = rng.sample(colleagues, min(len(colleagues), rng.randrange(1, 5)))
            everybody = person is world.staff[0]
            audience = Audience("Shared", person.id, tuple(colleagues if everybody else few))
        workspace = spaces[0] if rng.random() < 0.8 else rng.choice(spaces)
        _put_flow(world, rng, state, number, folder, workspace, audience)


def _put_flow(
    world: World,
    rng: random.Random,
    state: FlowState,
    number: int,
    folder: Folder,
    workspace: str,
    audience: Audience,
) -> None:
    """One flow; some are in no folder: the keys are null or absent."""
    filing: Json = {"folderId": folder.id, "folderName": folder.name}
    if number % 11 == 3:
        filing = {"folderId": None, "folderName": None}
    elif number % 11 == 7:
        filing = {}
    created = world.started_at - rng.randrange(20 * DAY, 700 * DAY)
    flow = Flow(
        id=small_id(rng),
        name=f"{rng.choice(NAMES)} {number}",
        workspace=workspace,
        audience=audience,
        created=world.zone.seconds(created) if number % 2 else world.zone.millis(created),
        exclusive=number % 6 == 5,
        filing=filing,
        description=None if number % 3 else f"<i>{rng.choice(words.OBJECTS)}</i>",
        # Every tenth is a draft without steps.
        steps=tuple(make_step(rng, n) for n in range(0 if number % 10 == 9 else 2 + number % 4)),
    )
    state.flows[flow.id] = flow


def make_step(rng: random.Random, number: int) -> Json:
    """One step; only e-mails have a subject, calls have no body."""
    action = "AUTO_SEND_EMAIL" if number == 0 else rng.choice(ACTIONS)
    step: Json = {"id": small_id(rng), "stepOrder": number + 1, "action": action}
    if action.endswith("EMAIL"):
        reply = number > 0 and rng.random() < 0.5
        subject = "Re: {{account_name}}" if reply else "Ça marche? — {{account_name}} ✉️"
        return {**step, "subject": subject, "body": rng.choice(BODIES), "isReply": reply}
    if action == "CALL":
        return {**step, "subject": None, "body": None, "isReply": False}
    return {**step, "body": rng.choice(BODIES), "isReply": False}


def _instance(
    world: World, rng: random.Random, state: FlowState, flow: Flow, prospect: str
) -> None:
    """One prospect in a flow, running or finished."""
    owner = rng.choice(world.staff)
    if flow.audience.visibility != "Company":
        owner = next(person for person in world.staff if person.id == flow.audience.owner)
    created = world.started_at - rng.randrange(2 * HOUR, 90 * DAY)
    is_open = rng.random() < 0.6
    instance = Instance(
        id=small_id(rng),
        flow=flow.id,
        prospect=prospect,
        owner_email=owner.email,
        owner_name=owner.name,
        created=created,
        status=rng.choice(OPEN_STATUSES if is_open else CLOSED_STATUSES),
        finished=None if is_open else created + (world.started_at - created) // 2,
    )
    state.instances[instance.id] = instance
