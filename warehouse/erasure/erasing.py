"""Takes a person out of the tables of the warehouse, in the caller's transaction.

Leaves the bytes of deleted rows in the file (`rewriting`) and the published copy alone
(`warehouse.publication`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from warehouse.erasure.data_map import DataMap, PersonMatcher
from warehouse.erasure.deletion import delete_person
from warehouse.erasure.foreign import leftover_schemas
from warehouse.erasure.masking import mask_mentions
from warehouse.target import BUILD


@dataclass(frozen=True, slots=True)
class ErasureCounts:
    """What an erasure did, in rows per table, without zeros.

    Attributes:
        removed: rows that were deleted.
        masked: rows in which a mention was masked.
        mentions: rows that still mention the name.
    """

    removed: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)


def erase(
    db: duckdb.DuckDBPyConnection,
    matcher: PersonMatcher,
    calls: Sequence[str],
    data_map: DataMap,
    *,
    with_mentions: bool,
) -> ErasureCounts:
    """Deletes what is about a person, and masks mentions, in the raw and the ops tables.

    Drops `gong_build` as a whole: dbt builds it again. Drops the datasets that dlt's settings made
    beside the raw tables, which nobody reads.

    Args:
        db: the warehouse, in a transaction.
        matcher: the person's identifiers.
        calls: ids of the calls that are deleted whole.
        data_map: where personal data are.
        with_mentions: whether mentions of the name are masked too.
    """
    removed = delete_person(db, matcher, calls, data_map)
    masked, mentions = mask_mentions(db, matcher, data_map, with_mentions=with_mentions)
    for schema in (BUILD, *leftover_schemas(db)):
        db.execute(f'drop schema if exists "{schema}" cascade')
    return ErasureCounts(removed, masked, mentions)


def has_build(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether analytics tables were built here."""
    schemas = db.execute("select 1 from duckdb_schemas() where schema_name = ?", [BUILD])
    return schemas.fetchone() is not None
