"""When the analytics tables are built, and what of a build is published."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.console import Console
from pipelines.lock import hold
from pipelines.publish import build as module
from pipelines.publish import scope
from pipelines.publish.build import NotBuilt, build, publish_now
from pipelines.publish.build_state import BuildState, read_build_state, store_build_state
from pipelines.publish.dbt import BuildResult, DbtFailed
from pipelines.session import Session
from pipelines.settings import Settings
from tests.harness.warehouses.templates import prepared
from warehouse.build_warnings import BuildWarning
from warehouse.builds.changes import BuildChanges
from warehouse.connection import Warehouse
from warehouse.publication.reading import connect
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


class Dbt:
    """Stands in for dbt: builds one table; `outcome` is what it says of it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.outcome: BuildResult | Exception = BuildResult({}, [], 1, 1)
        self.runs = 0
        self.selected: list[list[str]] = []
        self.warned: list[list[str]] = []

    def __call__(
        self,
        session: Session,
        zone: str | None,
        selected: Sequence[str] = (),
        warned: Sequence[str] = (),
    ) -> BuildResult:
        self.runs += 1
        self.selected.append(list(selected))
        self.warned.append(list(warned))
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


class IncrementalDbt(Dbt):
    """Builds `fct_calls` from the raw calls: whole, or what is in `changed_calls` alone."""

    def __call__(
        self,
        session: Session,
        zone: str | None,
        selected: Sequence[str] = (),
        warned: Sequence[str] = (),
    ) -> BuildResult:
        self.selected.append(list(selected))
        self.warned.append(list(warned))
        with self._warehouse.writing() as db:
            if selected:
                changed = "where call_id in (from gong_build.changed_calls)"
                db.execute(f"delete from gong_build.fct_calls {changed}")
                db.execute(f"insert into gong_build.fct_calls {ALL_CALLS} {changed}")
            else:
                db.execute(BUILD_ALL)
        assert isinstance(self.outcome, BuildResult)
        return replace(self.outcome, built=frozenset({"fct_calls"}))


RAW = """
create schema gong_raw; create schema gong_build;
create table gong_raw._dlt_loads (load_id varchar, status bigint);
insert into gong_raw._dlt_loads values ('1', 0);
create table gong_raw.calls (
    call_id varchar, title varchar, started_at timestamptz, primary_user_id varchar,
    workspace_id varchar, _deleted_at timestamptz, _loaded_at timestamptz, _dlt_load_id varchar
);
insert into gong_raw.calls
    select n, 'old', timestamptz '2026-11-19 12:00:00+00', null, null, null, null, '1'
    from range(3) as t(n);
create table gong_raw.call_parties (
    call_id varchar, user_id varchar, _loaded_at timestamptz, _dlt_load_id varchar
);
create table gong_raw.transcripts (
    call_id varchar, _loaded_at timestamptz, _dlt_load_id varchar
);
create table gong_raw.workspaces (workspace_id varchar, name varchar, _dlt_load_id varchar);
"""
ALL_CALLS = """
select call_id, title, started_at::date as started_on, workspace_id, null as workspace_name
from gong_raw.calls
"""
BUILD_ALL = f"""
create or replace table gong_build.fct_calls as {ALL_CALLS};
create or replace table gong_build.fct_call_participants as select '0' as call_id;
create or replace table gong_build.fct_tracker_mentions as select '0' as call_id;
create or replace table gong_build.fct_transcript_sentences as
    select '0' as call_id, 'team' as team_id;
create or replace view gong_build.int_users__history as
    select 'u' as user_id, timestamptz '0001-01-01 00:00:00+00' as applies_from_at;
"""


