"""Which rows are deleted with a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.unit.warehouse.erasure.conftest import JANE, erase, insert, rows
from warehouse.connection import Warehouse
from warehouse.erasure import erasing

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_a_call_is_deleted_with_the_rows_of_other_tables_about_it(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        calls=[("c1", "x", None, None), ("c2", "y", None, NOW), ("c3", "z", None, None)],
        call_parties=[("c1", 0, JANE, None, None), ("c2", 0, JANE, None, None)],
        _transcript_asks=[("c1",), ("c3",)],
        answered_scorecards=[("a1", "c1"), ("a3", "c3")],
        scorecard_answers=[("a1", "good"), ("a3", "bad")],
        logs=[("l1", "c2", "n@y.example", None), ("l2", None, "n@y.example", None)],
    )
    counts = erase(warehouse)
    assert counts.removed == {
        "calls": 2, "call_parties": 2, "_transcript_asks": 1, "answered_scorecards": 1,
        "scorecard_answers": 1, "logs": 1,
    }  # fmt: skip
    assert [row[0] for row in rows(warehouse, "calls")] == ["c3"]
    assert rows(warehouse, "scorecard_answers") == [("a3", "bad")]
    assert [row[0] for row in rows(warehouse, "logs")] == ["l2"]
    with warehouse.reading() as db:
        assert not erasing.has_build(db)
        assert db.execute("select * from gong_mine.notes").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "entity",
    [
        {"parties": {"0": {"emailAddress": JANE.upper()}}},
        {"parties": [[{"by": {JANE: "an address as a key"}}]]},
        {"note": f"write to {JANE}"},
        {"phone": "+44 20 7000-4711"},
        {"_crmId": "003A", "fields": []},
    ],
    ids=["address", "key", "mention", "number", "crm id"],
)
def test_an_entity_in_quarantine_goes_whole_whatever_the_form_of_the_persons_data(
    warehouse: Warehouse, entity: object
) -> None:
    contact = ("c1", 0, 0, "CONTACT", "003A")
    insert(
        warehouse,
        calls=[("c1", "x", None, None)],
        call_parties=[("c1", 0, JANE, "+44 20 7000 4711", None)],
        call_crm_objects=[contact],
        _quarantine=[
            ("q1", None, json.dumps(entity), None, ""),
            ("q2", "c1", None, None, ""),
            ("q3", "c2", '{"parties": [null], "note": "jane@y.example"}', "1|CONTACT|003B", ""),
            ("q4", None, None, "1|CONTACT|003A", ""),
            ("q5", None, "{}", None, "003A"),
        ],
    )
    assert erase(warehouse).removed["_quarantine"] == 4
    assert [row[0] for row in rows(warehouse, "_quarantine")] == ["q3"]


def test_a_row_is_the_persons_by_a_national_spelling_where_no_address_stands_beside_it(
    warehouse: Warehouse,
) -> None:
    number = '{"to": "020 7000 4711"}'
    insert(
        warehouse,
        call_parties=[("c1", 0, JANE, "+44 20 7000 4711", None)],
        logs=[
            ("l1", None, None, number),
            ("l2", None, "n@y.example", number),
            ("l3", None, "n@y.example", '{"to": "+44 (0)20 7000 4711"}'),
            ("l4", None, None, '{"to": "+46 20 7000 4711"}'),
        ],
    )
    assert erase(warehouse).removed["logs"] == 2
    assert [(row[0], row[3]) for row in rows(warehouse, "logs")] == [
        ("l2", '{"to":"[erased]"}'),
        ("l4", '{"to": "+46 20 7000 4711"}'),
    ]
