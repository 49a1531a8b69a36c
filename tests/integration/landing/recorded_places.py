"""The columns in which the leaves of the recorded answers land, written from the documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Place = tuple[str, str]
"""A table and a column."""


def snake(name: str) -> str:
    return re.sub("(?<![A-Z])(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True)
class RecordedList:
    """The stream and the columns in which a recorded list lands.

    Attributes:
        rows: key of the list in the answer; empty if the answer is one element.
        stream: the stream that reads it.
        identity: path of the leaf by column, for the columns that identify a row.
        places: table and column by path of a leaf.
        parents: column of the parent, if the list was recorded once per parent.
    """

    rows: str
    stream: str
    identity: Mapping[str, str]
    places: Mapping[str, Place]
    parents: str = ""
    """The column of the parent, where the list was answered once for each."""


def same(table: str, keys: str, **renamed: str) -> dict[str, Place]:
    """Returns places of leaves in columns of the same name in snake case, and of renamed ones."""
    return {key: (table, snake(key)) for key in keys.split()} | {
        key: (table, column) for key, column in renamed.items()
    }


def flags(table: str, keys: str, before: str = "", after: str = "") -> dict[str, Place]:
    return {
        key: (table, f"is_{snake(key.rpartition('.')[2])}{after}")
        for key in (before + key for key in keys.split())
    }


AREAS = (
    *(f"{area}Access" for area in ("calls", "deals", "coaching", "insights", "usage", "emails")),
    "forecastPermissions.forecastAccess",
    "forecastPermissions.forecastEditSubmissions",
    "forecastPermissions.forecastEditTargets",
)
ALLOWED = (
    "account activity aiBuilder callsAndSearch coaching createEditAndDeleteDealsBoards"
    " crmDataImport crmDataInlineEditing deals dealsDataExport dealsInlineEditing deleteCalls"
    " deleteEmails downloadCallMedia engageAllowCrmFieldsViewChange"
    " engageAssignFlowToDosToOthers engageCreateAndManageRulesets engageManageCompanySequences"
    " engageManageCompanyTemplates engageReassignFlowToDosToOthers"
    " engageSnoozeFlowToDosForOthers exportCallsAndCoachingDataToCSV forecast forecastManage"
    " initiatives library listenInCalls manageGeneralBusinessSettings manageRevenueAnalytics"
    " manageScorecards manuallyScheduleAndUploadCalls market orchestrateCreateAndManagePlays"
    " overrideScore privateCalls scoreCalls shareCallsWithCustomers teamStats trimCalls usage"
    " viewEngageAnalyticsActivity viewEngageAnalyticsFlows viewEngageAnalyticsPerformance"
    " viewRevenueAnalytics libraryFolderAccess.managePublicFolder"
    " libraryFolderAccess.manageStreams libraryFolderAccess.manageFolderCalls"
    " libraryFolderAccess.shareFoldersAndStreams"
)
LOG = "logRecord.httpRequest"
WITHHELD = ("parameters[].values[]",)
"""What a recorded request of a log entry holds that must not land."""

LANDINGS: dict[str, RecordedList] = {
    "listUsers": RecordedList(
        "users",
        "users",
        {"user_id": "id"},
        same(
            "users",
            "emailAddress trustedEmailAddress firstName lastName title phoneNumber extension"
            " personalMeetingUrls managerId meetingConsentPageUrl conferencingProviders"
            " spokenLanguages",
            id="user_id",
            created="created_at",
            active="is_active",
        )
        | {"emailAliases[]": ("user_email_aliases", "email_alias")}
        | flags(
            "users",
            "webConferencesRecorded preventWebConferenceRecording telephonyCallsImported"
            " emailsImported preventEmailImport nonRecordedMeetingsImported gongConnectEnabled",
            "settings.",
        ),
    ),
    "getUserHistory": RecordedList(
        "userSettingsHistory",
        "user_settings_history",
        {"setting": "setting", "changed_at": "time"},
        same("user_settings_history", "setting value", time="changed_at"),
        parents="user_id",
    ),
    "listWorkspaces": RecordedList(
        "workspaces",
        "workspaces",
        {"workspace_id": "id"},
        same("workspaces", "name description", id="workspace_id"),
    ),
    "listCallOutcomes": RecordedList(
        "outcomes",
        "call_outcomes",
        {"call_outcome": "callOutcome", "connect_status": "connectStatus"},
        same(
            "call_outcomes",
            "callOutcome connectStatus displayOrder sentiment todoAction automation category",
        ),
    ),
    "listScorecards": RecordedList(
        "scorecards",
        "scorecards",
        {"scorecard_id": "scorecardId"},
        same(
            "scorecards",
            "scorecardId scorecardName workspaceId updaterUserId reviewMethod",
            enabled="is_enabled",
            created="created_at",
            updated="updated_at",
        )
        | {
            f"questions[].{key}": place
            for key, place in same(
                "scorecard_questions",
                "questionId questionRevisionId questionText isOverall questionType answerGuide"
                " minRange maxRange answerOptions updaterUserId",
                created="created_at",
                updated="updated_at",
            ).items()
        },
    ),
    "listTrackers": RecordedList(
        "keywordTrackers",
        "trackers",
        {"tracker_id": "trackerId"},
        same(
            "trackers",
            "trackerId trackerName workspaceId affiliation saidAt saidAtInterval saidAtUnit"
            " saidInTopics filterQuery creatorUserId updaterUserId",
            partOfQuestion="is_part_of_question",
            created="created_at",
            updated="updated_at",
        )
        | {"languageKeywords[].keywords[]": ("tracker_keywords", "keyword")},
    ),
    "listPermissionProfile": RecordedList(
        "profiles",
        "permission_profiles",
        {"profile_id": "id"},
        same("permission_profiles", "name description", id="profile_id")
        | flags("permission_profiles", ALLOWED, after="_allowed")
        | {
            f"{area}.{key}": ("permission_profiles", f"{snake(area.rpartition('.')[2])}_{column}")
            for area in AREAS
            for key, column in (("permissionLevel", "level"), ("teamLeadIds", "team_lead_ids"))
        }
        | {
            f"libraryFolderAccess.{key}": ("permission_profiles", column)
            for key, column in (
                ("permissionLevel", "library_folder_access_level"),
                ("libraryFolderIds", "library_folder_ids"),
            )
        },
    ),
    "getLibraryStructure": RecordedList(
        "folders",
        "library_folders",
        {"folder_id": "id"},
        same(
            "library_folders", "name parentFolderId createdBy", id="folder_id", updated="updated_at"
        ),
    ),
    # the folder itself, beside its calls, of which the recorded one has none
    "getCallsInSpecificFolder": RecordedList(
        "",
        "library_folder_calls",
        {"folder_id": "id"},
        same("library_folders", "name createdBy", id="folder_id", updated="updated_at"),
    ),
    "listGenericCrmIntegration": RecordedList(
        "integrations",
        "crm_integrations",
        {"integration_id": "integrationId"},
        same("crm_integrations", "integrationId ownerEmail name"),
    ),
    "listFlows": RecordedList("flows", "flows", {"flow_id": "id"}, {}),
    "listFlowsFolders": RecordedList(
        "flowsFolders",
        "flow_folders",
        {"folder_id": "id"},
        same("flow_folders", "name parentFolderId createdById visibility", id="folder_id"),
        parents="user_id",
    ),
    "integrationStatus": RecordedList(
        "users",
        "meeting_integrations",
        {"email": "email"},
        same(
            "meeting_integrations",
            "email userFacingError fixUrl helpUrl",
            exists="is_existing",
            valid="is_valid",
        ),
    ),
    "listLogs": RecordedList(
        "logEntries",
        "logs",
        {"log_id": "logRecord.auditId"},
        same(
            "logs", "userId userEmailAddress userFullName", eventTime="event_at",
            logRecord="log_record",
        ),
    ),
}  # fmt: skip

SPANNING = {
    "languageKeywords[].language": ("tracker_keywords", "language"),
    "languageKeywords[].includeRelatedForms": ("tracker_keywords", "is_include_related_forms"),
}
"""Leaves of an element with several rows; each row has them."""

PRINTED_ONLY = {"getProspectsAssignedFlows": "recorded without rows; its requests come from calls"}
"""Operations that fill a table, but whose recorded answer a sync does not request."""

UNREACHABLE = {
    ("GET", "/v2/integration-settings"),
    ("POST", "/v2/integration-settings"),
}
"""Recorded operations that are not in the catalogue, so the command does not have them."""

ROUNDED = {("register-crm-integration/1", "integrations[].integrationId")}
"""Numbers that lost digits in the recorder."""
