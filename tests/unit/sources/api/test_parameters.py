"""What a user types becomes what Gong takes, or a list of all that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sources.gong.api.operations import (
    OPERATIONS,
    Operation,
    Parameter,
    ParameterLocation,
    ParameterType,
    operation,
)
from sources.gong.api.parameters import InvalidParameters, example, parameter_named, validate
from sources.gong.api.request import prepare

CALLS = operation("listCallsExtensive")
LOGS = operation("listLogs")
TASKS = operation("listTasks")
STATS = operation("listInteractionStats")
NEW_CALL = operation("addCall")
MEETING = operation("updateMeeting")
TASK = {
    "filter.userId": "1",
    "filter.types": "FLOW",
    "filter.taskAction": "CALL",
    "filter.status": "OPEN",
}
every_row = pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.kebab)


def problems(row: Operation, given: Mapping[str, Any]) -> tuple[str, ...]:
    with pytest.raises(InvalidParameters) as wrong:
        validate(row, given)
    assert row.operation_id in str(wrong.value)
    return wrong.value.problems


def only(row: Operation, name: str, value: Any) -> Any:
    """The typed value of one input of an operation that needs no other."""
    return validate(row, {name: value})[name]


@pytest.mark.parametrize(
    "name",
    [
        "filter.fromDateTime",
        "filter__fromDateTime",
        "filter__from_date_time",
        "filter-from-date-time",
        "FILTER.FROMDATETIME",
    ],
)
def test_a_name_is_known_however_it_is_written(name: str) -> None:
    moment = "2026-01-01T00:00:00Z"
    assert validate(CALLS, {name: moment}) == {"filter.fromDateTime": moment}


@pytest.mark.parametrize(
    ("row", "name", "gongs"),
    [
        ("get-user-settings-history", "user_id", "id"),
        ("getCall", "call_id", "id"),
        ("listUsers_1", "workspace__id", "workspace-id"),
        ("listUsers_1", "managerId", "manager-id"),
        ("deleteMeeting", "meeting_id", "meetingId"),
        ("integrationStatus", "user_emails", "emails"),
    ],
)
def test_the_catalogues_own_names_are_known(row: str, name: str, gongs: str) -> None:
    found = parameter_named(operation(row), name)
    assert found is not None
    assert found.name == gongs


def test_a_path_input_may_be_given_by_the_name_of_what_it_is() -> None:
    row = operation("get-user-settings-history")
    assert validate(row, {"user_id": "55"}) == {"id": "55"}
    assert problems(row, {"userid": "1", "id": "2"}) == ("id is given twice",)


@every_row
def test_no_two_inputs_of_an_operation_share_a_name(row: Operation) -> None:
    for one in row.parameters:
        for name in (one.name, *one.aliases):
            assert parameter_named(row, name) is one


def test_an_object_may_be_given_whole() -> None:
    row = TASKS
    whole = {
        "filter": '{"userId": "1", "types": ["FLOW"], "task_action": ["CALL"], "status": ["OPEN"]}'
    }
    assert validate(row, whole) == validate(row, TASK)
    nested = {"contentSelector": {"context": "Extended", "exposedFields": {"parties": True}}}
    assert validate(CALLS, nested) == {
        "contentSelector.context": "Extended",
        "contentSelector.exposedFields.parties": True,
    }
    assert validate(CALLS, {"filter": "{}"}) == {}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{", "filter is not valid JSON (Expecting property name"),
        ("[1]", "filter must be a JSON object, or be given by its parts"),
        ("x", "filter is not valid JSON"),
        ('{"fromDate": "2026-01-01T00:00:00Z"}', "there is no parameter 'filter.fromDate'"),
        ('{"callIds": 5}', "filter.callIds must be a list"),
        ('{"callIds": NaN}', "NaN is no number"),
    ],
)
def test_an_object_that_cannot_be_used_is_told(value: str, said: str) -> None:
    assert any(said in problem for problem in problems(CALLS, {"filter": value}))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = problems(
        LOGS,
        {
            "logtype": "AccesLog",
            "fromDateTme": "2026-01-01T00:00:00Z",
            "toDateTime": "2026-01-01T00:00:00",
            "zzz": "1",
        },
    )
    assert found == (
        "logType cannot be 'AccesLog' (did you mean AccessLog?); it can be AccessLog, "
        "UserActivityLog, UserCallPlay, ExternallySharedCallAccess, ExternallySharedCallPlay",
        "there is no parameter 'fromDateTme'; did you mean fromDateTime or toDateTime?",
        "toDateTime has no offset: write 2026-01-01T00:00:00Z (or another offset than Z), "
        "not '2026-01-01T00:00:00'",
        "there is no parameter 'zzz'; it takes logType, fromDateTime, toDateTime, cursor",
        "fromDateTime is missing (instant)",
    )


def test_a_name_that_nothing_takes_says_so() -> None:
    (found,) = problems(operation("listWorkspaces"), {"x": "1"})
    assert found == "there is no parameter 'x'; the operation takes none"
    (found,) = problems(CALLS, {"callIds": "1"})
    assert "did you mean filter.callIds?" in found


def test_what_is_required_in_an_object_is_required_with_it_only() -> None:
    row = operation("addDigitalInteraction")
    base = {
        "eventId": "1",
        "timestamp": "2026-01-01T00:00:00Z",
        "eventType": "x",
        "content.contentTitle": "t",
    }
    assert validate(row, base) == base
    found = problems(row, {**base, "content.numericContentDetails.value": "3"})
    assert found == (
        "content.numericContentDetails.rangeFrom is missing (integer): "
        "content.numericContentDetails needs it",
        "content.numericContentDetails.rangeTo is missing (integer): "
        "content.numericContentDetails needs it",
    )
    found = problems(row, {**base, "person.personBusinessContext.systemName": "s"})
    assert [problem.split()[0] for problem in found] == [
        "person.personBusinessContext.objectType",
        "person.personBusinessContext.objectId",
    ]


def test_none_is_left_out() -> None:
    assert validate(CALLS, {"filter.workspaceId": None, "filter.callIds": ["1"]}) == {
        "filter.callIds": ["1"]
    }
    assert "filter.userId is missing" in problems(TASKS, {**TASK, "filter.userId": None})[0]


@given(some.integers(min_value=-(10**40), max_value=10**40))
def test_whole_numbers_of_any_length_stay_exact(number: int) -> None:
    row = operation("listFlowsFolders")
    base = {"flowFolderOwnerEmail": "a@b"}
    for value in (str(number), number, f" {number} "):
        assert validate(row, {**base, "parentId": value})["parentId"] == number
    items = validate(CALLS, {"filter.callIds": f"[{number}]"})["filter.callIds"]
    assert items == [number]
    assert str(number) in json.dumps(prepare(CALLS, {"filter.callIds": items}).body)


@pytest.mark.parametrize("value", ["", "1.0", "1e3", "0x10", "one", 1.0, True, "١٢", "9" * 200, []])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    row = operation("listFlowsFolders")
    (found,) = problems(row, {"flowFolderOwnerEmail": "a@b", "parentId": value})
    assert found.startswith("parentId ")


@pytest.mark.parametrize(
    ("value", "typed"),
    [("12", 12), ("1.5", 1.5), ("1e3", 1000.0), (7, 7), (0.5, 0.5), (Decimal("2.5"), 2.5)],
)
def test_numbers(value: Any, typed: float) -> None:
    base = new_call()
    assert validate(NEW_CALL, {**base, "duration": value})["duration"] == typed


@pytest.mark.parametrize("value", ["", "nan", "inf", "-Infinity", "ten", True, float("nan"), {}])
def test_what_is_no_number_is_refused(value: Any) -> None:
    (found,) = problems(NEW_CALL, {**new_call(), "duration": value})
    assert found.startswith("duration ")


@pytest.mark.parametrize(
    ("value", "typed"), [("true", True), ("False", False), ("TRUE", True), (False, False)]
)
def test_booleans(value: Any, typed: bool) -> None:
    assert only(operation("listUsers"), "includeAvatars", value) is typed


@pytest.mark.parametrize("value", ["", "1", "yes", "0", 1, 0, None.__class__, []])
def test_what_is_no_boolean_is_refused(value: Any) -> None:
    (found,) = problems(operation("listUsers"), {"includeAvatars": value})
    assert found.startswith("includeAvatars ")


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
        told = only(CALLS, "filter.fromDateTime", value)
        assert datetime.fromisoformat(told) == aware
    (found,) = problems(CALLS, {"filter.fromDateTime": moment.isoformat()})
    assert "has no offset" in found


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
def test_what_is_no_instant_is_refused(value: Any) -> None:
    (found,) = problems(CALLS, {"filter.fromDateTime": value})
    assert found.startswith("filter.fromDateTime ")


@given(some.dates())
def test_days(day: date) -> None:
    base = {"filter.toDate": "2026-02-01"}
    for value in (day, day.isoformat()):
        assert validate(STATS, {**base, "filter.fromDate": value})["filter.fromDate"] == (
            day.isoformat()
        )


@pytest.mark.parametrize(
    "value",
    ["", "2026-02-30", "2026-1-1", "20260101", "2026-01-01T00:00:00Z", "01.01.2026", 20260101],
)
def test_what_is_no_day_is_refused(value: Any) -> None:
    (found,) = problems(STATS, {"filter.toDate": "2026-02-01", "filter.fromDate": value})
    assert found.startswith("filter.fromDate ")


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("1,2,3", ["1", "2", "3"]),
        (" 1 , 2 ", ["1", "2"]),
        ("1", ["1"]),
        ("1\n2\n", ["1", "2"]),
        ('["1", "2"]', ["1", "2"]),
        ("[]", []),
        ('[{"a": 1}]', [{"a": 1}]),
        (["1", 2], ["1", 2]),
        ((), []),
    ],
)
def test_lists(value: Any, typed: list[Any]) -> None:
    assert only(CALLS, "filter.callIds", value) == typed


@given(some.lists(some.from_regex(r"[0-9]{1,20}", fullmatch=True), min_size=1))
def test_ids_stay_text_either_way(ids: list[str]) -> None:
    assert only(CALLS, "filter.callIds", ",".join(ids)) == ids
    assert only(CALLS, "filter.callIds", json.dumps(ids)) == ids


@pytest.mark.parametrize("value", ["", "1,,2", "1,", ",", "[1", '{"a": 1}', 5, {}, "[1] x"])
def test_what_is_no_list_is_refused(value: Any) -> None:
    (found,) = problems(CALLS, {"filter.callIds": value})
    assert found.startswith("filter.callIds ")


def test_an_emptied_list_is_not_taken_for_all() -> None:
    (found,) = problems(CALLS, {"filter.callIds": ""})
    assert found == "filter.callIds is empty: write [] for an empty list"


def test_each_item_of_a_list_must_be_a_choice() -> None:
    assert validate(TASKS, {**TASK, "filter.types": "FLOW,MANUAL"})["filter.types"] == [
        "FLOW",
        "MANUAL",
    ]
    (found,) = problems(TASKS, {**TASK, "filter.types": "FLOW,flow"})
    assert found == "filter.types cannot be 'flow' (did you mean FLOW?); it can be FLOW, MANUAL"


def test_a_text_may_be_emptied_where_it_may_be_left_out() -> None:
    assert validate(NEW_CALL, {**new_call(), "title": ""})["title"] == ""
    assert problems(NEW_CALL, {**new_call(), "clientUniqueId": ""}) == ("clientUniqueId is empty",)
    assert problems(operation("getCall"), {"id": ""}) == ("id is empty",)
    assert problems(operation("getCall"), {"id": ".."}) == ("id cannot be '..'",)
    assert problems(operation("listTrackers"), {"workspaceId": ""}) == ("workspaceId is empty",)


def test_ids_that_are_numbers_in_a_table_become_text() -> None:
    assert only(CALLS, "filter.workspaceId", 8123456789012345673) == "8123456789012345673"
    for value in (True, 1.5, ["a"], {"a": 1}):
        (found,) = problems(CALLS, {"filter.workspaceId": value})
        assert found.startswith("filter.workspaceId must be text")


def test_a_text_that_cannot_be_encoded_is_refused() -> None:
    assert problems(NEW_CALL, {**new_call(), "title": "a\udcff"}) == ("title is not valid UTF-8",)


def test_a_file_is_given_by_its_path() -> None:
    row = operation("addCallRecording")
    found = validate(row, {"call_id": "1", "media_file": "a/b.mp3"})
    assert found == {"id": "1", "mediaFile": Path("a/b.mp3")}
    assert problems(row, {"id": "1", "mediaFile": 5})[0].startswith("mediaFile must be the path")


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


@every_row
def test_the_examples_of_the_help_are_accepted(row: Operation) -> None:
    given = {one.name: example(one) for one in row.parameters}
    found = validate(row, given)
    assert found.keys() == given.keys()
    prepare(row, found)


@given(some.sampled_from(OPERATIONS), some.dictionaries(some.text(), some.text(), max_size=5))
def test_whatever_is_typed_ends_in_values_or_in_problems(
    row: Operation, typed: dict[str, str]
) -> None:
    told: tuple[str, ...] = ("",)
    try:
        found = validate(row, typed)
    except InvalidParameters as wrong:
        found, told = {}, wrong.problems
    assert found.keys() <= {one.name for one in row.parameters}
    assert told
    assert all("\n" not in problem for problem in told)


def new_call() -> dict[str, str]:
    return {
        "clientUniqueId": "1",
        "actualStart": "2026-01-01T00:00:00Z",
        "parties": '[{"userId": "1"}]',
        "direction": "Inbound",
        "primaryUser": "1",
    }
