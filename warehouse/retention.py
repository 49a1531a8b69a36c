"""Purges rows that were marked as deleted long ago, with the rows that belong to them.

The caller says which tables, and what goes with a row of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from warehouse.entity_rows import EntityRows, delete_entities
from warehouse.target import RAW


def purge(
    db: duckdb.DuckDBPyConnection, entities: Sequence[EntityRows], before: datetime
) -> dict[str, int]:
    """Deletes the rows marked as deleted before an instant, with their entities, at once.

    Returns:
        Deleted rows of each marked table, without zeros.
    """
    rows = db.execute(
        "select table_name from duckdb_tables() where schema_name = ?", [RAW]
    ).fetchall()
    tables = {table for (table,) in rows}
    purged: dict[str, int] = {}
    db.begin()
    try:
        for entity in entities:
            if entity.table in tables:
                keys = f"select {', '.join(entity.key)} from {RAW}.{entity.table}"
                removed = delete_entities(
                    db, entity, f"{keys} where _deleted_at < ?", [before], tables
                )
                if removed[entity.table]:
                    purged[entity.table] = removed[entity.table]
        db.commit()
    except BaseException:
        db.rollback()
        raise
    if purged:
        db.execute("checkpoint")
    return purged
