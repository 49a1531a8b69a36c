"""Databases of ours keep within their share of the machine, and out of each other's way."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT
from warehouse.connection import Warehouse
from warehouse.machine import database as module
from warehouse.machine.database import open_file, open_in_memory, remove_spills
from warehouse.target import Target

Opening = Callable[[Path], duckdb.DuckDBPyConnection]
WAYS: dict[str, Opening] = {
    "to write": open_file,
    "to read": lambda file: open_file(file, read_only=True),
    "beside another": lambda file: open_file(file, beside=file.with_name("other")),
    "in memory": open_in_memory,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    return tmp_path / "w.duckdb"


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"memory_limit": "20MiB", "threads": "1"}
    monkeypatch.setattr(module, "duckdb_settings", lambda: limits)


def setting(db: duckdb.DuckDBPyConnection, name: str) -> str:
    row = db.execute("select current_setting(?)", [name]).fetchone()
    assert row
    return str(row[0])


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("way", WAYS)
def test_every_database_is_bound_and_spills_beside_its_file(file: Path, way: str) -> None:
    with WAYS[way](file) as db:
        assert (setting(db, "memory_limit"), setting(db, "threads")) == ("20.0 MiB", "1")
        assert setting(db, "timezone") == "UTC"
        assert Path(setting(db, "temp_directory")).parent == file.parent


@pytest.mark.usefixtures("_small")
def test_a_warehouse_is_bound_whichever_way_it_is_opened(file: Path) -> None:
    for path in (file, file.with_name("missing.duckdb")):
        warehouse = Warehouse(Target(path))
        for opened in (warehouse.reading, warehouse.writing):
            with opened() as db:
                assert setting(db, "memory_limit") == "20.0 MiB"
        with warehouse.snapshot(), warehouse.reading() as db:
            assert setting(db, "memory_limit") == "20.0 MiB"


def test_no_database_is_opened_past_the_limits() -> None:
    opening = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("pipelines", "sources", "warehouse")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "duckdb"
        and node.attr in ("connect", "sql", "query", "execute", "read_parquet", "from_query")
        and path.parent != ROOT / "warehouse" / "machine"
    ]
    assert opening == []


BIG = "create temp table big as select i, hash(i + ?) as h from range(3000000) as t(i)"
SUMS = "select count(*), sum(h), sum(hash(i + ?) = h) from big"


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("way", ["to read", "in memory"])
def test_readers_that_spill_at_once_do_not_read_each_others_rows(file: Path, way: str) -> None:
    if way == "to read":  # another process, to DuckDB: within one it would share what is open
        os.link(file, file.with_name("same.duckdb"))
        first, second = WAYS[way](file), WAYS[way](file.with_name("same.duckdb"))
    else:
        first, second = WAYS[way](file), WAYS[way](file)
    with first, second:
        for db, salt in ((first, 0), (second, 7)):
            db.execute(BIG, [salt])
        assert len(list(file.parent.glob("*.tmp/*"))) > 1
        for db, salt in ((first, 0), (second, 7)):
            counted, _, right = db.execute(SUMS, [salt]).fetchall()[0]
            assert (counted, right) == (3_000_000, 3_000_000)
    assert list(file.parent.glob("*.tmp")) == []


@pytest.mark.usefixtures("_small")
def test_a_second_reader_of_this_process_shares_the_folder_of_the_first(file: Path) -> None:
    with open_file(file, read_only=True) as first:
        first.execute(BIG, [0])
        with open_file(file, read_only=True) as second:
            assert setting(second, "temp_directory") == setting(first, "temp_directory")


def test_what_killed_databases_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "gong.duckdb"
    spills = [tmp_path / "gong.duckdb.tmp", tmp_path / "gong.duckdb.0123456789ab.tmp"]
    others = [tmp_path / "gong.duckdb.mine.tmp", tmp_path / "other.duckdb.tmp"]
    for folder in (*spills, *others):
        folder.mkdir()
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"rows")

    remove_spills(file, older_than=3600)
    assert all(folder.exists() for folder in spills)

    an_hour_ago = time.time() - 3601
    for folder in (*spills, *others):
        for path in (*folder.iterdir(), folder):
            os.utime(path, (an_hour_ago, an_hour_ago))
    (spills[1] / "duckdb_temp_storage_DEFAULT-0.tmp").touch()
    remove_spills(file, older_than=3600)
    assert [folder.exists() for folder in spills] == [False, True]

    remove_spills(file)
    assert not any(folder.exists() for folder in spills)
    assert all(folder.exists() for folder in others)
