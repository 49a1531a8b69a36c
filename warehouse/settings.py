"""The two variables by which the home is found: the only module here that reads the environment.

Notebooks and scripts use the published copy without the settings of `pipelines`.
"""

from __future__ import annotations

import os
from pathlib import Path


def home_setting() -> str | None:
    """Returns GONG_ELT_HOME, or None where it is not set."""
    return os.environ.get("GONG_ELT_HOME") or None


def xdg_data_folder() -> Path:
    """Returns the XDG data folder, as an absolute path."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser().absolute()
