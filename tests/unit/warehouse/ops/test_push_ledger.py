"""What the push ledger says of an item after each thing that can happen to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.harness.warehouses.templates import prepared
from warehouse.connection import Warehouse
from warehouse.ops.push_ledger import ItemResult, ItemStatus, LedgerEntry, PushLedger

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
A, B = ("a", "digest of a", 1), ("b", "digest of b", 2)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return prepared(tmp_path / "w.duckdb")


@pytest.fixture
def ledger(warehouse: Warehouse) -> PushLedger:
    return PushLedger(warehouse, "post", "rows.csv", lambda: NOW, undoes="delete")


def test_an_item_is_known_by_its_key_within_its_operation(
    warehouse: Warehouse, ledger: PushLedger
) -> None:
    other = PushLedger(warehouse, "delete", "rows.csv", lambda: NOW)
    with ledger.opened():
        ledger.record_sending([A, B])
        assert ledger.entries(["a", "c"]) == {
            "a": LedgerEntry("a", "digest of a", ItemStatus.SENDING, 1, None, None)
        }
    with other.opened():
        assert other.entries(["a"]) == {}


def test_attempts_are_counted_and_an_open_one_goes_on_under_its_number(
    ledger: PushLedger,
) -> None:
    with ledger.opened():
        ledger.record_sending([A])
        assert ledger.entries(["a"])["a"].next_attempt == 1
        ledger.record_sending([A])
        assert ledger.entries(["a"])["a"].attempts == 1
        ledger.record_results([ItemResult("a", ItemStatus.REJECTED, "wrong")])
        assert ledger.entries(["a"])["a"].next_attempt == 2
        ledger.record_sending([A])
        assert ledger.entries(["a"])["a"].attempts == 2


def test_a_result_keeps_ids_that_it_does_not_have(ledger: PushLedger) -> None:
    with ledger.opened():
        ledger.record_sending([A])
        ledger.record_results([ItemResult("a", ItemStatus.ACCEPTED, None, "job", "r", 3)])
        ledger.record_results([ItemResult("a", ItemStatus.DONE)])
        ledger.record_results([])
        assert ledger.entries(["a"])["a"] == LedgerEntry(
            "a", "digest of a", ItemStatus.DONE, 1, "job", 3
        )


def test_unsent_items_are_as_they_were_before(ledger: PushLedger) -> None:
    with ledger.opened():
        ledger.record_sending([A])
        ledger.record_results([ItemResult("a", ItemStatus.REJECTED, "wrong")])
        ledger.record_sending([A, B])
        ledger.record_unsent(["a", "b"])
        assert {
            key: (entry.status, entry.attempts) for key, entry in ledger.entries("ab").items()
        } == {"a": (ItemStatus.FAILED, 1)}


def test_a_request_is_known_with_all_that_went_in_it(ledger: PushLedger) -> None:
    with ledger.opened():
        ledger.record_sending([A, B, ("c", "digest of c", 3)])
        ledger.record_results(
            [
                ItemResult("a", ItemStatus.ACCEPTED, None, "job", None, 1),
                ItemResult("b", ItemStatus.ACCEPTED, None, "job", None, 0),
                ItemResult("c", ItemStatus.ACCEPTED),
            ]
        )
        assert [entry.key for entry in ledger.entries_of_request(["a"])] == ["b", "a"]
        assert [entry.key for entry in ledger.entries_of_request(["c"])] == ["c"]


def test_undone_items_may_be_pushed_again(warehouse: Warehouse, ledger: PushLedger) -> None:
    undone = PushLedger(warehouse, "delete", "rows.csv", lambda: NOW)
    with undone.opened():
        undone.record_sending([A, B])
    with ledger.opened():
        ledger.record_sending([A, B])
        ledger.record_results(
            [ItemResult("a", ItemStatus.DONE), ItemResult("b", ItemStatus.REJECTED)]
        )
    with undone.opened():
        assert list(undone.entries("ab")) == ["b"]
