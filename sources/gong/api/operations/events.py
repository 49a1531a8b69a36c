"""Events that others report to Gong: digital interactions, content viewed and shared."""

from __future__ import annotations

from sources.gong.api.operations.model import INSTANT, INTEGER, LIST, TEXT
from sources.gong.api.operations.rows import bodies, body, write

_EVENT = (
    body("reportingSystem", is_required=True),
    body("eventTimestamp", INSTANT, is_required=True),
    *bodies(
        TEXT,
        "eventId shareId userAgent mobileAppId workspaceId trackingId moreInfoUrl actionName"
        " sharingMessageSubject sharingMessageBody",
    ),
    *bodies(LIST, "crmContext contentProperties eventProperties nonCompanyParticipants"),
    *bodies(TEXT, "id email name", under="sharer"),
)

_EVENT_CONTENT = (
    body("contentId", is_required=True),
    body("contentUrl", is_required=True),
    body("contentTitle", is_required=True),
)

# The OpenAPI document runs these five values together into a single one.
_EVENT_PLATFORM = body("agentPlatform", choices=("Windows", "Linux", "MacOS", "iOS", "Android"))

_DIGITAL_INTERACTION = (
    body("eventId", is_required=True),
    body("timestamp", INSTANT, is_required=True),
    body("eventType", is_required=True),
    *bodies(TEXT, "sourceSystemName sessionId trackingId"),
    body("device", choices=("MOBILE", "PC")),
    body("customFields", LIST),
    body("content.contentTitle", is_required=True),
    *bodies(TEXT, "contentId contentUrl contentAdditionalInfoUrl", under="content"),
    *bodies(LIST, "contentLabel contentCustomFields", under="content"),
    body("content.numericContentDetails.value", INTEGER),
    body("content.numericContentDetails.rangeFrom", INTEGER, is_required_in_object=True),
    body("content.numericContentDetails.rangeTo", INTEGER, is_required_in_object=True),
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
    body("person.personCustomFields", LIST),
    body(
        "person.personBusinessContext.objectType",
        is_required_in_object=True,
        choices=("CONTACT", "LEAD"),
    ),
    body("person.personBusinessContext.objectId", is_required_in_object=True),
    body("person.personBusinessContext.systemName"),
    *bodies(TEXT, "country state region city", under="person.location"),
    *bodies(TEXT, "companyId name domain", under="person.company"),
    body("person.company.companyBusinessContexts", LIST),
)

OPERATIONS = (
    write(
        "GONG_POST_A_DIGITAL_INTERACTION_V2_DIGITAL_INTERACTION",
        "addDigitalInteraction", "POST /v2/digital-interaction",
        ("api:digital-interactions:write",),
        "Report what a person did with a piece of digital content",
        _DIGITAL_INTERACTION,
    ),
    write(
        "GONG_REPORT_CONTENT_VIEW_EVENT",
        "contentViewed", "PUT /v2/customer-engagement/content/viewed",
        ("api:engagement-data:write",),
        "Report that an outsider viewed content",
        (
            *_EVENT,
            *_EVENT_CONTENT,
            _EVENT_PLATFORM,
            *bodies(TEXT, "viewActionTitle viewInfoUrl"),
            *bodies(TEXT, "email name title", under="viewer"),
            body("viewer.context", LIST),
        ),
    ),
    # Here the document lists no platforms, so agentPlatform stays free text.
    write(
        "GONG_REPORT_CONTENT_SHARE_EVENT",
        "contentShared", "PUT /v2/customer-engagement/content/shared",
        ("api:engagement-data:write",),
        "Report that a user shared content with outsiders",
        (
            *_EVENT,
            *_EVENT_CONTENT,
            *bodies(TEXT, "agentPlatform shareInfoUrl"),
            body("recipients", LIST),
        ),
    ),
    write(
        "GONG_REPORT_CUSTOM_ENGAGEMENT_EVENT",
        "customAction", "PUT /v2/customer-engagement/action", ("api:engagement-data:write",),
        "Report any other thing an outsider did with content",
        (
            *_EVENT,
            _EVENT_PLATFORM,
            *bodies(TEXT, "contentId contentUrl contentTitle eventInfoUrl"),
            *bodies(TEXT, "email name title", under="actor"),
            body("actor.context", LIST),
        ),
    ),
)  # fmt: skip
