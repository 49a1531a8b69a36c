"""A value is read in the type of its parameter, or the problem with it is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sources.gong.api.operations import (
    Operation,
    Parameter,
    ParameterLocation,
    ParameterType,
    operation,
)
from sources.gong.api.parameters import InvalidParameters, validate
from sources.gong.api.request import prepare

CALLS = operation("listCallsExtensive")
TASKS = operation("listTasks")
STATS = operation("listInteractionStats")
NEW_CALL = operation("addCall")
TASK = {
    "filter.userId": "1",
    "filter.types": "FLOW",
    "filter.taskAction": "CALL",
    "filter.status": "OPEN",
}


def problems(row: Operation, given: Mapping[str, Any]) -> tuple[str, ...]:
    with pytest.raises(InvalidParameters) as wrong:
        validate(row, given)
    assert row.operation_id in str(wrong.value)
    return wrong.value.problems


def only(row: Operation, name: str, value: Any) -> Any:
    """The typed value of one input of an operation that needs no other."""
    return validate(row, {name: value})[name]


def new_call() -> dict[str, str]:
    return {
        "clientUniqueId": "1",
        "actualStart": "2026-01-01T00:00:00Z",
        "parties": '[{"userId": "1"}]',
        "direction": "Inbound",
        "primaryUser": "1",
    }


@given(some.integers(min_value=-(10**40), max_value=10**40))
def test_whole_numbers_of_any_length_stay_exact(number: int) -> None:
    row = operation("listFlowsFolders")
    base = {"flowFolderOwnerEmail": "a@b"}
    for value in (str(number), number, f" {number} "):
        given = {**base, "parentId": value}
        if -(2**63) <= number < 2**63:
            assert validate(row, given)["parentId"] == number
        else:
            (problem,) = problems(row, given)
            assert problem.endswith(f"not {number}")
    items = validate(CALLS, {"filter.callIds": f"[{number}]"})["filter.callIds"]
    assert items == [number]
    assert str(number) in json.dumps(prepare(CALLS, {"filter.callIds": items}).body)


@pytest.mark.parametrize("value", ["", "1.0", "1e3", "0x10", "one", 1.0, True, "١٢", "9" * 200, []])
def test_a_wrong_integer_is_refused(value: Any) -> None:
    row = operation("listFlowsFolders")
    (problem,) = problems(row, {"flowFolderOwnerEmail": "a@b", "parentId": value})
    assert problem.startswith("parentId ")


@pytest.mark.parametrize(
    ("value", "typed"),
    [("12", 12), ("1.5", 1.5), ("1e3", 1000.0), (7, 7), (0.5, 0.5), (Decimal("2.5"), 2.5)],
)
def test_numbers(value: Any, typed: float) -> None:
    base = new_call()
    assert validate(NEW_CALL, {**base, "duration": value})["duration"] == typed


@pytest.mark.parametrize("value", ["", "nan", "inf", "-Infinity", "ten", True, float("nan"), {}])
def test_a_wrong_number_is_refused(value: Any) -> None:
    (problem,) = problems(NEW_CALL, {**new_call(), "duration": value})
    assert problem.startswith("duration ")


@pytest.mark.parametrize(
    ("value", "typed"), [("true", True), ("False", False), ("TRUE", True), (False, False)]
)
def test_booleans(value: Any, typed: bool) -> None:
    assert only(operation("listUsers"), "includeAvatars", value) is typed


@pytest.mark.parametrize("value", ["", "1", "yes", "0", 1, 0, None.__class__, []])
def test_a_wrong_boolean_is_refused(value: Any) -> None:
    (problem,) = problems(operation("listUsers"), {"includeAvatars": value})
    assert problem.startswith("includeAvatars ")


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00+05:30",
        "2026-01-01T00:00:00.123456789-08:00",
        "2026-01-01T00:00Z",
    ],
)
def test_an_instant_is_sent_as_it_was_written(value: str) -> None:
    assert only(CALLS, "filter.fromDateTime", value) == value


@given(
    some.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    some.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_any_instant_that_python_knows_is_the_same_instant(moment: datetime, offset: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    for value in (aware, aware.isoformat(), aware.astimezone(UTC).isoformat()):
        read = only(CALLS, "filter.fromDateTime", value)
        assert datetime.fromisoformat(read) == aware
    (problem,) = problems(CALLS, {"filter.fromDateTime": moment.isoformat()})
    assert "has no offset" in problem


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-02-30T00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T25:00:00Z",
        "20260101T000000Z",
        "2026-W01-1T00:00:00Z",
        "yesterday",
        1767225600,
        date(2026, 1, 1),
        datetime(2026, 1, 1),  # noqa: DTZ001
    ],
)
def test_a_wrong_instant_is_refused(value: Any) -> None:
    (problem,) = problems(CALLS, {"filter.fromDateTime": value})
    assert problem.startswith("filter.fromDateTime ")


@given(some.dates())
def test_days(day: date) -> None:
    base = {"filter.toDate": "2026-02-01"}
    for value in (day, day.isoformat()):
        assert validate(STATS, {**base, "filter.fromDate": value})["filter.fromDate"] == (
            day.isoformat()
        )


@pytest.mark.parametrize(
    "value",
    ["2026-01-31T23:59:59Z", "2026-01-31T00:00:00.000+02:00", "2026-01-31T12:00"],
)
def test_a_time_is_taken_as_a_day_and_sent_as_written(value: str) -> None:
    """Gong documents days; live clients send times, and Gong takes them."""
    days = {"filter.fromDate": "2026-01-01", "filter.toDate": value}
    for row in (STATS, operation("listMultipleUsersAggregateActivity")):
        assert validate(row, days)["filter.toDate"] == value
    reviews = operation("listAnsweredScorecards")
    assert validate(reviews, {"filter.reviewToDate": value}) == {"filter.reviewToDate": value}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-02-30",
        "2026-1-1",
        "20260101",
        "2026-01-01T25:00Z",
        "2026-01-01 12",
        "01.01.2026",
        "2026-01-01Tnoon",
        20260101,
    ],
)
def test_a_wrong_day_is_refused(value: Any) -> None:
    (problem,) = problems(STATS, {"filter.toDate": "2026-02-01", "filter.fromDate": value})
    assert problem.startswith("filter.fromDate ")


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("1,2,3", ["1", "2", "3"]),
        (" 1 , 2 ", ["1", "2"]),
        ("1", ["1"]),
        ("1\n2\n", ["1", "2"]),
        ('["1", "2"]', ["1", "2"]),
        ("[]", []),
        (["1", 2], ["1", 2]),
        ((), []),
    ],
)
def test_lists(value: Any, typed: list[Any]) -> None:
    assert only(CALLS, "filter.callIds", value) == typed


@given(some.lists(some.from_regex(r"[0-9]{1,20}", fullmatch=True), min_size=1, unique=True))
def test_ids_stay_text_either_way(ids: list[str]) -> None:
    assert only(CALLS, "filter.callIds", ",".join(ids)) == ids
    assert only(CALLS, "filter.callIds", json.dumps(ids)) == ids


@pytest.mark.parametrize("value", ["", "1,,2", "1,", ",", "[1", '{"a": 1}', 5, {}, "[1] x"])
def test_a_wrong_list_is_refused(value: Any) -> None:
    (problem,) = problems(CALLS, {"filter.callIds": value})
    assert problem.startswith("filter.callIds ")


def test_an_emptied_list_is_not_taken_for_all() -> None:
    (problem,) = problems(CALLS, {"filter.callIds": ""})
    assert problem == "filter.callIds is empty: write [] for an empty list"


def test_each_item_of_a_list_must_be_a_choice() -> None:
    assert validate(TASKS, {**TASK, "filter.types": "FLOW,MANUAL"})["filter.types"] == [
        "FLOW",
        "MANUAL",
    ]
    (problem,) = problems(TASKS, {**TASK, "filter.types": "FLOW,flow"})
    assert problem == "filter.types cannot be 'flow' (did you mean FLOW?); it can be FLOW, MANUAL"


def test_a_text_may_be_emptied_where_it_may_be_left_out() -> None:
    assert validate(NEW_CALL, {**new_call(), "title": ""})["title"] == ""
    assert problems(NEW_CALL, {**new_call(), "clientUniqueId": ""}) == ("clientUniqueId is empty",)
    assert problems(operation("getCall"), {"id": ""}) == ("id is empty",)
    assert problems(operation("getCall"), {"id": ".."}) == ("id cannot be '..'",)
    assert problems(operation("listTrackers"), {"workspaceId": ""}) == ("workspaceId is empty",)


def test_ids_that_are_numbers_in_a_table_become_text() -> None:
    assert only(CALLS, "filter.workspaceId", 8123456789012345673) == "8123456789012345673"
    for value in (True, 1.5, ["a"], {"a": 1}):
        (problem,) = problems(CALLS, {"filter.workspaceId": value})
        assert problem.startswith("filter.workspaceId must be text")


def test_a_text_that_cannot_be_encoded_is_refused() -> None:
    assert problems(NEW_CALL, {**new_call(), "title": "a\udcff"}) == ("title is not valid UTF-8",)


def test_objects_and_anything_are_json() -> None:
    row = Operation(
        **{
            **{name: getattr(CALLS, name) for name in Operation.__slots__},
            "parameters": (
                Parameter("o", ParameterLocation.BODY, ParameterType.OBJECT),
                Parameter("a", ParameterLocation.BODY, ParameterType.ANY),
            ),
        }
    )
    big = 123456789012345678901
    assert validate(row, {"o": f'{{"id": {big}}}', "a": f"[{big}]"}) == {
        "o": {"id": big},
        "a": [big],
    }
    assert validate(row, {"o": {"b": 1}, "a": "just text"}) == {"o": {"b": 1}, "a": "just text"}
    assert problems(row, {"o": "[1]"})[0].startswith("o must be a JSON object")
    assert problems(row, {"o": "[" * 100_000})[0].startswith("o is not valid JSON")
