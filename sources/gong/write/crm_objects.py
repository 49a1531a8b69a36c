"""What Gong's document says of the objects in a CRM file, one JSON object per line, by type.

It says so in the text of the operation alone. A field that is not listed here is the company's own,
and is sent as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.operations import (
    Elements,
    Parameter,
    ParameterLimits,
    ParameterLocation,
    ParameterType,
)

TEXT, INSTANT, BOOLEAN = ParameterType.TEXT, ParameterType.INSTANT, ParameterType.BOOLEAN

# The text allows letters, digits and dashes; its own examples have underscores too.
_ID = ParameterLimits(
    length=(1, 64),
    pattern=r"[\w-]+|\S+@\S+",
    form="have letters, digits, dashes and underscores only, or be an e-mail address",
)
_NO_LIMITS = ParameterLimits()
_WHOLE_SECONDS = ParameterLimits(pattern=r"[^.]+", form="be a time without fractions of a second")


def _field(
    name: str,
    type_: ParameterType = TEXT,
    limits: ParameterLimits = _NO_LIMITS,
    *,
    is_required: bool = False,
    choices: tuple[str, ...] = (),
) -> Parameter:
    return Parameter(
        name, ParameterLocation.BODY, type_, is_required, choices=choices, limits=limits
    )


def _texts(names: str) -> tuple[Parameter, ...]:
    return tuple(map(_field, names.split()))


def _address_of_a_user(values: Mapping[str, Any]) -> Iterator[str]:
    if not values.get("emailAddress") and values.get("isDeleted") is not True:
        yield "emailAddress is missing: a business user who is not deleted needs it"


_OBJECT_ID = _field("objectId", TEXT, _ID, is_required=True)
_MODIFIED = _field("modifiedDate", INSTANT, _WHOLE_SECONDS, is_required=True)
_OBJECT = (_OBJECT_ID, _MODIFIED, _field("isDeleted", BOOLEAN), *_texts("url"))
_PERSON = (*_OBJECT, *_texts("emailAddress firstName lastName title phoneNumber"))

CRM_OBJECTS: Mapping[str, Elements] = {
    "ACCOUNT": Elements((*_OBJECT, *_texts("name"), _field("domains", ParameterType.LIST))),
    "CONTACT": Elements((*_PERSON, *_texts("accountId"))),
    "DEAL": Elements(
        (
            *_OBJECT,
            *_texts("accountId ownerId name stage"),
            _field("createdDate", INSTANT, _WHOLE_SECONDS),
            _field("status", choices=("WON", "LOST", "OPEN")),
            _field("amount", ParameterType.NUMBER),
        )
    ),
    "LEAD": Elements(
        (*_PERSON, *_texts("convertedToDealId convertedToContactId convertedToAccountId"))
    ),
    "BUSINESS_USER": Elements((*_OBJECT, *_texts("emailAddress")), (_address_of_a_user,)),
    "STAGE": Elements(
        (
            _OBJECT_ID,
            _field("name", is_required=True),
            _field("isActive", BOOLEAN),
            _field("sortOrder", ParameterType.INTEGER),
        )
    ),
}
"""By the `objectType` of the upload."""
