from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.publication.conftest import PublicationHome
from warehouse import published as published_from_package
from warehouse.publication.catalogue import NothingPublished
from warehouse.publication.reading import connect, published, query


def test_comments_of_tables_and_columns_are_there_where_analysts_look(
    published_place: PublicationHome,
) -> None:
    assert published_place.rows(
        "select comment from duckdb_views() where view_name = 'fct_calls'"
    ) == [("It's one row per call.",)]
    assert published_place.rows(
        "select column_name, comment from duckdb_columns() where table_name = 'fct_calls' "
        "and comment is not null"
    ) == [("ratio", 'Between 0 and "1".')]


def test_a_reader_keeps_its_state_while_a_new_one_is_published(place: PublicationHome) -> None:
    place.publish()
    with connect(place.home) as reader:
        place.write("delete from gong_build.fct_calls; delete from gong_build.dim_users")
        place.publish()
        counts = "select (select count(*) from fct_calls), (select count(*) from dim_users)"
        assert reader.execute(counts).fetchall() == [(3, 5)]
        assert place.rows(counts) == [(0, 0)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/etc/*')",
        "select * from '{home}/warehouse.duckdb'",
        "select * from read_text('{home}/published/parts.json')",
        "copy (select 1) to '{home}/out.csv'",
        "copy (select 1) to '{home}/published/parts/new.csv'",
        "copy (select 1) to '{home}/published/parts/gong.dim_users/new.parquet'",
        "export database '{home}/published/parts/new'",
        "attach '{home}/published/parts/new.duckdb' as w",
        "attach '{home}/warehouse.duckdb' as w",
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
def test_an_analyst_reaches_no_other_file_and_writes_nothing(
    published_place: PublicationHome, sql: str
) -> None:
    before = published_place.parts()
    with connect(published_place.home) as db, pytest.raises(duckdb.Error):
        db.execute(sql.format(home=published_place.home))
    assert published_place.parts() == before
    assert not (published_place.home / "out.csv").exists()
    assert not (published_place.home / "new.duckdb").exists()


def test_times_are_in_utc(published_place: PublicationHome) -> None:
    assert published_place.rows("select current_setting('TimeZone')") == [("UTC",)]


def test_analysts_get_frames_from_python(
    published_place: PublicationHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = published(published_place.home).df("select * from fct_calls where call_number > ?", [0])
    assert list(frame["call_number"]) == [1, 2]
    monkeypatch.setenv("GONG_ELT_HOME", str(published_place.home))
    assert len(published_from_package().df("select * from gong.dim_users")) == 5


def test_before_the_first_publication_the_message_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="gong-elt sync"):
        connect(tmp_path)


def test_describe_shows_the_comments_and_show_tables_both_schemas(
    published_place: PublicationHome,
) -> None:
    def rows(sql: str) -> list[tuple[object, ...]]:
        with query(published_place.home, sql) as result:
            return result.fetchall()

    for table in ("gong.fct_calls", "fct_calls", "gong.main.FCT_CALLS"):
        assert rows(f"describe {table}") == [
            ("call_number", "BIGINT", None),
            ("started_on", "DATE", None),
            ("ratio", "DOUBLE", 'Between 0 and "1".'),
        ]
    assert rows("describe gong_ops.runs") == [("run_id", "VARCHAR", None)]
    assert rows("show tables") == [
        ("gong", "agg_empty", None),
        ("gong", "dim_users", None),
        ("gong", "fct_calls", "It's one row per call."),
        ("gong_ops", "runs", None),
    ]
    with pytest.raises(duckdb.CatalogException):
        rows("describe gong.no_such_table")


def test_whole_numbers_stay_whole_numbers_in_a_frame(published_place: PublicationHome) -> None:
    reader = published(published_place.home)
    sums = reader.df(
        "select sum(call_number) as n, count(*) as c, sum(null::int) as nothing, 'x' as n "
        "from fct_calls where call_number < ?",
        [2],
    )
    assert [str(kind) for kind in sums.dtypes[:3]] == ["int64", "int64", "Int64"]
    assert sums.iloc[0, 0] == 1
    large = reader.df(f"select x::hugeint as x from (values (1), (null), ({10**30})) t(x)")["x"]
    assert large.tolist()[::2] == [1, 10**30]
    assert large.isna().tolist() == [False, True, False]
