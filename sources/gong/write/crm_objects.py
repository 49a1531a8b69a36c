"""What Gong's document says of the objects in a CRM file, one JSON object per line, by type.

It says so in the text of the operation alone. A field that is not listed here is the company's own,
and is sent as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.operations import Elements, ParameterLimits
from sources.gong.api.operations.model import BOOLEAN, INSTANT, INTEGER, LIST, NUMBER, TEXT
from sources.gong.api.operations.rows import bodies, body

# The text allows letters, digits and dashes; its own examples have underscores too.
_ID = ParameterLimits(
    length=(1, 64),
    pattern=r"[\w-]+|\S+@\S+",
    form="have letters, digits, dashes and underscores only, or be an e-mail address",
)
_WHOLE_SECONDS = ParameterLimits(pattern=r"[^.]+", form="be a time without fractions of a second")


def _address_of_a_user(values: Mapping[str, Any]) -> Iterator[str]:
    if not values.get("emailAddress") and values.get("isDeleted") is not True:
        yield "emailAddress is missing: a business user who is not deleted needs it"


_OBJECT_ID = body("objectId", limits=_ID, is_required=True)
_MODIFIED = body("modifiedDate", INSTANT, limits=_WHOLE_SECONDS, is_required=True)
_OBJECT = (_OBJECT_ID, _MODIFIED, body("isDeleted", BOOLEAN), *bodies(TEXT, "url"))
_PERSON = (*_OBJECT, *bodies(TEXT, "emailAddress firstName lastName title phoneNumber"))

CRM_OBJECTS: Mapping[str, Elements] = {
    "ACCOUNT": Elements((*_OBJECT, *bodies(TEXT, "name"), body("domains", LIST))),
    "CONTACT": Elements((*_PERSON, *bodies(TEXT, "accountId"))),
    "DEAL": Elements(
        (
            *_OBJECT,
            *bodies(TEXT, "accountId ownerId name stage"),
            body("createdDate", INSTANT, limits=_WHOLE_SECONDS),
            body("status", choices=("WON", "LOST", "OPEN")),
            body("amount", NUMBER),
        )
    ),
    "LEAD": Elements(
        (*_PERSON, *bodies(TEXT, "convertedToDealId convertedToContactId convertedToAccountId"))
    ),
    "BUSINESS_USER": Elements((*_OBJECT, *bodies(TEXT, "emailAddress")), (_address_of_a_user,)),
    "STAGE": Elements(
        (
            _OBJECT_ID,
            body("name", is_required=True),
            body("isActive", BOOLEAN),
            body("sortOrder", INTEGER),
        )
    ),
}
"""By the `objectType` of the upload."""
