"""Permission profiles and their users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.operations.model import BOOLEAN, LIST, TEXT, Parameter
from sources.gong.api.operations.rows import SET, bodies, body, query, read, write


def _access(*names: str) -> tuple[Parameter, ...]:
    """The pair of parameters with which a profile grants access to one area."""
    levels = ("all", "managers-team", "report-to-them", "own", "none")
    return tuple(
        parameter
        for name in names
        for parameter in (
            body(f"{name}.permissionLevel", choices=levels),
            body(f"{name}.teamLeadIds", LIST, limits=SET),
        )
    )


def _folders_allowed(values: Mapping[str, Any]) -> Iterator[str]:
    """Without access to folders there is nothing to grant in them."""
    level = "libraryFolderAccess.permissionLevel"
    if values.get(level) == "none":
        granted = (
            name
            for name, value in values.items()
            if name.startswith("libraryFolderAccess.") and name != level and value
        )
        for name in granted:
            yield f"{name} cannot be given with {level}=none"


_PROFILE = query("profileId", is_required=True)

_PERMISSION_PROFILE = (
    *bodies(TEXT, "id name description"),
    *_access("callsAccess", "dealsAccess", "coachingAccess", "insightsAccess", "usageAccess"),
    *_access("emailsAccess"),
    *_access("forecastPermissions.forecastAccess", "forecastPermissions.forecastEditSubmissions"),
    *_access("forecastPermissions.forecastEditTargets"),
    # That the level is mandatory is said in the text beside it only.
    body(
        "libraryFolderAccess.permissionLevel",
        is_required_in_object=True,
        choices=("none", "all", "specific-folders"),
    ),
    body("libraryFolderAccess.libraryFolderIds", LIST, limits=SET),
    *bodies(
        BOOLEAN,
        "managePublicFolder manageStreams manageFolderCalls shareFoldersAndStreams",
        under="libraryFolderAccess",
    ),
    *bodies(
        BOOLEAN,
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

OPERATIONS = (
    # Gong states no scope for this row and the three below.
    read(
        "GONG_FETCH_ALL_PERMISSION_PROFILES",
        "listPermissionProfile", "GET /v2/all-permission-profiles", (),
        "All permission profiles of one workspace (scope not stated by Gong)",
        (query("workspaceId", is_required=True),), "profiles",
    ),
    read(
        "GONG_GET_PERMISSION_PROFILE",
        "getPermissionProfile", "GET /v2/permission-profile", (),
        "One permission profile (scope not stated by Gong)",
        (_PROFILE,),
    ),
    write(
        "GONG_CREATE_PERMISSION_PROFILE_V2_PERMISSION_PROFILE",
        "createPermissionProfile", "POST /v2/permission-profile", (),
        "Create a permission profile in a workspace (scope not stated by Gong)",
        (query("workspaceId", is_required=True), *_PERMISSION_PROFILE),
        rules=(_folders_allowed,),
    ),
    write(
        "GONG_UPDATE_PERMISSION_PROFILE_V2_PERMISSION_PROFILE",
        "updatePermissionProfile", "PUT /v2/permission-profile", (),
        "Change a permission profile (scope not stated by Gong)",
        (_PROFILE, *_PERMISSION_PROFILE),
        rules=(_folders_allowed,),
    ),
    read(
        "GONG_RETRIEVE_USERS_FROM_PERMISSION_PROFILE",
        "listPermissionProfileUsers", "GET /v2/permission-profile/users", ("api:users:read",),
        "The users who have one permission profile",
        (_PROFILE,), "users",
    ),
)  # fmt: skip
