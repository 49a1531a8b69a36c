from __future__ import annotations

from functools import cache

import duckdb
import pytest

from tests.harness.hostile_sql import HOSTILE
from warehouse.publication.user_sql import NotAQuery, checked


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": "false"})


def connection() -> duckdb.DuckDBPyConnection:
    return _database().cursor()


def refusal(sql: str) -> str:
    with connection() as db, pytest.raises(NotAQuery) as refused:
        checked(db, sql)
    return str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1;",
        "-- how many?\nselect count(*) from gong.fct_calls -- all",
        "from gong.fct_calls select title limit 5",
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) from r",
        "select 'copy (select 1) to ''x''' as text, \"attach\" from t",
        "select * from a asof join b on a.x >= b.x qualify row_number() over () = 1",
        "select unnest(topics), [x for x in [1, 2]], list_transform([1], lambda x: x + 1) from t",
        "pivot t on x in ('a', 'b') using count(*)",
        "unpivot t on a, b",
        "from generate_series(1, 3), json_each('{}')",
        "select * from t where a = ? and b = ?",
        "describe gong.fct_calls",
        "summarize gong.fct_calls",
        "show tables",
        "values (1), (2)",
        "explain select 'ü' from t",
        "EXPLAIN (ANALYZE, FORMAT JSON) (select 1)",
        "/* why */ explain analyze -- slow\n select 1",
        "select comment from duckdb_columns()",
        "select * from information_schema.tables",
    ],
)
def test_what_analysts_write_is_taken(sql: str) -> None:
    with connection() as db:
        checked(db, sql)


def test_what_does_more_than_read_is_refused() -> None:
    # these are refused by a connection that reaches no file
    by_duckdb = ("from frame", "select * from '", "import database")
    for sql in HOSTILE:
        if not sql.startswith(by_duckdb):
            assert refusal(sql)


@pytest.mark.parametrize("sql", ["", "  \n", "-- only a comment", "/* nothing */;"])
def test_an_empty_query_is_told_what_a_query_looks_like(sql: str) -> None:
    assert refusal(sql).startswith("there is no query in it; write one, such as")


def test_a_refusal_says_why() -> None:
    assert refusal("select 1; select 2") == "one query at a time: these are several"
    assert "takes select, describe" in refusal("create table t (a integer)")
    assert "pivot T on C in" in refusal("pivot t on x using count(*)")
    assert refusal("from glob('*')").startswith("glob() is refused")


def test_every_table_function_that_reads_files_is_refused() -> None:
    """A new version of DuckDB may bring others: what is not known is refused."""
    with duckdb.connect() as db:
        names = db.execute(
            "select distinct function_name from duckdb_functions() "
            "where function_type in ('table', 'table_macro') and (function_name like '%read%' "
            "or function_name like '%scan%' or function_name in ('glob', 'query', 'sniff_csv'))"
        ).fetchall()
    assert len(names) > 10
    for (name,) in names:
        assert "is refused" in refusal(f"from {name}('x')")
