"""Removes rows from the published copy at once, for an erasure."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from warehouse.publication.catalogue import (
    CATALOGUE,
    folder,
    quoted,
    read_manifest,
    remove_unfinished,
    swap_catalogue,
    unused_parts,
    write_part,
)


def remove_rows(
    home: Path, where: Callable[[Mapping[str, str]], tuple[str, list[Any]] | None]
) -> dict[str, int]:
    """Removes rows, and the files of all parts that held them.

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
    removed: dict[str, int] = {}
    spill = f"{place / CATALOGUE}.tmp"
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        db.execute(f"set temp_directory = {quoted(spill)}")
        for name, table in list(tables.items()):
            columns = db.execute("describe select * from read_parquet(?)", [table.parts]).fetchall()
            condition = where({column: kind for column, kind, *_ in columns})
            if condition is None:
                continue
            rest = [_part_without(db, Path(part), *condition) for part in table.parts]
            count = sum(rows for _, rows in rest)
            if count:
                removed[name] = count
                parts = [str(part) for part, _ in rest]
                tables[name] = replace(table, parts=parts, rows=table.rows - count)
    if removed:
        swap_catalogue(place, tables)
    if not tables:
        # without the list of parts it is not known which rows the catalogue shows
        (place / CATALOGUE).unlink(missing_ok=True)
    for part in unused_parts(place, tables):
        part.unlink()
    shutil.rmtree(spill, ignore_errors=True)
    return removed


def _part_without(
    db: duckdb.DuckDBPyConnection, part: Path, where: str, values: Sequence[Any]
) -> tuple[Path, int]:
    """Returns a part without some rows, and how many they are; the part itself if it has none."""
    row = db.execute(
        f"select count(*) from read_parquet(?) where {where}", [str(part), *values]
    ).fetchone()
    if not row or not row[0]:
        return part, 0
    # a part of other content has another name
    mark = hashlib.blake2b(f"{part.name}-{row[0]}".encode(), digest_size=8).hexdigest()
    rest = part.with_name(f"{part.stem.rpartition('-')[0]}-{mark}.parquet")
    select = f"select * from read_parquet(?) where not ({where})"
    write_part(db, select, rest, [str(part), *values])
    return rest, int(row[0])
