"""The form of a posted call."""

from typing import Any

from tests.emulator.errors import parse_error
from tests.emulator.inputs import forms
from tests.emulator.inputs.forms import Check, Form

DIRECTIONS = ("Inbound", "Outbound", "Conference", "Unknown")
CRM_SYSTEMS = ("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
_LANGUAGES = (
    "af-ZA am-ET ar-AE ar-BH ar-DZ ar-EG ar-IL ar-IQ ar-JO ar-KW ar-LB ar-MA ar-MR ar-OM ar-PS"
    " ar-QA ar-SA ar-TN ar-YE az-AZ bg-BG bn-BD bn-IN bs-BA ca-ES cs-CZ da-DK de-AT de-CH de-DE"
    " el-GR en-AB en-AU en-CA en-GB en-IE en-IN en-NZ en-PH en-SG en-US en-WL en-ZA es-AR es-BO"
    " es-CL es-CO es-CR es-DO es-EC es-ES es-GT es-HN es-MX es-NI es-PA es-PE es-PR es-PY es-SV"
    " es-US es-UY et-EE eu-ES fa-IR fi-FI fil-PH fr-BE fr-CA fr-CH fr-FR gl-ES gu-IN he-IL hi-IN"
    " hr-HR hu-HU hy-AM id-ID is-IS it-CH it-IT ja-JP jv-ID ka-GE kk-KZ km-KH kn-IN ko-KR lo-LA"
    " lt-LT lv-LV mk-MK ml-IN mn-MN mr-IN ms-MY my-MM ne-NP nl-BE nl-NL no-NO pa-Guru-IN pl-PL"
    " pt-BR pt-PT ro-RO ru-RU si-LK sk-SK sl-SI sq-AL sr-RS su-ID sv-SE sw-KE sw-TZ ta-IN ta-LK"
    " ta-MY ta-SG te-IN th-TH tr-TR uk-UA ur-IN ur-PK uz-UZ vi-VN yue-Hant-HK zh-CN zh-TW zu-ZA"
)


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
    """One of the languages that Gong's OpenAPI lists in words."""
    forms.text(value, path)
    return [] if value in _LANGUAGES.split() else [f"{path}: is not a valid language code"]


def _context(*types: str) -> Check:
    """Links to other systems; their fields have a name and any JSON value."""
    data = Form({"name": forms.text})
    linked = Form(
        {
            "objectType*": forms.choice(*types),
            "objectId*": forms.text,
            "fields": forms.listed(data),
        }
    )
    return forms.listed(
        Form({"system*": forms.choice(*CRM_SYSTEMS), "objects": forms.listed(linked)})
    )


_PARTY = Form(
    {
        "phoneNumber": forms.text,
        "emailAddress": forms.text,
        "name": forms.text,
        "partyId": forms.text,
        "mediaChannelId": _between(0, 1),
        "context": _context("Lead", "Contact", "Account", "Opportunity", "User", "Lead,Contact"),
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
        "context": _context(
            "Opportunity", "Account", "Lead", "Contact", "User", "Opportunity,Account"
        ),
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
