from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from warehouse import raw_tables
from warehouse.connection import Locked, Warehouse
from warehouse.ops.load_log import company_time_zone, done_windows
from warehouse.ops.runs import Run, last_runs, record_run
from warehouse.ops.settings import store_setting, stored_setting
from warehouse.prepare import prepare
from warehouse.target import BadWarehouse, Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)

RAW = """
create schema gong_raw;
create table gong_raw._dlt_loads (
    load_id varchar, schema_name varchar, status bigint, inserted_at timestamptz
);
create table gong_raw._windows (
    window_id varchar, run_id varchar, kind varchar, reading varchar, detail varchar,
    reason varchar, start_at timestamptz, end_at timestamptz, time_zone varchar,
    entities_seen bigint, entities_changed bigint, read_at timestamptz, _dlt_load_id varchar
);
create table gong_raw.calls (
    call_id varchar, started_at timestamptz, extra varchar, _content_hash varchar,
    _deleted_at timestamptz, _loaded_at timestamptz, _dlt_load_id varchar
);
create table gong_raw.transcripts (
    call_id varchar, extra varchar, _content_hash varchar, _loaded_at timestamptz,
    _dlt_load_id varchar
);
create table gong_raw.transcript_sentences (
    call_id varchar, extra varchar, _loaded_at timestamptz, _dlt_load_id varchar
);
create table gong_raw._transcript_asks (
    call_id varchar, asked_at timestamptz, _dlt_load_id varchar
);
create table gong_raw.call_outcomes (
    call_outcome varchar, connect_status varchar, extra varchar, _content_hash varchar,
    _loaded_at timestamptz, _dlt_load_id varchar
);
insert into gong_raw._dlt_loads values ('closed', 'gong', 0, now()), ('odd', 'gong', 1, now());
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse with the raw tables and nothing in them."""
    made = Warehouse(Target(tmp_path / "w.duckdb"))
    prepare(made)
    write(tmp_path, RAW)
    prepare(made)
    return made


def write(folder: Path, sql: str, *values: object) -> None:
    with duckdb.connect(str(folder / "w.duckdb")) as db:
        db.execute(sql, list(values) or None)


def add_call(
    folder: Path,
    call_id: str,
    age: float = 1,
    load: str = "closed",
    extra: str | None = None,
    deleted: datetime | None = None,
) -> None:
    write(
        folder,
        "insert into gong_raw.calls values (?, ?, ?, ?, ?, ?, ?)",
        call_id, NOW - age * DAY, extra, f"hash {call_id}", deleted, NOW, load,
    )  # fmt: skip


def add_transcript(folder: Path, call_id: str, load: str = "closed", sentences: int = 1) -> None:
    insert = "insert into gong_raw.transcripts values (?, null, 'h', now(), ?)"
    write(folder, insert, call_id, load)
    for _ in range(sentences):
        insert = "insert into gong_raw.transcript_sentences values (?, null, now(), ?)"
        write(folder, insert, call_id, load)


def add_window(folder: Path, name: str, load: str = "closed", zone: str | None = None) -> None:
    write(
        folder,
        "insert into gong_raw._windows values (?, 'r', ?, ?, '', ?, ?, ?, ?, 5, 2, ?, ?)",
        name, "sync", "calls", "new", NOW - DAY, NOW, zone, NOW, load,
    )  # fmt: skip


def test_nothing_is_known_of_a_warehouse_that_is_not_there(tmp_path: Path) -> None:
    warehouse = Warehouse(Target(tmp_path / "w.duckdb"))
    assert not warehouse.exists
    assert done_windows(warehouse) == []
    assert raw_tables.known_hashes(warehouse, "calls", ("call_id",), ["1"], None) == {}
    assert raw_tables.awaited_transcripts(warehouse, [(NOW - DAY, NOW)]) == []
    assert raw_tables.names(warehouse) == frozenset()
    assert (
        company_time_zone(warehouse),
        stored_setting(warehouse, "x"),
        raw_tables.facts(warehouse),
    ) == (None, None, [])
    with warehouse.snapshot():
        assert done_windows(warehouse) == []
    assert not warehouse.exists


