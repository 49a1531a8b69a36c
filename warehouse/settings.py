"""The settings by which home and warehouse are found, and what any setting may look like.

The only module here that reads the environment. Notebooks and scripts use the published copy
without the settings of `pipelines`.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from warehouse.errors import BadInput


class BadSetting(BadInput):
    """A setting cannot be used; the message names it and what would do."""


def plain(name: str, value: str | None) -> str | None:
    """Returns the text of a setting without blanks around it; None where there is none.

    All settings of all commands go through it, so that each of them takes the same forms.

    Args:
        name: of the setting, for the message, which never shows the value.
        value: as it was found.

    Raises:
        BadSetting: it is in quotes, has a line break or another control character, or is no text.
    """
    text = (value or "").strip()
    if not text:
        return None
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise BadSetting(
            f"{name} has a line break or another control character in it: write it on one line"
        )
    if any(unicodedata.category(sign) == "Cs" for sign in text):
        raise BadSetting(f"{name} is not valid UTF-8")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`":
        raise BadSetting(f"{name} is in quotes, which would be a part of it: write it without them")
    return text


def odd_signs(path: Path) -> list[str]:
    """Returns what a path of ours cannot have in it, as dlt and DuckDB take it for something else.

    dlt reads `%` and `?` as parts of a URL, DuckDB reads `*` and `?` as a pattern of files.
    """
    odd = [sign for sign in "'%?*" if sign in str(path)]
    return odd if str(path).isprintable() else [*odd, "a control character"]


def home_setting() -> str | None:
    """Returns GONG_ELT_HOME, or None where it is not set."""
    return plain("GONG_ELT_HOME", os.environ.get("GONG_ELT_HOME"))


def warehouse_setting() -> str | None:
    """Returns GONG_ELT_WAREHOUSE, or None where it is not set."""
    return plain("GONG_ELT_WAREHOUSE", os.environ.get("GONG_ELT_WAREHOUSE"))


def xdg_data_folder() -> Path:
    """Returns the XDG data folder, as an absolute path.

    Raises:
        BadSetting: there is none, as the user has no home folder.
    """
    given = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return absolute("GONG_ELT_HOME", given)


def absolute(name: str, path: str) -> Path:
    """Returns a path with `~` replaced, from the current folder on where it is relative.

    Args:
        name: the setting that helps where that cannot be done.
        path: the path.

    Raises:
        BadSetting: the user has no home folder, or the current folder is gone.
    """
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:
        raise BadSetting(
            f"{path} is in the home folder of a user, and there is none: set {name} to a full path "
            "(or HOME)"
        ) from None
    except OSError as error:
        raise BadSetting(
            f"The current folder cannot be used ({error.strerror}): go to another, or set {name} "
            "to a full path"
        ) from None
