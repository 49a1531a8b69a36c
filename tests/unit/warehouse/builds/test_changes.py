"""Which calls count as changed since the last finished build."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from warehouse.builds.changes import NO_MONTH, BuildChanges, find_changes
from warehouse.builds.record import contents, store_record
from warehouse.machine.database import open_file

BUILT = datetime(2026, 11, 20, 6, tzinfo=UTC)
NOW = BUILT + timedelta(days=1)
AWAITED = timedelta(days=60)
TABLES_OF = {"calls": ["call_parties"], "transcripts": ["transcript_sentences"], "users": []}

LANDED = """
create schema gong_raw; create schema gong_build;
create table gong_raw._dlt_loads (load_id varchar, status bigint);
insert into gong_raw._dlt_loads values ('1', 0);
create table gong_raw.calls (
    call_id varchar, primary_user_id varchar, workspace_id varchar, started_at timestamptz,
    _deleted_at timestamptz, _loaded_at timestamptz, _dlt_load_id varchar
);
insert into gong_raw.calls
    select n, 'u' || n % 3, 'w' || n % 2,
        timestamptz '2026-11-19 12:00:00+00' - to_days(20 * n::int), null,
        timestamptz '2026-11-20 05:00:00+00', '1'
    from range(10) as t(n);
create table gong_raw.call_parties (
    call_id varchar, user_id varchar, _loaded_at timestamptz, _dlt_load_id varchar
);
insert into gong_raw.call_parties values ('9', 'u7', timestamptz '2026-11-20 04:00:00+00', '1');
create table gong_raw.transcripts (
    call_id varchar, _loaded_at timestamptz, _dlt_load_id varchar
);
insert into gong_raw.transcripts
    select unnest(['0', 'early']), timestamptz '2026-11-20 03:00:00+00', '1';
create table gong_raw.transcript_sentences (call_id varchar, _dlt_load_id varchar);
create table gong_raw.users (user_id varchar, _dlt_load_id varchar);
create table gong_raw.workspaces (workspace_id varchar, name varchar, _dlt_load_id varchar);
insert into gong_raw.workspaces values ('w0', 'North', '1'), ('w1', 'South', '1');
create table gong_build.people (user_id varchar, user_name varchar, applies_from_at timestamptz);
insert into gong_build.people
    select 'u' || n, 'Somebody', timestamptz '0001-01-01 00:00:00+00' from range(9) as t(n);
create view gong_build.int_users__history as from gong_build.people;
create table gong_build.fct_calls as
    select call_id, started_at::date as started_on, workspace_id, name as workspace_name
    from gong_raw.calls join gong_raw.workspaces using (workspace_id);
create table gong_build.fct_call_participants as select '9' as call_id;
create table gong_build.fct_tracker_mentions as select '9' as call_id;
create table gong_build.fct_transcript_sentences as
    select 'early' as call_id, null::varchar as team_id;
