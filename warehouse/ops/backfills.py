"""Backfills that were begun and are not done, kept in `gong_ops.settings`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from warehouse.ops.settings import store_setting, stored_setting, stored_settings

if TYPE_CHECKING:
    from warehouse.connection import Warehouse

_PREFIX = "backfill "


@dataclass(frozen=True, slots=True)
class OpenBackfill:
    """What a backfill was to read, as its first run understood it.

    Attributes:
        run_id: names the run in the window rows of all its runs.
        start: first instant of the half-open span.
        end: its end; it stays, whatever "the earliest covered" means by now.
        streams: which it reads.
    """

    run_id: str
    start: datetime
    end: datetime
    streams: tuple[str, ...]


def open_backfills(warehouse: Warehouse) -> list[OpenBackfill]:
    """Returns the backfills that were begun and are not done."""
    return [_parsed(value) for value in stored_settings(warehouse, _PREFIX).values()]


def open_backfill(warehouse: Warehouse, key: str) -> OpenBackfill | None:
    """Returns the backfill of a key, or None where it was not begun or is done."""
    value = stored_setting(warehouse, _PREFIX + key)
    return _parsed(value) if value else None


def keep(warehouse: Warehouse, key: str, backfill: OpenBackfill) -> None:
    """Stores a backfill, so that the same command continues it."""
    row = {
        "run_id": backfill.run_id,
        "start": backfill.start.isoformat(),
        "end": backfill.end.isoformat(),
        "streams": backfill.streams,
    }
    store_setting(warehouse, _PREFIX + key, json.dumps(row))


def remove(warehouse: Warehouse, key: str) -> None:
    """Forgets a backfill that is done."""
    store_setting(warehouse, _PREFIX + key, None)


def _parsed(value: str) -> OpenBackfill:
    if value.startswith("{"):
        row = json.loads(value)
        run_id, start, end, streams = row["run_id"], row["start"], row["end"], row["streams"]
    else:
        # as gong-elt 0.1 stored it until November 2026: four words, the last a list with commas
        run_id, start, end, *rest = value.split()
        streams = rest[0].split(",") if rest else []
    return OpenBackfill(
        run_id, datetime.fromisoformat(start), datetime.fromisoformat(end), tuple(streams)
    )
