"""Expected rows of the company's settings, library and logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.harness.truth.world import Row, World, extra_of, instant, unknown_of


def workspaces(world: World) -> Iterator[Row]:
    for space in world["workspaces"]:
        yield {
            "workspace_id": space["id"],
            "name": space["name"],
            "description": space["description"],
            "extra": extra_of(unknown_of(space, {"id", "name", "description"})),
        }


def trackers(world: World) -> Iterator[Row]:
    for tracker in world["trackers"]:
        yield {
            "tracker_id": tracker["trackerId"],
            "tracker_name": tracker["trackerName"],
            "workspace_id": tracker["workspaceId"],
            "affiliation": tracker["affiliation"],
            "is_part_of_question": tracker["partOfQuestion"],
            "said_at": tracker["saidAt"],
            "said_at_interval": tracker["saidAtInterval"],
            "said_at_unit": tracker["saidAtUnit"],
            "said_in_topics": tracker["saidInTopics"],
            "filter_query": tracker["filterQuery"],
            "created_at": instant(tracker["created"]),
            "creator_user_id": tracker["creatorUserId"],
            "updated_at": instant(tracker["updated"]),
            "updater_user_id": tracker["updaterUserId"],
            "extra": None,
        }


def tracker_keywords(world: World) -> Iterator[Row]:
    for tracker in world["trackers"]:
        for language_index, language in enumerate(tracker["languageKeywords"]):
            for keyword_index, keyword in enumerate(language["keywords"]):
                yield {
                    "tracker_id": tracker["trackerId"],
                    "language_index": language_index,
                    "keyword_index": keyword_index,
                    "language": language["language"],
                    "is_include_related_forms": language["includeRelatedForms"],
                    "keyword": keyword,
                    "extra": None,
                }


def call_outcomes(world: World) -> Iterator[Row]:
    for outcome in world["call_outcomes"]:
        yield {
            "call_outcome": outcome["callOutcome"],
            "connect_status": outcome["connectStatus"],
            "display_order": outcome["displayOrder"],
            "sentiment": outcome["sentiment"],
            "todo_action": outcome["todoAction"],
            "automation": outcome["automation"],
            "category": outcome["category"],
            "extra": None,
        }


def logs(world: World) -> Iterator[Row]:
    """Yields log entries; without an auditId the id is None, because the product hashes one."""
    for entry in world["logs"]:
        record = entry["logRecord"]
        moment = instant(entry["eventTime"])
        assert moment is not None
        if not world.start <= moment < world.now:
            continue
        yield {
            "log_id": record.get("auditId"),
            "log_type": entry["logType"],
            "user_id": entry.get("userId"),
            "user_email_address": entry.get("userEmailAddress"),
            "user_full_name": entry.get("userFullName"),
            "impersonator_user_id": entry.get("impersonatorUserId"),
            "impersonator_email_address": entry.get("impersonatorEmailAddress"),
            "impersonator_full_name": entry.get("impersonatorFullName"),
            "impersonator_company_id": entry.get("impersonatorCompanyId"),
            "event_at": moment,
            "call_id": record.get("call_id"),
            "log_record": _without_secrets(entry["logType"], record),
            "extra": None,
        }


def _without_secrets(log_type: str, record: Row) -> Row:
    """Returns the record without the values of parameters and bodies."""
    if log_type != "UserActivityLog":
        return record
    request = record["httpRequest"]
    kept = {
        "referrerUri": request["referrerUri"],
        "clientIp": request["clientIp"],
        "verb": request["verb"],
        "endpointUri": request["endpointUri"],
        "body": None,
        "parameters": [
            {"key": parameter["key"], "values": None} for parameter in request["parameters"]
        ],
    }
    return {**record, "httpRequest": kept}


def library_folders(world: World) -> Iterator[Row]:
    for folder in world["library_folders"]:
        yield {
            "folder_id": folder["id"],
            "workspace_id": folder["workspaceId"],
            "name": folder["name"],
            "parent_folder_id": folder["parentFolderId"],
            "created_by": folder["createdBy"],
            "updated_at": instant(folder["updated"]),
            "extra": None,
        }


def library_folder_calls(world: World) -> Iterator[Row]:
    """Numbers the pieces of a call in the order in which they came into the folder."""
    count: Counter[tuple[str, str]] = Counter()
    for entry in world["library_folder_calls"]:
        place = (entry["folderId"], entry["id"])
        snippet = entry.get("snippet") or {}
        yield {
            "folder_id": entry["folderId"],
            "call_id": entry["id"],
            "piece_index": count[place],
            "title": entry["title"],
            "note": entry.get("note"),
            "added_by": entry["addedBy"],
            "created_at": instant(entry["created"]),
            "url": entry["url"],
            "snippet_from_seconds": snippet.get("fromSec"),
            "snippet_to_seconds": snippet.get("toSec"),
            "extra": None,
        }
        count[place] += 1


def meeting_integrations(world: World) -> Iterator[Row]:
    ids = {user["emailAddress"]: user["id"] for user in world["users"] if user["active"]}
    for integration in world["meeting_integrations"]:
        if integration["email"] in ids:
            yield {
                "email": integration["email"],
                "user_id": ids[integration["email"]],
                "is_existing": integration["exists"],
                "is_valid": integration["valid"],
                "user_facing_error": integration["userFacingError"],
                "fix_url": integration["fixUrl"],
                "help_url": integration["helpUrl"],
                "extra": None,
            }


def briefs(world: World) -> Iterator[Row]:
    for brief in world["briefs"]:
        yield {
            "brief_id": brief["briefId"],
            "brief_name": brief["briefName"],
            "workspace_id": brief["workspaceId"],
            "description": brief["description"],
            "status": brief["status"],
            "creator": brief["creator"],
            "creator_user_id": brief["creatorUserId"],
            "created_at": instant(brief["created"]),
            "updated_at": instant(brief["updated"]),
            "extra": None,
        }
