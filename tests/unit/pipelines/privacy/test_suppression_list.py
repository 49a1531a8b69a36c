"""Which runs load the suppression list, and which are refused without the key."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.console import Console
from pipelines.ingest.existing_rows import WarehouseRows
from pipelines.privacy.suppression_list import (
    WrongKey,
    delete_left_out_calls,
    hasher_of,
    key_check_of,
    load_suppression,
    store_left_out_calls,
)
from pipelines.session import Session
from pipelines.settings import BadSetting, Settings, load
from sources.gong.load.suppression.identifiers import IdentifierHasher
from tests.harness.warehouses.templates import prepared
from warehouse.connection import Warehouse
from warehouse.ops import erasures, suppression_list
from warehouse.ops.suppression_list import SuppressedIdentifier
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
KEY = "a key that is long enough for a test, 012345"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return prepared(tmp_path / "w.duckdb")


@pytest.fixture
def session(tmp_path: Path) -> Callable[[str | None], Session]:
    def made(key: str | None) -> Session:
        console = Console(stream=io.StringIO())
        target = Target(tmp_path / "w.duckdb")
        return Session(Settings(erasure_key=key), tmp_path, target, console, NOW, 0.0)

    return made


def erase(warehouse: Warehouse, *, finished: bool = True) -> None:
    hasher = IdentifierHasher(KEY)
    with warehouse.writing() as db:
        suppression_list.prepare(db)
        erasures.prepare(db)
        suppression_list.store_key_check(db, key_check_of(hasher))
        erasures.insert(db, {"erasure_id": "e", "finished_at": NOW if finished else None})
        call = SuppressedIdentifier("call", hasher("call", "11"))
        email = SuppressedIdentifier("email", hasher("email", "jane@x.example"))
        suppression_list.add(db, [call, email], "e", NOW)


def test_where_nobody_was_erased_no_key_is_needed(
    warehouse: Warehouse, session: Callable[[str | None], Session]
) -> None:
    assert load_suppression(session(None), warehouse) is None


@pytest.mark.parametrize("key", [None, "another key that is long enough too, 01234"])
def test_without_the_key_of_the_erased_nothing_goes_on(
    warehouse: Warehouse, session: Callable[[str | None], Session], key: str | None
) -> None:
    erase(warehouse)
    with pytest.raises(WrongKey, match="GONG_ELT_ERASURE_KEY"):
        load_suppression(session(key), warehouse)


@pytest.mark.parametrize("finished", [True, False])
def test_who_has_the_key_knows_them(
    warehouse: Warehouse, session: Callable[[str | None], Session], finished: bool
) -> None:
    erase(warehouse, finished=finished)
    own = session(KEY)
    known = load_suppression(own, warehouse)
    assert known is not None
    assert known.leaves_out_call("11")
    assert not known.leaves_out_call("12")
    assert ("cut short" in own.console._stream.getvalue()) is not finished  # type: ignore[attr-defined]


def test_a_sweep_does_not_ask_for_erased_calls(
    warehouse: Warehouse, session: Callable[[str | None], Session]
) -> None:
    erase(warehouse)
    known = load_suppression(session(KEY), warehouse)
    held = WarehouseRows(warehouse, NOW, list, list, known)
    page = [{"metaData": {"id": "11"}}, {"metaData": {"id": "12"}}]
    assert held.unchanged_keys("calls", page) == {"11"}


def test_calls_left_out_are_known_to_the_next_run_and_leave_no_row(
    warehouse: Warehouse, session: Callable[[str | None], Session]
) -> None:
    erase(warehouse)
    with warehouse.writing() as db:
        db.execute("create schema gong_raw; create table gong_raw.logs (log_id text, call_id text)")
        db.execute("insert into gong_raw.logs values ('a', '12'), ('b', '13')")
    known = load_suppression(session(KEY), warehouse)
    assert known is not None
    party = {"emailAddress": "Jane@x.example"}
    assert known.entity("calls", {"metaData": {"id": "12"}, "parties": [party]}) is None
    store_left_out_calls(session(KEY), warehouse, known)
    assert known.new_calls == set()
    delete_left_out_calls(warehouse)
    with warehouse.reading() as db:
        assert db.execute("select log_id from gong_raw.logs").fetchall() == [("b",)]
    later = load_suppression(session(KEY), warehouse)
    assert later is not None
    assert later.leaves_out_call("12")
    assert known.leaves_out_call("12")
    with warehouse.writing() as db:
        db.execute("insert into gong_raw.logs values ('c', '12')")
    delete_left_out_calls(warehouse)
    with warehouse.reading() as db:
        assert db.execute("select count(*) from gong_raw.logs").fetchone() == (2,)


def test_a_key_is_needed_and_must_be_long() -> None:
    with pytest.raises(WrongKey, match="openssl rand"):
        hasher_of(Settings())
    assert load({"GONG_ELT_ERASURE_KEY": KEY}).erasure_key == KEY
    with pytest.raises(BadSetting, match="32"):
        load({"GONG_ELT_ERASURE_KEY": KEY[:31]})
    assert KEY not in repr(Settings(erasure_key=KEY))
