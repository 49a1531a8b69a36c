from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from tests.unit.warehouse.conftest import LandedWarehouse
from warehouse import connection
from warehouse.connection import DamagedWarehouse, Locked, Warehouse, columns
from warehouse.machine.database import open_file
from warehouse.target import Target


def test_a_warehouse_that_does_not_exist_is_read_as_an_empty_database(missing: Warehouse) -> None:
    with missing.reading() as db:
        assert columns(db, "gong_raw.calls") == {}
        assert db.execute("select table_name from duckdb_tables()").fetchall() == []
    with missing.snapshot(), missing.reading() as db:
        assert columns(db, "gong_raw.calls") == {}
    assert not missing.exists


def test_writing_creates_the_file(missing: Warehouse) -> None:
    with missing.writing() as db:
        db.execute("create table t as select 1 as n")
    assert missing.exists
    with missing.reading() as db:
        assert columns(db, "main.t") == {"n": "INTEGER"}


def test_a_warehouse_open_for_reading_cannot_be_written(landed: LandedWarehouse) -> None:
    with (
        landed.warehouse.reading() as db,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        db.execute("create table t (n bigint)")


def test_instants_are_read_in_utc_on_every_connection(landed: LandedWarehouse) -> None:
    zone = "select current_setting('timezone')"
    for way in (landed.warehouse.reading, landed.warehouse.writing):
        with way() as db:
            assert db.execute(zone).fetchall() == [("UTC",)]
    with landed.warehouse.snapshot(), landed.warehouse.reading() as db:
        assert db.execute(zone).fetchall() == [("UTC",)]


def test_a_snapshot_answers_several_threads_and_ends_with_its_block(
    landed: LandedWarehouse,
) -> None:
    landed.call("1")
    counts: list[int] = []

    def count() -> None:
        with landed.warehouse.reading() as db:
            counts.append(db.execute("select count(*) from gong_raw.calls").fetchall()[0][0])

    with landed.warehouse.snapshot():
        threads = [Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counts == [1, 1, 1, 1]
    landed.call("2")  # the file is free again
    count()
    assert counts[-1] == 2


def test_a_held_warehouse_is_opened_once_for_all_reads_and_writes_of_all_threads(
    missing: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def opening(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        opened.append(path)
        return open_file(path, read_only=read_only)

    monkeypatch.setattr(connection, "open_file", opening)

    def write(number: int) -> None:
        with missing.writing() as db:
            db.execute("insert into t values (?)", [number])

    with missing.held(), missing.held():
        with missing.writing() as db:
            db.execute("create table t (n bigint)")
        threads = [Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with missing.snapshot():
            assert missing.rows("select count(*) from t") == [(4,)]
        with missing.writing() as db:
            db.begin()
            db.execute("delete from t")
        assert missing.rows("select count(*) from t") == [(4,)]  # the delete was not committed
    assert len(opened) == 1
    assert missing.rows("select count(*) from t") == [(4,)]
    assert len(opened) == 2


def test_a_held_warehouse_can_be_released_for_another_process(landed: LandedWarehouse) -> None:
    with landed.warehouse.held():
        with landed.warehouse.writing() as db:
            db.execute("create table t as select 1 as n")
        with pytest.raises(duckdb.ConnectionException, match="different configuration"):
            duckdb.connect(str(landed.warehouse.path), read_only=True)
        with landed.warehouse.released(), landed.warehouse.released():
            assert not landed.warehouse.path.with_suffix(".duckdb.wal").exists()
            with duckdb.connect(str(landed.warehouse.path), read_only=True) as other:
                assert other.execute("from t").fetchall() == [(1,)]
        assert landed.warehouse.rows("from t") == [(1,)]


def test_a_warehouse_that_another_process_did_not_give_back_is_not_held(
    landed: LandedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with landed.warehouse.held():
        with landed.warehouse.released():
            monkeypatch.setattr(connection, "open_file", _locked)
        with pytest.raises(Locked):
            landed.warehouse.rows("select 1")
        monkeypatch.undo()
        assert landed.warehouse.rows("select 1") == [(1,)]


def test_what_ends_a_block_in_which_it_is_released_is_not_hidden(
    landed: LandedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        with landed.warehouse.held(), landed.warehouse.released():
            monkeypatch.setattr(connection, "open_file", _locked)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()


def _locked(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    raise duckdb.IOException("Conflicting lock is held in another process")


def test_a_held_warehouse_has_one_zone_and_is_free_when_the_block_ends(
    landed: LandedWarehouse,
) -> None:
    with landed.warehouse.held():
        for way in (landed.warehouse.reading, landed.warehouse.writing):
            with way() as db:
                zone = db.execute("select current_setting('timezone')").fetchall()
                assert zone == [("UTC",)]
    with duckdb.connect(str(landed.warehouse.path), read_only=True):
        pass


def test_a_table_or_a_schema_that_is_missing_has_no_columns(landed: LandedWarehouse) -> None:
    with landed.warehouse.reading() as db:
        assert columns(db, "gong_raw.users") == {}
        assert columns(db, "nowhere.users") == {}
        assert columns(db, "gong_raw._transcript_asks") == {
            "call_id": "VARCHAR",
            "asked_at": "TIMESTAMP WITH TIME ZONE",
            "_dlt_load_id": "VARCHAR",
        }


def test_rows_are_tuples_or_named_by_their_columns(landed: LandedWarehouse) -> None:
    landed.call("1")
    select = "select call_id, _dlt_load_id as package from gong_raw.calls where call_id = ?"
    assert landed.warehouse.rows(select, ["1"]) == [("1", "closed")]
    assert landed.warehouse.dicts(select, ["1"]) == [{"call_id": "1", "package": "closed"}]


def test_a_table_that_does_not_exist_has_no_rows_and_any_other_mistake_is_an_error(
    landed: LandedWarehouse, missing: Warehouse
) -> None:
    for warehouse in (landed.warehouse, missing):
        assert warehouse.rows("select 1 from gong_raw.users") == []
        assert warehouse.dicts("select 1 from gong_ops.nothing") == []
    for wrong in ("select no_function(1)", "select no_column from gong_raw.calls", "selekt 1"):
        with pytest.raises(duckdb.Error):
            landed.warehouse.rows(wrong)


def test_a_snapshot_within_another_is_the_same(landed: LandedWarehouse) -> None:
    with landed.warehouse.snapshot():
        with landed.warehouse.snapshot():
            pass
        assert landed.warehouse.rows("select count(*) from gong_raw.calls") == [(0,)]


def test_a_file_of_another_format_is_refused_as_a_warehouse(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_text("this is not a database, it is a text of some length" * 99)
    warehouse = Warehouse(Target(tmp_path / "w.duckdb"))
    with (
        pytest.raises(DamagedWarehouse, match=r"w\.duckdb is damaged, or no DuckDB file.*gong-elt"),
        warehouse.writing(),
    ):
        pass


@pytest.mark.parametrize(
    "damage",
    [lambda _: b"", lambda old: old[: len(old) // 2], lambda old: os.urandom(len(old))],
    ids=["empty", "cut in half", "random"],
)
def test_a_damaged_warehouse_is_named_with_the_cure_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "w.duckdb"
    warehouse = Warehouse(Target(file))
    with warehouse.writing() as db:
        db.execute("create table t as select range as n, 'text ' || range as s from range(200000)")
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    for opened in (warehouse.reading, warehouse.writing):
        with pytest.raises(DamagedWarehouse, match=r"w\.duckdb is damaged.*backup"), opened():
            pass
    assert file.read_bytes() == damaged


@pytest.mark.parametrize(
    ("message", "holder"),
    [
        (
            'IO Error: Could not set lock on file "w": Conflicting lock is held in python (PID 7)'
            ". See also https://duckdb.org",
            "python (PID 7)",
        ),
        ('IO Error: Could not set lock on file "w"', "its name is not known"),
    ],
)
def test_a_locked_file_names_the_process_that_has_it_open(
    missing: Warehouse, monkeypatch: pytest.MonkeyPatch, message: str, holder: str
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise duckdb.IOException(message)

    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(Locked) as locked, missing.writing():
        pass
    assert f"open: {holder}. Close it" in str(locked.value)
