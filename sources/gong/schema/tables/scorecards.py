"""Scorecards as they are defined, and the reviews that were made with them."""

from __future__ import annotations

from sources.gong.schema.columns import BOOLEAN, CONTENT, INSTANT, INTEGER, JSON, TEXT, Column
from sources.gong.schema.table import Lookback, Part, Read, Table, Windows

_REVIEW_METHODS = ("AUTOMATIC", "MANUAL")
_VISIBILITIES = ("PUBLIC", "PRIVATE", "OPT_IN_USERS", "MANAGERS", "MANAGERS_AND_REVIEWEE")


SCORECARDS = (
    Table(
        "scorecards",
        "one row per scorecard definition",
        key=("scorecard_id",),
        operation="listScorecards",
        read=Read.LIST,
        columns=(
            Column("scorecard_id", TEXT, "scorecardId", "Gong's id of the definition."),
            Column("scorecard_name", TEXT, "scorecardName", "Name of the scorecard."),
            Column("workspace_id", TEXT, "workspaceId", "The workspace."),
            Column("is_enabled", BOOLEAN, "enabled", "Whether it can be filled in."),
            Column("updater_user_id", TEXT, "updaterUserId", "-1 for built-in scorecards."),
            Column("created_at", INSTANT, "created", "When it was created in Gong."),
            Column("updated_at", INSTANT, "updated", "When it was last changed in Gong."),
            Column("review_method", TEXT, "reviewMethod", "MANUAL or AUTOMATIC.",
                   values=_REVIEW_METHODS),
        ),
    ),
    Table(
        "scorecard_questions",
        "one row per question of a scorecard",
        key=("scorecard_id", "question_id"),
        part=Part("scorecards", ("questions[]",)),
        columns=(
            Column("scorecard_id", TEXT, "$scorecardId", "The scorecard definition."),
            Column("question_id", TEXT, "questionId", "Gong's id of the question."),
            Column("question_revision_id", TEXT, "questionRevisionId", "Id of its latest wording."),
            Column("question_text", TEXT, "questionText", "The question, in its latest wording."),
            Column("is_overall", BOOLEAN, "isOverall",
                   "Whether it asks for the overall impression."),
            Column("question_type", TEXT, "questionType", "RANGE, BOOLEAN, OPEN, …"),
            Column("answer_guide", TEXT, "answerGuide", "May hold HTML."),
            Column("min_range", INTEGER, "minRange", "Lowest possible score."),
            Column("max_range", INTEGER, "maxRange", "Highest possible score."),
            Column("answer_options", JSON, "answerOptions", "Options of a choice question."),
            Column("updater_user_id", TEXT, "updaterUserId", "Who changed it last."),
            Column("created_at", INSTANT, "created", "When it was created in Gong."),
            Column("updated_at", INSTANT, "updated", "When it was last changed in Gong."),
        ),
    ),
)  # fmt: skip

REVIEWS = (
    Table(
        "answered_scorecards",
        "one row per review of a call, manual or automatic",
        key=("answered_scorecard_id",),
        operation="listAnsweredScorecards",
        read=Read.DAYS,
        windows=Windows("reviewed_at", Lookback(nightly=30, weekly=180), days=31, weight=0.05),
        columns=(
            Column("answered_scorecard_id", TEXT, "answeredScorecardId",
                   "Gong's id of the review."),
            Column("scorecard_id", TEXT, "scorecardId", "The scorecard definition."),
            Column("scorecard_name", TEXT, "scorecardName", "Name of the scorecard."),
            Column("call_id", TEXT, "callId", "The call reviewed."),
            Column("call_started_at", INSTANT, "callStartTime", "Start of that call."),
            Column("reviewed_user_id", TEXT, "reviewedUserId", "The host who is scored."),
            Column("reviewer_user_id", TEXT, "reviewerUserId", "Null for automatic reviews."),
            Column("review_method", TEXT, "reviewMethod", "MANUAL or AUTOMATIC.",
                   values=_REVIEW_METHODS),
            Column("editor_user_id", TEXT, "editorUserId",
                   "Who edited it last, if not its author."),
            Column("reviewed_at", INSTANT, "reviewTime", "When the review was published."),
            Column("visibility_type", TEXT, "visibilityType", "Who may see the review.",
                   values=_VISIBILITIES),
        ),
    ),
    Table(
        "scorecard_answers",
        "one row per question answered in a review",
        key=("answered_scorecard_id", "question_id"),
        part=Part("answered_scorecards", ("answers[]",)),
        columns=(
            Column("answered_scorecard_id", TEXT, "$answeredScorecardId", "The review."),
            Column("question_id", TEXT, "questionId", "The question."),
            Column("question_revision_id", TEXT, "questionRevisionId",
                   "Id of the wording that was answered."),
            Column("is_overall", BOOLEAN, "isOverall",
                   "Whether it asks for the overall impression."),
            Column("score", INTEGER, "score", "1 to 50; null where not scored."),
            Column("answer_text", TEXT, "answerText", "Free text of the answer.", CONTENT),
            Column("is_not_applicable", BOOLEAN, "notApplicable",
                   "Whether the reviewer marked it as not applicable."),
            Column("selected_options", JSON, "selectedOptions", "Option ids."),
        ),
    ),
)  # fmt: skip
