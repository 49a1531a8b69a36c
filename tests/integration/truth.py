"""What should have landed, worked out a second time: from the emulator's truth, by hand.

One function per raw table, written from the API's documentation and the contract on names and
columns, never from the product's own tables. A value that both sides get wrong in the same way
would have to be misread twice.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.conftest import Emulator

Row = dict[str, Any]

WITHOUT_ROWS = "elements without rows"

ACTIVITIES = {
    "callsAsHost": "calls_as_host",
    "callsGaveFeedback": "calls_gave_feedback",
    "callsRequestedFeedback": "calls_requested_feedback",
    "callsReceivedFeedback": "calls_received_feedback",
    "ownCallsListenedTo": "own_calls_listened_to",
    "othersCallsListenedTo": "others_calls_listened_to",
    "callsSharedInternally": "calls_shared_internally",
    "callsSharedExternally": "calls_shared_externally",
    "callsScorecardsFilled": "calls_scorecards_filled",
    "callsScorecardsReceived": "calls_scorecards_received",
    "callsAttended": "calls_attended",
    "callsCommentsGiven": "calls_comments_given",
    "callsCommentsReceived": "calls_comments_received",
    "callsMarkedAsFeedbackGiven": "calls_marked_as_feedback_given",
    "callsMarkedAsFeedbackReceived": "calls_marked_as_feedback_received",
}


@dataclass(frozen=True)
class World:
    """Everything of an emulator that expectations are made from, read once."""

    zone: ZoneInfo
    start: datetime
    now: datetime
    kinds: dict[str, list[Row]]
    media: dict[str, Row]
    interaction: dict[tuple[str, date], list[Row]]
    descriptions: dict[str, str | None]
    crm_types: dict[str, str | None]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def first_day(self) -> date:
        return self.start.astimezone(self.zone).date()

    def __getitem__(self, kind: str) -> list[Row]:
        return self.kinds[kind]


def read_world(emulator: Emulator, start: datetime, now: datetime) -> World:
    """Reads the truth, and over the API itself the four things that the truth leaves out."""
    kinds = (
        "calls", "transcripts", "users", "workspaces", "trackers", "call_outcomes", "scorecards",
        "answered_scorecards", "logs", "activity_events", "settings_history", "coaching",
        "permission_profiles", "permission_profile_users", "call_access", "library_folders",
        "library_folder_calls", "crm_integrations", "crm_schema_fields", "crm_objects",
        "manual_crm_associations", "flows", "flow_folders", "flow_steps", "flow_instances",
        "tasks", "meeting_integrations", "briefs",
    )  # fmt: skip
    zone = ZoneInfo(emulator.time_zone)
    truth = {kind: emulator.truth(kind) for kind in kinds}
    world = World(zone, start, now, truth, {}, {}, {}, {})
    with _client(emulator) as client:
        for one in world["flows"]:
            answer = client.post("/v2/flows/steps", json={"flowIds": [one["id"]]})
            (flow,) = answer.raise_for_status().json()["flows"]
            world.descriptions[one["id"]] = flow.get("description")
        for user_id in {str(task["userId"]) for task in world["tasks"]}:
            asked = {
                "userId": user_id,
                "types": ["FLOW", "MANUAL"],
                "taskAction": ["CALL"],
                "status": ["OPEN"],
            }
            answer = client.post("/v2/tasks", json={"filter": asked}).raise_for_status()
            world.crm_types[user_id] = answer.json()["crmType"]
        for call in _pages(
            client,
            "/v2/calls/extensive",
            {"filter": {}, "contentSelector": {"exposedFields": {"media": True}}},
            "calls",
        ):
            world.media[call["metaData"]["id"]] = call.get("media") or {}
        for period in ("DAY", "MONTH"):
            for first, after in periods(period, world.first_day, world.today):
                asked = {"fromDate": str(first), "toDate": str(min(after, world.today))}
                world.interaction[period, first] = list(
                    _pages(
                        client, "/v2/stats/interaction", {"filter": asked}, "peopleInteractionStats"
                    )
                )
    return world


def _client(emulator: Emulator) -> httpx.Client:
    pair = f"{emulator.access_key}:{emulator.access_key_secret}".encode()
    return httpx.Client(
        base_url=emulator.base_url,
        headers={"Authorization": f"Basic {b64encode(pair).decode()}"},
        timeout=60,
    )


def _pages(client: httpx.Client, path: str, body: Row, key: str) -> Iterator[Row]:
    cursor = None
    while True:
        answer = client.post(path, json={**body, **({"cursor": cursor} if cursor else {})})
        if answer.status_code == 404:
            assert answer.json()["errors"][0].startswith("No "), answer.text
            return
        answer.raise_for_status()
        yield from answer.json()[key]
        cursor = answer.json()["records"].get("cursor")
        if not cursor:
            return


def periods(period: str, first: date, after: date) -> Iterator[tuple[date, date]]:
    """Yields the whole calendar periods that touch `[first, after)`."""
    if period == "WEEK":
        first -= timedelta(days=first.weekday())
    if period == "MONTH":
        first = first.replace(day=1)
    while first < after:
        if period == "MONTH":
            year, month = divmod(first.year * 12 + first.month, 12)
            end = date(year, month + 1, 1)
        else:
            end = first + timedelta(days=7 if period == "WEEK" else 1)
        yield first, end
        first = end


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


_CALL_KEYS = {"metaData", "context", "parties", "content", "interaction", "collaboration", "media"}
_METADATA_KEYS = {
    "id", "url", "title", "scheduled", "started", "duration", "primaryUserId", "direction",
    "system", "scope", "media", "language", "workspaceId", "sdrDisposition", "clientUniqueId",
    "customData", "purpose", "meetingUrl", "isPrivate", "calendarEventId",
}  # fmt: skip


def _extra(*found: Row) -> Row | None:
    """What `extra` holds: null when there is nothing that no column knows."""
    joined = {key: value for one in found for key, value in one.items()}
    return joined or None


def _unknown(entity: Row, known: set[str], prefix: str = "") -> Row:
    return {prefix + key: value for key, value in entity.items() if key not in known}


def calls(world: World) -> Iterator[Row]:
    for call in world["calls"]:
        about, content = call["metaData"], call.get("content") or {}
        outcome = content.get("callOutcome") or {}
        questions = (call.get("interaction") or {}).get("questions") or {}
        media = world.media[about["id"]]
        # what has neither a row in call_crm_objects nor a place in a column must still be kept
        hollow = {
            f"context[{place}]": link
            for place, link in enumerate(call.get("context") or [])
            if not link["objects"]
        }
        yield {
            "call_id": about["id"],
            "url": about["url"],
            "title": about["title"],
            "scheduled_at": _instant(about["scheduled"]),
            "started_at": _instant(about["started"]),
            "duration_seconds": about["duration"],
            "primary_user_id": about["primaryUserId"],
            "direction": about["direction"],
            "system": about["system"],
            "scope": about["scope"],
            "media": about["media"],
            "language": about["language"],
            "workspace_id": about["workspaceId"],
            "sdr_disposition": about["sdrDisposition"],
            "client_unique_id": about["clientUniqueId"],
            "custom_data": about["customData"],
            "purpose": about["purpose"],
            "meeting_url": about["meetingUrl"],
            "is_private": about["isPrivate"],
            "calendar_event_id": about["calendarEventId"],
            "brief": content.get("brief"),
            "call_outcome_id": outcome.get("id"),
            "call_outcome_category": outcome.get("category"),
            "call_outcome_name": outcome.get("name"),
            "company_questions_count": questions.get("companyCount"),
            "non_company_questions_count": questions.get("nonCompanyCount"),
            "has_audio": "audioUrl" in media,
            "has_video": "videoUrl" in media,
            "extra": _extra(
                {WITHOUT_ROWS: hollow} if hollow else {},
                _unknown(call, _CALL_KEYS),
                _unknown(about, _METADATA_KEYS, "metaData."),
            ),
        }


def _each(world: World, section: str, part: str) -> Iterator[tuple[str, int, Row]]:
    """Yields call id, place and element of a list inside a section of every call."""
    for call in world["calls"]:
        for place, element in enumerate((call.get(section) or {}).get(part) or []):
            yield call["metaData"]["id"], place, element


def call_parties(world: World) -> Iterator[Row]:
    for call in world["calls"]:
        for place, party in enumerate(call.get("parties") or []):
            yield {
                "call_id": call["metaData"]["id"],
                "party_index": place,
                "party_id": party["id"],
                "email_address": party.get("emailAddress"),
                "name": party.get("name"),
                "title": party.get("title"),
                "user_id": party.get("userId"),
                "speaker_id": party["speakerId"],
                "affiliation": party["affiliation"],
                "phone_number": party.get("phoneNumber"),
                "methods": party["methods"],
                "extra": None,
            }


def _crm_objects(call: Row) -> Iterator[tuple[int, int | None, str, Row]]:
    """Yields index, party, system and object: first those of the call, then of each party."""
    index = 0
    holders = [(None, call), *enumerate(call.get("parties") or [])]
    for party_index, holder in holders:
        for link in holder.get("context") or []:
            for linked in link["objects"]:
                yield index, party_index, link["system"], linked
                index += 1


def call_crm_objects(world: World) -> Iterator[Row]:
    for call in world["calls"]:
        for index, party_index, system, linked in _crm_objects(call):
            yield {
                "call_id": call["metaData"]["id"],
                "object_index": index,
                "party_index": party_index,
                "system": system,
                "object_type": linked["objectType"],
                "object_id": linked["objectId"],
                "timing": linked.get("timing"),
                "extra": None,
            }


def call_crm_fields(world: World) -> Iterator[Row]:
    kinds = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
    for call in world["calls"]:
        for index, _, _, linked in _crm_objects(call):
            for field in linked.get("fields") or []:
                value = field["value"]
                is_text = value is None or isinstance(value, str)
                yield {
                    "call_id": call["metaData"]["id"],
                    "object_index": index,
                    "name": field["name"],
                    "value": value if is_text else json.dumps(value),
                    "value_type": kinds[type(value)],
                    "extra": None,
                }


def call_trackers(world: World) -> Iterator[Row]:
    for call_id, _, tracker in _each(world, "content", "trackers"):
        yield {
            "call_id": call_id,
            "tracker_id": tracker["id"],
            "name": tracker["name"],
            "count": tracker["count"],
            "type": tracker["type"],
            "extra": None,
        }


def call_tracker_phrases(world: World) -> Iterator[Row]:
    for call_id, _, tracker in _each(world, "content", "trackers"):
        for place, phrase in enumerate(tracker.get("phrases") or []):
            yield {
                "call_id": call_id,
                "tracker_id": tracker["id"],
                "phrase_index": place,
                "phrase": phrase["phrase"],
                "count": phrase["count"],
                "extra": None,
            }


def call_tracker_occurrences(world: World) -> Iterator[Row]:
    """An occurrence stands under its tracker and again under its phrase, and counts once."""
    for call_id, _, tracker in _each(world, "content", "trackers"):
        under_phrases = [
            (place, hit)
            for place, phrase in enumerate(tracker.get("phrases") or [])
            for hit in phrase["occurrences"]
        ]
        assert tracker["type"] == "SMART" or len(under_phrases) == len(tracker["occurrences"])
        for index, hit in enumerate(tracker["occurrences"]):
            match = next((pair for pair in under_phrases if pair[1] == hit), None)
            if match:
                under_phrases.remove(match)
            yield {
                "call_id": call_id,
                "tracker_id": tracker["id"],
                "occurrence_index": index,
                "phrase_index": match[0] if match else None,
                "start_seconds": hit["startTime"],
                "speaker_id": hit["speakerId"],
                "extra": None,
            }
        assert not under_phrases


def call_topics(world: World) -> Iterator[Row]:
    for call_id, place, topic in _each(world, "content", "topics"):
        yield {
            "call_id": call_id,
            "topic_index": place,
            "name": topic["name"],
            "duration_seconds": topic["duration"],
            "extra": None,
        }


def call_structure(world: World) -> Iterator[Row]:
    for call_id, place, part in _each(world, "content", "structure"):
        yield {
            "call_id": call_id,
            "structure_index": place,
            "name": part["name"],
            "duration_seconds": part["duration"],
            "extra": None,
        }


def call_outline(world: World) -> Iterator[Row]:
    for call_id, place, section in _each(world, "content", "outline"):
        # a section without items still is a section: it has one row, without a text
        for item_index, item in enumerate(section.get("items") or [{}]):
            yield {
                "call_id": call_id,
                "section_index": place,
                "item_index": item_index,
                "section": section["section"],
                "section_start_seconds": section["startTime"],
                "section_duration_seconds": section["duration"],
                "text": item.get("text"),
                "start_seconds": item.get("startTime"),
                "extra": None,
            }


def call_highlights(world: World) -> Iterator[Row]:
    for call_id, place, highlight in _each(world, "content", "highlights"):
        for item_index, item in enumerate(highlight.get("items") or [{}]):
            yield {
                "call_id": call_id,
                "highlight_index": place,
                "item_index": item_index,
                "title": highlight["title"],
                "text": item.get("text"),
                "start_times_seconds": item.get("startTimes"),
                "extra": None,
            }


def call_key_points(world: World) -> Iterator[Row]:
    for call_id, place, point in _each(world, "content", "keyPoints"):
        yield {
            "call_id": call_id,
            "key_point_index": place,
            "text": point["text"],
            "extra": None,
        }


def call_interaction_stats(world: World) -> Iterator[Row]:
    for call_id, _, stat in _each(world, "interaction", "interactionStats"):
        yield {"call_id": call_id, "name": stat["name"], "value": stat["value"], "extra": None}


def call_speakers(world: World) -> Iterator[Row]:
    for call_id, _, speaker in _each(world, "interaction", "speakers"):
        yield {
            "call_id": call_id,
            "speaker_id": speaker["id"],
            "user_id": speaker["userId"],
            "talk_time_seconds": speaker["talkTime"],
            "extra": None,
        }


def call_video(world: World) -> Iterator[Row]:
    for call_id, place, video in _each(world, "interaction", "video"):
        yield {
            "call_id": call_id,
            "video_index": place,
            "name": video["name"],
            "duration_seconds": video["duration"],
            "extra": None,
        }


def call_comments(world: World) -> Iterator[Row]:
    for call_id, _, comment in _each(world, "collaboration", "publicComments"):
        yield {
            "call_id": call_id,
            "comment_id": comment["id"],
            "audio_start_seconds": comment["audioStartTime"],
            "audio_end_seconds": comment["audioEndTime"],
            "commenter_user_id": comment["commenterUserId"],
            "comment": comment["comment"],
            "posted_at": _instant(comment["posted"]),
            "in_reply_to": comment.get("inReplyTo"),
            "is_during_call": comment["duringCall"],
            "extra": None,
        }


def _transcripts(world: World) -> Iterator[Row]:
    """A transcript may exist before its call is listed; it is asked for by the ids of calls."""
    listed = {call["metaData"]["id"] for call in world["calls"]}
    yield from (one for one in world["transcripts"] if one["callId"] in listed)


def transcripts(world: World) -> Iterator[Row]:
    for transcript in _transcripts(world):
        hollow = {
            f"transcript[{place}]": monologue
            for place, monologue in enumerate(transcript["transcript"])
            if not monologue["sentences"]
        }
        yield {
            "call_id": transcript["callId"],
            "extra": {WITHOUT_ROWS: hollow} if hollow else None,
        }


def transcript_sentences(world: World) -> Iterator[Row]:
    for transcript in _transcripts(world):
        for place, monologue in enumerate(transcript["transcript"]):
            for index, sentence in enumerate(monologue["sentences"]):
                yield {
                    "call_id": transcript["callId"],
                    "monologue_index": place,
                    "sentence_index": index,
                    "speaker_id": monologue["speakerId"],
                    "topic": monologue["topic"],
                    "start_ms": sentence["start"],
                    "end_ms": sentence["end"],
                    "text": sentence["text"],
                    "extra": None,
                }


def users(world: World) -> Iterator[Row]:
    for user in world["users"]:
        switches = user["settings"]
        yield {
            "user_id": user["id"],
            "email_address": user["emailAddress"],
            "created_at": _instant(user["created"]),
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


def workspaces(world: World) -> Iterator[Row]:
    for space in world["workspaces"]:
        yield {
            "workspace_id": space["id"],
            "name": space["name"],
            "description": space["description"],
            "extra": _extra(_unknown(space, {"id", "name", "description"})),
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
            "created_at": _instant(tracker["created"]),
            "creator_user_id": tracker["creatorUserId"],
            "updated_at": _instant(tracker["updated"]),
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


def scorecards(world: World) -> Iterator[Row]:
    for card in world["scorecards"]:
        yield {
            "scorecard_id": card["scorecardId"],
            "scorecard_name": card["scorecardName"],
            "workspace_id": card["workspaceId"],
            "is_enabled": card["enabled"],
            "updater_user_id": card["updaterUserId"],
            "created_at": _instant(card["created"]),
            "updated_at": _instant(card["updated"]),
            "review_method": card["reviewMethod"],
            "extra": None,
        }


def scorecard_questions(world: World) -> Iterator[Row]:
    for card in world["scorecards"]:
        for question in card["questions"]:
            # the ends of a range come as digits in a string
            low, high = question["minRange"], question["maxRange"]
            yield {
                "scorecard_id": card["scorecardId"],
                "question_id": question["questionId"],
                "question_revision_id": question["questionRevisionId"],
                "question_text": question["questionText"],
                "is_overall": question["isOverall"],
                "question_type": question["questionType"],
                "answer_guide": question["answerGuide"],
                "min_range": None if low is None else int(low),
                "max_range": None if high is None else int(high),
                "answer_options": question["answerOptions"],
                "updater_user_id": question["updaterUserId"],
                "created_at": _instant(question["created"]),
                "updated_at": _instant(question["updated"]),
                "extra": None,
            }


def _reviews(world: World) -> Iterator[Row]:
    """Reviews are asked for in whole company days, and today's cannot be asked for yet."""
    for review in world["answered_scorecards"]:
        day = datetime.fromisoformat(review["reviewTime"]).astimezone(world.zone).date()
        if world.first_day <= day < world.today:
            yield review


