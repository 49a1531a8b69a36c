"""Brings the published copy up to date with `gong_build` and the ops tables."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.connection import open_warehouse
from warehouse.publication.catalogue import (
    CATALOGUE,
    PublishedTable,
    folder,
    parts_of,
    read_manifest,
    remove_unfinished,
    swap_catalogue,
    unused_parts,
    write_part,
)
from warehouse.publication.origin import begin_copy, is_copy_of
from warehouse.target import BUILD, OPS, PUBLISHED, Target

_MART_PREFIXES = ("dim_", "fct_", "agg_", "bridge_")
_OPS_TABLES = ("runs", "windows", "schema_changes", "pushes", "erasures", "alarms", "warnings")
_MONTH_COLUMNS = ("started_on", "reviewed_on", "activity_on", "event_on")
_GRACE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did.

    Attributes:
        catalogue: the DuckDB file that analysts open.
        rows: rows per published table, `schema.table`.
        written: parts written now.
        kept: parts that had not changed.
        stale: tables that keep the rows of an earlier publish, because their build failed.
    """

    catalogue: Path
    rows: Mapping[str, int]
    written: int
    kept: int
    stale: tuple[str, ...]


def publish(target: Target, home: Path, failed: Collection[str] = ()) -> Publication:
    """Publishes what stands in `gong_build`, and the ops tables.

    Args:
        target: the warehouse; opened read-only.
        home: the working folder.
        failed: marts whose build or tests failed; they keep what was published before.
    """
    place = folder(home)
    (place / "parts").mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(place, 0o700)
    # what stands there of another warehouse is no earlier state of this one
    before = {} if begin_copy(target, home) else read_manifest(place)
    after: dict[str, PublishedTable] = {}
    written = kept = 0
    remove_unfinished(place)
    with open_warehouse(str(target.path), read_only=True) as db:
        for schema, name in _tables(db):
            if name in failed:
                continue
            published = f"{PUBLISHED if schema == BUILD else OPS}.{name}"
            after[published], new = _write_parts(db, place / "parts" / published, schema, name)
            written += new
            kept += len(after[published].parts) - new
    stale = sorted(name for name in before if name.rpartition(".")[2] in failed)
    after |= {name: before[name] for name in stale}
    # before the swap: a publish that is killed after it cannot tell since when a part is not used
    _start_grace(before, after)
    swap_catalogue(place, after)
    _remove_unused(place, after)
    return Publication(
        place / CATALOGUE,
        {name: table.rows for name, table in sorted(after.items())},
        written,
        kept,
        tuple(stale),
    )


def publish_ops(target: Target, home: Path) -> None:
    """Brings the ops tables of the published copy up to date; the analytics tables stay.

    Writes nothing where nothing has changed, nothing was published yet, or the copy is of another
    warehouse.
    """
    place = folder(home)
    before = read_manifest(place) if is_copy_of(target, home) else {}
    if not before:
        return
    with open_warehouse(str(target.path), read_only=True) as db:
        ops = {
            f"{OPS}.{name}": _write_parts(db, place / "parts" / f"{OPS}.{name}", schema, name)[0]
            for schema, name in _tables(db)
            if schema == OPS
        }
    after = {**before, **ops}
    if after != before:
        _start_grace(before, after)
        swap_catalogue(place, after)


def _tables(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    rows = db.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in (?, ?) order by all",
        [BUILD, OPS],
    ).fetchall()
    return [
        (schema, name)
        for schema, name in rows
        if (schema == BUILD and name.startswith(_MART_PREFIXES))
        or (schema == OPS and name in _OPS_TABLES)
    ]


def _write_parts(
    db: duckdb.DuckDBPyConnection, parts_folder: Path, schema: str, name: str
) -> tuple[PublishedTable, int]:
    """Writes the parts of a table that have changed; returns it and how many they are."""
    columns = db.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [schema, name],
    ).fetchall()
    by = next((c for c in _MONTH_COLUMNS if c in {column[0] for column in columns}), None)
    month = f"strftime({by}, '%Y-%m')" if by else "'all'"
    shape = json.dumps([duckdb.__version__, [c[:2] for c in columns]])
    months = db.execute(
        f"select coalesce({month}, 'none'), count(*), sum(hash(t)::hugeint)::varchar "
        f"from {schema}.{name} as t group by 1 order by 1"
    ).fetchall() or [("all", 0, "0")]
    parts_folder.mkdir(mode=0o700, exist_ok=True)
    parts: list[str] = []
    new = 0
    for value, count, content in months:
        mark = hashlib.blake2b(f"{shape}{count}/{content}".encode(), digest_size=8).hexdigest()
        part = parts_folder / f"{value}-{mark}.parquet"
        if not part.exists():
            where = f"where coalesce({month}, 'none') = '{value}'" if count else "where false"
            write_part(db, f"select * from {schema}.{name} {where}", part)
            new += 1
        parts.append(str(part))
    comment = db.execute(
        "select comment from duckdb_tables() where schema_name = $1 and table_name = $2 "
        "union all select comment from duckdb_views() where schema_name = $1 and view_name = $2",
        [schema, name],
    ).fetchone()
    table = PublishedTable(
        parts,
        sum(row[1] for row in months),
        comment[0] if comment else None,
        {column[0]: column[2] for column in columns if column[2]},
    )
    return table, new


def _start_grace(before: Mapping[str, PublishedTable], after: Mapping[str, PublishedTable]) -> None:
    """Marks the parts that the next catalogue does not name as unused from now on."""
    for part in parts_of(before) - parts_of(after):
        if os.path.exists(part):
            os.utime(part)


def _remove_unused(place: Path, tables: Mapping[str, PublishedTable]) -> None:
    for part in unused_parts(place, tables):
        if part.stat().st_mtime < time.time() - _GRACE_SECONDS:
            part.unlink()
