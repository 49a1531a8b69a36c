"""TABLE TWO: one typed row per table that lands in the warehouse.

Everything the pipeline knows about a landed table stands here once: grain, key, columns with type
and sensitivity, the operation that fills it, how that is read, how far back it is read again, and
what it means when a row is missing. The Arrow schema, the docs and the readers all derive from it.
Ids are text, always. No table lands a signed media URL or a value from a recorded HTTP request.

To add a list endpoint: its row in `operations.py`, its row here.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.columns import (
    NOT_ASKED,
    Absence,
    Column,
    Entity,
    Lookback,
    Read,
    Sensitivity,
    Table,
    Type,
    columns,
    snake,
)
from sources.gong.schema.descriptions import EVERYWHERE, OF_TABLE

_TEXT, _INT, _NUM, _BOOL = Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN
_AT, _ON, _JSON = Type.INSTANT, Type.DATE, Type.JSON
_PERSON, _CONTENT, _SECRET = Sensitivity.PERSON, Sensitivity.CONTENT, Sensitivity.SECRET

_CALL_ID = Column("call_id", _TEXT, "$metaData.id", "The call.")

_LEVELS = ("all", "managers-team", "report-to-them", "own", "none")
_REVIEW_METHODS = ("AUTOMATIC", "MANUAL")
_TIMINGS = ("Now", "TimeOfCall")
_CRM_SYSTEMS = ("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
_CRM_OBJECT_TYPES = ("Account", "Contact", "Lead", "Opportunity", "User")
_TASK_CRM_TYPES = ("SALESFORCE", "HUBSPOT", "MICROSOFT_DYNAMICS", "GENERIC")
_VISIBILITIES = ("PUBLIC", "PRIVATE", "OPT_IN_USERS", "MANAGERS", "MANAGERS_AND_REVIEWEE")
_FLOW_VISIBILITIES = ("Company", "Personal", "Shared")
_FLOW_ACTIONS = (
    "SEND_EMAIL", "AUTO_SEND_EMAIL", "CALL", "LINKEDIN_CONNECT", "LINKEDIN_MESSAGE", "CUSTOM",
)  # fmt: skip
_FLOW_STATUSES = (
    "Pending", "Running", "Paused", "FinishedNoReply", "FinishedResponse", "Finished",
)  # fmt: skip
_USER_SETTINGS = (
    "webConferencesRecorded", "preventWebConferenceRecording", "emailsImported",
    "preventEmailImport", "active", "nonRecordedMeetingsImported", "gongConnectEnabled",
    "callsImported", "interviewsRecorded", "preventInterviewRecording",
)  # fmt: skip
_CRM_FIELD_TYPES = (
    "DATE", "DATETIME", "NUMBER", "PERCENT", "CURRENCY", "ID", "URL", "STRING", "BOOLEAN",
    "PHONENUMBER", "EMAILADDRESS", "PICKLIST", "REFERENCE", "STRINGARRAY",
)  # fmt: skip


def _occurrences(call: Entity) -> Iterator[dict[str, Any]]:
    """Yields every tracker occurrence of a call once.

    Gong lists an occurrence under its tracker and again under the phrase that matched. Each
    tracker-level occurrence is matched with one phrase-level occurrence of the same time and
    speaker; what only a phrase lists follows after them.
    """
    for tracker in (call.get("content") or {}).get("trackers") or ():
        unmatched: dict[tuple[Any, Any], deque[tuple[int, dict[str, Any]]]] = defaultdict(deque)
        for place_of_phrase, phrase in enumerate(tracker.get("phrases") or ()):
            for occurrence in phrase.get("occurrences") or ():
                place = (occurrence.get("startTime"), occurrence.get("speakerId"))
                unmatched[place].append((place_of_phrase, occurrence))
        found: list[tuple[int | None, dict[str, Any]]] = []
        for occurrence in tracker.get("occurrences") or ():
            same = unmatched.get((occurrence.get("startTime"), occurrence.get("speakerId")))
            phrase_index, told = same.popleft() if same else (None, {})
            found.append((phrase_index, {**told, **occurrence}))
        found += [entry for left in unmatched.values() for entry in left]
        for index, (phrase_index, occurrence) in enumerate(found):
            yield {
                **occurrence,
                "_trackerId": tracker.get("id"),
                "_index": index,
                "_phraseIndex": phrase_index,
            }


ACTIVITIES = (
    "callsAsHost", "callsGaveFeedback", "callsRequestedFeedback", "callsReceivedFeedback",
    "ownCallsListenedTo", "othersCallsListenedTo", "callsSharedInternally",
    "callsSharedExternally", "callsScorecardsFilled", "callsScorecardsReceived", "callsAttended",
    "callsCommentsGiven", "callsCommentsReceived", "callsMarkedAsFeedbackGiven",
    "callsMarkedAsFeedbackReceived",
)  # fmt: skip
"""The fifteen activities that Gong counts per user (OpenAPI, UserAggregateActivity)."""


def _daily_calls(period: Entity) -> Iterator[dict[str, Any]]:
    """Yields a row per user, activity and call of a day, whatever activities Gong names."""
    for user in period["users"]:
        who = {key: value for key, value in user.items() if key != "stats"}
        for activity, calls in user["stats"].items():
            if calls is not None and not isinstance(calls, list):
                raise SchemaDrift(
                    f"activity_daily_calls: {activity} is not a list of call ids",
                    table="activity_daily_calls",
                    field=activity,
                    expected="a list",
                    found="something else",
                )
            for call_id in dict.fromkeys(calls or ()):
                yield {**who, "activity": activity, "callId": call_id}


def _coached_calls(period: Entity) -> Iterator[dict[str, Any]]:
    """Yields a row per manager, direct report, metric and call, whatever metrics Gong names."""
    for entry in period["users"]:
        around = {k: v for k, v in entry.items() if k not in ("manager", "report", "stats")}
        for who in ("manager", "report"):
            for key, value in (entry.get(who) or {}).items():
                around[who + key[:1].upper() + key[1:]] = value
        for metric, calls in (entry.get("stats") or {}).items():
            if calls is not None and not isinstance(calls, list):
                raise SchemaDrift(
                    f"coaching_metrics: {metric} is not a list of call ids",
                    table="coaching_metrics",
                    field=metric,
                    expected="a list",
                    found="something else",
                )
            for call_id in dict.fromkeys(calls or ()):
                yield {**around, "metric": metric, "callId": call_id}


def _permissions(keys: str) -> tuple[Column, ...]:
    """Declares one boolean column per permission; Gong names what is allowed."""
    return tuple(
        Column(f"is_{snake(key.rpartition('.')[2])}_allowed", _BOOL, key) for key in keys.split()
    )


_CALLS = (
    Table(
        "calls",
        "one row per call that Gong has processed",
        ("call_id",),
        (
            Column("call_id", _TEXT, "metaData.id", "Gong's id of the call."),
            Column("url", _TEXT, "metaData.url", "The call's page in Gong."),
            Column("title", _TEXT, "metaData.title", "", _CONTENT),
            Column("scheduled_at", _AT, "metaData.scheduled", "Planned start."),
            Column("started_at", _AT, "metaData.started", "Start of the recording."),
            Column("duration_seconds", _INT, "metaData.duration", "As measured by Gong."),
            Column("primary_user_id", _TEXT, "metaData.primaryUserId", "The host."),
            Column(
                "direction",
                _TEXT,
                "metaData.direction",
                values=("Inbound", "Outbound", "Conference", "Unknown"),
            ),
            Column("system", _TEXT, "metaData.system"),
            Column("scope", _TEXT, "metaData.scope", values=("Internal", "External", "Unknown")),
            Column("media", _TEXT, "metaData.media", "Video or Audio.", values=("Video", "Audio")),
            *columns(
                _TEXT,
                (
                    "metaData.language",
                    "metaData.workspaceId",
                    "metaData.sdrDisposition",
                    "metaData.clientUniqueId",
                ),
            ),
            Column("custom_data", _TEXT, "metaData.customData", "Text given at upload.", _CONTENT),
            Column("purpose", _TEXT, "metaData.purpose", "", _CONTENT),
            Column("meeting_url", _TEXT, "metaData.meetingUrl", "", _CONTENT),
            Column("is_private", _BOOL, "metaData.isPrivate", "Hidden from others in Gong."),
            Column("calendar_event_id", _TEXT, "metaData.calendarEventId"),
            Column(
                "brief", _TEXT, "content.brief", "Gong's summary; may come days later.", _CONTENT
            ),
            Column("call_outcome_id", _TEXT, "content.callOutcome.id"),
            Column("call_outcome_category", _TEXT, "content.callOutcome.category"),
            Column("call_outcome_name", _TEXT, "content.callOutcome.name"),
            Column("company_questions_count", _INT, "interaction.questions.companyCount"),
            Column("non_company_questions_count", _INT, "interaction.questions.nonCompanyCount"),
            Column("has_audio", Type.PRESENCE, "media.audioUrl", "A recording exists.", _SECRET),
            Column("has_video", Type.PRESENCE, "media.videoUrl", "A video exists.", _SECRET),
        ),
        operation="listCallsExtensive",
        read=Read.INSTANTS,
        window_column="started_at",
        lookback=Lookback(nightly=7, weekly=30),
        ignored=(NOT_ASKED,),
    ),
    Table(
        "call_parties",
        "one row per participant of a call",
        ("call_id", "party_index"),
        (
            _CALL_ID,
            Column("party_index", _INT, "#", "Place in Gong's list, from 0."),
            Column("party_id", _TEXT, "id", "Gong's id of the participant within the call."),
            *columns(_TEXT, ("emailAddress", "name", "title"), _PERSON),
            Column("user_id", _TEXT, "userId", "The Gong user; null for outsiders."),
            Column("speaker_id", _TEXT, "speakerId", "Joins to the transcript; null if silent."),
            Column(
                "affiliation",
                _TEXT,
                "affiliation",
                "Internal, External or Unknown.",
                values=("Internal", "External", "Unknown"),
            ),
            Column("phone_number", _TEXT, "phoneNumber", "", _PERSON),
            Column(
                "methods",
                _JSON,
                "methods",
                "How they took part: Invitee, Attendee.",
                values=("Invitee", "Attendee"),
            ),
        ),
        rows=("parties[]",),
        parent="calls",
    ),
    Table(
        "call_crm_objects",
        "one row per CRM object that a call or one of its parties refers to, and timing",
        ("call_id", "object_index"),
        (
            _CALL_ID,
            Column("object_index", _INT, "@", "The call's own objects first, then the parties'."),
            Column("party_index", _INT, "^^#", "The party; null for objects of the call itself."),
            Column("system", _TEXT, "^system", "Salesforce, HubSpot, …", values=_CRM_SYSTEMS),
            Column("object_type", _TEXT, "objectType", values=_CRM_OBJECT_TYPES),
            Column("object_id", _TEXT, "objectId"),
            Column(
                "timing",
                _TEXT,
                "timing",
                "Now or TimeOfCall; accounts come without one.",
                values=_TIMINGS,
            ),
        ),
        rows=("context[].objects[]", "parties[].context[].objects[]"),
        parent="calls",
    ),
    Table(
        "call_crm_fields",
        "one row per field of a CRM object of a call",
        ("call_id", "object_index", "name"),
        (
            _CALL_ID,
            Column("object_index", _INT, "^@", "Joins to call_crm_objects."),
            Column("name", _TEXT, "name", "The CRM's field name."),
            Column(
                "value", Type.SCALAR, "value", "As text; a number in its shortest form.", _CONTENT
            ),
            Column("value_type", Type.SCALAR_TYPE, "value", "string, number, boolean, null, json."),
        ),
        rows=("context[].objects[].fields[]", "parties[].context[].objects[].fields[]"),
        parent="calls",
    ),
    Table(
        "call_trackers",
        "one row per tracker of a call, also where it was not heard",
        ("call_id", "tracker_id"),
        (
            _CALL_ID,
            Column("tracker_id", _TEXT, "id"),
            Column("name", _TEXT, "name"),
            Column("count", _INT, "count", "How often it was heard in the call."),
            Column("type", _TEXT, "type", "KEYWORD or SMART.", values=("KEYWORD", "SMART")),
        ),
        rows=("content.trackers[]",),
        parent="calls",
        ignored=("occurrences",),
    ),
    Table(
        "call_tracker_phrases",
        "one row per phrase of a keyword tracker heard in a call",
        ("call_id", "tracker_id", "phrase_index"),
        (
            _CALL_ID,
            Column("tracker_id", _TEXT, "^id"),
            Column("phrase_index", _INT, "#"),
            Column("phrase", _TEXT, "phrase", "", _CONTENT),
            Column("count", _INT, "count"),
        ),
        rows=("content.trackers[].phrases[]",),
        parent="calls",
        ignored=("occurrences",),
    ),
    Table(
        "call_tracker_occurrences",
        "one row per time a tracker was heard in a call, each once",
        ("call_id", "tracker_id", "occurrence_index"),
        (
            _CALL_ID,
            Column("tracker_id", _TEXT, "_trackerId"),
            Column("occurrence_index", _INT, "_index"),
            Column("phrase_index", _INT, "_phraseIndex", "The phrase heard; null if not told."),
            Column("start_seconds", _NUM, "startTime", "From the start of the call."),
            Column("speaker_id", _TEXT, "speakerId"),
        ),
        rows=_occurrences,
        parent="calls",
    ),
    Table(
        "call_topics",
        "one row per topic of a call",
        ("call_id", "topic_index"),
        (
            _CALL_ID,
            Column("topic_index", _INT, "#"),
            Column("name", _TEXT, "name"),
            Column("duration_seconds", _INT, "duration", "0 where only touched."),
        ),
        rows=("content.topics[]",),
        parent="calls",
    ),
    Table(
        "call_structure",
        "one row per part of a call",
        ("call_id", "structure_index"),
        (
            _CALL_ID,
            Column("structure_index", _INT, "#"),
            Column("name", _TEXT, "name"),
            Column("duration_seconds", _INT, "duration"),
        ),
        rows=("content.structure[]",),
        parent="calls",
    ),
    Table(
        "call_outline",
        "one row per item of a section of a call's outline; a section without items has one row",
        ("call_id", "section_index", "item_index"),
        (
            _CALL_ID,
            Column("section_index", _INT, "^#"),
            Column("item_index", _INT, "#"),
            Column("section", _TEXT, "^section", "", _CONTENT),
            Column("section_start_seconds", _NUM, "^startTime"),
            Column("section_duration_seconds", _NUM, "^duration"),
            Column("text", _TEXT, "text", "Null for a section without items.", _CONTENT),
            Column("start_seconds", _NUM, "startTime"),
        ),
        rows=("content.outline[].items[]",),
        is_outer=True,
        parent="calls",
    ),
    Table(
        "call_highlights",
        "one row per item of a call's highlights; a highlight without items has one row",
        ("call_id", "highlight_index", "item_index"),
        (
            _CALL_ID,
            Column("highlight_index", _INT, "^#"),
            Column("item_index", _INT, "#"),
            Column("title", _TEXT, "^title"),
            Column("text", _TEXT, "text", "Null for a highlight without items.", _CONTENT),
            Column("start_times_seconds", _JSON, "startTimes", "List of seconds."),
        ),
        rows=("content.highlights[].items[]",),
        is_outer=True,
        parent="calls",
    ),
    Table(
        "call_key_points",
        "one row per key point of a call",
        ("call_id", "key_point_index"),
        (
            _CALL_ID,
            Column("key_point_index", _INT, "#"),
            Column("text", _TEXT, "text", "", _CONTENT),
        ),
        rows=("content.keyPoints[]",),
        parent="calls",
    ),
    Table(
        "call_interaction_stats",
        "one row per interaction measure of a call's host",
        ("call_id", "name"),
        (
            _CALL_ID,
            Column("name", _TEXT, "name", "Talk Ratio, Longest Monologue, …"),
            Column("value", _NUM, "value", "Ratio 0 to 1, or seconds, or Gong's score."),
        ),
        rows=("interaction.interactionStats[]",),
        parent="calls",
    ),
    Table(
        "call_speakers",
        "one row per person who spoke in a call",
        ("call_id", "speaker_id"),
        (
            _CALL_ID,
            Column("speaker_id", _TEXT, "id", "Equal to party_id of call_parties."),
            Column("user_id", _TEXT, "userId"),
            Column("talk_time_seconds", _NUM, "talkTime"),
        ),
        rows=("interaction.speakers[]",),
        parent="calls",
    ),
    Table(
        "call_video",
        "one row per kind of video shown in a call",
        ("call_id", "video_index"),
        (
            _CALL_ID,
            Column("video_index", _INT, "#"),
            Column("name", _TEXT, "name"),
            Column("duration_seconds", _NUM, "duration"),
        ),
        rows=("interaction.video[]",),
        parent="calls",
    ),
    Table(
        "call_comments",
        "one row per public comment on a call",
        ("comment_id",),
        (
            _CALL_ID,
            Column("comment_id", _TEXT, "id"),
            Column("audio_start_seconds", _NUM, "audioStartTime"),
            Column("audio_end_seconds", _NUM, "audioEndTime"),
            Column("commenter_user_id", _TEXT, "commenterUserId"),
            Column("comment", _TEXT, "comment", "Mentions look like @[name](user id).", _CONTENT),
            Column("posted_at", _AT, "posted"),
            Column("in_reply_to", _TEXT, "inReplyTo", "The comment answered."),
            Column("is_during_call", _BOOL, "duringCall"),
        ),
        rows=("collaboration.publicComments[]",),
        parent="calls",
    ),
)

_TRANSCRIPTS = (
    Table(
        "transcripts",
        "one row per call whose transcript has arrived",
        ("call_id",),
        (Column("call_id", _TEXT, "callId"),),
        operation="getCallTranscripts",
        read=Read.IDS,
        absence=Absence.NOT_YET,
    ),
    Table(
        "transcript_sentences",
        "one row per sentence of a transcript",
        ("call_id", "monologue_index", "sentence_index"),
        (
            Column("call_id", _TEXT, "$callId"),
            Column("monologue_index", _INT, "^#", "From 0."),
            Column("sentence_index", _INT, "#", "Within the monologue, from 0."),
            Column("speaker_id", _TEXT, "^speakerId", "Joins to call_parties; may match none."),
            Column("topic", _TEXT, "^topic"),
            Column("start_ms", _INT, "start", "From the start of the call."),
            Column("end_ms", _INT, "end"),
            Column("text", _TEXT, "text", "", _CONTENT),
        ),
        rows=("transcript[].sentences[]",),
        parent="transcripts",
    ),
)

_PEOPLE = (
    Table(
        "users",
        "one row per Gong user, also inactive ones",
        ("user_id",),
        (
            Column("user_id", _TEXT, "id"),
            Column("email_address", _TEXT, "emailAddress", "", _PERSON),
            Column("created_at", _AT, "created"),
            Column("is_active", _BOOL, "active"),
            *columns(
                _TEXT,
                (
                    "trustedEmailAddress",
                    "firstName",
                    "lastName",
                    "title",
                    "phoneNumber",
                    "extension",
                ),
                _PERSON,
            ),
            Column("personal_meeting_urls", _JSON, "personalMeetingUrls", "", _PERSON),
            *columns(
                _BOOL,
                (
                    "settings.webConferencesRecorded",
                    "settings.preventWebConferenceRecording",
                    "settings.telephonyCallsImported",
                    "settings.emailsImported",
                    "settings.preventEmailImport",
                    "settings.nonRecordedMeetingsImported",
                    "settings.gongConnectEnabled",
                ),
            ),
            Column("manager_id", _TEXT, "managerId", "user_id of the manager."),
            Column("meeting_consent_page_url", _TEXT, "meetingConsentPageUrl", "", _PERSON),
            *columns(_JSON, ("conferencingProviders", "spokenLanguages")),
        ),
        operation="listUsers",
        read=Read.LIST,
    ),
    Table(
        "user_email_aliases",
        "one row per further e-mail address of a user",
        ("user_id", "email_alias"),
        (
            Column("user_id", _TEXT, "$id"),
            Column("email_alias", _TEXT, ".", "", _PERSON),
        ),
        rows=("emailAliases[]",),
        parent="users",
    ),
)

_SETTINGS = (
    Table(
        "workspaces",
        "one row per workspace",
        ("workspace_id",),
        (Column("workspace_id", _TEXT, "id"), *columns(_TEXT, ("name", "description"))),
        operation="listWorkspaces",
        read=Read.LIST,
    ),
    Table(
        "trackers",
        "one row per keyword tracker (Gong's API does not list smart trackers)",
        ("tracker_id",),
        (
            *columns(_TEXT, ("trackerId", "trackerName", "workspaceId")),
            Column("affiliation", _TEXT, "affiliation", values=("Anyone", "Company", "NonCompany")),
            Column("is_part_of_question", _BOOL, "partOfQuestion"),
            Column(
                "said_at",
                _TEXT,
                "saidAt",
                "Anytime, First or Last; not a time.",
                values=("Anytime", "First", "Last"),
            ),
            Column("said_at_interval", _INT, "saidAtInterval"),
            Column(
                "said_at_unit",
                _TEXT,
                "saidAtUnit",
                "minutes or percent.",
                values=("minutes", "percent"),
            ),
            Column("said_in_topics", _JSON, "saidInTopics"),
            Column("filter_query", _TEXT, "filterQuery", "JSON in a string, as Gong sends it."),
            Column("created_at", _AT, "created"),
            Column("creator_user_id", _TEXT, "creatorUserId", "Null for built-in trackers."),
            Column("updated_at", _AT, "updated"),
            Column("updater_user_id", _TEXT, "updaterUserId"),
        ),
        operation="listTrackers",
        read=Read.LIST,
    ),
    Table(
        "tracker_keywords",
        "one row per keyword of a tracker and language",
        ("tracker_id", "language_index", "keyword_index"),
        (
            Column("tracker_id", _TEXT, "$trackerId"),
            Column("language_index", _INT, "^#"),
            Column("keyword_index", _INT, "#"),
            Column("language", _TEXT, "^language", "ISO 639-2/B, or mul."),
            Column("is_include_related_forms", _BOOL, "^includeRelatedForms"),
            Column("keyword", _TEXT, "."),
        ),
        rows=("languageKeywords[].keywords[]",),
        parent="trackers",
    ),
    Table(
        "call_outcomes",
        "one row per outcome a dialler call can be given; Gong gives them no id",
        ("call_outcome", "connect_status"),
        (
            Column("call_outcome", _TEXT, "callOutcome"),
            Column(
                "connect_status",
                _TEXT,
                "connectStatus",
                "CONNECTED or NOT_CONNECTED.",
                values=("CONNECTED", "NOT_CONNECTED"),
            ),
            Column("display_order", _INT, "displayOrder", "Repeats per connect_status."),
            Column("sentiment", _TEXT, "sentiment", values=("POSITIVE", "NEGATIVE", "NEUTRAL")),
            Column("todo_action", _TEXT, "todoAction", values=("COMPLETE", "COMPLETE_AND_REMOVE")),
            Column("automation", _TEXT, "automation", values=("MARK_AS_OPT_OUT",)),
            Column("category", _TEXT, "category", values=("ANSWERED", "NOT_ANSWERED")),
        ),
        operation="listCallOutcomes",
        read=Read.LIST,
    ),
    Table(
        "scorecards",
        "one row per scorecard definition",
        ("scorecard_id",),
        (
            *columns(_TEXT, ("scorecardId", "scorecardName", "workspaceId")),
            Column("is_enabled", _BOOL, "enabled"),
            Column("updater_user_id", _TEXT, "updaterUserId", "-1 for built-in scorecards."),
            Column("created_at", _AT, "created"),
            Column("updated_at", _AT, "updated"),
            Column(
                "review_method",
                _TEXT,
                "reviewMethod",
                "MANUAL or AUTOMATIC.",
                values=_REVIEW_METHODS,
            ),
        ),
        operation="listScorecards",
        read=Read.LIST,
    ),
    Table(
        "scorecard_questions",
        "one row per question of a scorecard",
        ("scorecard_id", "question_id"),
        (
            Column("scorecard_id", _TEXT, "$scorecardId"),
            *columns(_TEXT, ("questionId", "questionRevisionId", "questionText")),
            Column("is_overall", _BOOL, "isOverall"),
            Column("question_type", _TEXT, "questionType", "RANGE, BOOLEAN, OPEN, …"),
            Column("answer_guide", _TEXT, "answerGuide", "May hold HTML."),
            Column("min_range", _INT, "minRange"),
            Column("max_range", _INT, "maxRange"),
            Column("answer_options", _JSON, "answerOptions"),
            Column("updater_user_id", _TEXT, "updaterUserId"),
            Column("created_at", _AT, "created"),
            Column("updated_at", _AT, "updated"),
        ),
        rows=("questions[]",),
        parent="scorecards",
    ),
)

_REVIEWS = (
    Table(
        "answered_scorecards",
        "one row per review of a call, manual or automatic",
        ("answered_scorecard_id",),
        (
            *columns(_TEXT, ("answeredScorecardId", "scorecardId", "scorecardName", "callId")),
            Column("call_started_at", _AT, "callStartTime"),
            Column("reviewed_user_id", _TEXT, "reviewedUserId", "The host who is scored."),
            Column("reviewer_user_id", _TEXT, "reviewerUserId", "Null for automatic reviews."),
            Column(
                "review_method",
                _TEXT,
                "reviewMethod",
                "MANUAL or AUTOMATIC.",
                values=_REVIEW_METHODS,
            ),
            Column(
                "editor_user_id", _TEXT, "editorUserId", "Who edited it last, if not its author."
            ),
            Column("reviewed_at", _AT, "reviewTime"),
            Column("visibility_type", _TEXT, "visibilityType", values=_VISIBILITIES),
        ),
        operation="listAnsweredScorecards",
        read=Read.DAYS,
        window_column="reviewed_at",
        lookback=Lookback(nightly=30, weekly=180),
    ),
    Table(
        "scorecard_answers",
        "one row per question answered in a review",
        ("answered_scorecard_id", "question_id"),
        (
            Column("answered_scorecard_id", _TEXT, "$answeredScorecardId"),
            *columns(_TEXT, ("questionId", "questionRevisionId")),
            Column("is_overall", _BOOL, "isOverall"),
            Column("score", _INT, "score", "1 to 50; null where not scored."),
            Column("answer_text", _TEXT, "answerText", "", _CONTENT),
            Column("is_not_applicable", _BOOL, "notApplicable"),
            Column("selected_options", _JSON, "selectedOptions", "Option ids."),
        ),
        rows=("answers[]",),
        parent="answered_scorecards",
    ),
)

_STATS_PERIOD_ID = Column("stats_period_id", _TEXT, "$id", "Joins to stats_periods.")
_PERIOD = (
    Column("period", _TEXT, "$period", "DAY, WEEK (from Monday) or MONTH."),
    Column("from_on", _ON, "$fromDate", "First company day of the period."),
    Column("to_on", _ON, "$toDate", "Day after the last one counted so far."),
    Column("is_complete", _BOOL, "$isComplete", "Whether the whole period has passed."),
)
_STATS_USER = (
    Column("user_id", _TEXT, "userId"),
    Column("user_email_address", _TEXT, "userEmailAddress", "", _PERSON),
)
_COUNTS = columns(_INT, tuple(f"stats.{name}" for name in ACTIVITIES))

_STATS = (
    Table(
        "stats_periods",
        "one row per calendar period read from each stats family: the unit that is replaced",
        ("stats_period_id",),
        (
            Column("stats_period_id", _TEXT, "id", "Family, period and first day."),
            Column("table_name", _TEXT, "table", "The table that holds the period's rows."),
            Column("period", _TEXT, "period"),
            Column("from_on", _ON, "fromDate"),
            Column("to_on", _ON, "toDate"),
            Column("is_complete", _BOOL, "isComplete"),
        ),
        read=Read.PERIODS,
        window_column="from_on",
        absence=Absence.ZERO,
        lookback=Lookback(nightly=7, weekly=35),
        ignored=("users",),
    ),
    Table(
        "activity_by_period",
        "one row per user and day, week or month in which the user did something",
        ("user_id", "period", "from_on"),
        (_STATS_PERIOD_ID, *_STATS_USER, *_PERIOD, *_COUNTS),
        rows=("users[]",),
        parent="stats_periods",
        operation="listMultipleUsersAggregateByPeriod",
    ),
    Table(
        "activity_aggregate",
        "one row per user and month in which the user did something",
        ("user_id", "from_on"),
        (_STATS_PERIOD_ID, *_STATS_USER, *_PERIOD[1:], *_COUNTS),
        rows=("users[]",),
        parent="stats_periods",
        operation="listMultipleUsersAggregateActivity",
    ),
    Table(
        "activity_daily_calls",
        "one row per user, day, activity and the call it was done on",
        ("user_id", "activity_on", "activity", "call_id"),
        (
            _STATS_PERIOD_ID,
            *_STATS_USER,
            Column("activity_on", _ON, "$fromDate", "Company day."),
            Column("activity", _TEXT, "activity", "Gong's name of it, e.g. callsAsHost."),
            Column("call_id", _TEXT, "callId"),
        ),
        rows=_daily_calls,
        parent="stats_periods",
        operation="listMultipleUsersDayByDayActivity",
    ),
    Table(
        "interaction_stats",
        "one row per user, day or month, and interaction measure",
        ("user_id", "period", "from_on", "name"),
        (
            _STATS_PERIOD_ID,
            Column("user_id", _TEXT, "^userId"),
            Column("user_email_address", _TEXT, "^userEmailAddress", "", _PERSON),
            *_PERIOD,
            Column("name", _TEXT, "name", "Longest Monologue, Interactivity, …"),
            Column("value", _NUM, "value"),
        ),
        rows=("users[].stats[]",),
        parent="stats_periods",
        operation="listInteractionStats",
    ),
    Table(
        "coaching_metrics",
        "one row per month, workspace, manager, direct report, kind of coaching and call",
        ("workspace_id", "manager_id", "report_id", "from_on", "metric", "call_id"),
        (
            _STATS_PERIOD_ID,
            Column("workspace_id", _TEXT, "_workspaceId", "The workspace that was asked about."),
            Column("manager_id", _TEXT, "managerId"),
            *columns(
                _TEXT,
                ("managerEmailAddress", "managerFirstName", "managerLastName", "managerTitle"),
                _PERSON,
            ),
            Column("report_id", _TEXT, "reportId", "The direct report who was coached."),
            *columns(
                _TEXT,
                ("reportEmailAddress", "reportFirstName", "reportLastName", "reportTitle"),
                _PERSON,
            ),
            *_PERIOD[1:],
            Column("metric", _TEXT, "metric", "callsListenedTo, callsWithFeedback, …"),
            Column("call_id", _TEXT, "callId"),
        ),
        rows=_coached_calls,
        parent="stats_periods",
        operation="listUsers_1",
    ),
)

_USER_ID = Column("user_id", _TEXT, "_userId", "The user who was asked about.")

_MORE_PEOPLE = (
    Table(
        "user_history",
        "one row per user and stretch of time in which what a sync saw of the user was the same",
        ("user_id", "valid_from_at"),
        (
            Column("user_id", _TEXT, "id"),
            Column("valid_from_at", _AT, "", "The sync that saw it first; not when it began."),
            Column("valid_to_at", _AT, "", "The sync that saw another; null while it holds."),
            *columns(_TEXT, ("emailAddress", "title"), _PERSON),
            Column("is_active", _BOOL, "active"),
            Column("manager_id", _TEXT, "managerId", "user_id of the manager."),
        ),
        beside="users",
        is_history=True,
        absence=Absence.UNKNOWN,
    ),
    Table(
        "user_settings_history",
        "one row per change of a user's recording settings",
        ("user_id", "setting", "changed_at", "change_index"),
        (
            _USER_ID,
            Column(
                "setting",
                _TEXT,
                "setting",
                "webConferencesRecorded, active, …",
                values=_USER_SETTINGS,
            ),
            Column("changed_at", _AT, "time"),
            Column(
                "change_index", _INT, "_index", "From 0, among changes of one setting at one time."
            ),
            Column("value", _BOOL, "value", "The new value."),
        ),
        operation="getUserHistory",
        read=Read.EACH,
        absence=Absence.UNKNOWN,
    ),
)

_PERMISSIONS = (
    Table(
        "permission_profiles",
        "one row per permission profile of a workspace: the whole matrix",
        ("profile_id",),
        (
            Column("profile_id", _TEXT, "id"),
            Column("workspace_id", _TEXT, "_workspaceId", "The workspace that was asked about."),
            *columns(_TEXT, ("name", "description")),
            *(
                column
                for area in (
                    "callsAccess",
                    "dealsAccess",
                    "forecastPermissions.forecastAccess",
                    "forecastPermissions.forecastEditSubmissions",
                    "forecastPermissions.forecastEditTargets",
                    "coachingAccess",
                    "insightsAccess",
                    "usageAccess",
                    "emailsAccess",
                )
                for column in (
                    Column(
                        f"{snake(area.rpartition('.')[2])}_level",
                        _TEXT,
                        f"{area}.permissionLevel",
                        "all, managers-team, report-to-them, own or none.",
                        values=_LEVELS,
                    ),
                    Column(
                        f"{snake(area.rpartition('.')[2])}_team_lead_ids",
                        _JSON,
                        f"{area}.teamLeadIds",
                    ),
                )
            ),
            Column(
                "library_folder_access_level",
                _TEXT,
                "libraryFolderAccess.permissionLevel",
                "none, all or specific-folders.",
                values=("none", "all", "specific-folders"),
            ),
            Column("library_folder_ids", _JSON, "libraryFolderAccess.libraryFolderIds"),
            *_permissions(
                "libraryFolderAccess.managePublicFolder libraryFolderAccess.manageStreams"
                " libraryFolderAccess.manageFolderCalls libraryFolderAccess.shareFoldersAndStreams"
                " scoreCalls overrideScore downloadCallMedia shareCallsWithCustomers"
                " manuallyScheduleAndUploadCalls privateCalls deleteCalls trimCalls listenInCalls"
                " deleteEmails callsAndSearch library deals createEditAndDeleteDealsBoards"
                " dealsInlineEditing account coaching usage teamStats initiatives market activity"
                " forecast forecastManage engageManageCompanyTemplates"
                " engageManageCompanySequences engageCreateAndManageRulesets"
                " engageSnoozeFlowToDosForOthers engageAllowCrmFieldsViewChange"
                " viewEngageAnalyticsActivity viewEngageAnalyticsPerformance"
                " viewEngageAnalyticsFlows manageGeneralBusinessSettings manageScorecards"
                " exportCallsAndCoachingDataToCSV crmDataInlineEditing crmDataImport"
                " viewRevenueAnalytics manageRevenueAnalytics engageReassignFlowToDosToOthers"
                " engageAssignFlowToDosToOthers dealsDataExport aiBuilder"
                " orchestrateCreateAndManagePlays"
            ),
        ),
        operation="listPermissionProfile",
        read=Read.EACH,
    ),
    Table(
        "permission_profile_users",
        "one row per user of a permission profile",
        ("profile_id", "user_id"),
        (
            Column("profile_id", _TEXT, "_profileId"),
            Column("user_id", _TEXT, "id"),
            Column("full_name", _TEXT, "fullName", "", _PERSON),
            Column("email_address", _TEXT, "emailAddress", "", _PERSON),
        ),
        operation="listPermissionProfileUsers",
        read=Read.EACH,
    ),
    Table(
        "call_user_access",
        "one row per call and user who was given access to it through Gong's API",
        ("call_id", "user_id"),
        (Column("call_id", _TEXT, "_callId"), Column("user_id", _TEXT, "userId")),
        operation="getUsersAccessToCalls",
        read=Read.EACH,
    ),
)

_LIBRARY = (
    Table(
        "library_folders",
        "one row per public, unarchived folder of the library",
        ("folder_id",),
        (
            Column("folder_id", _TEXT, "id"),
            Column("workspace_id", _TEXT, "_workspaceId", "The workspace that was asked about."),
            Column("name", _TEXT, "name"),
            Column("parent_folder_id", _TEXT, "parentFolderId", "Null for a root."),
            Column("created_by", _TEXT, "createdBy"),
            Column("updated_at", _AT, "updated"),
        ),
        operation="getLibraryStructure",
        read=Read.EACH,
    ),
    Table(
        "library_folder_calls",
        "one row per call, or piece of one, in a folder of the library",
        ("folder_id", "call_id", "piece_index"),
        (
            Column("folder_id", _TEXT, "_folderId"),
            Column("call_id", _TEXT, "id"),
            Column("piece_index", _INT, "_index", "From 0, among pieces of one call in a folder."),
            Column("title", _TEXT, "title", "", _CONTENT),
            Column("note", _TEXT, "note", "", _CONTENT),
            Column("added_by", _TEXT, "addedBy"),
            Column("created_at", _AT, "created"),
            Column("url", _TEXT, "url"),
            Column("snippet_from_seconds", _NUM, "snippet.fromSec", "Null: the whole call."),
            Column("snippet_to_seconds", _NUM, "snippet.toSec"),
        ),
        operation="getCallsInSpecificFolder",
        read=Read.EACH,
    ),
)

_CRM_OBJECT = (
    Column("integration_id", _TEXT, "_integrationId"),
    Column("object_type", _TEXT, "_objectType", "ACCOUNT, CONTACT, DEAL or LEAD."),
)

_CRM = (
    Table(
        "crm_integrations",
        "one row per generic CRM integration (Gong does not list native ones)",
        ("integration_id",),
        (
            Column("integration_id", _TEXT, "integrationId", "A number at Gong, beyond 2^53."),
            Column("owner_email", _TEXT, "ownerEmail", "", _PERSON),
            Column("name", _TEXT, "name"),
        ),
        operation="listGenericCrmIntegration",
        read=Read.LIST,
    ),
    Table(
        "crm_schema_fields",
        "one row per field of an object type of a generic CRM integration",
        ("integration_id", "object_type", "unique_name"),
        (
            *_CRM_OBJECT,
            Column("unique_name", _TEXT, "uniqueName"),
            Column("label", _TEXT, "label"),
            Column(
                "type", _TEXT, "type", "STRING, PICKLIST, REFERENCE, …", values=_CRM_FIELD_TYPES
            ),
            Column("last_modified_at", _TEXT, "lastModified", "As Gong spells it."),
            Column("is_deleted", _BOOL, "isDeleted"),
            Column("reference_to", _TEXT, "referenceTo"),
            Column("ordered_value_list", _JSON, "orderedValueList"),
        ),
        operation="listCrmSchemaFields",
        read=Read.EACH,
    ),
    Table(
        "crm_objects",
        "one row per object of a generic CRM integration that a call refers to",
        ("integration_id", "object_type", "crm_id"),
        (*_CRM_OBJECT, Column("crm_id", _TEXT, "_crmId")),
        operation="getCrmObjects",
        read=Read.EACH,
        ignored=("fields",),
    ),
    Table(
        "crm_object_fields",
        "one row per field of such an object",
        ("integration_id", "object_type", "crm_id", "name"),
        (
            Column("integration_id", _TEXT, "$_integrationId"),
            Column("object_type", _TEXT, "$_objectType"),
            Column("crm_id", _TEXT, "$_crmId"),
            Column("name", _TEXT, "name"),
            Column("value", Type.SCALAR, "value", "As Gong spells it.", _CONTENT),
            Column("value_type", Type.SCALAR_TYPE, "value"),
        ),
        rows=("fields[]",),
        parent="crm_objects",
        entity_columns=3,
    ),
    Table(
        "crm_call_associations",
        "one row per deal or account that somebody linked a call to by hand",
        ("call_id", "created_at", "association_index"),
        (
            Column("call_id", _TEXT, "callId"),
            Column("created_at", _AT, "created"),
            Column("association_index", _INT, "_index", "From 0, within one act of linking."),
            Column("user_id", _TEXT, "userId", "Who linked it."),
            Column("account_crm_id", _TEXT, "accountCrmId"),
            Column("deal_crm_id", _TEXT, "dealCrmId"),
        ),
        operation="listCRMCallsManualAssociation",
        read=Read.INSTANTS,
        window_column="created_at",
        lookback=Lookback(nightly=7, weekly=30),
        absence=Absence.UNKNOWN,
    ),
)

_TASK_CONTACT = (
    Column("contact_crm_id", _TEXT, "contact.crmId"),
    Column("contact_type", _TEXT, "contact.type", "CONTACT or LEAD.", values=("CONTACT", "LEAD")),
    *columns(
        _TEXT,
        (
            "contact.data.firstName",
            "contact.data.lastName",
            "contact.data.title",
            "contact.data.city",
            "contact.data.zipcode",
            "contact.data.linkedinProfile",
        ),
        _PERSON,
        prefix="contact_",
    ),
    Column("contact_emails", _JSON, "contact.data.emails", "", _PERSON),
    Column("contact_phone_numbers", _JSON, "contact.data.phoneNumbers", "", _PERSON),
    *columns(
        _TEXT,
        (
            "contact.data.crmUrl",
            "contact.data.companyName",
        ),
        prefix="contact_",
    ),
    Column(
        "contact_affiliation",
        _TEXT,
        "contact.data.affiliation",
        values=("Us", "Them", "Unknown"),
    ),
    *columns(
        _TEXT,
        ("contact.data.timezone", "contact.data.country", "contact.data.state"),
        prefix="contact_",
    ),
    Column(
        "contact_opt_out_channels",
        _JSON,
        "contact.data.optOutChannels",
        "CALLS, EMAILS, …",
        values=("CALLS", "EMAILS", "SMS_MESSAGES"),
    ),
)

_ENGAGE = (
    Table(
        "flows",
        "one row per Engage flow that some active user can see",
        ("flow_id",),
        (
            Column("flow_id", _TEXT, "id"),
            *columns(_TEXT, ("name", "folderId", "folderName")),
            Column("created_at", _AT, "creationDate"),
            Column("is_exclusive", _BOOL, "exclusive"),
        ),
        operation="listFlows",
        read=Read.EACH,
    ),
    Table(
        "flow_visibility",
        "one row per flow and active user who can see it",
        ("flow_id", "user_id"),
        (
            Column("flow_id", _TEXT, "id"),
            Column("user_id", _TEXT, "_userId"),
            Column(
                "visibility",
                _TEXT,
                "visibility",
                "Company, Personal or Shared, to that user.",
                values=_FLOW_VISIBILITIES,
            ),
        ),
        beside="flows",
        keys=("id", "_userId", "visibility"),
        operation="listFlows",
    ),
    Table(
        "flow_folders",
        "one row per folder of flows and active user who can see it",
        ("user_id", "folder_id"),
        (
            _USER_ID,
            Column("folder_id", _TEXT, "id", "Not unique: every user has a folder 100."),
            Column("name", _TEXT, "name"),
            Column("parent_folder_id", _TEXT, "parentFolderId", 'May be the text "null".'),
            Column("created_by_id", _TEXT, "createdById", 'May be the text "null".'),
            # the OpenAPI document describes the answer of flows in place of this one
            Column("visibility", _TEXT, "visibility", values=_FLOW_VISIBILITIES),
        ),
        operation="listFlowsFolders",
        read=Read.EACH,
    ),
    Table(
        "flow_steps",
        "one row per step of a flow",
        ("flow_id", "step_index"),
        (
            Column("flow_id", _TEXT, "_flowId"),
            Column("step_index", _INT, "_index", "Place in Gong's list, from 0."),
            Column("step_id", _TEXT, "id"),
            Column("step_order", _INT, "stepOrder", "From 1."),
            Column(
                "action",
                _TEXT,
                "action",
                "SEND_EMAIL, CALL, LINKEDIN_MESSAGE, …",
                values=_FLOW_ACTIONS,
            ),
            Column("subject", _TEXT, "subject", "", _CONTENT),
            Column("body", _TEXT, "body", "", _CONTENT),
            Column("is_reply", _BOOL, "isReply"),
            Column("flow_description", _TEXT, "_flowDescription", "", _CONTENT),
        ),
        operation="getFlowSteps",
        read=Read.EACH,
    ),
    Table(
        "flow_prospects",
        "one row per assignment of a flow to a contact or lead (a flow instance)",
        ("flow_instance_id",),
        (
            Column("flow_instance_id", _TEXT, "flowInstanceId"),
            *columns(_TEXT, ("flowId", "flowName")),
            Column("crm_prospect_id", _TEXT, "crmProspectId"),
            Column("owner_email", _TEXT, "flowInstanceOwnerEmail", "", _PERSON),
            Column("owner_full_name", _TEXT, "flowInstanceOwnerFullName", "", _PERSON),
            Column("created_at", _AT, "flowInstanceCreateDate"),
            Column(
                "status",
                _TEXT,
                "flowInstanceStatus",
                "Pending, Running, Paused or Finished…",
                values=_FLOW_STATUSES,
            ),
            Column("workspace_id", _TEXT, "workspaceId"),
            Column("is_exclusive", _BOOL, "exclusive"),
        ),
        operation="getProspectsAssignedFlows",
        read=Read.EACH,
    ),
    Table(
        "tasks",
        "one row per Engage task of an active user",
        ("task_id",),
        (
            Column("task_id", _TEXT, "id", "A number at Gong, beyond 2^53."),
            Column("user_id", _TEXT, "userId"),
            Column("created_at", _AT, "created"),
            Column("updated_at", _AT, "updated"),
            Column(
                "status",
                _TEXT,
                "status",
                "OPEN, DONE or DISMISSED.",
                values=("OPEN", "DONE", "DISMISSED"),
            ),
            Column("type", _TEXT, "type", "FLOW or MANUAL.", values=("FLOW", "MANUAL")),
            Column("actions", _JSON, "actions", values=("CALL",)),
            Column("title", _TEXT, "title", "", _CONTENT),
            Column("due_at", _AT, "dueDate"),
            Column("crm_type", _TEXT, "_crmType", "SALESFORCE, HUBSPOT, …", values=_TASK_CRM_TYPES),
            Column("account_crm_id", _TEXT, "account.crmId"),
            Column("account_name", _TEXT, "account.name"),
            Column("account_crm_url", _TEXT, "account.crmUrl"),
            *columns(
                _TEXT,
                (
                    "opportunity.crmId",
                    "opportunity.name",
                    "opportunity.crmUrl",
                    "opportunity.status",
                    "opportunity.stage",
                    "opportunity.amount",
                    "opportunity.probability",
                    "opportunity.closeDate",
                ),
                prefix="opportunity_",
            ),
            Column("flow_id", _TEXT, "flow.id"),
            Column("flow_name", _TEXT, "flow.name"),
            Column("flow_step_id", _TEXT, "flow.step.id"),
            Column("flow_step_name", _TEXT, "flow.step.name"),
            Column("flow_step_number", _INT, "flow.step.stepNumber"),
            *_TASK_CONTACT,
            Column("additional_contacts", _JSON, "additionalContacts", "", _PERSON),
            Column("priority_id", _TEXT, "priority.id"),
            Column("priority_name", _TEXT, "priority.name"),
            Column("priority_weight", _INT, "priority.weight"),
        ),
        operation="listTasks",
        read=Read.EACH,
    ),
    Table(
        "meeting_integrations",
        "one row per active user: whether Gong can create meetings for them",
        ("email",),
        (
            Column("email", _TEXT, "email", "", _PERSON),
            Column("user_id", _TEXT, "_userId", "The user with that address."),
            Column("is_existing", _BOOL, "exists", "Whether Gong knows the address."),
            Column("is_valid", _BOOL, "valid", "Whether meetings can be created."),
            Column("user_facing_error", _TEXT, "userFacingError"),
            Column("fix_url", _TEXT, "fixUrl"),
            Column("help_url", _TEXT, "helpUrl"),
        ),
        operation="integrationStatus",
        read=Read.EACH,
    ),
)

_BRIEFS = (
    Table(
        "briefs",
        "one row per AI brief that is set up",
        ("brief_id",),
        (
            *columns(_TEXT, ("briefId", "briefName", "workspaceId", "description")),
            Column("status", _TEXT, "status", values=("Published", "Not published")),
            Column("creator", _TEXT, "creator", "", _PERSON),
            Column("creator_user_id", _TEXT, "creatorUserId"),
            Column("created_at", _AT, "created"),
            Column("updated_at", _AT, "updated"),
        ),
        operation="listBriefs",
        read=Read.LIST,
    ),
)

_LOGS = (
    Table(
        "logs",
        "one row per entry of Gong's five logs",
        ("log_id",),
        (
            Column("log_id", _TEXT, "_logId", "auditId, else a hash of the entry."),
            Column("log_type", _TEXT, "_logType"),
            Column("user_id", _TEXT, "userId"),
            *columns(_TEXT, ("userEmailAddress", "userFullName"), _PERSON),
            Column("impersonator_user_id", _TEXT, "impersonatorUserId"),
            *columns(_TEXT, ("impersonatorEmailAddress", "impersonatorFullName"), _PERSON),
            Column("impersonator_company_id", _TEXT, "impersonatorCompanyId"),
            Column("event_at", _AT, "eventTime"),
            Column("call_id", _TEXT, "_callId", "For the play and sharing logs."),
            Column("log_record", _JSON, "logRecord", "Without request values.", _CONTENT),
        ),
        operation="listLogs",
        read=Read.LOGS,
        window_column="event_at",
        lookback=Lookback(nightly=2, weekly=14),
        absence=Absence.UNKNOWN,
    ),
)


def _described(declared: Table) -> Table:
    """Returns a table with words for the columns that were declared without any."""
    own = OF_TABLE.get(declared.name, {})

    def words(column: Column) -> str:
        permission = column.name.removeprefix("is_").removesuffix("_allowed")
        allowed = f"Allowed: {permission.replace('_', ' ')}."
        fallback = allowed if column.name.endswith("_allowed") else EVERYWHERE.get(column.name, "")
        return column.description or own.get(column.name) or fallback

    columns_ = tuple(replace(column, description=words(column)) for column in declared.columns)
    return replace(declared, columns=columns_)


_DECLARED = (
    *_CALLS, *_TRANSCRIPTS, *_PEOPLE, *_MORE_PEOPLE, *_SETTINGS, *_BRIEFS, *_REVIEWS, *_STATS,
    *_LOGS, *_PERMISSIONS, *_LIBRARY, *_CRM, *_ENGAGE,
)  # fmt: skip

TABLES: tuple[Table, ...] = tuple(map(_described, _DECLARED))

_BY_NAME = {table.name: table for table in TABLES}
STATS_TABLES = tuple(table.name for table in _STATS if not table.is_root)


def table(name: str) -> Table:
    """Returns the row of the table of that name; raises KeyError for another name."""
    return _BY_NAME[name]


def children(root: str) -> tuple[Table, ...]:
    """Returns the child tables that are replaced together with a row of `root`."""
    return tuple(t for t in TABLES if t.parent == root)


def stream(name: str) -> str:
    """Returns the name of the stream that fills a table.

    Child tables come with their root, so `call_topics` is filled by the stream `calls`. The stats
    families share a root but are four operations, hence four streams of their own names.
    """
    found = _BY_NAME[name]
    if found.name in STATS_TABLES:
        return name
    return found.parent or found.beside or name


def root_of(stream: str) -> Table:
    """Returns the table whose rows are the unit of change of a stream."""
    return _BY_NAME["stats_periods" if stream in STATS_TABLES else stream]


def roots(stream: str) -> tuple[Table, ...]:
    """Returns the root tables that a stream fills, the one of its own name first."""
    return (root_of(stream), *(t for t in TABLES if t.beside == stream))


def tables_of(stream: str) -> tuple[str, ...]:
    """Returns the names of all landed tables that a stream fills."""
    if stream in STATS_TABLES:
        return ("stats_periods", stream)
    return tuple(
        name
        for root in roots(stream)
        for name in (root.name, *(c.name for c in children(root.name)))
    )


STREAMS: tuple[str, ...] = tuple(
    t.name
    for t in TABLES
    if (t.is_root and t.name != "stats_periods" and t.beside is None) or t.name in STATS_TABLES
)
"""The names that can be asked for, in the order in which a run reads them."""
