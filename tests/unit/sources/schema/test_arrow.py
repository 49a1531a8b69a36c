from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.arrow import (
    empty,
    entity_key,
    landed_columns,
    schema,
    to_arrow,
)
from sources.gong.schema.coercion import content_hash, dumps
from sources.gong.schema.tables import STATS_TABLES, STREAMS, TABLES, children, table
from sources.gong.schema.unknown_fields import WITHOUT_ROWS

LOADED = datetime(2026, 11, 22, 6, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]


def landed(root: str, *entities: Any, only: Sequence[str] = ()) -> Rows:
    """What entities become, without columns that are null in every test."""
    names = tuple(only) or tuple(child.name for child in children(root))
    hashes = [content_hash(entity) for entity in entities]
    tables = to_arrow(root, names, entities, hashes, LOADED, "load-1")
    for name, rows in tables.items():
        assert rows.schema == schema(name)
        rows.validate(full=True)
    return {name: rows.to_pylist() for name, rows in tables.items()}


def call(**sections: Any) -> dict[str, Any]:
    meta = {"id": "8123456789012345673", **sections.pop("metaData", {})}
    return {"metaData": meta, **sections}


def live(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row["_tombstone"]]


def column(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    if len(names) == 1:
        return [row[names[0]] for row in rows]
    return [tuple(row[name] for name in names) for row in rows]


def extra(row: dict[str, Any]) -> Any:
    return None if row["extra"] is None else json.loads(row["extra"])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (7, "7"),
        (9012345678901234567, "9012345678901234567"),
        (18446744073709551616, "18446744073709551616"),
        (-1, "-1"),
        ("00012", "00012"),
        ("", ""),
        (None, None),
    ],
)
def test_an_id_sent_as_a_number_or_as_text_is_kept_digit_by_digit(sent: Any, kept: Any) -> None:
    rows = landed("calls", call(metaData={"primaryUserId": sent}))["calls"]
    assert rows[0]["primary_user_id"] == kept


def test_ids_sent_both_ways_in_one_page_are_kept_alike() -> None:
    rows = landed("users", {"id": 99999999999999999999}, {"id": "99999999999999999998"})["users"]
    assert column(rows, "user_id") == ["99999999999999999999", "99999999999999999998"]


@pytest.mark.parametrize("value", [True, 1.0, 1.5, ["a"], {"a": 1}])
def test_what_is_no_text_is_refused_with_table_column_and_key(value: Any) -> None:
    with pytest.raises(
        SchemaDrift, match=r"calls\.title: Gong's `metaData\.title` is .* promises text"
    ):
        landed("calls", call(metaData={"title": value}))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("1", 1), ("-5", -5), (5, 5), (5.0, 5), (2**63 - 1, 2**63 - 1), (-(2**63), -(2**63))],
)
def test_a_range_sent_as_text_or_number_is_a_whole_number(sent: Any, kept: int) -> None:
    card = {"scorecardId": "1", "questions": [{"questionId": "2", "minRange": sent}]}
    assert landed("scorecards", card)["scorecard_questions"][0]["min_range"] == kept


@pytest.mark.parametrize(
    "value", [1.5, "1.5", "", "five", "--5", True, [1], {}, 2**63, str(2**63), float("inf")]
)
def test_what_is_no_whole_number_of_64_bits_is_refused(value: Any) -> None:
    card = {"scorecardId": "1", "questions": [{"questionId": "2", "minRange": value}]}
    with pytest.raises(SchemaDrift, match=r"scorecard_questions\.min_range: Gong's `minRange`"):
        landed("scorecards", card)


def test_the_row_that_does_not_fit_is_the_one_that_is_named() -> None:
    monologue = {"sentences": [{"start": 1}, {"start": 2**70}, {"start": 3}]}
    with pytest.raises(SchemaDrift, match=r"transcript_sentences\.start_ms: .* row 2 of the page"):
        landed("transcripts", {"callId": "1", "transcript": [monologue]})


def test_whole_numbers_are_numbers_too() -> None:
    stats = [{"name": "a", "value": 3}, {"name": "b", "value": 0.1}, {"name": "c", "value": None}]
    rows = landed("calls", call(interaction={"interactionStats": stats}))
    assert column(rows["call_interaction_stats"], "value") == [3.0, 0.1, None]