def answered_scorecards(world: World) -> Iterator[Row]:
    for review in _reviews(world):
        yield {
            "answered_scorecard_id": review["answeredScorecardId"],
            "scorecard_id": review["scorecardId"],
            "scorecard_name": review["scorecardName"],
            "call_id": review["callId"],
            "call_started_at": _instant(review["callStartTime"]),
            "reviewed_user_id": review["reviewedUserId"],
            "reviewer_user_id": review["reviewerUserId"],
            "review_method": review["reviewMethod"],
            "editor_user_id": review["editorUserId"],
            "reviewed_at": _instant(review["reviewTime"]),
            "visibility_type": review["visibilityType"],
            "extra": None,
        }


def scorecard_answers(world: World) -> Iterator[Row]:
    for review in _reviews(world):
        for answer in review["answers"]:
            yield {
                "answered_scorecard_id": review["answeredScorecardId"],
                "question_id": answer["questionId"],
                "question_revision_id": answer["questionRevisionId"],
                "is_overall": answer["isOverall"],
                "score": answer["score"],
                "answer_text": answer["answerText"],
                "is_not_applicable": answer["notApplicable"],
                "selected_options": answer["selectedOptions"],
                "extra": None,
            }


def logs(world: World) -> Iterator[Row]:
    """Entries without auditId are compared without their id, which is a hash of our own."""
    for entry in world["logs"]:
        record = entry["logRecord"]
        moment = _instant(entry["eventTime"])
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
    """Names stay, values go: of parameters, bodies and addresses."""
    if log_type == "AccessLog":
        return {**record, "ip": None}
    if log_type != "UserActivityLog":
        return record
    request = record["httpRequest"]
    kept = {
        "referrerUri": request["referrerUri"],
        "clientIp": None,
        "verb": request["verb"],
        "endpointUri": request["endpointUri"],
        "body": None,
        "parameters": [{"key": one["key"], "values": None} for one in request["parameters"]],
    }
    return {**record, "httpRequest": kept}


