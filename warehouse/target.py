"""Resolves a warehouse URL to a place to land in. Knows names and files; opens nothing.

A server warehouse would be a second class beside `Target`, chosen by the scheme of the URL.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from warehouse.errors import BadInput

RAW, STAGING, BUILD, PUBLISHED, OPS = (
    "gong_raw",
    "gong_staging",
    "gong_build",
    "gong",
    "gong_ops",
)


class BadWarehouse(BadInput):
    """The warehouse URL cannot be used; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A DuckDB file to land in."""

    path: Path

    @property
    def url(self) -> str:
        """The URL that names this target."""
        return f"duckdb:///{self.path}"


def resolve_target(url: str | None, home: Path) -> Target:
    """Returns the target of a warehouse URL; a DuckDB file in the home where none is given.

    Raises:
        BadWarehouse: unknown scheme, or a file that cannot be written.
    """
    path = _path_of(url) if url else home / "warehouse.duckdb"
    _check_name(path)
    _check_place(path)
    return Target(path)


def _path_of(url: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme != "duckdb":
        raise BadWarehouse(
            f"GONG_ELT_WAREHOUSE begins with {parts.scheme or 'no scheme'!r}. This version "
            "lands in DuckDB files: duckdb:///absolute/path/to/file.duckdb"
        )
    if parts.netloc or not parts.path.strip("/"):
        raise BadWarehouse(
            "GONG_ELT_WAREHOUSE names no file: write duckdb:///absolute/path/to/file.duckdb "
            "(three slashes)"
        )
    return Path(unquote(parts.path))


def _check_name(path: Path) -> None:
    odd = [sign for sign in "'%?" if sign in str(path)]
    if odd:
        raise BadWarehouse(
            f"The warehouse {path} cannot have {' or '.join(odd)} in its path: dlt and DuckDB take "
            "them for something else. Set GONG_ELT_WAREHOUSE or GONG_ELT_HOME to another place."
        )
    if path.stem in (RAW, STAGING, BUILD, PUBLISHED, OPS):
        raise BadWarehouse(
            f"The warehouse file cannot be called {path.name}: DuckDB names the database after it, "
            f"and the schema {path.stem} would become ambiguous."
        )


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise BadWarehouse(f"The warehouse {path} is a folder, not a DuckDB file.")
    holder = path if path.exists() else path.parent
    while not holder.exists():
        holder = holder.parent
    if holder != path and not holder.is_dir():
        raise BadWarehouse(
            f"The warehouse {path} cannot be created: {holder} is not a folder. "
            "Set GONG_ELT_WAREHOUSE or GONG_ELT_HOME to another place."
        )
    if not os.access(holder, os.W_OK):
        raise BadWarehouse(
            f"The warehouse {path} cannot be written: no right to write {holder}. "
            "Set GONG_ELT_WAREHOUSE or GONG_ELT_HOME to a place that can."
        )


def make_folder(target: Target) -> None:
    """Creates the folder of the warehouse file where it is missing.

    Raises:
        BadWarehouse: it cannot be created.
    """
    try:
        target.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadWarehouse(
            f"The warehouse {target.path} cannot be created: {error.strerror}. "
            "Set GONG_ELT_WAREHOUSE or GONG_ELT_HOME to a place that can."
        ) from error
