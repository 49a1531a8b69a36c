"""`gong_ops.tombstones` and `gong_ops.erasures`: who was erased, told by marks alone.

Neither table holds an address, a number or a name. A mark is an HMAC whose key lies elsewhere; what
it is made of is the business of whoever erases.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from warehouse.target import OPS

if TYPE_CHECKING:
    import duckdb

_CREATE = f"""
create table if not exists {OPS}.tombstones (
    kind varchar, mark varchar, words bigint, erasure_id varchar, created_at timestamptz,
    primary key (kind, mark)
);
create table if not exists {OPS}.erasures (
    erasure_id varchar primary key, kind varchar, mark varchar, by_user varchar,
    with_mentions boolean, started_at timestamptz, erased_at timestamptz, finished_at timestamptz,
    removed json, masked json,
    in_gong varchar, in_gong_requested_at timestamptz, in_gong_confirmed_at timestamptz
);
comment on table {OPS}.tombstones is
    'One row per e-mail, phone, call, CRM contact or name that must not come back, as an HMAC.';
comment on table {OPS}.erasures is
    'One row per erasure of a person: when, by whom, what was removed; not of whom.';
"""
TABLES = ("tombstones", "erasures")

_TO_FORGET = "calls_to_forget"
CHECK = "erasure_key_check"
"""The setting that tells whether a key is the one that the marks were made with."""

NOT_ASKED, ASKING, REQUESTED, OVERDUE, CONFIRMED = (
    "not asked",
    "asking",
    "requested",
    "overdue",
    "confirmed",
)
"""How far an erasure has come in Gong. `asking`: a request may or may not have reached Gong."""


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Everybody who was erased.

    Attributes:
        marks: by kind.
        name_lengths: of how many words the erased names are.
        check: the mark that a key must reproduce.
        unfinished: erasures that were cut short and have to be run again.
    """

    marks: Mapping[str, frozenset[str]]
    name_lengths: frozenset[int]
    check: str | None
    unfinished: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """A row of `gong_ops.erasures` as far as it decides how to go on."""

    erasure_id: str
    in_gong: str
    in_gong_requested_at: datetime | None
    is_finished: bool


def exist(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether anybody was ever erased here."""
    found = db.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = 'tombstones'", [OPS]
    ).fetchone()
    return found is not None


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    """Creates the two tables."""
    db.execute(_CREATE)


def read(db: duckdb.DuckDBPyConnection) -> Tombstones | None:
    """Returns who was erased; None where nobody was."""
    if not exist(db):
        return None
    rows = db.execute(f"select kind, mark, words from {OPS}.tombstones").fetchall()
    marks: dict[str, set[str]] = {}
    for kind, mark, _ in rows:
        marks.setdefault(kind, set()).add(mark)
    check = db.execute(f"select value from {OPS}.settings where name = ?", [CHECK]).fetchone()
    cut = db.execute(f"select count(*) from {OPS}.erasures where finished_at is null").fetchone()
    return Tombstones(
        {kind: frozenset(own) for kind, own in marks.items()},
        frozenset(words for _, _, words in rows if words),
        check[0] if check else None,
        cut[0] if cut else 0,
    )


def keep_check(db: duckdb.DuckDBPyConnection, check: str) -> None:
    """Stores the mark by which the key is known again."""
    db.execute(f"insert or replace into {OPS}.settings values (?, ?)", [CHECK, check])


def keep_to_forget(db: duckdb.DuckDBPyConnection, calls: Collection[str]) -> None:
    """Stores of which calls rows may still be in the raw tables, or that there are none.

    The ids stand here for as long as a package is being loaded, and tell of no person.
    """
    db.execute(f"delete from {OPS}.settings where name = ?", [_TO_FORGET])
    if calls:
        told = json.dumps(sorted(calls))
        db.execute(f"insert into {OPS}.settings values (?, ?)", [_TO_FORGET, told])


def to_forget(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the calls of which rows may still be in the raw tables."""
    row = db.execute(f"select value from {OPS}.settings where name = ?", [_TO_FORGET]).fetchone()
    return json.loads(row[0]) if row else []


def add(
    db: duckdb.DuckDBPyConnection,
    marks: Iterable[tuple[str, str, int | None]],
    erasure_id: str | None,
    now: datetime,
) -> None:
    """Keeps marks, each once.

    Args:
        db: the warehouse.
        marks: kind, mark, and of a name how many words it has.
        erasure_id: by which erasure; None for what a later run has found.
        now: when.
    """
    rows = list(marks)
    if rows:
        db.execute(
            f"insert or ignore into {OPS}.tombstones "
            "select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::bigint[]), ?, ?",
            [[r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], erasure_id, now],
        )


def open_erasure(db: duckdb.DuckDBPyConnection, kind: str, mark: str) -> Erasure | None:
    """Returns the last erasure of a person that has not come to its end, here or in Gong."""
    row = db.execute(
        f"select erasure_id, in_gong, in_gong_requested_at, finished_at is not null "
        f"from {OPS}.erasures where kind = ? and mark = ? "
        "and (finished_at is null or in_gong in (?, ?, ?)) order by started_at desc limit 1",
        [kind, mark, ASKING, REQUESTED, OVERDUE],
    ).fetchone()
    return Erasure(*row) if row else None


def begin(db: duckdb.DuckDBPyConnection, row: Mapping[str, Any]) -> None:
    """Writes the row of a new erasure."""
    db.execute(
        f"insert into {OPS}.erasures ({', '.join(row)}) values ({', '.join('?' * len(row))})",
        list(row.values()),
    )


def undo(db: duckdb.DuckDBPyConnection, erasure_id: str) -> None:
    """Takes an erasure back that Gong has refused before anything was erased."""
    for table in TABLES:
        db.execute(f"delete from {OPS}.{table} where erasure_id = ?", [erasure_id])


def update(db: duckdb.DuckDBPyConnection, erasure_id: str, **values: Any) -> None:
    """Changes columns of an erasure; counts of rows are added to those of an earlier attempt."""
    for name in ("removed", "masked"):
        if name in values:
            row = db.execute(
                f"select {name} from {OPS}.erasures where erasure_id = ?", [erasure_id]
            ).fetchone()
            before: dict[str, int] = json.loads(row[0]) if row and row[0] else {}
            counts = values[name]
            added = {t: before.get(t, 0) + counts.get(t, 0) for t in sorted({*before, *counts})}
            values[name] = json.dumps(added)
    assigned = ", ".join(f"{name} = ?" for name in values)
    db.execute(
        f"update {OPS}.erasures set {assigned} where erasure_id = ?",
        [*values.values(), erasure_id],
    )
