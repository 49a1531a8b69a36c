"""Copies the descriptions of the contracts into the database, as comments of tables and columns.

Writes only where a comment is missing or the contracts have changed, so that an ordinary night
writes nothing. A stored fingerprint of the contracts tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator

from warehouse.connection import Warehouse, columns
from warehouse.contracts import FOLDER, Contract, contracts
from warehouse.ops.settings import store_setting, stored_setting
from warehouse.target import OPS, RAW

_FINGERPRINT = "raw_comments"
"""Setting in the warehouse: fingerprint of the contracts that the comments were made from."""


def comment_raw_tables(warehouse: Warehouse) -> int:
    """Comments the raw tables of which a comment is missing, or all if the contracts have changed.

    Returns:
        How many tables were commented.

    Raises:
        Locked: another process has the warehouse open.
    """
    fingerprint = _fingerprint()
    with warehouse.snapshot():
        is_current = stored_setting(warehouse, _FINGERPRINT) == fingerprint
        tables = _tables_to_comment(warehouse, is_current=is_current)
    if not tables:
        return 0
    by_name = contracts()
    with warehouse.writing() as db:
        db.begin()
        for table, names in sorted(tables.items()):
            for statement in _statements(by_name[table], names):
                db.execute(statement)
        db.commit()
    store_setting(warehouse, _FINGERPRINT, fingerprint)
    return len(tables)


def _fingerprint() -> str:
    digest = hashlib.blake2b(digest_size=16)
    # the module words the comments
    for file in (*sorted(FOLDER.glob("*.json")), FOLDER / "__init__.py"):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _tables_to_comment(warehouse: Warehouse, *, is_current: bool) -> dict[str, list[str]]:
    """Returns the columns of the raw tables with a contract that lack a comment, or of all."""
    with warehouse.reading() as db:
        if not columns(db, f"{OPS}.settings"):
            return {}
        rows = db.execute(
            "select table_name, list(column_name) from duckdb_columns() where schema_name = ? "
            "group by table_name having bool_or(comment is null) or not ?",
            [RAW, is_current],
        ).fetchall()
    return {table: names for table, names in rows if (FOLDER / f"{table}.json").exists()}


def _statements(contract: Contract, names: Collection[str]) -> Iterator[str]:
    yield f"comment on table {RAW}.{contract.table} is {_quoted(contract.comment)}"
    comments = {column.name: column.comment for column in contract.columns}
    for name in sorted(names):
        # a column that only an earlier version landed stays in the table
        text = comments.get(name, "No longer landed.")
        yield f'comment on column {RAW}.{contract.table}."{name}" is {_quoted(text)}'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
