"""Occurrences of trackers are counted once."""

from __future__ import annotations

from typing import Any

from tests.unit.sources.schema.landed_rows import call, column, extra, landed, live


def occurrences(*trackers: dict[str, Any]) -> list[Any]:
    rows = landed("calls", call(content={"trackers": list(trackers)}))["call_tracker_occurrences"]
    return column(
        live(rows), "tracker_id", "occurrence_index", "phrase_index", "start_seconds", "speaker_id"
    )


def test_an_occurrence_listed_by_tracker_and_phrase_is_counted_once() -> None:
    early, late = {"startTime": 1.5, "speakerId": "a"}, {"startTime": 9.0, "speakerId": "b"}
    tracker = {
        "id": "t",
        "occurrences": [early, late],
        "phrases": [
            {"phrase": "x", "occurrences": [late]},
            {"phrase": "y", "occurrences": [early]},
        ],
    }
    assert occurrences(tracker) == [("t", 0, 1, 1.5, "a"), ("t", 1, 0, 9.0, "b")]


def test_several_occurrences_in_the_same_second_all_count() -> None:
    same = {"startTime": 1.0, "speakerId": "a"}
    tracker = {
        "id": "t",
        "occurrences": [same, same],
        "phrases": [{"occurrences": [same]}, {"occurrences": [same, same]}],
    }
    assert occurrences(tracker) == [
        ("t", 0, 0, 1.0, "a"),
        ("t", 1, 1, 1.0, "a"),
        ("t", 2, 1, 1.0, "a"),
    ]


def test_the_same_second_of_another_speaker_is_another_occurrence() -> None:
    tracker = {
        "id": "t",
        "occurrences": [{"startTime": 1.0, "speakerId": "a"}],
        "phrases": [{"occurrences": [{"startTime": 1.0, "speakerId": "b"}]}],
    }
    assert occurrences(tracker) == [("t", 0, None, 1.0, "a"), ("t", 1, 0, 1.0, "b")]


def test_occurrences_are_counted_per_tracker() -> None:
    heard = {"startTime": 1.0, "speakerId": "a"}
    rows = occurrences({"id": "t", "occurrences": [heard]}, {"id": "u", "occurrences": [heard]})
    assert rows == [("t", 0, None, 1.0, "a"), ("u", 0, None, 1.0, "a")]


def test_what_only_the_phrase_tells_of_an_occurrence_is_kept() -> None:
    tracker = {
        "id": "t",
        "occurrences": [{"startTime": 1.0, "here": 1}],
        "phrases": [{"occurrences": [{"startTime": 1.0, "there": 2}]}],
    }
    rows = landed("calls", call(content={"trackers": [tracker]}))["call_tracker_occurrences"]
    assert [extra(row) for row in rows] == [{"here": 1, "there": 2}]
