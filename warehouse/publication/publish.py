"""Brings the published copy up to date with `gong_build` and the ops tables."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

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
_ALL = "all"
"""In place of a month, for a table that has none, or is empty."""
_MONTH_COLUMNS = ("started_on", "reviewed_on", "activity_on", "event_on")
_COLUMNS = (
    "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
    "where schema_name in ($1, $2) order by schema_name, table_name, column_index"
)
_COMMENTS = (
    "select schema_name, table_name, comment from duckdb_tables() where schema_name in ($1, $2) "
    "union all select schema_name, view_name, comment from duckdb_views() "
    "where schema_name in ($1, $2)"
)
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
        edition: a fingerprint of the analytics tables that are published now.
    """

    catalogue: Path
    rows: Mapping[str, int]
    written: int
    kept: int
    healed: int
    stale: tuple[str, ...]
    lost: tuple[str, ...]
    edition: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What of the built tables has changed since a publication.

    Attributes:
        since: the edition of that publication; if another one is there, all may have changed.
        months: the tables that were built, each with its changed months, or None for all of it.
    """

    since: str
    months: Mapping[str, Collection[str] | None]


def publish(
    target: Target,
    home: Path,
    failed: Collection[str] = (),
    *,
    thoroughly: bool = False,
    changes: Changes | None = None,
) -> Publication:
    """Publishes what is in `gong_build`, and the ops tables; writes damaged parts again.

    Args:
        target: the warehouse, which is only read.
        home: the working folder.
        failed: marts whose build or tests failed; they keep what was published before.
        thoroughly: whether every byte of the parts is checked, not only size and time of change.
        changes: what has changed since this copy was published; everything may have by default.
    """
    place = _made_folder(home)
    # what is of another warehouse is no earlier state
    before = {} if begin_copy(target, home) else read_manifest(place)
    months = changes.months if changes and changes.since == edition(before) else None
    after: dict[str, PublishedTable] = {}
    remove_unfinished(place)
    with open_warehouse(target.path, read_only=True) as db:
        writer = _PartWriter(db, place, before, thoroughly=thoroughly)
        for schema, name in _tables(db):
            if name not in failed:
                changed = None if months is None or schema == OPS else months.get(name, ())
                published = f"{PUBLISHED if schema == BUILD else OPS}.{name}"
                after[published] = writer.write(published, schema, name, changed)
        of_failed = sorted(name for name in before if name.rpartition(".")[2] in failed)
        stale = tuple(name for name in of_failed if writer.is_whole(before[name]))
    after |= {name: before[name] for name in stale}
    # before the swap: a publish killed after it cannot tell since when a part is not used
    _mark_unused(place, before, after)
    swap_catalogue(place, after)
    _remove_unused(place, after)
    rows = {name: table.rows for name, table in sorted(after.items())}
    lost = tuple(name for name in of_failed if name not in stale)
    return Publication(place / CATALOGUE, rows, *writer.counts, stale, lost, edition(after))


def edition(tables: Mapping[str, PublishedTable]) -> str:
    """Returns a fingerprint of the analytics tables of a copy; their parts are named by content."""
    parts = sorted(
        part.name
        for name, table in tables.items()
        if name.startswith(f"{PUBLISHED}.")
        for part in table.parts
    )
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


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
        self._before = before
        self._known = {part.name: part for table in before.values() for part in table.parts}
        # at once: DuckDB goes through its whole catalogue for each of these queries
        self._columns: dict[tuple[str, str], list[tuple[str, str, str | None]]] = defaultdict(list)
        for schema, table, *column in db.execute(_COLUMNS, [BUILD, OPS]).fetchall():
            self._columns[schema, table].append((column[0], column[1], column[2]))
        comments = db.execute(_COMMENTS, [BUILD, OPS]).fetchall()
        self._comments = {(schema, table): comment for schema, table, comment in comments}
        self.written = self.kept = self.healed = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many parts were written, kept, and written again because they were damaged."""
        return self.written, self.kept, self.healed

    def is_whole(self, table: PublishedTable) -> bool:
        """Whether all parts of a table are what was written; of earlier versions, can be read."""
        return all(
            checked(self._place, part, thoroughly=self._thoroughly)
            or (not part.digest and content_of(self._db, self._place, part))
            for part in table.parts
        )

    def write(
        self, published: str, schema: str, name: str, changed: Collection[str] | None = None
    ) -> PublishedTable:
        """Writes the parts of a table that have changed, and returns it.

        Args:
            published: the table, as `schema.table` of the catalogue.
            schema: where it was built.
            name: its name there.
            changed: the months whose rows may have changed; None for all.
        """
        columns = self._columns[schema, name]
        by = next((c for c in _MONTH_COLUMNS if c in {column[0] for column in columns}), None)
        shape = json.dumps([duckdb.__version__, [c[:2] for c in columns]])
        source = f"{schema}.{name}"
        parts, months = self._months(published, source, changed, by)
        make_folder_inside(self._place / PARTS, published)
        for value, count, content in months:
            mark = hashlib.blake2b(f"{shape}{count}/{content}".encode(), digest_size=8).hexdigest()
            where = f"where {_is_in(by, value)}" if count else "where false"
            parts.append(
                self._part(
                    f"{PARTS}/{published}/{value}-{mark}.parquet",
                    f"select * from {source} {where}",
                    (count, content),
                )
            )
        (rows,) = self._db.execute(f"select count(*) from {source}").fetchall()[0]
        return PublishedTable(
            sorted(parts, key=lambda part: part.name),
            rows,
            self._comments.get((schema, name)),
            {column[0]: column[2] for column in columns if column[2]},
        )

    def _months(
        self, published: str, source: str, changed: Collection[str] | None, by: str | None
    ) -> tuple[list[PublishedPart], list[tuple[str, int, str]]]:
        """Returns the parts that stay, and month, rows and fingerprint of all others."""
        month = f"strftime({by}, '%Y-%m')" if by else f"'{_ALL}'"
        whole = f"select coalesce({month}, 'none'), {CONTENT} from {source} as t"
        parts = self._unchanged(published, changed, by)
        if parts is None:
            parts, queries = [], [f"{whole} group by 1 order by 1"]
        else:
            stay = {_month_of(part) for part in parts}
            other = {_month_of(part) for part in self._before[published].parts} - stay
            queries = [
                f"{whole} where {_is_in(by, value)} group by 1"
                for value in sorted({*other, *(changed or ())} - stay)
            ]
        months = [row for query in queries for row in self._db.execute(query).fetchall()]
        return parts, months if months or parts else [(_ALL, 0, "0")]

    def _unchanged(
        self, published: str, changed: Collection[str] | None, by: str | None
    ) -> list[PublishedPart] | None:
        """Returns the parts that stay as they are; None where each may have changed.

        A part that is not as it was written does not stay.
        """
        table = self._before.get(published)
        if table is None or changed is None or (changed and not by):
            return None
        if by and any(_month_of(part) == _ALL for part in table.parts):
            return None  # it was empty
        stay = (
            checked(self._place, part, thoroughly=self._thoroughly)
            for part in table.parts
            if _month_of(part) not in changed
        )
        parts = [part for part in stay if part]
        self.kept += len(parts)
        return parts

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


def _month_of(part: PublishedPart) -> str:
    """Returns the month of a part, or `_ALL` of a table that has no months."""
    return PurePosixPath(part.name).name.rpartition("-")[0]


def _is_in(by: str | None, value: str) -> str:
    """Returns SQL that is true for the rows of a part; a range, which DuckDB scans alone."""
    if value == _ALL or by is None:
        return "true"
    if value == "none":
        return f"{by} is null"
    if re.fullmatch(r"[1-9]\d{3}-\d\d", value):
        first = f"date '{value}-01'"
        return f"{by} >= {first} and {by} <= last_day({first})"
    return f"strftime({by}, '%Y-%m') = '{value}'"


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
