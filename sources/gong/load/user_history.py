"""Pure: what each sync sees of a user becomes a history (a slowly changing dimension of type 2).

Gong keeps no history of managers, titles or addresses. A row holds from the sync that saw it first
until the sync that saw something else; what lies between two syncs is not known.
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
from sources.gong.schema.tables import table

_HISTORY = table("user_history")
_TRACKED = tuple(c for c in _HISTORY.columns[3:])


def tracked(user: Entity) -> dict[str, Any]:
    """Returns what is watched of a user."""
    return {column.source: dig(user, column.source) for column in _TRACKED}


def history(
    users: Sequence[Entity], still_open: pa.Table, gone: Sequence[str], now: datetime, load_id: str
) -> pa.Table:
    """Returns the rows to land: those that end now, and those that begin now.

    Args:
        users: users as just read; of those that are as they were nothing is returned.
        still_open: the rows that held until now, of these users and of those gone.
        gone: ids of users who have left Gong.
        now: the instant of the run.
        load_id: written to `_dlt_load_id`.
    """
    held: Mapping[str, str] = dict(
        zip(still_open["user_id"].to_pylist(), still_open["_content_hash"].to_pylist(), strict=True)
    )
    fresh: dict[str, Entity] = {}
    for user in users:
        if held.get(str(user["id"])) != content_hash(tracked(user)):
            fresh[str(user["id"])] = user
    ended = {*gone, *fresh} & held.keys()
    is_ended = pc.is_in(still_open["user_id"], pa.array(sorted(ended), pa.string()))
    closing = restamped(
        still_open.filter(is_ended), valid_to_at=now, _loaded_at=now, _dlt_load_id=load_id
    )
    return pa.concat_tables([closing, _opening(list(fresh.values()), now, load_id)])


def _opening(users: Sequence[Entity], now: datetime, load_id: str) -> pa.Table:
    landed = schema("user_history")
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
            column = _HISTORY.column(field.name)
            arrays.append(array_of(_HISTORY, column, [dig(user, column.source) for user in users]))
    return pa.table(arrays, schema=landed)
