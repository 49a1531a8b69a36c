"""What a user types becomes what Gong takes, or a list of all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sources.gong.api.operations import (
    OPERATIONS,
    Operation,
    operation,
)
from sources.gong.api.parameters import InvalidParameters, parameter_named, validate
from sources.gong.api.request import prepare
from tests.harness.examples import all_together

CALLS = operation("listCallsExtensive")
LOGS = operation("listLogs")
TASKS = operation("listTasks")
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
    parameter = parameter_named(operation(row), name)
    assert parameter is not None
    assert parameter.name == gongs


def test_a_path_input_may_be_given_by_the_name_of_what_it_is() -> None:
    row = operation("get-user-settings-history")
    assert validate(row, {"user_id": "55"}) == {"id": "55"}
    assert problems(row, {"userid": "1", "id": "2"}) == ("id is given twice",)


@every_row
def test_no_two_inputs_of_an_operation_share_a_name(row: Operation) -> None:
    for parameter in row.parameters:
        for name in (parameter.name, *parameter.aliases):
            assert parameter_named(row, name) is parameter


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
def test_an_unusable_object_is_reported(value: str, said: str) -> None:
    assert any(said in problem for problem in problems(CALLS, {"filter": value}))


def test_all_problems_are_reported_at_once() -> None:
    messages = problems(
        LOGS,
        {
            "logtype": "AccesLog",
            "fromDateTme": "2026-01-01T00:00:00Z",
            "toDateTime": "2026-01-01T00:00:00",
            "zzz": "1",
        },
    )
    assert messages == (
        "logType cannot be 'AccesLog' (did you mean AccessLog?); it can be AccessLog, "
        "UserActivityLog, UserCallPlay, ExternallySharedCallAccess, ExternallySharedCallPlay",
        "there is no parameter 'fromDateTme'; did you mean fromDateTime or toDateTime?",
        "toDateTime has no offset: write 2026-01-01T00:00:00Z (or another offset than Z), "
        "not '2026-01-01T00:00:00'",
        "there is no parameter 'zzz'; it takes logType, fromDateTime, toDateTime, cursor",
        "fromDateTime is missing (instant)",
    )


def test_a_name_that_nothing_takes_says_so() -> None:
    (message,) = problems(operation("listWorkspaces"), {"x": "1"})
    assert message == "there is no parameter 'x'; the operation takes none"
    (message,) = problems(CALLS, {"callIds": "1"})
    assert "did you mean filter.callIds?" in message


def test_what_is_required_in_an_object_is_required_with_it_only() -> None:
    row = operation("addDigitalInteraction")
    base = {
        "eventId": "1",
        "timestamp": "2026-01-01T00:00:00Z",
        "eventType": "x",
        "content.contentTitle": "t",
    }
    assert validate(row, base) == base
    messages = problems(row, {**base, "content.numericContentDetails.value": "3"})
    assert messages == (
        "content.numericContentDetails.rangeFrom is missing (integer): "
        "content.numericContentDetails needs it",
        "content.numericContentDetails.rangeTo is missing (integer): "
        "content.numericContentDetails needs it",
    )
    messages = problems(row, {**base, "person.personBusinessContext.systemName": "s"})
    assert [problem.split()[0] for problem in messages] == [
        "person.personBusinessContext.objectType",
        "person.personBusinessContext.objectId",
    ]


def test_none_is_left_out() -> None:
    assert validate(CALLS, {"filter.workspaceId": None, "filter.callIds": ["1"]}) == {
        "filter.callIds": ["1"]
    }
    assert "filter.userId is missing" in problems(TASKS, {**TASK, "filter.userId": None})[0]


def test_a_file_is_given_by_its_path() -> None:
    row = operation("addCallRecording")
    values = validate(row, {"call_id": "1", "media_file": "a/b.mp3"})
    assert values == {"id": "1", "mediaFile": Path("a/b.mp3")}
    assert problems(row, {"id": "1", "mediaFile": 5})[0].startswith("mediaFile must be the path")


@every_row
def test_the_examples_of_the_help_are_accepted(row: Operation) -> None:
    given = all_together(row)
    values = validate(row, given)
    assert values.keys() == given.keys()
    prepare(row, values)


@given(some.sampled_from(OPERATIONS), some.dictionaries(some.text(), some.text(), max_size=5))
def test_whatever_is_typed_ends_in_values_or_in_problems(
    row: Operation, typed: dict[str, str]
) -> None:
    said: tuple[str, ...] = ("",)
    try:
        values = validate(row, typed)
    except InvalidParameters as wrong:
        values, said = {}, wrong.problems
    assert values.keys() <= {parameter.name for parameter in row.parameters}
    assert said
    assert all("\n" not in problem for problem in said)
