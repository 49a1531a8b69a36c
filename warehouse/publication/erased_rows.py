"""Removes rows from the published copy at once, for an erasure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from warehouse.machine.database import open_in_memory, remove_spills
from warehouse.publication.catalogue import (
    CATALOGUE,
    PublishedTable,
    content_of,
    folder,
    parquet,
    read_manifest,
    remove_catalogue,
    remove_unfinished,
    swap_catalogue,
    unused_parts,
    write_part,
)
from warehouse.publication.parts import PublishedPart, checked


def remove_rows(
    home: Path, where: Callable[[Mapping[str, str]], tuple[str, list[Any]] | None]
) -> dict[str, int]:
    """Removes rows, and the files of all parts that held them.

    A part that cannot be read goes whole: nobody knows what is in it. The next publish writes it
    again from the warehouse.

    There is no grace time: a reader that has the old catalogue open misses its parts and has to
    open the new one. Also removes the parts that no table uses.

    Args:
        home: the working folder.
        where: from the columns of a table, by name with their type, to SQL that is true for the
            rows to remove, with its values; None where the table holds none.

    Returns:
        How many rows were removed, by published table.
    """
    place = folder(home)
    if not place.exists():
        return {}
    remove_unfinished(place)
    tables = read_manifest(place)
    remaining: dict[str, PublishedTable] = {}
    removed: dict[str, int] = {}
    with open_in_memory(place / CATALOGUE) as db:
        for name, table in tables.items():
            rest = [_part_without(db, place, part, where) for part in table.parts]
            count = sum(rows for _, rows in rest)
            if count:
                removed[name] = count
            parts = [part for part, _ in rest if part]
            # DuckDB makes no view of no file
            if parts:
                remaining[name] = replace(table, parts=parts, rows=table.rows - count)
    if remaining and remaining != tables:
        swap_catalogue(place, remaining)
    if not remaining:
        # without the list of parts it is not known which rows the catalogue shows
        remove_catalogue(place)
    for file in unused_parts(place, remaining):
        file.unlink()
    remove_spills(place / CATALOGUE)
    return removed


def remove_unused_parts(home: Path) -> None:
    """Removes the parts that no table uses, without grace time; no rows.

    A part that cannot be read is dropped, as by `remove_rows`.
    """
    remove_rows(home, lambda _columns: None)


def _part_without(
    db: duckdb.DuckDBPyConnection,
    place: Path,
    part: PublishedPart,
    where: Callable[[Mapping[str, str]], tuple[str, list[Any]] | None],
) -> tuple[PublishedPart | None, int]:
    """Returns a part without some rows, and how many they are.

    It is the part itself if it has none of them, and None if it is damaged or missing.
    """
    if part.digest and not checked(place, part, thoroughly=True):
        return None, 0
    if not part.digest and not content_of(db, place, part):
        return None, 0
    rows_of_part = parquet(place, [part])
    columns = db.execute(f"describe select * from {rows_of_part}").fetchall()
    condition = where({column: kind for column, kind, *_ in columns})
    if condition is None:
        return part, 0
    sql, values = condition
    row = db.execute(f"select count(*) from {rows_of_part} where {sql}", values).fetchone()
    if not row or not row[0]:
        return part, 0
    # a part of other content has another name
    mark = hashlib.blake2b(f"{part.name}-{row[0]}".encode(), digest_size=8).hexdigest()
    select = f"select * from {rows_of_part} where not ({sql})"
    name = f"{part.name.rpartition('-')[0]}-{mark}.parquet"
    return write_part(db, select, place, name, values), int(row[0])
