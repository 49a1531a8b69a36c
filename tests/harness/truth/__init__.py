"""The rows that must land, derived from the emulator's truth independently of the product.

One function per raw table. They are written from the API's documentation and the contract on names
and columns, never from the product's own tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.harness.truth.calls import (
    call_comments,
    call_crm_fields,
    call_crm_objects,
    call_highlights,
    call_interaction_stats,
    call_key_points,
    call_outline,
    call_parties,
    call_speakers,
    call_structure,
    call_topics,
    call_tracker_occurrences,
    call_tracker_phrases,
    call_trackers,
    call_user_access,
    call_video,
    calls,
    transcript_sentences,
    transcripts,
)
from tests.harness.truth.company import (
    briefs,
    call_outcomes,
    library_folder_calls,
    library_folders,
    logs,
    meeting_integrations,
    tracker_keywords,
    trackers,
    workspaces,
)
from tests.harness.truth.crm import (
    crm_call_associations,
    crm_integrations,
    crm_object_fields,
    crm_objects,
    crm_schema_fields,
)
from tests.harness.truth.engage import (
    flow_folders,
    flow_prospects,
    flow_steps,
    flow_visibility,
    flows,
    tasks,
)
from tests.harness.truth.scorecards import (
    answered_scorecards,
    scorecard_answers,
    scorecard_questions,
    scorecards,
)
from tests.harness.truth.stats import (
    ACTIVITIES,
    activity_aggregate,
    activity_by_period,
    activity_daily_calls,
    coaching_metrics,
    interaction_stats,
    stats_periods,
)
from tests.harness.truth.users import (
    permission_profile_users,
    permission_profiles,
    user_email_aliases,
    user_history,
    user_settings_history,
    users,
)
from tests.harness.truth.world import WITHOUT_ROWS, Row, World, read_world

__all__ = ["ACTIVITIES", "EXPECTED", "WITHOUT_ROWS", "Expectation", "Row", "World", "read_world"]


@dataclass(frozen=True)
class Expectation:
    """A raw table: its promised key and its expected rows."""

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
