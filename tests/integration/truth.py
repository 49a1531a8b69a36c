"""What should have landed, worked out a second time: from the emulator's truth, by hand.

One function per raw table, written from the API's documentation and the contract on names and
columns, never from the product's own tables. A value that both sides get wrong in the same way
would have to be misread twice.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import defaultdict
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

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def first_day(self) -> date:
        return self.start.astimezone(self.zone).date()

    def __getitem__(self, kind: str) -> list[Row]:
        return self.kinds[kind]


def read_world(emulator: Emulator, start: datetime, now: datetime) -> World:
    """Reads the truth, and over the API itself the two things that the truth leaves out."""
    kinds = (
        "calls", "transcripts", "users", "workspaces", "trackers", "call_outcomes", "scorecards",
        "answered_scorecards", "logs", "activity_events",
    )  # fmt: skip
    zone = ZoneInfo(emulator.time_zone)
    world = World(zone, start, now, {kind: emulator.truth(kind) for kind in kinds}, {}, {})
    with _client(emulator) as client:
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
    )
}
