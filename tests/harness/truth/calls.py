"""Expected rows of calls and their transcripts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.harness.truth.world import WITHOUT_ROWS, Row, World, each, extra_of, instant, unknown_of

_CALL_KEYS = {"metaData", "context", "parties", "content", "interaction", "collaboration", "media"}


_METADATA_KEYS = {
    "id", "url", "title", "scheduled", "started", "duration", "primaryUserId", "direction",
    "system", "scope", "media", "language", "workspaceId", "sdrDisposition", "clientUniqueId",
    "customData", "purpose", "meetingUrl", "isPrivate", "calendarEventId",
}  # fmt: skip


def calls(world: World) -> Iterator[Row]:
    for call in world["calls"]:
        about, content = call["metaData"], call.get("content") or {}
        outcome = content.get("callOutcome") or {}
        questions = (call.get("interaction") or {}).get("questions") or {}
        media = world.media[about["id"]]
        # An element without a row in call_crm_objects and without a column is kept in extra.
        hollow = {
            f"context[{place}]": link
            for place, link in enumerate(call.get("context") or [])
            if not link["objects"]
        }
        yield {
            "call_id": about["id"],
            "url": about["url"],
            "title": about["title"],
            "scheduled_at": instant(about["scheduled"]),
            "started_at": instant(about["started"]),
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
            "extra": extra_of(
                {WITHOUT_ROWS: hollow} if hollow else {},
                unknown_of(call, _CALL_KEYS),
                unknown_of(about, _METADATA_KEYS, "metaData."),
            ),
        }


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
    """Yields index, party, system and object of the call, then of each party."""
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
    for call_id, _, tracker in each(world, "content", "trackers"):
        yield {
            "call_id": call_id,
            "tracker_id": tracker["id"],
            "name": tracker["name"],
            "count": tracker["count"],
            "type": tracker["type"],
            "extra": None,
        }


def call_tracker_phrases(world: World) -> Iterator[Row]:
    for call_id, _, tracker in each(world, "content", "trackers"):
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
    """Counts an occurrence once, although it stands under its tracker and under its phrase."""
    for call_id, _, tracker in each(world, "content", "trackers"):
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
    for call_id, place, topic in each(world, "content", "topics"):
        yield {
            "call_id": call_id,
            "topic_index": place,
            "name": topic["name"],
            "duration_seconds": topic["duration"],
            "extra": None,
        }


def call_structure(world: World) -> Iterator[Row]:
    for call_id, place, part in each(world, "content", "structure"):
        yield {
            "call_id": call_id,
            "structure_index": place,
            "name": part["name"],
            "duration_seconds": part["duration"],
            "extra": None,
        }


def call_outline(world: World) -> Iterator[Row]:
    for call_id, place, section in each(world, "content", "outline"):
        # A section without items has one row without a text.
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
    for call_id, place, highlight in each(world, "content", "highlights"):
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
    for call_id, place, point in each(world, "content", "keyPoints"):
        yield {
            "call_id": call_id,
            "key_point_index": place,
            "text": point["text"],
            "extra": None,
        }


def call_interaction_stats(world: World) -> Iterator[Row]:
    for call_id, _, stat in each(world, "interaction", "interactionStats"):
        yield {"call_id": call_id, "name": stat["name"], "value": stat["value"], "extra": None}


def call_speakers(world: World) -> Iterator[Row]:
    for call_id, _, speaker in each(world, "interaction", "speakers"):
        yield {
            "call_id": call_id,
            "speaker_id": speaker["id"],
            "user_id": speaker["userId"],
            "talk_time_seconds": speaker["talkTime"],
            "extra": None,
        }


def call_video(world: World) -> Iterator[Row]:
    for call_id, place, video in each(world, "interaction", "video"):
        yield {
            "call_id": call_id,
            "video_index": place,
            "name": video["name"],
            "duration_seconds": video["duration"],
            "extra": None,
        }


def call_comments(world: World) -> Iterator[Row]:
    for call_id, _, comment in each(world, "collaboration", "publicComments"):
        yield {
            "call_id": call_id,
            "comment_id": comment["id"],
            "audio_start_seconds": comment["audioStartTime"],
            "audio_end_seconds": comment["audioEndTime"],
            "commenter_user_id": comment["commenterUserId"],
            "comment": comment["comment"],
            "posted_at": instant(comment["posted"]),
            "in_reply_to": comment.get("inReplyTo"),
            "is_during_call": comment["duringCall"],
            "extra": None,
        }


def _transcripts(world: World) -> Iterator[Row]:
    """Yields the transcripts of listed calls, because they are requested by call id."""
    listed = {call["metaData"]["id"] for call in world["calls"]}
    yield from (transcript for transcript in world["transcripts"] if transcript["callId"] in listed)


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


def call_user_access(world: World) -> Iterator[Row]:
    for grant in world["call_access"]:
        yield {"call_id": grant["callId"], "user_id": grant["userId"], "extra": None}
