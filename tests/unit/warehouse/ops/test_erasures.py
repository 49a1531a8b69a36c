"""An erasure goes on, adds up and can be taken back; the suppression list holds hashes alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.connection import Warehouse
from warehouse.ops import erasures, suppression_list
from warehouse.ops.erasures import Erasure, GongStatus
from warehouse.ops.suppression_list import SuppressedIdentifier, SuppressionList
from warehouse.prepare import prepare
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
BEGUN = {"erasure_id": "e1", "kind": "email", "mark": "m", "in_gong": GongStatus.NOT_ASKED}


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse in which one erasure was begun."""
    warehouse = Warehouse(Target(tmp_path / "w.duckdb"))
    prepare(warehouse)
    with warehouse.writing() as db:
        suppression_list.prepare(db)
        erasures.prepare(db)
        erasures.insert(db, BEGUN)
    return warehouse


def test_the_list_has_each_identifier_once(warehouse: Warehouse) -> None:
    email, name = SuppressedIdentifier("email", "m"), SuppressedIdentifier("name", "n", 2)
    with warehouse.writing() as db:
        suppression_list.add(db, [email, name], "e1", NOW)
        suppression_list.add(db, [email, SuppressedIdentifier("call", "c")], None, NOW)
        suppression_list.store_key_check(db, "check")

        assert suppression_list.read(db) == SuppressionList(
            {"email": frozenset("m"), "name": frozenset("n"), "call": frozenset("c")},
            frozenset({2}),
            "check",
        )
        assert erasures.unfinished(db) == 1


def test_counts_of_attempts_are_added_up(warehouse: Warehouse) -> None:
    with warehouse.writing() as db:
        erasures.update(db, "e1", removed={"calls": 2})
        erasures.update(db, "e1", removed={"calls": 1, "logs": 1}, finished_at=NOW)
        (removed,) = db.execute("select removed from gong_ops.erasures").fetchall()

        assert json.loads(removed[0]) == {"calls": 3, "logs": 1}
        assert erasures.unfinished(db) == 0


def test_an_erasure_is_open_until_gong_has_confirmed_it(warehouse: Warehouse) -> None:
    with warehouse.writing() as db:
        assert erasures.open_erasure(db, "email", "m") == Erasure(
            "e1", GongStatus.NOT_ASKED, None, is_finished=False
        )
        erasures.update(db, "e1", finished_at=NOW)
        assert erasures.open_erasure(db, "email", "m") is None
        erasures.update(db, "e1", in_gong=GongStatus.REQUESTED, in_gong_requested_at=NOW)
        assert erasures.open_erasure(db, "email", "m") == Erasure(
            "e1", GongStatus.REQUESTED, NOW, is_finished=True
        )
        erasures.update(db, "e1", in_gong=GongStatus.CONFIRMED)
        assert erasures.open_erasure(db, "email", "m") is None
        assert erasures.open_erasure(db, "phone", "m") is None


def test_an_erasure_that_gong_refuses_takes_its_own_identifiers_off_the_list(
    warehouse: Warehouse,
) -> None:
    with warehouse.writing() as db:
        suppression_list.add(db, [SuppressedIdentifier("email", "m")], "e1", NOW)
        suppression_list.add(db, [SuppressedIdentifier("call", "c")], None, NOW)
        erasures.undo(db, "e1")

        assert suppression_list.read(db) == SuppressionList(
            {"call": frozenset("c")}, frozenset(), None
        )
        assert erasures.open_erasure(db, "email", "m") is None


def test_calls_to_delete_are_kept_until_they_are_deleted(warehouse: Warehouse) -> None:
    with warehouse.writing() as db:
        suppression_list.store_calls_to_delete(db, {"2", "1"})
        assert suppression_list.calls_to_delete(db) == ["1", "2"]
        suppression_list.store_calls_to_delete(db, ())
        assert suppression_list.calls_to_delete(db) == []


def test_where_nobody_was_erased_there_is_no_list(tmp_path: Path) -> None:
    empty = Warehouse(Target(tmp_path / "empty.duckdb"))
    with empty.reading() as db:
        assert suppression_list.read(db) is None
        assert suppression_list.calls_to_delete(db) == []
        assert erasures.unfinished(db) == 0
        assert erasures.open_erasure(db, "email", "m") is None
