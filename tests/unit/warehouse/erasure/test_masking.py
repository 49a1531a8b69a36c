"""Which mentions of a person are masked in rows that stay."""

from __future__ import annotations

from tests.unit.warehouse.erasure.conftest import JANE, erase, insert, rows
from warehouse.connection import Warehouse


def test_rows_about_the_person_go_and_mentions_are_masked(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        calls=[
            ("c1", f"ask {JANE}, said Jane Doe", f'{{"x":"{JANE}","n":12345678901234567890}}', None)
        ],
        call_parties=[
            ("c9", 0, JANE, None, "Jane Doe"),
            ("c1", 0, "j@y.example", None, "Jane Doe"),
        ],
        call_crm_objects=[("c1", 0, None, "Contact", "hers"), ("c1", 1, None, "Account", "a")],
        call_crm_fields=[
            ("c1", 0, "Email", JANE),
            ("c1", 0, "City", "Ulm"),
            ("c1", 1, "Champion", JANE),
        ],
        users=[("u1", "jane@old.example"), ("u2", "other@x.example")],
        user_email_aliases=[("u1", JANE), ("u2", "xjane@x.example")],
        logs=[
            ("l1", None, JANE.upper(), None),
            ("l2", None, "o@x.example", f'{{"to":["{JANE}"]}}'),
            ("l3", None, "o@x.example", f'{{"text":"to {JANE}"}}'),
        ],
        tasks=[
            ("t1", "hers", None),
            ("t2", "9", f'[{{"email":"{JANE}"}}]'),
            ("t3", "9", '[{"email":"xjane@x.example"}]'),
        ],
    )  # fmt: skip
    counts = erase(warehouse)
    assert counts.removed == {
        "call_parties": 1, "call_crm_objects": 1, "call_crm_fields": 2, "users": 1,
        "user_email_aliases": 1, "logs": 2, "tasks": 2,
    }  # fmt: skip
    assert counts.masked == {"calls": 1, "call_crm_fields": 1, "logs": 1}
    assert counts.mentions == {"calls": 1}
    extra = '{"x":"[erased]","n":12345678901234567890}'
    assert rows(warehouse, "calls") == [("c1", "ask [erased], said Jane Doe", extra, None)]
    assert rows(warehouse, "call_crm_fields") == [("c1", 1, "Champion", "[erased]")]
    assert rows(warehouse, "users") == [("u2", "other@x.example")]
    assert rows(warehouse, "logs") == [("l3", None, "o@x.example", '{"text":"to [erased]"}')]
    assert [row[0] for row in rows(warehouse, "tasks")] == ["t3"]


def test_a_spoken_name_is_masked_on_request(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        calls=[("c1", "JANE  DOE and Jane Doering", None, None)],
        call_parties=[
            ("c9", 0, JANE, None, "Jane Doe"),
            ("c1", 0, "j@y.example", None, "Jane Doe"),
        ],
    )
    counts = erase(warehouse, with_mentions=True)
    assert (counts.masked, counts.mentions) == ({"calls": 1}, {})
    assert rows(warehouse, "calls")[0][1] == "[erased] and Jane Doering"
    assert rows(warehouse, "call_parties")[0][4] == "Jane Doe"


def test_an_address_is_masked_in_any_encoding_and_as_a_key(warehouse: Warehouse) -> None:
    keys = '{"JANE@x.example":{"jane%2540x.example":1},"jane@x.example":"&"}'
    texts = [JANE.replace("@", at) for at in ("%40", "%2540", "&#64;", "&#x40;", "&commat;")]
    others = [text.replace("x.example", "xx.example") for text in texts]
    calls = [(text, f"to {text}!", None, None) for text in (*texts, *others)]
    insert(warehouse, calls=[*calls, ("c", None, keys, None)])
    counts = erase(warehouse)
    assert counts.masked == {"calls": len(texts) + 1}
    kept = {call_id: (brief, extra) for call_id, brief, extra, _ in rows(warehouse, "calls")}
    assert {kept[text][0] for text in texts} == {"to [erased]!"}
    assert {kept[text][0] for text in others} == {f"to {text}!" for text in others}
    assert kept["c"][1] == '{"[erased]":{"[erased]":1},"[erased] 2":"&"}'
