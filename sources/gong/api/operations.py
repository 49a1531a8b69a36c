"""Table one: every operation of Gong's API that this product covers, one frozen row each.

Responsible for the facts of a request and of the outline of its answer: where it goes, what it
takes and in which place, which scope a bearer token needs, how it pages, what "nothing found"
looks like. Commands, readers, writes and the documentation are driven by these rows.

Invariant: a row says what Gong's OpenAPI document says (2026-07; 2025-01 for the one operation
that the newer document dropped), except where live answers or Gong's own prose contradict it;
there the comment beside the row gives the reason.
`tests/contract/test_operations.py` compares every row with the documents and the recordings.

It sends nothing, validates no value and knows no table of the warehouse. It imports the standard
library only, so that a command can list operations without waiting for an import.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

_CATALOGUE = "GONG_"


class Paging(StrEnum):
    """Where the cursor of the previous page goes. Every other input is repeated unchanged."""

    NONE = "none"
    QUERY_CURSOR = "query cursor"
    BODY_CURSOR = "body cursor"


class EmptyAnswer(StrEnum):
    """What Gong answers when the request was right and nothing matches it."""

    NOT_FOUND = "404 whose text says that no such rows were found"
    EMPTY_LIST = "200 with an empty list"
    NEVER = "does not apply"


class ParameterLocation(StrEnum):
    """The part of the request that carries an input."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    WHOLE_BODY = "whole body"
    """The value is itself the JSON body, under no key."""
    PART = "part"
    """A file part of a multipart form."""


class ParameterType(StrEnum):
    """What a value is, as far as the request is concerned."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    """ISO-8601 date and time with `Z` or an offset."""
    DATE = "date"
    """`YYYY-MM-DD`, a day in the company's time zone."""
    LIST = "list"
    OBJECT = "object"
    ANY = "any"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that an operation takes. Objects are walked through, lists are not."""

    name: str
    """Gong's own spelling; in a body the dotted way to it, `filter.fromDateTime`."""

    location: ParameterLocation
    """Where Gong reads it, also when the OpenAPI document declares it elsewhere."""

    type: ParameterType = ParameterType.TEXT
    """The declared type. The document declares most times as plain strings: take INSTANT or DATE
    from the format that its text asks for. Ids keep the declared type, INTEGER or TEXT."""

    is_required: bool = False
    """True when every request must carry it: it and all objects around it are required."""

    is_required_in_object: bool = False
    """True when only requests that send the optional object around it must carry it."""

    choices: tuple[str, ...] = ()
    """The values allowed, for a LIST those of its items; empty when any will do."""

    aliases: tuple[str, ...] = ()
    """Names under which the catalogue or people know it that are not Gong's own with other dashes,
    dots or capitals: `call_id` where Gong says `id`. Never sent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    slug: str
    """The catalogue's name for it, `GONG_…`; for an operation that the catalogue does not list a
    name of ours without that beginning. Unique."""

    operation_id: str
    """Gong's operationId; the two slugs of the transcript operation share one."""

    method: str
    """Upper case."""

    path: str
    """From `/v2` on, with Gong's placeholders in braces."""

    summary: str
    """One line in our words: what a user gets or changes, not how."""

    scopes: tuple[str, ...]
    """What a bearer token needs, the indispensable one first; empty when Gong states none."""

    parameters: tuple[Parameter, ...]
    """Every input, the cursor included. Tuples that several rows take in full are shared."""

    paging: Paging
    """NONE when the whole answer comes at once, however long it is."""

    empty: EmptyAnswer
    """NOT_FOUND for filtered lists, EMPTY_LIST for other lists, NEVER where an answer is one
    object, as its 404 then means a wrong id. Where nobody has seen it live: what is documented."""

    rows_key: str | None
    """Key of the list in a successful answer. None when the answer is one object, a map, or
    several lists of equal standing."""

    is_write: bool
    """True when it changes something at Gong. A POST that only looks something up is a read."""

    @property
    def kebab(self) -> str:
        """The slug as typed on a command line."""
        return self.slug.removeprefix(_CATALOGUE).lower().replace("_", "-")

    @property
    def short(self) -> str:
        """The kebab name without the path that the catalogue puts behind some: `add-new-call`."""
        return self.kebab.partition("-v2-")[0]

    @property
    def is_in_catalogue(self) -> bool:
        """Whether it is one of the catalogue's 58; the others Gong has added since."""
        return self.slug.startswith(_CATALOGUE)

    @property
    def link(self) -> str:
        """The operation's place in Gong's own documentation (a Gong login is needed)."""
        return (
            f"https://gong.app.gong.io/settings/api/documentation#{self.method.lower()}-{self.path}"
        )

    @property
    def needs_filter(self) -> bool:
        """Whether the body must hold a `filter`, be it an empty one.

        Without it Gong answers 400; an empty one, where nothing inside is required, reads
        everything.
        """
        return any(
            one.location is ParameterLocation.BODY and one.name.startswith("filter.")
            for one in self.parameters
        )


class UnknownOperation(LookupError):
    """No operation has that name; the message offers the nearest ones."""


def _query(
    name: str,
    kind: ParameterType = ParameterType.TEXT,
    *,
    is_required: bool = False,
    choices: tuple[str, ...] = (),
) -> Parameter:
    return Parameter(name, ParameterLocation.QUERY, kind, is_required, choices=choices)


def _body(
    name: str,
    kind: ParameterType = ParameterType.TEXT,
    *,
    is_required: bool = False,
    is_required_in_object: bool = False,
    choices: tuple[str, ...] = (),
) -> Parameter:
    return Parameter(
        name, ParameterLocation.BODY, kind, is_required, is_required_in_object, choices
    )


def _bodies(kind: ParameterType, names: str, under: str = "") -> tuple[Parameter, ...]:
    """Optional body inputs of one kind, their names separated by blanks."""
    prefix = f"{under}." if under else ""
    return tuple(_body(prefix + name, kind) for name in names.split())