def stats_periods(world: World) -> Iterator[Row]:
    for table, kinds in STATS_PERIODS.items():
        for period in kinds:
            for first, after in periods(period, world.first_day, world.today):
                yield {
                    "stats_period_id": f"{table}/{period}/{first}",
                    "table_name": table,
                    "period": period,
                    **_span(world, first, after),
                    "extra": None,
                }


STATS_PERIODS = {
    "activity_by_period": ("DAY", "WEEK", "MONTH"),
    "activity_aggregate": ("MONTH",),
    "activity_daily_calls": ("DAY",),
    "interaction_stats": ("DAY", "MONTH"),
    "coaching_metrics": ("MONTH",),
}


def _span(world: World, first: date, after: date) -> Row:
    return {
        "from_on": first,
        "to_on": min(after, world.today),
        "is_complete": after <= world.today,
    }


def _counts(world: World, period: str) -> Iterator[tuple[Row, Row, date, date]]:
    """Yields user, counters and borders of each period in which a user did something."""
    people = {user["id"]: user for user in world["users"]}
    for first, after in periods(period, world.first_day, world.today):
        found: dict[str, Row] = defaultdict(lambda: dict.fromkeys(ACTIVITIES.values(), 0))
        for event in world["activity_events"]:
            if first <= date.fromisoformat(event["day"]) < min(after, world.today):
                found[event["user_id"]][ACTIVITIES[event["activity"]]] += 1
        for user_id, counts in found.items():
            yield people[user_id], counts, first, after


