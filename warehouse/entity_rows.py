"""Deletes or renames entities of the raw tables.

A deletion takes the rows of the same entity in other tables along. It runs in the caller's
transaction, so that no row is left without the rows that belong to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.connection import Warehouse
from warehouse.target import RAW


@dataclass(frozen=True, slots=True)
class EntityRows:
    """An entity's raw table, and the raw tables with further rows of the same entity.

    Attributes:
        table: the entity's own table.
        key: columns that name the entity in each of these tables.
        others: the further tables.
    """

    table: str
    key: Sequence[str]
    others: Sequence[str] = ()


def delete_entities(
    db: duckdb.DuckDBPyConnection,
    entity: EntityRows,
    keys: str,
    values: Sequence[Any],
    tables: Collection[str],
) -> Counter[str]:
    """Deletes entities with all of their rows.

    Args:
        db: the warehouse, in a transaction.
        entity: the tables.
        keys: SQL that selects the key columns of the entities.
        values: the parameters of `keys`.
        tables: the raw tables that exist; others are passed over.

    Returns:
        Deleted rows by table, without zeros.
    """
    db.execute(
        f"create or replace temp table doomed as select distinct {', '.join(entity.key)} "
        f"from ({keys})",
        list(values),
    )
    removed: Counter[str] = Counter()
    for table in (*entity.others, entity.table):
        if table in tables:
            same = " and ".join(f"{table}.{name} = doomed.{name}" for name in entity.key)
            removed[table] += changed_rows(
                db.execute(f"delete from {RAW}.{table} using doomed where {same}")
            )
    return +removed


def rename_entities(warehouse: Warehouse, table: str, key: str, keys: Mapping[str, str]) -> int:
    """Gives entities without rows in other tables other keys, all or none.

    An entity whose other key is there already has landed under both: its row under the former key
    is removed.

    Args:
        warehouse: the warehouse.
        table: the entities' raw table.
        key: its key column.
        keys: the other key by the former one; no key is both.

    Returns:
        How many were removed.
    """
    with warehouse.writing() as db:
        db.begin()
        try:
            db.execute(
                "create temp table renamed as "
                "select unnest(?::varchar[]) as former, unnest(?::varchar[]) as other",
                [list(keys), list(keys.values())],
            )
            removed = changed_rows(
                db.execute(
                    f"delete from {RAW}.{table} where {key} in (select former from renamed "
                    f"where other in (select {key} from {RAW}.{table}))"
                )
            )
            db.execute(
                f"update {RAW}.{table} as entity set {key} = renamed.other from renamed "
                f"where entity.{key} = renamed.former"
            )
            db.commit()
        except BaseException:
            db.rollback()
            raise
    return removed


def changed_rows(statement: duckdb.DuckDBPyConnection) -> int:
    """Returns how many rows an executed `delete` or `update` has changed."""
    row = statement.fetchone()
    return int(row[0]) if row else 0