class Nights:
    """Nights of one warehouse, each of which holds it as a run does."""

    def __init__(self, session: Session, warehouse: Warehouse, dbt: IncrementalDbt) -> None:
        self.session, self.warehouse, self.dbt = session, warehouse, dbt
        self.nth = 0

    def __call__(self, sql: str = "", *, days: int = 0, is_asked_for: bool = False) -> int:
        """Lands rows as a package that is closed, then builds."""
        self.nth += 1
        self.session = replace(self.session, started_at=NOW + timedelta(days=days))
        with hold(self.warehouse.path, "sync", wait=False, on_wait=print):
            if sql:
                self.by_hand(sql.replace("LOAD", f"'n{self.nth}'"))
                self.by_hand(f"insert into gong_raw._dlt_loads values ('n{self.nth}', 0)")
            return build(self.session, self.warehouse, "UTC", is_asked_for=is_asked_for)

    def by_hand(self, sql: str) -> None:
        with self.warehouse.writing() as db:
            db.execute(sql)

    def titles(self) -> list[str]:
        with connect(self.session.home) as db:
            rows = db.execute("select title from gong.fct_calls order by call_id").fetchall()
        return [title for (title,) in rows]

    def said(self) -> str:
        return self.session.console._stream.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def nights(session: Session, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Nights:
    dbt = IncrementalDbt(warehouse)
    monkeypatch.setattr(module, "run_dbt", dbt)
    nights = Nights(session, warehouse, dbt)
    nights.by_hand(RAW)
    assert nights() == 0
    return nights


CHANGE = "update gong_raw.calls set title = 'new', _dlt_load_id = LOAD where call_id = '1'"


def test_a_night_builds_the_calls_that_have_changed(nights: Nights) -> None:
    assert nights(CHANGE) == 0
    first, second = nights.dbt.selected
    assert first == []
    assert {"source:gong.calls+", "fct_calls+", "tag:present"} <= set(second)
    assert nights.titles() == ["old", "new", "old"]
    assert "1 calls have changed" in nights.said()
    assert nights() == 0
    assert len(nights.dbt.selected) == 2, "nothing new"


def test_what_something_else_has_written_is_built_whole_once_it_is_asked_for(
    nights: Nights,
) -> None:
    nights.by_hand("update gong_raw.calls set title = 'by hand' where call_id = '0'")
    assert nights() == 0
    assert nights.titles() == ["old"] * 3, "nothing has landed"
    assert nights(is_asked_for=True) == 0
    assert nights.titles() == ["by hand", "old", "old"]
    assert nights(is_asked_for=True) == 0
    assert nights.dbt.selected == [[], []]


def test_a_build_that_is_cut_short_is_followed_by_a_whole_one(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.dbt.outcome = DbtFailed("killed")
    with pytest.raises(AssertionError):
        nights(CHANGE)
    nights.dbt.outcome = BuildResult({}, [], 1, 1)
    assert nights() == 0
    assert nights.dbt.selected[-1] == []
    assert nights.titles() == ["old", "new", "old"]


def test_once_a_week_everything_is_built_and_compared_with_what_nights_have_left(
    nights: Nights,
) -> None:
    assert nights(CHANGE, days=6) == 0
    assert nights.dbt.selected[-1] != []
    assert nights(CHANGE.replace("'1'", "'0'"), days=14) == 0
    assert nights.dbt.selected[-1] == [], "a week has passed"
    assert nights.dbt.selected[-2], "and before that what has changed"
    assert "please report it" not in nights.said()


def test_what_differs_from_all_of_it_built_again_is_an_alarm(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = BuildChanges([], 0, frozenset({"none"}))
    monkeypatch.setattr(scope, "find_changes", lambda *_: none)
    with hold(nights.warehouse.path, "sync", wait=False, on_wait=print):
        nights.by_hand("create table gong_build.changed_calls (call_id varchar)")
        nights.by_hand(CHANGE.replace("LOAD", "'lost'"))
    assert nights("select LOAD", days=1) == 0
    assert nights.titles() == ["old"] * 3, "a change that was not found"
    assert nights("select LOAD", days=8) == 1
    assert nights.titles() == ["old", "new", "old"]
    assert "fct_calls was not what it should be" in nights.said()


def test_a_table_that_only_changed_calls_have_failed_is_published_and_not_said_to_be_missing(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_once(
        session: Session,
        zone: str | None,
        selected: Sequence[str] = (),
        warned: Sequence[str] = (),
    ) -> BuildResult:
        failed = {"fct_calls": "grain: 2 rows"} if selected else {}
        nights.dbt.outcome = BuildResult(failed, [], 1, 1)
        return nights.dbt(session, zone, selected, warned)

    monkeypatch.setattr(module, "run_dbt", fails_once)
    assert nights(CHANGE) == 0
    assert nights.titles() == ["old", "new", "old"]
    assert "changed calls alone failed (fct_calls: grain: 2 rows)" in nights.said()
    assert "is not published" not in nights.said()


def test_a_package_by_a_clock_that_was_set_back_is_built(nights: Nights) -> None:
    assert nights(CHANGE.replace("LOAD", "'0 before'")) == 0
    assert nights.titles() == ["old", "new", "old"]


def test_what_fails_when_changed_calls_are_built_is_built_whole(nights: Nights) -> None:
    nights.dbt.outcome = BuildResult({"fct_calls": "grain: 2 rows"}, [], 1, 0)
    assert nights(CHANGE) == 1
    assert nights.dbt.selected[-1] == []
    assert nights.dbt.selected[-2]
    nights.dbt.outcome = BuildResult({}, [], 1, 1)
    assert nights() == 0
    assert nights.dbt.selected[-1] == []


def test_a_test_that_has_found_rows_looks_at_all_of_them_by_night(nights: Nights) -> None:
    warning = BuildWarning("holds_x", "fct_calls", 3, "Look at them.", "select 1")
    nights.dbt.outcome = BuildResult({}, [warning], 1, 1, tested=frozenset({"holds_x"}))
    assert nights(CHANGE) == 0
    nights.dbt.outcome = BuildResult({}, [], 1, 2, tested=frozenset({"holds_x"}))
    assert [nights(CHANGE), nights(CHANGE)] == [0, 0]
    assert all(nights.dbt.selected[1:]), "nights build what has changed"
    assert nights.dbt.warned == [[], [], ["holds_x"], []]


def test_a_model_that_fails_by_night_is_not_taken_for_one_that_differs(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_by_night(
        session: Session,
        zone: str | None,
        selected: Sequence[str] = (),
        warned: Sequence[str] = (),
    ) -> BuildResult:
        if selected:
            return BuildResult({"fct_calls": "Binder Error"}, [], 0, 0)
        return nights.dbt(session, zone)

    monkeypatch.setattr(module, "run_dbt", fails_by_night)
    assert nights(CHANGE) == 0
    assert nights.titles() == ["old", "new", "old"]
    assert "please report it" not in nights.said()
