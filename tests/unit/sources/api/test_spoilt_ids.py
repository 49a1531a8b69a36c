"""Ids that a spreadsheet or a data frame has spoilt are refused; what people choose is not."""

from __future__ import annotations

import pytest

from sources.gong.api.operations import OPERATIONS, Elements
from sources.gong.api.spoilt_ids import names_ids, spoilt_id
from sources.gong.write.crm_objects import CRM_OBJECTS
from sources.gong.write.operations import WRITES


@pytest.mark.parametrize(
    "text",
    [
        "1.9974E+18", "1.9974e18", "1,9974E+18", "2E+18", "-1.5E-7",
        "nan", "NaN", "NULL", "None", "#N/A", "<NA>", "n/a", "NaT", "#REF!",
        "7782342274025937955.0", "12,00",
        "1,997,400", "1.997.400", "1 997 400",
        "'7782342274025937955", '="7782342274025937955"',
        " 7782342274025937955", "7782342274025937955 ", "1\u00a0", "\ufeff1", "1\u200b", " ",
    ],
)  # fmt: skip
def test_an_id_that_no_person_has_written_is_refused(text: str) -> None:
    assert repr(text) in spoilt_id("callId", text)


@pytest.mark.parametrize(
    "text",
    [
        "7782342274025937955", "1e18", "12e45", "0061t00000ABCDE", "nancy", "a-1.0", "1.5",
        "2026.11", "5.10.0", "1,5", "null-1", "someone@nan.example", "ünïd", "a b", "E+18",
    ],
)  # fmt: skip
def test_an_id_that_a_company_may_have_chosen_passes(text: str) -> None:
    assert spoilt_id("clientUniqueId", text) == ""


def test_a_number_is_refused_in_a_title_and_a_phone_number_may_have_groups_and_dots() -> None:
    assert spoilt_id("title", "nan ") == ""
    assert spoilt_id("phoneNumber", "+49 30 1234-567") == ""
    assert spoilt_id("phoneNumber", "1 555 010") == ""
    assert "rounded" in spoilt_id("phoneNumber", "1.555E+10")
    assert "blanks around it" in spoilt_id("emailAddress", "someone@x.example ")


def test_every_parameter_by_which_an_item_is_known_counts_as_an_id() -> None:
    choices = {"objectType", "reportingSystem"}
    assert {name for write in WRITES for name in write.key if not names_ids(name)} <= choices


def test_names_of_parameters_say_which_are_ids() -> None:
    every = {name for row in OPERATIONS for name in names(Elements(row.parameters))}
    every |= {name for elements in CRM_OBJECTS.values() for name in names(elements)}
    assert {
        "id", "callId", "manager-id", "userIds", "partyIds", "crmProspectsIds", "objectsCrmIds",
        "primaryUser", "uniqueName", "emailAddress", "organizerEmail", "phoneNumber", "ownerId",
    } <= set(filter(names_ids, every))  # fmt: skip
    assert {"title", "provider", "reportingSystem", "scoreCalls"} <= every - set(
        filter(names_ids, every)
    )
    assert not names_ids("prepaid")


def names(elements: Elements) -> list[str]:
    found = []
    for field in elements.fields:
        found.append(field.name.rpartition(".")[2])
        if field.limits.elements:
            found += names(field.limits.elements)
    return found
