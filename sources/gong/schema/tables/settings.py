"""What a company has set up in Gong: workspaces, trackers, call outcomes, briefs."""

from __future__ import annotations

from sources.gong.schema.columns import BOOLEAN, INSTANT, INTEGER, JSON, PERSON, TEXT, Column
from sources.gong.schema.table import Part, Read, Table

SETTINGS = (
    Table(
        "workspaces",
        "one row per workspace",
        key=("workspace_id",),
        operation="listWorkspaces",
        read=Read.LIST,
        parent_columns=("workspace_id",),
        columns=(
            Column("workspace_id", TEXT, "id", "Gong's id of the workspace."),
            Column("name", TEXT, "name", "Name of the workspace."),
            Column("description", TEXT, "description", "Description of the workspace."),
        ),
    ),
    Table(
        "trackers",
        "one row per keyword tracker (Gong's API does not list smart trackers)",
        key=("tracker_id",),
        operation="listTrackers",
        read=Read.LIST,
        columns=(
            Column("tracker_id", TEXT, "trackerId", "Gong's id of the tracker."),
            Column("tracker_name", TEXT, "trackerName", "Name of the tracker."),
            Column("workspace_id", TEXT, "workspaceId", "The workspace."),
            Column("affiliation", TEXT, "affiliation",
                   "Whose speech counts: Anyone, Company, NonCompany.",
                   values=("Anyone", "Company", "NonCompany")),
            Column("is_part_of_question", BOOLEAN, "partOfQuestion",
                   "Whether only questions count."),
            Column("said_at", TEXT, "saidAt", "Anytime, First or Last; not a time.",
                   values=("Anytime", "First", "Last")),
            Column("said_at_interval", INTEGER, "saidAtInterval",
                   "How much of the start or end of the call counts."),
            Column("said_at_unit", TEXT, "saidAtUnit", "minutes or percent.",
                   values=("minutes", "percent")),
            Column("said_in_topics", JSON, "saidInTopics", "Topics it must be said in."),
            Column("filter_query", TEXT, "filterQuery", "JSON in a string, as Gong sends it."),
            Column("created_at", INSTANT, "created", "When it was created in Gong."),
            Column("creator_user_id", TEXT, "creatorUserId", "Null for built-in trackers."),
            Column("updated_at", INSTANT, "updated", "When it was last changed in Gong."),
            Column("updater_user_id", TEXT, "updaterUserId", "Who changed it last."),
        ),
    ),
    Table(
        "tracker_keywords",
        "one row per keyword of a tracker and language",
        key=("tracker_id", "language_index", "keyword_index"),
        part=Part("trackers", ("languageKeywords[].keywords[]",)),
        columns=(
            Column("tracker_id", TEXT, "$trackerId", "The tracker."),
            Column("language_index", INTEGER, "^#", "Place of the language, from 0."),
            Column("keyword_index", INTEGER, "#", "Place within the language, from 0."),
            Column("language", TEXT, "^language", "ISO 639-2/B, or mul."),
            Column("is_include_related_forms", BOOLEAN, "^includeRelatedForms",
                   "Whether other forms of the word count."),
            Column("keyword", TEXT, ".", "The word or phrase listened for."),
        ),
    ),
    Table(
        "call_outcomes",
        "one row per outcome a dialler call can be given; Gong gives them no id",
        key=("call_outcome", "connect_status"),
        operation="listCallOutcomes",
        read=Read.LIST,
        columns=(
            Column("call_outcome", TEXT, "callOutcome", "Name of the outcome."),
            Column("connect_status", TEXT, "connectStatus", "CONNECTED or NOT_CONNECTED.",
                   values=("CONNECTED", "NOT_CONNECTED")),
            Column("display_order", INTEGER, "displayOrder", "Repeats per connect_status."),
            Column("sentiment", TEXT, "sentiment", "Sentiment Gong gives the outcome.",
                   values=("POSITIVE", "NEGATIVE", "NEUTRAL")),
            Column("todo_action", TEXT, "todoAction", "What happens to the task.",
                   values=("COMPLETE", "COMPLETE_AND_REMOVE")),
            Column("automation", TEXT, "automation", "What the dialler does next.",
                   values=("MARK_AS_OPT_OUT",)),
            Column("category", TEXT, "category", "Category of the outcome.",
                   values=("ANSWERED", "NOT_ANSWERED")),
        ),
    ),
)  # fmt: skip

BRIEFS = (
    Table(
        "briefs",
        "one row per AI brief that is set up",
        key=("brief_id",),
        operation="listBriefs",
        read=Read.LIST,
        columns=(
            Column("brief_id", TEXT, "briefId", "Gong's id of the brief."),
            Column("brief_name", TEXT, "briefName", "Name of the brief."),
            Column("workspace_id", TEXT, "workspaceId", "The workspace."),
            Column("description", TEXT, "description", "What the brief is for."),
            Column("status", TEXT, "status",
                   "Whether it is published, a draft, …, as Gong spells it.",
                   values=("Published", "Not published")),
            Column("creator", TEXT, "creator", "E-mail address of who set it up.", PERSON,
                   is_responsible=True),
            Column("creator_user_id", TEXT, "creatorUserId", "Who set it up."),
            Column("created_at", INSTANT, "created", "When it was set up."),
            Column("updated_at", INSTANT, "updated", "When it was last changed."),
        ),
    ),
)  # fmt: skip
