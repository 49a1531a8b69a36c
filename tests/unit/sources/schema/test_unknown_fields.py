"""What no column knows lands in `extra`, with its place."""

from __future__ import annotations

from typing import Any

import pytest

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.tables import children
from sources.gong.schema.unknown_fields import WITHOUT_ROWS
from tests.unit.sources.schema.landed_rows import call, column, extra, landed


def test_missing_keys_are_null_and_nothing_is_extra() -> None:
    rows = landed("calls", call())["calls"]
    kept = {"call_id", "has_audio", "has_video", "_content_hash", "_loaded_at", "_dlt_load_id"}
    assert {name for name, value in rows[0].items() if value is not None} == kept
    assert (rows[0]["has_audio"], rows[0]["has_video"]) == (False, False)


@pytest.mark.parametrize("section", ["content", "interaction", "media", "collaboration", "context"])
def test_a_section_that_is_null_is_as_if_it_were_not_there(section: str) -> None:
    rows = landed("calls", call(**{section: None}))["calls"]
    assert extra(rows[0]) is None


def test_unknown_keys_of_the_entity_land_in_its_extra_with_their_place() -> None:
    entity = call(
        metaData={"novel": 1},
        content={"callOutcome": {"id": "1", "why": "x"}, "pointsOfInterest": {"a": [1, None]}},
        webhook=False,
        interaction={"questions": {"companyCount": 1, "rhetoricCount": 2}},
    )
    assert extra(landed("calls", entity)["calls"][0]) == {
        "metaData.novel": 1,
        "content.callOutcome.why": "x",
        "content.pointsOfInterest": {"a": [1, None]},
        "webhook": False,
        "interaction.questions.rhetoricCount": 2,
    }


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        (call(parties=[{"id": "1", "novel": 7}]), "call_parties"),
        (call(context=[{"objects": [{"objectId": "1", "novel": 7}]}]), "call_crm_objects"),
        (call(parties=[{"context": [{"objects": [{"novel": 7}]}]}]), "call_crm_objects"),
        (call(context=[{"objects": [{"fields": [{"name": "a", "novel": 7}]}]}]), "call_crm_fields"),
        (call(content={"trackers": [{"id": "1", "novel": 7}]}), "call_trackers"),
        (
            call(content={"trackers": [{"id": "1", "phrases": [{"novel": 7}]}]}),
            "call_tracker_phrases",
        ),
        (
            call(content={"trackers": [{"id": "1", "occurrences": [{"novel": 7}]}]}),
            "call_tracker_occurrences",
        ),
        (
            call(content={"trackers": [{"id": "1", "phrases": [{"occurrences": [{"novel": 7}]}]}]}),
            "call_tracker_occurrences",
        ),
        (call(content={"outline": [{"items": [{"novel": 7}]}]}), "call_outline"),
        (call(content={"keyPoints": [{"text": "a", "novel": 7}]}), "call_key_points"),
        (call(collaboration={"publicComments": [{"id": "1", "novel": 7}]}), "call_comments"),
        (call(interaction={"speakers": [{"id": "1", "novel": 7}]}), "call_speakers"),
    ],
)
def test_an_unknown_key_of_an_element_lands_in_the_extra_of_its_row(
    entity: dict[str, Any], name: str
) -> None:
    rows = landed("calls", entity)
    assert [extra(row) for row in rows[name]] == [{"novel": 7}]
    assert extra(rows["calls"][0]) is None


def test_an_unknown_key_between_two_rows_lands_in_the_extra_of_the_entity() -> None:
    entity = call(
        context=[{"system": "S", "novel": 1, "objects": [{"objectId": "1"}]}],
        content={
            "outline": [{"items": []}, {"section": "b", "novel": 2, "items": [{"text": "x"}]}]
        },
    )
    assert extra(landed("calls", entity)["calls"][0]) == {
        "context[].novel": {"0": 1},
        "content.outline[].novel": {"1": 2},
    }


@pytest.mark.parametrize("key", ["", "_private", "a.b", 'qu"ote', "ключ", "extra"])
def test_an_unknown_key_may_have_any_name(key: str) -> None:
    rows = landed("calls", call(**{key: 1}, parties=[{key: 2}]))
    assert extra(rows["calls"][0]) == {key: 1}
    assert extra(rows["call_parties"][0]) == {key: 2}


def test_extra_keeps_numbers_of_any_length() -> None:
    rows = landed("calls", call(novel={"id": 123456789012345678901234567890, "n": 2**63}))
    assert extra(rows["calls"][0])["novel"] == {"id": 123456789012345678901234567890, "n": 2**63}


@pytest.mark.parametrize(
    ("root", "entity", "names"),
    [
        ("calls", call(content=[1]), "content"),
        ("calls", call(content={"trackers": {"id": "1"}}), "trackers"),
        ("calls", call(content={"trackers": "x"}), "trackers"),
        ("calls", call(content={"trackers": ["x"]}), "trackers"),
        ("calls", call(content={"trackers": [{"id": "1", "occurrences": "x"}]}), "occurrences"),
        ("calls", call(content={"trackers": [{"id": "1", "occurrences": [5]}]}), "occurrences"),
        (
            "calls",
            call(content={"trackers": [{"id": "1", "occurrences": [{"startTime": [1]}]}]}),
            "occurrences",
        ),
        ("calls", call(parties={"id": "1"}), "parties"),
        ("calls", call(parties=["x"]), "parties"),
        ("calls", call(context=["x"]), "context"),
        ("calls", call(context=[{"objects": "x"}]), "objects"),
        ("calls", call(content={"outline": [{"items": 5}]}), "items"),
        ("calls", call(content={"outline": ["x"]}), "outline"),
        ("transcripts", {"callId": "1", "transcript": ["x", {"sentences": []}]}, "transcript"),
        ("users", {"id": "1", "settings": [True]}, "settings"),
        ("users", {"id": "1", "emailAliases": [{"a": 1}]}, "user_email_aliases.email_alias"),
        ("trackers", {"trackerId": "1", "languageKeywords": [{"keywords": {}}]}, "keywords"),
    ],
)
def test_a_list_or_object_of_another_form_is_refused_and_named(
    root: str, entity: dict[str, Any], names: str
) -> None:
    with pytest.raises(SchemaDrift) as drift:
        landed(root, entity)
    assert names in str(drift.value)
    assert str(drift.value).startswith((root, *(child.name for child in children(root))))


def test_an_element_that_gives_no_row_is_kept_in_the_extra_of_the_entity() -> None:
    transcript = [
        {"speakerId": "1", "topic": "Intro", "sentences": []},
        {"speakerId": "2", "sentences": [{"start": 1, "end": 2, "text": "x"}]},
    ]
    rows = landed("transcripts", {"callId": "1", "transcript": transcript})
    assert extra(rows["transcripts"][0]) == {WITHOUT_ROWS: {"transcript[0]": transcript[0]}}
    assert column(rows["transcript_sentences"], "monologue_index", "speaker_id") == [(1, "2")]


def test_a_crm_system_without_objects_is_kept_for_call_and_party() -> None:
    entity = call(
        context=[{"system": "S"}], parties=[{"context": [{"system": "H", "objects": []}]}]
    )
    kept = extra(landed("calls", entity)["calls"][0])[WITHOUT_ROWS]
    assert kept == {
        "context[0]": {"system": "S"},
        "parties[0].context[0]": {"system": "H", "objects": []},
    }
