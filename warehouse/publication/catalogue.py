"""The files of the published copy: the catalogue, the list of its parts, the parts.

Invariant: a file gets its name when it is complete, in one rename.
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
from warehouse.target import OPS, PUBLISHED

CATALOGUE = "gong.duckdb"
ORIGIN = "warehouse.json"
_MANIFEST = "parts.json"


class NothingPublished(WarehouseError):
    """There is no published copy to read yet."""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table of the catalogue, as the list of parts stores it.

    Attributes:
        parts: paths of its Parquet files.
        rows: rows in all of them.
        comment: describes the table.
        column_comments: describe its columns, by name.
    """

    parts: list[str]
    rows: int
    comment: str | None
    column_comments: dict[str, str]


def folder(home: Path) -> Path:
    """Returns the folder of the published copy."""
    return home / "published"


def read_manifest(place: Path) -> dict[str, PublishedTable]:
    """Returns the tables of the current catalogue, by `schema.table`; none if the list is lost."""
    try:
        stored = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        return {name: PublishedTable(**table) for name, table in stored.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        # it only saves work: without it, every table is published as if for the first time
        return {}


def swap_catalogue(place: Path, tables: Mapping[str, PublishedTable]) -> None:
    """Replaces the catalogue and the list of its parts."""
    catalogue = unfinished_name(place / CATALOGUE)
    with duckdb.connect(str(catalogue)) as db:
        db.execute(f"create schema {OPS}")
        for published, table in tables.items():
            # DuckDB calls the database after its file, `gong`. With a schema of the same name in it
            # `gong.fct_calls` would be ambiguous; in the main schema it means just that table.
            name = published.removeprefix(f"{PUBLISHED}.")
            db.execute(f"create view {name} as select * from {parquet(table.parts)}")
            if table.comment:
                db.execute(f"comment on view {name} is {quoted(table.comment)}")
            for column, text in table.column_comments.items():
                db.execute(f'comment on column {name}."{column}" is {quoted(text)}')
    manifest = unfinished_name(place / _MANIFEST)
    stored = {name: asdict(table) for name, table in tables.items()}
    manifest.write_text(json.dumps(stored), encoding="utf-8")
    finish(catalogue, place / CATALOGUE)
    finish(manifest, place / _MANIFEST)


def write_part(
    db: duckdb.DuckDBPyConnection, select: str, part: Path, values: Sequence[Any] = ()
) -> None:
    """Writes the result of a query as a part."""
    unfinished = unfinished_name(part)
    db.execute(
        f"copy ({select}) to {quoted(str(unfinished))} (format parquet, compression zstd)",
        list(values) or None,
    )
    finish(unfinished, part)


def finish(unfinished: Path, final: Path) -> None:
    """Gives a written file its name; a reader sees the file before it, or all of this one."""
    unfinished.chmod(0o600)
    with open(unfinished, "rb") as written:
        os.fsync(written.fileno())
    os.replace(unfinished, final)


def remove_unfinished(place: Path) -> None:
    """Removes the files that killed publishes left; call it while holding the lock."""
    names = (CATALOGUE, ORIGIN, _MANIFEST)
    for pattern in (*(f".{name}.*" for name in names), "parts/*/.*.parquet.*"):
        for file in place.glob(pattern):
            file.unlink()


def parts_of(tables: Mapping[str, PublishedTable]) -> set[str]:
    """Returns the paths of all parts of tables."""
    return {part for table in tables.values() for part in table.parts}


def unused_parts(place: Path, tables: Mapping[str, PublishedTable]) -> Iterator[Path]:
    """Yields the files of parts that belong to none of the tables."""
    used = parts_of(tables)
    return (file for file in (place / "parts").glob("*/*.parquet") if str(file) not in used)


def parquet(parts: Iterable[str]) -> str:
    """Returns SQL for the rows of parts."""
    return f"read_parquet([{', '.join(map(quoted, parts))}])"


def quoted(text: str) -> str:
    """Returns a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def unfinished_name(final: Path) -> Path:
    """Returns where a file is written until it is complete: beside it, so that a rename will do."""
    return final.with_name(f".{final.name}.{os.getpid()}")
