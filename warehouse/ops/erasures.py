"""`gong_ops.erasures`: one row per erasure of a person, and how far it has come.

Says when, by whom, and what was removed. The person is a hash, as on the suppression list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from warehouse.connection import columns
from warehouse.ops import suppression_list
from warehouse.target import OPS

if TYPE_CHECKING:
    import duckdb

TABLE = "erasures"
_CREATE = f"""
create table if not exists {OPS}.{TABLE} (
    erasure_id varchar primary key, kind varchar, mark varchar, by_user varchar,
    with_mentions boolean, started_at timestamptz, erased_at timestamptz, finished_at timestamptz,
    removed json, masked json,
    in_gong varchar, in_gong_requested_at timestamptz, in_gong_confirmed_at timestamptz
);
comment on table {OPS}.{TABLE} is
    'One row per erasure of a person: when, by whom, what was removed; not of whom.';
comment on column {OPS}.{TABLE}.erasure_id is 'The erasure; also the run that began it.';
comment on column {OPS}.{TABLE}.kind is 'email or phone: by what the person was named.';
comment on column {OPS}.{TABLE}.mark is 'Keyed hash of what the person was named by.';
comment on column {OPS}.{TABLE}.by_user is 'Who ran the command on the machine.';
comment on column {OPS}.{TABLE}.with_mentions is 'Whether the name was masked in texts of others.';
comment on column {OPS}.{TABLE}.started_at is 'When it began.';
comment on column {OPS}.{TABLE}.erased_at is 'When the rows were gone from the warehouse.';
comment on column {OPS}.{TABLE}.finished_at is 'When no file held them; null if cut short.';
comment on column {OPS}.{TABLE}.removed is 'Rows removed, by table.';
comment on column {OPS}.{TABLE}.masked is 'Rows in which texts were masked, by table.';
comment on column {OPS}.{TABLE}.in_gong is 'How far the erasure in Gong has come.';
comment on column {OPS}.{TABLE}.in_gong_requested_at is 'When Gong was asked.';
comment on column {OPS}.{TABLE}.in_gong_confirmed_at is 'When Gong no longer knew the person.';
"""


class GongStatus(StrEnum):
    """How far an erasure has come in Gong."""

    NOT_ASKED = "not asked"
    ASKING = "asking"
    """A request may or may not have reached Gong."""
    REQUESTED = "requested"
    OVERDUE = "overdue"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Erasure:
    """The columns of an erasure that decide how it goes on."""

    erasure_id: str
    in_gong: GongStatus
    in_gong_requested_at: datetime | None
    is_finished: bool


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    """Creates the table where it is missing."""
    db.execute(_CREATE)


def unfinished(db: duckdb.DuckDBPyConnection) -> int:
    """Returns how many erasures were cut short and must be run again."""
    if not columns(db, f"{OPS}.{TABLE}"):
        return 0
    row = db.execute(f"select count(*) from {OPS}.{TABLE} where finished_at is null").fetchone()
    return row[0] if row else 0


def open_erasure(db: duckdb.DuckDBPyConnection, kind: str, identifier_hash: str) -> Erasure | None:
    """Returns the latest erasure of a person that is not finished, here or in Gong."""
    if not columns(db, f"{OPS}.{TABLE}"):
        return None
    row = db.execute(
        f"select erasure_id, in_gong, in_gong_requested_at, finished_at is not null "
        f"from {OPS}.{TABLE} where kind = ? and mark = ? "
        "and (finished_at is null or in_gong in (?, ?, ?)) order by started_at desc limit 1",
        [kind, identifier_hash, GongStatus.ASKING, GongStatus.REQUESTED, GongStatus.OVERDUE],
    ).fetchone()
    return Erasure(row[0], GongStatus(row[1]), row[2], row[3]) if row else None


def by_person(db: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[str, bool]]:
    """Returns the last day of a person's erasures and whether one is finished, by kind and hash."""
    if not columns(db, f"{OPS}.{TABLE}"):
        return {}
    rows = db.execute(
        "select kind, mark, max(started_at)::date::varchar, bool_or(finished_at is not null) "
        f"from {OPS}.{TABLE} where mark is not null group by all"
    ).fetchall()
    return {(kind, mark): (day, is_finished) for kind, mark, day, is_finished in rows}


def insert(db: duckdb.DuckDBPyConnection, row: Mapping[str, Any]) -> None:
    """Writes the row of a new erasure."""
    db.execute(
        f"insert into {OPS}.{TABLE} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
        list(row.values()),
    )


def update(db: duckdb.DuckDBPyConnection, erasure_id: str, **values: Any) -> None:
    """Changes columns of an erasure; `removed` and `masked` are added to the stored counts."""
    for name in ("removed", "masked"):
        if name in values:
            row = db.execute(
                f"select {name} from {OPS}.{TABLE} where erasure_id = ?", [erasure_id]
            ).fetchone()
            before: dict[str, int] = json.loads(row[0]) if row and row[0] else {}
            counts = values[name]
            added = {t: before.get(t, 0) + counts.get(t, 0) for t in sorted({*before, *counts})}
            values[name] = json.dumps(added)
    assigned = ", ".join(f"{name} = ?" for name in values)
    db.execute(
        f"update {OPS}.{TABLE} set {assigned} where erasure_id = ?", [*values.values(), erasure_id]
    )


def undo(db: duckdb.DuckDBPyConnection, erasure_id: str) -> None:
    """Removes an erasure that Gong has refused, with its entries on the suppression list."""
    suppression_list.remove(db, erasure_id)
    db.execute(f"delete from {OPS}.{TABLE} where erasure_id = ?", [erasure_id])