def test_only_the_owner_can_read_the_warehouse(tmp_path: Path, warehouse: Warehouse) -> None:
    assert stat.S_IMODE((tmp_path / "w.duckdb").stat().st_mode) == 0o600


def test_only_rows_of_closed_packages_are_known(tmp_path: Path, warehouse: Warehouse) -> None:
    for call_id, load in (("1", "closed"), ("2", "open"), ("3", "odd")):
        add_call(tmp_path, call_id, load=load)
    assert raw_tables.known_hashes(
        warehouse, "calls", ("call_id",), ["1", "2", "3", "4"], None
    ) == {"1": "hash 1"}


def test_only_the_keys_asked_for_are_told(tmp_path: Path, warehouse: Warehouse) -> None:
    for call_id in ("1", "2"):
        add_call(tmp_path, call_id)
    assert raw_tables.known_hashes(warehouse, "calls", ("call_id",), ["2"], None) == {"2": "hash 2"}
    assert raw_tables.known_hashes(warehouse, "calls", ("call_id",), [], None) == {}
    assert raw_tables.known_hashes(warehouse, "users", ("user_id",), ["2"], None) == {}


def test_a_span_finds_what_lies_a_day_beside_it(tmp_path: Path, warehouse: Warehouse) -> None:
    for call_id, age in (("1", 0.5), ("2", 4), ("3", 7.5), ("4", 9)):
        add_call(tmp_path, call_id, age)
    span = raw_tables.Between("started_at", NOW - 7 * DAY, NOW - 3 * DAY)
    found = raw_tables.known_hashes(warehouse, "calls", ("call_id",), ["1", "2", "3", "4"], span)
    assert set(found) == {"2", "3"}


def test_parts_of_a_compound_key_are_joined(tmp_path: Path, warehouse: Warehouse) -> None:
    write(
        tmp_path,
        "insert into gong_raw.call_outcomes "
        "values ('Busy', 'CONNECTED', null, 'h', now(), 'closed')",
    )
    key = ("call_outcome", "connect_status")
    assert raw_tables.known_hashes(warehouse, "call_outcomes", key, ["Busy|CONNECTED"], None) == {
        "Busy|CONNECTED": "h"
    }


def test_one_open_connection_answers_the_same(tmp_path: Path, warehouse: Warehouse) -> None:
    add_call(tmp_path, "1")
    with warehouse.snapshot():
        assert raw_tables.known_hashes(warehouse, "calls", ("call_id",), ["1"], None) == {
            "1": "hash 1"
        }
        assert raw_tables.awaited_transcripts(warehouse, [(NOW - 2 * DAY, NOW)]) == ["1"]
        assert "calls" in raw_tables.names(warehouse)


def add_ask(folder: Path, call_id: str, asked_at: datetime, load: str = "closed") -> None:
    write(folder, "insert into gong_raw._transcript_asks values (?, ?, ?)", call_id, asked_at, load)


FORTNIGHT = [(NOW - 14 * DAY, NOW)]


