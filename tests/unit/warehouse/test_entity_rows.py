"""An entity is deleted with the rows of the tables that name it, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest

from warehouse.entity_rows import EntityRows, delete_entities
from warehouse.retention import purge

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
REVIEWS = EntityRows("reviews", ("review_id",), ("answers", "missing"))


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as db:
        db.execute(
            """create schema gong_raw;
            create table gong_raw.reviews (review_id text, _deleted_at timestamptz);
            create table gong_raw.answers (review_id text, answer text);
            insert into gong_raw.reviews values ('1', null), ('2', '2026-11-01 00:00:00Z');
            insert into gong_raw.answers values ('1', 'a'), ('2', 'b'), ('2', 'c')"""
        )
        yield db


def keys(db: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [key for (key,) in db.execute(f"select review_id from gong_raw.{table}").fetchall()]


def test_rows_of_the_same_entity_go_and_tables_that_are_not_there_are_passed_over(
    db: duckdb.DuckDBPyConnection,
) -> None:
    selected = "select review_id from gong_raw.reviews where review_id = ?"
    removed = delete_entities(db, REVIEWS, selected, ["2"], {"reviews", "answers"})
    assert removed == {"reviews": 1, "answers": 2}
    assert (keys(db, "reviews"), keys(db, "answers")) == (["1"], ["1"])
    assert delete_entities(db, REVIEWS, selected, ["2"], {"reviews", "answers"}) == {}


def test_what_was_deleted_before_an_instant_is_purged(db: duckdb.DuckDBPyConnection) -> None:
    assert purge(db, [REVIEWS, EntityRows("missing", ("id",))], NOW) == {"reviews": 1}
    assert (keys(db, "reviews"), keys(db, "answers")) == (["1"], ["1"])
    assert purge(db, [REVIEWS], NOW) == {}


def test_a_purge_that_fails_deletes_nothing(db: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.BinderException):
        purge(db, [REVIEWS, EntityRows("answers", ("no_such_column",))], NOW)
    assert keys(db, "reviews") == ["1", "2"]
