"""`gong_ops.alarms`: reads from which so many rows were missing that a person has to decide.

An alarm is open until the rows are there again or somebody accepts the deletion. Its table and the
start of its span identify it among the open ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from warehouse.connection import Rows, Warehouse
from warehouse.target import OPS

if TYPE_CHECKING:
    import duckdb

CREATE = f"""
create table if not exists {OPS}.alarms (
    table_name varchar, start_at timestamptz, end_at timestamptz, held bigint, gone bigint,
    raised_at timestamptz, last_seen_at timestamptz, settled_at timestamptz, settled_by varchar
);
comment on table {OPS}.alarms is
    'One row per read in which too many rows were missing; open while settled_at is null.';
comment on column {OPS}.alarms.table_name is 'The raw table.';
comment on column {OPS}.alarms.start_at is 'Start of the span; null for a list without time.';
comment on column {OPS}.alarms.end_at is 'End of the span, exclusive.';
comment on column {OPS}.alarms.raised_at is 'When rows were first missing.';
comment on column {OPS}.alarms.last_seen_at is 'When they were last missing.';
comment on column {OPS}.alarms.settled_at is 'When it was closed; null while it is open.';
comment on column {OPS}.alarms.settled_by is 'accepted by a person, or the rows were seen again.';
comment on column {OPS}.alarms.held is 'Rows that should be in the span.';
comment on column {OPS}.alarms.gone is 'How many of them were missing.';
"""

ACCEPTED = "accepted"
SEEN_AGAIN = "seen again"

Identity = tuple[str, datetime | None]
"""Table, and start of the span; None where the table is not read by time."""


def open_alarms(warehouse: Warehouse) -> Rows:
    """Returns the rows of the open alarms, oldest first; instants in UTC."""
    return warehouse.dicts(
        f"select table_name, start_at, end_at, held, gone, raised_at from {OPS}.alarms "
        "where settled_at is null order by raised_at, table_name"
    )


def accepted_at(warehouse: Warehouse, now: datetime) -> dict[str, datetime]:
    """Returns when an alarm of each table was last accepted; not by a clock that was ahead."""
    rows = warehouse.rows(
        f"select table_name, max(settled_at) from {OPS}.alarms "
        "where settled_by = ? and settled_at <= ? group by all",
        [ACCEPTED, now],
    )
    return {table: instant.astimezone(UTC) for table, instant in rows}


def raise_alarm(
    db: duckdb.DuckDBPyConnection,
    identity: Identity,
    end: datetime | None,
    held: int,
    gone: int,
    *,
    now: datetime,
    instead_of: Iterable[Identity] = (),
) -> None:
    """Opens an alarm in place of others, and raised when the first of them was.

    Args:
        db: the warehouse.
        identity: table and start of the span.
        end: end of the span.
        held: rows that should be there.
        gone: how many of them are missing.
        now: when they were missing.
        instead_of: open alarms that become part of this one.
    """
    raised_at = now
    for part in instead_of:
        rows = db.execute(
            f"delete from {OPS}.alarms where table_name = ? and settled_at is null "
            "and start_at is not distinct from ? returning raised_at",
            part,
        ).fetchall()
        raised_at = min([raised_at, *(row[0] for row in rows)])
    db.execute(
        f"insert into {OPS}.alarms values (?, ?, ?, ?, ?, ?, ?, null, null)",
        [*identity, end, held, gone, raised_at, now],
    )


def settle(
    db: duckdb.DuckDBPyConnection, alarms: Iterable[Identity], settled_by: str, now: datetime
) -> None:
    """Closes open alarms; they are settled by `ACCEPTED` or `SEEN_AGAIN`."""
    for identity in alarms:
        db.execute(
            f"update {OPS}.alarms set settled_at = ?, settled_by = ? where table_name = ? "
            "and start_at is not distinct from ? and settled_at is null",
            [now, settled_by, *identity],
        )
