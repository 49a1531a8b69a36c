from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from warehouse.store import Locked, Run, Store
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
def store(tmp_path: Path) -> Store:
    """A warehouse with the raw tables and nothing in them."""
    made = Store(Target(tmp_path / "w.duckdb"))
    made.prepare()
    write(tmp_path, RAW)
    made.prepare()
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
    store = Store(Target(tmp_path / "w.duckdb"))
    assert not store.exists
    assert store.done_windows() == []
    assert store.known("calls", ("call_id",), ["1"], None) == {}
    assert store.awaited([(NOW - DAY, NOW)]) == []
    assert store.raw_tables() == frozenset()
    assert (store.time_zone(), store.setting("x"), store.table_facts()) == (None, None, [])
    with store.snapshot():
        assert store.done_windows() == []
    assert not store.exists


def test_only_the_owner_can_read_the_warehouse(tmp_path: Path, store: Store) -> None:
    assert stat.S_IMODE((tmp_path / "w.duckdb").stat().st_mode) == 0o600


def test_only_rows_of_closed_packages_are_known(tmp_path: Path, store: Store) -> None:
    for call_id, load in (("1", "closed"), ("2", "open"), ("3", "odd")):
        add_call(tmp_path, call_id, load=load)
    assert store.known("calls", ("call_id",), ["1", "2", "3", "4"], None) == {"1": "hash 1"}


def test_only_the_keys_asked_for_are_told(tmp_path: Path, store: Store) -> None:
    for call_id in ("1", "2"):
        add_call(tmp_path, call_id)
    assert store.known("calls", ("call_id",), ["2"], None) == {"2": "hash 2"}
    assert store.known("calls", ("call_id",), [], None) == {}
    assert store.known("users", ("user_id",), ["2"], None) == {}


def test_a_span_finds_what_lies_a_day_beside_it(tmp_path: Path, store: Store) -> None:
    for call_id, age in (("1", 0.5), ("2", 4), ("3", 7.5), ("4", 9)):
        add_call(tmp_path, call_id, age)
    span = ("started_at", NOW - 7 * DAY, NOW - 3 * DAY)
    found = store.known("calls", ("call_id",), ["1", "2", "3", "4"], span)
    assert set(found) == {"2", "3"}


def test_parts_of_a_compound_key_are_joined(tmp_path: Path, store: Store) -> None:
    write(
        tmp_path,
        "insert into gong_raw.call_outcomes "
        "values ('Busy', 'CONNECTED', null, 'h', now(), 'closed')",
    )
    key = ("call_outcome", "connect_status")
    assert store.known("call_outcomes", key, ["Busy|CONNECTED"], None) == {"Busy|CONNECTED": "h"}


def test_one_open_connection_answers_the_same(tmp_path: Path, store: Store) -> None:
    add_call(tmp_path, "1")
    with store.snapshot():
        assert store.known("calls", ("call_id",), ["1"], None) == {"1": "hash 1"}
        assert store.awaited([(NOW - 2 * DAY, NOW)]) == ["1"]
        assert "calls" in store.raw_tables()


def add_ask(folder: Path, call_id: str, asked_at: datetime, load: str = "closed") -> None:
    write(folder, "insert into gong_raw._transcript_asks values (?, ?, ?)", call_id, asked_at, load)


FORTNIGHT = [(NOW - 14 * DAY, NOW)]


def test_calls_without_a_transcript_are_awaited_newest_first(tmp_path: Path, store: Store) -> None:
    for call_id, age in (("old", 20), ("a", 3), ("b", 1), ("has", 2), ("now", 0)):
        add_call(tmp_path, call_id, age)
        add_ask(tmp_path, call_id, NOW - DAY)
    add_call(tmp_path, "gone", 2, deleted=NOW)
    add_transcript(tmp_path, "has")
    assert store.awaited(FORTNIGHT) == ["now", "b", "a"]


def test_a_call_that_was_never_asked_for_is_awaited_at_any_age(
    tmp_path: Path, store: Store
) -> None:
    for call_id, age in (("never", 200), ("in vain", 199), ("lost", 198), ("has", 197)):
        add_call(tmp_path, call_id, age)
    add_ask(tmp_path, "in vain", NOW)
    add_ask(tmp_path, "lost", NOW, "open")
    add_transcript(tmp_path, "has")
    assert store.awaited(FORTNIGHT) == ["lost", "never"]
    assert store.awaited([]) == ["lost", "never"]


