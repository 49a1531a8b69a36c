"""Takes out of the warehouse for good what was found deleted in Gong long ago.

In one transaction, so that no row is left without the rows that belong to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.target import RAW


@dataclass(frozen=True, slots=True)
class Belongings:
    """A table whose rows are marked as deleted, and what goes with them.

    Attributes:
        table: which.
        key: its key columns.
        others: tables that name the same entity in the same columns.
    """

    table: str
    key: Sequence[str]
    others: Sequence[str]


def purge(
    db: duckdb.DuckDBPyConnection, belongings: Sequence[Belongings], before: datetime
) -> dict[str, int]:
    """Deletes the rows marked as deleted before an instant, and all that belongs to them.

    Returns:
        How many rows of each marked table went, without those where none did.
    """
    there = {
        row[0]
        for row in db.execute(
            "select table_name from duckdb_tables() where schema_name = ?", [RAW]
        ).fetchall()
    }
    gone: dict[str, int] = {}
    db.execute("begin transaction")
    try:
        for one in belongings:
            if one.table not in there:
                continue
            key = ", ".join(one.key)
            db.execute(
                f"create or replace temp table purged as select {key} from {RAW}.{one.table} "
                "where _deleted_at < ?",
                [before],
            )
            count = db.execute("select count(*) from purged").fetchone()
            if not count or not count[0]:
                continue
            gone[one.table] = count[0]
            for other in (*one.others, one.table):
                if other in there:
                    same = " and ".join(f"{other}.{name} = purged.{name}" for name in one.key)
                    db.execute(f"delete from {RAW}.{other} using purged where {same}")
        db.execute("commit")
    except BaseException:
        db.execute("rollback")
        raise
    if gone:
        db.execute("checkpoint")
    return gone
