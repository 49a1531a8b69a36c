"""Expected rows of users and permission profiles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from tests.harness.truth.world import Row, World, instant


def users(world: World) -> Iterator[Row]:
    for user in world["users"]:
        switches = user["settings"]
        yield {
            "user_id": user["id"],
            "email_address": user["emailAddress"],
            "created_at": instant(user["created"]),
            "is_active": user["active"],
            "trusted_email_address": user["trustedEmailAddress"],
            "first_name": user["firstName"],
            "last_name": user["lastName"],
            "title": user["title"],
            "phone_number": user["phoneNumber"],
            "extension": user["extension"],
            "personal_meeting_urls": user["personalMeetingUrls"],
            "is_web_conferences_recorded": switches["webConferencesRecorded"],
            "is_prevent_web_conference_recording": switches["preventWebConferenceRecording"],
            "is_telephony_calls_imported": switches["telephonyCallsImported"],
            "is_emails_imported": switches["emailsImported"],
            "is_prevent_email_import": switches["preventEmailImport"],
            "is_non_recorded_meetings_imported": switches["nonRecordedMeetingsImported"],
            "is_gong_connect_enabled": switches["gongConnectEnabled"],
            "manager_id": user["managerId"],
            "meeting_consent_page_url": user["meetingConsentPageUrl"],
            "conferencing_providers": user["conferencingProviders"],
            "spoken_languages": user["spokenLanguages"],
            "extra": None,
        }


def user_email_aliases(world: World) -> Iterator[Row]:
    for user in world["users"]:
        for alias in user["emailAliases"]:
            yield {"user_id": user["id"], "email_alias": alias, "extra": None}


def _person(who: str, user: Row) -> Row:
    return {
        f"{who}_id": user["id"],
        f"{who}_email_address": user["emailAddress"],
        f"{who}_first_name": user["firstName"],
        f"{who}_last_name": user["lastName"],
        f"{who}_title": user["title"],
    }


def user_history(world: World) -> Iterator[Row]:
    """Yields the versions of the first sync: one open version per user, valid from now."""
    for user in world["users"]:
        yield {
            "user_id": user["id"],
            "valid_from_at": world.now,
            "valid_to_at": None,
            "email_address": user["emailAddress"],
            "title": user["title"],
            "is_active": user["active"],
            "manager_id": user["managerId"],
            "extra": None,
        }


def user_settings_history(world: World) -> Iterator[Row]:
    """Yields changes of settings; those of one setting in the same instant have false first."""
    together: dict[tuple[str, str, datetime | None], list[bool]] = defaultdict(list)
    for change in world["settings_history"]:
        place = (change["userId"], change["setting"], instant(change["time"]))
        together[place].append(change["value"])
    for (user_id, setting, moment), values in together.items():
        for index, value in enumerate(sorted(values)):
            yield {
                "user_id": user_id,
                "setting": setting,
                "changed_at": moment,
                "change_index": index,
                "value": value,
                "extra": None,
            }


_ACCESS = {
    "callsAccess": "calls_access",
    "dealsAccess": "deals_access",
    "coachingAccess": "coaching_access",
    "insightsAccess": "insights_access",
    "usageAccess": "usage_access",
    "emailsAccess": "emails_access",
}


_FORECAST = {
    "forecastAccess": "forecast_access",
    "forecastEditSubmissions": "forecast_edit_submissions",
    "forecastEditTargets": "forecast_edit_targets",
}


_LIBRARY_RIGHTS = {
    "managePublicFolder": "is_manage_public_folder_allowed",
    "manageStreams": "is_manage_streams_allowed",
    "manageFolderCalls": "is_manage_folder_calls_allowed",
    "shareFoldersAndStreams": "is_share_folders_and_streams_allowed",
}


_ODD_RIGHTS = {
    "exportCallsAndCoachingDataToCSV": "is_export_calls_and_coaching_data_to_csv_allowed",
}


def _spelled(key: str) -> str:
    """Returns Gong's camel case in snake case; each capital letter begins a word."""
    return re.sub("([A-Z])", r"_\1", key).lower()


def permission_profiles(world: World) -> Iterator[Row]:
    """Yields profiles; a right that a profile does not name is null."""
    rights = {
        key
        for profile in world["permission_profiles"]
        for key, value in profile.items()
        if isinstance(value, bool)
    }
    assert len(rights) > 40
    for profile in world["permission_profiles"]:
        row: Row = {
            "profile_id": profile["id"],
            "workspace_id": profile["workspaceId"],
            "name": profile["name"],
            "description": profile["description"],
        }
        forecast, library = profile["forecastPermissions"], profile["libraryFolderAccess"]
        for areas, prefixes in ((profile, _ACCESS), (forecast, _FORECAST)):
            for key, prefix in prefixes.items():
                row[f"{prefix}_level"] = areas[key]["permissionLevel"]
                row[f"{prefix}_team_lead_ids"] = areas[key]["teamLeadIds"]
        row["library_folder_access_level"] = library["permissionLevel"]
        row["library_folder_ids"] = library["libraryFolderIds"]
        for key, column in _LIBRARY_RIGHTS.items():
            row[column] = library[key]
        for key in rights:
            row[_ODD_RIGHTS.get(key, f"is_{_spelled(key)}_allowed")] = profile.get(key)
        yield {**row, "extra": None}


def permission_profile_users(world: World) -> Iterator[Row]:
    for user in world["permission_profile_users"]:
        yield {
            "profile_id": user["profileId"],
            "user_id": user["id"],
            "full_name": user["fullName"],
            "email_address": user["emailAddress"],
            "extra": None,
        }
