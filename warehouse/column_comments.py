"""Puts what the contracts say of tables and columns where analysts look: in database comments.

Done after a landing, and only where something is missing: a stored fingerprint of the contracts and
a look for undescribed columns, both read-only, keep an ordinary night from writing anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import duckdb

from warehouse.connection import open_warehouse
from warehouse.contracts import FOLDER, Contract, contracts
from warehouse.target import OPS, RAW, Target

_FINGERPRINT = "raw_comments"
"""Setting in the warehouse: of the contracts that its comments were made from."""


def comment_raw(target: Target) -> int:
    """Comments the raw tables and their columns where the contracts have changed or one lacks it.

    Returns:
        How many tables were commented; 0 where all of them said what they should.

    Raises:
        Locked: another process has the warehouse open.
    """
    if not target.path.exists():
        return 0
    wanted = _fingerprint()
    with open_warehouse(str(target.path), read_only=True) as db:
        stale = _stale(db, wanted)
    if not stale:
        return 0
    told = contracts()
    with open_warehouse(str(target.path), read_only=False) as db:
        columns = _columns(db)
        db.begin()
        for statement in _statements(told, columns, stale):
            db.execute(statement)
        db.execute(f"delete from {OPS}.settings where name = ?", [_FINGERPRINT])
        db.execute(f"insert into {OPS}.settings values (?, ?)", [_FINGERPRINT, wanted])
        db.commit()
    return len(stale)


def _fingerprint() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(FOLDER.glob("*.json")):
        digest.update(file.read_bytes())
    # the text of a comment is made here too
    digest.update((FOLDER / "__init__.py").read_bytes())
    return digest.hexdigest()


def _stale(db: duckdb.DuckDBPyConnection, wanted: str) -> set[str]:
    """Returns the tables with a contract that must be commented."""
    has_settings = db.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = 'settings'", [OPS]
    ).fetchone()
    stored = (
        has_settings
        and db.execute(
            f"select value from {OPS}.settings where name = ?", [_FINGERPRINT]
        ).fetchone()
    )
    is_current = bool(stored) and stored == (wanted,)
    rows = db.execute(
        "select distinct table_name from duckdb_columns() "
        "where schema_name = ? and not starts_with(table_name, '_') "
        "and (comment is null or not ?)",
        [RAW, is_current],
    ).fetchall()
    promised = {file.stem for file in FOLDER.glob("*.json")}
    return promised & {row[0] for row in rows} if has_settings else set()


def _columns(db: duckdb.DuckDBPyConnection) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, column in db.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = ?", [RAW]
    ).fetchall():
        found.setdefault(table, set()).add(column)
    return found


def _statements(
    told: Mapping[str, Contract], columns: Mapping[str, set[str]], stale: set[str]
) -> Iterator[str]:
    for name in sorted(stale):
        contract = told[name]
        yield f"comment on table {RAW}.{name} is {_quoted(contract.comment)}"
        described = {column.name: column.comment for column in contract.columns}
        for column in sorted(columns[name]):
            # a column that an earlier version landed stays in the table
            text = described.get(column, "No longer landed.")
            yield f'comment on column {RAW}.{name}."{column}" is {_quoted(text)}'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
