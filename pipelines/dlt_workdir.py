"""dlt's working folder in the home: where it lies, and how all of it is dropped."""

from __future__ import annotations

import shutil
from pathlib import Path

DLT_FOLDER, DROPPED_FOLDER = "dlt", "dlt.dropped"


def drop_packages(home: Path) -> None:
    """Removes dlt's working folder with all that is extracted and not loaded.

    Costs nothing but that: what else dlt knows it finds in the warehouse. The folder goes in one
    step, because dlt cannot open one of which a kill has left a part.
    """
    shutil.rmtree(home / DROPPED_FOLDER, ignore_errors=True)
    if (home / DLT_FOLDER).exists():
        (home / DLT_FOLDER).rename(home / DROPPED_FOLDER)
        shutil.rmtree(home / DROPPED_FOLDER)
