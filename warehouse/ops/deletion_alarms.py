"""`gong_ops.alarms`: reads from which so much was missing that a person has to look.

An alarm stays open until somebody accepts the deletion or the rows are there again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from warehouse.connection import columns
from warehouse.target import OPS

if TYPE_CHECKING:
    import duckdb

CREATE = f"""
create table if not exists {OPS}.alarms (
    table_name varchar, start_at timestamptz, end_at timestamptz, held bigint, gone bigint,
    raised_at timestamptz, last_seen_at timestamptz, settled_at timestamptz, settled_by varchar
);
comment on table {OPS}.alarms is
    'One row per read from which suspiciously much was missing; open while settled_at is null.';
"""


ACCEPTED = "accepted"
SEEN_AGAIN = "seen again"


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """Rows that are missing from a table, between two instants where the table is read by time."""

    table: str
    start: datetime | None
    end: datetime | None
    held: int
    gone: int
    raised_at: datetime


def open_alarms(db: duckdb.DuckDBPyConnection) -> list[OpenAlarm]:
    """Returns the alarms that nobody has settled, oldest first."""
    if not columns(db, f"{OPS}.alarms"):
        return []
    rows = db.execute(
        f"select table_name, start_at, end_at, held, gone, raised_at from {OPS}.alarms "
        "where settled_at is null order by raised_at, table_name"
    ).fetchall()
    return [
        OpenAlarm(row[0], _utc(row[1]), _utc(row[2]), row[3], row[4], row[5].astimezone(UTC))
        for row in rows
    ]


def accepted_at(db: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """Returns when an alarm of each table was last accepted."""
    if not columns(db, f"{OPS}.alarms"):
        return {}
    rows = db.execute(
        f"select table_name, max(settled_at) from {OPS}.alarms where settled_by = ? group by all",
        [ACCEPTED],
    ).fetchall()
    return {table: moment.astimezone(UTC) for table, moment in rows}


def raise_alarm(
    db: duckdb.DuckDBPyConnection, alarm: OpenAlarm, instead_of: Sequence[OpenAlarm]
) -> None:
    """Opens an alarm in the place of others, which are part of it."""
    for one in instead_of:
        db.execute(
            f"delete from {OPS}.alarms where table_name = ? and settled_at is null "
            "and start_at is not distinct from ?",
            [one.table, one.start],
        )
    first = min([alarm.raised_at, *(one.raised_at for one in instead_of)])
    db.execute(
        f"insert into {OPS}.alarms values (?, ?, ?, ?, ?, ?, ?, null, null)",
        [alarm.table, alarm.start, alarm.end, alarm.held, alarm.gone, first, alarm.raised_at],
    )


def settle(
    db: duckdb.DuckDBPyConnection, alarms: Sequence[OpenAlarm], how: str, at: datetime
) -> None:
    """Closes alarms.

    Args:
        db: the warehouse.
        alarms: which.
        how: `ACCEPTED` or `SEEN_AGAIN`.
        at: when.
    """
    for alarm in alarms:
        db.execute(
            f"update {OPS}.alarms set settled_at = ?, settled_by = ? where table_name = ? "
            "and start_at is not distinct from ? and settled_at is null",
            [at, how, alarm.table, alarm.start],
        )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
