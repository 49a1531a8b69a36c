"""The entities that could not land, and why: the open rows of the raw table `_quarantine`.

A row travels in the load package of the window that its entity was read in. It is open until the
entity lands or is found gone; a closing that came with a package that never closed does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from warehouse.connection import Rows, Warehouse
from warehouse.ops.load_log import CLOSED
from warehouse.target import RAW

_IS_CLOSED = f"(landed_at is not null or _deleted_at is not null) and {CLOSED}"


def open_rows(warehouse: Warehouse, streams: Sequence[str], since: datetime | None = None) -> Rows:
    """Returns the open rows of streams with all columns, in the order of their ids; UTC.

    Args:
        warehouse: the warehouse to look in.
        streams: whose.
        since: only entities that were seen then or later.
    """
    rows = warehouse.dicts(
        f"select * from {RAW}._quarantine where stream in (select unnest(?::varchar[])) "
        f"and not ({_IS_CLOSED}) and last_seen_at >= ? order by quarantine_id",
        [list(streams), since or datetime(1, 1, 2, tzinfo=UTC)],
    )
    return [
        {
            name: value.astimezone(UTC) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def open_facts(warehouse: Warehouse) -> Rows:
    """Returns the open rows, oldest first, without the content of their entities."""
    return warehouse.dicts(
        "select stream, table_name, entity_id, field, reason, is_stale, first_seen_at, "
        f"last_seen_at from {RAW}._quarantine where not ({_IS_CLOSED}) "
        "order by first_seen_at, stream, entity_id, field"
    )