@pytest.mark.parametrize("value", ["0.5", True, [0.5], 2**53 + 1])
def test_what_is_no_exact_number_is_refused(value: Any) -> None:
    stats = [{"name": "a", "value": value}]
    with pytest.raises(SchemaDrift, match=r"call_interaction_stats\.value"):
        landed("calls", call(interaction={"interactionStats": stats}))


@pytest.mark.parametrize("value", ["true", 1, 0, "x"])
def test_what_is_no_boolean_is_refused(value: Any) -> None:
    with pytest.raises(SchemaDrift, match=r"calls\.is_private: .* promises boolean"):
        landed("calls", call(metaData={"isPrivate": value}))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-05-19T03:30:00-07:00", datetime(2026, 5, 19, 10, 30, tzinfo=UTC)),
        ("2026-05-19T03:30:46.814-07:00", datetime(2026, 5, 19, 10, 30, 46, 814_000, tzinfo=UTC)),
        ("2026-05-19T03:30:46.816562+02:00", datetime(2026, 5, 19, 1, 30, 46, 816_562, tzinfo=UTC)),
        ("2026-05-19T03:30:46.8165620Z", datetime(2026, 5, 19, 3, 30, 46, 816_562, tzinfo=UTC)),
        ("2026-05-19T03:30:46.814Z", datetime(2026, 5, 19, 3, 30, 46, 814_000, tzinfo=UTC)),
        ("2026-05-19T03:30:00+05:45", datetime(2026, 5, 18, 21, 45, tzinfo=UTC)),
        ("2025-12-31T23:59:59.999999-11:00", datetime(2026, 1, 1, 10, 59, 59, 999_999, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_time_of_any_offset_and_fraction_is_kept_in_utc(sent: Any, kept: Any) -> None:
    rows = landed("calls", call(metaData={"started": sent}))["calls"]
    assert rows[0]["started_at"] == kept


@pytest.mark.parametrize(
    "value",
    [
        "2026-05-19T03:30:00",
        "2026-05-19",
        "soon",
        "",
        1716626146,
        "0001-01-01T00:00:00+14:00",
        True,
    ],
)
def test_a_time_that_is_no_instant_is_refused(value: Any) -> None:
    with pytest.raises(
        SchemaDrift, match=r"calls\.started_at: Gong's `metaData\.started` is .* instant"
    ):
        landed("calls", call(metaData={"started": value}))


def test_dates_are_days() -> None:
    period = {"id": "x", "fromDate": "2026-02-01", "toDate": "2026-03-01", "users": []}
    rows = landed("stats_periods", period, only=["activity_aggregate"])["stats_periods"]
    assert column(rows, "from_on", "to_on") == [(date(2026, 2, 1), date(2026, 3, 1))]
    with pytest.raises(SchemaDrift, match=r"stats_periods\.from_on"):
        landed(
            "stats_periods",
            {**period, "fromDate": "2026-02-01T00:00:00Z"},
            only=["activity_aggregate"],
        )


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


def test_stats_of_another_form_are_refused() -> None:
    period = {"id": "x", "users": [{"userId": "1", "stats": [1]}]}
    with pytest.raises(SchemaDrift, match=r"activity_aggregate: stats is a list"):
        landed("stats_periods", period, only=["activity_aggregate"])
    days = {"id": "x", "users": [{"userId": "1", "stats": {"callsAsHost": "7"}}]}
    with pytest.raises(SchemaDrift, match="callsAsHost"):
        landed("stats_periods", days, only=["activity_daily_calls"])


@pytest.mark.parametrize("value", [None, {"a": 1}, ["1"], True, 1.5])
def test_an_entity_without_a_usable_id_is_refused(value: Any) -> None:
    with pytest.raises(SchemaDrift, match=r"calls: metaData\.id"):
        entity_key(table("calls"), {"metaData": {"id": value}})


def test_the_key_of_an_entity_is_text_and_compound_keys_are_joined() -> None:
    assert entity_key(table("users"), {"id": 99999999999999999999}) == "99999999999999999999"
    outcome = {"callOutcome": "Busy", "connectStatus": "CONNECTED"}
    assert entity_key(table("call_outcomes"), outcome) == "Busy|CONNECTED"


def test_an_entity_without_rows_of_a_child_leaves_a_tombstone() -> None:
    first, second = call(parties=[{"id": "a"}]), call(metaData={"id": "2"}, parties=[])
    rows = landed("calls", first, second)["call_parties"]
    assert column(rows, "call_id", "party_index", "_tombstone") == [
        ("8123456789012345673", 0, None),
        ("2", 0, True),
    ]


def test_every_child_table_of_an_empty_entity_has_one_tombstone_and_no_null_key() -> None:
    for root in (r for r in STREAMS if r not in STATS_TABLES and children(r)):
        names = [table(root).column(name).source for name in table(root).key]
        bare = call() if root == "calls" else dict.fromkeys(names, "1")
        rows = landed(root, bare)
        for child in children(root):
            assert column(rows[child.name], "_tombstone") == [True], child.name
            assert all(rows[child.name][0][name] is not None for name in child.key)


def test_a_stats_period_without_users_leaves_a_tombstone_in_its_table() -> None:
    for name in STATS_TABLES:
        period = {"id": "p", "period": "DAY", "fromDate": "2026-01-01", "users": []}
        rows = landed("stats_periods", period, only=[name])[name]
        assert column(rows, "stats_period_id", "_tombstone") == [("p", True)]


def test_rows_carry_when_and_with_which_package_they_came() -> None:
    rows = landed("calls", call(parties=[{"id": "a"}]))
    for name in ("calls", "call_parties", "call_topics"):
        assert column(rows[name], "_loaded_at", "_dlt_load_id") == [(LOADED, "load-1")]


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


def test_crm_objects_count_through_from_the_call_to_its_parties() -> None:
    def objects(*ids: str) -> list[dict[str, Any]]:
        return [{"objectId": one, "fields": [{"name": "n", "value": one}]} for one in ids]

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


@pytest.mark.parametrize(
    ("sent", "value", "kind"),
    [
        ("true", "true", "string"),
        (True, "true", "boolean"),
        (12345678901234567890123, "12345678901234567890123", "number"),
        (1.5, "1.5", "number"),
        (None, None, "null"),
        (["a", 1], '["a",1]', "json"),
        ({"a": None}, '{"a":null}', "json"),
    ],
)
def test_a_crm_value_is_text_beside_its_type(sent: Any, value: Any, kind: str) -> None:
    field = {"name": "Amount", "value": sent}
    rows = landed("calls", call(context=[{"objects": [{"fields": [field]}]}]))["call_crm_fields"]
    assert column(rows, "value", "value_type") == [(value, kind)]


def occurrences(*trackers: dict[str, Any]) -> list[Any]:
    rows = landed("calls", call(content={"trackers": list(trackers)}))["call_tracker_occurrences"]
    return column(
        live(rows), "tracker_id", "occurrence_index", "phrase_index", "start_seconds", "speaker_id"
    )


def test_an_occurrence_listed_by_tracker_and_phrase_is_counted_once() -> None:
    one, two = {"startTime": 1.5, "speakerId": "a"}, {"startTime": 9.0, "speakerId": "b"}
    tracker = {
        "id": "t",
        "occurrences": [one, two],
        "phrases": [{"phrase": "x", "occurrences": [two]}, {"phrase": "y", "occurrences": [one]}],
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
    found = occurrences({"id": "t", "occurrences": [heard]}, {"id": "u", "occurrences": [heard]})
    assert found == [("t", 0, None, 1.0, "a"), ("u", 0, None, 1.0, "a")]


def test_what_only_the_phrase_tells_of_an_occurrence_is_kept() -> None:
    tracker = {
        "id": "t",
        "occurrences": [{"startTime": 1.0, "here": 1}],
        "phrases": [{"occurrences": [{"startTime": 1.0, "there": 2}]}],
    }
    rows = landed("calls", call(content={"trackers": [tracker]}))["call_tracker_occurrences"]
    assert [extra(row) for row in rows] == [{"here": 1, "there": 2}]


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


def test_a_call_counts_once_per_activity_and_day() -> None:
    stats = {"callsAsHost": ["1", "2", "1"], "callsAttended": ["1"], "ownCallsListenedTo": None}
    period = {"id": "p", "fromDate": "2026-01-01", "users": [{"userId": "u", "stats": stats}]}
    rows = landed("stats_periods", period, only=["activity_daily_calls"])["activity_daily_calls"]
    assert column(rows, "user_id", "activity", "call_id") == [
        ("u", "callsAsHost", "1"),
        ("u", "callsAsHost", "2"),
        ("u", "callsAttended", "1"),
    ]


MEDIA = {"audioUrl": "https://cdn/a?sig=1", "videoUrl": "https://cdn/v?sig=1"}


def test_the_hash_ignores_what_media_urls_say() -> None:
    other = {"audioUrl": "https://cdn/a?sig=2", "videoUrl": "https://cdn/v?sig=2"}
    assert content_hash(call(media=MEDIA)) == content_hash(call(media=other))


@pytest.mark.parametrize("media", [None, {}, {"audioUrl": "x"}, {**MEDIA, "videoUrl": ""}])
def test_the_hash_knows_whether_there_is_media(media: Any) -> None:
    assert content_hash(call(media=MEDIA)) != content_hash(call(media=media))


def test_no_landed_value_holds_a_media_url() -> None:
    rows = landed("calls", call(media=MEDIA))
    assert "https://cdn" not in json.dumps(rows, default=str)
    assert (rows["calls"][0]["has_audio"], rows["calls"][0]["has_video"]) == (True, True)


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    entity = call(content={"brief": "x", "trackers": [{"id": "1", "count": 2}]})
    turned = {
        "content": {"trackers": [{"count": 2, "id": "1"}], "brief": "x"},
        "metaData": entity["metaData"],
    }
    assert content_hash(entity) == content_hash(turned)


@pytest.mark.parametrize(
    "other",
    [
        call(content={"brief": "y"}),
        call(content={"brief": "x", "novel": None}),
        call(content={"brief": "x"}, parties=[]),
        call(content={"brief": "x"}, media={}),
        call(metaData={"id": 8123456789012345673}, content={"brief": "x"}),
    ],
)
def test_any_other_change_is_another_hash(other: dict[str, Any]) -> None:
    assert content_hash(call(content={"brief": "x"})) != content_hash(other)


def test_the_order_of_a_list_matters_to_the_hash() -> None:
    assert content_hash(call(parties=[{"id": "1"}, {"id": "2"}])) != content_hash(
        call(parties=[{"id": "2"}, {"id": "1"}])
    )


def test_numbers_beyond_64_bits_and_odd_texts_can_be_hashed() -> None:
    big, bigger = call(novel=2**80), call(novel=2**80 + 1)
    assert content_hash(big) != content_hash(bigger)
    assert content_hash(call(novel="\ud800")) != content_hash(call(novel="\ud801"))


def test_lone_surrogates_are_replaced_wherever_text_lands() -> None:
    odd = "a\ud800b"
    entity = call(
        metaData={"title": odd},
        novel={odd: odd},
        parties=[{"methods": [odd], "name": odd}],
        context=[
            {"objects": [{"fields": [{"name": odd, "value": odd}, {"name": "2", "value": [odd]}]}]}
        ],
    )
    rows = landed("calls", entity)
    assert rows["calls"][0]["title"] == "a\ufffdb"
    assert extra(rows["calls"][0]) == {"novel": {"a\ufffdb": "a\ufffdb"}}
    assert column(rows["call_parties"], "name", "methods") == [("a\ufffdb", '["a\ufffdb"]')]
    assert column(rows["call_crm_fields"], "name", "value") == [
        ("a\ufffdb", "a\ufffdb"),
        ("2", '["a\ufffdb"]'),
    ]


def test_characters_beyond_the_basic_plane_stay_as_they_are() -> None:
    assert landed("calls", call(metaData={"title": "🦀 ok"}))["calls"][0]["title"] == "🦀 ok"
    assert json.loads(dumps({"🦀": 2**90})) == {"🦀": 2**90}


def test_no_column_of_a_key_may_be_null_and_every_table_has_extra() -> None:
    for declared in TABLES:
        fields = schema(declared.name)
        assert all(not fields.field(name).nullable for name in declared.key)
        assert fields.field("extra").nullable
        assert fields.names == [c.name for c in landed_columns(declared.name)]
        assert empty(declared.name).schema == fields
        assert empty(declared.name).num_rows == 0


def test_an_offset_of_any_size_gives_the_same_instant() -> None:
    moment = datetime(2026, 3, 29, 1, 30, 15, 123_456, tzinfo=UTC)
    for minutes in range(-11 * 60, 14 * 60 + 1, 45):
        told = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
        assert landed("calls", call(metaData={"started": told}))["calls"][0]["started_at"] == moment