"""


class Builds:
    """A warehouse of which a build has ended."""

    def __init__(self, folder: Path) -> None:
        self.db: duckdb.DuckDBPyConnection = open_file(folder / "w.duckdb")
        self.db.execute(LANDED)
        self.build_id = store_record(self.db, BUILT)

    def changes(self, now: datetime = NOW, build_id: str = "") -> BuildChanges | None:
        return find_changes(
            self.db, build_id or self.build_id, TABLES_OF, ["calls", "transcripts"], now, AWAITED
        )

    def changed_after(self, sql: str) -> set[str]:
        self.db.execute(sql)
        assert self.changes(BUILT) is not None
        rows = self.db.execute("from gong_build.changed_calls").fetchall()
        return {call_id for (call_id,) in rows}


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path)


def test_right_after_a_build_nothing_has_changed(builds: Builds) -> None:
    assert builds.changes(BUILT) == BuildChanges([], 0, frozenset({NO_MONTH}))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("update gong_raw.calls set _dlt_load_id = '2' where call_id = '4'", {"4"}),
        ("insert into gong_raw.transcripts values ('6', null, 'never closed')", {"6"}),
        ("insert into gong_raw.calls values ('new', null, null, null, null, null, '2')", {"new"}),
        ("update gong_raw.calls set _deleted_at = now() where call_id = '2'", {"2"}),
        ("delete from gong_raw.calls where call_id = '3'", {"3"}),
        ("delete from gong_raw.transcripts where call_id = 'early'", {"early"}),
        ("update gong_build.people set user_name = 'Other' where user_id = 'u2'", {"2", "5", "8"}),
        ("delete from gong_build.people where user_id = 'u7'", {"9"}),
        ("update gong_raw.workspaces set name = 'West' where name = 'South'", set("13579")),
        ("delete from gong_raw.workspaces where name = 'North'", set("02468")),
    ],
)
def test_a_call_has_changed_with_what_is_said_of_it(
    builds: Builds, sql: str, expected: set[str]
) -> None:
    assert builds.changed_after(sql) == expected


def test_a_call_whose_transcript_is_awaited_no_more_has_changed(builds: Builds) -> None:
    # the third call started on 10 October
    changes = builds.changes(BUILT + timedelta(hours=5))
    assert changes is not None
    assert (changes.calls, changes.tables) == (0, [])
    changes = builds.changes(BUILT + timedelta(days=20))
    assert changes is not None
    assert (changes.calls, changes.months) == (1, frozenset({NO_MONTH, "2026-10"}))


def test_the_instants_of_the_root_rows_of_changed_calls_are_known(builds: Builds) -> None:
    builds.changed_after(
        "update gong_raw.calls set _dlt_load_id = '2', "
        "_loaded_at = timestamptz '2026-11-20 05:30:00+00' where call_id in ('0', '4')"
    )
    landings = builds.db.execute(
        "select strftime(loaded_at at time zone 'UTC', '%H:%M') from gong_build.changed_landings "
        "order by 1"
    ).fetchall()
    assert landings == [("03:00",), ("05:30",)], "that of a transcript too, which has not changed"


def test_the_days_of_changed_calls_before_and_after_are_known_in_any_time_zone(
    builds: Builds,
) -> None:
    builds.changed_after(
        "update gong_raw.calls set _dlt_load_id = '2', "
        "started_at = timestamptz '2026-11-03 23:30:00+00' where call_id = '0'"
    )
    days = builds.db.execute(
        "select started_on::varchar from gong_build.changed_days order by 1"
    ).fetchall()
    assert days == [("2026-11-02",), ("2026-11-03",), ("2026-11-04",), ("2026-11-19",)]


def test_tables_have_changed_with_their_root_or_with_their_number_of_rows(builds: Builds) -> None:
    builds.db.execute("update gong_raw.calls set _dlt_load_id = '2' where call_id = '4'")
    builds.db.execute("insert into gong_raw.workspaces values ('w3', 'East', '1')")
    changes = builds.changes()
    assert changes is not None
    assert changes.tables == ["call_parties", "calls", "workspaces"]
    assert changes.months == {NO_MONTH, "2026-08"}


def test_everything_is_built_where_the_tables_are_not_those_of_the_build(builds: Builds) -> None:
    assert builds.changes(build_id="another") is None
    assert builds.changes(BUILT - timedelta(seconds=1)) is None, "built in the future"
    builds.db.execute("drop table gong_build.fct_tracker_mentions")
    assert builds.changes() is None


def test_everything_is_built_where_a_large_share_has_changed(builds: Builds) -> None:
    builds.db.execute(
        "insert into gong_raw.calls select 'n' || n, null, null, null, null, null, '2' "
        "from range(1001) as t(n)"
    )
    assert builds.changes() is None


def test_contents_do_not_depend_on_the_order_of_rows(builds: Builds) -> None:
    before = contents(builds.db, ["fct_calls", "fct_none"])
    builds.db.execute(
        "create or replace table gong_build.fct_calls as "
        "from gong_build.fct_calls order by all desc"
    )
    assert contents(builds.db, ["fct_calls"]) == before
    builds.db.execute("update gong_build.fct_calls set workspace_name = 'x' where call_id = '1'")
    assert contents(builds.db, ["fct_calls"]) != before
