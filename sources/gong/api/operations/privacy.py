"""What Gong knows of a person, and its erasure."""

from __future__ import annotations

from sources.gong.api.operations.model import Operation
from sources.gong.api.operations.rows import (
    EMPTY_LIST,
    query,
    read,
    write,
)

_EMAIL = (query("emailAddress", is_required=True),)
_PHONE = (query("phoneNumber", is_required=True),)

OPERATIONS: tuple[Operation, ...] = (
    read(
        "GONG_DATA_PRIVACY_FOR_PHONE_NUMBER",
        "findAllReferencesToPhoneNumber",
        "GET /v2/data-privacy/data-for-phone-number",
        "Everything at Gong that mentions a phone number",
        ("api:data-privacy:read",),
        _PHONE,
        EMPTY_LIST,
        None,
    ),
    read(
        "GONG_RETRIEVE_DATA_PRIVACY_INFO_FOR_EMAIL_ADDRESS",
        "findAllReferencesToEmailAddress",
        "GET /v2/data-privacy/data-for-email-address",
        "Everything at Gong that mentions an e-mail address",
        ("api:data-privacy:read",),
        _EMAIL,
        EMPTY_LIST,
        None,
    ),
    write(
        "GONG_ERASE_DATA_FOR_EMAIL_ADDRESS",
        "purgeEmailAddress",
        "POST /v2/data-privacy/erase-data-for-email-address",
        "Erase an e-mail address and all that hangs on it; takes hours",
        ("api:data-privacy:delete",),
        _EMAIL,
    ),
    write(
        "GONG_ERASE_DATA_FOR_PHONE_NUMBER",
        "purgePhoneNumber",
        "POST /v2/data-privacy/erase-data-for-phone-number",
        "Erase a phone number and all that hangs on it; takes hours",
        ("api:data-privacy:delete",),
        _PHONE,
    ),
)
