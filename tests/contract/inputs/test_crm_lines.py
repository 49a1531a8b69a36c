"""The objects of a CRM file are checked for all that Gong's document says of them.

The document says it in the tables of one text. It is other people's and lies beside the project;
without it the tests are skipped.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

import pytest

from sources.gong.api.operations import ParameterType, operation
from sources.gong.api.parameters import InvalidParameters
from sources.gong.write.crm_objects import CRM_OBJECTS
from sources.gong.write.items import items_of
from sources.gong.write.operations import write_of
from tests.conftest import needs_shared
from tests.contract.declared import entry_of
from tests.harness.loops import for_each

pytestmark = needs_shared

UPLOAD = operation("uploadCrmData")
KINDS = {"Business User": "BUSINESS_USER", "Stage": "STAGE", "Account": "ACCOUNT",
         "Contact": "CONTACT", "Deal": "DEAL", "Lead": "LEAD"}  # fmt: skip
UNTYPED = {("DEAL", "closeDate")}
"""Fields without a type in the text: they are sent as they are."""

WRONG: dict[tuple[str, str], Any] = {
    ("ACCOUNT", "objectId"): "x" * 65,
    ("CONTACT", "objectId"): "with a blank",
    ("LEAD", "objectId"): "slash/ed",
    ("ACCOUNT", "modifiedDate"): "2026-11-19T10:00:00.000Z",
    ("LEAD", "modifiedDate"): "2026-11-19",
    ("ACCOUNT", "isDeleted"): "perhaps",
    ("ACCOUNT", "domains"): {"first": "a.example"},
    ("DEAL", "createdDate"): "2026-11-19T10:00:00.5Z",
    ("DEAL", "status"): "PENDING",
    ("DEAL", "amount"): "much",
    ("BUSINESS_USER", "emailAddress"): None,
    ("STAGE", "name"): None,
    ("STAGE", "isActive"): "perhaps",
    ("STAGE", "sortOrder"): "first",
}


def made(kind: str, **fields: Any) -> Any:
    row = {"integrationId": 1, "objectType": kind, "objectId": "a-1", "name": "A", **fields}
    row = {"modifiedDate": "2026-11-19T10:00:00Z", "emailAddress": "a@b.example"} | row
    (item,) = items_of(write_of(UPLOAD), 1, row)
    return item.element


@cache
def tables() -> dict[str, dict[str, str]]:
    """Returns the fields of each type of object, with the text up to the next field."""
    text = re.sub(r"<style.*?</style>", "", entry_of(UPLOAD)["description"], flags=re.DOTALL)
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", text, re.DOTALL)
    cells = [
        [html.unescape(re.sub(r"<[^>]+>|\s+", " ", cell)).strip() for cell in re.findall(
            r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL
        )]
        for row in rows
    ]  # fmt: skip
    found_tables: list[dict[str, str]] = []
    for row in cells:
        if row[0] == "Name":
            found_tables.append({})
        else:
            found_tables[-1][row[0].replace("*", "").strip()] = " ".join(row)
    of_objects = [table for table in found_tables if "objectId" in table]
    return dict(zip(KINDS.values(), _in_order(of_objects), strict=True))


def _in_order(of_objects: list[dict[str, str]]) -> list[dict[str, str]]:
    """Returns the table of each type, by a field that only this type has."""
    fields = ("sortOrder", "domains", "ownerId", "convertedToDealId")
    stage, account, deal, lead = (next(t for t in of_objects if f in t) for f in fields)
    rest = [table for table in of_objects if table not in (stage, account, deal, lead)]
    (contact,) = (table for table in rest if "firstName" in table)
    (user,) = (table for table in rest if table is not contact)
    return [user, stage, account, contact, deal, lead]


@for_each("kind", CRM_OBJECTS)
def test_the_fields_of_a_type_are_those_of_its_table(kind: str) -> None:
    known = {parameter.name: parameter for parameter in CRM_OBJECTS[kind].fields}
    documented = tables()[kind]

    assert known.keys() == documented.keys() - {name for of, name in UNTYPED if of == kind}
    for name, parameter in known.items():
        text = documented[name]
        is_conditional = "Not mandatory when" in text
        assert parameter.is_required == ("*" in text.split()[:2] and not is_conditional), name
        assert (parameter.type is ParameterType.INSTANT) == ("ISO-8601 datetime" in text), name
        assert (parameter.type is ParameterType.BOOLEAN) == text.endswith("boolean"), name
        assert (parameter.type is ParameterType.LIST) == text.endswith("array"), name
        if parameter.type is ParameterType.INSTANT:
            assert "without milliseconds" in text
        assert all(choice in text for choice in parameter.choices)


def test_the_types_are_those_of_the_operation() -> None:
    (choices,) = (p.choices for p in UPLOAD.parameters if p.name == "objectType")
    assert set(choices) == CRM_OBJECTS.keys()


@for_each("place", WRONG, " ".join)
def test_what_the_document_forbids_of_an_object_is_refused_and_named(
    place: tuple[str, str],
) -> None:
    kind, name = place
    made(kind)

    with pytest.raises(InvalidParameters, match=rf"\b{name} "):
        made(kind, **{name: WRONG[place]})


def test_the_documents_own_examples_are_accepted() -> None:
    assert made("BUSINESS_USER", objectId="user1_Id_In_The_CRM")["objectId"]
    assert made("BUSINESS_USER", objectId="a", emailAddress=None, isDeleted=True)["isDeleted"]
    assert made("CONTACT", objectId="jane.doe@acme.com")["objectId"]
    assert made("STAGE", modifiedDate=None, sortOrder=5)["sortOrder"] == 5
    own = made("DEAL", closeDate="2022-09-04", amount=7000, custom="2022-02-04T17:57:23.000Z")
    assert (own["closeDate"], own["amount"]) == ("2022-09-04", 7000)
    assert own["custom"] == "2022-02-04T17:57:23.000Z"


def test_the_texts_of_a_csv_file_get_the_types_of_their_fields() -> None:
    assert made("ACCOUNT", isDeleted="true", domains="a.example,b.example") == {
        "modifiedDate": "2026-11-19T10:00:00Z", "emailAddress": "a@b.example", "objectId": "a-1",
        "name": "A", "isDeleted": True, "domains": ["a.example", "b.example"],
    }  # fmt: skip
    assert made("ACCOUNT", objectId=17)["objectId"] == "17"
    assert made("STAGE", sortOrder="2", isActive="false")["isActive"] is False
