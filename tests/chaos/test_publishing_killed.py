"""A publish that is killed at any point leaves either the old publication or the new one."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import duckdb
import pytest

from tests.chaos.history import launch
from tests.conftest import Gong, gong_for

BUILT = """
create schema gong_build; create schema gong_ops;
create table gong_build.fct_calls as
    select n as call_number, date '2026-01-15' + (n * 31)::integer as started_on, 'old' as state
    from range(6) as t(n);
create table gong_build.dim_users as select 'u' || n as user_id, 'old' as state from range(5) t(n);
create table gong_ops.runs as select 'r1' as run_id;
"""
OLD = [("old", 11)]
NEW = [("new", 11)]


@pytest.fixture
def gong(home: Path) -> Gong:
    """A home with an old publication and a build that is not published yet."""
    gong = gong_for(home, None)
    home.mkdir()
    with duckdb.connect(str(gong.warehouse)) as db:
        db.execute(BUILT)
    built = {"mark": "", "failed": [], "is_whole": True}
    (home / "built.json").write_text(json.dumps(built))
    assert gong("publish").returncode == 0
    past = time.time() - 90 * 24 * 3600
    for part in (home / "published" / "parts").glob("*/*"):
        os.utime(part, (past, past))
    with duckdb.connect(str(gong.warehouse)) as db:
        for table in ("fct_calls", "dim_users"):
            db.execute(f"update gong_build.{table} set state = 'new'")
    return gong


def catalogue(gong: Gong) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(gong.home / "published" / "gong.duckdb"), read_only=True)


def states(db: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """Returns the number of rows by state, over both tables."""
    sql = "select state, count(*) from (select state from {} union all select state from {}) "
    return db.execute(sql.format("fct_calls", "dim_users") + "group by 1").fetchall()


def kill(gong: Gong, point: str, nth: int) -> None:
    outcome = launch(
        gong, [point, str(nth)], ("publish",), gong.home.parent / "killed.json", gong.env
    )
    assert (outcome.get("point"), outcome["code"]) == (point, -9), outcome["output"]


def test_readers_see_all_of_the_old_or_all_of_the_new(gong: Gong) -> None:
    for point, nth in (("origin", 1), ("parts", 1), ("parts", 3)):
        kill(gong, point, nth)
        with catalogue(gong) as db:
            assert states(db) == OLD
    kill(gong, "catalogue", 1)
    with catalogue(gong) as db:
        assert states(db) == OLD
    kill(gong, "catalogue", 2)
    with catalogue(gong) as db:
        assert states(db) == NEW
    done = gong("publish")
    assert "0 parts written" in done.stderr
    with catalogue(gong) as db:
        assert states(db) == NEW
    assert list((gong.home / "published").rglob(".*")) == []


def test_a_reader_of_the_old_copy_keeps_it_for_a_day(gong: Gong) -> None:
    with catalogue(gong) as reader:
        kill(gong, "published", 1)
        assert gong("publish").returncode == 0
        assert states(reader) == OLD
    with catalogue(gong) as db:
        assert states(db) == NEW
