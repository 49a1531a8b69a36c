"""Rows of child tables: places, ordinals, keys."""

from __future__ import annotations

from typing import Any

from tests.unit.sources.schema.landed_rows import call, column, extra, landed


def test_a_section_of_the_outline_without_items_has_one_row() -> None:
    outline = [
        {"section": "a", "startTime": 1.5, "items": []},
        {"section": "b", "items": [{"text": "x"}, {"text": "y"}]},
        {"section": "c", "items": None},
        {"section": "d"},
    ]
    rows = landed("calls", call(content={"outline": outline}))["call_outline"]
    assert column(rows, "section_index", "item_index", "section", "text") == [
        (0, 0, "a", None),
        (1, 0, "b", "x"),
        (1, 1, "b", "y"),
        (2, 0, "c", None),
        (3, 0, "d", None),
    ]
    assert not any(row["_tombstone"] for row in rows)


def test_crm_objects_count_through_from_the_call_to_its_parties() -> None:
    def objects(*ids: str) -> list[dict[str, Any]]:
        return [
            {"objectId": object_id, "fields": [{"name": "n", "value": object_id}]}
            for object_id in ids
        ]

    entity = call(
        context=[
            {"system": "S", "objects": objects("a", "b")},
            {"system": "H", "objects": objects("c")},
        ],
        parties=[
            {"id": "p"},
            {"context": [{"system": "S", "objects": objects("d")}]},
            {"context": [{"system": "H", "objects": objects("e", "f")}]},
        ],
    )
    rows = landed("calls", entity, call(metaData={"id": "2"}, context=[{"objects": objects("g")}]))
    assert column(
        rows["call_crm_objects"], "object_index", "object_id", "system", "party_index"
    ) == [
        (0, "a", "S", None),
        (1, "b", "S", None),
        (2, "c", "H", None),
        (3, "d", "S", 1),
        (4, "e", "H", 2),
        (5, "f", "H", 2),
        (0, "g", None, None),
    ]
    assert column(rows["call_crm_fields"], "object_index", "value") == [
        (0, "a"), (1, "b"), (2, "c"), (3, "d"), (4, "e"), (5, "f"), (0, "g"),
    ]  # fmt: skip


def test_of_rows_with_an_equal_key_the_first_stays_and_holds_the_others() -> None:
    stats = [{"name": "a", "value": 1}, {"name": "b", "value": 2}, {"name": "a", "value": 3}]
    rows = landed("calls", call(interaction={"interactionStats": stats}))["call_interaction_stats"]
    assert column(rows, "name", "value") == [("a", 1.0), ("b", 2.0)]
    assert [extra(row) for row in rows] == [{"duplicates": [{"name": "a", "value": 3}]}, None]


def test_equal_keys_of_different_calls_are_different_rows() -> None:
    stats = {"interactionStats": [{"name": "a", "value": 1}]}
    rows = landed("calls", call(interaction=stats), call(metaData={"id": "2"}, interaction=stats))
    assert column(rows["call_interaction_stats"], "extra") == [None, None]


def test_a_crm_field_listed_twice_is_one_row() -> None:
    fields = [{"name": "n", "value": 1}, {"name": "n", "value": 2}]
    context = [{"objects": [{"fields": fields}, {"fields": fields[:1]}]}]
    rows = landed("calls", call(context=context))["call_crm_fields"]
    assert column(rows, "object_index", "name", "value") == [(0, "n", "1"), (1, "n", "1")]
    assert extra(rows[0]) == {"duplicates": [{"name": "n", "value": 2}]}


def test_a_tracker_listed_twice_keeps_all_its_phrases() -> None:
    trackers = [{"id": "t", "phrases": [{"phrase": p}]} for p in ("x", "y")]
    rows = landed("calls", call(content={"trackers": trackers}))["call_tracker_phrases"]
    assert column(rows, "tracker_id", "phrase_index", "phrase") == [("t", 0, "x")]
    assert extra(rows[0]) == {"duplicates": [{"phrase": "y"}]}


def test_a_missing_text_key_becomes_the_place_in_its_list() -> None:
    comments = [{"id": "9", "comment": "a"}, {"comment": "b"}, {"id": None, "comment": "c"}]
    rows = landed("calls", call(collaboration={"publicComments": comments}))["call_comments"]
    assert column(rows, "comment_id", "comment") == [("9", "a"), ("#1", "b"), ("#2", "c")]
