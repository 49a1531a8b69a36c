"""Which rows are deleted with a person."""

from __future__ import annotations

from datetime import UTC, datetime

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
