from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.gong.extract.stats import period_entities
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.odd_entities import drift_of
from sources.gong.schema.table import Period

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
DATED, UNDATED = "activity_by_period", "interaction_stats"


def days(*numbers: int) -> list[tuple[date, date, date]]:
    return [(date(2026, 3, n), date(2026, 3, n + 1), date(2026, 3, n + 1)) for n in numbers]


def dated(*items: tuple[str, Any], asked: Any = None) -> list[dict[str, Any]]:
    users = [
        {"userId": user, "userAggregateActivity": [{"fromDate": from_date, "callsAsHost": 1}]}
        for user, from_date in items
    ]
    return period_entities(DATED, Period.DAY, asked or days(7, 8, 9), users, LOS_ANGELES)


@pytest.mark.parametrize(
    ("from_date", "day"),
    [
        ("2026-03-08", "2026-03-08"),
        ("2026-03-08T00:00:00-08:00", "2026-03-08"),
        ("2026-03-08T23:59:59.999-07:00", "2026-03-08"),
        ("2026-03-09T00:00:00-07:00", "2026-03-09"),
        ("2026-03-09T06:59:00Z", "2026-03-08"),
        ("2026-03-08T00:00:00", "2026-03-08"),
        ("2026-03-08T000:00:00-08:00", "2026-03-08"),
        ("2026-03-08T002:00:00-08:00", "2026-03-08"),
    ],
)
def test_an_item_belongs_to_the_company_day_that_its_date_names(from_date: str, day: str) -> None:
    users_by_day = {entity["fromDate"]: entity["users"] for entity in dated(("1", from_date))}
    assert [key for key, users in users_by_day.items() if users] == [day]


@pytest.mark.parametrize("from_date", [None, "", "soon", 5])
def test_an_item_without_a_date_marks_the_days_it_may_belong_to(from_date: Any) -> None:
    entities = dated(("1", "2026-03-08"), ("2", "2026-03-07"))
    assert not any(drift_of(entity, DATED) for entity in entities)
    users = [
        {
            "userId": "1",
            "userAggregateActivity": [
                {"fromDate": "2026-03-08", "callsAsHost": 1},
                {"fromDate": from_date, "callsAsHost": 2},
            ],
        },
        {"userId": "2", "userAggregateActivity": [{"fromDate": "2026-03-07", "callsAsHost": 1}]},
    ]
    entities = period_entities(DATED, Period.DAY, days(7, 8, 9), users, LOS_ANGELES)
    assert [str(drift_of(entity, DATED) or "") for entity in entities] == [
        f"{DATED}: fromDate of an item is not a date", "",
        f"{DATED}: fromDate of an item is not a date",
    ]  # fmt: skip
    # nothing of the answer is lost
    assert [user["userId"] for user in entities[0]["users"]] == ["2"]
    assert entities[0]["unread"] == [users[0]]


@pytest.mark.parametrize("from_date", ["2026-03-06", "2026-03-10", "2026-03-10T00:00:00-07:00"])
def test_an_item_outside_what_was_asked_marks_the_days_it_may_belong_to(from_date: str) -> None:
    drifts = [drift_of(entity, DATED) for entity in dated(("1", from_date))]
    assert all("was not requested" in str(drift) for drift in drifts)


@pytest.mark.parametrize("items", ["text", [None], [7], {"a": 1}])
def test_items_of_another_form_mark_their_periods(items: Any) -> None:
    users = [{"userId": "1", "userAggregateActivity": items}]
    entities = period_entities(DATED, Period.DAY, days(7, 8), users, LOS_ANGELES)
    assert all(drift_of(entity, DATED) for entity in entities)


def test_a_period_in_which_nobody_did_anything_is_an_entity_too() -> None:
    assert [(e["fromDate"], e["users"]) for e in dated()] == [
        ("2026-03-07", []),
        ("2026-03-08", []),
        ("2026-03-09", []),
    ]


def test_the_order_of_users_does_not_change_the_content() -> None:
    there = [("2", "2026-03-08"), ("10", "2026-03-08"), ("1", "2026-03-08")]
    first, second = dated(*there), dated(*reversed(there))
    assert [user["userId"] for user in first[1]["users"]] == ["1", "10", "2"]
    assert list(map(content_hash, first)) == list(map(content_hash, second))


