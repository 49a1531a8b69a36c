"""Of which warehouse file a published copy is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from warehouse.errors import BadInput
from warehouse.publication.catalogue import (
    ORIGIN,
    finish,
    folder,
    remove_catalogue,
    unfinished_name,
)
from warehouse.settings import warehouse_setting
from warehouse.target import Target, file_of, is_of, name_target, origin_of


class OthersCopy(BadInput):
    """The published copy is of another warehouse than the settings name."""


def begin_copy(target: Target, home: Path) -> bool:
    """Prepares the folder of the copy for a publication of a warehouse; removes another's copy.

    Returns:
        Whether the copy was another warehouse's; none of its rows may be kept.
    """
    place = folder(home)
    is_other = not is_copy_of(target, home)
    if is_other:
        # before the new catalogue: a kill between them must not leave one under the other's name
        remove_catalogue(place)
    unfinished = unfinished_name(place / ORIGIN)
    unfinished.write_text(json.dumps(origin_of(target, home)), encoding="utf-8")
    finish(unfinished, place / ORIGIN)
    return is_other


def is_copy_of(target: Target, home: Path) -> bool:
    """Returns whether what is published in a home is of a warehouse, or nothing is."""
    return is_of(_stored(home), target, home)


def check_copy(home: Path, target: Target | None = None) -> None:
    """Raises OthersCopy where the copy is not of a warehouse.

    An analyst would read rows of one company, or of last year, as if they were of another.

    Args:
        home: the working folder.
        target: the warehouse; that of GONG_ELT_WAREHOUSE by default.
    """
    target = target or name_target(warehouse_setting(), home)
    stored = _stored(home)
    if not is_of(stored, target, home):
        assert isinstance(stored, Mapping)
        raise OthersCopy(
            f"{folder(home)} is the published copy of {file_of(stored, home)}, and the settings "
            f"name the warehouse {target.path}. Set GONG_ELT_WAREHOUSE to that of the copy (unset "
            "it for the one in the home), or give each warehouse a GONG_ELT_HOME of its own."
        )


def _stored(home: Path) -> object:
    try:
        return json.loads((folder(home) / ORIGIN).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
