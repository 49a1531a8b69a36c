"""A value of the wire becomes exactly one value of a column, or is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import content_hash, dumps
from tests.unit.sources.schema.landed_rows import call, column, extra, landed


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
def test_a_wrong_text_is_refused_with_table_column_and_key(value: Any) -> None:
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
def test_a_wrong_64_bit_integer_is_refused(value: Any) -> None:
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
def test_an_inexact_number_is_refused(value: Any) -> None:
    stats = [{"name": "a", "value": value}]
    with pytest.raises(SchemaDrift, match=r"call_interaction_stats\.value"):
        landed("calls", call(interaction={"interactionStats": stats}))


@pytest.mark.parametrize("value", ["true", 1, 0, "x"])
def test_a_wrong_boolean_is_refused(value: Any) -> None:
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
def test_a_time_without_an_instant_is_refused(value: Any) -> None:
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


def test_an_offset_of_any_size_gives_the_same_instant() -> None:
    moment = datetime(2026, 3, 29, 1, 30, 15, 123_456, tzinfo=UTC)
    for minutes in range(-11 * 60, 14 * 60 + 1, 45):
        text = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
        assert landed("calls", call(metaData={"started": text}))["calls"][0]["started_at"] == moment