def test_the_dates_of_an_item_stand_once_in_the_period() -> None:
    item = {"fromDate": "2026-03-08", "toDate": "2026-03-09", "callsAsHost": 3, "novel": 4}
    user = {"userId": "1", "userEmailAddress": "a@b", "userAggregateActivity": [item]}
    (entity,) = period_entities(DATED, Period.DAY, days(8), [user], LOS_ANGELES)
    assert entity == {
        "id": "activity_by_period/DAY/2026-03-08",
        "table": "activity_by_period",
        "period": "DAY",
        "fromDate": "2026-03-08",
        "toDate": "2026-03-09",
        "isComplete": True,
        "users": [
            {
                "userId": "1",
                "userEmailAddress": "a@b",
                "stats": {"callsAsHost": 3, "novel": 4},
            }
        ],
    }


def test_an_open_period_is_marked_and_ends_with_the_last_day_read() -> None:
    asked = [(date(2026, 3, 1), date(2026, 4, 1), date(2026, 3, 20))]
    (entity,) = period_entities(DATED, Period.MONTH, asked, [], LOS_ANGELES)
    assert (entity["toDate"], entity["isComplete"]) == ("2026-03-20", False)


def test_an_undated_answer_is_one_period() -> None:
    users = [
        {"userId": "2", "personInteractionStats": [{"name": "a", "value": 1}]},
        {"userId": "1", "personInteractionStats": None},
    ]
    (entity,) = period_entities(UNDATED, Period.DAY, days(8), users, LOS_ANGELES)
    assert entity["users"] == [
        {"userId": "1", "stats": None},
        {"userId": "2", "stats": [{"name": "a", "value": 1}]},
    ]
    with pytest.raises(ValueError, match="one period"):
        period_entities(UNDATED, Period.DAY, days(8, 9), users, LOS_ANGELES)


def test_a_user_without_items_did_nothing() -> None:
    users = [{"userId": "1", "userAggregateActivity": None}, {"userId": "2"}]
    entities = period_entities(DATED, Period.DAY, days(8), users, LOS_ANGELES)
    assert [entity["users"] for entity in entities] == [[]]


SANTIAGO = ZoneInfo("America/Santiago")
SPRING = [(date(2026, 9, n), date(2026, 9, n + 1), date(2026, 9, n + 1)) for n in (5, 6, 7)]
"""The sixth has no midnight: at 24:00 of the fifth, UTC-4, it is one o'clock, UTC-3."""


def counted(user: str, **calls: int) -> dict[str, int]:
    """Returns the calls of a user by day; items are named by the start of their day."""
    items = [{"fromDate": day, "callsAsHost": count} for day, count in calls.items()]
    users = [{"userId": user, "userAggregateActivity": items}]
    entities = period_entities(DATED, Period.DAY, SPRING, users, SANTIAGO)
    return {e["fromDate"]: e["users"][0]["stats"]["callsAsHost"] for e in entities if e["users"]}


@pytest.mark.parametrize(
    "start",
    [
        "2026-09-06",
        "2026-09-06T00:00:00-03:00",
        "2026-09-06T00:00:00-04:00",
        "2026-09-06T01:00:00-03:00",
        "2026-09-06T03:00:00Z",
        "2026-09-06T04:00:00Z",
    ],
)
def test_days_around_a_missing_midnight_keep_an_item_each(start: str) -> None:
    days_ = {"2026-09-05T00:00:00-04:00": 1, start: 2, "2026-09-07T00:00:00-03:00": 3}
    assert counted("1", **days_) == {"2026-09-05": 1, "2026-09-06": 2, "2026-09-07": 3}


def test_two_items_of_a_user_on_one_day_are_refused() -> None:
    items = [
        {"fromDate": "2026-09-06T00:00:00-03:00", "callsAsHost": 1},
        {"fromDate": "2026-09-06T04:00:00Z", "callsAsHost": 2},
    ]
    users = [{"userId": "1", "userAggregateActivity": items}]
    entities = period_entities(DATED, Period.DAY, SPRING, users, SANTIAGO)
    drifts = {e["fromDate"]: str(drift_of(e, DATED)) for e in entities if drift_of(e, DATED)}
    assert list(drifts) == ["2026-09-06"]
    assert "two items of one user for 2026-09-06" in drifts["2026-09-06"]
