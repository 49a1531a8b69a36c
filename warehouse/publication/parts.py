"""What is known of a written part, and whether the file is still what was written.

A part is named by its path in the folder of the published copy, never by where that folder is: the
folder may be moved, copied, or seen through a link or another mount point.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

PARTS = "parts"
"""The folder of all parts, with a folder per table."""

_MAGIC = b"PAR1"
"""How every Parquet file begins and ends."""


@dataclass(frozen=True, slots=True)
class PublishedPart:
    """A Parquet file, as it was written.

    Attributes:
        name: its path in the folder of the published copy.
        size: in bytes; -1 where an earlier version did not record it.
        changed_ns: when the file was last changed, in nanoseconds since 1970.
        digest: a hash of its bytes.
    """

    name: str
    size: int = -1
    changed_ns: int = -1
    digest: str = ""


def part_of(file: Path) -> PublishedPart:
    """Returns the record of a file that was just written, or just checked."""
    facts = file.stat()
    return PublishedPart(_name(file), facts.st_size, facts.st_mtime_ns, _digest(file))


def recorded(stored: object) -> PublishedPart:
    """Returns a part from the list of parts; earlier versions stored its whole path alone.

    Raises:
        TypeError: it is not a part.
    """
    if isinstance(stored, str):
        return PublishedPart(_name(PurePosixPath(stored)))
    if not isinstance(stored, dict):
        raise TypeError(stored)
    part = PublishedPart(**stored)
    # nothing outside of this copy is read or removed, whatever the list says
    return PublishedPart(_name(PurePosixPath(part.name)), part.size, part.changed_ns, part.digest)


def checked(place: Path, part: PublishedPart, *, thoroughly: bool = False) -> PublishedPart | None:
    """Returns a part whose file is there and still what was written; None otherwise.

    Compares the size of the file and its end with the record. Its bytes are compared too if it has
    been changed since, or if asked for: that reads the whole file. The part that is returned says
    when the file was last changed, so that it is not read again.
    """
    file = place / part.name
    try:
        facts = file.stat()
        if facts.st_size != part.size or not _ends_well(file):
            return None
        if facts.st_mtime_ns == part.changed_ns and not thoroughly:
            return part
        is_same = _digest(file) == part.digest
    except OSError:
        return None
    return replace(part, changed_ns=facts.st_mtime_ns) if is_same else None


def _name(file: Path | PurePosixPath) -> str:
    """Returns the path in the published copy: a part lies in the folder of its table."""
    return f"{PARTS}/{file.parent.name}/{file.name}"


def _ends_well(file: Path) -> bool:
    with open(file, "rb") as opened:
        opened.seek(-len(_MAGIC), 2)
        return opened.read() == _MAGIC


def _digest(file: Path) -> str:
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
