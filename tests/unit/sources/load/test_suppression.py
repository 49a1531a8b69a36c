"""What is left out of Gong's answers for people who were erased, and what stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from sources.gong.load.suppression import (
    Kind,
    Marker,
    Person,
    Suppression,
    normal_email,
    normal_phone,
)

MARK = Marker("a key that is long enough for a test, 012345")
EMAIL, PHONE, CRM = "jane.doe@x.example", "442070004711", "003A"


def keeping_out(**marks: list[str]) -> Suppression:
    """Keeps out the given normalised values, by kind."""
    found = {kind: {MARK(kind, one) for one in values} for kind, values in marks.items()}
    return Suppression(MARK, found, {len(name.split()) for name in marks.get("name", ())})


@pytest.fixture
def jane() -> Suppression:
    return keeping_out(email=[EMAIL], phone=[PHONE], crm=[CRM], call=["11"])


def call(call_id: str = "1", **sections: Any) -> dict[str, Any]:
    return {"metaData": {"id": call_id, "title": "Weekly"}, "parties": [], **sections}


@pytest.mark.parametrize(
    ("told", "digits"),
    [
        ("+44 (20) 7000-4711", PHONE),
        ("0044 20 7000.4711", PHONE),
        ("tel:+442070004711", PHONE),
        ("12345", ""),
        ("7 calls with 1234567", ""),
    ],
)
def test_a_number_is_its_digits(told: str, digits: str) -> None:
    assert normal_phone(told) == digits


def test_an_address_is_compared_in_small_letters() -> None:
    assert normal_email(" Jane.Doe@X.example ") == EMAIL


def test_a_mark_tells_kinds_and_keys_apart() -> None:
    marks = {MARK("email", "1"), MARK("phone", "1"), Marker("k" * 40)("email", "1")}
    assert len(marks) == 3
    assert all(len(mark) == 64 and mark != "1" for mark in marks)


@pytest.mark.parametrize(
    "party",
    [{"emailAddress": "JANE.DOE@x.example"}, {"phoneNumber": "+44 20 7000 4711"}],
    ids=["address", "number"],
)
def test_a_call_with_an_erased_party_is_left_out(jane: Suppression, party: dict[str, str]) -> None:
    assert jane.entity("calls", call("7", parties=[{"emailAddress": None}, party])) is None
    assert jane.found == {"7"}
    assert jane.is_call("7")
    assert jane.entity("transcripts", {"callId": "7", "transcript": []}) is None
    assert jane.entity("logs", {"_logId": "1", "_callId": "7"}) is None


def test_a_known_call_is_left_out_without_its_parties(jane: Suppression) -> None:
    assert jane.entity("calls", call("11")) is None
    assert jane.found == set()
    assert jane.entity("answered_scorecards", {"answeredScorecardId": "1", "callId": 11}) is None
    assert jane.entity("library_folder_calls", {"_folderId": "1", "id": "11"}) is None


def test_what_is_about_nobody_erased_is_the_same(jane: Suppression) -> None:
    namesake = {
        "name": "Jane Doe",
        "emailAddress": "jane.doe@y.example",
        "phoneNumber": "+1 2345 678",
    }
    told = call(parties=[namesake], content={"brief": "xjane.doe@x.example, 4420700047119."})
    assert jane.entity("calls", told) == told


def test_an_address_or_number_in_a_text_is_masked(jane: Suppression) -> None:
    told = jane.entity(
        "calls",
        call(content={"brief": "Jane.Doe@x.example. Or +44 20 7000 4711 0049 30 1234567, ok?"}),
    )
    assert told is not None
    assert told["content"]["brief"] == "[erased]. Or [erased] 0049 30 1234567, ok?"


def test_numbers_side_by_side_are_told_apart() -> None:
    erased = keeping_out(phone=[PHONE, "49301234567"])
    told = "1 2 3 4 5 6 7 8 9 10 +44 20 7000 4711 0049 30 1234567 +44 20 7000 4712"
    assert erased.masked(told) == "1 2 3 4 5 6 7 8 9 10 [erased] [erased] +44 20 7000 4712"


def test_a_contact_leaves_a_call_that_others_had(jane: Suppression) -> None:
    account = {"objectType": "Account", "objectId": CRM, "fields": []}
    by_id = {"objectType": "Contact", "objectId": CRM}
    by_field = {"objectType": "Lead", "objectId": "9", "fields": [{"name": "E", "value": EMAIL}]}
    alone, beside = (
        {"system": "S", "objects": [by_id]},
        {"system": "T", "objects": [account, by_field]},
    )
    told = jane.entity("calls", call(context=[alone, beside], parties=[{"context": [alone]}]))
    assert told is not None
    assert told["context"] == [{"system": "T", "objects": [account]}]
    assert told["parties"] == [{"context": []}]


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
    told = erased.entity(
        "calls",
        call(
            parties=[{"name": "Jane van Doe"}],
            content={"brief": "Jane  Van Doe's friend, van Doe, Jane Vanderbilt."},
        ),
    )
    assert told is not None
    assert told["parties"] == [{"name": "Jane van Doe"}]
    assert told["content"]["brief"] == "[erased]'s friend, van Doe, Jane Vanderbilt."


def test_the_same_entity_always_gives_the_same(jane: Suppression) -> None:
    told = call(content={"brief": f"{EMAIL}, {PHONE}"})
    first = jane.entity("calls", told)
    assert first is not None
    assert jane.entity("calls", told) == first == jane.entity("calls", first)


PERSON = Person(frozenset({EMAIL}), frozenset({PHONE}), frozenset(), frozenset({"jane doe"}))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to JANE.DOE@X.example.", "Write to [erased]."),
        ("https://x.example/?q=jane.doe%40x.example&b", "https://x.example/?q=[erased]&b"),
        (
            "xjane.doe@x.example, jane.doe@x.example.org",
            "xjane.doe@x.example, jane.doe@x.example.org",
        ),
        (
            "+44 20 7000 4711, 442070004711 and 4420700047112",
            "[erased], [erased] and 4420700047112",
        ),
        ("tel. (0044) 20/7000-4711", "tel. [erased]"),
    ],
)
def test_a_person_is_taken_out_of_a_text(text: str, masked: str) -> None:
    assert PERSON.masked(text) == masked


def test_a_person_is_taken_out_of_json_that_stays_json() -> None:
    text = '{"n":442070004711,"id":12345678901234567890,"t":["call +442070004711"],"m":"Jane Doe"}'
    assert PERSON.masked(text, is_json=True, with_names=True) == (
        '{"n":"[erased]","id":12345678901234567890,"t":["call [erased]"],"m":"[erased]"}'
    )
    assert PERSON.is_in('{"a":[{"b":442070004711}]}', is_json=True)
    assert not PERSON.is_in('{"a":"to jane.doe@x.example"}', is_json=True)


def test_kinds_are_what_the_warehouse_keeps() -> None:
    assert [str(kind) for kind in Kind] == ["email", "phone", "call", "crm", "name"]
