"""What a run needs to know of, and write into, the DuckDB warehouse beside dlt's own work.

Invariant: only closed load packages count. dlt merges each table in its own transaction and closes
a package with its row in `_dlt_loads`; rows of an unclosed package are neither known nor done.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.ops import deletion_alarms, push_ledger, schema_changes
from warehouse.target import OPS, RAW, BadWarehouse, Target

_OPS_TABLES = f"""
create schema if not exists {OPS};
create table if not exists {OPS}.runs (
    run_id varchar primary key, command varchar, started_at timestamptz, finished_at timestamptz,
    outcome varchar, requests bigint, entities_seen bigint, entities_changed bigint,
    message varchar
);
create table if not exists {OPS}.settings (name varchar primary key, value varchar);
comment on table {OPS}.runs is 'One row per run of a command that changes the warehouse.';
comment on table {OPS}.settings is 'What must stay the same from run to run.';
"""

_WINDOWS_VIEW = f"""
create or replace view {OPS}.windows as
select w.window_id, w.run_id, w.kind, w.reading as stream, w.detail, w.reason, w.start_at, w.end_at,
    w.time_zone, w.entities_seen, w.entities_changed, w.read_at, l.inserted_at as loaded_at
from {RAW}._windows as w
inner join {RAW}._dlt_loads as l on l.load_id = w._dlt_load_id and l.status = 0
"""


CLOSED = f"_dlt_load_id in (select load_id from {RAW}._dlt_loads where status = 0)"
"""Only rows of closed packages count."""

Rows = list[dict[str, Any]]


class Locked(RuntimeError):
    """Another process has the DuckDB file open."""


@dataclass(frozen=True, slots=True)
class DoneWindow:
    """A window that was read and whose package is closed."""

    stream: str
    detail: str
    kind: str
    reason: str
    run_id: str
    start: datetime
    end: datetime
    read_at: datetime
    seen: int = 0
    """Entities that were read."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command that changes the warehouse: a row of `gong_ops.runs`."""

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    requests: int
    entities_seen: int = 0
    entities_changed: int = 0
    message: str | None = None