def test_older_calls_are_awaited_at_longer_intervals(tmp_path: Path, store: Store) -> None:
    turns = [*FORTNIGHT, (NOW - 60 * DAY, NOW - 7 * DAY)]
    for call_id, age, asked in (
        ("young, just asked for", 3, 0.1),
        ("older, asked for lately", 20, 6),
        ("older, asked for long ago", 21, 8),
        ("too old", 61, 30),
    ):
        add_call(tmp_path, call_id, age)
        add_ask(tmp_path, call_id, NOW - asked * DAY)
    assert store.awaited(turns) == ["young, just asked for", "older, asked for long ago"]


def test_a_transcript_of_a_package_that_never_closed_has_not_come(
    tmp_path: Path, store: Store
) -> None:
    add_call(tmp_path, "half", 3)
    add_transcript(tmp_path, "half", load="open")
    assert store.awaited(FORTNIGHT) == ["half"]


def test_a_transcript_without_a_sentence_is_asked_for_again_while_the_call_is_young(
    tmp_path: Path, store: Store
) -> None:
    for call_id, age in (("young", 3), ("old", 20)):
        add_call(tmp_path, call_id, age)
        add_transcript(tmp_path, call_id, sentences=0)
    assert store.awaited(FORTNIGHT) == ["young"]


def test_only_windows_of_closed_packages_are_done(tmp_path: Path, store: Store) -> None:
    add_window(tmp_path, "1")
    add_window(tmp_path, "2", load="open")
    add_window(tmp_path, "3", load="odd")
    (found,) = store.done_windows()
    assert (found.stream, found.kind, found.reason) == ("calls", "sync", "new")
    assert (found.start, found.end, found.read_at) == (NOW - DAY, NOW, NOW)
    assert found.start.tzinfo is UTC
    with duckdb.connect(str(tmp_path / "w.duckdb")) as db:
        assert db.execute("select window_id from gong_ops.windows").fetchall() == [("1",)]


def test_the_zone_of_the_last_dated_window_is_the_companys(tmp_path: Path, store: Store) -> None:
    add_window(tmp_path, "1")
    assert store.time_zone() is None
    add_window(tmp_path, "2", zone="Europe/Berlin")
    assert store.time_zone() == "Europe/Berlin"


def test_settings_are_kept_replaced_and_forgotten(store: Store) -> None:
    assert store.setting("sync_start") is None
    store.keep_setting("sync_start", "a")
    store.keep_setting("sync_start", "b")
    store.keep_setting("other", "c")
    assert (store.setting("sync_start"), store.setting("other")) == ("b", "c")
    store.keep_setting("sync_start", None)
    assert (store.setting("sync_start"), store.setting("other")) == (None, "c")


def test_a_run_is_recorded_and_replaced_by_its_id(store: Store) -> None:
    run = Run("1", "sync", NOW, NOW, "stopped", 3)
    store.record_run(run)
    store.record_run(replace(run, outcome="done", requests=5))
    store.record_run(replace(run, run_id="2", started_at=NOW + DAY))
    runs = store.last_runs(10)
    assert [(row["run_id"], row["outcome"]) for row in runs] == [("2", "stopped"), ("1", "done")]
    assert len(store.last_runs(1)) == 1


def test_tables_are_told_with_rows_and_last_change(tmp_path: Path, store: Store) -> None:
    add_call(tmp_path, "1")
    facts = {name: (rows, changed) for name, rows, changed in store.table_facts()}
    assert facts["calls"] == (1, NOW)
    assert facts["transcripts"] == (0, None)
    assert not any(name.startswith("_") for name in facts)


def test_a_file_that_another_process_has_open_names_it(tmp_path: Path, store: Store) -> None:
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
            store.prepare()
    finally:
        holder.kill()
        holder.communicate()
    store.prepare()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_text("this is not a database, it is a text of some length" * 99)
    with pytest.raises(BadWarehouse, match="cannot be opened"):
        Store(Target(tmp_path / "w.duckdb")).prepare()