def _access(*names: str) -> tuple[Parameter, ...]:
    """The pair of inputs with which a permission profile grants access to one area."""
    levels = ("all", "managers-team", "report-to-them", "own", "none")
    return tuple(
        one
        for name in names
        for one in (
            _body(f"{name}.permissionLevel", choices=levels),
            _body(f"{name}.teamLeadIds", ParameterType.LIST),
        )
    )


_CALL_ID = (Parameter("id", ParameterLocation.PATH, is_required=True, aliases=("call_id",)),)
_USER_ID = (Parameter("id", ParameterLocation.PATH, is_required=True, aliases=("user_id",)),)
_MEETING_ID = Parameter(
    "meetingId", ParameterLocation.PATH, ParameterType.INTEGER, is_required=True
)
_WORKSPACE = _query("workspaceId")
_PROFILE = _query("profileId", is_required=True)
_EMAIL = (_query("emailAddress", is_required=True),)
_PHONE = (_query("phoneNumber", is_required=True),)
_CURSOR_IN_QUERY = _query("cursor")
_CURSOR_IN_BODY = _body("cursor")

_CRM_INTEGRATION = _query("integrationId", ParameterType.INTEGER, is_required=True)
_CRM_CLIENT_REQUEST = _query("clientRequestId", is_required=True)
_CRM_OBJECT_TYPES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
_CRM_OBJECT_TYPE = _query("objectType", is_required=True, choices=_CRM_OBJECT_TYPES)

_CALL_FILTER = (
    _CURSOR_IN_BODY,
    _body("filter.fromDateTime", ParameterType.INSTANT),
    _body("filter.toDateTime", ParameterType.INSTANT),
    _body("filter.workspaceId"),
    _body("filter.callIds", ParameterType.LIST),
)

_CALL_CONTENT = (
    _body("contentSelector.context", choices=("None", "Basic", "Extended")),
    _body("contentSelector.contextTiming", ParameterType.LIST, choices=("Now", "TimeOfCall")),
    *_bodies(ParameterType.BOOLEAN, "parties media", under="contentSelector.exposedFields"),
    # pointsOfInterest left the answers in 2025; Gong still accepts it here and sends nothing.
    *_bodies(
        ParameterType.BOOLEAN,
        "structure topics trackers trackerOccurrences pointsOfInterest brief outline highlights"
        " callOutcome keyPoints",
        under="contentSelector.exposedFields.content",
    ),
    *_bodies(
        ParameterType.BOOLEAN, "speakers video", under="contentSelector.exposedFields.interaction"
    ),
    # What it selects comes back under the name interactionStats. The catalogue has it one object
    # further out.
    Parameter(
        "contentSelector.exposedFields.interaction.personInteractionStats",
        ParameterLocation.BODY,
        ParameterType.BOOLEAN,
        aliases=("contentSelector.exposedFields.personInteractionStats",),
    ),
    _body("contentSelector.exposedFields.interaction.questions", ParameterType.BOOLEAN),
    _body("contentSelector.exposedFields.collaboration.publicComments", ParameterType.BOOLEAN),
)

# createdFromDateTime and createdToDateTime carry no explanation in the OpenAPI document.
_STATS_FILTER = (
    _CURSOR_IN_BODY,
    _body("filter.fromDate", ParameterType.DATE, is_required=True),
    _body("filter.toDate", ParameterType.DATE, is_required=True),
    _body("filter.createdFromDateTime", ParameterType.INSTANT),
    _body("filter.createdToDateTime", ParameterType.INSTANT),
    _body("filter.userIds", ParameterType.LIST),
)

_PERMISSION_PROFILE = (
    *_bodies(ParameterType.TEXT, "id name description"),
    *_access("callsAccess", "dealsAccess", "coachingAccess", "insightsAccess", "usageAccess"),
    *_access("emailsAccess"),
    *_access("forecastPermissions.forecastAccess", "forecastPermissions.forecastEditSubmissions"),
    *_access("forecastPermissions.forecastEditTargets"),
    _body("libraryFolderAccess.permissionLevel", choices=("none", "all", "specific-folders")),
    _body("libraryFolderAccess.libraryFolderIds", ParameterType.LIST),
    *_bodies(
        ParameterType.BOOLEAN,
        "managePublicFolder manageStreams manageFolderCalls shareFoldersAndStreams",
        under="libraryFolderAccess",
    ),
    *_bodies(
        ParameterType.BOOLEAN,
        "scoreCalls overrideScore downloadCallMedia shareCallsWithCustomers"
        " manuallyScheduleAndUploadCalls privateCalls deleteCalls trimCalls listenInCalls"
        " deleteEmails callsAndSearch library deals createEditAndDeleteDealsBoards"
        " dealsInlineEditing account coaching usage teamStats initiatives market activity"
        " forecast forecastManage engageManageCompanyTemplates engageManageCompanySequences"
        " engageCreateAndManageRulesets engageSnoozeFlowToDosForOthers"
        " engageAllowCrmFieldsViewChange viewEngageAnalyticsActivity"
        " viewEngageAnalyticsPerformance viewEngageAnalyticsFlows manageGeneralBusinessSettings"
        " manageScorecards exportCallsAndCoachingDataToCSV crmDataInlineEditing crmDataImport"
        " viewRevenueAnalytics manageRevenueAnalytics engageReassignFlowToDosToOthers"
        " engageAssignFlowToDosToOthers dealsDataExport aiBuilder"
        " orchestrateCreateAndManagePlays",
    ),
)

_CALL_ACCESS = (_body("callAccessList", ParameterType.LIST),)

_MEETING = (
    _body("startTime", ParameterType.INSTANT, is_required=True),
    _body("endTime", ParameterType.INSTANT, is_required=True),
    _body("title"),
    _body("invitees", ParameterType.LIST, is_required=True),
    _body("externalId"),
    _body("provider"),
    _body("organizerEmail", is_required=True),
)

