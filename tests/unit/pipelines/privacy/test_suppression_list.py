"""Which runs know who was erased, and what they refuse without the key."""

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
    check_of,
    forget_found,
    keep_found,
    marker,
    suppression,
)
from pipelines.session import Session
from pipelines.settings import BadSetting, Settings, load
from sources.gong.load.suppression import Kind, Marker
from warehouse.ops import suppression_list as tombstones
from warehouse.store import Store
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
KEY = "a key that is long enough for a test, 012345"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(Target(tmp_path / "w.duckdb"))
    made.prepare()
    return made


@pytest.fixture
def session(tmp_path: Path) -> Callable[[str | None], Session]:
    def made(key: str | None) -> Session:
        told = Console(stream=io.StringIO())
        target = Target(tmp_path / "w.duckdb")
        return Session(Settings(erasure_key=key), tmp_path, target, told, NOW, 0.0)

    return made


def erase(store: Store, *, finished: bool = True) -> None:
    mark = Marker(KEY)
    with store.writing() as db:
        tombstones.prepare(db)
        tombstones.keep_check(db, check_of(mark))
        tombstones.begin(db, {"erasure_id": "e", "finished_at": NOW if finished else None})
        call = (str(Kind.CALL), mark(Kind.CALL, "11"), None)
        tombstones.add(db, [call, ("email", mark("email", "jane@x.example"), None)], "e", NOW)


def test_where_nobody_was_erased_no_key_is_needed(
    store: Store, session: Callable[[str | None], Session]
) -> None:
    assert suppression(session(None), store) is None


@pytest.mark.parametrize("key", [None, "another key that is long enough too, 01234"])
def test_without_the_key_of_the_erased_nothing_goes_on(
    store: Store, session: Callable[[str | None], Session], key: str | None
) -> None:
    erase(store)
    with pytest.raises(WrongKey, match="GONG_ELT_ERASURE_KEY"):
        suppression(session(key), store)


@pytest.mark.parametrize("finished", [True, False])
def test_who_has_the_key_knows_them(
    store: Store, session: Callable[[str | None], Session], finished: bool
) -> None:
    erase(store, finished=finished)
    own = session(KEY)
    known = suppression(own, store)
    assert known is not None
    assert known.is_call("11")
    assert not known.is_call("12")
    assert ("cut short" in own.console._stream.getvalue()) is not finished  # type: ignore[attr-defined]


def test_a_sweep_does_not_ask_for_erased_calls(
    store: Store, session: Callable[[str | None], Session]
) -> None:
    erase(store)
    known = suppression(session(KEY), store)
    held = WarehouseRows(store, NOW, list, list, known)
    page = [{"metaData": {"id": "11"}}, {"metaData": {"id": "12"}}]
    assert held.as_known("calls", page) == {"11"}


def test_calls_left_out_are_known_to_the_next_run_and_leave_no_row(
    store: Store, session: Callable[[str | None], Session]
) -> None:
    erase(store)
    with store.writing() as db:
        db.execute("create schema gong_raw; create table gong_raw.logs (log_id text, call_id text)")
        db.execute("insert into gong_raw.logs values ('a', '12'), ('b', '13')")
    known = suppression(session(KEY), store)
    assert known is not None
    party = {"emailAddress": "Jane@x.example"}
    assert known.entity("calls", {"metaData": {"id": "12"}, "parties": [party]}) is None
    keep_found(session(KEY), store, known)
    assert known.found == set()
    forget_found(store)
    with store.asking() as db:
        assert db is not None
        assert db.execute("select log_id from gong_raw.logs").fetchall() == [("b",)]
    later = suppression(session(KEY), store)
    assert later is not None
    assert later.is_call("12")
    assert known.is_call("12")
    with store.writing() as db:
        db.execute("insert into gong_raw.logs values ('c', '12')")
    forget_found(store)
    with store.asking() as db:
        assert db is not None
        assert db.execute("select count(*) from gong_raw.logs").fetchone() == (2,)


def test_a_key_is_needed_and_must_be_long() -> None:
    with pytest.raises(WrongKey, match="openssl rand"):
        marker(Settings())
    assert load({"GONG_ELT_ERASURE_KEY": KEY}).erasure_key == KEY
    with pytest.raises(BadSetting, match="32"):
        load({"GONG_ELT_ERASURE_KEY": KEY[:31]})
    assert KEY not in repr(Settings(erasure_key=KEY))
