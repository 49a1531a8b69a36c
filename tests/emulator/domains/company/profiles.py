"""Permission profiles of every workspace, and their users."""

import random
from copy import deepcopy

from tests.emulator.domains.company.library import Library
from tests.emulator.domains.documents import Documents
from tests.emulator.settings import Json
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.words import RTL_TITLE, UNICODE_TITLE
from tests.emulator.world.world import World

LEVELS = ("all", "managers-team", "report-to-them", "own", "none")
FOLDER_LEVELS = ("none", "all", "specific-folders")
AREAS_BEFORE = ("callsAccess",)
FORECAST = ("forecastAccess", "forecastEditSubmissions", "forecastEditTargets")
AREAS_AFTER = ("coachingAccess", "insightsAccess", "usageAccess", "emailsAccess")
FOLDER_FLAGS = (
    "managePublicFolder",
    "manageStreams",
    "manageFolderCalls",
    "shareFoldersAndStreams",
)
FLAGS = (
    "scoreCalls",
    "overrideScore",
    "downloadCallMedia",
    "shareCallsWithCustomers",
    "manuallyScheduleAndUploadCalls",
    "privateCalls",
    "deleteCalls",
    "trimCalls",
    "listenInCalls",
    "deleteEmails",
    "callsAndSearch",
    "library",
    "deals",
    "createEditAndDeleteDealsBoards",
    "dealsInlineEditing",
    "account",
    "coaching",
    "usage",
    "teamStats",
    "initiatives",
    "market",
    "activity",
    "forecast",
    "forecastManage",
    "engageManageCompanyTemplates",
    "engageManageCompanySequences",
    "engageCreateAndManageRulesets",
    "engageSnoozeFlowToDosForOthers",
    "engageAllowCrmFieldsViewChange",
    "viewEngageAnalyticsActivity",
    "viewEngageAnalyticsPerformance",
    "viewEngageAnalyticsFlows",
    "manageGeneralBusinessSettings",
    "manageScorecards",
    "exportCallsAndCoachingDataToCSV",
    "crmDataInlineEditing",
    "crmDataImport",
    "viewRevenueAnalytics",
    "manageRevenueAnalytics",
    "engageReassignFlowToDosToOthers",
    "engageAssignFlowToDosToOthers",
    "dealsDataExport",
    "aiBuilder",
)
NEWEST_FLAG = "orchestrateCreateAndManagePlays"

# Name, description, level of access, and which part of the staff has it, in tenths.
SEEDED: tuple[tuple[str, str | None, str, range], ...] = (
    ("Administration", "May do <b>everything</b> & more", "all", range(1)),
    ("Équipe commerciale 🧑‍💼", None, "own", range(1, 6)),
    ("Team lead", "", "managers-team", range(6, 8)),
    (RTL_TITLE, UNICODE_TITLE, "report-to-them", range(8, 9)),
    ("Nobody has this one", "Kept for the auditors", "none", range(0)),
)


class Profiles:
    """Profiles as served plus their workspace, and the users of each by profile id."""

    def __init__(self, world: World) -> None:
        """Draw every workspace's profiles; a tenth of the staff has none."""
        self.profiles = Documents("permission profile", "id", ())
        self.members: dict[str, list[str]] = {}
        staff = [person.id for person in world.staff]
        folders = list(world.state(Library).folders)
        for number, workspace in enumerate(world.opening_workspaces):
            rng = stream(world.settings.seed, "profiles", number)
            local = [str(folder["id"]) for folder in folders if folder["workspaceId"] == workspace]
            for name, description, level, tenths in SEEDED:
                profile = blank(gong_id(rng, 20 if name == "Team lead" else None), workspace)
                profile.update(name=name, description=description)
                _open_up(rng, profile, level, staff[:3], local)
                self.profiles.add(profile)
                users = [person for place, person in enumerate(staff) if place * 7 % 10 in tenths]
                self.members[str(profile["id"])] = users if number == 0 else users[::2]


def blank(profile_id: str, workspace: str) -> Json:
    """A profile that allows nothing; keys left out at creation get these values (seen live)."""

    def closed() -> Json:
        return {"permissionLevel": "none", "teamLeadIds": None}

    folders: Json = {"permissionLevel": "none", "libraryFolderIds": None}
    return {
        "id": profile_id,
        "name": None,
        "description": None,
        **{area: closed() for area in AREAS_BEFORE},
        "libraryFolderAccess": folders | dict.fromkeys(FOLDER_FLAGS, False),
        "dealsAccess": closed(),
        "forecastPermissions": {area: closed() for area in FORECAST},
        **{area: closed() for area in AREAS_AFTER},
        **dict.fromkeys(FLAGS, False),
        NEWEST_FLAG: None,
        "workspaceId": workspace,
    }


def _open_up(
    rng: random.Random, profile: Json, level: str, leads: list[str], folders: list[str]
) -> None:
    """Set the permissions of a level."""
    areas = [profile[area] for area in (*AREAS_BEFORE, "dealsAccess", *AREAS_AFTER)]
    for area in (*areas, *profile["forecastPermissions"].values()):
        area["permissionLevel"] = level
        if level == "managers-team":
            area["teamLeadIds"] = leads[: rng.randrange(1, 4)]
    if level == "none":
        return
    for flag in FLAGS:
        profile[flag] = level == "all" or rng.random() < 0.6
    library = profile["libraryFolderAccess"]
    library["permissionLevel"] = "specific-folders" if level == "managers-team" else "all"
    if level == "managers-team":
        library["libraryFolderIds"] = folders[1:4]
        profile[NEWEST_FLAG] = True
    for flag in FOLDER_FLAGS:
        library[flag] = level == "all" or rng.random() < 0.5


def merge(profile: Json, changes: Json) -> Json:
    """Merge a body into a profile; unknown keys are ignored."""
    merged = deepcopy(profile)
    for key, value in changes.items():
        if key in ("id", "workspaceId") or key not in merged:
            continue
        if isinstance(merged[key], dict) and isinstance(value, dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged
