"""The forms of digital interactions and of engagement with content."""

from tests.emulator.inputs.forms import (
    Check,
    Form,
    choice,
    filled,
    instant,
    listed,
    scalar,
    text,
    whole,
)

_SYSTEM = choice("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
_CUSTOM = listed(
    Form(
        {
            "name*": filled,
            "value*": scalar,
            "dataType": choice("STRING", "NUMBER", "DATE", "URL", "BOOLEAN", "DURATION"),
        }
    )
)


def _business(*types: str) -> Form:
    return Form({"objectType*": choice(*types), "objectId*": filled, "systemName": text})


_CONTENT = Form(
    {
        "contentId": text,
        "contentTitle*": filled,
        "contentLabel": listed(text),
        "contentUrl": text,
        "contentAdditionalInfoUrl": text,
        "numericContentDetails": Form(
            {
                "value": whole,
                "rangeFrom*": whole,
                "rangeTo*": whole,
                "numericType": choice("PERCENTAGE", "NPS", "RATING", "OTHER"),
            }
        ),
        "stepContentDetails": Form({"value*": filled, "availableSteps*": listed(text)}),
        "searchObjectDetails": Form(
            {
                "name*": filled,
                "objectType*": choice("VENDOR", "PRODUCT", "CATEGORY"),
                "domain*": filled,
                "objectId": text,
                "url": text,
            }
        ),
        "contentCustomFields": _CUSTOM,
    }
)
_PERSON = Form(
    {
        "name": text,
        "email": text,
        "phoneNumber": text,
        "personId": text,
        "personBusinessContext": _business("CONTACT", "LEAD"),
        "location": Form({"country": text, "state": text, "region": text, "city": text}),
        "company": Form(
            {
                "companyId": text,
                "name": text,
                "domain": text,
                "companyBusinessContexts": listed(_business("ACCOUNT", "OPPORTUNITY")),
            }
        ),
        "personCustomFields": _CUSTOM,
    }
)
DIGITAL = Form(
    {
        "eventId*": filled,
        "timestamp*": instant,
        "eventType*": filled,
        "sourceSystemName": text,
        "sessionId": text,
        "device": choice("MOBILE", "PC"),
        "content*": _CONTENT,
        "person": _PERSON,
        "customFields": _CUSTOM,
        "trackingId": text,
    }
)


def _context(*types: str) -> Check:
    field = Form({"name": text, "value": scalar})
    linked = Form({"objectType*": choice(*types), "objectId*": filled, "fields": listed(field)})
    return listed(Form({"system*": _SYSTEM, "objects": listed(linked)}))


_PARTY: dict[str, Check] = {
    "name": text,
    "title": text,
    "context": _context("Lead", "Contact", "Account", "Opportunity", "User", "Lead,Contact"),
}
_ACTOR = Form({"email": text, **_PARTY})
_RECIPIENT = Form({"email*": filled, **_PARTY})
_PROPERTIES = listed(
    Form(
        {
            "name*": filled,
            "value*": scalar,
            "dataType*": text,
        }
    )
)
_EVENT: dict[str, Check] = {
    "reportingSystem*": filled,
    "eventTimestamp*": instant,
    "eventId": text,
    "shareId": text,
    "crmContext": _context(
        "Opportunity", "Account", "Lead", "Contact", "User", "Opportunity,Account"
    ),
    "contentProperties": _PROPERTIES,
    "eventProperties": _PROPERTIES,
    "userAgent": text,
    "mobileAppId": text,
    "workspaceId": text,
    "trackingId": text,
    "nonCompanyParticipants": listed(_ACTOR),
    "moreInfoUrl": text,
    "actionName": text,
    "sharer": Form({"id": text, "email": text, "name": text}),
    "sharingMessageSubject": text,
    "sharingMessageBody": text,
}
_NAMED: dict[str, Check] = {"contentId*": filled, "contentUrl*": filled, "contentTitle*": filled}
VIEWED = Form(
    {
        **_EVENT,
        **_NAMED,
        "viewActionTitle": text,
        "viewInfoUrl": text,
        "viewer": _ACTOR,
        "agentPlatform": text,
    }
)
SHARED = Form(
    {
        **_EVENT,
        **_NAMED,
        "shareInfoUrl": text,
        "recipients": listed(_RECIPIENT),
        "agentPlatform": text,
    }
)
ACTION = Form(
    {
        **_EVENT,
        "contentId": text,
        "contentUrl": text,
        "contentTitle": text,
        "eventInfoUrl": text,
        "actor": _ACTOR,
        "agentPlatform": text,
    }
)
