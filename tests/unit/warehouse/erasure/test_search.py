"""Which addresses, numbers, contacts and calls are a person's."""

from __future__ import annotations

import pytest

from tests.unit.warehouse.erasure.conftest import JANE, NUMBER, erase, insert, rows, search
from warehouse.connection import Warehouse


def test_a_person_is_found_with_what_stands_on_the_same_record(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, "JANE@x.example", "+44 20 7000 4711", "Jane Doe"),
            ("c2", 0, None, "0044 (20) 7000-4711", None),
            ("c3", 0, "john@x.example", None, "Jane Doe"),
        ],
    )
    person = search(warehouse)
    assert (person.emails, person.names) == ({JANE}, {"Jane Doe"})
    assert (NUMBER in person.phones, person.phone_count) == (True, 1)
    assert person.calls == ("c1", "c2")
    by_phone = search(warehouse, None, NUMBER)
    assert (by_phone.emails, by_phone.calls) == ({JANE}, ("c1", "c2"))


def test_identifiers_shared_with_others_are_not_the_persons(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, JANE, "+1 800 555 000", "Jane Doe"),
            ("c2", 0, "john@x.example", "+1 800 555 000", "John Doe"),
            ("c3", 0, None, "+1 800 555 000", None),
        ],
    )
    person = search(warehouse)
    assert (person.phones, person.calls, person.shared) == (set(), ("c1",), 1)
    switchboard = search(warehouse, None, "1800555000")
    assert (switchboard.emails, switchboard.shared) == (set(), 2)
    assert switchboard.calls == ("c1", "c2", "c3")


def test_a_crm_contact_is_the_persons_by_a_field_or_by_standing_with_her_alone(
    warehouse: Warehouse,
) -> None:
    insert(
        warehouse,
        call_parties=[("c1", 0, JANE, None, None), ("c2", 0, "john@x.example", None, None)],
        call_crm_objects=[
            ("c1", 0, 0, "Contact", "hers"),
            ("c1", 1, 0, "Account", "an account"),
            ("c1", 2, 0, "Lead", "shared"),
            ("c2", 0, 0, "Lead", "shared"),
            ("c2", 1, None, "Lead", "by field"),
            ("c2", 2, None, "Opportunity", "a deal"),
        ],
        call_crm_fields=[
            ("c2", 1, "Email", "Jane@X.example"),
            ("c2", 2, "Champion", JANE),
        ],
    )
    assert search(warehouse).crm_ids == {"hers", "by field"}


@pytest.mark.parametrize(
    "spelling",
    ["(020) 7000 4711", "+44 (0)20 7000-4711", "011 44 20 7000 4711", "442070004711"],
)
@pytest.mark.parametrize("by_email", [True, False])
def test_a_call_is_the_persons_by_every_spelling_of_the_number(
    warehouse: Warehouse, spelling: str, by_email: bool
) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, JANE, "+44 20 7000 4711", "Jane Doe"),
            ("c2", 0, None, spelling, "Jane"),
            ("c3", 0, JANE, spelling, "Jane"),
            ("c4", 0, None, "+46 20 7000 4712", None),
        ],
    )
    person = search(warehouse) if by_email else search(warehouse, None, NUMBER)
    assert person.calls == ("c1", "c2", "c3")
    assert (person.emails, person.phone_count, person.shared) == ({JANE}, 1, 0)
    assert person.national_phones <= {"02070004711"}


def test_a_number_is_found_where_it_stands_in_its_national_spelling_alone(
    warehouse: Warehouse,
) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, JANE, "020 7000 4711", "Jane Doe"),
            ("c2", 0, JANE, None, None),
        ],
    )
    person = search(warehouse, None, NUMBER)
    assert (person.emails, person.calls) == ({JANE}, ("c1", "c2"))
    assert (person.names, person.phone_count) == ({"Jane Doe"}, 1)


@pytest.mark.parametrize(
    "others",
    [
        [("c2", 0, "john@x.example", "020 7000 4711", "John")],
        [("c2", 0, None, "+46 20 7000 4711", "John")],
    ],
    ids=["with somebody else's address", "of another country's number"],
)
def test_a_national_spelling_that_may_be_somebody_elses_is_not_the_persons(
    warehouse: Warehouse, others: list[tuple[object, ...]]
) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, JANE, "+44 20 7000 4711", "Jane Doe"),
            ("c3", 0, None, "020 7000 4711", None),
            *others,
        ],
    )
    for person in (search(warehouse), search(warehouse, None, NUMBER)):
        assert (person.calls, person.national_phones, person.shared) == (("c1",), set(), 1)


def test_a_number_that_nobody_wrote_with_a_country_code_is_given_none(
    warehouse: Warehouse,
) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, JANE, "(408) 555-0123", "Jane Doe"),
            ("c2", 0, None, "08-555 01 23", "Jan"),  # as if +40 were the country code
            ("c3", 0, None, "408 555 0123", None),
        ],
    )
    person = search(warehouse)
    assert (person.calls, person.national_phones) == (("c1", "c3"), set())


def test_a_national_spelling_with_several_addresses_is_nobodys(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, JANE, "020 7000 4711", "Jane Doe"),
            ("c2", 0, "john@x.example", "020 7000 4711", "John Doe"),
        ],
    )
    person = search(warehouse, None, NUMBER)
    assert (person.emails, person.calls, person.names) == (set(), (), set())


def test_digits_after_a_plus_are_no_national_spelling(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, None, "202 555 01 23", None),
            ("c2", 0, None, "+20 2 555 0123", None),
        ],
    )
    assert search(warehouse, None, "12025550123").calls == ("c1",)


def test_a_contact_is_the_persons_by_a_national_spelling_unless_it_has_another_address(
    warehouse: Warehouse,
) -> None:
    insert(
        warehouse,
        call_parties=[("c1", 0, JANE, "+44 20 7000 4711", None)],
        call_crm_objects=[
            ("c2", 1, None, "Contact", "hers"),
            ("c2", 2, None, "Contact", "a stranger"),
            ("c2", 3, None, "Contact", "longer"),
        ],
        call_crm_fields=[
            ("c2", 1, "Phone", "(020) 7000-4711"),
            ("c2", 1, "Name", "Jane"),
            ("c2", 2, "Phone", "(020) 7000-4711"),
            ("c2", 2, "Email", "john@y.example"),
            ("c2", 3, "Phone", "020 7000 47110"),
        ],
    )
    assert search(warehouse).crm_ids == {"hers"}
    erase(warehouse)
    assert [row[:2] for row in rows(warehouse, "call_crm_objects")] == [("c2", 2), ("c2", 3)]
    fields = [row[3] for row in rows(warehouse, "call_crm_fields")]
    assert sorted(fields) == ["020 7000 47110", "[erased]", "john@y.example"]
