"""Who may see and do what: permission profiles, their users, access to single calls."""

from __future__ import annotations

from collections.abc import Iterator

from sources.gong.schema.columns import BOOLEAN, JSON, PERSON, TEXT, Column, snake
from sources.gong.schema.table import Parents, Read, Removal, Table

_LEVELS = ("all", "managers-team", "report-to-them", "own", "none")

_AREAS_WITH_LEVEL = (
    "callsAccess", "dealsAccess", "forecastPermissions.forecastAccess",
    "forecastPermissions.forecastEditSubmissions", "forecastPermissions.forecastEditTargets",
    "coachingAccess", "insightsAccess", "usageAccess", "emailsAccess",
)  # fmt: skip

_PERMISSIONS = (
    "libraryFolderAccess.managePublicFolder", "libraryFolderAccess.manageStreams",
    "libraryFolderAccess.manageFolderCalls", "libraryFolderAccess.shareFoldersAndStreams",
    "scoreCalls", "overrideScore", "downloadCallMedia", "shareCallsWithCustomers",
    "manuallyScheduleAndUploadCalls", "privateCalls", "deleteCalls", "trimCalls", "listenInCalls",
    "deleteEmails", "callsAndSearch", "library", "deals", "createEditAndDeleteDealsBoards",
    "dealsInlineEditing", "account", "coaching", "usage", "teamStats", "initiatives", "market",
    "activity", "forecast", "forecastManage", "engageManageCompanyTemplates",
    "engageManageCompanySequences", "engageCreateAndManageRulesets",
    "engageSnoozeFlowToDosForOthers", "engageAllowCrmFieldsViewChange",
    "viewEngageAnalyticsActivity", "viewEngageAnalyticsPerformance", "viewEngageAnalyticsFlows",
    "manageGeneralBusinessSettings", "manageScorecards", "exportCallsAndCoachingDataToCSV",
    "crmDataInlineEditing", "crmDataImport", "viewRevenueAnalytics", "manageRevenueAnalytics",
    "engageReassignFlowToDosToOthers", "engageAssignFlowToDosToOthers", "dealsDataExport",
    "aiBuilder", "orchestrateCreateAndManagePlays",
)  # fmt: skip


def _levels() -> Iterator[Column]:
    """Yields two columns per area with a level: the level, and the team leads it names."""
    for area in _AREAS_WITH_LEVEL:
        name = snake(area.rpartition(".")[2])
        yield Column(
            f"{name}_level",
            TEXT,
            f"{area}.permissionLevel",
            "all, managers-team, report-to-them, own or none.",
            values=_LEVELS,
        )
        yield Column(
            f"{name}_team_lead_ids",
            JSON,
            f"{area}.teamLeadIds",
            "Team leads whose teams are added.",
        )


def _allowed() -> Iterator[Column]:
    """Yields one boolean column per permission; Gong names what is allowed."""
    for key in _PERMISSIONS:
        name = snake(key.rpartition(".")[2])
        yield Column(f"is_{name}_allowed", BOOLEAN, key, f"Allowed: {name.replace('_', ' ')}.")


PERMISSIONS = (
    Table(
        "permission_profiles",
        "one row per permission profile of a workspace: the whole matrix",
        key=("profile_id",),
        operation="listPermissionProfile",
        read=Read.EACH,
        parents=Parents(("workspaces",), bound="workspace_id"),
        parent_columns=("profile_id",),
        columns=(
            Column("profile_id", TEXT, "id", "Gong's id of the permission profile."),
            Column("workspace_id", TEXT, "_workspaceId", "The workspace that the request named."),
            Column("name", TEXT, "name", "Name of the profile."),
            Column("description", TEXT, "description", "Description of the profile."),
            *_levels(),
            Column("library_folder_access_level", TEXT, "libraryFolderAccess.permissionLevel",
                   "none, all or specific-folders.", values=("none", "all", "specific-folders")),
            Column("library_folder_ids", JSON, "libraryFolderAccess.libraryFolderIds",
                   "The folders, where the level is specific-folders."),
            *_allowed(),
        ),
    ),
    Table(
        "permission_profile_users",
        "one row per user of a permission profile",
        key=("profile_id", "user_id"),
        operation="listPermissionProfileUsers",
        read=Read.EACH,
        parents=Parents(("permission_profiles",), bound="profile_id"),
        columns=(
            Column("profile_id", TEXT, "_profileId", "The permission profile."),
            Column("user_id", TEXT, "id", "The user who has it."),
            Column("full_name", TEXT, "fullName", "Name of the user.", PERSON),
            Column("email_address", TEXT, "emailAddress", "E-mail address of the user.", PERSON),
        ),
    ),
    Table(
        "call_user_access",
        "one row per call and user who was given access to it through Gong's API",
        key=("call_id", "user_id"),
        operation="getUsersAccessToCalls",
        read=Read.CALLS_OF_RUN,
        parents=Parents(("calls",)),
        removal=Removal(purged_with="calls"),
        rows_at="callAccessList[].users[]",
        columns=(
            Column("call_id", TEXT, "_callId", "The call.", origin="callAccessList[].callId"),
            Column("user_id", TEXT, "userId", "The user who was given access."),
        ),
    ),
)  # fmt: skip
