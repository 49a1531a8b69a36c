"""When the analytics tables are built, and what of a build is published."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipelines.console import Console
from pipelines.publish import build as module
from pipelines.publish.build import NotBuilt, build, publish_now
from pipelines.publish.build_state import BuildState, read_build_state, store_build_state
from pipelines.publish.dbt import BuildResult, DbtFailed
from pipelines.session import Session
from pipelines.settings import Settings
from tests.harness.warehouses.templates import prepared
from tests.unit.pipelines.publish.test_dbt import NOW
from warehouse.build_warnings import BuildWarning
from warehouse.connection import Warehouse
from warehouse.publication.reading import connect
from warehouse.target import Target


class Dbt:
    """Stands in for dbt: builds one table; `outcome` is what it says of it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.outcome: BuildResult | Exception = BuildResult({}, [], 1, 1)
        self.runs = 0

    def __call__(self, session: Session, zone: str | None) -> BuildResult:
        self.runs += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        with self._warehouse.writing() as db:
            db.execute("create schema if not exists gong_build")
            db.execute(f"create or replace table gong_build.fct_calls as select {self.runs} as n")
        return self.outcome


@pytest.fixture
def session(tmp_path: Path) -> Session:
    console = Console(stream=io.StringIO())
    return Session(Settings(), tmp_path, Target(tmp_path / "warehouse.duckdb"), console, NOW, 0.0)


@pytest.fixture
def warehouse(session: Session) -> Warehouse:
    return prepared(session.target.path)


@pytest.fixture
def dbt(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    dbt = Dbt(warehouse)
    monkeypatch.setattr(module, "run_dbt", dbt)
    return dbt


def published(session: Session) -> list[tuple[int]]:
    with connect(session.home) as db:
        return db.execute("select n from gong.fct_calls").fetchall()


def test_what_has_not_changed_is_built_once(
    session: Session, warehouse: Warehouse, dbt: Dbt
) -> None:
    assert [build(session, warehouse, "UTC") for _ in range(2)] == [0, 0]
    assert (dbt.runs, published(session)) == (1, [(1,)])
    assert build(session, warehouse, "Europe/Berlin") == 0
    assert build(session, warehouse, "Europe/Berlin", is_forced=True) == 0
    assert (dbt.runs, published(session)) == (3, [(3,)])


def test_a_table_that_fails_keeps_its_last_good_rows_and_is_built_again(
    session: Session, warehouse: Warehouse, dbt: Dbt
) -> None:
    build(session, warehouse, "UTC")
    late = BuildWarning("late", "fct_calls", 3, "Wait.", "select n from gong.fct_calls")
    dbt.outcome = BuildResult({"fct_calls": "unique: 2 rows"}, [late], 1, 0)
    assert build(session, warehouse, "UTC", is_forced=True) == 1
    assert published(session) == [(1,)]
    messages = session.console._stream.getvalue()  # type: ignore[attr-defined]
    assert "fct_calls is not published, its last good rows stay: unique: 2 rows" in messages
    assert "tests (1) found 3 rows to look at" in messages
    assert "gong-elt status --warnings" in messages
    with connect(session.home) as db:
        stored = db.execute("select test_name, rows_found, what_to_do from gong_ops.warnings")
        assert stored.fetchall() == [("late", 3, "Wait.")]
    assert build(session, warehouse, "UTC") == 1
    assert dbt.runs == 3


def test_where_dbt_cannot_build_nothing_is_published_until_a_build_ends(
    session: Session, warehouse: Warehouse, dbt: Dbt
) -> None:
    build(session, warehouse, "UTC")
    dbt.outcome = DbtFailed("syntax error")
    assert build(session, warehouse, "UTC", is_forced=True) == 1
    assert published(session) == [(1,)]
    with pytest.raises(NotBuilt, match="gong-elt transform"):
        publish_now(session)


def test_a_state_is_read_as_it_was_stored_and_a_broken_one_as_none(session: Session) -> None:
    assert read_build_state(session) == BuildState()
    state = BuildState("mark", ("fct_calls",), is_whole=True)
    store_build_state(session, state)
    assert read_build_state(session) == state
    (session.home / "built.json").write_text("{")
    assert read_build_state(session) == BuildState()