def test_calls_without_a_transcript_are_awaited_newest_first(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    for call_id, age in (("old", 20), ("a", 3), ("b", 1), ("has", 2), ("now", 0)):
        add_call(tmp_path, call_id, age)
        add_ask(tmp_path, call_id, NOW - DAY)
    add_call(tmp_path, "gone", 2, deleted=NOW)
    add_transcript(tmp_path, "has")
    assert raw_tables.awaited_transcripts(warehouse, FORTNIGHT) == ["now", "b", "a"]


def test_a_call_that_was_never_asked_for_is_awaited_at_any_age(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    for call_id, age in (("never", 200), ("in vain", 199), ("lost", 198), ("has", 197)):
        add_call(tmp_path, call_id, age)
    add_ask(tmp_path, "in vain", NOW)
    add_ask(tmp_path, "lost", NOW, "open")
    add_transcript(tmp_path, "has")
    assert raw_tables.awaited_transcripts(warehouse, FORTNIGHT) == ["lost", "never"]
    assert raw_tables.awaited_transcripts(warehouse, []) == ["lost", "never"]


def test_older_calls_are_awaited_at_longer_intervals(tmp_path: Path, warehouse: Warehouse) -> None:
    turns = [*FORTNIGHT, (NOW - 60 * DAY, NOW - 7 * DAY)]
    for call_id, age, asked in (
        ("young, just asked for", 3, 0.1),
        ("older, asked for lately", 20, 6),
        ("older, asked for long ago", 21, 8),
        ("too old", 61, 30),
    ):
        add_call(tmp_path, call_id, age)
        add_ask(tmp_path, call_id, NOW - asked * DAY)
    assert raw_tables.awaited_transcripts(warehouse, turns) == [
        "young, just asked for",
        "older, asked for long ago",
    ]


def test_a_transcript_of_a_package_that_never_closed_has_not_come(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    add_call(tmp_path, "half", 3)
    add_transcript(tmp_path, "half", load="open")
    assert raw_tables.awaited_transcripts(warehouse, FORTNIGHT) == ["half"]


def test_a_transcript_without_a_sentence_is_asked_for_again_while_the_call_is_young(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    for call_id, age in (("young", 3), ("old", 20)):
        add_call(tmp_path, call_id, age)
        add_transcript(tmp_path, call_id, sentences=0)
    assert raw_tables.awaited_transcripts(warehouse, FORTNIGHT) == ["young"]


def test_only_windows_of_closed_packages_are_done(tmp_path: Path, warehouse: Warehouse) -> None:
    add_window(tmp_path, "1")
    add_window(tmp_path, "2", load="open")
    add_window(tmp_path, "3", load="odd")
    (found,) = done_windows(warehouse)
    assert (found.stream, found.kind, found.reason) == ("calls", "sync", "new")
    assert (found.start, found.end, found.read_at) == (NOW - DAY, NOW, NOW)
    assert found.start.tzinfo is UTC
    with duckdb.connect(str(tmp_path / "w.duckdb")) as db:
        assert db.execute("select window_id from gong_ops.windows").fetchall() == [("1",)]


def test_the_zone_of_the_last_dated_window_is_the_companys(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    add_window(tmp_path, "1")
    assert company_time_zone(warehouse) is None
    add_window(tmp_path, "2", zone="Europe/Berlin")
    assert company_time_zone(warehouse) == "Europe/Berlin"


def test_settings_are_kept_replaced_and_forgotten(warehouse: Warehouse) -> None:
    assert stored_setting(warehouse, "sync_start") is None
    store_setting(warehouse, "sync_start", "a")
    store_setting(warehouse, "sync_start", "b")
    store_setting(warehouse, "other", "c")
    assert (stored_setting(warehouse, "sync_start"), stored_setting(warehouse, "other")) == (
        "b",
        "c",
    )
    store_setting(warehouse, "sync_start", None)
    assert (stored_setting(warehouse, "sync_start"), stored_setting(warehouse, "other")) == (
        None,
        "c",
    )


def test_a_run_is_recorded_and_replaced_by_its_id(warehouse: Warehouse) -> None:
    run = Run("1", "sync", NOW, NOW, "stopped", 3)
    record_run(warehouse, run)
    record_run(warehouse, replace(run, outcome="done", requests=5))
    record_run(warehouse, replace(run, run_id="2", started_at=NOW + DAY))
    runs = last_runs(warehouse, 10)
    assert [(row["run_id"], row["outcome"]) for row in runs] == [("2", "stopped"), ("1", "done")]
    assert len(last_runs(warehouse, 1)) == 1


def test_tables_are_told_with_rows_and_last_change(tmp_path: Path, warehouse: Warehouse) -> None:
    add_call(tmp_path, "1")
    facts = {fact.table: (fact.rows, fact.last_changed_at) for fact in raw_tables.facts(warehouse)}
    assert facts["calls"] == (1, NOW)
    assert facts["transcripts"] == (0, None)
    assert not any(name.startswith("_") for name in facts)


def test_a_file_that_another_process_has_open_names_it(
    tmp_path: Path, warehouse: Warehouse
) -> None:
    code = (
        "import duckdb, sys; db = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "w.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(Locked, match=str(holder.pid)):
            prepare(warehouse)
    finally:
        holder.kill()
        holder.communicate()
    prepare(warehouse)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_text("this is not a database, it is a text of some length" * 99)
    with pytest.raises(BadWarehouse, match="cannot be opened"):
        prepare(Warehouse(Target(tmp_path / "w.duckdb")))
