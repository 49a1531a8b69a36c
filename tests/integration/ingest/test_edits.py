"""A sync after edits in Gong writes the changed rows and no others."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Emulator
from tests.harness.landed import (
    connect,
    raw_tables,
    rows_of,
    without_load_columns,
)
from tests.harness.loops import for_each
from tests.harness.truth import EXPECTED, World, read_world
from tests.integration.ingest.two_syncs import (
    MINUTE,
    NOW,
    START,
    Rows,
    Stage,
    Step,
    new_stage,
)

FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "call_id": (
        "calls",
        (
            "call_parties", "call_crm_objects", "call_crm_fields", "call_trackers",
            "call_tracker_phrases", "call_tracker_occurrences", "call_topics", "call_structure",
            "call_outline", "call_highlights", "call_key_points", "call_interaction_stats",
            "call_speakers", "call_video", "call_comments",
        ),
    ),
    "call_id of a transcript": ("transcripts", ("transcript_sentences",)),
    "user_id": ("users", ("user_email_aliases",)),
    "workspace_id": ("workspaces", ()),
    "tracker_id": ("trackers", ("tracker_keywords",)),
    "call_outcome": ("call_outcomes", ()),
    "scorecard_id": ("scorecards", ("scorecard_questions",)),
    "answered_scorecard_id": ("answered_scorecards", ("scorecard_answers",)),
    "stats_period_id": (
        "stats_periods",
        ("activity_by_period", "activity_aggregate", "activity_daily_calls", "interaction_stats"),
    ),
}  # fmt: skip
"""Root table and child tables that change together, by the key column of their entity."""


@pytest.fixture(scope="module")
def stage(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return new_stage(emulators, tmp_path_factory.mktemp("twice") / "home")


@dataclass(frozen=True)
class Edited:
    """The rows before and after a night of edits, and the ids of the edited entities."""

    step: Step
    before: dict[str, Rows]
    after: dict[str, Rows]
    truth_before: World
    truth: World
    ids: dict[str, str]
    at: datetime


@pytest.fixture(scope="module")
def edited(stage: Stage) -> Edited:
    stage.run("sync", now=NOW)
    emulator, world = stage.emulator, read_world(stage.emulator, START, NOW)
    tables = raw_tables(stage.gong.warehouse)
    before = {table: rows_of(stage.gong.warehouse, table) for table in tables}
    recent = [
        call for call in world["calls"]
        if datetime.fromisoformat(call["metaData"]["started"]) > NOW - timedelta(days=6)
    ]  # fmt: skip
    with_hits = [
        call["metaData"]["id"] for call in recent
        if any(tracker.get("phrases") for tracker in call.get("content", {}).get("trackers", ()))
        and call.get("parties")
        and call.get("interaction")
    ]  # fmt: skip
    ids = dict(zip(("title", "null", "empty", "people"), with_hits, strict=False))
    transcribed = {transcript["callId"] for transcript in world["transcripts"]}
    two_weeks = NOW - timedelta(days=14)
    ids["transcript"] = next(
        call["metaData"]["id"] for call in reversed(world["calls"])
        if call["metaData"]["id"] not in transcribed
        and datetime.fromisoformat(call["metaData"]["started"]) > two_weeks
    )  # fmt: skip
    today = NOW.astimezone(world.zone).date()
    review = next(
        candidate for candidate in world["answered_scorecards"]
        if len(candidate["answers"]) > 2
        and today - timedelta(days=20) < date.fromisoformat(candidate["reviewTime"][:10]) < today
    )  # fmt: skip
    ids["review"], ids["question"] = (
        review["answeredScorecardId"], review["answers"][1]["questionId"]
    )  # fmt: skip
    ids["user"] = next(user["id"] for user in world["users"] if user["emailAliases"])

    emulator.change(
        "edit_call", id=ids["title"], metaData={"title": "Renamed ✎", "mood": {"level": 3}}
    )
    emulator.change("edit_call", id=ids["null"], sections={"content.trackers": None})
    emulator.change(
        "edit_call",
        id=ids["empty"],
        sections={"content.trackers": [], "content.outline": [], "context": []},
    )
    emulator.change("edit_call", id=ids["people"], sections={"parties": None, "interaction": None})
    emulator.change("add_transcript", callId=ids["transcript"])
    emulator.change(
        "edit_review",
        answeredScorecardId=ids["review"],
        drop_question=ids["question"],
        answers=[{"questionId": review["answers"][0]["questionId"], "score": 4}],
    )
    emulator.change("edit_user", id=ids["user"], fields={"title": "Chief", "emailAliases": []})
    ids["added"] = emulator.change(
        "add_call",
        started=(NOW - timedelta(days=3)).isoformat(),
        appears_after_seconds=30,
    )["id"]
    emulator.change("add_unknown_field", kind="workspaces", name="colour", value={"hex": "#abc"})
    at = NOW + 2 * MINUTE
    stage.pass_time(2 * MINUTE)
    step = stage.run("sync", now=at)
    after = {table: rows_of(stage.gong.warehouse, table) for table in tables}
    return Edited(step, before, after, world, read_world(emulator, START, at), ids, at)


def test_an_edited_user_ends_a_version_of_the_history_and_begins_another(edited: Edited) -> None:
    (before,) = [row for row in edited.before["user_history"]
                 if row["user_id"] == edited.ids["user"]]  # fmt: skip
    rows = {row["valid_from_at"]: row for row in edited.after["user_history"]
            if row["user_id"] == edited.ids["user"]}  # fmt: skip
    assert rows.keys() == {NOW, edited.at}
    assert (rows[NOW]["valid_to_at"], rows[NOW]["title"]) == (edited.at, before["title"])
    assert (rows[edited.at]["valid_to_at"], rows[edited.at]["title"]) == (None, "Chief")
    others = [row for row in edited.after["user_history"] if row["user_id"] != edited.ids["user"]]
    assert all(row["valid_to_at"] is None for row in others)


def test_the_edited_entities_had_the_rows_that_the_edits_remove(edited: Edited) -> None:
    ids = edited.ids
    gone = [row for row in edited.before["call_tracker_occurrences"]
            if row["call_id"] in (ids["null"], ids["empty"])]  # fmt: skip
    assert {row["call_id"] for row in gone} == {ids["null"], ids["empty"]}
    for section in ("call_parties", "call_interaction_stats"):
        assert any(row["call_id"] == ids["people"] for row in edited.before[section])
    assert any(row["user_id"] == ids["user"] for row in edited.before["user_email_aliases"])
    assert not any(row["call_id"] == ids["added"] for row in edited.before["calls"])
    assert not any(row["call_id"] == ids["transcript"] for row in edited.before["transcripts"])


OBSERVED = ("logs", "user_history", "crm_objects", "crm_object_fields", "coaching_metrics")
"""Tables that also keep rows that Gong does not serve again."""


@for_each("table", [table for table in EXPECTED if table not in OBSERVED])
def test_after_edits_the_landed_rows_are_the_rows_of_the_truth(edited: Edited, table: str) -> None:
    landed = [without_load_columns(row) for row in edited.after[table]]
    assert sorted(map(_text, landed)) == sorted(map(_text, EXPECTED[table].rows(edited.truth)))


@pytest.mark.parametrize("table", ["crm_objects", "crm_object_fields"])
def test_crm_objects_of_earlier_references_are_kept(edited: Edited, table: str) -> None:
    landed = {_text(without_load_columns(row)) for row in edited.after[table]}
    now, before = (
        {*map(_text, EXPECTED[table].rows(world))} for world in (edited.truth, edited.truth_before)
    )
    assert before - now, "every object is still referred to"
    assert landed == now | before


def test_a_closed_month_of_coaching_keeps_the_titles_of_its_time(edited: Edited) -> None:
    def bare(rows: Any) -> list[str]:
        return sorted(_text({k: v for k, v in row.items() if "title" not in k}) for row in rows)

    landed = [without_load_columns(row) for row in edited.after["coaching_metrics"]]
    assert bare(landed) == bare(EXPECTED["coaching_metrics"].rows(edited.truth))


def _text(row: dict[str, Any]) -> str:
    whole_numbers = {
        name: float(value) if type(value) is int else value for name, value in row.items()
    }
    return json.dumps(whole_numbers, sort_keys=True, default=str)


@pytest.mark.parametrize("column", FAMILIES)
def test_after_edits_only_the_changed_entities_were_written(edited: Edited, column: str) -> None:
    root, children = FAMILIES[column]
    name = column.split()[0]
    changed: set[str] = set()
    for table in (root, *children):
        before, after = (
            _by_entity(EXPECTED[table].rows(world), name)
            for world in (edited.truth_before, edited.truth)
        )
        changed |= {key for key in before.keys() | after.keys() if before[key] != after[key]}
    for table in (root, *children):
        before, after = (_by_entity(rows[table], name) for rows in (edited.before, edited.after))
        written = {key for key in before.keys() | after.keys() if before[key] != after[key]}
        # Coaching contains names and titles of people; another test compares it.
        written = {key for key in written if not key.startswith("coaching_metrics/")}
        assert written <= changed, table
    assert len(changed) <= 8, "too many entities have changed for the comparison"
    loaded = {row[name]: row["_loaded_at"] for row in edited.after[root]}
    assert {key: loaded[key] for key in changed} == dict.fromkeys(changed, edited.at)


@pytest.mark.parametrize("column", [name for name in FAMILIES if name.startswith("call_id")])
def test_child_rows_of_calls_have_the_instant_of_their_root_row(
    edited: Edited, column: str
) -> None:
    # a night finds the rows of changed calls by it
    root, children = FAMILIES[column]
    live = [row for row in edited.after[root] if row.get("_deleted_at") is None]
    loaded = {(row["call_id"], row["_loaded_at"]) for row in live}
    assert {at for _, at in loaded} > {edited.at}, "of both syncs"
    keys = {key for key, _ in loaded}
    for table in children:
        rows = [row for row in edited.after[table] if row["call_id"] in keys]
        assert {(row["call_id"], row["_loaded_at"]) for row in rows} <= loaded, table


def _by_entity(rows: Any, name: str) -> dict[str, list[str]]:
    texts_by_key: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        texts_by_key[row[name]].append(json.dumps(row, sort_keys=True, default=str))
    for texts in texts_by_key.values():
        texts.sort()
    return texts_by_key


def test_after_edits_the_log_has_only_grown(edited: Edited) -> None:
    before = {row["log_id"]: row for row in edited.before["logs"]}
    after = {row["log_id"]: row for row in edited.after["logs"]}
    assert {log_id: after[log_id] for log_id in before} == before


def _of_call(rows: Rows, call_id: str) -> Rows:
    return [row for row in rows if row["call_id"] == call_id]


def test_a_renamed_call_has_its_new_title(edited: Edited) -> None:
    (call,) = _of_call(edited.after["calls"], edited.ids["title"])
    assert call["title"] == "Renamed ✎"


@pytest.mark.parametrize("how", ["null", "empty"])
@pytest.mark.parametrize(
    "table", ["call_trackers", "call_tracker_phrases", "call_tracker_occurrences"]
)
def test_the_rows_of_removed_children_are_removed(edited: Edited, how: str, table: str) -> None:
    assert _of_call(edited.before[table], edited.ids[how])
    assert _of_call(edited.after[table], edited.ids[how]) == []


def test_a_call_without_parties_keeps_its_own_crm_objects(edited: Edited) -> None:
    call_id = edited.ids["people"]
    assert _of_call(edited.after["call_parties"], call_id) == []
    assert _of_call(edited.after["call_interaction_stats"], call_id) == []
    left = _of_call(edited.after["call_crm_objects"], call_id)
    assert {row["party_index"] for row in left} <= {None}
    kept = [row for row in _of_call(edited.before["call_crm_objects"], call_id)
            if row["party_index"] is None]  # fmt: skip
    assert [row["object_id"] for row in left] == [row["object_id"] for row in kept]


def test_a_removed_question_loses_its_row_and_the_review_names_its_editor(edited: Edited) -> None:
    answers = [row for row in edited.after["scorecard_answers"]
               if row["answered_scorecard_id"] == edited.ids["review"]]  # fmt: skip
    assert answers
    assert edited.ids["question"] not in {row["question_id"] for row in answers}
    (review,) = [row for row in edited.after["answered_scorecards"]
                 if row["answered_scorecard_id"] == edited.ids["review"]]  # fmt: skip
    assert review["editor_user_id"]


def test_a_call_that_appears_late_lands_although_it_is_older_than_the_watermark(
    edited: Edited,
) -> None:
    (call,) = _of_call(edited.after["calls"], edited.ids["added"])
    assert call["started_at"] < NOW


def test_a_transcript_that_comes_late_lands(edited: Edited) -> None:
    call_id = edited.ids["transcript"]
    assert _of_call(edited.after["transcripts"], call_id)


def test_an_unknown_field_is_kept_in_extra(edited: Edited) -> None:
    assert [row["extra"] for row in edited.after["workspaces"]] == [
        {"colour": {"hex": "#abc"}} for _ in edited.before["workspaces"]
    ]
    (call,) = _of_call(edited.after["calls"], edited.ids["title"])
    assert call["extra"]["metaData.mood"] == {"level": 3}


def test_unknown_fields_are_recorded_and_shown_by_status(stage: Stage, edited: Edited) -> None:
    expected = {("workspaces", "colour"), ("calls", "metaData.mood")}
    with connect(stage.gong.warehouse) as db:
        recorded = db.execute("select table_name, field from gong_ops.schema_changes").fetchall()
    assert set(recorded) == expected
    status = json.loads(stage.gong("status", "--json").stdout)
    assert {
        (change["table_name"], change["field"]) for change in status["schema_changes"]
    } == expected
    assert "2 unknown fields (kept in extra)" in edited.step.done.stderr