class Store:
    """The warehouse file, opened only while a method needs it or inside `snapshot()`.

    dlt opens the same file with other settings in between, which DuckDB does not allow beside an
    open connection of this process.
    """

    def __init__(self, target: Target) -> None:
        self._path = target.path
        self._reader: duckdb.DuckDBPyConnection | None = None
        self._reader_tables: frozenset[str] = frozenset()

    @property
    def exists(self) -> bool:
        """Whether anything was ever landed here."""
        return self._path.exists()

    def prepare(self) -> None:
        """Creates the file (only its owner may read it), the ops tables, and the windows view.

        Empties dlt's staging tables: only for who holds the warehouse, between two packages.

        Raises:
            Locked: another process has the file open.
        """
        with self.writing() as db:
            os.chmod(self._path, 0o600)
            db.execute(_OPS_TABLES)
            schema_changes.prepare(db)
            db.execute(deletion_alarms.CREATE)
            db.execute(push_ledger.CREATE)
            if {"_windows", "_dlt_loads"} <= self._tables(db):
                db.execute(_WINDOWS_VIEW)
            # dlt empties its staging tables as it closes a package. What a killed load left there
            # would stay, a second copy of everybody's data; no load goes on from it
            left = db.execute(
                "select table_name from duckdb_tables() where schema_name = ? "
                "and estimated_size > 0 and not starts_with(table_name, '_dlt')",
                [f"{RAW}_staging"],
            ).fetchall()
            for (table,) in left:
                db.execute(f"truncate {RAW}_staging.{table}")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Keeps one read-only connection open; methods called inside use it."""
        if not self.exists:
            yield
            return
        self._reader = open_warehouse(str(self._path), read_only=True)
        self._reader_tables = frozenset(self._tables(self._reader))
        try:
            yield
        finally:
            self._reader.close()
            self._reader = None

    def raw_tables(self) -> frozenset[str]:
        """Returns the names of the raw tables that exist."""
        with self.asking() as db:
            return frozenset(self._tables(db)) if db else frozenset()

    def known(
        self,
        table: str,
        key: Sequence[str],
        keys: Sequence[str],
        span: tuple[str, datetime, datetime] | None,
    ) -> Mapping[str, str]:
        """Returns the content hashes of the rows with the given keys, by key.

        Args:
            table: a root table.
            key: its key columns; the parts of a compound key are joined with `|`.
            keys: the keys looked for.
            span: column and instants between which they lie, to scan less; None for everywhere.
        """
        with self.asking() as db:
            if db is None or not keys or table not in (self._reader_tables or self._tables(db)):
                return {}
            named = _key(db, table, key)
            where = f"{named} in (select unnest(?)) and {_live(db, table)}"
            values: list[Any] = [list(keys)]
            if len(key) > 1 and key[0].endswith("_id"):
                # ids hold no separator; without this the whole table would be spelled out each time
                where += f" and {key[0]} in (select unnest(?))"
                values.append(list({one.partition("|")[0] for one in keys}))
            if span:
                # a day more on both sides: Gong filters some calls by their scheduled time
                where += f" and {span[0]} between ? and ?"
                values += [span[1] - timedelta(days=1), span[2] + timedelta(days=1)]
            rows = db.execute(
                f"select {named}, _content_hash from {RAW}.{table} where {where} and {CLOSED}",
                values,
            ).fetchall()
            return dict(rows)

    def live(
        self,
        table: str,
        key: Sequence[str],
        within: Mapping[str, Collection[str]],
        outside: Mapping[str, Collection[str]],
        span: tuple[str, datetime, datetime] | None,
    ) -> frozenset[str]:
        """Returns the keys of the rows that are not marked as deleted, narrowed down.

        Rows of a package that was never closed are among them: they are there, and may be gone.

        Args:
            table: a root table.
            key: its key columns; the parts of a compound key are joined with `|`.
            within: column → values, one of which it has.
            outside: column → values, none of which it has.
            span: a column, and the half-open stretch of instants it lies in.
        """
        with self.asking() as db:
            if db is None or table not in (self._reader_tables or self._tables(db)):
                return frozenset()
            where, values = [_live(db, table)], list[Any]()
            for column, wanted in within.items():
                where.append(f"{column} in (select unnest(?::varchar[]))")
                values.append(list(wanted))
            for column, others in outside.items():
                where.append(f"{column} not in (select unnest(?::varchar[]))")
                values.append(list(others))
            if span:
                where.append(f"{span[0]} >= ? and {span[0]} < ?")
                values += span[1:]
            rows = db.execute(
                f"select {_key(db, table, key)} from {RAW}.{table} where {' and '.join(where)}",
                values,
            ).fetchall()
            return frozenset(row[0] for row in rows)

    def rows(
        self, table: str, key: Sequence[str], keys: Sequence[str], condition: str = "true"
    ) -> pa.Table | None:
        """Returns whole rows of a table by key, of closed packages or not.

        None where there is no such table.

        Args:
            table: a raw table.
            key: columns that name a row, or a group of rows.
            keys: their values; the parts of a compound key are joined with `|`.
            condition: further SQL.
        """
        with self.asking() as db:
            if db is None or table not in (self._reader_tables or self._tables(db)):
                return None
            return db.execute(
                f"select * from {RAW}.{table} where {_key(db, table, key)} in "
                f"(select unnest(?::varchar[])) and {condition}",
                [list(keys)],
            ).to_arrow_table()

    def select(self, table: str, columns: Sequence[str], condition: str = "true") -> Rows | None:
        """Returns the distinct values of columns of the live rows of a table.

        None where no run has ever landed the table's reading; an empty list where it held nothing.
        """
        with self.asking() as db:
            if db is None or table not in (self._reader_tables or self._tables(db)):
                return None
            found = db.execute(
                f"select distinct {', '.join(columns)} from {RAW}.{table} "
                f"where {_live(db, table)} and {condition} and {CLOSED}"
            ).fetchall()
            return [dict(zip(columns, row, strict=True)) for row in found]

    def asked_at(self, stream: str) -> Mapping[str, datetime]:
        """Returns when each parent of a stream was asked about last."""
        with self.asking() as db:
            if db is None or "_parent_reads" not in (self._reader_tables or self._tables(db)):
                return {}
            rows = db.execute(
                f"select parent, read_at from {RAW}._parent_reads where reading = ? and {CLOSED}",
                [stream],
            ).fetchall()
            return {parent: read_at.astimezone(UTC) for parent, read_at in rows}

    def awaited(self, turns: Sequence[tuple[datetime, datetime]]) -> list[str]:
        """Returns ids of calls to ask for their transcript, newest first.

        Those whose transcript was never asked for, however old; and those without one, by turns. A
        transcript without a sentence counts as not come: it may have been read too early.

        Args:
            turns: of the calls that started since the first instant, those are asked for again that
                were asked for last at the second or before.
        """
        with self.asking() as db:
            if db is None or not {"calls", "transcripts", "_transcript_asks"} <= self._tables(db):
                return []
            closed = f"select load_id from {RAW}._dlt_loads where status = 0"
            is_due = " or ".join(
                ["(call.started_at >= ? and coalesce(ask.asked_at, '-infinity') <= ?)"] * len(turns)
            )
            rows = db.execute(
                f"""select call.call_id from {RAW}.calls as call
                left join {RAW}.transcripts as transcript
                    on transcript.call_id = call.call_id and transcript._dlt_load_id in ({closed})
                left join {RAW}._transcript_asks as ask
                    on ask.call_id = call.call_id and ask._dlt_load_id in ({closed})
                where call._deleted_at is null and (
                    (ask.call_id is null and transcript.call_id is null)
                    or (
                        ({is_due or "false"})
                        and not exists (
                            select 1 from {RAW}.transcript_sentences as sentence
                            where sentence.call_id = call.call_id
                                and transcript.call_id is not null
                        )
                    )
                ) order by call.started_at desc, call.call_id""",
                [moment for turn in turns for moment in turn],
            ).fetchall()
            return [row[0] for row in rows]

    def calls_between(self, since: datetime, before: datetime) -> list[str]:
        """Returns the ids of the live calls that started in `[since, before)`, oldest first."""
        with self.asking() as db:
            if db is None or "calls" not in self._tables(db):
                return []
            rows = db.execute(
                f"select call_id from {RAW}.calls where started_at >= ? and started_at < ? "
                f"and _deleted_at is null and {CLOSED} order by started_at, call_id",
                [since, before],
            ).fetchall()
            return [row[0] for row in rows]

    def marked_at(self, table: str, since: datetime, before: datetime) -> list[datetime]:
        """Returns when, between two instants, rows of a table were marked; newest first."""
        with self.asking() as db:
            if db is None or table not in self._tables(db):
                return []
            rows = db.execute(
                f"select distinct _deleted_at from {RAW}.{table} where _deleted_at > ? "
                f"and _deleted_at < ? and {CLOSED} order by all desc",
                [since, before],
            ).fetchall()
            return [_utc(row[0]) for row in rows]

    def enumerated(
        self,
        table: str,
        column: str,
        spans: Sequence[tuple[datetime, datetime]],
        marked: tuple[datetime, datetime],
    ) -> tuple[int, int]:
        """Returns how many rows lay in some half-open spans, and how many of them were marked.

        Args:
            table: a root table whose rows can be marked as deleted.
            column: of instants, in which the spans are.
            spans: which.
            marked: `[since, before)`; what was marked earlier or later is not counted at all.
        """
        with self.asking() as db:
            if db is None or not spans or table not in self._tables(db):
                return 0, 0
            inside = " or ".join([f"({column} >= ? and {column} < ?)"] * len(spans))
            row = db.execute(
                f"select count(*), count(_deleted_at) from {RAW}.{table} "
                "where (_deleted_at is null or (_deleted_at >= ? and _deleted_at < ?)) "
                f"and {CLOSED} and ({inside})",
                [*marked, *(moment for span in spans for moment in span)],
            ).fetchone()
            return (row[0], row[1]) if row else (0, 0)

    def count_between(self, table: str, column: str, since: datetime, before: datetime) -> int:
        """Returns how many rows of a raw table lie in `[since, before)` by a column of instants."""
        with self.asking() as db:
            if db is None or table not in self._tables(db):
                return 0
            row = db.execute(
                f"select count(*) from {RAW}.{table} where {column} >= ? and {column} < ?",
                [since, before],
            ).fetchone()
            return int((row or (0,))[0])

    def done_windows(self) -> list[DoneWindow]:
        """Returns the windows of closed packages, by their start."""
        with self.asking() as db:
            if db is None or "_windows" not in self._tables(db):
                return []
            rows = db.execute(
                "select w.reading, w.detail, w.kind, w.reason, w.run_id, w.start_at, w.end_at, "
                f"w.read_at, w.entities_seen from {RAW}._windows as w join {RAW}._dlt_loads as l "
                "on l.load_id = w._dlt_load_id and l.status = 0 order by w.start_at"
            ).fetchall()
            return [
                DoneWindow(
                    stream, detail, kind, reason, run_id, _utc(start), _utc(end), _utc(read), seen
                )
                for stream, detail, kind, reason, run_id, start, end, read, seen in rows
            ]

    def time_zone(self) -> str | None:
        """Returns the company's zone as the latest dated window was read in; None before any."""
        with self.asking() as db:
            if db is None or "_windows" not in self._tables(db):
                return None
            row = db.execute(
                f"select time_zone from {RAW}._windows where time_zone is not null "
                "order by read_at desc limit 1"
            ).fetchone()
            return row[0] if row else None

    def setting(self, name: str) -> str | None:
        """Returns a stored setting, or None."""
        with self.asking() as db:
            if db is None:
                return None
            row = db.execute(f"select value from {OPS}.settings where name = ?", [name]).fetchone()
            return row[0] if row else None

    def settings_named(self, prefix: str) -> dict[str, str]:
        """Returns the stored settings whose name begins so, by name."""
        found = self._rows(f"select name, value from {OPS}.settings order by name")
        return {row["name"]: row["value"] for row in found if row["name"].startswith(prefix)}

    def keep_setting(self, name: str, value: str | None) -> None:
        """Stores a setting; None forgets it."""
        with self.writing() as db:
            db.execute(f"delete from {OPS}.settings where name = ?", [name])
            if value is not None:
                db.execute(f"insert into {OPS}.settings values (?, ?)", [name, value])

    def record_run(self, run: Run) -> None:
        """Writes or replaces the row of a run in `gong_ops.runs`, by `run_id`."""
        row = asdict(run)
        with self.writing() as db:
            db.execute(
                f"insert or replace into {OPS}.runs ({', '.join(row)}) "
                f"values ({', '.join('?' * len(row))})",
                list(row.values()),
            )
            if {"_windows", "_dlt_loads"} <= self._tables(db):
                db.execute(_WINDOWS_VIEW)

    def table_facts(self) -> list[tuple[str, int, datetime | None]]:
        """Returns name, rows and newest `_loaded_at` of each raw table with data columns."""
        with self.asking() as db:
            if db is None:
                return []
            return [
                (
                    name,
                    *db.execute(f"select count(*), max(_loaded_at) from {RAW}.{name}").fetchone(),  # type: ignore[misc]
                )
                for name in sorted(self._tables(db))
                if not name.startswith("_")
            ]

    def last_runs(self, count: int) -> list[dict[str, Any]]:
        """Returns the newest rows of `gong_ops.runs`, newest first."""
        return self._rows(f"select * from {OPS}.runs order by started_at desc limit {count:d}")

    def ended_runs(self) -> frozenset[str]:
        """Returns the ids of the runs that came to their end, whatever failed on the way."""
        found = self._rows(f"select run_id from {OPS}.runs where outcome in ('done', 'failed')")
        return frozenset(row["run_id"] for row in found)

    def schema_changes(self) -> list[dict[str, Any]]:
        """Returns the rows of `gong_ops.schema_changes`."""
        return self._rows(f"select * from {OPS}.schema_changes order by all")

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        with self.asking() as db:
            if db is None:
                return []
            found = db.execute(sql)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def last_change(self, roots: Sequence[str]) -> str:
        """Returns a mark that differs whenever a package has brought rows into a root table."""
        with self.asking() as db:
            if db is None:
                return ""
            there = [name for name in roots if name in self._tables(db)]
            marks = [
                db.execute(f"select max(_dlt_load_id) from {RAW}.{name}").fetchone()
                for name in there
            ]
            return max((mark[0] for mark in marks if mark and mark[0]), default="")

    @contextlib.contextmanager
    def asking(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """Yields a connection to read with; None where nothing was ever landed."""
        if self._reader is not None:
            cursor = self._reader.cursor()
            cursor.execute("set timezone = 'UTC'")  # a cursor does not take it over
            yield cursor
        elif not self.exists:
            yield None
        else:
            db = open_warehouse(str(self._path), read_only=True)
            try:
                yield db
            finally:
                db.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a connection to write with; nothing else may have the file open."""
        db = open_warehouse(str(self._path), read_only=False)
        try:
            yield db
        finally:
            db.close()

    @staticmethod
    def _tables(db: duckdb.DuckDBPyConnection) -> set[str]:
        rows = db.execute(
            "select table_name from duckdb_tables() where schema_name = ?", [RAW]
        ).fetchall()
        return {row[0] for row in rows}


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _columns(db: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    # not from the catalogue, which looks through every table there is, some 20 ms each time
    found = db.execute(f"select * from {RAW}.{table} limit 0").description or ()
    return {name: str(kind) for name, kind, *_ in found}


def _key(db: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> str:
    """Returns SQL for the key of a row as one text; instants are spelled in UTC."""
    types = _columns(db, table)
    parts = [
        f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%fZ')"
        if types.get(name, "").startswith("TIMESTAMP")
        else f"{name}::varchar"
        for name in key
    ]
    return " || '|' || ".join(parts)


def _live(db: duckdb.DuckDBPyConnection, table: str) -> str:
    if "_deleted_at" not in _columns(db, table):
        return "true"
    # a mark of a package that was never closed is made again, with what belongs to it
    return f"(_deleted_at is null or not {CLOSED})"


def open_warehouse(path: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Opens the warehouse file, in UTC.

    Raises:
        Locked: another process has it open.
        BadWarehouse: it is damaged, or no DuckDB file.
    """
    try:
        db = duckdb.connect(path, read_only=read_only)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise Locked(
                f"Another process has the warehouse {path} open: {_holder(str(error))}. Close it "
                "and run again; analysts read the published copy instead, which is never locked "
                "(gong-elt query, or published/gong.duckdb)."
            ) from error
        raise BadWarehouse(f"The warehouse cannot be opened: {error}") from error
    db.execute("set timezone = 'UTC'")
    return db


def _holder(message: str) -> str:
    """Returns the part of DuckDB's message that names the process."""
    start = message.find("Conflicting lock is held in ")
    if start < 0:
        return "its name is not known"
    return message[start + len("Conflicting lock is held in ") :].split(". ")[0]
