"""A warehouse file with some raw tables, into which a test puts rows as if they had landed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.harness.warehouses.templates import copied
from warehouse.connection import Warehouse
from warehouse.prepare import prepare
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)

RAW_TABLES = """
create schema gong_raw;
create table gong_raw._dlt_loads (
    load_id varchar, schema_name varchar, status bigint, inserted_at timestamptz
);
create table gong_raw._windows (
    window_id varchar, run_id varchar, kind varchar, reading varchar, detail varchar,
    reason varchar, start_at timestamptz, end_at timestamptz, time_zone varchar,
    entities_seen bigint, entities_changed bigint, read_at timestamptz, _dlt_load_id varchar
);
create table gong_raw._parent_reads (
    reading varchar, parent varchar, read_at timestamptz, _dlt_load_id varchar
);
create table gong_raw._transcript_asks (
    call_id varchar, asked_at timestamptz, _dlt_load_id varchar
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
create table gong_raw.call_outcomes (
    call_outcome varchar, connect_status varchar, extra varchar, _content_hash varchar,
    _loaded_at timestamptz, _dlt_load_id varchar
);
insert into gong_raw._dlt_loads values ('closed', 'gong', 0, now()), ('odd', 'gong', 1, now());
"""


class LandedWarehouse:
    """A warehouse with rows of the packages `closed`, `open` (never closed) and `odd` (failed)."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(Target(folder / "w.duckdb"))
        copied(self.warehouse.path, "landed", self._make)

    @staticmethod
    def _make(path: Path) -> None:
        made = Warehouse(Target(path))
        prepare(made)
        with made.writing() as db:
            db.execute(RAW_TABLES)
        prepare(made)

    def write(self, sql: str, *values: object) -> None:
        """Runs a statement on the file."""
        with self.warehouse.writing() as db:
            db.execute(sql, list(values) or None)

    def call(
        self, call_id: str, age: float = 1, load: str = "closed", deleted: datetime | None = None
    ) -> None:
        """Lands a call that started some days ago."""
        self.write(
            "insert into gong_raw.calls values (?, ?, null, ?, ?, ?, ?)",
            call_id, NOW - age * DAY, f"hash {call_id}", deleted, NOW, load,
        )  # fmt: skip

    def transcript(self, call_id: str, load: str = "closed", sentences: int = 1) -> None:
        """Lands a transcript with so many sentences."""
        self.write(
            "insert into gong_raw.transcripts values (?, null, 'h', now(), ?)", call_id, load
        )
        for _ in range(sentences):
            self.write(
                "insert into gong_raw.transcript_sentences values (?, null, now(), ?)",
                call_id, load,
            )  # fmt: skip

    def transcript_request(self, call_id: str, asked_at: datetime, load: str = "closed") -> None:
        """Lands the note that a transcript was requested."""
        self.write(
            "insert into gong_raw._transcript_asks values (?, ?, ?)", call_id, asked_at, load
        )

    def window(self, window_id: str, load: str = "closed", zone: str | None = None) -> None:
        """Lands the row of a window of calls that was just read."""
        self.write(
            "insert into gong_raw._windows values (?, 'r', ?, ?, '', ?, ?, ?, ?, 5, 2, ?, ?)",
            window_id, "sync", "calls", "new", NOW - DAY, NOW, zone, NOW, load,
        )  # fmt: skip


@pytest.fixture
def landed(tmp_path: Path) -> LandedWarehouse:
    """A warehouse with empty raw tables."""
    return LandedWarehouse(tmp_path)


@pytest.fixture
def missing(tmp_path: Path) -> Warehouse:
    """A warehouse whose file does not exist."""
    return Warehouse(Target(tmp_path / "missing.duckdb"))
