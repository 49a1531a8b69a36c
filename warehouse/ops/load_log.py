"""What earlier runs have read, from the rows that travel with the data of each load package.

Invariant: only closed packages count. dlt merges each table in a transaction of its own and closes
the package with a row in `_dlt_loads`; windows of an unclosed package were not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from warehouse.connection import Warehouse, columns
from warehouse.target import OPS, RAW

if TYPE_CHECKING:
    import duckdb

CLOSED = f"_dlt_load_id in (select load_id from {RAW}._dlt_loads where status = 0)"
"""SQL: the row came with a closed package."""

_WINDOWS_VIEW = f"""
create or replace view {OPS}.windows as
select w.window_id, w.run_id, w.kind, w.reading as stream, w.detail, w.reason, w.start_at, w.end_at,
    w.time_zone, w.entities_seen, w.entities_changed, w.read_at, l.inserted_at as loaded_at
from {RAW}._windows as w
inner join {RAW}._dlt_loads as l on l.load_id = w._dlt_load_id and l.status = 0;
comment on view {OPS}.windows is 'One row per span of a stream that was read and landed.';
comment on column {OPS}.windows.window_id is 'The window.';
comment on column {OPS}.windows.run_id is 'The run that read it.';
comment on column {OPS}.windows.kind is 'sync or backfill.';
comment on column {OPS}.windows.stream is 'What was read.';
comment on column {OPS}.windows.detail is 'Which part of a stream that is read in parts.';
comment on column {OPS}.windows.reason is 'Why it was read: new, lookback, sweep, backfill, …';
comment on column {OPS}.windows.start_at is 'First instant of the half-open window.';
comment on column {OPS}.windows.end_at is 'Its end, exclusive.';
comment on column {OPS}.windows.time_zone is 'The zone that its days were cut by.';
comment on column {OPS}.windows.entities_seen is 'Entities that Gong sent.';
comment on column {OPS}.windows.entities_changed is 'How many of them were new or had changed.';
comment on column {OPS}.windows.read_at is 'The present of the run.';
comment on column {OPS}.windows.loaded_at is 'When its package was closed.';
"""


@dataclass(frozen=True, slots=True)
class DoneWindow:
    """A window that was read and whose package is closed; instants are UTC.

    Attributes:
        stream: what was read.
        detail: which part of the stream, for a stream that is read in parts.
        kind: the command, `sync` or `backfill`.
        reason: why it was read.
        run_id: the run that read it.
        start: first instant of the half-open window.
        end: its end.
        read_at: the present of that run.
        seen: entities that were read.
    """

    stream: str
    detail: str
    kind: str
    reason: str
    run_id: str
    start: datetime
    end: datetime
    read_at: datetime
    seen: int = 0


_QUARANTINE_VIEW = f"""
create or replace view {OPS}.quarantine as
select q.stream, q.table_name, q.entity_id, q.call_id, q.field, q.reason, q.is_stale,
    q.first_seen_at, q.last_seen_at, q.landed_at, q._deleted_at as deleted_at
from {RAW}._quarantine as q
inner join {RAW}._dlt_loads as l on l.load_id = q._dlt_load_id and l.status = 0;
comment on view {OPS}.quarantine is
    'One row per entity that could not land; open while landed_at and deleted_at are null.';
comment on column {OPS}.quarantine.stream is 'What was read.';
comment on column {OPS}.quarantine.table_name is 'The raw table that it does not fit.';
comment on column {OPS}.quarantine.entity_id is
    'Its key; null where it has none that can be read, or the key names a person.';
comment on column {OPS}.quarantine.call_id is 'The call that it belongs to, if it belongs to one.';
comment on column {OPS}.quarantine.field is 'The column, or the key in the answer of Gong.';
comment on column {OPS}.quarantine.reason is 'What came, and what was expected; never the value.';
comment on column {OPS}.quarantine.is_stale is
    'Whether an earlier version of the entity is in its table.';
comment on column {OPS}.quarantine.first_seen_at is 'When it was first read like that.';
comment on column {OPS}.quarantine.last_seen_at is 'When it was last read like that.';
comment on column {OPS}.quarantine.landed_at is 'When it landed after all.';
comment on column {OPS}.quarantine.deleted_at is 'When Gong was found to have it no more.';
"""


def create_view(db: duckdb.DuckDBPyConnection) -> None:
    """Creates `gong_ops.windows`, as soon as there are the tables that it shows."""
    if columns(db, f"{RAW}._windows") and columns(db, f"{RAW}._dlt_loads"):
        db.execute(_WINDOWS_VIEW)
        if columns(db, f"{RAW}._quarantine"):
            db.execute(_QUARANTINE_VIEW)


def done_windows(warehouse: Warehouse, now: datetime) -> list[DoneWindow]:
    """Returns the windows of closed packages, by their start.

    A window that was read after `now` is left out: the clock of that run was ahead, and nobody
    knows up to when it was really read (`clock_ahead`).
    """
    rows = warehouse.rows(
        "select reading, detail, kind, reason, run_id, start_at, end_at, read_at, entities_seen "
        f"from {RAW}._windows where read_at <= ? and {CLOSED} order by start_at",
        [now],
    )
    return [
        DoneWindow(stream, detail, kind, reason, run_id, _utc(start), _utc(end), _utc(read), seen)
        for stream, detail, kind, reason, run_id, start, end, read, seen in rows
    ]


def company_time_zone(warehouse: Warehouse) -> str | None:
    """Returns the zone in which the latest dated window was read; None before any was."""
    rows = warehouse.rows(
        f"select time_zone from {RAW}._windows where time_zone is not null "
        "order by read_at desc limit 1"
    )
    return rows[0][0] if rows else None


def parents_read_at(warehouse: Warehouse, stream: str, now: datetime) -> Mapping[str, datetime]:
    """Returns when the rows of each parent were last requested for a child stream.

    A request after `now` was made by a clock that was ahead, and counts as none.
    """
    return _parents_at(warehouse, "_parent_reads", "read_at", stream, now)


def parents_refused_at(warehouse: Warehouse, stream: str, now: datetime) -> Mapping[str, datetime]:
    """Returns when Gong last refused each parent of a child stream; none after `now`."""
    return _parents_at(warehouse, "_parent_refusals", "refused_at", stream, now)


def _parents_at(
    warehouse: Warehouse, table: str, column: str, stream: str, now: datetime
) -> Mapping[str, datetime]:
    rows = warehouse.rows(
        f"select parent, {column} from {RAW}.{table} "
        f"where reading = ? and {column} <= ? and {CLOSED}",
        [stream, now],
    )
    return {parent: _utc(at) for parent, at in rows}


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
