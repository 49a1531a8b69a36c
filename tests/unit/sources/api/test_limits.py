"""What Gong's document forbids inside a value is named with its place and its limit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sources.gong.api.limits import in_words
from sources.gong.api.operations import OPERATIONS, ParameterLimits, operation
from sources.gong.api.parameters import InvalidParameters, validate

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
