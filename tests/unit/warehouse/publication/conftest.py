"""A warehouse with built tables, and its published copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from warehouse.publication.catalogue import folder
from warehouse.publication.publish import Publication, publish
from warehouse.publication.reading import connect
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


class PublicationHome:
    """A warehouse and its published copy."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.target = Target(home / "warehouse.duckdb")

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


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file that tests copy, which is faster than to build it."""
    place = PublicationHome(tmp_path_factory.mktemp("built"))
    place.write(BUILT)
    return place.target.path


@pytest.fixture
def place(built: Path, tmp_path: Path) -> PublicationHome:
    place = PublicationHome(tmp_path)
    shutil.copy(built, place.target.path)
    return place


@pytest.fixture(scope="module")
def published_place(built: Path, tmp_path_factory: pytest.TempPathFactory) -> PublicationHome:
    """A published copy that tests only read."""
    place = PublicationHome(tmp_path_factory.mktemp("published"))
    shutil.copy(built, place.target.path)
    place.publish()
    return place
