"""Pure: the users of each sync become a history (a slowly changing dimension of type 2).

Gong keeps no history of managers, titles or addresses. A row holds from the first sync that saw it
until the first that saw something else; what lies between two syncs is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sources.gong.schema.arrow import restamped, schema
from sources.gong.schema.coercion import array_of, content_hash, dig
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import roots, table

HISTORY = "user_history"
"""The landed table."""

_ROW = table(HISTORY)
_TRACKED = _ROW.columns[3:]


def has_history(stream: str) -> bool:
    """Whether a stream's entities have a history."""
    return any(root.is_history for root in roots(stream))


def tracked(user: Entity) -> dict[str, Any]:
    """Returns the values of a user that the history keeps."""
    return {column.source: dig(user, column.source) for column in _TRACKED}


def history(
    users: Sequence[Entity],
    still_open: pa.Table,
    deleted: Sequence[str],
    now: datetime,
    load_id: str,
) -> pa.Table:
    """Returns the rows to land: those that end now, and those that begin now.

    Args:
        users: users as just read; unchanged ones give no row.
        still_open: the rows that held until now, of these users and of deleted ones.
        deleted: ids of users who have left Gong.
        now: the instant of the run.
        load_id: written to `_dlt_load_id`.
    """
    known: Mapping[str, str] = dict(
        zip(still_open["user_id"].to_pylist(), still_open["_content_hash"].to_pylist(), strict=True)
    )
    new: dict[str, Entity] = {}
    for user in users:
        if known.get(str(user["id"])) != content_hash(tracked(user)):
            new[str(user["id"])] = user
    ended = {*deleted, *new} & known.keys()
    is_ended = pc.is_in(still_open["user_id"], pa.array(sorted(ended), pa.string()))
    closing = restamped(
        still_open.filter(is_ended), valid_to_at=now, _loaded_at=now, _dlt_load_id=load_id
    )
    return pa.concat_tables([closing, _opening(list(new.values()), now, load_id)])


def _opening(users: Sequence[Entity], now: datetime, load_id: str) -> pa.Table:
    landed = schema(HISTORY)
    values: dict[str, list[Any]] = {
        "valid_from_at": [now] * len(users),
        "valid_to_at": [None] * len(users),
        "extra": [None] * len(users),
        "_content_hash": [content_hash(tracked(user)) for user in users],
        "_loaded_at": [now] * len(users),
        "_dlt_load_id": [load_id] * len(users),
    }
    arrays = []
    for field in landed:
        if field.name in values:
            arrays.append(pa.array(values[field.name], field.type))
        else:
            column = _ROW.column(field.name)
            arrays.append(array_of(_ROW, column, [dig(user, column.source) for user in users]))
    return pa.table(arrays, schema=landed)
