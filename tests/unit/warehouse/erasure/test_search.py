"""Which addresses, numbers, contacts and calls are a person's."""

from __future__ import annotations

from tests.unit.warehouse.erasure.conftest import JANE, NUMBER, insert, search
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
    assert (person.emails, person.phones, person.names) == ({JANE}, {NUMBER}, {"Jane Doe"})
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
