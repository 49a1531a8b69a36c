"""Calls, with what Gong says of them: parties, CRM context, content, interaction, comments.

One operation fills all of these; the parts of a call are replaced together with its row.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from sources.gong.schema.columns import (
    BOOLEAN,
    CONTENT,
    INSTANT,
    INTEGER,
    JSON,
    NOT_REQUESTED,
    NUMBER,
    PERSON,
    PRESENCE,
    SCALAR,
    SCALAR_TYPE,
    SECRET,
    TEXT,
    Column,
    Entity,
)
from sources.gong.schema.table import (
    CRM_REFERENCES,
    ByIds,
    CrmObject,
    Lookback,
    Part,
    Read,
    Removal,
    Table,
    Windows,
)

_CALL_ID = Column("call_id", TEXT, "$metaData.id", "The call.")

_TIMINGS = ("Now", "TimeOfCall")
_CRM_SYSTEMS = ("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
_CRM_OBJECT_TYPES = ("Account", "Contact", "Lead", "Opportunity", "User")


def _occurrences(call: Entity) -> Iterator[dict[str, Any]]:
    """Yields every tracker occurrence of a call once.

    Gong lists an occurrence under its tracker and again under the phrase that matched. Each
    tracker-level occurrence is matched with one phrase-level occurrence of the same time and
    speaker; what only a phrase lists follows after them.
    """
    for tracker in (call.get("content") or {}).get("trackers") or ():
        unmatched: dict[tuple[Any, Any], deque[tuple[int, dict[str, Any]]]] = defaultdict(deque)
        for phrase_index, phrase in enumerate(tracker.get("phrases") or ()):
            for occurrence in phrase.get("occurrences") or ():
                unmatched[_moment(occurrence)].append((phrase_index, occurrence))
        matches: list[tuple[int | None, dict[str, Any], dict[str, Any]]] = []
        for occurrence in tracker.get("occurrences") or ():
            same = unmatched.get(_moment(occurrence))
            matched_index, in_phrase = same.popleft() if same else (None, {})
            matches.append((matched_index, in_phrase, occurrence))
        matches += [
            (index, {}, left) for all_left in unmatched.values() for index, left in all_left
        ]
        for index, (matched_index, in_phrase, occurrence) in enumerate(matches):
            yield {
                **in_phrase,
                **occurrence,
                "_trackerId": tracker.get("id"),
                "_index": index,
                "_phraseIndex": matched_index,
            }


def _moment(occurrence: Entity) -> tuple[Any, Any]:
    return occurrence.get("startTime"), occurrence.get("speakerId")


CALLS = (
    Table(
        "calls",
        "one row per call that Gong has processed",
        key=("call_id",),
        operation="listCallsExtensive",
        read=Read.INSTANTS,
        windows=Windows("started_at", Lookback(nightly=7, weekly=30), days=31, weight=1.0),
        by_ids=ByIds("filter.callIds"),
        removal=Removal(if_party=True),
        ignored=(NOT_REQUESTED,),
        columns=(
            Column("call_id", TEXT, "metaData.id", "Gong's id of the call."),
            Column("url", TEXT, "metaData.url", "The call's page in Gong."),
            Column("title", TEXT, "metaData.title", "Title of the call.", CONTENT),
            Column("scheduled_at", INSTANT, "metaData.scheduled", "Planned start."),
            Column("started_at", INSTANT, "metaData.started", "Start of the recording."),
            Column("duration_seconds", INTEGER, "metaData.duration", "As measured by Gong."),
            Column("primary_user_id", TEXT, "metaData.primaryUserId", "The host."),
            Column("direction", TEXT, "metaData.direction",
                   "Inbound, Outbound, Conference or Unknown.",
                   values=("Inbound", "Outbound", "Conference", "Unknown")),
            Column("system", TEXT, "metaData.system",
                   "The recorded system: Zoom, Google Meet, Upload API, …"),
            Column("scope", TEXT, "metaData.scope", "Internal, External or Unknown.",
                   values=("Internal", "External", "Unknown")),
            Column("media", TEXT, "metaData.media", "Video or Audio.", values=("Video", "Audio")),
            Column("language", TEXT, "metaData.language", "ISO 639-2/B; also und and zxx."),
            Column("workspace_id", TEXT, "metaData.workspaceId", "The workspace."),
            Column("sdr_disposition", TEXT, "metaData.sdrDisposition", "What the dialler noted."),
            Column("client_unique_id", TEXT, "metaData.clientUniqueId",
                   "Id of the call in the system it was recorded by."),
            Column("custom_data", TEXT, "metaData.customData", "Text given at upload.", CONTENT),
            Column("purpose", TEXT, "metaData.purpose", "Purpose given at upload.", CONTENT),
            Column("meeting_url", TEXT, "metaData.meetingUrl", "Address of the web conference.",
                   CONTENT),
            Column("is_private", BOOLEAN, "metaData.isPrivate", "Hidden from others in Gong."),
            Column("calendar_event_id", TEXT, "metaData.calendarEventId",
                   "Id of the calendar event."),
            Column("brief", TEXT, "content.brief", "Gong's summary; may come days later.", CONTENT),
            Column("call_outcome_id", TEXT, "content.callOutcome.id",
                   "Id of the outcome given to the call."),
            Column("call_outcome_category", TEXT, "content.callOutcome.category",
                   "Category of that outcome."),
            Column("call_outcome_name", TEXT, "content.callOutcome.name", "Name of that outcome."),
            Column("company_questions_count", INTEGER, "interaction.questions.companyCount",
                   "Questions asked by the company's side."),
            Column("non_company_questions_count", INTEGER, "interaction.questions.nonCompanyCount",
                   "Questions asked by everybody else."),
            Column("has_audio", PRESENCE, "media.audioUrl", "A recording exists.", SECRET),
            Column("has_video", PRESENCE, "media.videoUrl", "A video exists.", SECRET),
        ),
    ),
    Table(
        "call_parties",
        "one row per participant of a call",
        key=("call_id", "party_index"),
        part=Part("calls", ("parties[]",)),
        columns=(
            _CALL_ID,
            Column("party_index", INTEGER, "#", "Place in Gong's list, from 0."),
            Column("party_id", TEXT, "id", "Gong's id of the participant within the call."),
            Column("email_address", TEXT, "emailAddress", "E-mail address of the participant.",
                   PERSON),
            Column("name", TEXT, "name", "Name of the participant.", PERSON),
            Column("title", TEXT, "title", "Job title of the participant.", PERSON),
            Column("user_id", TEXT, "userId", "The Gong user; null for outsiders."),
            Column("speaker_id", TEXT, "speakerId", "Joins to the transcript; null if silent."),
            Column("affiliation", TEXT, "affiliation", "Internal, External or Unknown.",
                   values=("Internal", "External", "Unknown")),
            Column("phone_number", TEXT, "phoneNumber", "Phone number of the participant.", PERSON),
            Column("methods", JSON, "methods", "How they took part: Invitee, Attendee.",
                   values=("Invitee", "Attendee")),
        ),
    ),
    Table(
        "call_crm_objects",
        "one row per CRM object that a call or one of its parties refers to, and timing",
        key=("call_id", "object_index"),
        part=Part("calls", ("context[].objects[]", "parties[].context[].objects[]")),
        parent_columns=("object_type", "object_id"),
        parents_as=CRM_REFERENCES,
        crm_object=CrmObject("object_type", "object_id", fields="call_crm_fields"),
        columns=(
            _CALL_ID,
            Column("object_index", INTEGER, "@",
                   "The call's own objects first, then the parties'."),
            Column("party_index", INTEGER, "^^#",
                   "The party; null for objects of the call itself."),
            Column("system", TEXT, "^system", "Salesforce, HubSpot, …", values=_CRM_SYSTEMS),
            Column("object_type", TEXT, "objectType", "Account, Opportunity, Contact, Lead, User.",
                   values=_CRM_OBJECT_TYPES),
            Column("object_id", TEXT, "objectId", "Id in the CRM."),
            Column("timing", TEXT, "timing", "Now or TimeOfCall; accounts come without one.",
                   values=_TIMINGS),
        ),
    ),
    Table(
        "call_crm_fields",
        "one row per field of a CRM object of a call",
        key=("call_id", "object_index", "name"),
        part=Part("calls",
                  ("context[].objects[].fields[]", "parties[].context[].objects[].fields[]")),
        columns=(
            _CALL_ID,
            Column("object_index", INTEGER, "^@", "Joins to call_crm_objects."),
            Column("name", TEXT, "name", "The CRM's field name."),
            Column("value", SCALAR, "value", "As text; a number in its shortest form.", CONTENT),
            Column("value_type", SCALAR_TYPE, "value", "string, number, boolean, null, json."),
        ),
    ),
    Table(
        "call_trackers",
        "one row per tracker of a call, also where it was not heard",
        key=("call_id", "tracker_id"),
        part=Part("calls", ("content.trackers[]",)),
        ignored=("occurrences",),
        columns=(
            _CALL_ID,
            Column("tracker_id", TEXT, "id", "The tracker."),
            Column("name", TEXT, "name", "Name of the tracker at the call."),
            Column("count", INTEGER, "count", "How often it was heard in the call."),
            Column("type", TEXT, "type", "KEYWORD or SMART.", values=("KEYWORD", "SMART")),
        ),
    ),
    Table(
        "call_tracker_phrases",
        "one row per phrase of a keyword tracker heard in a call",
        key=("call_id", "tracker_id", "phrase_index"),
        part=Part("calls", ("content.trackers[].phrases[]",)),
        ignored=("occurrences",),
        columns=(
            _CALL_ID,
            Column("tracker_id", TEXT, "^id", "The tracker."),
            Column("phrase_index", INTEGER, "#", "Place in Gong's list, from 0."),
            Column("phrase", TEXT, "phrase", "The phrase that was heard.", CONTENT),
            Column("count", INTEGER, "count", "How often the phrase was heard in the call."),
        ),
    ),
    Table(
        "call_tracker_occurrences",
        "one row per time a tracker was heard in a call, each once",
        key=("call_id", "tracker_id", "occurrence_index"),
        part=Part("calls", _occurrences),
        rows_at="content.trackers[].occurrences[]",
        columns=(
            _CALL_ID,
            Column("tracker_id", TEXT, "_trackerId", "The tracker.",
                   origin="calls[].content.trackers[].id"),
            Column("occurrence_index", INTEGER, "_index",
                   "Place among the tracker's occurrences, from 0.",
                   origin="place among the occurrences of the tracker"),
            Column("phrase_index", INTEGER, "_phraseIndex",
                   "The phrase heard; null where Gong names none.",
                   origin="place in calls[].content.trackers[].phrases[]"),
            Column("start_seconds", NUMBER, "startTime", "From the start of the call."),
            Column("speaker_id", TEXT, "speakerId", "Joins to call_parties; may match none."),
        ),
    ),
    Table(
        "call_topics",
        "one row per topic of a call",
        key=("call_id", "topic_index"),
        part=Part("calls", ("content.topics[]",)),
        columns=(
            _CALL_ID,
            Column("topic_index", INTEGER, "#", "Place in Gong's list, from 0."),
            Column("name", TEXT, "name", "Name of the topic."),
            Column("duration_seconds", INTEGER, "duration", "0 where only touched."),
        ),
    ),
    Table(
        "call_structure",
        "one row per part of a call",
        key=("call_id", "structure_index"),
        part=Part("calls", ("content.structure[]",)),
        columns=(
            _CALL_ID,
            Column("structure_index", INTEGER, "#", "Place in Gong's list, from 0."),
            Column("name", TEXT, "name", "Name of the part."),
            Column("duration_seconds", INTEGER, "duration", "Length of the part."),
        ),
    ),
    Table(
        "call_outline",
        "one row per item of a section of a call's outline; a section without items has one row",
        key=("call_id", "section_index", "item_index"),
        part=Part("calls", ("content.outline[].items[]",), is_outer=True),
        columns=(
            _CALL_ID,
            Column("section_index", INTEGER, "^#", "Place of the section, from 0."),
            Column("item_index", INTEGER, "#", "Place within the section, from 0."),
            Column("section", TEXT, "^section", "Heading of the section.", CONTENT),
            Column("section_start_seconds", NUMBER, "^startTime",
                   "Start of the section, from the start of the call."),
            Column("section_duration_seconds", NUMBER, "^duration", "Length of the section."),
            Column("text", TEXT, "text", "Null for a section without items.", CONTENT),
            Column("start_seconds", NUMBER, "startTime",
                   "Start of the item, from the start of the call."),
        ),
    ),
    Table(
        "call_highlights",
        "one row per item of a call's highlights; a highlight without items has one row",
        key=("call_id", "highlight_index", "item_index"),
        part=Part("calls", ("content.highlights[].items[]",), is_outer=True),
        columns=(
            _CALL_ID,
            Column("highlight_index", INTEGER, "^#", "Place of the highlight, from 0."),
            Column("item_index", INTEGER, "#", "Place within the highlight, from 0."),
            Column("title", TEXT, "^title", "Heading of the highlight."),
            Column("text", TEXT, "text", "Null for a highlight without items.", CONTENT),
            Column("start_times_seconds", JSON, "startTimes", "List of seconds."),
        ),
    ),
    Table(
        "call_key_points",
        "one row per key point of a call",
        key=("call_id", "key_point_index"),
        part=Part("calls", ("content.keyPoints[]",)),
        columns=(
            _CALL_ID,
            Column("key_point_index", INTEGER, "#", "Place in Gong's list, from 0."),
            Column("text", TEXT, "text", "The key point.", CONTENT),
        ),
    ),
    Table(
        "call_interaction_stats",
        "one row per interaction measure of a call's host",
        key=("call_id", "name"),
        part=Part("calls", ("interaction.interactionStats[]",)),
        columns=(
            _CALL_ID,
            Column("name", TEXT, "name", "Talk Ratio, Longest Monologue, …"),
            Column("value", NUMBER, "value", "Ratio 0 to 1, or seconds, or Gong's score."),
        ),
    ),
    Table(
        "call_speakers",
        "one row per person who spoke in a call",
        key=("call_id", "speaker_id"),
        part=Part("calls", ("interaction.speakers[]",)),
        columns=(
            _CALL_ID,
            Column("speaker_id", TEXT, "id", "Equal to party_id of call_parties."),
            Column("user_id", TEXT, "userId", "The Gong user; null for outsiders."),
            Column("talk_time_seconds", NUMBER, "talkTime", "How long the person spoke."),
        ),
    ),
    Table(
        "call_video",
        "one row per kind of video shown in a call",
        key=("call_id", "video_index"),
        part=Part("calls", ("interaction.video[]",)),
        columns=(
            _CALL_ID,
            Column("video_index", INTEGER, "#", "Place in Gong's list, from 0."),
            Column("name", TEXT, "name", "Browser, Presentation, Webcam, …"),
            Column("duration_seconds", NUMBER, "duration", "How long it was shown."),
        ),
    ),
    Table(
        "call_comments",
        "one row per public comment on a call",
        key=("comment_id",),
        part=Part("calls", ("collaboration.publicComments[]",)),
        columns=(
            _CALL_ID,
            Column("comment_id", TEXT, "id", "Gong's id of the comment."),
            Column("audio_start_seconds", NUMBER, "audioStartTime",
                   "Start of the passage commented on."),
            Column("audio_end_seconds", NUMBER, "audioEndTime", "End of the passage commented on."),
            Column("commenter_user_id", TEXT, "commenterUserId", "Who wrote it."),
            Column("comment", TEXT, "comment", "Mentions look like @[name](user id).", CONTENT),
            Column("posted_at", INSTANT, "posted", "When it was written."),
            Column("in_reply_to", TEXT, "inReplyTo", "The comment answered."),
            Column("is_during_call", BOOLEAN, "duringCall",
                   "Whether it was written during the call."),
        ),
    ),
)  # fmt: skip