def activity_by_period(world: World) -> Iterator[Row]:
    for period in STATS_PERIODS["activity_by_period"]:
        for user, counts, first, after in _counts(world, period):
            yield {
                "stats_period_id": f"activity_by_period/{period}/{first}",
                "user_id": user["id"],
                "user_email_address": user["emailAddress"],
                "period": period,
                **_span(world, first, after),
                **counts,
                "extra": None,
            }


def activity_aggregate(world: World) -> Iterator[Row]:
    for user, counts, first, after in _counts(world, "MONTH"):
        yield {
            "stats_period_id": f"activity_aggregate/MONTH/{first}",
            "user_id": user["id"],
            "user_email_address": user["emailAddress"],
            **_span(world, first, after),
            **counts,
            "extra": None,
        }


def activity_daily_calls(world: World) -> Iterator[Row]:
    people = {user["id"]: user for user in world["users"]}
    for event in world["activity_events"]:
        if world.first_day <= date.fromisoformat(event["day"]) < world.today:
            yield {
                "stats_period_id": f"activity_daily_calls/DAY/{event['day']}",
                "user_id": event["user_id"],
                "user_email_address": people[event["user_id"]]["emailAddress"],
                "activity_on": date.fromisoformat(event["day"]),
                "activity": event["activity"],
                "call_id": event["call_id"],
                "extra": None,
            }


