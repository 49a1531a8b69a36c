"""The statements of a merge, run by DuckDB over real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse.landing.merging import Merge

KEY = "call id"  # a name that must be quoted


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as db:
        db.execute(f'create table calls ("{KEY}" varchar not null, part bigint, text json)')
        db.execute("insert into calls values ('1', 1, '\"a\"'), ('1', 2, null), ('2', 1, null)")
        yield db


def write(folder: Path, name: str, *rows: dict[str, Any]) -> str:
    file = folder / name
    pq.write_table(pa.Table.from_pylist(list(rows)), file)
    return str(file)


def run(db: duckdb.DuckDBPyConnection, merge: Merge) -> list[tuple[Any, ...]]:
    for statement in (merge.delete, merge.insert):
        if statement:
            db.execute(statement)
    return db.execute("from calls order by all").fetchall()


def test_all_rows_of_a_key_that_a_file_has_go_and_the_new_ones_come(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    files = [
        write(tmp_path, "a.parquet", {KEY: "1", "part": 1, "text": '"b"'}),
        write(tmp_path, "it's.parquet", {KEY: "3", "part": 1, "text": "3"}, {KEY: "3", "part": 1}),
    ]
    assert run(db, Merge("calls", files, [KEY])) == [
        ("1", 1, '"b"'), ("2", 1, None), ("3", 1, "3"), ("3", 1, None),
    ]  # fmt: skip


def test_of_rows_with_one_unique_key_one_lands(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    row = {KEY: "1", "part": 5, "text": None}
    files = [write(tmp_path, f"{name}.parquet", row, row) for name in "ab"]
    merge = Merge("calls", files, [KEY, "part"], is_unique=True)
    assert run(db, merge)[:3] == [("1", 1, '"a"'), ("1", 2, None), ("1", 5, None)]
    assert len(run(db, merge)) == 4


@pytest.mark.parametrize("is_unique", [True, False])
def test_a_row_with_the_delete_marker_removes_and_does_not_land(
    db: duckdb.DuckDBPyConnection, tmp_path: Path, is_unique: bool
) -> None:
    db.execute("alter table calls add column _gone boolean")
    file = write(
        tmp_path,
        "a.parquet",
        {KEY: "1", "part": None, "_gone": True},
        {KEY: "3", "part": 1, "_gone": False},
        {KEY: "4", "part": 1, "_gone": None},
    )
    merge = Merge("calls", [file], [KEY], is_unique=is_unique, delete_marker="_gone")
    assert run(db, merge) == [
        ("2", 1, None, None), ("3", 1, None, False), ("4", 1, None, None),
    ]  # fmt: skip


def test_without_a_key_rows_are_only_added(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    merge = Merge("calls", [write(tmp_path, "a.parquet", {KEY: "1", "part": 1})])
    assert merge.delete is None
    assert len(run(db, merge)) == 4


def test_a_file_that_lacks_a_column_of_another_brings_null(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    files = [
        write(tmp_path, "a.parquet", {KEY: "8"}),
        write(tmp_path, "b.parquet", {"part": 2, KEY: "9"}),
    ]
    assert run(db, Merge("calls", files, [KEY]))[-2:] == [("8", None, None), ("9", 2, None)]
