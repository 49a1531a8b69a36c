"""What Gong knows of a person, and its erasure."""

from __future__ import annotations

from sources.gong.api.operations.model import EMPTY_LIST, ParameterLimits
from sources.gong.api.operations.rows import query, read, write

_EMAIL = (query("emailAddress", is_required=True),)
_PHONE = (
    query(
        "phoneNumber",
        is_required=True,
        limits=ParameterLimits(pattern=r"\+.*\d.*", form="start with + and the country code"),
    ),
)

OPERATIONS = (
    read(
        "GONG_DATA_PRIVACY_FOR_PHONE_NUMBER",
        "findAllReferencesToPhoneNumber", "GET /v2/data-privacy/data-for-phone-number",
        ("api:data-privacy:read",),
        "Everything at Gong that mentions a phone number",
        _PHONE, empty=EMPTY_LIST,
    ),
    read(
        "GONG_RETRIEVE_DATA_PRIVACY_INFO_FOR_EMAIL_ADDRESS",
        "findAllReferencesToEmailAddress", "GET /v2/data-privacy/data-for-email-address",
        ("api:data-privacy:read",),
        "Everything at Gong that mentions an e-mail address",
        _EMAIL, empty=EMPTY_LIST,
    ),
    write(
        "GONG_ERASE_DATA_FOR_EMAIL_ADDRESS",
        "purgeEmailAddress", "POST /v2/data-privacy/erase-data-for-email-address",
        ("api:data-privacy:delete",),
        "Erase an e-mail address and all that hangs on it; takes hours",
        _EMAIL,
    ),
    write(
        "GONG_ERASE_DATA_FOR_PHONE_NUMBER",
        "purgePhoneNumber", "POST /v2/data-privacy/erase-data-for-phone-number",
        ("api:data-privacy:delete",),
        "Erase a phone number and all that hangs on it; takes hours",
        _PHONE,
    ),
)  # fmt: skip
