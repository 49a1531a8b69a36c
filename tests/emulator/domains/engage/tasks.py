"""Engage tasks: calls to make, from flows or created manually.

Their ids, their users' and their flows' are JSON numbers of up to 63 bits (Gong's OpenAPI), so
users whose id has twenty digits have none.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.domains.engage.flow_seed import make_flows, small_id
from tests.emulator.domains.engage.flows import Flow
from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, HOUR
from tests.emulator.world.chance import stream
from tests.emulator.world.company.accounts import Account, deal_now, make_accounts, person_values
from tests.emulator.world.company.people import Person
from tests.emulator.world.world import World

STATUSES = ("OPEN", "DONE", "DISMISSED")
TYPES = ("FLOW", "MANUAL")
TASK_ACTIONS = ("CALL",)
PRIORITIES: dict[str, Json] = {
    "HIGH": {"id": 1, "name": "high", "weight": 100},
    "MEDIUM": {"id": 2, "name": "medium", "weight": 50},
    "LOW": {"id": 3, "name": "low", "weight": 10},
}
INT64 = 2**63


@dataclass
class Task:
    """One task as served, and the workspace that lists narrow it to."""

    workspace: str
    document: Json

    @property
    def user(self) -> str:
        """The id of the assignee."""
        return str(self.document["userId"])


@dataclass
class TaskState:
    """All tasks by id."""

    tasks: dict[int, Task] = field(default_factory=dict)
    rng: Any = None

    def put(self, task: Task) -> None:
        """Add a task, or replace the one with the same id."""
        self.tasks[task.document["id"]] = task


def make_tasks(world: World) -> TaskState:
    """The seeded tasks."""
    rng = stream(world.settings.seed, "tasks")
    state = TaskState(rng=stream(world.settings.seed, "new tasks"))
    accounts = make_accounts(world.settings.seed)
    # Drawn again from the seed, because the served flows may have changed.
    flows = list(make_flows(world).flows.values())
    number = 0
    for order, person in enumerate(world.staff):
        count = rng.choices((0, 1, 4, 8), (20, 20, 40, 20))[0] if order > 2 else 6
        for _ in range(count if int(person.id) < INT64 else 0):
            account = rng.choice(accounts)
            state.put(_make_task(world, rng, number, person, account, rng.choice(flows)))
            number += 1
    return state


def _make_task(
    world: World, rng: random.Random, number: int, person: Person, account: Account, flow: Flow
) -> Task:
    """One task; every sixth has no contact; unknown values are null or absent."""
    step = next((candidate for candidate in flow.steps if candidate["action"] == "CALL"), None)
    by_flow = step is not None and rng.random() < 0.7
    created = world.started_at - rng.randrange(HOUR, 40 * DAY)
    status = rng.choices(STATUSES, (60, 30, 10))[0]
    document: Json = {
        "id": int(small_id(rng)),
        "userId": int(person.id),
        "created": world.zone.millis(created),
        "updated": world.zone.trimmed(created + rng.randrange(HOUR)),
        "status": status,
        "type": "FLOW" if by_flow else "MANUAL",
        "actions": ["CALL"],
        "dueDate": world.zone.seconds(created + rng.randrange(14 * DAY)),
        "priority": dict(rng.choice(list(PRIORITIES.values()))) if number % 8 != 7 else None,
    }
    if by_flow and step is not None:
        name = None if number % 4 else "Appel — 電話 ☎️"
        position = {"id": int(step["id"]), "name": name, "stepNumber": step["stepOrder"]}
        document["flow"] = {"id": int(flow.id), "name": flow.name, "step": position}
    else:
        document["title"] = f"Call {account.name} back"
    document.update(_about(rng, number, account))
    return Task(flow.workspace, document)


def _about(rng: random.Random, number: int, account: Account) -> Json:
    """The contacts, account and opportunity of a task."""
    if number % 6 == 3:
        return {"contact": None, "additionalContacts": []} if number % 12 == 3 else {}
    first, *others = rng.sample(account.contacts, rng.choice((1, 1, 2, 3)))
    about: Json = {"contact": contact(account, first, number)}
    if number % 3:
        about["account"] = {
            "crmId": account.object_id,
            "name": account.name,
            "crmUrl": f"https://crm.example/accounts/{account.object_id}",
        }
    if number % 4 == 1:
        about["opportunity"] = opportunity(account, account.opportunities[0])
    about["additionalContacts"] = [contact(account, other, number + 1) for other in others]
    return about


def opportunity(account: Account, deal: str) -> Json:
    """A deal as tasks serve it: all values are texts."""
    values = deal_now(account, deal)
    return {
        "crmId": deal,
        "name": values["Name"],
        "crmUrl": f"https://crm.example/deals/{deal}",
        "status": "OPEN",
        "stage": values["StageName"],
        "amount": None if values["Amount"] is None else str(values["Amount"]),
        "probability": str(values["Probability"]),
        "closeDate": values["CloseDate"],
    }


def contact(account: Account, who: tuple[str, str, str], number: int) -> Json:
    """A contact or lead with data; number decides how much of it is known."""
    name, handle, object_id = who
    first, _, last = name.partition(" ")
    phones: list[Json] = [
        {
            "raw": "(020) 7946-0018 ext. 4",
            "extension": "4",
            "countryCode": 44,
            "normalized": "+442079460018",
            "label": "Büro",
            "isVerified": True,
        },
        {"raw": "call me", "extension": None, "countryCode": None, "label": None},
    ]
    data: Json = {
        "firstName": first,
        "lastName": last,
        "crmUrl": f"https://crm.example/people/{object_id}",
        "companyName": account.name,
        "affiliation": ("Them", "Unknown", "Them", "Us")[number % 4],
        "emails": [{"email": f"{handle}@{account.domain}"}][: number % 5],
        "title": person_values(object_id)["Title"],
        "phoneNumbers": phones[: number % 3],
        "optOutChannels": ["CALLS", "SMS_MESSAGES"] if number % 7 == 2 else [],
    }
    if number % 2:
        place = {"city": "Zürich", "country": "Switzerland", "state": None, "zipcode": "08001"}
        data.update(place, timezone="Europe/Zurich", linkedinProfile=None)
    return {"crmId": object_id, "type": ("CONTACT", "LEAD")[number % 2], "data": data}