_EVENT = (
    _body("reportingSystem", is_required=True),
    _body("eventTimestamp", ParameterType.INSTANT, is_required=True),
    *_bodies(
        ParameterType.TEXT,
        "eventId shareId userAgent mobileAppId workspaceId trackingId moreInfoUrl actionName"
        " sharingMessageSubject sharingMessageBody",
    ),
    *_bodies(
        ParameterType.LIST, "crmContext contentProperties eventProperties nonCompanyParticipants"
    ),
    *_bodies(ParameterType.TEXT, "id email name", under="sharer"),
)
_EVENT_CONTENT = (
    _body("contentId", is_required=True),
    _body("contentUrl", is_required=True),
    _body("contentTitle", is_required=True),
)
# The OpenAPI document runs these five values together into a single one.
_EVENT_PLATFORM = _body("agentPlatform", choices=("Windows", "Linux", "MacOS", "iOS", "Android"))

_DIGITAL_INTERACTION = (
    _body("eventId", is_required=True),
    _body("timestamp", ParameterType.INSTANT, is_required=True),
    _body("eventType", is_required=True),
    *_bodies(ParameterType.TEXT, "sourceSystemName sessionId trackingId"),
    _body("device", choices=("MOBILE", "PC")),
    _body("customFields", ParameterType.LIST),
    _body("content.contentTitle", is_required=True),
    *_bodies(ParameterType.TEXT, "contentId contentUrl contentAdditionalInfoUrl", under="content"),
    *_bodies(ParameterType.LIST, "contentLabel contentCustomFields", under="content"),
    _body("content.numericContentDetails.value", ParameterType.INTEGER),
    _body(
        "content.numericContentDetails.rangeFrom", ParameterType.INTEGER, is_required_in_object=True
    ),
    _body(
        "content.numericContentDetails.rangeTo", ParameterType.INTEGER, is_required_in_object=True
    ),
    _body(
        "content.numericContentDetails.numericType",
        choices=("PERCENTAGE", "NPS", "RATING", "OTHER"),
    ),
    _body("content.stepContentDetails.value", is_required_in_object=True),
    _body(
        "content.stepContentDetails.availableSteps", ParameterType.LIST, is_required_in_object=True
    ),
    _body("content.searchObjectDetails.name", is_required_in_object=True),
    _body(
        "content.searchObjectDetails.objectType",
        is_required_in_object=True,
        choices=("VENDOR", "PRODUCT", "CATEGORY"),
    ),
    _body("content.searchObjectDetails.domain", is_required_in_object=True),
    *_bodies(ParameterType.TEXT, "objectId url", under="content.searchObjectDetails"),
    *_bodies(ParameterType.TEXT, "name email phoneNumber personId", under="person"),
    _body("person.personCustomFields", ParameterType.LIST),
    _body(
        "person.personBusinessContext.objectType",
        is_required_in_object=True,
        choices=("CONTACT", "LEAD"),
    ),
    _body("person.personBusinessContext.objectId", is_required_in_object=True),
    _body("person.personBusinessContext.systemName"),
    *_bodies(ParameterType.TEXT, "country state region city", under="person.location"),
    *_bodies(ParameterType.TEXT, "companyId name domain", under="person.company"),
    _body("person.company.companyBusinessContexts", ParameterType.LIST),
)


def _read(
    slug: str,
    operation_id: str,
    request: str,
    summary: str,
    scopes: tuple[str, ...],
    inputs: tuple[Parameter, ...],
    empty: EmptyAnswer,
    rows_key: str | None,
) -> Operation:
    """A row that changes nothing at Gong. Its paging follows from where its cursor goes."""
    if _CURSOR_IN_QUERY in inputs:
        paging = Paging.QUERY_CURSOR
    elif _CURSOR_IN_BODY in inputs:
        paging = Paging.BODY_CURSOR
    else:
        paging = Paging.NONE
    method, path = request.split()
    return Operation(
        slug, operation_id, method, path, summary, scopes, inputs, paging, empty, rows_key, False
    )


def _write(
    slug: str,
    operation_id: str,
    request: str,
    summary: str,
    scopes: tuple[str, ...],
    inputs: tuple[Parameter, ...],
    empty: EmptyAnswer = EmptyAnswer.NEVER,
    rows_key: str | None = None,
) -> Operation:
    """A row that changes something at Gong; none of these pages."""
    method, path = request.split()
    return Operation(
        slug,
        operation_id,
        method,
        path,
        summary,
        scopes,
        inputs,
        Paging.NONE,
        empty,
        rows_key,
        True,
    )


