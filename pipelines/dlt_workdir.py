"""dlt's working folder in the home: pending load packages, what kills and power cuts left there.

Whatever dlt knows besides its pending packages is in the warehouse too, so the folder can be
dropped at any time between two packages.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

DLT_FOLDER, DROPPED_FOLDER = "dlt", "dlt.dropped"

_LOADED_KEPT = 20
"""Finished packages whose records are kept."""
_PENDING = ("normalize/*/*", "load/new/*", "load/normalized/*")
"""Where dlt keeps packages that are not loaded."""
_READ_BY_DLT = ("state.json", "schemas/*.json")
"""JSON files that dlt reads in every run."""
_VERSIONS = ("load/.version", "normalize/.version")
_VERSION = re.compile(r"\d+\.\d+\.\d+\s*")
_UNNAMED = re.compile(r"[0-9a-f]{16}")
"""The name of a file that dlt has not finished writing."""


def has_pending_packages(pipeline_folder: Path) -> bool:
    """Whether dlt would load an earlier package before, or instead of, a new one."""
    return any(next(pipeline_folder.glob(place), None) for place in _PENDING)


def damaged_file(pipeline_folder: Path) -> Path | None:
    """Returns a file that dlt reads in every run and cannot read; None where there is none.

    dlt does not sync what it writes, so a power cut or a full disk leaves such files empty or cut
    off. dlt then fails in words that name no file.
    """
    for place in _VERSIONS:
        version = pipeline_folder / place
        if version.exists() and not _VERSION.fullmatch(version.read_text(errors="replace")):
            return version
    for place in _READ_BY_DLT:
        for file in sorted(pipeline_folder.glob(place)):
            try:
                is_object = isinstance(json.loads(file.read_bytes()), dict)
            except ValueError:
                is_object = False
            if not is_object:
                return file
    return None


def drop_packages(home: Path) -> None:
    """Removes dlt's working folder with all packages that are extracted and not loaded.

    The folder goes in one rename first: dlt cannot open a folder of which a kill has left a part.
    """
    shutil.rmtree(home / DROPPED_FOLDER, ignore_errors=True)
    if (home / DLT_FOLDER).exists():
        (home / DLT_FOLDER).rename(home / DROPPED_FOLDER)
        shutil.rmtree(home / DROPPED_FOLDER)


def remove_leftovers(home: Path, pipeline_folder: Path) -> None:
    """Removes files of killed runs, rows of failed packages and records of old packages.

    dlt writes each small file under another name first and forgets it when it is killed. It keeps
    the record of every loaded package, and of a failed package the rows as well.
    """
    shutil.rmtree(home / DROPPED_FOLDER, ignore_errors=True)
    for folder in (pipeline_folder / "normalize").glob("*/"):
        if folder.name != "extracted":
            shutil.rmtree(folder)
    for file in list(pipeline_folder.rglob("*")):
        if _UNNAMED.fullmatch(file.name) and file.is_file():
            file.unlink()
    loaded = pipeline_folder / "load" / "loaded"
    for rows in loaded.rglob("*.parquet"):
        rows.unlink()
    for folder in sorted(loaded.glob("*/"))[:-_LOADED_KEPT]:
        shutil.rmtree(folder)
