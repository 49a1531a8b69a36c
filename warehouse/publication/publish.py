"""Brings the published copy up to date with `gong_build` and the ops tables."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.connection import open_warehouse
from warehouse.files import make_folder_inside
from warehouse.machine.database import remove_spills
from warehouse.publication.catalogue import (
    CATALOGUE,
    CONTENT,
    PublishedTable,
    content_of,
    folder,
    parts_of,
    read_manifest,
    remove_unfinished,
    swap_catalogue,
    unused_parts,
    write_part,
)
from warehouse.publication.origin import begin_copy, is_copy_of
from warehouse.publication.parts import PARTS, PublishedPart, checked, part_of
from warehouse.target import BUILD, OPS, PUBLISHED, Target

_MART_PREFIXES = ("dim_", "fct_", "agg_", "bridge_")
_OPS_TABLES = (
    "runs", "windows", "schema_changes", "quarantine", "pushes", "erasures", "alarms", "warnings",
)  # fmt: skip
_MONTH_COLUMNS = ("started_on", "reviewed_on", "activity_on", "event_on")
_UNUSED_PARTS_KEPT_SECONDS = 24 * 3600.0
"""How long readers may have an earlier catalogue open, or use what their queries spilled."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did.

    Attributes:
        catalogue: the DuckDB file that analysts open.
        rows: rows per published table, `schema.table`.
        written: parts written now.
        kept: parts that had not changed.
        healed: how many of those written were published before, and damaged or missing since.
        stale: tables that keep the rows of an earlier publish, because their build failed.
        lost: tables that should keep them, and had a part that was damaged or missing.
    """

    catalogue: Path
    rows: Mapping[str, int]
    written: int
    kept: int
    healed: int
    stale: tuple[str, ...]
    lost: tuple[str, ...]


def publish(
    target: Target, home: Path, failed: Collection[str] = (), *, thoroughly: bool = False
) -> Publication:
    """Publishes what is in `gong_build`, and the ops tables.

    Args:
        target: the warehouse, which is only read.
        home: the working folder.
        failed: marts whose build or tests failed; they keep what was published before.
        thoroughly: whether every byte of the parts is checked, and not only their size and time of
            change. A part that is not as it was written is written again in any case.
    """
    place = _made_folder(home)
    # what is there of another warehouse is no earlier state of this one
    before = {} if begin_copy(target, home) else read_manifest(place)
    after: dict[str, PublishedTable] = {}
    remove_unfinished(place)
    with open_warehouse(target.path, read_only=True) as db:
        writer = _PartWriter(db, place, before, thoroughly=thoroughly)
        for schema, name in _tables(db):
            if name not in failed:
                published = f"{PUBLISHED if schema == BUILD else OPS}.{name}"
                after[published] = writer.write(published, schema, name)
        of_failed = sorted(name for name in before if name.rpartition(".")[2] in failed)
        stale = [name for name in of_failed if writer.is_whole(before[name])]
    after |= {name: before[name] for name in stale}
    # before the swap: a publish that is killed after it cannot tell since when a part is not used
    _mark_unused(place, before, after)
    swap_catalogue(place, after)
    _remove_unused(place, after)
    return Publication(
        place / CATALOGUE,
        {name: table.rows for name, table in sorted(after.items())},
        writer.written,
        writer.kept,
        writer.healed,
        tuple(stale),
        tuple(name for name in of_failed if name not in stale),
    )


def publish_ops(target: Target, home: Path) -> None:
    """Brings the ops tables of the published copy up to date; the analytics tables stay.

    Writes nothing where nothing has changed, nothing was published yet, or the copy is of another
    warehouse.
    """
    before = read_manifest(folder(home)) if is_copy_of(target, home) else {}
    if not before:
        return
    place = _made_folder(home)
    with open_warehouse(target.path, read_only=True) as db:
        writer = _PartWriter(db, place, before, thoroughly=False)
        ops = {
            f"{OPS}.{name}": writer.write(f"{OPS}.{name}", schema, name)
            for schema, name in _tables(db)
            if schema == OPS
        }
    after = {**before, **ops}
    if after != before:
        _mark_unused(place, before, after)
        swap_catalogue(place, after)


def _made_folder(home: Path) -> Path:
    place = make_folder_inside(home, folder(home).name)
    os.chmod(place, 0o700)
    make_folder_inside(place, PARTS)
    return place


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


class _PartWriter:
    """Writes the parts that have changed, or are not what was written.

    Args:
        db: the warehouse.
        place: the published copy.
        before: what it shows now.
        thoroughly: whether every byte of a part is checked.
    """

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        place: Path,
        before: Mapping[str, PublishedTable],
        *,
        thoroughly: bool,
    ) -> None:
        self._db, self._place, self._thoroughly = db, place, thoroughly
        self._known = {part.name: part for table in before.values() for part in table.parts}
        self.written = self.kept = self.healed = 0

    def is_whole(self, table: PublishedTable) -> bool:
        """Whether all parts of a table are what was written; of earlier versions, can be read."""
        return all(
            checked(self._place, part, thoroughly=self._thoroughly)
            or (not part.digest and content_of(self._db, self._place, part))
            for part in table.parts
        )

    def write(self, published: str, schema: str, name: str) -> PublishedTable:
        """Writes the parts of a table that have changed, and returns it."""
        columns = self._db.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [schema, name],
        ).fetchall()
        by = next((c for c in _MONTH_COLUMNS if c in {column[0] for column in columns}), None)
        month = f"strftime({by}, '%Y-%m')" if by else "'all'"
        shape = json.dumps([duckdb.__version__, [c[:2] for c in columns]])
        months = self._db.execute(
            f"select coalesce({month}, 'none'), {CONTENT} "
            f"from {schema}.{name} as t group by 1 order by 1"
        ).fetchall() or [("all", 0, "0")]
        make_folder_inside(self._place / PARTS, published)
        parts: list[PublishedPart] = []
        for value, count, content in months:
            mark = hashlib.blake2b(f"{shape}{count}/{content}".encode(), digest_size=8).hexdigest()
            where = f"where coalesce({month}, 'none') = '{value}'" if count else "where false"
            parts.append(
                self._part(
                    f"{PARTS}/{published}/{value}-{mark}.parquet",
                    f"select * from {schema}.{name} {where}",
                    (count, content),
                )
            )
        comment = self._db.execute(
            "select comment from duckdb_tables() where schema_name = $1 and table_name = $2 union "
            "all select comment from duckdb_views() where schema_name = $1 and view_name = $2",
            [schema, name],
        ).fetchone()
        return PublishedTable(
            parts,
            sum(row[1] for row in months),
            comment[0] if comment else None,
            {column[0]: column[2] for column in columns if column[2]},
        )

    def _part(self, name: str, select: str, content: tuple[int, str]) -> PublishedPart:
        """Returns a part of this content; writes it unless it is there and what it should be."""
        known = self._known.get(name)
        if known and (whole := checked(self._place, known, thoroughly=self._thoroughly)):
            self.kept += 1
            return whole
        is_recorded = known is not None and bool(known.digest)
        # a part that a killed publish has written, or an earlier version, is on no record
        stored = None if is_recorded else content_of(self._db, self._place, PublishedPart(name))
        if stored == content:
            self.kept += 1
            return part_of(self._place / name)
        self.written += 1
        self.healed += known is not None and stored is None
        return write_part(self._db, select, self._place, name)


def _mark_unused(
    place: Path, before: Mapping[str, PublishedTable], after: Mapping[str, PublishedTable]
) -> None:
    """Marks the parts that the next catalogue does not name as unused from now on."""
    for name in parts_of(before) - parts_of(after):
        with suppress(FileNotFoundError):
            os.utime(place / name)


def _remove_unused(place: Path, tables: Mapping[str, PublishedTable]) -> None:
    for part in unused_parts(place, tables):
        if part.stat().st_mtime < time.time() - _UNUSED_PARTS_KEPT_SECONDS:
            part.unlink()
    # rows that killed queries have left
    remove_spills(place / CATALOGUE, older_than=_UNUSED_PARTS_KEPT_SECONDS)