def interaction_stats(world: World) -> Iterator[Row]:
    for (period, first), people in world.interaction.items():
        after = next(end for start, end in periods(period, first, world.today) if start == first)
        for person in people:
            for stat in person["personInteractionStats"]:
                yield {
                    "stats_period_id": f"interaction_stats/{period}/{first}",
                    "user_id": person["userId"],
                    "user_email_address": person["userEmailAddress"],
                    "period": period,
                    **_span(world, first, after),
                    "name": stat["name"],
                    "value": stat["value"],
                    "extra": None,
                }


def coaching_metrics(world: World) -> Iterator[Row]:
    """What happened in a month, up to the beginning of today; a call counts once."""
    people = {user["id"]: user for user in world["users"]}
    for first, after in periods("MONTH", world.first_day, world.today):
        found = {
            (one["workspaceId"], one["managerId"], one["reportId"], one["metric"], one["callId"])
            for one in world["coaching"]
            if first
            <= datetime.fromisoformat(one["time"]).astimezone(world.zone).date()
            < min(after, world.today)
        }
        for workspace_id, manager_id, report_id, metric, call_id in found:
            yield {
                "stats_period_id": f"coaching_metrics/MONTH/{first}",
                "workspace_id": workspace_id,
                **_person("manager", people[manager_id]),
                **_person("report", people[report_id]),
                **_span(world, first, after),
                "metric": metric,
                "call_id": call_id,
                "extra": None,
            }


def _person(who: str, user: Row) -> Row:
    return {
        f"{who}_id": user["id"],
        f"{who}_email_address": user["emailAddress"],
        f"{who}_first_name": user["firstName"],
        f"{who}_last_name": user["lastName"],
        f"{who}_title": user["title"],
    }


