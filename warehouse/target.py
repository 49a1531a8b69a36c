"""Resolves a warehouse URL to a place to land in. Knows names and files; opens nothing.

A server warehouse would be a second class beside `Target`, chosen by the scheme of the URL.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from warehouse.errors import BadInput
from warehouse.settings import absolute, odd_signs

RAW, STAGING, BUILD, PUBLISHED, OPS = (
    "gong_raw",
    "gong_staging",
    "gong_build",
    "gong",
    "gong_ops",
)

_TAKEN = {
    RAW, f"{RAW}_staging", STAGING, BUILD, PUBLISHED, OPS,
    # DuckDB's own
    "main", "system", "temp", "information_schema", "pg_catalog",
}  # fmt: skip
"""Names that a database cannot have, as one of its schemas or another database has it."""


class BadWarehouse(BadInput):
    """The warehouse URL cannot be used; the message says why and what would do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A DuckDB file to land in."""

    path: Path

    @property
    def url(self) -> str:
        """The URL that names this target."""
        return f"duckdb://{quote(str(self.path))}"

    @property
    def spill(self) -> Path:
        """The folder into which DuckDB writes what does not fit into memory, while it writes."""
        return self.path.with_name(f"{self.path.name}.tmp")


def resolve_target(url: str | None, home: Path) -> Target:
    """Returns the target of a warehouse URL; a DuckDB file in the home where none is given.

    Raises:
        BadWarehouse: unknown scheme, or a file that cannot be written.
    """
    target = name_target(url, home)
    _check_place(target.path)
    return target


def name_target(url: str | None, home: Path) -> Target:
    """Returns the target of a warehouse URL as `resolve_target`, for a command that only reads.

    Raises:
        BadWarehouse: no URL of a DuckDB file, or a name that it cannot have.
    """
    path = _path_of(url) if url else home / "warehouse.duckdb"
    _check_name(path)
    return Target(path)


def _path_of(url: str) -> Path:
    """Returns the file of a URL with three slashes, or four as SQLAlchemy has them: both absolute.

    SQLAlchemy's relative `duckdb:///file` would be a file in the root of the disk, so it is refused
    like everything else that names no file for certain.
    """
    scheme = re.match(r"[\w.+-]+(?=:)", url)
    if scheme is None or scheme[0] != "duckdb":
        raise BadWarehouse(
            f"GONG_ELT_WAREHOUSE begins with {repr(scheme[0]) if scheme else 'no scheme'}. This "
            f"version lands in DuckDB files: {_example(url if scheme is None else None)}"
        )
    rest = url.removeprefix("duckdb:")
    path = Path("/" + unquote(rest.lstrip("/")))
    if not rest.startswith("///") or ":memory:" in rest or not path.name:
        text = rest.lstrip("/").partition("?")[0]
        is_path = text and ":" not in text and not rest.startswith("//")
        raise BadWarehouse(
            "GONG_ELT_WAREHOUSE names no file by its full path: write "
            f"{_example(text if is_path else None)} (three slashes)"
        )
    if "?" in rest or "#" in rest:
        raise BadWarehouse(
            "GONG_ELT_WAREHOUSE has ? or # in it, which end the path of a URL. Options are not "
            "taken; write # in a path as %23."
        )
    top = path.parents[-2] if len(path.parents) > 1 else path
    if path.parts[1] == "~" or not top.is_dir():
        raise BadWarehouse(
            f"GONG_ELT_WAREHOUSE names {path}, and there is no folder {top}: the path of the URL "
            f"is a full one. Write {_example(str(path).lstrip('/'))}, or create the folder."
        )
    return path


def _example(path: str | None) -> str:
    """Returns a URL that works, of a path that was meant."""
    if path is None:
        return "duckdb:///absolute/path/to/file.duckdb"
    return Target(absolute("GONG_ELT_WAREHOUSE", path)).url


def _check_name(path: Path) -> None:
    if odd := odd_signs(path):
        raise BadWarehouse(
            f"The warehouse {str(path)!r} cannot have {' or '.join(odd)} in its path: dlt and "
            "DuckDB take that for something else. Set GONG_ELT_WAREHOUSE or GONG_ELT_HOME to "
            "another place."
        )
    # DuckDB names the database after the file, up to the first dot
    database = path.name.lstrip(".").partition(".")[0].lower()
    if database in _TAKEN:
        raise BadWarehouse(
            f"The warehouse file cannot be called {path.name}: DuckDB names the database after it, "
            f"and {database} would become ambiguous. Set GONG_ELT_WAREHOUSE to another name."
        )
    if odd := [sign for sign in "#;" if sign in path.name]:
        raise BadWarehouse(
            f"The warehouse file {path.name} cannot have {' or '.join(odd)} in its name: dbt takes "
            "it for a URL. Its folder may. Set GONG_ELT_WAREHOUSE to another name."
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


Origin = Mapping[str, str]
"""Which warehouse something in a home is of. The home may be moved, alone or together with the
file, so no full path is stored: the file is known by where it lies from the home, or by a mark of
its full path."""


def origin_of(target: Target, home: Path) -> Origin:
    """Returns what is stored of a warehouse in a home."""
    mark = hashlib.blake2b(os.fsencode(target.path), digest_size=8).hexdigest()
    return {"file": os.path.relpath(target.path, home), "mark": mark}


def is_of(stored: object, target: Target, home: Path) -> bool:
    """Whether what is stored is of a warehouse; true where nothing is, as earlier versions did."""
    if not isinstance(stored, Mapping):
        return True
    now = origin_of(target, home)
    return stored.get("file") == now["file"] or stored.get("mark") == now["mark"]


def file_of(stored: object, home: Path) -> Path:
    """Returns the warehouse file that is stored, for a message."""
    name = stored.get("file", "") if isinstance(stored, Mapping) else ""
    return Path(os.path.normpath(home / name))
