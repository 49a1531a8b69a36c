"""What a run whose clock was ahead has left in the warehouse: instants after the present.

Such an instant steers every later run: windows would count as read before they were, requests that
are due would rest. The rows of the load log do not count while they lie ahead (`load_log`), and are
forgotten for good by the next run, lest they count when their time has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from warehouse.connection import Warehouse, columns
from warehouse.target import OPS, RAW

if TYPE_CHECKING:
    import duckdb

_LOG = {
    "_windows": "read_at",
    "_transcript_asks": "asked_at",
    "_parent_reads": "read_at",
    "_parent_refusals": "refused_at",
}
"""Tables of the load log, and their column with the present of the run."""


@dataclass(frozen=True, slots=True)
class WindowsAhead:
    """Windows that were read after the present, as their runs had it.

    Attributes:
        count: how many there are.
        read_at: the latest present of these runs.
    """

    count: int
    read_at: datetime


def windows_ahead(warehouse: Warehouse, now: datetime) -> WindowsAhead | None:
    """Returns the windows that were read after `now`; None where there are none."""
    rows = warehouse.rows(
        f"select count(*), max(read_at) from {RAW}._windows where read_at > ?", [now]
    )
    if not rows or not rows[0][0]:
        return None
    return WindowsAhead(rows[0][0], rows[0][1].astimezone(UTC))


def forget_ahead(
    db: duckdb.DuckDBPyConnection, after: datetime, now: datetime, history: str
) -> None:
    """Takes back what lies after an instant, in one transaction.

    Rows of the load log go. What a row observed (a version of a user, a deletion) is moved to just
    before the present; a version that began and ended after it goes.

    Args:
        db: the warehouse.
        after: what lies after it is taken back.
        now: the present, not after `after`.
        history: the raw table of versions, with `valid_from_at` and `valid_to_at`.
    """
    moved = now - timedelta(seconds=1)
    db.begin()
    try:
        for table, column in _LOG.items():
            if columns(db, f"{RAW}.{table}"):
                db.execute(f"delete from {RAW}.{table} where {column} > ?", [after])
        if columns(db, f"{RAW}.{history}"):
            db.execute(
                f"delete from {RAW}.{history} where valid_from_at > ? and valid_to_at is not null",
                [after],
            )
            for column in ("valid_to_at", "valid_from_at"):
                _move(db, f"{RAW}.{history}", column, after, moved)
        marked = db.execute(
            "select table_name from duckdb_columns() where schema_name = ? and column_name = ?",
            [RAW, "_deleted_at"],
        ).fetchall()
        for (table,) in marked:
            _move(db, f"{RAW}.{table}", "_deleted_at", after, moved)
        for column in ("raised_at", "last_seen_at", "settled_at"):
            _move(db, f"{OPS}.alarms", column, after, moved)
        db.execute(f"delete from {OPS}.alarms where start_at > ? and settled_at is null", [after])
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _move(
    db: duckdb.DuckDBPyConnection, table: str, column: str, after: datetime, to: datetime
) -> None:
    db.execute(f"update {table} set {column} = ? where {column} > ?", [to, after])
