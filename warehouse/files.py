"""Puts written files in their place: the only way in which a file of a home gets its name.

Invariant: neither a kill nor a power cut leaves half a file, or an empty one, under that name.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NO_SYNC = (errno.EINVAL, errno.ENOTSUP)
"""Errors of file systems that cannot sync a folder."""


def put_in_place(written: Path, final: Path) -> None:
    """Gives a written file its name, in one rename; only its owner may read it.

    Whoever looks sees the file before it, or all of this one. A disk may carry out a rename before
    the writes that came before it; so the file is synced first, and its folder after.
    """
    written.chmod(0o600)
    sync(written)
    os.replace(written, final)
    sync(final.parent)


def make_folder_inside(parent: Path, name: str) -> Path:
    """Makes a folder that only its owner can look into, where it is missing, and returns it."""
    folder = parent / name
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        sync(parent)
    return folder


def sync(path: Path) -> None:
    """Returns when a file, or the list of names in a folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)