def user_history(world: World) -> Iterator[Row]:
    """As the first sync begins it: what each user is, from now on."""
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
    """Changes of one setting in the same instant have no order; false is counted first."""
    together: dict[tuple[str, str, datetime | None], list[bool]] = defaultdict(list)
    for change in world["settings_history"]:
        place = (change["userId"], change["setting"], _instant(change["time"]))
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
    """Gong's camel case with underscores; each capital letter begins a word."""
    return re.sub("([A-Z])", r"_\1", key).lower()


def permission_profiles(world: World) -> Iterator[Row]:
    """A right that a profile does not name is not known of it."""
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


def call_user_access(world: World) -> Iterator[Row]:
    for grant in world["call_access"]:
        yield {"call_id": grant["callId"], "user_id": grant["userId"], "extra": None}


def library_folders(world: World) -> Iterator[Row]:
    for folder in world["library_folders"]:
        yield {
            "folder_id": folder["id"],
            "workspace_id": folder["workspaceId"],
            "name": folder["name"],
            "parent_folder_id": folder["parentFolderId"],
            "created_by": folder["createdBy"],
            "updated_at": _instant(folder["updated"]),
            "extra": None,
        }


def library_folder_calls(world: World) -> Iterator[Row]:
    """Pieces of a call are counted in the order in which they came into the folder."""
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
            "created_at": _instant(entry["created"]),
            "url": entry["url"],
            "snippet_from_seconds": snippet.get("fromSec"),
            "snippet_to_seconds": snippet.get("toSec"),
            "extra": None,
        }
        count[place] += 1


def crm_integrations(world: World) -> Iterator[Row]:
    for integration in world["crm_integrations"]:
        yield {
            # a JSON number at Gong; ids are text here, always
            "integration_id": str(integration["integrationId"]),
            "owner_email": integration["ownerEmail"],
            "name": integration["name"],
            "extra": None,
        }


def crm_schema_fields(world: World) -> Iterator[Row]:
    for one in world["crm_schema_fields"]:
        yield {
            "integration_id": str(one["integrationId"]),
            "object_type": one["objectType"],
            "unique_name": one["uniqueName"],
            "label": one["label"],
            "type": one["type"],
            "last_modified_at": one["lastModified"],
            "is_deleted": one["isDeleted"],
            "reference_to": one["referenceTo"],
            "ordered_value_list": one["orderedValueList"],
            "extra": None,
        }


# a reference to the CRM's own user is no object that can be asked for
_OBJECT_TYPES = {
    "Account": "ACCOUNT",
    "Opportunity": "DEAL",
    "Contact": "CONTACT",
    "Lead": "LEAD",
}


def _referred(world: World) -> set[tuple[str, str]]:
    """Type and id of the CRM objects that calls and their parties refer to."""
    found = {
        (linked["objectType"], linked["objectId"])
        for call in world["calls"]
        for _, _, _, linked in _crm_objects(call)
    }
    return {(_OBJECT_TYPES[type_], one) for type_, one in found if type_ in _OBJECT_TYPES}


def _known_objects(world: World) -> Iterator[Row]:
    """What calls refer to may be gone from the CRM, and much of the CRM is in no call."""
    referred = _referred(world)
    for one in world["crm_objects"]:
        if (one["objectType"], one["crmId"]) in referred:
            yield one


def crm_objects(world: World) -> Iterator[Row]:
    for one in _known_objects(world):
        yield {
            "integration_id": str(one["integrationId"]),
            "object_type": one["objectType"],
            "crm_id": one["crmId"],
            "extra": None,
        }


def crm_object_fields(world: World) -> Iterator[Row]:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "json"}
    for one in _known_objects(world):
        for name, value in one["fields"].items():
            is_text = value is None or isinstance(value, str)
            told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            yield {
                "integration_id": str(one["integrationId"]),
                "object_type": one["objectType"],
                "crm_id": one["crmId"],
                "name": name,
                "value": value if is_text else told,
                "value_type": "null" if value is None else kinds[type(value)],
                "extra": None,
            }


def crm_call_associations(world: World) -> Iterator[Row]:
    """A row for each deal or account that was linked; what was unlinked again has one too."""
    for event in world["manual_crm_associations"]:
        moment = _instant(event["created"])
        assert moment is not None
        if not world.start <= moment < world.now:
            continue
        for index, linked in enumerate(event["associatedCrmObjects"] or [{}]):
            yield {
                "call_id": event["callId"],
                "created_at": moment,
                "association_index": index,
                "user_id": event["userId"],
                "account_crm_id": linked.get("accountCrmId"),
                "deal_crm_id": linked.get("dealCrmId"),
                "extra": None,
            }


def _asked_users(world: World) -> dict[str, Row]:
    """Engage and meetings are asked about in the name of a user who can still log in."""
    return {user["id"]: user for user in world["users"] if user["active"] and user["emailAddress"]}


def _seen_flows(world: World) -> Iterator[tuple[Row, list[Row]]]:
    asked = _asked_users(world)
    for flow in world["flows"]:
        if seen_by := [one for one in flow["users"] if one["userId"] in asked]:
            yield flow, seen_by


