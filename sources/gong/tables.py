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
from typing import Any

from sources.gong.columns import (
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
)
from sources.gong.errors import Drift

_TEXT, _INT, _NUM, _BOOL = Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN
_AT, _ON, _JSON = Type.INSTANT, Type.DATE, Type.JSON
_PERSON, _CONTENT, _SECRET = Sensitivity.PERSON, Sensitivity.CONTENT, Sensitivity.SECRET

_CALL_ID = Column("call_id", _TEXT, "$metaData.id", "The call.")


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
                raise Drift(f"activity_daily_calls: {activity} is not a list of call ids")
            for call_id in dict.fromkeys(calls or ()):
                yield {**who, "activity": activity, "callId": call_id}


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
            *columns(_TEXT, ("metaData.direction", "metaData.system", "metaData.scope")),
            Column("media", _TEXT, "metaData.media", "Video or Audio."),
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
            Column("affiliation", _TEXT, "affiliation", "Internal, External or Unknown."),
            Column("phone_number", _TEXT, "phoneNumber", "", _PERSON),
            Column("methods", _JSON, "methods", "How they took part: Invitee, Attendee."),
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
            Column("system", _TEXT, "^system", "Salesforce, HubSpot, …"),
            *columns(_TEXT, ("objectType", "objectId")),
            Column("timing", _TEXT, "timing", "Now or TimeOfCall; accounts come without one."),
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
            Column("type", _TEXT, "type", "KEYWORD or SMART."),
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
            *columns(_TEXT, ("trackerId", "trackerName", "workspaceId", "affiliation")),
            Column("is_part_of_question", _BOOL, "partOfQuestion"),
            Column("said_at", _TEXT, "saidAt", "Anytime, First or Last; not a time."),
            Column("said_at_interval", _INT, "saidAtInterval"),
            Column("said_at_unit", _TEXT, "saidAtUnit", "minutes or percent."),
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
            Column("connect_status", _TEXT, "connectStatus", "CONNECTED or NOT_CONNECTED."),
            Column("display_order", _INT, "displayOrder", "Repeats per connect_status."),
            *columns(_TEXT, ("sentiment", "todoAction", "automation", "category")),
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
            Column("review_method", _TEXT, "reviewMethod", "MANUAL or AUTOMATIC."),
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
            Column("review_method", _TEXT, "reviewMethod", "MANUAL or AUTOMATIC."),
            Column(
                "editor_user_id", _TEXT, "editorUserId", "Who edited it last, if not its author."
            ),
            Column("reviewed_at", _AT, "reviewTime"),
            Column("visibility_type", _TEXT, "visibilityType"),
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

TABLES: tuple[Table, ...] = (
    *_CALLS, *_TRANSCRIPTS, *_PEOPLE, *_SETTINGS, *_REVIEWS, *_STATS, *_LOGS
)  # fmt: skip

_BY_NAME = {table.name: table for table in TABLES}
STATS_TABLES = tuple(table.name for table in _STATS if not table.is_root)


def table(name: str) -> Table:
    """Returns the row of the table of that name; raises KeyError for another name."""
    return _BY_NAME[name]


def children(root: str) -> tuple[Table, ...]:
    """Returns the child tables that are replaced together with a row of `root`."""
    return tuple(t for t in TABLES if t.parent == root)


def reading(name: str) -> str:
    """Returns the name of the reading that fills a table.

    Child tables come with their root, so `call_topics` is filled by the reading `calls`. The stats
    families share a root but are four operations, hence four readings of their own names.
    """
    found = _BY_NAME[name]
    if found.name in STATS_TABLES or found.parent is None:
        return name
    return found.parent


READINGS: tuple[str, ...] = tuple(
    t.name for t in TABLES if (t.is_root and t.name != "stats_periods") or t.name in STATS_TABLES
)
"""The names that can be asked for, in the order in which a run reads them."""
