"""Finds the working folder: where the warehouse file, the published copy and run files live."""

from __future__ import annotations

import os
from pathlib import Path

from warehouse.errors import BadInput
from warehouse.settings import absolute, home_setting, odd_signs, xdg_data_folder

FOLDER = ".gong-elt"


class BadHome(BadInput):
    """The working folder cannot be used; the message says which and why."""


def find_home(explicit: str | None = None) -> Path:
    """Returns the working folder as an absolute path, without creating it.

    Without an explicit one, `.gong-elt` is searched from the current folder upward, as git does;
    else it is in the XDG data folder.

    Args:
        explicit: the value of GONG_ELT_HOME.

    Raises:
        BadSetting: it cannot be found; the message says what to set.
    """
    if explicit:
        return absolute("GONG_ELT_HOME", explicit)
    here = absolute("GONG_ELT_HOME", ".")
    for folder in (here, *here.parents):
        if (folder / FOLDER).is_dir():
            return folder / FOLDER
    return xdg_data_folder() / "gong-elt"


def home_of_environment() -> Path:
    """Returns the working folder for callers that have no settings: notebooks and scripts."""
    return find_home(home_setting())


def make_home(home: Path) -> None:
    """Creates the working folder; only its owner can look in.

    Raises:
        BadHome: it cannot be created or written.
    """
    if odd := odd_signs(home):
        raise BadHome(
            f"The working folder {str(home)!r} cannot have {' or '.join(odd)} in its path: dlt and "
            "DuckDB take that for something else. Set GONG_ELT_HOME to another."
        )
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
    except OSError as error:
        raise BadHome(
            f"The working folder {home} cannot be used: {error.strerror}. "
            "Set GONG_ELT_HOME to a folder you can write."
        ) from error
    if not os.access(home, os.W_OK):
        raise BadHome(f"The working folder {home} cannot be written. Set GONG_ELT_HOME to another.")
