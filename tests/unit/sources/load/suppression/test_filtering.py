"""Values of erased people are left out of Gong's answers; all others stay as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sources.gong.load.suppression.filtering import Suppression
from sources.gong.load.suppression.identifiers import IdentifierHasher

HASH = IdentifierHasher("a key that is long enough for a test, 012345")
EMAIL, PHONE, CRM = "jane.doe@x.example", "442070004711", "003A"


def keeping_out(**values_by_kind: list[str]) -> Suppression:
    """Keeps out the given normalised values, by kind."""
    hashes = {
        kind: {HASH(kind, value) for value in values} for kind, values in values_by_kind.items()
    }
    return Suppression(HASH, hashes, {len(name.split()) for name in values_by_kind.get("name", ())})


@pytest.fixture
def jane() -> Suppression:
    return keeping_out(email=[EMAIL], phone=[PHONE], crm=[CRM], call=["11"])


def call(call_id: str = "1", **sections: Any) -> dict[str, Any]:
    return {"metaData": {"id": call_id, "title": "Weekly"}, "parties": [], **sections}


@pytest.mark.parametrize(
    "party",
    [{"emailAddress": "JANE.DOE@x.example"}, {"phoneNumber": "+44 20 7000 4711"}],
    ids=["address", "number"],
)
def test_a_call_with_an_erased_party_is_left_out(jane: Suppression, party: dict[str, str]) -> None:
    assert jane.entity("calls", call("7", parties=[{"emailAddress": None}, party])) is None
    assert jane.new_calls == {"7"}
    assert jane.leaves_out_call("7")
    assert jane.entity("transcripts", {"callId": "7", "transcript": []}) is None
    assert jane.entity("logs", {"_logId": "1", "_callId": "7"}) is None


def test_a_known_call_is_left_out_without_its_parties(jane: Suppression) -> None:
    assert jane.entity("calls", call("11")) is None
    assert jane.new_calls == set()
    assert jane.entity("answered_scorecards", {"answeredScorecardId": "1", "callId": 11}) is None
    assert jane.entity("library_folder_calls", {"_folderId": "1", "id": "11"}) is None


def test_what_is_about_nobody_erased_is_the_same(jane: Suppression) -> None:
    namesake = {
        "name": "Jane Doe",
        "emailAddress": "jane.doe@y.example",
        "phoneNumber": "+1 2345 678",
    }
    entity = call(parties=[namesake], content={"brief": "xjane.doe@x.example, 4420700047119."})
    assert jane.entity("calls", entity) == entity


def test_an_address_or_number_in_a_text_is_masked(jane: Suppression) -> None:
    filtered = jane.entity(
        "calls",
        call(content={"brief": "Jane.Doe@x.example. Or +44 20 7000 4711 0049 30 1234567, ok?"}),
    )
    assert filtered is not None
    assert filtered["content"]["brief"] == "[erased]. Or [erased] 0049 30 1234567, ok?"


def test_a_contact_leaves_a_call_that_others_had(jane: Suppression) -> None:
    account = {"objectType": "Account", "objectId": CRM, "fields": []}
    by_id = {"objectType": "Contact", "objectId": CRM}
    by_field = {"objectType": "Lead", "objectId": "9", "fields": [{"name": "E", "value": EMAIL}]}
    alone, beside = (
        {"system": "S", "objects": [by_id]},
        {"system": "T", "objects": [account, by_field]},
    )
    filtered = jane.entity("calls", call(context=[alone, beside], parties=[{"context": [alone]}]))
    assert filtered is not None
    assert filtered["context"] == [{"system": "T", "objects": [account]}]
    assert filtered["parties"] == [{"context": []}]


@pytest.mark.parametrize(
    ("stream", "entity"),
    [
        ("tasks", {"id": 1, "contact": {"crmId": "9", "data": {"emails": [{"email": EMAIL}]}}}),
        ("tasks", {"id": 1, "contact": {"crmId": CRM}}),
        ("tasks", {"id": 1, "additionalContacts": [{"data": {"phoneNumbers": ["+" + PHONE]}}]}),
        ("flow_prospects", {"flowInstanceId": "1", "crmProspectId": CRM}),
        ("logs", {"_logId": "1", "userEmailAddress": EMAIL}),
        ("logs", {"_logId": "1", "logRecord": {"to": [EMAIL]}}),
        ("users", {"id": "1", "emailAddress": "n@y.example", "emailAliases": [EMAIL]}),
        ("crm_objects", {"_objectType": "CONTACT", "_crmId": CRM, "fields": []}),
        (
            "crm_objects",
            {"_objectType": "LEAD", "_crmId": "9", "fields": [{"name": "x", "value": EMAIL}]},
        ),
    ],
)
def test_what_is_about_the_person_is_left_out(
    jane: Suppression, stream: str, entity: dict[str, Any]
) -> None:
    assert jane.entity(stream, entity) is None


def test_what_somebody_is_in_charge_of_stays(jane: Suppression) -> None:
    prospect = {"flowInstanceId": "1", "crmProspectId": "9", "flowInstanceOwnerEmail": EMAIL}
    assert jane.entity("flow_prospects", prospect) == {
        **prospect,
        "flowInstanceOwnerEmail": "[erased]",
    }
    account = {"_objectType": "ACCOUNT", "_crmId": "9", "fields": [{"name": "x", "value": EMAIL}]}
    assert jane.entity("crm_objects", account) == {
        **account,
        "fields": [{"name": "x", "value": "[erased]"}],
    }


def test_a_stats_period_loses_the_person_and_the_calls(jane: Suppression) -> None:
    other = {
        "userId": "2",
        "userEmailAddress": "b@y.example",
        "stats": {"callsAsHost": ["11", "12"]},
    }
    own = {"userId": "1", "userEmailAddress": EMAIL, "stats": {}}
    period = {"id": "p", "period": "DAY", "users": [own, other]}
    assert jane.entity("activity_daily_calls", period) == {
        **period,
        "users": [{**other, "stats": {"callsAsHost": ["12"]}}],
    }


def test_a_name_is_masked_in_what_was_said_and_not_where_somebody_is_called_so() -> None:
    erased = keeping_out(name=["jane van doe"])
    filtered = erased.entity(
        "calls",
        call(
            parties=[{"name": "Jane van Doe"}],
            content={"brief": "Jane  Van Doe's friend, van Doe, Jane Vanderbilt."},
        ),
    )
    assert filtered is not None
    assert filtered["parties"] == [{"name": "Jane van Doe"}]
    assert filtered["content"]["brief"] == "[erased]'s friend, van Doe, Jane Vanderbilt."


def test_the_same_entity_always_gives_the_same(jane: Suppression) -> None:
    entity = call(content={"brief": f"{EMAIL}, {PHONE}"})
    first = jane.entity("calls", entity)
    assert first is not None
    assert jane.entity("calls", entity) == first == jane.entity("calls", first)


@pytest.mark.parametrize(
    "odd",
    [
        {"parties": {"0": {"emailAddress": EMAIL.upper()}}},
        {"parties": [[{EMAIL: "an address as a key"}]]},
        {"phone": 442070004711},
        {"_crmId": CRM},
        {"callId": 11},
    ],
)
def test_an_erased_person_is_recognised_in_an_entity_of_any_form(
    jane: Suppression, odd: dict[str, Any]
) -> None:
    assert jane.is_anywhere_in(odd)
    assert not jane.is_anywhere_in({"parties": [None, 1.5, True, {"name": "Jane", "id": 12}]})


@pytest.mark.parametrize(
    ("stream", "entity"),
    [
        ("calls", call("7", parties=[{"phoneNumber": "(020) 7000 4711"}])),
        ("calls", call("7", parties=[{"emailAddress": "", "phoneNumber": "020 7000 4711"}])),
        ("calls", call("7", parties=[{"emailAddress": EMAIL, "phoneNumber": "020 7000 4711"}])),
        ("tasks", {"id": 1, "contact": {"data": {"phoneNumbers": ["020 7000 4711"]}}}),
        (
            "crm_objects",
            {"_objectType": "LEAD", "_crmId": "9", "fields": [{"value": "02070004711"}]},
        ),
    ],
)
def test_what_a_national_spelling_alone_names_is_left_out(
    stream: str, entity: dict[str, Any]
) -> None:
    assert keeping_out(email=[EMAIL], national_phone=["02070004711"]).entity(stream, entity) is None


@pytest.mark.parametrize(
    ("stream", "entity"),
    [
        ("calls", call(parties=[{"emailAddress": "j@y.example", "phoneNumber": "020 7000 4711"}])),
        (
            "tasks",
            {
                "id": 1,
                "contact": {"data": {"phoneNumbers": ["020 7000 4711"], "emails": ["j@y.example"]}},
            },
        ),
        (
            "crm_objects",
            {
                "_objectType": "LEAD",
                "_crmId": "9",
                "fields": [{"value": "020 7000 4711"}, {"value": "j@y.example"}],
            },
        ),
    ],
)
def test_a_record_with_somebody_elses_address_stays_and_its_national_spelling_is_masked(
    stream: str, entity: dict[str, Any]
) -> None:
    filtered = keeping_out(national_phone=["02070004711"]).entity(stream, entity)
    assert filtered == json.loads(json.dumps(entity).replace("020 7000 4711", "[erased]"))


def test_a_number_of_another_country_is_not_a_national_spelling() -> None:
    entity = call(parties=[{"phoneNumber": "+612345678"}, {"phoneNumber": "+48 612 345 678"}])
    assert keeping_out(national_phone=["612345678"]).entity("calls", entity) == entity


def test_a_phone_number_is_masked_where_gong_sends_it_as_a_whole_number() -> None:
    later = keeping_out(phone=["442070004711"])
    known = call(metaData={"id": "1", "duration": 442070004711, "line": 442070004711})
    cleaned = later.entity("calls", known)
    assert cleaned is not None
    assert cleaned["metaData"] == {"id": "1", "duration": 442070004711, "line": "[erased]"}
