"""The field types of the generic CRM, its standard fields, and the check of a value."""

import re
from typing import Any

from tests.emulator.settings import Json
from tests.emulator.timing.instants import parse_date, parse_instant

OBJECT_TYPES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
UPLOAD_TYPES = (*OBJECT_TYPES, "BUSINESS_USER", "STAGE")
REFERENCES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD", "USER")
FIELD_TYPES = (
    "DATE",
    "DATETIME",
    "NUMBER",
    "PERCENT",
    "CURRENCY",
    "ID",
    "URL",
    "STRING",
    "BOOLEAN",
    "PHONENUMBER",
    "EMAILADDRESS",
    "PICKLIST",
    "REFERENCE",
    "STRINGARRAY",
)
_PERSON = {
    "url": "URL",
    "emailAddress": "EMAILADDRESS",
    "firstName": "STRING",
    "lastName": "STRING",
    "title": "STRING",
    "phoneNumber": "PHONENUMBER",
}
STANDARD: dict[str, dict[str, str]] = {
    "ACCOUNT": {"url": "URL", "name": "STRING", "domains": "STRINGARRAY"},
    "CONTACT": {**_PERSON, "accountId": "REFERENCE"},
    "DEAL": {
        "url": "URL",
        "accountId": "REFERENCE",
        "ownerId": "REFERENCE",
        "name": "STRING",
        "createdDate": "DATETIME",
        "closeDate": "STRING",
        "status": "PICKLIST",
        "stage": "STRING",
        "amount": "CURRENCY",
    },
    "LEAD": {
        **_PERSON,
        "convertedToDealId": "REFERENCE",
        "convertedToContactId": "REFERENCE",
        "convertedToAccountId": "REFERENCE",
    },
    "BUSINESS_USER": {"url": "URL", "emailAddress": "EMAILADDRESS"},
    "STAGE": {"name": "STRING", "isActive": "BOOLEAN", "sortOrder": "NUMBER"},
}
DEAL_STATUSES = ("WON", "LOST", "OPEN")
_OBJECT_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def is_object_id(value: Any) -> bool:
    """At most 64 letters, digits and dashes, or an address (Gong's OpenAPI)."""
    if not isinstance(value, str) or len(value) > 64:
        return False
    return bool(_OBJECT_ID.fullmatch(value) or _EMAIL.fullmatch(value))


def is_stamp(value: Any) -> bool:
    """A date-time without fractions of a second, the only form the CRM operations take."""
    return isinstance(value, str) and "." not in value and parse_instant(value) is not None


def fits(value: Any, kind: str, allowed: list[str] | None = None) -> bool:
    """Whether a value is one of a field type; null always is."""
    if value is None:
        return True
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "BOOLEAN":
        return isinstance(value, bool)
    if kind in ("NUMBER", "CURRENCY"):
        return number
    if kind == "PERCENT":
        return number and 0 <= value <= 100
    if kind == "STRINGARRAY":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if not isinstance(value, str):
        return False
    if kind == "DATE":
        return parse_date(value) is not None
    if kind == "DATETIME":
        return is_stamp(value)
    return kind != "PICKLIST" or allowed is None or value in allowed


def schema_field(name: str, kind: str, **more: Any) -> Json:
    """One field as the schema lists it; all seven keys, nulls included."""
    field: Json = {
        "uniqueName": name,
        "label": name.removesuffix("__c").replace("_", " "),
        "type": kind,
        "lastModified": None,
        "isDeleted": False,
        "referenceTo": None,
        "orderedValueList": None,
    }
    return {**field, **more}
