from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sources.gong.inputs import WrongInputs
from sources.gong.operations import operation, writes
from sources.gong.writes import WRITES, Repeat, Unit, composed, grouped, units, write_of


def made(name: str, *rows: dict[str, Any]) -> list[Unit]:
    write = write_of(operation(name))
    return [unit for number, row in enumerate(rows, 1) for unit in units(write, number, row)]


def requests(name: str, *rows: dict[str, Any], folder: Path = Path()) -> list[dict[str, Any]]:
    write = write_of(operation(name))
    return [composed(write, group, folder) for group in grouped(write, iter(made(name, *rows)))]


def test_every_write_has_a_row_and_no_read_has() -> None:
    assert sorted(one.operation_id for one in WRITES) == sorted(
        row.operation_id for row in writes()
    )


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.operation.short)
def test_a_row_of_the_table_fits_its_operation(write: Any) -> None:
    names = {one.name for one in (*write.operation.inputs, *write.element)}
    names |= {"objectId"} if write.is_file_of_lines else set()
    assert {*write.key, write.made_up, write.elements} - {None} <= names
    assert (write.most > 1) == (write.elements is not None)
    assert (write.repeat is Repeat.ASKED) == (write.asks is not None)
    assert write.operation.is_write


def test_an_event_without_an_id_gets_one_of_its_content() -> None:
    row = {
        "reportingSystem": "s", "eventTimestamp": "2026-11-19T10:00:00Z", "actionName": "Opened",
    }  # fmt: skip
    first, same, other = made("customAction", row, row, {**row, "actionName": "Closed"})
    assert first.rest["eventId"] == same.rest["eventId"] != other.rest["eventId"]
    assert first.key == same.key != other.key
    given, changed = made(
        "customAction", {**row, "event_id": "7"}, {**row, "event_id": "7", "actionName": "Closed"}
    )
    assert given.rest["eventId"] == "7"
    assert given.key == changed.key
    assert given.digest != changed.digest


def test_rows_with_the_same_rest_go_together_as_many_as_gong_takes() -> None:
    rows = [
        {"crmProspectsIds": f"p{n}", "flowId": "1", "flowInstanceOwnerEmail": "a@b.example"}
        for n in range(130)
    ]
    other = {**rows[0], "flowId": "2", "crmProspectsIds": ["x", "y"]}
    sent = requests("assignProspects", *rows, other)
    assert [len(one["crmProspectsIds"]) for one in sent] == [100, 30, 2]
    assert [one["flowId"] for one in sent] == ["1", "1", "2"]


def test_a_row_holds_one_element_flat_or_a_list_of_them() -> None:
    flat = {"callId": "1", "userId": "2"}
    listed = {"callAccessList": [{"callId": "1", "userIds": ["2"]}]}
    assert requests("addUsersAccessToCalls", flat) == requests("addUsersAccessToCalls", listed)
    assert (
        made("addUsersAccessToCalls", flat)[0].key == made("addUsersAccessToCalls", listed)[0].key
    )


def test_crm_objects_become_a_file_that_is_named_after_what_it_holds(tmp_path: Path) -> None:
    row = {
        "integrationId": 1, "objectType": "ACCOUNT", "objectId": "a",
        "modifiedDate": "2026-11-19T10:00:00Z", "Regions__c": ["EMEA"],
    }  # fmt: skip
    [sent] = requests("uploadCrmData", row, {**row, "objectId": "b"}, folder=tmp_path)
    [again] = requests("uploadCrmData", row, {**row, "objectId": "b"}, folder=tmp_path)
    assert sent == again
    assert sent["clientRequestId"] in str(sent["dataFile"])
    lines = [json.loads(line) for line in sent["dataFile"].read_text().splitlines()]
    assert lines == [
        {"objectId": one, "modifiedDate": "2026-11-19T10:00:00Z", "Regions__c": ["EMEA"]}
        for one in "ab"
    ]


@pytest.mark.parametrize(
    ("name", "row", "told"),
    [
        ("assignProspects", {"flowId": "1"}, "crmProspectsIds is missing"),
        ("assignProspects", {"crmProspectsIds": [], "flowId": "1", "flowInstanceOwnerEmail": "a@b"},
         "an empty list"),
        ("addUsersAccessToCalls", {"callId": "1"}, "userIds is missing"),
        ("addUsersAccessToCalls", {"callAccessList": ["1"]}, "not an object"),
        ("submitFlowProspectsBulkAssignment",
         {"flowId": "1", "flowInstanceOwnerEmail": "a@b", "firstName": "Ada"},
         "lastName is missing"),
        ("uploadCrmData", {"integrationId": 1, "objectType": "ACCOUNT"}, "objectId is missing"),
        ("uploadCrmData", {"objectId": "a", "modifiedDate": "x"}, "integrationId is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_told(name: str, row: dict[str, Any], told: str) -> None:
    with pytest.raises(WrongInputs, match=told):
        made(name, row)
