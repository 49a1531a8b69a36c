"""Copies the published tables into one DuckDB file, for sending."""

from __future__ import annotations

from pathlib import Path

from warehouse.connection import open_warehouse
from warehouse.errors import BadInput
from warehouse.files import put_in_place
from warehouse.machine.database import open_file
from warehouse.publication.catalogue import (
    CATALOGUE,
    NothingPublished,
    folder,
    parquet,
    read_manifest,
    unfinished_name,
)
from warehouse.publication.origin import check_copy
from warehouse.publication.reading import explained
from warehouse.target import BUILD, OPS, PUBLISHED, RAW, STAGING


class BadDestination(BadInput):
    """The file cannot be written there."""


def publish_single_file(home: Path, path: Path) -> int:
    """Writes the file; replaces an earlier one in one rename.

    Returns:
        How many tables were copied.

    Raises:
        NothingPublished: nothing was published yet from the warehouse of the settings.
        BadDestination: something else is there, or it cannot be there.
        DamagedCopy: a file of the published copy is damaged or missing.
    """
    check_copy(home)
    place = folder(home).resolve()
    tables = read_manifest(place)
    if not tables:
        raise NothingPublished(f"Nothing is published in {place} yet: run `gong-elt sync`.")
    _check_destination(home, path)
    unfinished = unfinished_name(path)
    unfinished.unlink(missing_ok=True)
    try:
        with explained(home), open_file(unfinished, beside=place / CATALOGUE) as db:
            db.execute(f"create schema {OPS}")
            # DuckDB calls the database after its file; a schema of that name would be ambiguous
            is_ambiguous = path.stem == PUBLISHED
            if not is_ambiguous:
                db.execute(f"create schema {PUBLISHED}")
            for published, table in tables.items():
                name = published.removeprefix(f"{PUBLISHED}.") if is_ambiguous else published
                db.execute(f"create table {name} as select * from {parquet(place, table.parts)}")
        put_in_place(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(tables)


def _check_destination(home: Path, path: Path) -> None:
    where = path.absolute()
    if where.is_dir() or not where.parent.is_dir():
        raise BadDestination(f"{path} names no file in a folder that exists")
    if where.is_relative_to(folder(home).absolute()):
        raise BadDestination(f"{path} lies in the published copy itself; choose another place")
    if where.stem in (OPS, RAW, STAGING, BUILD):
        raise BadDestination(
            f"a file called {path.name} would make the schema {where.stem} ambiguous"
        )
    if where.exists():
        with open(where, "rb") as file:
            # a DuckDB file says so from its ninth byte on
            if file.read(12)[8:] != b"DUCK":
                raise BadDestination(f"{path} exists and is no DuckDB file; it is left as it is")
        with open_warehouse(where, read_only=True) as db:
            schemas = db.execute("select schema_name from duckdb_schemas()").fetchall()
        if (RAW,) in schemas:
            raise BadDestination(f"{path} is a warehouse; it is left as it is")
