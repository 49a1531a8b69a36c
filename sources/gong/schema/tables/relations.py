"""Which columns of the landed tables name a row of another table, and the areas of the schema.

Most joins follow from names: a column with the name of the whole key of a table refers to it, a
column ending in `user_id` refers to users, a child table carries the key of its parent. The others
are in the lists below. No database enforces any of this: Gong keeps references to what it has
deleted, so a join may find nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sources.gong.schema.tables.lookup import TABLES, table


@dataclass(frozen=True, slots=True)
class Relation:
    """Columns of a table that say which row of another table is meant, in the same order."""

    table: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]

    @property
    def finds_one(self) -> bool:
        """Whether at most one row is found, because the columns are the key there."""
        return set(table(self.to).key) <= set(self.to_columns)

    @property
    def is_part_of(self) -> bool:
        """Whether the rows are parts of what they refer to, and are replaced with it."""
        return table(self.table).parent == self.to and set(self.to_columns) == set(
            table(self.to).key
        )

    @property
    def condition(self) -> str:
        """The condition of the join, in SQL."""
        return " and ".join(
            f"{self.table}.{mine} = {self.to}.{theirs}"
            for mine, theirs in zip(self.columns, self.to_columns, strict=True)
        )


AREAS: dict[str, tuple[str, ...]] = {
    "Calls": (
        "calls", "call_parties", "call_speakers", "call_interaction_stats", "call_video",
        "call_comments", "call_outcomes", "call_user_access",
    ),
    "What was said": (
        "transcripts", "transcript_sentences", "call_topics", "call_structure", "call_outline",
        "call_highlights", "call_key_points", "call_trackers", "call_tracker_phrases",
        "call_tracker_occurrences", "trackers", "tracker_keywords", "briefs",
    ),
    "CRM": (
        "call_crm_objects", "call_crm_fields", "crm_call_associations", "crm_integrations",
        "crm_schema_fields", "crm_objects", "crm_object_fields",
    ),
    "People and permissions": (
        "users", "user_email_aliases", "user_history", "user_settings_history",
        "meeting_integrations", "workspaces", "permission_profiles", "permission_profile_users",
        "logs",
    ),
    "Reviews": (
        "scorecards", "scorecard_questions", "answered_scorecards", "scorecard_answers",
    ),
    "Statistics": (
        "stats_periods", "activity_by_period", "activity_aggregate", "activity_daily_calls",
        "interaction_stats", "coaching_metrics",
    ),
    "Library": ("library_folders", "library_folder_calls"),
    "Engage": (
        "flows", "flow_visibility", "flow_folders", "flow_steps", "flow_prospects", "tasks",
    ),
}  # fmt: skip
"""The parts into which the schema is cut where all of it would be too much to look at."""

HUBS = ("users", "workspaces")
"""Tables that nearly every other one refers to; overviews name them and do not draw the lines."""

_PEOPLE = ("manager_id", "report_id", "created_by", "created_by_id", "added_by")
"""Columns that name a user under another name than `…user_id`."""

_NOT_BY_NAME = {("flows", "folder_id"), ("flow_folders", "folder_id")}
"""Their folders are those of flows, not of the library."""

_FURTHER = (
    Relation("transcript_sentences", ("call_id", "speaker_id"), "call_parties",
             ("call_id", "speaker_id")),
    Relation("call_tracker_occurrences", ("call_id", "speaker_id"), "call_parties",
             ("call_id", "speaker_id")),
    Relation("call_speakers", ("call_id", "speaker_id"), "call_parties", ("call_id", "party_id")),
    Relation("call_crm_objects", ("call_id", "party_index"), "call_parties",
             ("call_id", "party_index")),
    Relation("call_crm_fields", ("call_id", "object_index"), "call_crm_objects",
             ("call_id", "object_index")),
    Relation("call_tracker_phrases", ("call_id", "tracker_id"), "call_trackers",
             ("call_id", "tracker_id")),
    Relation("call_tracker_occurrences", ("call_id", "tracker_id"), "call_trackers",
             ("call_id", "tracker_id")),
    Relation("call_tracker_occurrences", ("call_id", "tracker_id", "phrase_index"),
             "call_tracker_phrases", ("call_id", "tracker_id", "phrase_index")),
    Relation("call_comments", ("in_reply_to",), "call_comments", ("comment_id",)),
    Relation("scorecard_answers", ("question_id",), "scorecard_questions", ("question_id",)),
    Relation("calls", ("call_outcome_name",), "call_outcomes", ("call_outcome",)),
    Relation("call_crm_objects", ("object_id",), "crm_objects", ("crm_id",)),
    Relation("crm_object_fields", ("integration_id", "object_type", "name"), "crm_schema_fields",
             ("integration_id", "object_type", "unique_name")),
    Relation("crm_call_associations", ("account_crm_id",), "crm_objects", ("crm_id",)),
    Relation("crm_call_associations", ("deal_crm_id",), "crm_objects", ("crm_id",)),
    Relation("crm_integrations", ("owner_email",), "users", ("email_address",)),
    Relation("library_folders", ("parent_folder_id",), "library_folders", ("folder_id",)),
    Relation("flows", ("folder_id",), "flow_folders", ("folder_id",)),
    Relation("flow_folders", ("user_id", "parent_folder_id"), "flow_folders",
             ("user_id", "folder_id")),
    Relation("flow_prospects", ("crm_prospect_id",), "crm_objects", ("crm_id",)),
    Relation("flow_prospects", ("owner_email",), "users", ("email_address",)),
    Relation("tasks", ("account_crm_id",), "crm_objects", ("crm_id",)),
    Relation("tasks", ("opportunity_crm_id",), "crm_objects", ("crm_id",)),
    Relation("tasks", ("contact_crm_id",), "crm_objects", ("crm_id",)),
    Relation("tasks", ("flow_id", "flow_step_id"), "flow_steps", ("flow_id", "step_id")),
)  # fmt: skip
"""Joins that do not follow from names, and those by several columns."""


def _by_name() -> Iterator[Relation]:
    """Yields the joins that follow from the names of columns."""
    owners: dict[str, str] = {}
    for row in TABLES:
        if row.is_root and len(row.key) == 1:
            owners.setdefault(row.key[0], row.name)
    for row in TABLES:
        if row.parent:
            yield Relation(row.name, row.entity, row.parent, table(row.parent).key)
        for column in row.columns:
            if (row.name, column.name) in _NOT_BY_NAME:
                continue
            to = owners.get(column.name)
            if column.name in _PEOPLE or (to is None and column.name.endswith("_user_id")):
                to = "users"
            # an e-mail address that is a key comes with the user's id, which is the join
            is_own_key = to is not None and (row.name, column.name) == (to, table(to).key[0])
            if to and column.name != "email" and not is_own_key:
                yield Relation(row.name, (column.name,), to, table(to).key)


RELATIONS: tuple[Relation, ...] = tuple(dict.fromkeys((*_by_name(), *_FURTHER)))
"""Every join that the landed tables offer."""


def area_of(name: str) -> str:
    """Returns the area that a table belongs to."""
    return next(area for area, names in AREAS.items() if name in names)


def relations_of(name: str) -> list[Relation]:
    """Returns the joins from a table to others."""
    return [relation for relation in RELATIONS if relation.table == name]


def relations_to(name: str) -> list[Relation]:
    """Returns the joins from other tables to a table."""
    return [r for r in RELATIONS if r.to == name and r.table != name]


def refers_to(name: str, column: str) -> str:
    """Returns `table.column` of the row that a column names; empty where it names none.

    Of several, a join by this column alone is meant, else the first one by several columns that
    says more than the column's own part of the key.
    """
    mine = [relation for relation in relations_of(name) if column in relation.columns]
    for relation in sorted(mine, key=lambda relation: len(relation.columns)):
        place = relation.columns.index(column)
        if len(relation.columns) == 1 or column == relation.columns[-1]:
            return f"{relation.to}.{relation.to_columns[place]}"
    return ""
