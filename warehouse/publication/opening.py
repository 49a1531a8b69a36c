"""Attaches the catalogue of a published copy wherever the copy is, and says which part is damaged.

DuckDB takes a relative path in a view from the folder in which the reader was started, so the
catalogue names its parts by whole paths. It is valid in the place where it was published. Elsewhere
(in a home that was moved or copied, or behind another mount point) and where it is damaged, a
reader writes a catalogue of its own from the list of parts. It changes nothing in the home: the
next publish writes the catalogue again, for other engines too.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from warehouse.errors import WarehouseError
from warehouse.publication.catalogue import (
    CATALOGUE,
    NothingPublished,
    is_valid_in,
    quoted,
    read_manifest,
    write_catalogue,
)
from warehouse.publication.parts import PublishedPart, checked
from warehouse.target import PUBLISHED

_NOT_OF_A_FILE = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
)
"""Errors of a query that no damaged file is the cause of."""


class DamagedCopy(WarehouseError):
    """Files of the published copy are damaged or missing; the message names them."""


def attach(db: duckdb.DuckDBPyConnection, place: Path) -> None:
    """Attaches the catalogue of a published copy as `gong`, read-only.

    Raises:
        NothingPublished: nothing was published yet.
        DamagedCopy: neither the catalogue nor the list of its parts can be read.
    """
    catalogue, tables = place / CATALOGUE, read_manifest(place)
    if not catalogue.exists() and not tables:
        raise NothingPublished(
            f"Nothing is published in {place} yet. Run `gong-elt sync` (or `gong-elt demo`, which "
            "needs no Gong account)."
        )
    if _attach_as_it_is(db, catalogue):
        return
    if not tables:
        raise DamagedCopy(
            f"The catalogue {catalogue} is damaged, or was written in another place, and the list "
            "of its parts beside it is lost. Run `gong-elt publish`, which writes both again."
        )
    with tempfile.TemporaryDirectory(prefix="gong-elt-") as made:
        own = Path(made) / CATALOGUE
        try:
            write_catalogue(own, place, tables)
        except duckdb.Error as error:
            raise_if_damaged(place, error)
            raise
        # an attached file can be read when it has lost its name
        db.execute(f"attach {quoted(str(own))} as {PUBLISHED} (read_only)")


def _attach_as_it_is(db: duckdb.DuckDBPyConnection, catalogue: Path) -> bool:
    """Attaches the catalogue that is there; returns whether it is valid where it is."""
    if not catalogue.exists():
        return False
    try:
        db.execute(f"attach {quoted(str(catalogue))} as {PUBLISHED} (read_only)")
    except duckdb.Error:
        return False
    if is_valid_in(db, catalogue.parent):
        return True
    db.execute(f"detach {PUBLISHED}")
    return False


def raise_if_damaged(place: Path, error: duckdb.Error) -> None:
    """Raises DamagedCopy where parts that are damaged or missing explain an error of DuckDB."""
    if isinstance(error, _NOT_OF_A_FILE):
        return
    parts = [part for table in read_manifest(place).values() for part in table.parts]
    damaged = [str(place / part.name) for part in parts if not _can_be_read(place, part)]
    if damaged:
        others = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        raise DamagedCopy(
            f"The published file {damaged[0]}{others} is damaged or missing. Run `gong-elt "
            "publish`: it checks every file and writes again what is not as it was published."
        ) from error


def _can_be_read(place: Path, part: PublishedPart) -> bool:
    # of a part that an earlier version published, only its name is on record
    return (
        bool(checked(place, part, thoroughly=True)) if part.digest else (place / part.name).exists()
    )