def flows(world: World) -> Iterator[Row]:
    for flow, _ in _seen_flows(world):
        yield {
            "flow_id": flow["id"],
            "name": flow["name"],
            "folder_id": flow.get("folderId"),
            "folder_name": flow.get("folderName"),
            "created_at": _instant(flow["creationDate"]),
            "is_exclusive": flow["exclusive"],
            "extra": None,
        }


def flow_visibility(world: World) -> Iterator[Row]:
    for flow, seen_by in _seen_flows(world):
        for one in seen_by:
            yield {
                "flow_id": flow["id"],
                "user_id": one["userId"],
                "visibility": one["visibility"],
                "extra": None,
            }


def flow_folders(world: World) -> Iterator[Row]:
    asked = _asked_users(world)
    for folder in world["flow_folders"]:
        for one in folder["users"]:
            if one["userId"] in asked:
                yield {
                    "user_id": one["userId"],
                    "folder_id": folder["id"],
                    "name": folder["name"],
                    "parent_folder_id": folder["parentFolderId"],
                    "created_by_id": folder["createdById"],
                    "visibility": one["visibility"],
                    "extra": None,
                }


def flow_steps(world: World) -> Iterator[Row]:
    seen = {flow["id"] for flow, _ in _seen_flows(world)}
    count: Counter[str] = Counter()
    for step in world["flow_steps"]:
        if step["flowId"] not in seen:
            continue
        yield {
            "flow_id": step["flowId"],
            "step_index": count[step["flowId"]],
            "step_id": step["id"],
            "step_order": step["stepOrder"],
            "action": step["action"],
            "subject": step.get("subject"),
            "body": step.get("body"),
            "is_reply": step["isReply"],
            "flow_description": world.descriptions[step["flowId"]],
            "extra": None,
        }
        count[step["flowId"]] += 1


def flow_prospects(world: World) -> Iterator[Row]:
    """Gong gives open assignments only, and only of prospects that it is asked about."""
    prospects = {crm_id for type_, crm_id in _referred(world) if type_ in ("CONTACT", "LEAD")}
    prospects |= {task["contact"]["crmId"] for task in _asked_tasks(world) if task.get("contact")}
    for one in world["flow_instances"]:
        is_open = one["flowInstanceStatus"] in ("Pending", "Running", "Paused")
        if is_open and one["crmProspectId"] in prospects:
            yield {
                "flow_instance_id": one["flowInstanceId"],
                "flow_id": one["flowId"],
                "flow_name": one["flowName"],
                "crm_prospect_id": one["crmProspectId"],
                "owner_email": one["flowInstanceOwnerEmail"],
                "owner_full_name": one["flowInstanceOwnerFullName"],
                "created_at": _instant(one["flowInstanceCreateDate"]),
                "status": one["flowInstanceStatus"],
                "workspace_id": one["workspaceId"],
                "is_exclusive": one["exclusive"],
                "extra": None,
            }


def _asked_tasks(world: World) -> Iterator[Row]:
    asked = _asked_users(world)
    yield from (task for task in world["tasks"] if str(task["userId"]) in asked)


def tasks(world: World) -> Iterator[Row]:
    def text(number: int | None) -> str | None:
        return None if number is None else str(number)

    for task in _asked_tasks(world):
        account, deal = task.get("account") or {}, task.get("opportunity") or {}
        flow, contact = task.get("flow") or {}, task.get("contact") or {}
        step, data = flow.get("step") or {}, contact.get("data") or {}
        priority = task.get("priority") or {}
        yield {
            "task_id": text(task["id"]),
            "user_id": text(task["userId"]),
            "created_at": _instant(task["created"]),
            "updated_at": _instant(task["updated"]),
            "status": task["status"],
            "type": task["type"],
            "actions": task["actions"],
            "title": task.get("title"),
            "due_at": _instant(task["dueDate"]),
            "crm_type": world.crm_types[str(task["userId"])],
            "account_crm_id": account.get("crmId"),
            "account_name": account.get("name"),
            "account_crm_url": account.get("crmUrl"),
            "opportunity_crm_id": deal.get("crmId"),
            "opportunity_name": deal.get("name"),
            "opportunity_crm_url": deal.get("crmUrl"),
            "opportunity_status": deal.get("status"),
            "opportunity_stage": deal.get("stage"),
            "opportunity_amount": deal.get("amount"),
            "opportunity_probability": deal.get("probability"),
            "opportunity_close_date": deal.get("closeDate"),
            "flow_id": text(flow.get("id")),
            "flow_name": flow.get("name"),
            "flow_step_id": text(step.get("id")),
            "flow_step_name": step.get("name"),
            "flow_step_number": step.get("stepNumber"),
            "contact_crm_id": contact.get("crmId"),
            "contact_type": contact.get("type"),
            "contact_first_name": data.get("firstName"),
            "contact_last_name": data.get("lastName"),
            "contact_title": data.get("title"),
            "contact_city": data.get("city"),
            "contact_zipcode": data.get("zipcode"),
            "contact_linkedin_profile": data.get("linkedinProfile"),
            "contact_emails": data.get("emails"),
            "contact_phone_numbers": data.get("phoneNumbers"),
            "contact_crm_url": data.get("crmUrl"),
            "contact_company_name": data.get("companyName"),
            "contact_affiliation": data.get("affiliation"),
            "contact_timezone": data.get("timezone"),
            "contact_country": data.get("country"),
            "contact_state": data.get("state"),
            "contact_opt_out_channels": data.get("optOutChannels"),
            "additional_contacts": task.get("additionalContacts"),
            "priority_id": text(priority.get("id")),
            "priority_name": priority.get("name"),
            "priority_weight": priority.get("weight"),
            "extra": None,
        }


