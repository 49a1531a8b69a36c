"""What Gong's document forbids inside a value is named with its place and its limit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sources.gong.api.input_checks import in_words, names_ids, spoilt_id
from sources.gong.api.operations import OPERATIONS, Elements, ParameterLimits, operation
from sources.gong.api.parameters import InvalidParameters, validate
from sources.gong.write.crm_objects import CRM_OBJECTS
from sources.gong.write.operations import WRITES

NEW_CALL = {
    "clientUniqueId": "1",
    "actualStart": "2026-01-01T00:00:00Z",
    "parties": [{"userId": "1", "partyId": "a"}],
    "direction": "Inbound",
    "primaryUser": "1",
}
INTERACTION = {
    "eventId": "1",
    "timestamp": "2026-01-01T00:00:00Z",
    "eventType": "visit",
    "content": {"contentTitle": "List"},
}


def problems(name: str, values: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(InvalidParameters) as wrong:
        validate(operation(name), values)
    return wrong.value.problems


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"purpose": "x" * 300}, "purpose has 300 characters; it must have at most 255 characters"),
        ({"parties": []}, "parties has 0 items; it must have at least 1 items"),
        ({"parties": [None]}, "parties[0] must be a JSON object, not null"),
        ({"parties": [{}, {"mediaChannelId": 2}]},
         "parties[1].mediaChannelId must be from 0 to 1, not 2"),
        ({"parties": [{"mediaChannelId": "0"}]},
         "parties[0].mediaChannelId must be a JSON integer, not text"),
        ({"parties": [{"context": [{"objects": []}]}]}, "parties[0].context[0].system is missing"),
        ({"context": [{"system": "SAP"}]},
         "context[0].system cannot be 'SAP'; it can be Salesforce, HubSpot, MicrosoftDynamic, "
         "Generic"),
        ({"context": [{"system": "Generic", "objects": [{"objectType": "Lead"}]}]},
         "context[0].objects[0].objectId is missing"),
        ({"speakersTimeline": {"speechSegments": [{"fromTime": 0, "partyIds": ["a"]}]}},
         "speakersTimeline.speechSegments[0].toTime is missing"),
        ({"speakersTimeline": {"speechSegments": [{"fromTime": -1, "toTime": 1, "partyIds": []}]}},
         "speakersTimeline.speechSegments[0].fromTime must be at least 0, not -1"),
        ({"speakersTimeline.speechSegments": [{"fromTime": 0, "toTime": 1, "partyIds": ["b"]}]},
         "speakersTimeline.speechSegments[0].partyIds names 'b', which is no partyId of the "
         "parties"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("as_text", [False, True])
def test_a_wrong_value_inside_a_call_is_named(
    wrong: dict[str, Any], problem: str, as_text: bool
) -> None:
    given = {
        name: json.dumps(value) if as_text and isinstance(value, (list, dict)) else value
        for name, value in (NEW_CALL | wrong).items()
    }
    assert problems("addCall", given) == (problem,)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"person": {"name": "Ada"}, "trackingId": "1"},
         "trackingId cannot be given together with person: Gong takes one of them"),
        ({"customFields": [{"name": "a", "value": 1, "dataType": "TEXT"}]},
         "customFields[0].dataType cannot be 'TEXT'; it can be "
         "STRING, NUMBER, DATE, URL, BOOLEAN, DURATION"),
        ({"customFields": [{"name": "a", "value": ["b"]}]},
         "customFields[0].value must be text, a number, true or false"),
    ],
)  # fmt: skip
def test_a_wrong_value_inside_an_event_is_named(wrong: dict[str, Any], problem: str) -> None:
    assert problems("addDigitalInteraction", INTERACTION | wrong) == (problem,)


def test_what_gong_does_not_know_inside_a_list_is_let_through_as_it_is() -> None:
    """Live, a call whose parties had other keys was accepted."""
    parties = [{"userId": "1", "affiliation": "Internal", "name": None, "mediaChannelId": 0}]
    assert validate(operation("addCall"), NEW_CALL | {"parties": parties})["parties"] == parties


@pytest.mark.parametrize("platform", ["Windows", "Windows, Linux", "Chrome OS", "windows"])
@pytest.mark.parametrize("name", ["contentViewed", "contentShared", "customAction"])
def test_a_platform_is_free_text(name: str, platform: str) -> None:
    event = {
        "reportingSystem": "s", "eventTimestamp": "2026-01-01T00:00:00Z", "contentId": "1",
        "contentUrl": "https://a.example", "contentTitle": "A", "agentPlatform": platform,
        "contentProperties": [{"name": "a", "value": 1.5, "dataType": "decimal"}],
    }  # fmt: skip
    assert validate(operation(name), event)["agentPlatform"] == platform


def test_an_item_of_a_set_is_given_once() -> None:
    assert problems("listCallsExtensive", {"filter.callIds": "1,2,1"}) == (
        "filter.callIds has '1' twice",
    )


def test_limits_are_shown_in_words() -> None:
    shown = {
        parameter.name: in_words(parameter.limits)
        for name in ("addCall", "assignProspects", "purgePhoneNumber", "addUsersAccessToCalls")
        for parameter in operation(name).parameters
    }
    assert shown["purpose"] == "at most 255 characters"
    assert shown["crmProspectsIds"] == "at most 100 items, each once"
    assert shown["phoneNumber"] == "must start with + and the country code"
    assert shown["callAccessList"] == "objects of callId *, userIds *"
    assert shown["title"] == in_words(ParameterLimits()) == ""


def test_every_pattern_has_its_words() -> None:
    for row in OPERATIONS:
        for parameter in row.parameters:
            assert bool(parameter.limits.pattern) == bool(parameter.limits.form), parameter.name


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
