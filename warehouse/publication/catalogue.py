"""The files of the published copy: the catalogue, the list of its parts, the parts.

Invariants: a file gets its name when it is complete, in one rename. The list of parts does not say
where it is. DuckDB's views have to name their parts by whole paths, so the catalogue is valid in
one place only; whoever opens it makes sure that it is this place (`reading`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import WarehouseError
from warehouse.files import put_in_place
from warehouse.machine.database import open_file
from warehouse.publication.parts import PARTS, PublishedPart, part_of, recorded
from warehouse.target import OPS, PUBLISHED

CATALOGUE = "gong.duckdb"
ORIGIN = "warehouse.json"
_MANIFEST = "parts.json"
CONTENT = "count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar"
"""SQL for count and fingerprint of the rows of `t`, in whatever order they are."""


class NothingPublished(WarehouseError):
    """There is no published copy to read yet."""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table of the catalogue, as the list of parts stores it.

    Attributes:
        parts: its Parquet files.
        rows: rows in all of them.
        comment: describes the table.
        column_comments: describe its columns, by name.
    """

    parts: list[PublishedPart]
    rows: int
    comment: str | None
    column_comments: dict[str, str]


def folder(home: Path) -> Path:
    """Returns the folder of the published copy."""
    return home / "published"


def read_manifest(place: Path) -> dict[str, PublishedTable]:
    """Returns the tables of the current catalogue, by `schema.table`; none if the list is lost."""
    try:
        stored = json.loads((place / _MANIFEST).read_bytes())
        # an earlier version stored the tables alone
        tables = stored.get("tables", stored)
        return {
            name: PublishedTable(**{**table, "parts": list(map(recorded, table["parts"]))})
            for name, table in tables.items()
        }
    except (FileNotFoundError, ValueError, TypeError, AttributeError, KeyError):
        # it only saves work: without it, every table is published as if for the first time
        return {}


def swap_catalogue(place: Path, tables: Mapping[str, PublishedTable]) -> None:
    """Replaces the catalogue and the list of its parts."""
    catalogue = unfinished_name(place / CATALOGUE)
    catalogue.unlink(missing_ok=True)
    write_catalogue(catalogue, place, tables)
    manifest = unfinished_name(place / _MANIFEST)
    listed = {name: asdict(table) for name, table in tables.items()}
    manifest.write_text(json.dumps({"tables": listed}), encoding="utf-8")
    finish(catalogue, place / CATALOGUE)
    finish(manifest, place / _MANIFEST)


def write_catalogue(file: Path, place: Path, tables: Mapping[str, PublishedTable]) -> None:
    """Writes a catalogue that is valid while the published copy is where it is now."""
    here = place.resolve()
    with open_file(file) as db:
        # a commit for each comment would take seconds
        db.begin()
        db.execute(f"create schema {OPS}")
        for published, table in tables.items():
            # DuckDB calls the database after its file, `gong`. With a schema of the same name in it
            # `gong.fct_calls` would be ambiguous; in the main schema it means just that table.
            name = published.removeprefix(f"{PUBLISHED}.")
            db.execute(f"create view {name} as select * from {parquet(here, table.parts)}")
            if table.comment:
                db.execute(f"comment on view {name} is {quoted(table.comment)}")
            for column, text in table.column_comments.items():
                db.execute(f'comment on column {name}."{column}" is {quoted(text)}')
        db.commit()


def is_valid_in(db: duckdb.DuckDBPyConnection, place: Path) -> bool:
    """Whether all views of an attached catalogue name parts of this published copy."""
    parts = f"('{quoted(str(place.resolve() / PARTS))[1:-1]}/"
    # no parameters: for a text among them DuckDB imports pandas, most of the time of a query
    row = db.execute(
        f"select count(*) from duckdb_views() where database_name = {quoted(PUBLISHED)} "
        f"and not internal and not contains(sql, {quoted(parts)})"
    ).fetchone()
    return row == (0,)


def write_part(
    db: duckdb.DuckDBPyConnection, select: str, place: Path, name: str, values: Sequence[Any] = ()
) -> PublishedPart:
    """Writes the result of a query as a part, in place of one of this name, and returns it."""
    part = place / name
    unfinished = unfinished_name(part)
    db.execute(
        f"copy ({select}) to {quoted(str(unfinished))} (format parquet, compression zstd)",
        list(values) or None,
    )
    finish(unfinished, part)
    return part_of(part)


def finish(unfinished: Path, final: Path) -> None:
    """Gives a written file its name; a reader sees the file before it, or all of this one."""
    put_in_place(unfinished, final)


def remove_unfinished(place: Path) -> None:
    """Removes the files that killed publishes left; call it while holding the lock."""
    names = (CATALOGUE, ORIGIN, _MANIFEST)
    for pattern in (*(f".{name}.*" for name in names), f"{PARTS}/*/.*.parquet.*"):
        for file in place.glob(pattern):
            file.unlink()


def remove_catalogue(place: Path) -> None:
    """Removes the catalogue and the list of its parts: nothing is published any more."""
    for name in (_MANIFEST, CATALOGUE):
        (place / name).unlink(missing_ok=True)


def content_of(
    db: duckdb.DuckDBPyConnection, place: Path, part: PublishedPart
) -> tuple[int, str] | None:
    """Returns count and fingerprint of the rows of a part; None where not all can be read."""
    if not (place / part.name).is_file():
        return None
    try:
        return db.execute(f"select {CONTENT} from {parquet(place, [part])} as t").fetchone()
    except duckdb.Error:
        return None


def parts_of(tables: Mapping[str, PublishedTable]) -> set[str]:
    """Returns the names of all parts of tables."""
    return {part.name for table in tables.values() for part in table.parts}


def unused_parts(place: Path, tables: Mapping[str, PublishedTable]) -> Iterator[Path]:
    """Yields the files of parts that belong to none of the tables."""
    used = parts_of(tables)
    return (
        file
        for file in (place / PARTS).glob("*/*.parquet")
        if file.relative_to(place).as_posix() not in used
    )


def parquet(place: Path, parts: Iterable[PublishedPart]) -> str:
    """Returns SQL for the rows of parts."""
    return f"read_parquet([{', '.join(quoted(str(place / part.name)) for part in parts)}])"


def quoted(text: str) -> str:
    """Returns a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def unfinished_name(final: Path) -> Path:
    """Returns where a file is written until it is complete: beside it, so that a rename will do."""
    return final.with_name(f".{final.name}.{os.getpid()}")
