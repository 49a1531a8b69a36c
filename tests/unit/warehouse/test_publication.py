from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import duckdb
import pytest

from warehouse import published as published_from_package
from warehouse.publication import (
    CATALOGUE,
    NothingPublished,
    Publication,
    connect,
    folder,
    publish,
    publish_single_file,
    published,
)
from warehouse.target import Target

BUILT = """
create schema gong_build; create schema gong_ops; create schema gong_raw;
create table gong_build.fct_calls as
    select n as call_number, date '2026-01-15' + (n * 31)::integer as started_on, n / 2 as ratio
    from range(3) as t(n);
create table gong_build.dim_users as select 'u' || n as user_id from range(5) as t(n);
create table gong_build.agg_empty (week_start_on date, calls bigint);
create table gong_build.int_hidden as select 1 as a;
create table gong_ops.runs as select 'r1' as run_id;
create table gong_ops.settings as select 'hidden' as name;
comment on table gong_build.fct_calls is 'It''s one row per call.';
comment on column gong_build.fct_calls.ratio is 'Between 0 and "1".';
"""


class Place:
    """A warehouse and its published copy."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.target = Target(home / "w.duckdb")

    def write(self, sql: str) -> None:
        with duckdb.connect(str(self.target.path)) as db:
            db.execute(sql)

    def publish(self, *failed: str) -> Publication:
        return publish(self.target, self.home, failed)

    def parts(self) -> dict[str, int]:
        return {
            str(file.relative_to(folder(self.home))): file.stat().st_mtime_ns
            for file in folder(self.home).glob("parts/*/*")
        }

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with connect(self.home) as db:
            return db.execute(sql).fetchall()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.write(BUILT)
    return made


def test_marts_and_ops_tables_are_published_and_nothing_else(place: Place) -> None:
    done = place.publish()
    assert done.rows == {
        "gong.agg_empty": 0,
        "gong.dim_users": 5,
        "gong.fct_calls": 3,
        "gong_ops.runs": 1,
    }
    assert done.stale == ()
    assert place.rows("select call_number, ratio from gong.fct_calls order by 1") == [
        (0, 0.0),
        (1, 0.5),
        (2, 1.0),
    ]
    assert place.rows("select count(*) from fct_calls, gong_ops.runs, gong.agg_empty") == [(0,)]
    for hidden in ("gong.int_hidden", "gong_ops.settings"):
        with pytest.raises(duckdb.CatalogException):
            place.rows(f"select * from {hidden}")


def test_an_unchanged_table_is_not_written_again(place: Place) -> None:
    first = place.publish()
    before = place.parts()
    again = place.publish()
    assert first.written == len(before) == 6
    assert (again.written, again.kept) == (0, 6)
    assert place.parts() == before


def test_of_a_table_by_month_only_the_changed_month_is_written(place: Place) -> None:
    place.publish()
    before = place.parts()
    place.write("update gong_build.fct_calls set ratio = 7 where call_number = 1")
    done = place.publish()
    assert (done.written, done.kept) == (1, 5)
    (new,) = place.parts().keys() - before.keys()
    assert "fct_calls/2026-02-" in new
    assert place.rows("select ratio from fct_calls order by call_number") == [
        (0.0,),
        (7.0,),
        (1.0,),
    ]


def test_the_order_of_rows_is_no_change(place: Place) -> None:
    place.publish()
    place.write(
        "create or replace table gong_build.dim_users as from gong_build.dim_users order by 1 desc"
    )
    assert place.publish().written == 0


@pytest.mark.parametrize(
    "sql",
    [
        "insert into gong_build.dim_users values ('u0')",
        "delete from gong_build.dim_users where user_id = 'u0'",
        "update gong_build.dim_users set user_id = null where user_id = 'u0'",
        "alter table gong_build.dim_users rename user_id to id",
        "alter table gong_build.dim_users add column a integer",
    ],
)
def test_every_other_change_is_written(place: Place, sql: str) -> None:
    place.publish()
    place.write(sql)
    assert place.publish().written == 1
    with duckdb.connect(str(place.target.path)) as db:
        expected = db.execute("from gong_build.dim_users order by all").fetchall()
    assert place.rows("from dim_users order by all") == expected


def test_rows_without_a_month_are_published_too(place: Place) -> None:
    place.write("insert into gong_build.fct_calls values (9, null, 0)")
    assert place.publish().rows["gong.fct_calls"] == 4
    assert place.rows("select count(*) from fct_calls") == [(4,)]


def test_a_failed_table_keeps_its_last_rows_and_the_others_go_on(place: Place) -> None:
    place.publish()
    place.write("delete from gong_build.dim_users; delete from gong_build.fct_calls")
    done = place.publish("fct_calls")
    assert done.stale == ("gong.fct_calls",)
    assert place.rows(
        "select (select count(*) from fct_calls), (select count(*) from dim_users)"
    ) == [(3, 0)]
    place.write("drop table gong_build.fct_calls")
    assert place.publish("fct_calls").stale == ("gong.fct_calls",)
    assert place.rows("select count(*) from fct_calls") == [(3,)]


def test_a_table_that_failed_before_its_first_publication_is_not_there(place: Place) -> None:
    done = place.publish("fct_calls")
    assert "gong.fct_calls" not in done.rows
    assert done.stale == ()
    with pytest.raises(duckdb.CatalogException):
        place.rows("select * from fct_calls")


def test_a_table_that_is_built_no_more_goes(place: Place) -> None:
    place.publish()
    place.write("drop table gong_build.dim_users")
    assert "gong.dim_users" not in place.publish().rows


def test_a_reader_keeps_its_state_while_a_new_one_is_published(place: Place) -> None:
    place.publish()
    with connect(place.home) as reader:
        place.write("delete from gong_build.fct_calls; delete from gong_build.dim_users")
        place.publish()
        counts = "select (select count(*) from fct_calls), (select count(*) from dim_users)"
        assert reader.execute(counts).fetchall() == [(3, 5)]
        assert place.rows(counts) == [(0, 0)]


def test_the_catalogue_is_another_file_after_each_publication(place: Place) -> None:
    catalogue = place.publish().catalogue
    with open(catalogue, "rb") as held:
        before = held.read()
        place.publish()
        assert os.fstat(held.fileno()).st_ino != catalogue.stat().st_ino
        held.seek(0)
        assert held.read() == before
    assert {file.name for file in folder(place.home).iterdir()} == {
        CATALOGUE,
        "parts",
        "parts.json",
    }


def test_old_parts_go_after_a_day(place: Place) -> None:
    place.publish()
    old = set(place.parts())
    place.write("delete from gong_build.dim_users")
    place.publish()
    assert old < set(place.parts())
    (unused,) = (name for name in old if "dim_users" in name)
    past = time.time() - 25 * 3600
    for name in place.parts():
        os.utime(folder(place.home) / name, (past, past))
    place.publish()
    assert old - set(place.parts()) == {unused}


def test_the_day_of_grace_begins_when_a_part_goes_out_of_use(place: Place) -> None:
    place.publish()
    past = time.time() - 90 * 24 * 3600
    for name in place.parts():
        os.utime(folder(place.home) / name, (past, past))
    old = set(place.parts())
    place.write("delete from gong_build.dim_users")
    place.publish()
    assert old < set(place.parts())


def test_comments_of_tables_and_columns_are_there_where_analysts_look(place: Place) -> None:
    place.publish()
    assert place.rows("select comment from duckdb_views() where view_name = 'fct_calls'") == [
        ("It's one row per call.",)
    ]
    assert place.rows(
        "select column_name, comment from duckdb_columns() where table_name = 'fct_calls' "
        "and comment is not null"
    ) == [("ratio", 'Between 0 and "1".')]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/etc/*')",
        "select * from '{home}/w.duckdb'",
        "select * from read_text('{home}/published/parts.json')",
        "copy (select 1) to '{home}/out.csv'",
        "copy (select 1) to '{home}/published/parts/new.csv'",
        "copy (select 1) to '{home}/published/parts/gong.dim_users/new.parquet'",
        "export database '{home}/published/parts/new'",
        "attach '{home}/published/parts/new.duckdb' as w",
        "attach '{home}/w.duckdb' as w",
        "attach '{home}/new.duckdb' as w",
        "create table t (a integer)",
        "create view gong.v as select 1",
        "drop view fct_calls",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "reset lock_configuration",
        "install httpfs",
        "load httpfs",
        "select * from read_csv('http://127.0.0.1:9/x.csv')",
    ],
)
def test_an_analyst_reaches_no_other_file_and_writes_nothing(place: Place, sql: str) -> None:
    place.publish()
    before = place.parts()
    with connect(place.home) as db, pytest.raises(duckdb.Error):
        db.execute(sql.format(home=place.home))
    assert place.parts() == before
    assert not (place.home / "out.csv").exists()
    assert not (place.home / "new.duckdb").exists()


def test_times_are_told_in_utc(place: Place) -> None:
    place.publish()
    assert place.rows("select current_setting('TimeZone')") == [("UTC",)]


def test_before_the_first_publication_the_next_step_is_told(tmp_path: Path) -> None:
    for act in (
        lambda: connect(tmp_path),
        lambda: publish_single_file(tmp_path, tmp_path / "x.db"),
    ):
        with pytest.raises(NothingPublished, match="gong-elt sync"):
            act()
    assert not (tmp_path / "x.db").exists()


def test_only_the_owner_sees_the_published_copy(place: Place) -> None:
    place.publish()
    top = folder(place.home)
    assert stat.S_IMODE(top.stat().st_mode) == 0o700
    for file in top.rglob("*"):
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@pytest.mark.parametrize("name", ["send.duckdb", "gong.duckdb"])
def test_one_file_holds_all_tables_by_the_same_names(place: Place, name: str) -> None:
    place.publish()
    path = place.home / name
    for _ in range(2):
        assert publish_single_file(place.home, path) == 4
    with duckdb.connect(str(path), read_only=True) as db:
        assert db.execute("select count(*) from gong.fct_calls").fetchall() == [(3,)]
        assert db.execute("select run_id from gong_ops.runs").fetchall() == [("r1",)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_analysts_get_frames_from_python(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish()
    frame = published(place.home).df("select * from fct_calls where call_number > ?", [0])
    assert list(frame["call_number"]) == [1, 2]
    monkeypatch.setenv("GONG_ELT_HOME", str(place.home))
    assert len(published_from_package().df("select * from gong.dim_users")) == 5
