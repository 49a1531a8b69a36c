"""Data privacy: what refers to an address or a phone number, and its erasure."""

import json
import random
import string
from collections.abc import Callable

from tests.emulator.calls import Call
from tests.emulator.chance import gong_id, stream
from tests.emulator.errors import bad_request
from tests.emulator.instants import DAY, moment
from tests.emulator.privacy import Privacy, Reference, digits
from tests.emulator.registries import Kind
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json
from tests.emulator.validation import Fields

Wanted = Callable[[Reference], bool]
_LETTERS = string.digits + string.ascii_lowercase


def data_for_email(app: Application, request: Request) -> Json:
    """GET /v2/data-privacy/data-for-email-address: nobody known is empty lists, not 404."""
    email, wanted = _email(app, request.query_fields)
    found = app.world.state(Privacy).find(wanted)
    known = _known(app, [email]) if found or email in app.world.state(Privacy).contacts else []
    return {
        "emails": [one for address in known for one in _emails(app, address)],
        "calls": _calls(app, found),
        "meetings": [one for address in known for one in _meetings(app, address)],
        "customerData": _customer_data(app, known),
        "customerEngagement": [one for address in known for one in _engagement(app, address)],
    }


def data_for_phone(app: Application, request: Request) -> Json:
    """GET /v2/data-privacy/data-for-phone-number: digits decide, however they are written."""
    phone, wanted = _phone(request.query_fields)
    found = app.world.state(Privacy).find(wanted)
    written = sorted({one.phone_as_written for _, one in found})
    addresses = sorted({one.email for _, one in found if one.email})
    known = _known(app, addresses)
    return {
        "emails": [one for address in known for one in _emails(app, address)],
        "calls": _calls(app, found),
        "meetings": [one for address in known for one in _meetings(app, address)],
        "customerData": _customer_data(app, known),
        "suppliedPhoneNumber": phone,
        "matchingPhoneNumbers": written,
        "emailAddresses": addresses,
    }


def erase_email(app: Application, request: Request) -> Json:
    """POST /v2/data-privacy/erase-data-for-email-address: accepted now, done in hours."""
    email, wanted = _email(app, request.query_fields)
    app.world.state(Privacy).erase("emailAddress", email, wanted)
    return {}


def erase_phone(app: Application, request: Request) -> Json:
    """POST /v2/data-privacy/erase-data-for-phone-number: accepted now, done in hours."""
    phone, wanted = _phone(request.query_fields)
    app.world.state(Privacy).erase("phoneNumber", digits(phone), wanted)
    return {}


def _email(app: Application, fields: Fields) -> tuple[str, Wanted]:
    fields.require("emailAddress")
    email = str(fields.text("emailAddress")).strip().lower()
    local, at, domain = email.partition("@")
    if not (local and at and domain) or "@" in domain or " " in email:
        raise bad_request("emailAddress: must be a well-formed email address")
    if app.world.state(Privacy).is_company(email):
        raise bad_request("emailAddress: must not be an address of the company")
    return email, lambda one: one.email == email


def _phone(fields: Fields) -> tuple[str, Wanted]:
    fields.require("phoneNumber")
    phone = str(fields.text("phoneNumber"))
    number = digits(phone)
    if not phone.startswith("+") or not 6 <= len(number) <= 15:
        raise bad_request("phoneNumber: must start with + and the country code")
    return phone, lambda one: one.phone == number


def _known(app: Application, addresses: list[str]) -> list[str]:
    """The addresses that were not erased."""
    erased = app.world.state(Privacy).erased
    return [one for one in addresses if one not in erased]


def _calls(app: Application, found: list[tuple[Call, Reference]]) -> list[Json]:
    """The listed calls among those found, each once, with their links to other systems."""
    rows: dict[str, Json] = {}
    for call, _ in found:
        if call.id in rows or not app.world.is_listed(call):
            continue
        rng = stream(app.settings.seed, "external", call.index)
        kinds = rng.sample(("Conversation", "Task"), rng.randrange(3))
        objects = [{"objectType": kind, "externalId": _token(rng, 18)} for kind in kinds]
        systems = [{"system": "Salesforce", "objects": objects}] if objects else []
        rows[call.id] = {"id": call.id, "status": "COMPLETED", "externalSystems": systems}
    return list(rows.values())


def _emails(app: Application, address: str) -> list[Json]:
    """Messages to or from an address."""
    rng = stream(app.settings.seed, "emails", address)
    staff = [person.email for person in app.world.staff]
    return [
        {
            "from": address if rng.random() < 0.5 else rng.choice(staff),
            "id": _token(rng, 32),
            "sentTime": app.world.zone.seconds(app.world.born - rng.randrange(90 * DAY)),
            "mailbox": rng.choice(staff),
            "messageHash": _token(rng, 32),
        }
        for _ in range(rng.randrange(4))
    ]


def _meetings(app: Application, address: str) -> list[Json]:
    """Meetings an address is invited to."""
    rng = stream(app.settings.seed, "meetings of", address)
    return [{"id": gong_id(rng)} for _ in range(rng.randrange(2))]


def _customer_data(app: Application, addresses: list[str]) -> list[Json]:
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


def _engagement(app: Application, address: str) -> list[Json]:
    """Content an address was shown."""
    rng = stream(app.settings.seed, "engagement", address)
    kinds = rng.sample(("contentShared", "contentViewed", "customEvent"), rng.randrange(3))
    return [
        {
            "eventType": kind,
            "timestamp": app.world.zone.seconds(app.world.born - rng.randrange(60 * DAY)),
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


def erasures(app: Application) -> list[Json]:
    """Every erasure asked for, how it stands, and the calls it took."""
    return [
        {
            one.kind: one.value,
            "requested": moment(one.requested).isoformat(),
            "effective": moment(one.effective).isoformat(),
            "state": one.state,
            "callIds": one.calls,
        }
        for one in app.world.state(Privacy).erasures
    ]


_PATH = "/v2/data-privacy"
_READ, _DELETE = "api:data-privacy:read", "api:data-privacy:delete"
ROUTES = (
    Route("GET", f"{_PATH}/data-for-email-address", _READ, data_for_email),
    Route("GET", f"{_PATH}/data-for-phone-number", _READ, data_for_phone),
    Route("POST", f"{_PATH}/erase-data-for-email-address", _DELETE, erase_email, Body.NONE),
    Route("POST", f"{_PATH}/erase-data-for-phone-number", _DELETE, erase_phone, Body.NONE),
)
KINDS: dict[str, Kind] = {"erasures": erasures}
