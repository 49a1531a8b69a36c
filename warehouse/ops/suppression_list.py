"""`gong_ops.tombstones`: the suppression list, as hashes of erased people's identifiers.

The table holds no address, number or name. A hash is an HMAC; its key is not in the warehouse. The
caller hashes, and applies the list.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.connection import columns
from warehouse.target import OPS

if TYPE_CHECKING:
    import duckdb

TABLE = "tombstones"
_CREATE = f"""
create table if not exists {OPS}.{TABLE} (
    kind varchar, mark varchar, words bigint, erasure_id varchar, created_at timestamptz,
    primary key (kind, mark)
);
comment on table {OPS}.{TABLE} is
    'One row per e-mail, phone (by spelling), call, CRM contact or name to keep out, as an HMAC.';
"""

_KEY_CHECK = "erasure_key_check"
_CALLS_TO_DELETE = "calls_to_forget"


@dataclass(frozen=True, slots=True)
class SuppressedIdentifier:
    """One entry of the list: its kind, its HMAC, and of a name how many words it has."""

    kind: str
    hash: str
    words: int | None = None


@dataclass(frozen=True, slots=True)
class SuppressionList:
    """The whole list.

    Attributes:
        hashes: the hashes by kind.
        name_lengths: numbers of words of the erased names.
        key_check: the hash that the right key reproduces; None where none was stored.
    """

    hashes: Mapping[str, frozenset[str]]
    name_lengths: frozenset[int]
    key_check: str | None


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    """Creates the table where it is missing."""
    db.execute(_CREATE)


def read(db: duckdb.DuckDBPyConnection) -> SuppressionList | None:
    """Returns the list; None where nobody was ever erased."""
    if not columns(db, f"{OPS}.{TABLE}"):
        return None
    hashes: dict[str, set[str]] = {}
    name_lengths: set[int] = set()
    for kind, own_hash, words in db.execute(
        f"select kind, mark, words from {OPS}.{TABLE}"
    ).fetchall():
        hashes.setdefault(kind, set()).add(own_hash)
        if words:
            name_lengths.add(words)
    return SuppressionList(
        {kind: frozenset(own) for kind, own in hashes.items()},
        frozenset(name_lengths),
        _setting(db, _KEY_CHECK),
    )


def add(
    db: duckdb.DuckDBPyConnection,
    identifiers: Iterable[SuppressedIdentifier],
    erasure_id: str | None,
    now: datetime,
) -> None:
    """Adds identifiers that are not on the list yet.

    Args:
        db: the warehouse.
        identifiers: the identifiers, hashed.
        erasure_id: their erasure; None for those that a later run has added.
        now: the time of the addition.
    """
    rows = list(identifiers)
    if rows:
        db.execute(
            f"insert or ignore into {OPS}.{TABLE} "
            "select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::bigint[]), ?, ?",
            [
                [row.kind for row in rows], [row.hash for row in rows],
                [row.words for row in rows], erasure_id, now,
            ],
        )  # fmt: skip


def remove(db: duckdb.DuckDBPyConnection, erasure_id: str) -> None:
    """Removes the identifiers of one erasure."""
    db.execute(f"delete from {OPS}.{TABLE} where erasure_id = ?", [erasure_id])


def store_key_check(db: duckdb.DuckDBPyConnection, check: str) -> None:
    """Stores the hash that the right key reproduces."""
    db.execute(f"insert or replace into {OPS}.settings values (?, ?)", [_KEY_CHECK, check])


def store_calls_to_delete(db: duckdb.DuckDBPyConnection, calls: Collection[str]) -> None:
    """Stores the calls of which a package being loaded may bring rows; none where it is done.

    The ids name no person, and are stored only while the package is being loaded.
    """
    db.execute(f"delete from {OPS}.settings where name = ?", [_CALLS_TO_DELETE])
    if calls:
        ids = json.dumps(sorted(calls))
        db.execute(f"insert into {OPS}.settings values (?, ?)", [_CALLS_TO_DELETE, ids])


def calls_to_delete(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the calls of which rows may still be in the raw tables."""
    ids = _setting(db, _CALLS_TO_DELETE)
    return json.loads(ids) if ids else []


def _setting(db: duckdb.DuckDBPyConnection, name: str) -> str | None:
    if not columns(db, f"{OPS}.settings"):
        return None
    row = db.execute(f"select value from {OPS}.settings where name = ?", [name]).fetchone()
    return row[0] if row else None
