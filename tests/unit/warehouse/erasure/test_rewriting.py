"""No byte of deleted rows is left in the file, and all else is as it was."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.erasure.conftest import JANE, erase, insert
from warehouse.connection import Warehouse
from warehouse.erasure import rewriting
from warehouse.prepare import prepare
from warehouse.target import Target


def test_no_byte_is_left_and_all_else_is_as_it_was(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    unique = "The heliotrope ledger belongs to nobody but the cartographer."
    insert(
        warehouse,
        calls=[("c1", unique, None, None), ("c2", "z", None, None)],
        call_parties=[("c1", 0, JANE, None, None)],
    )
    with warehouse.writing() as db:
        db.execute("create view gong_raw.v as select count(*) as n from gong_raw.calls")
    assert unique.encode() in path.read_bytes()
    erase(warehouse)
    path.with_name(".w.duckdb.new").write_text("what a kill left")
    rewriting.rewrite(Target(path))
    assert unique.encode() not in path.read_bytes()
    assert JANE.encode() not in path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["w.duckdb"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with duckdb.connect(str(path), read_only=True) as db:
        assert db.execute("select n from gong_raw.v").fetchall() == [(1,)]
        query = "select comment from duckdb_columns() where column_name = 'brief'"
        assert db.execute(query).fetchall() == [("What was said.",)]
    prepare(warehouse)


def test_a_disk_without_room_stops_before_anything(warehouse: Warehouse, tmp_path: Path) -> None:
    target = Target(tmp_path / "w.duckdb")
    rewriting.check_room(target)
    # a hole takes no room
    os.truncate(target.path, shutil.disk_usage(tmp_path).free)
    with pytest.raises(rewriting.TooFull, match="nothing was erased"):
        rewriting.check_room(target)
