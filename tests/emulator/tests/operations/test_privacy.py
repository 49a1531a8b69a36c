"""Data privacy, erasure, and calls linked to the CRM by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

HOUR = 3600


def outsiders(emulator: Emulator, key: str) -> dict[str, set[str]]:
    """Calls by the address or number of an outsider in them."""
    calls_by_value: dict[str, set[str]] = {}
    for call in emulator.truth("calls"):
        for party in call.get("parties") or []:
            if party["affiliation"] != "Internal" and party.get(key):
                calls_by_value.setdefault(party[key], set()).add(call["metaData"]["id"])
    return calls_by_value


def test_the_data_for_an_address_are_the_calls_it_is_in(world: Emulator) -> None:
    email, calls = max(outsiders(world, "emailAddress").items(), key=lambda pair: len(pair[1]))
    answer = world.get("data-privacy/data-for-email-address", emailAddress=email.upper()).json()
    assert {call["id"] for call in answer["calls"]} == calls
    assert answer["customerData"][0]["objects"][0]["objectType"] == "Contact"
    keys = {"requestId", "emails", "calls", "meetings", "customerData", "customerEngagement"}
    assert set(answer) == keys
    assert set(answer["emails"][0]) == {"from", "id", "sentTime", "mailbox", "messageHash"}
    assert set(answer["meetings"][0]) == {"id"}
    nobody = world.get("data-privacy/data-for-email-address", emailAddress="nobody@x.example")
    assert [value for key, value in nobody.json().items() if key != "requestId"] == [[]] * 5


def test_the_data_for_a_number_do_not_mind_how_it_is_written(world: Emulator) -> None:
    phone, calls = min(outsiders(world, "phoneNumber").items())
    digits = "+" + "".join(character for character in phone if character.isdigit())
    answer = world.get("data-privacy/data-for-phone-number", phoneNumber=digits).json()
    assert {call["id"] for call in answer["calls"]} == calls
    assert answer["suppliedPhoneNumber"] == digits
    assert answer["matchingPhoneNumbers"] == [phone]
    nobody = world.get("data-privacy/data-for-phone-number", phoneNumber="+99 1234567").json()
    assert (nobody["calls"], nobody["emailAddresses"]) == ([], [])


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        ("data-for-email-address", {}, "emailAddress parameter is missing"),
        (
            "data-for-email-address",
            {"emailAddress": "someone"},
            "emailAddress: must be a well-formed email address",
        ),
        (
            "data-for-email-address",
            {"emailAddress": "new@acme-seller.example"},
            "emailAddress: must not be an address of the company",
        ),
        (
            "data-for-phone-number",
            {"phoneNumber": "555 1234567"},
            "phoneNumber: must start with + and the country code",
        ),
    ],
)
def test_addresses_and_numbers_are_refused(
    world: Emulator, path: str, query: dict[str, str], text: str
) -> None:
    assert world.errors(world.get(f"data-privacy/{path}", **query)) == (400, [text])
    erase = world.client.post(f"/v2/data-privacy/erase-{path}", params=query)
    assert world.errors(erase) == (400, [text])


@pytest.mark.parametrize(
    ("key", "kind", "path"),
    [
        ("emailAddress", "emailAddress", "email-address"),
        ("phoneNumber", "phoneNumber", "phone-number"),
    ],
)
def test_an_erasure_takes_effect_after_hours(start: Start, key: str, kind: str, path: str) -> None:
    emulator = start("--no-limit", "--calls", "120", "--future-days", "0")
    person, calls = max(outsiders(emulator, key).items(), key=lambda pair: len(pair[1]))
    erase = emulator.client.post(f"/v2/data-privacy/erase-data-for-{path}", params={kind: person})
    assert set(erase.json()) == {"requestId"}
    call = min(calls)
    assert emulator.get(f"calls/{call}").status_code == 200
    assert emulator.truth("erasures")[0]["state"] == "pending"
    emulator.advance(5 * HOUR)
    assert emulator.get(f"calls/{call}").status_code == 404
    body = {"filter": {"callIds": sorted(calls)}}
    assert emulator.post("calls/extensive", body).status_code == 404
    done = emulator.truth("erasures")[0]
    assert done["state"] == "done"
    assert calls <= set(done["callIds"])
    after = emulator.get(f"data-privacy/data-for-{path}", **{kind: person}).json()
    assert [after["calls"], after["customerData"], after["emails"]] == [[], [], []]


def test_an_abnormal_erasure_never_happens(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "540", "--days", "20", "--future-days", "0")
    party = [{"emailAddress": "all@customer.example", "affiliation": "External"}]
    calls = [call["metaData"]["id"] for call in emulator.truth("calls")]
    assert len(calls) > 500
    for call in calls:
        emulator.change("edit_call", id=call, sections={"parties": party})
    query = {"emailAddress": "all@customer.example"}
    emulator.client.post("/v2/data-privacy/erase-data-for-email-address", params=query)
    emulator.advance(5 * HOUR)
    assert emulator.truth("erasures")[0]["state"] == "refused"
    assert emulator.get(f"calls/{calls[0]}").status_code == 200


def test_manual_associations_are_paged_in_order_of_time(world: Emulator, start: Start) -> None:
    emulator = start("--no-limit", "--calls", "1500", "--users", "20")
    rows = emulator.walk("GET", "calls/manual-crm-associations", "associations", {})
    assert rows == emulator.truth("manual_crm_associations")
    assert len(rows) > 100
    calls = [row["callId"] for row in rows]
    assert len(set(calls)) < len(calls)
    assert any(row["associatedCrmObjects"] == [] for row in rows)
    since = rows[20]["created"]
    later: list[Json] = emulator.walk(
        "GET", "calls/manual-crm-associations", "associations", {"fromDateTime": since}
    )
    assert later == rows[20:]
    future = {"fromDateTime": "2030-01-01T00:00:00Z"}
    nothing = emulator.get("calls/manual-crm-associations", **future).json()
    assert (nothing["associations"], nothing["records"]["totalRecords"]) == ([], 0)
    bare = emulator.get("calls/manual-crm-associations", fromDateTime="2026-01-01")
    assert emulator.errors(bare)[0] == 400


def test_a_manual_association_is_added_and_goes_with_its_call(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60")
    call = emulator.truth("calls")[0]["metaData"]["id"]
    objects = [{"accountCrmId": "001", "dealCrmId": None}]
    emulator.change("add_manual_association", callId=call, associatedCrmObjects=objects)
    last = emulator.truth("manual_crm_associations")[-1]
    assert (last["callId"], last["associatedCrmObjects"]) == (call, objects)
    emulator.change("delete_call", id=call)
    assert call not in {
        association["callId"] for association in emulator.truth("manual_crm_associations")
    }


def test_manual_associations_can_be_withdrawn(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0", "--without-manual-associations")
    answer = emulator.get("calls/manual-crm-associations")
    assert emulator.errors(answer) == (404, ["Not Found"])
