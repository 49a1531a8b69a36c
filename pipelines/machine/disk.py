"""Explains errors of a disk: full, over a quota, read-only, a file that may not grow any more.

Python, DuckDB, SQLite, dlt and dbt each say it in their own way, often around one another. None of
them says which file system it is and what is free, which is what a person at night needs.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.machine.causes import chain, words_of_libraries

_MEGABYTE = 1_000_000
_LEAST_NEEDED = 300 * _MEGABYTE
"""What a run needs of any disk: packages, staging tables, tables that dbt builds anew."""
_QUOTED_PATH = re.compile(r"""["'](/[^"']+)["']""")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A fault: its error codes, how libraries word it, and what it means in our words."""

    codes: tuple[int, ...]
    words: re.Pattern[str]
    what: str
    cure: str


_FULL = _Kind(
    (errno.ENOSPC,),
    re.compile(
        r"no space left on device|(database or )?disk is full|not enough (free )?disk space|"
        r"could not write all bytes|max_temp_directory_size",
        re.I,
    ),
    "The disk is full",
    "Make room there",
)
_KINDS = (
    _FULL,
    _Kind(
        (errno.EDQUOT,),
        re.compile(r"disk quota exceeded", re.I),
        "Your quota of the disk is used up",
        "Make room, or have the quota raised",
    ),
    _Kind(
        (errno.EFBIG,),
        re.compile(r"file too large", re.I),
        "A file may not become any larger",
        "Raise the limit of the process (`ulimit -f`), or move to a file system that takes files "
        "of that size",
    ),
    _Kind(
        (errno.EROFS,),
        re.compile(r"read-only file system", re.I),
        "The file system is read-only",
        "Mount it for writing; a disk with faults is often mounted so by the system, whose log "
        "then says why",
    ),
    _Kind(
        (errno.EIO,),
        re.compile(r"disk i/o error|input/output error", re.I),
        "The disk did not take what was written, or could not be read",
        "Look into the system's log: the disk may be full or have faults",
    ),
)


def disk_fault(error: BaseException | str, places: Iterable[Path] = ()) -> str | None:
    """Returns what a person has to know of a fault of a disk; None where an error is none.

    Args:
        error: an error, around or after another one of the disk; or what a process said of it.
        places: where the command writes, the warehouse first; the one with the least room counts
            where the error names no file.
    """
    causes: list[BaseException | str] = [error]
    if isinstance(error, BaseException):
        causes = [*chain(error)]
    kind = next((kind for cause in causes if (kind := _kind_of(cause))), None)
    if kind is None:
        return None
    own = [*places, _temporary()]
    place = _place_of(causes) or min(map(_existing, own), key=_free)
    what, cure = kind.what, kind.cure
    facts = os.statvfs(place)
    if kind is _FULL and facts.f_files and not facts.f_favail:
        what, cure = "The disk takes no more files (it has no free inodes)", "Delete files there"
    needed = max(_LEAST_NEEDED, _size(own[0]))
    return (
        f"{what}: the file system of {place} ({_mount_of(place)}) has "
        f"{facts.f_bavail * facts.f_frsize / _MEGABYTE:,.0f} MB free of "
        f"{facts.f_blocks * facts.f_frsize / _MEGABYTE:,.0f} MB, and a run needs about "
        f"{needed / _MEGABYTE:,.0f} MB. {cure}, or set GONG_ELT_HOME, GONG_ELT_WAREHOUSE or TMPDIR "
        "to another one; then run the same command again. Nothing that has landed is lost, and "
        "what had not landed is read again."
    )


def _kind_of(cause: BaseException | str) -> _Kind | None:
    code = cause.errno if isinstance(cause, OSError) else None
    # Gong has its own idea of a file that is too large
    words = words_of_libraries(cause)
    return next((kind for kind in _KINDS if code in kind.codes or kind.words.search(words)), None)


def _place_of(causes: Iterable[BaseException | str]) -> Path | None:
    """Returns the folder of the file that an error names, if it names one that is there."""
    for cause in causes:
        names = [str(name) for name in (getattr(cause, "filename", None),) if name]
        for name in [*names, *_QUOTED_PATH.findall(str(cause))]:
            folder = Path(name).parent
            if folder.is_absolute() and folder.is_dir():
                return folder
    return None


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:  # nothing can be written there either
        return Path("/tmp")  # noqa: S108 - only looked at


def _existing(path: Path) -> Path:
    """Returns a path, or the nearest folder above it that exists."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.is_dir())


def _free(folder: Path) -> int:
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


def _mount_of(folder: Path) -> str:
    top = folder.resolve()
    while not top.is_mount() and top != top.parent:
        top = top.parent
    return f"mounted on {top}"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        return 0