def meeting_integrations(world: World) -> Iterator[Row]:
    ids = {user["emailAddress"]: user_id for user_id, user in _asked_users(world).items()}
    for one in world["meeting_integrations"]:
        if one["email"] in ids:
            yield {
                "email": one["email"],
                "user_id": ids[one["email"]],
                "is_existing": one["exists"],
                "is_valid": one["valid"],
                "user_facing_error": one["userFacingError"],
                "fix_url": one["fixUrl"],
                "help_url": one["helpUrl"],
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
            "created_at": _instant(brief["created"]),
            "updated_at": _instant(brief["updated"]),
            "extra": None,
        }


@dataclass(frozen=True)
class Expectation:
    """A raw table: its key as promised, and the rows it should have."""

    key: tuple[str, ...]
    rows: Callable[[World], Iterator[Row]]


EXPECTED: dict[str, Expectation] = {
    rows.__name__: Expectation(key, rows)
    for rows, key in (
        (calls, ("call_id",)),
        (call_parties, ("call_id", "party_index")),
        (call_crm_objects, ("call_id", "object_index")),
        (call_crm_fields, ("call_id", "object_index", "name")),
        (call_trackers, ("call_id", "tracker_id")),
        (call_tracker_phrases, ("call_id", "tracker_id", "phrase_index")),
        (call_tracker_occurrences, ("call_id", "tracker_id", "occurrence_index")),
        (call_topics, ("call_id", "topic_index")),
        (call_structure, ("call_id", "structure_index")),
        (call_outline, ("call_id", "section_index", "item_index")),
        (call_highlights, ("call_id", "highlight_index", "item_index")),
        (call_key_points, ("call_id", "key_point_index")),
        (call_interaction_stats, ("call_id", "name")),
        (call_speakers, ("call_id", "speaker_id")),
        (call_video, ("call_id", "video_index")),
        (call_comments, ("comment_id",)),
        (transcripts, ("call_id",)),
        (transcript_sentences, ("call_id", "monologue_index", "sentence_index")),
        (users, ("user_id",)),
        (user_email_aliases, ("user_id", "email_alias")),
        (workspaces, ("workspace_id",)),
        (trackers, ("tracker_id",)),
        (tracker_keywords, ("tracker_id", "language_index", "keyword_index")),
        (call_outcomes, ("call_outcome", "connect_status")),
        (scorecards, ("scorecard_id",)),
        (scorecard_questions, ("scorecard_id", "question_id")),
        (answered_scorecards, ("answered_scorecard_id",)),
        (scorecard_answers, ("answered_scorecard_id", "question_id")),
        (logs, ("log_id",)),
        (stats_periods, ("stats_period_id",)),
        (activity_by_period, ("user_id", "period", "from_on")),
        (activity_aggregate, ("user_id", "from_on")),
        (activity_daily_calls, ("user_id", "activity_on", "activity", "call_id")),
        (interaction_stats, ("user_id", "period", "from_on", "name")),
        (
            coaching_metrics,
            ("workspace_id", "manager_id", "report_id", "from_on", "metric", "call_id"),
        ),
        (user_history, ("user_id", "valid_from_at")),
        (user_settings_history, ("user_id", "setting", "changed_at", "change_index")),
        (permission_profiles, ("profile_id",)),
        (permission_profile_users, ("profile_id", "user_id")),
        (call_user_access, ("call_id", "user_id")),
        (library_folders, ("folder_id",)),
        (library_folder_calls, ("folder_id", "call_id", "piece_index")),
        (crm_integrations, ("integration_id",)),
        (crm_schema_fields, ("integration_id", "object_type", "unique_name")),
        (crm_objects, ("integration_id", "object_type", "crm_id")),
        (crm_object_fields, ("integration_id", "object_type", "crm_id", "name")),
        (crm_call_associations, ("call_id", "created_at", "association_index")),
        (flows, ("flow_id",)),
        (flow_visibility, ("flow_id", "user_id")),
        (flow_folders, ("user_id", "folder_id")),
        (flow_steps, ("flow_id", "step_index")),
        (flow_prospects, ("flow_instance_id",)),
        (tasks, ("task_id",)),
        (meeting_integrations, ("email",)),
        (briefs, ("brief_id",)),
    )
}