OPERATIONS: tuple[Operation, ...] = (
    # Gong declares both bounds required, yet a live request without any was answered normally.
    _read(
        "GONG_RETRIEVE_CALL_DATA_BY_DATE_RANGE_V2_CALLS",
        "listCalls",
        "GET /v2/calls",
        "Calls of a time span, basic data only",
        ("api:calls:read:basic",),
        (
            _CURSOR_IN_QUERY,
            _query("fromDateTime", ParameterType.INSTANT, is_required=True),
            _query("toDateTime", ParameterType.INSTANT, is_required=True),
            _WORKSPACE,
        ),
        EmptyAnswer.NOT_FOUND,
        "calls",
    ),
    _read(
        "GONG_GET_CALL_BY_ID",
        "getCall",
        "GET /v2/calls/{id}",
        "One call, basic data only",
        ("api:calls:read:basic",),
        _CALL_ID,
        EmptyAnswer.NEVER,
        None,
    ),
    # The second scope is needed only by requests that select media.
    _read(
        "GONG_RETRIEVE_FILTERED_CALL_DETAILS",
        "listCallsExtensive",
        "POST /v2/calls/extensive",
        "Calls with the sections asked for: people, content, interaction, CRM context",
        ("api:calls:read:extensive", "api:calls:read:media-url"),
        (*_CALL_FILTER, _body("filter.primaryUserIds", ParameterType.LIST), *_CALL_CONTENT),
        EmptyAnswer.NOT_FOUND,
        "calls",
    ),
    _read(
        "GONG_GET_CALL_TRANSCRIPT",
        "getCallTranscripts",
        "POST /v2/calls/transcript",
        "Transcripts of calls, chosen by time span or by id",
        ("api:calls:read:transcript",),
        _CALL_FILTER,
        EmptyAnswer.NOT_FOUND,
        "callTranscripts",
    ),
    # The catalogue lists this operation twice; this slug is the deprecated one.
    _read(
        "GONG_RETRIEVE_TRANSCRIPTS_OF_CALLS_V2_CALLS_TRANSCRIPT",
        "getCallTranscripts",
        "POST /v2/calls/transcript",
        "Transcripts of calls (older name of get-call-transcript)",
        ("api:calls:read:transcript",),
        _CALL_FILTER,
        EmptyAnswer.NOT_FOUND,
        "callTranscripts",
    ),
    _write(
        "GONG_ADD_NEW_CALL_V2_CALLS",
        "addCall",
        "POST /v2/calls",
        "Register a call; its media follow by URL or by a second request",
        ("api:calls:create",),
        (
            _body("clientUniqueId", is_required=True),
            _body("actualStart", ParameterType.INSTANT, is_required=True),
            _body("parties", ParameterType.LIST, is_required=True),
            _body(
                "direction",
                is_required=True,
                choices=("Inbound", "Outbound", "Conference", "Unknown"),
            ),
            _body("primaryUser", is_required=True),
            *_bodies(ParameterType.INSTANT, "scheduledStart scheduledEnd"),
            _body("duration", ParameterType.NUMBER),
            *_bodies(
                ParameterType.TEXT,
                "title purpose disposition customData meetingUrl callProviderCode"
                " downloadMediaUrl workspaceId languageCode",
            ),
            _body("context", ParameterType.LIST),
            _body("speakersTimeline.precise", ParameterType.BOOLEAN),
            _body("speakersTimeline.speechSegments", ParameterType.LIST),
            _body("flowContext.taskId"),
        ),
    ),
    _write(
        "GONG_ADD_CALL_MEDIA_V2_CALLS_ID_MEDIA",
        "addCallRecording",
        "PUT /v2/calls/{id}/media",
        "Upload the recording of a registered call",
        ("api:calls:create",),
        (
            *_CALL_ID,
            Parameter("mediaFile", ParameterLocation.PART, ParameterType.FILE, is_required=True),
        ),
    ),
    _read(
        "GONG_AGGREGATE_USER_ACTIVITY_STATISTICS",
        "listMultipleUsersAggregateActivity",
        "POST /v2/stats/activity/aggregate",
        "Activity counts per user over a span of days",
        ("api:stats:user-actions",),
        _STATS_FILTER,
        EmptyAnswer.NOT_FOUND,
        "usersAggregateActivityStats",
    ),
    _read(
        "GONG_AGGREGATE_ACTIVITY_BY_PERIOD_VIA_API",
        "listMultipleUsersAggregateByPeriod",
        "POST /v2/stats/activity/aggregate-by-period",
        "Activity counts per user and day, week, month, quarter or year",
        ("api:stats:user-actions",),
        (
            *_STATS_FILTER,
            _body(
                "aggregationPeriod",
                is_required=True,
                choices=("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"),
            ),
        ),
        EmptyAnswer.NOT_FOUND,
        "usersAggregateActivity",
    ),
    _read(
        "GONG_POST_DAY_BY_DAY_ACTIVITY_STATS",
        "listMultipleUsersDayByDayActivity",
        "POST /v2/stats/activity/day-by-day",
        "The calls behind each user's activity, day by day",
        ("api:stats:user-actions:detailed",),
        _STATS_FILTER,
        EmptyAnswer.NOT_FOUND,
        "usersDetailedActivities",
    ),
    _read(
        "GONG_GET_INTERACTION_STATISTICS",
        "listInteractionStats",
        "POST /v2/stats/interaction",
        "Interaction figures per user over a span of days (monologue, patience, …)",
        ("api:stats:interaction",),
        _STATS_FILTER,
        EmptyAnswer.NOT_FOUND,
        "peopleInteractionStats",
    ),
    _read(
        "GONG_CREATE_ACTIVITY_SCORECARDS_REPORT",
        "listAnsweredScorecards",
        "POST /v2/stats/activity/scorecards",
        "Answered scorecards, by day of the review or of the call",
        ("api:stats:scorecards",),
        (
            _CURSOR_IN_BODY,
            *_bodies(
                ParameterType.DATE,
                "callFromDate callToDate reviewFromDate reviewToDate",
                under="filter",
            ),
            _body("filter.reviewMethod", choices=("AUTOMATIC", "MANUAL", "BOTH")),
            *_bodies(ParameterType.LIST, "reviewedUserIds scorecardIds", under="filter"),
        ),
        EmptyAnswer.NOT_FOUND,
        "answeredScorecards",
    ),
    # A 404 is documented for a company without scorecards; live it is a 200 with an empty list.
    _read(
        "GONG_LIST_SCORECARDS",
        "listScorecards",
        "GET /v2/settings/scorecards",
        "All scorecards with their questions",
        ("api:settings:scorecards:read",),
        (),
        EmptyAnswer.EMPTY_LIST,
        "scorecards",
    ),
    # Its documented 404 is about an unknown workspace, not about an empty list.
    _read(
        "GONG_RETRIEVE_TRACKER_DETAILS_V2_SETTINGS_TRACKERS",
        "listTrackers",
        "GET /v2/settings/trackers",
        "All keyword trackers (smart trackers are not listed)",
        ("api:settings:trackers:read",),
        (_WORKSPACE,),
        EmptyAnswer.EMPTY_LIST,
        "keywordTrackers",
    ),
    _read(
        "GONG_LIST_ALL_COMPANY_WORKSPACES_V2_WORKSPACES",
        "listWorkspaces",
        "GET /v2/workspaces",
        "All workspaces of the company",
        ("api:workspaces:read",),
        (),
        EmptyAnswer.EMPTY_LIST,
        "workspaces",
    ),
    _read(
        "GONG_LIST_CALL_OUTCOMES",
        "listCallOutcomes",
        "GET /v2/call-outcomes",
        "The dialer outcomes that the company has set up",
        ("api:call-outcomes:read",),
        (),
        EmptyAnswer.EMPTY_LIST,
        "outcomes",
    ),
    _read(
        "GONG_LIST_ALL_USERS_V2_USERS",
        "listUsers",
        "GET /v2/users",
        "All users of the company",
        ("api:users:read",),
        (_CURSOR_IN_QUERY, _query("includeAvatars", ParameterType.BOOLEAN)),
        EmptyAnswer.EMPTY_LIST,
        "users",
    ),
    # Unknown userIds give a 404 too; its text names the ids and does not mean "nothing found".
    _read(
        "GONG_LIST_USERS_BY_FILTER_V2_USERS_EXTENSIVE",
        "listMultipleUsers",
        "POST /v2/users/extensive",
        "Users, chosen by id or by the time they were created",
        ("api:users:read",),
        (
            _CURSOR_IN_BODY,
            *_bodies(
                ParameterType.INSTANT, "createdFromDateTime createdToDateTime", under="filter"
            ),
            _body("filter.includeAvatars", ParameterType.BOOLEAN),
            _body("filter.userIds", ParameterType.LIST),
        ),
        EmptyAnswer.NOT_FOUND,
        "users",
    ),
    _read(
        "GONG_GET_USER_BY_ID",
        "getUser",
        "GET /v2/users/{id}",
        "One user",
        ("api:users:read",),
        _USER_ID,
        EmptyAnswer.NEVER,
        None,
    ),
    _read(
        "GONG_GET_USER_SETTINGS_HISTORY",
        "getUserHistory",
        "GET /v2/users/{id}/settings-history",
        "What was changed in one user's settings, and when",
        ("api:users:read",),
        _USER_ID,
        EmptyAnswer.EMPTY_LIST,
        "userSettingsHistory",
    ),
    # Live, a bare date is refused here, whereas the stats operations take nothing else.
    _read(
        "GONG_LIST_ALL_COACHING_METRICS_V2_COACHING",
        "listUsers_1",
        "GET /v2/coaching",
        "How one manager coached each report over a time span",
        ("api:coaching:read",),
        (
            _query("workspace-id", ParameterType.INTEGER, is_required=True),
            _query("manager-id", ParameterType.INTEGER, is_required=True),
            _query("from", ParameterType.INSTANT, is_required=True),
            _query("to", ParameterType.INSTANT, is_required=True),
        ),
        EmptyAnswer.EMPTY_LIST,
        "coachingData",
    ),
    # workspaceId is declared optional, but a company with several workspaces gets a 400 without.
    _read(
        "GONG_RETRIEVE_LIBRARY_FOLDERS_V2_LIBRARY_FOLDERS",
        "getLibraryStructure",
        "GET /v2/library/folders",
        "The public folders of the call library",
        ("api:library:read",),
        (_WORKSPACE,),
        EmptyAnswer.NOT_FOUND,
        "folders",
    ),
    # A 404 is documented as for the folders; a folder without calls gave a 200 live.
    _read(
        "GONG_LIST_FOLDER_CALLS",
        "getCallsInSpecificFolder",
        "GET /v2/library/folder-content",
        "The calls in one library folder",
        ("api:library:read",),
        (_query("folderId"),),
        EmptyAnswer.EMPTY_LIST,
        "calls",
    ),
    _read(
        "GONG_RETRIEVE_LOGS_DATA_BY_TYPE_AND_TIME_RANGE_V2_LOGS",
        "listLogs",
        "GET /v2/logs",
        "Audit log entries of one type over a time span",
        ("api:logs:read",),
        (
            _query(
                "logType",
                is_required=True,
                choices=(
                    "AccessLog",
                    "UserActivityLog",
                    "UserCallPlay",
                    "ExternallySharedCallAccess",
                    "ExternallySharedCallPlay",
                ),
            ),
            _query("fromDateTime", ParameterType.INSTANT, is_required=True),
            _query("toDateTime", ParameterType.INSTANT),
            _CURSOR_IN_QUERY,
        ),
        EmptyAnswer.NOT_FOUND,
        "logEntries",
    ),
    # Gone from the documents of 2026, and nobody has seen it answer since; the catalogue of 2026
    # makes fromDateTime required, Gong's last document does not. That document knows no 404.
    _read(
        "GONG_RETRIEVE_MANUAL_CRM_CALL_ASSOCIATIONS",
        "listCRMCallsManualAssociation",
        "GET /v2/calls/manual-crm-associations",
        "Calls that someone linked to CRM records by hand (may be withdrawn)",
        ("api:crm-calls:manual-association:read",),
        (_query("fromDateTime", ParameterType.INSTANT), _CURSOR_IN_QUERY),
        EmptyAnswer.EMPTY_LIST,
        "associations",
    ),
    # Gong states no scope for this row and the three below.
    _read(
        "GONG_FETCH_ALL_PERMISSION_PROFILES",
        "listPermissionProfile",
        "GET /v2/all-permission-profiles",
        "All permission profiles of one workspace (scope not stated by Gong)",
        (),
        (_query("workspaceId", is_required=True),),
        EmptyAnswer.EMPTY_LIST,
        "profiles",
    ),
    _read(
        "GONG_GET_PERMISSION_PROFILE",
        "getPermissionProfile",
        "GET /v2/permission-profile",
        "One permission profile (scope not stated by Gong)",
        (),
        (_PROFILE,),
        EmptyAnswer.NEVER,
        None,
    ),
    _write(
        "GONG_CREATE_PERMISSION_PROFILE_V2_PERMISSION_PROFILE",
        "createPermissionProfile",
        "POST /v2/permission-profile",
        "Create a permission profile in a workspace (scope not stated by Gong)",
        (),
        (_query("workspaceId", is_required=True), *_PERMISSION_PROFILE),
    ),
    _write(
        "GONG_UPDATE_PERMISSION_PROFILE_V2_PERMISSION_PROFILE",
        "updatePermissionProfile",
        "PUT /v2/permission-profile",
        "Change a permission profile (scope not stated by Gong)",
        (),
        (_PROFILE, *_PERMISSION_PROFILE),
    ),
    _read(
        "GONG_RETRIEVE_USERS_FROM_PERMISSION_PROFILE",
        "listPermissionProfileUsers",
        "GET /v2/permission-profile/users",
        "The users who have one permission profile",
        ("api:users:read",),
        (_PROFILE,),
        EmptyAnswer.EMPTY_LIST,
        "users",
    ),
    _write(
        "GONG_SET_USER_CALL_ACCESS",
        "addUsersAccessToCalls",
        "PUT /v2/calls/users-access",
        "Give single users access to calls",
        ("api:call-user-access:write",),
        _CALL_ACCESS,
    ),
    _read(
        "GONG_MANAGE_USER_CALL_ACCESS",
        "getUsersAccessToCalls",
        "POST /v2/calls/users-access",
        "Who was given access to calls one by one",
        ("api:call-user-access:read",),
        (_body("filter.callIds", ParameterType.LIST, is_required=True),),
        EmptyAnswer.EMPTY_LIST,
        "callAccessList",
    ),
    _write(
        "GONG_DELETE_USERS_FROM_CALL_ACCESS_LIST",
        "deleteUsersAccessToCalls",
        "DELETE /v2/calls/users-access",
        "Take back access that was given to single users",
        ("api:call-user-access:write",),
        _CALL_ACCESS,
    ),
    _read(
        "GONG_DATA_PRIVACY_FOR_PHONE_NUMBER",
        "findAllReferencesToPhoneNumber",
        "GET /v2/data-privacy/data-for-phone-number",
        "Everything at Gong that mentions a phone number",
        ("api:data-privacy:read",),
        _PHONE,
        EmptyAnswer.EMPTY_LIST,
        None,
    ),
    _read(
        "GONG_RETRIEVE_DATA_PRIVACY_INFO_FOR_EMAIL_ADDRESS",
        "findAllReferencesToEmailAddress",
        "GET /v2/data-privacy/data-for-email-address",
        "Everything at Gong that mentions an e-mail address",
        ("api:data-privacy:read",),
        _EMAIL,
        EmptyAnswer.EMPTY_LIST,
        None,
    ),
    _write(
        "GONG_ERASE_DATA_FOR_EMAIL_ADDRESS",
        "purgeEmailAddress",
        "POST /v2/data-privacy/erase-data-for-email-address",
        "Erase an e-mail address and all that hangs on it; takes hours",
        ("api:data-privacy:delete",),
        _EMAIL,
    ),
    _write(
        "GONG_ERASE_DATA_FOR_PHONE_NUMBER",
        "purgePhoneNumber",
        "POST /v2/data-privacy/erase-data-for-phone-number",
        "Erase a phone number and all that hangs on it; takes hours",
        ("api:data-privacy:delete",),
        _PHONE,
    ),
    _read(
        "GONG_GET_CRM_INTEGRATION_DETAILS",
        "listGenericCrmIntegration",
        "GET /v2/crm/integrations",
        "The generic CRM integration, if there is one (native CRMs are not listed)",
        ("api:crm:integrations:read",),
        (),
        EmptyAnswer.EMPTY_LIST,
        "integrations",
    ),
    _write(
        "GONG_REGISTER_CRM_INTEGRATION",
        "registerGenericCrmIntegration",
        "PUT /v2/crm/integrations",
        "Register the company's one generic CRM integration",
        ("api:crm:integration:register",),
        (_body("ownerEmail", is_required=True), _body("name", is_required=True)),
    ),
    _write(
        "GONG_DELETE_A_GENERIC_CRM_INTEGRATION_V2_CRM_INTEGRATIONS",
        "deleteGenericCrmIntegration",
        "DELETE /v2/crm/integrations",
        "Delete the generic CRM integration with all its objects; takes up to a day",
        ("api:crm:integration:delete",),
        (_CRM_INTEGRATION, _CRM_CLIENT_REQUEST),
    ),
    # objectType is declared required; the text beside it allows leaving it out for all types.
    _read(
        "GONG_LIST_SCHEMA_FIELDS_V2_CRM_ENTITY_SCHEMA",
        "listCrmSchemaFields",
        "GET /v2/crm/entity-schema",
        "The CRM fields that were announced to Gong",
        ("api:crm:schema",),
        (_CRM_INTEGRATION, _CRM_OBJECT_TYPE),
        EmptyAnswer.NEVER,
        None,
    ),
    # The OpenAPI document lists objectsCrmIds among the query parameters; its own text and
    # example send the ids as the body of the GET, a JSON array under no key. A live request
    # without a JSON content type got a 415.
    _read(
        "GONG_GET_CRM_OBJECTS_V2_CRM_ENTITIES",
        "getCrmObjects",
        "GET /v2/crm/entities",
        "CRM objects by id, as Gong holds them; at most 100 are looked at",
        ("api:crm:get-objects",),
        (
            _CRM_INTEGRATION,
            _CRM_OBJECT_TYPE,
            Parameter(
                "objectsCrmIds", ParameterLocation.WHOLE_BODY, ParameterType.LIST, is_required=True
            ),
        ),
        EmptyAnswer.NEVER,
        None,
    ),
    # The three query parameters stand in the document's text and in the live request, but are
    # not declared there as parameters.
    _write(
        "GONG_UPLOAD_CRM_OBJECTS_V2_CRM_ENTITIES",
        "uploadCrmData",
        "POST /v2/crm/entities",
        "Upload CRM objects of one type as a file with one JSON object per line",
        ("api:crm:upload",),
        (
            _CRM_INTEGRATION,
            _query(
                "objectType",
                is_required=True,
                choices=(*_CRM_OBJECT_TYPES, "BUSINESS_USER", "STAGE"),
            ),
            _CRM_CLIENT_REQUEST,
            Parameter("dataFile", ParameterLocation.PART, ParameterType.FILE, is_required=True),
        ),
    ),
    _read(
        "GONG_GET_REQUEST_STATUS_V2_CRM_REQUEST_STATUS",
        "getRequestStatus",
        "GET /v2/crm/request-status",
        "How far a CRM upload or deletion has come, with its first errors",
        ("api:crm:upload",),
        (_CRM_INTEGRATION, _CRM_CLIENT_REQUEST),
        EmptyAnswer.NEVER,
        None,
    ),
    _read(
        "GONG_LIST_GONG_ENGAGE_FLOWS_V2_FLOWS",
        "listFlows",
        "GET /v2/flows",
        "The Engage flows that one user can see",
        ("api:flows:read",),
        (
            _query("flowOwnerEmail", is_required=True),
            _CURSOR_IN_QUERY,
            _WORKSPACE,
            _query("folderId"),
            _query("mostRecentlyAssigned", ParameterType.BOOLEAN),
        ),
        EmptyAnswer.EMPTY_LIST,
        "flows",
    ),
    # The OpenAPI document gives it the answer of the flows, key `flows`; live it is flowsFolders.
    _read(
        "GONG_LIST_FLOW_FOLDERS",
        "listFlowsFolders",
        "GET /v2/flows/folders",
        "The Engage flow folders that one user can see",
        ("api:flows:read",),
        (
            _query("flowFolderOwnerEmail", is_required=True),
            _CURSOR_IN_QUERY,
            _query("parentId", ParameterType.INTEGER),
            _WORKSPACE,
        ),
        EmptyAnswer.EMPTY_LIST,
        "flowsFolders",
    ),
    _read(
        "GONG_GET_FLOW_PROSPECTS",
        "getProspectsAssignedFlows",
        "POST /v2/flows/prospects",
        "The flows that prospects are in, by prospect or by flow instance",
        ("api:flows:read",),
        _bodies(ParameterType.LIST, "crmProspectsIds flowInstanceIds"),
        EmptyAnswer.EMPTY_LIST,
        "prospectsAssigned",
    ),
    # No rows_key: who was assigned and who was not are two lists, and one alone would mislead.
    _write(
        "GONG_ASSIGN_PROSPECTS_TO_FLOW",
        "assignProspects",
        "POST /v2/flows/prospects/assign",
        "Put prospects into an Engage flow",
        ("api:flows:write",),
        (
            _body("crmProspectsIds", ParameterType.LIST, is_required=True),
            _body("flowId", is_required=True),
            _body("flowInstanceOwnerEmail", is_required=True),
            *_bodies(ParameterType.LIST, "steps flowInstanceVariables", under="overrides"),
            _body("overrides.coolOffOverride", ParameterType.BOOLEAN),
            _body("flowInstanceDescription"),
        ),
    ),
    _write(
        "GONG_UNASSIGN_FLOWS_BY_CRM_ID",
        "unassignProspectFlows",
        "POST /v2/flows/prospects/unassign-flows-by-crm-id",
        "Take a prospect out of one flow or of all",
        ("api:flows:write",),
        (
            _body("crmProspectId", is_required=True),
            *_bodies(ParameterType.TEXT, "flowId unassignedByUserEmail"),
        ),
        EmptyAnswer.EMPTY_LIST,
        "unassignedFlowInstanceIds",
    ),
    _read(
        "GONG_LIST_TASKS",
        "listTasks",
        "POST /v2/tasks",
        "The Engage tasks of one user",
        ("api:tasks:read",),
        (
            _body("filter.userId", is_required=True),
            _body("filter.workspaceId"),
            _body("filter.types", ParameterType.LIST, is_required=True, choices=("FLOW", "MANUAL")),
            _body("filter.taskAction", ParameterType.LIST, is_required=True, choices=("CALL",)),
            _body(
                "filter.status",
                ParameterType.LIST,
                is_required=True,
                choices=("OPEN", "DONE", "DISMISSED"),
            ),
        ),
        EmptyAnswer.EMPTY_LIST,
        "tasks",
    ),
    _write(
        "GONG_CREATE_A_NEW_GONG_MEETING_V2_MEETINGS",
        "addMeeting",
        "POST /v2/meetings",
        "Create a Gong meeting",
        ("api:meetings:user:create",),
        _MEETING,
    ),
    _write(
        "GONG_UPDATE_A_GONG_MEETING_V2_MEETINGS_MEETING_ID",
        "updateMeeting",
        "PUT /v2/meetings/{meetingId}",
        "Change a Gong meeting",
        ("api:meetings:user:update",),
        (_MEETING_ID, *_MEETING),
    ),
    _write(
        "GONG_DELETE_MEETING",
        "deleteMeeting",
        "DELETE /v2/meetings/{meetingId}",
        "Delete a Gong meeting",
        ("api:meetings:user:delete",),
        (_MEETING_ID, _body("organizerEmail")),
    ),
    _read(
        "GONG_VALIDATE_MEETING_INTEGRATION",
        "integrationStatus",
        "POST /v2/meetings/integration/status",
        "Whether users are set up to hold Gong meetings",
        ("api:meetings:integration:status",),
        (
            Parameter(
                "emails", ParameterLocation.BODY, ParameterType.LIST, aliases=("user_emails",)
            ),
        ),
        EmptyAnswer.EMPTY_LIST,
        "users",
    ),
    _write(
        "GONG_POST_A_DIGITAL_INTERACTION_V2_DIGITAL_INTERACTION",
        "addDigitalInteraction",
        "POST /v2/digital-interaction",
        "Report what a person did with a piece of digital content",
        ("api:digital-interactions:write",),
        _DIGITAL_INTERACTION,
    ),
    _write(
        "GONG_REPORT_CONTENT_VIEW_EVENT",
        "contentViewed",
        "PUT /v2/customer-engagement/content/viewed",
        "Report that an outsider viewed content",
        ("api:engagement-data:write",),
        (
            *_EVENT,
            *_EVENT_CONTENT,
            _EVENT_PLATFORM,
            *_bodies(ParameterType.TEXT, "viewActionTitle viewInfoUrl"),
            *_bodies(ParameterType.TEXT, "email name title", under="viewer"),
            _body("viewer.context", ParameterType.LIST),
        ),
    ),
    # Here the document lists no platforms, so agentPlatform stays free text.
    _write(
        "GONG_REPORT_CONTENT_SHARE_EVENT",
        "contentShared",
        "PUT /v2/customer-engagement/content/shared",
        "Report that a user shared content with outsiders",
        ("api:engagement-data:write",),
        (
            *_EVENT,
            *_EVENT_CONTENT,
            *_bodies(ParameterType.TEXT, "agentPlatform shareInfoUrl"),
            _body("recipients", ParameterType.LIST),
        ),
    ),
    _write(
        "GONG_REPORT_CUSTOM_ENGAGEMENT_EVENT",
        "customAction",
        "PUT /v2/customer-engagement/action",
        "Report any other thing an outsider did with content",
        ("api:engagement-data:write",),
        (
            *_EVENT,
            _EVENT_PLATFORM,
            *_bodies(ParameterType.TEXT, "contentId contentUrl contentTitle eventInfoUrl"),
            *_bodies(ParameterType.TEXT, "email name title", under="actor"),
            _body("actor.context", ParameterType.LIST),
        ),
    ),
    # Gong's document of 2026-07 has these two, the catalogue does not. The 404 of this one is about
    # an unknown workspace.
    _read(
        "LIST_BRIEFS",
        "listBriefs",
        "GET /v2/settings/briefs",
        "The settings of all AI briefs (beta)",
        ("api:ai-briefer:read",),
        (_WORKSPACE,),
        EmptyAnswer.EMPTY_LIST,
        "briefs",
    ),
    # At most 20 flows are asked for at a time; one unknown id gives a 404 for all of them.
    _read(
        "GET_FLOW_STEPS",
        "getFlowSteps",
        "POST /v2/flows/steps",
        "Engage flows with their steps, by id, at most 20 at a time",
        ("api:flows:read",),
        _bodies(ParameterType.LIST, "flowIds"),
        EmptyAnswer.EMPTY_LIST,
        "flows",
    ),
    _write(
        "UPLOAD_CRM_SCHEMA",
        "uploadCrmSchemaField",
        "POST /v2/crm/entity-schema",
        "Announce fields of CRM objects to Gong, change them or take them away",
        ("api:crm:schema",),
        (
            _CRM_INTEGRATION,
            _CRM_OBJECT_TYPE,
            Parameter("fields", ParameterLocation.WHOLE_BODY, ParameterType.LIST, is_required=True),
        ),
    ),
    _write(
        "UNASSIGN_FLOWS_BY_INSTANCE_ID",
        "unassignFlows",
        "POST /v2/flows/prospects/unassign-flows-by-instance-id",
        "Take prospects out of flows by the ids of their assignments",
        ("api:flows:write",),
        (
            _body("flowInstanceIds", ParameterType.LIST, is_required=True),
            _body("unassignedByUserEmail"),
        ),
        EmptyAnswer.EMPTY_LIST,
        "unassignedFlowInstanceIds",
    ),
    _write(
        "BULK_ASSIGN_PROSPECTS_TO_FLOW",
        "submitFlowProspectsBulkAssignment",
        "POST /v2/flows/prospects/bulk-assignments",
        "Put up to 50 contacts, leads or new people into an Engage flow; takes a while",
        ("api:flows:write",),
        (
            _body("flowId", is_required=True),
            _body("flowInstanceOwnerEmail", is_required=True),
            _body("prospects", ParameterType.LIST, is_required=True),
        ),
    ),
    _read(
        "GET_BULK_ASSIGNMENT",
        "getFlowProspectsBulkAssignment",
        "GET /v2/flows/prospects/bulk-assignments/{id}",
        "How far a bulk assignment has come, prospect by prospect",
        ("api:flows:read",),
        (Parameter("id", ParameterLocation.PATH, is_required=True),),
        EmptyAnswer.NEVER,
        None,
    ),
    _write(
        "UPDATE_TASK",
        "updateReminder",
        "PATCH /v2/tasks/{taskId}",
        "Change the status, due date or priority of an Engage task of a user",
        ("api:tasks:write",),
        (
            Parameter("taskId", ParameterLocation.PATH, ParameterType.INTEGER, is_required=True),
            _body("userId", is_required=True),
            _body("status", choices=("OPEN", "DONE", "DISMISSED")),
            _body("dueDate", ParameterType.INSTANT),
            _body("priority"),
        ),
        EmptyAnswer.EMPTY_LIST,
        "tasks",
    ),
)


