"""The form of a posted call."""

import re
from typing import Any

from tests.emulator.errors import parse_error
from tests.emulator.inputs import forms
from tests.emulator.inputs.forms import Check, Form

DIRECTIONS = ("Inbound", "Outbound", "Conference", "Unknown")
CRM_SYSTEMS = ("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
_LANGUAGE = re.compile(r"[a-z]{2,3}-[A-Z]{2}", re.ASCII)


def _at_most(length: int) -> Check:
    """A text of limited length."""

    def check(value: Any, path: str) -> list[str]:
        forms.text(value, path)
        short = len(str(value)) <= length
        return [] if short else [f"{path}: size must be between 0 and {length}"]

    return check


def _number(value: Any, path: str) -> list[str]:
    """A JSON number, fractions allowed."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise parse_error()
    return []


def _between(low: int, high: int | None) -> Check:
    """A whole number within limits."""

    def check(value: Any, path: str) -> list[str]:
        forms.whole(value, path)
        if value < low:
            return [f"{path}: must be greater than or equal to {low}"]
        if high is not None and value > high:
            return [f"{path}: must be less than or equal to {high}"]
        return []

    return check


def _language(value: Any, path: str) -> list[str]:
    """A language with its country."""
    forms.text(value, path)
    return [] if _LANGUAGE.fullmatch(str(value)) else [f"{path}: is not a valid language code"]


_CONTEXT = forms.listed(
    Form(
        {
            "system*": forms.choice(*CRM_SYSTEMS),
            "objects": forms.listed(Form({"objectType*": forms.text, "objectId*": forms.text})),
        }
    )
)
_PARTY = Form(
    {
        "phoneNumber": forms.text,
        "emailAddress": forms.text,
        "name": forms.text,
        "partyId": forms.text,
        "mediaChannelId": _between(0, 1),
        "context": _CONTEXT,
        "userId": forms.text,
    }
)
_SEGMENT = Form(
    {
        "fromTime*": _between(0, None),
        "toTime*": _between(0, None),
        "partyIds*": forms.listed(forms.text),
    }
)
CALL = Form(
    {
        "clientUniqueId*": _at_most(2048),
        "title": forms.text,
        "purpose": _at_most(255),
        "scheduledStart": forms.instant,
        "scheduledEnd": forms.instant,
        "parties*": forms.listed(_PARTY, least=1),
        "direction*": forms.choice(*DIRECTIONS),
        "actualStart*": forms.instant,
        "duration": _number,
        "disposition": _at_most(255),
        "context": _CONTEXT,
        "customData": forms.text,
        "speakersTimeline": Form({"precise": forms.flag, "speechSegments": forms.listed(_SEGMENT)}),
        "meetingUrl": forms.text,
        "callProviderCode": forms.text,
        "downloadMediaUrl": forms.text,
        "workspaceId": forms.text,
        "languageCode": _language,
        "flowContext": Form({"taskId": forms.text}),
        "primaryUser*": forms.text,
    }
)
