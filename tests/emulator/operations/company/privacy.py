"""Data privacy: data that refers to an address or phone number, and its erasure."""

from collections.abc import Callable

from tests.emulator.application import Application
from tests.emulator.domains.company.privacy import Privacy, Reference, digits
from tests.emulator.errors import bad_request
from tests.emulator.inputs.fields import Fields
from tests.emulator.operations.company.personal_data import (
    calls_with,
    customer_data,
    emails_of,
    engagement_of,
    meetings_of,
)
from tests.emulator.operations.routing import Body, Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json

Wanted = Callable[[Reference], bool]


def data_for_email(app: Application, request: Request) -> Json:
    """GET …/data-for-email-address: empty lists for an unknown address, not 404."""
    email, wanted = _email(app, request.query_fields)
    matches = app.world.state(Privacy).find(wanted)
    known = _known(app, [email]) if matches or email in app.world.state(Privacy).contacts else []
    return {
        "emails": [email for address in known for email in emails_of(app, address)],
        "calls": calls_with(app, matches),
        "meetings": [meeting for address in known for meeting in meetings_of(app, address)],
        "customerData": customer_data(app, known),
        "customerEngagement": [event for address in known for event in engagement_of(app, address)],
    }


def data_for_phone(app: Application, request: Request) -> Json:
    """GET /v2/data-privacy/data-for-phone-number: compares digits only."""
    phone, wanted = _phone(request.query_fields)
    matches = app.world.state(Privacy).find(wanted)
    written = sorted({reference.phone_as_written for _, reference in matches})
    addresses = sorted({reference.email for _, reference in matches if reference.email})
    known = _known(app, addresses)
    return {
        "emails": [email for address in known for email in emails_of(app, address)],
        "calls": calls_with(app, matches),
        "meetings": [meeting for address in known for meeting in meetings_of(app, address)],
        "customerData": customer_data(app, known),
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
    return email, lambda reference: reference.email == email


def _phone(fields: Fields) -> tuple[str, Wanted]:
    fields.require("phoneNumber")
    phone = str(fields.text("phoneNumber"))
    number = digits(phone)
    if not phone.startswith("+") or not 6 <= len(number) <= 15:
        raise bad_request("phoneNumber: must start with + and the country code")
    return phone, lambda reference: reference.phone == number


def _known(app: Application, addresses: list[str]) -> list[str]:
    """The addresses that were not erased."""
    erased = app.world.state(Privacy).erased
    return [address for address in addresses if address not in erased]


_PATH = "/v2/data-privacy"
_READ, _DELETE = "api:data-privacy:read", "api:data-privacy:delete"
ROUTES = (
    Route("GET", f"{_PATH}/data-for-email-address", _READ, data_for_email),
    Route("GET", f"{_PATH}/data-for-phone-number", _READ, data_for_phone),
    Route("POST", f"{_PATH}/erase-data-for-email-address", _DELETE, erase_email, Body.NONE),
    Route("POST", f"{_PATH}/erase-data-for-phone-number", _DELETE, erase_phone, Body.NONE),
)