def _names(row: Operation) -> tuple[str, ...]:
    return (row.operation_id, row.kebab, f"{row.method} {row.path}", row.slug, row.short)


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", "-").split())


# Filled from the last row to the first: a name that the twin slugs share means the earlier row.
_BY_NAME = {_folded(name): row for row in reversed(OPERATIONS) for name in _names(row)}


def operation(name: str) -> Operation:
    """The row called `name`: operationId, slug, in kebab case or short, or `GET /v2/calls`.

    Upper and lower case, and dashes and underscores, count as the same. Raises `UnknownOperation`.
    """
    wanted = _folded(name)
    row = _BY_NAME.get(wanted)
    if row is None:
        raise UnknownOperation(_unknown(name, wanted))
    return row


def reads() -> tuple[Operation, ...]:
    """The operations that change nothing at Gong."""
    return tuple(row for row in OPERATIONS if not row.is_write)


def writes() -> tuple[Operation, ...]:
    """The operations that change something at Gong."""
    return tuple(row for row in OPERATIONS if row.is_write)


def _unknown(name: str, wanted: str) -> str:
    spelled = {_folded(known): known for row in OPERATIONS for known in _names(row)}
    near = get_close_matches(wanted, spelled, n=5)
    # A remembered word inside a long name is too short for difflib to rank.
    near += [key for key in spelled if wanted and wanted in key]
    offers: dict[tuple[str, str], str] = {}
    for key in near:
        row = _BY_NAME[key]
        offers.setdefault((row.method, row.path), spelled[key])
    found = ", ".join(list(offers.values())[:5])
    hint = f"Near matches: {found}." if found else "Nothing comes near it."
    return f"No operation is called {name!r}. {hint}"
