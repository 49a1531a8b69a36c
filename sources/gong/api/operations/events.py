"""Events that others report to Gong: digital interactions, content viewed and shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.operations.model import ANY, INSTANT, INTEGER, LIST, TEXT
from sources.gong.api.operations.rows import (
    INT32,
    OF_A_CALL,
    OF_A_PERSON,
    bodies,
    body,
    crm_links,
    exclusive,
    is_given,
    objects,
    write,
)


def _plain_value(values: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(values.get("value"), (dict, list)):
        yield "value must be text, a number, true or false"


# The document runs the types of data together into a single one, "number, string, url, date"; the
# value has the JSON type that this type says.
_PROPERTIES = objects(
    body("name", is_required=True),
    body("value", ANY, is_required=True),
    body("dataType", is_required=True),
    rules=(_plain_value,),
)

_OUTSIDERS = objects(
    *bodies(TEXT, "email name title"), body("context", LIST, limits=crm_links(*OF_A_PERSON))
)
# That the address is required is said in the text beside the list only.
_RECIPIENTS = objects(
    body("email", is_required=True),
    *bodies(TEXT, "name title"),
    body("context", LIST, limits=crm_links(*OF_A_PERSON)),
)

_EVENT = (
    body("reportingSystem", is_required=True),
    body("eventTimestamp", INSTANT, is_required=True),
    *bodies(
        TEXT,
        "eventId shareId userAgent mobileAppId workspaceId trackingId moreInfoUrl actionName"
        " sharingMessageSubject sharingMessageBody",
    ),
    body("crmContext", LIST, limits=crm_links(*OF_A_CALL)),
    *bodies(LIST, "contentProperties eventProperties", limits=_PROPERTIES),
    body("nonCompanyParticipants", LIST, limits=_OUTSIDERS),
    *bodies(TEXT, "id email name", under="sharer"),
)

# agentPlatform is free text: the document runs five examples of it together into a single value,
# and leaves it open where content is shared.
_EVENT_CONTENT = (
    body("contentId", is_required=True),
    body("contentUrl", is_required=True),
    body("contentTitle", is_required=True),
)

# A declared custom value is a text, whatever its type of data; a JSON number says the same.
_CUSTOM_FIELDS = objects(
    body("name", is_required=True),
    body("value", ANY, is_required=True),
    body("dataType", choices=("STRING", "NUMBER", "DATE", "URL", "BOOLEAN", "DURATION")),
    rules=(_plain_value,),
)

_COMPANY_LINKS = objects(
    body("objectType", is_required=True, choices=("ACCOUNT", "OPPORTUNITY")),
    body("objectId", is_required=True),
    body("systemName"),
)


def _anonymous_person(values: Mapping[str, Any]) -> Iterator[str]:
    """Somebody without a name must be told apart by other means."""
    known = ("name", "email", "phoneNumber", "personBusinessContext")
    if is_given(values, "person") and not any(is_given(values, f"person.{key}") for key in known):
        for name in ("person.personId", "person.company.domain"):
            if name not in values:
                yield (
                    f"{name} is missing: a person without {', '.join(known[:-1])} and "
                    f"{known[-1]} needs it"
                )


_DIGITAL_INTERACTION = (
    body("eventId", is_required=True),
    body("timestamp", INSTANT, is_required=True),
    body("eventType", is_required=True),
    *bodies(TEXT, "sourceSystemName sessionId trackingId"),
    body("device", choices=("MOBILE", "PC")),
    body("customFields", LIST, limits=_CUSTOM_FIELDS),
    body("content.contentTitle", is_required=True),
    *bodies(TEXT, "contentId contentUrl contentAdditionalInfoUrl", under="content"),
    body("content.contentLabel", LIST),
    body("content.contentCustomFields", LIST, limits=_CUSTOM_FIELDS),
    body("content.numericContentDetails.value", INTEGER, limits=INT32),
    body(
        "content.numericContentDetails.rangeFrom",
        INTEGER,
        is_required_in_object=True,
        limits=INT32,
    ),
    body(
        "content.numericContentDetails.rangeTo", INTEGER, is_required_in_object=True, limits=INT32
    ),
    body(
        "content.numericContentDetails.numericType",
        choices=("PERCENTAGE", "NPS", "RATING", "OTHER"),
    ),
    body("content.stepContentDetails.value", is_required_in_object=True),
    body("content.stepContentDetails.availableSteps", LIST, is_required_in_object=True),
    body("content.searchObjectDetails.name", is_required_in_object=True),
    body(
        "content.searchObjectDetails.objectType",
        is_required_in_object=True,
        choices=("VENDOR", "PRODUCT", "CATEGORY"),
    ),
    body("content.searchObjectDetails.domain", is_required_in_object=True),
    *bodies(TEXT, "objectId url", under="content.searchObjectDetails"),
    *bodies(TEXT, "name email phoneNumber personId", under="person"),
    body("person.personCustomFields", LIST, limits=_CUSTOM_FIELDS),
    body(
        "person.personBusinessContext.objectType",
        is_required_in_object=True,
        choices=("CONTACT", "LEAD"),
    ),
    body("person.personBusinessContext.objectId", is_required_in_object=True),
    body("person.personBusinessContext.systemName"),
    *bodies(TEXT, "country state region city", under="person.location"),
    *bodies(TEXT, "companyId name domain", under="person.company"),
    body("person.company.companyBusinessContexts", LIST, limits=_COMPANY_LINKS),
)

OPERATIONS = (
    write(
        "GONG_POST_A_DIGITAL_INTERACTION_V2_DIGITAL_INTERACTION",
        "addDigitalInteraction", "POST /v2/digital-interaction",
        ("api:digital-interactions:write",),
        "Report what a person did with a piece of digital content",
        _DIGITAL_INTERACTION,
        rules=(exclusive("trackingId", "person"), _anonymous_person),
    ),
    write(
        "GONG_REPORT_CONTENT_VIEW_EVENT",
        "contentViewed", "PUT /v2/customer-engagement/content/viewed",
        ("api:engagement-data:write",),
        "Report that an outsider viewed content",
        (
            *_EVENT,
            *_EVENT_CONTENT,
            *bodies(TEXT, "agentPlatform viewActionTitle viewInfoUrl"),
            *bodies(TEXT, "email name title", under="viewer"),
            body("viewer.context", LIST, limits=crm_links(*OF_A_PERSON)),
        ),
        rules=(exclusive("trackingId", "viewer"),),
    ),
    write(
        "GONG_REPORT_CONTENT_SHARE_EVENT",
        "contentShared", "PUT /v2/customer-engagement/content/shared",
        ("api:engagement-data:write",),
        "Report that a user shared content with outsiders",
        (
            *_EVENT,
            *_EVENT_CONTENT,
            *bodies(TEXT, "agentPlatform shareInfoUrl"),
            body("recipients", LIST, limits=_RECIPIENTS),
        ),
    ),
    write(
        "GONG_REPORT_CUSTOM_ENGAGEMENT_EVENT",
        "customAction", "PUT /v2/customer-engagement/action", ("api:engagement-data:write",),
        "Report any other thing an outsider did with content",
        (
            *_EVENT,
            *bodies(TEXT, "agentPlatform contentId contentUrl contentTitle eventInfoUrl"),
            *bodies(TEXT, "email name title", under="actor"),
            body("actor.context", LIST, limits=crm_links(*OF_A_PERSON)),
        ),
    ),
)  # fmt: skip
