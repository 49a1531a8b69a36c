"""Rows become items, items become requests, and what is wrong is said before anything is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.operations import operation
from sources.gong.api.parameters import InvalidParameters
from sources.gong.write.items import group_items, items_of, request_values
from sources.gong.write.model import Item
from sources.gong.write.operations import write_of


def made(name: str, *rows: dict[str, Any]) -> list[Item]:
    write = write_of(operation(name))
    return [item for number, row in enumerate(rows, 1) for item in items_of(write, number, row)]


def requests(name: str, *rows: dict[str, Any], folder: Path = Path()) -> list[dict[str, Any]]:
    write = write_of(operation(name))
    return [
        request_values(write, group, folder)
        for group in group_items(write, iter(made(name, *rows)))
    ]


def test_an_event_without_an_id_gets_one_of_its_content() -> None:
    row = {
        "reportingSystem": "s", "eventTimestamp": "2026-11-19T10:00:00Z", "actionName": "Opened",
    }  # fmt: skip
    first, same, other = made("customAction", row, row, {**row, "actionName": "Closed"})
    assert first.shared["eventId"] == same.shared["eventId"] != other.shared["eventId"]
    assert first.key == same.key != other.key
    given, changed = made(
        "customAction", {**row, "event_id": "7"}, {**row, "event_id": "7", "actionName": "Closed"}
    )
    assert given.shared["eventId"] == "7"
    assert given.key == changed.key
    assert given.digest != changed.digest


def test_rows_with_the_same_rest_go_together_as_many_as_gong_takes() -> None:
    rows = [
        {"crmProspectsIds": f"p{n}", "flowId": "1", "flowInstanceOwnerEmail": "a@b.example"}
        for n in range(130)
    ]
    other = {**rows[0], "flowId": "2", "crmProspectsIds": ["x", "y"]}
    sent = requests("assignProspects", *rows, other)
    assert [len(inputs["crmProspectsIds"]) for inputs in sent] == [100, 30, 2]
    assert [inputs["flowId"] for inputs in sent] == ["1", "1", "2"]


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
        {"objectId": object_id, "modifiedDate": "2026-11-19T10:00:00Z", "Regions__c": ["EMEA"]}
        for object_id in "ab"
    ]


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("assignProspects", {"flowId": "1"}, "crmProspectsIds is missing"),
        ("assignProspects", {"crmProspectsIds": [], "flowId": "1", "flowInstanceOwnerEmail": "a@b"},
         "an empty list"),
        ("addUsersAccessToCalls", {"callId": "1"}, "userIds is missing"),
        ("addUsersAccessToCalls", {"callAccessList": ["1"]}, "must be a JSON object"),
        ("addUsersAccessToCalls",
         {"callAccessList": [{"callId": "1", "userIds": []}, {"callId": 2}]},
         r"callAccessList\[1\]\.userIds is missing"),
        ("submitFlowProspectsBulkAssignment",
         {"flowId": "1", "flowInstanceOwnerEmail": "a@b",
          "prospects": [{"crmId": "1"}, {"firstName": "Ada"}]},
         r"prospects\[1\]\.lastName is missing: it is needed without a crmId"),
        ("submitFlowProspectsBulkAssignment",
         {"flowId": "1", "flowInstanceOwnerEmail": "a@b", "firstName": "Ada"},
         "lastName is missing"),
        ("uploadCrmData", {"integrationId": 1, "objectType": "ACCOUNT"}, "objectId is missing"),
        ("uploadCrmData", {"objectId": "a", "modifiedDate": "x"}, "integrationId is missing"),
        ("uploadCrmData", {"objectType": "LEAD", "modifiedDate": "x"},
         r"integrationId is missing \(integer\); modifiedDate must be .*; objectId is missing"),
    ],
)  # fmt: skip
def test_a_problem_of_a_row_is_reported(name: str, row: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        made(name, row)


def test_rows_that_go_together_need_not_follow_each_other() -> None:
    fields = [
        {
            "integrationId": "1", "objectType": kind, "uniqueName": f"f{n}", "label": "F",
            "type": "STRING",
        }
        for n in range(3)
        for kind in ("ACCOUNT", "CONTACT")
    ]  # fmt: skip
    sent = requests("uploadCrmSchemaField", *fields)
    assert [(inputs["objectType"], len(inputs["fields"])) for inputs in sent] == [
        ("ACCOUNT", 3), ("CONTACT", 3),
    ]  # fmt: skip


def test_a_request_is_named_by_what_its_file_holds_and_by_the_attempt(tmp_path: Path) -> None:
    write = write_of(operation("uploadCrmData"))
    file = tmp_path / "objects.ldjson"
    row = {"integrationId": "1", "objectType": "ACCOUNT", "dataFile": str(file)}
    names = []
    for text, attempt in (("a", 1), ("b", 1), ("a", 1), ("a", 2)):
        file.write_text(text)
        [item] = made("uploadCrmData", row)
        names.append(
            request_values(write, [replace(item, attempt=attempt)], tmp_path)["clientRequestId"]
        )
    assert names[0] == names[2]
    assert len(set(names)) == 3
    [own] = made("uploadCrmData", {**row, "clientRequestId": "mine"})
    assert request_values(write, [own], tmp_path)["clientRequestId"] == "mine"
    deletion = write_of(operation("deleteGenericCrmIntegration"))
    [item] = made("deleteGenericCrmIntegration", {"integrationId": "1"})
    first, second = (
        request_values(deletion, [replace(item, attempt=attempt)], tmp_path)["clientRequestId"]
        for attempt in (1, 2)
    )
    assert first != second


@pytest.mark.parametrize("value", ["\ud83d", float("nan"), {"inner": [float("inf")]}, object()])
def test_values_without_a_json_form_are_refused_before_anything_is_sent(value: Any) -> None:
    row = {
        "integrationId": "1", "objectType": "ACCOUNT", "objectId": "1",
        "modifiedDate": "2026-11-19T10:00:00Z", "Own__c": value,
    }  # fmt: skip
    if type(value) is object:
        row["Own__c"] = {"inner": value}
    with pytest.raises(InvalidParameters, match="cannot be sent as JSON"):
        made("uploadCrmData", row)
