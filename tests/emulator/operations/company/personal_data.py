"""The data of one person that the data privacy operations list."""

import json
import random
import string

from tests.emulator.application import Application
from tests.emulator.domains.company.privacy import Privacy, Reference
from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import gong_id, stream

_LETTERS = string.digits + string.ascii_lowercase


def calls_with(app: Application, matches: list[tuple[Call, Reference]]) -> list[Json]:
    """The listed calls among those found, each once, with their links to other systems."""
    rows: dict[str, Json] = {}
    for call, _ in matches:
        if call.id in rows or not app.world.is_listed(call):
            continue
        rng = stream(app.settings.seed, "external", call.index)
        kinds = rng.sample(("Conversation", "Task"), rng.randrange(3))
        objects = [{"objectType": kind, "externalId": _token(rng, 18)} for kind in kinds]
        systems = [{"system": "Salesforce", "objects": objects}] if objects else []
        rows[call.id] = {"id": call.id, "status": "COMPLETED", "externalSystems": systems}
    return list(rows.values())


def emails_of(app: Application, address: str) -> list[Json]:
    """Messages to or from an address."""
    rng = stream(app.settings.seed, "emails", address)
    staff = [person.email for person in app.world.staff]
    return [
        {
            "from": address if rng.random() < 0.5 else rng.choice(staff),
            "id": _token(rng, 32),
            "sentTime": app.world.zone.seconds(app.world.started_at - rng.randrange(90 * DAY)),
            "mailbox": rng.choice(staff),
            "messageHash": _token(rng, 32),
        }
        for _ in range(rng.randrange(1, 5))
    ]


def meetings_of(app: Application, address: str) -> list[Json]:
    """Meetings an address is invited to."""
    rng = stream(app.settings.seed, "meetings of", address)
    return [{"id": gong_id(rng)} for _ in range(rng.randrange(1, 3))]


def customer_data(app: Application, addresses: list[str]) -> list[Json]:
    """The contacts with some addresses as the CRM holds them."""
    objects = []
    for address in addresses:
        contact = app.world.state(Privacy).contacts.get(address)
        if contact is None:
            continue
        account, (name, _, external) = contact
        rng = stream(app.settings.seed, "customer data", address)
        mirror = {"integrationId": gong_id(rng, 19), "crmObjectType": "CONTACT", "crmId": external}
        values = {"Name": name, "Company": account.name, "Email": address, "Fax": None}
        objects.append(
            {
                "id": gong_id(rng),
                "objectType": "Contact",
                "externalId": external,
                "mirrorId": json.dumps(mirror),
                "fields": [{"name": key, "value": value} for key, value in values.items()],
            }
        )
    return [{"system": "Salesforce", "objects": objects}] if objects else []


def engagement_of(app: Application, address: str) -> list[Json]:
    """Content an address was shown."""
    rng = stream(app.settings.seed, "engagement", address)
    kinds = rng.sample(("contentShared", "contentViewed", "customEvent"), rng.randrange(3))
    return [
        {
            "eventType": kind,
            "timestamp": app.world.zone.seconds(app.world.started_at - rng.randrange(60 * DAY)),
            "contentId": _token(rng, 12),
            "contentUrl": f"https://content.example/{_token(rng, 8)}",
            "reportingSystem": "Content Hub",
            "eventName": None if kind != "customEvent" else "Price list opened",
            "sourceEventId": _token(rng, 16),
        }
        for kind in kinds
    ]


def _token(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(_LETTERS, k=length))
