"""What dlt is told of the landed tables, and the tables that keep account of what was read.

The account travels in the same load package as the rows it speaks of, so it is right whatever
happens to the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from sources.gong.extract.windows import Window
from sources.gong.schema.arrow import DELETE_MARKER, landed_columns
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.tables import TABLES, table

WINDOWS_TABLE = "_windows"
"""One row per window that was read to its end."""

ASKS_TABLE = "_transcript_asks"
"""One row per call whose transcript was ever asked for: when last."""

PARENTS_TABLE = "_parent_reads"
"""One row per parent that is not asked about every night: when last."""

_AT = pa.timestamp("us", "UTC")


def _account(*fields: tuple[str, pa.DataType]) -> pa.Schema:
    """Returns a schema whose first column is the key."""
    return pa.schema(
        [
            pa.field(name, type_, nullable=place > 0)
            for place, (name, type_) in enumerate((*fields, ("_dlt_load_id", pa.string())))
        ]
    )


BOOKKEEPING = {
    WINDOWS_TABLE: _account(
        ("window_id", pa.string()),
        ("run_id", pa.string()),
        ("kind", pa.string()),
        ("reading", pa.string()),
        ("detail", pa.string()),
        ("reason", pa.string()),
        ("start_at", _AT),
        ("end_at", _AT),
        ("time_zone", pa.string()),
        ("entities_seen", pa.int64()),
        ("entities_changed", pa.int64()),
        ("read_at", _AT),
    ),
    ASKS_TABLE: _account(("call_id", pa.string()), ("asked_at", _AT)),
    PARENTS_TABLE: _account(
        ("parent_read_id", pa.string()),
        ("reading", pa.string()),
        ("parent", pa.string()),
        ("read_at", _AT),
    ),
}

_DLT_TYPES = {
    Type.INTEGER: "bigint",
    Type.NUMBER: "double",
    Type.BOOLEAN: "bool",
    Type.PRESENCE: "bool",
    Type.INSTANT: "timestamp",
    Type.DATE: "date",
    Type.JSON: "json",
}
_ARROW_TO_DLT = {pa.string(): "text", pa.int64(): "bigint", _AT: "timestamp"}


def window_row(
    window: Window, run_id: str, kind: str, zone: str | None, counts: tuple[int, int],
    read_at: datetime, load_id: str,
) -> pa.Table:  # fmt: skip
    """Returns the account of a finished window; `counts` are entities seen and changed."""
    row = {
        "window_id": f"{run_id}/{window.stream}/{window.detail}"
        f"/{window.span.start.isoformat()}/{window.span.end.isoformat()}",
        "run_id": run_id,
        "kind": kind,
        "reading": window.stream,
        "detail": window.detail,
        "reason": str(window.reason),
        "start_at": window.span.start,
        "end_at": window.span.end,
        "time_zone": zone,
        "entities_seen": counts[0],
        "entities_changed": counts[1],
        "read_at": read_at,
        "_dlt_load_id": load_id,
    }
    return pa.Table.from_pylist([row], schema=BOOKKEEPING[WINDOWS_TABLE])


def transcript_asks(call_ids: Sequence[str], now: datetime, load_id: str) -> pa.Table:
    """Returns the account of transcripts that were asked for."""
    count = len(call_ids)
    return pa.table(
        [
            pa.array(call_ids, pa.string()),
            pa.array([now] * count, _AT),
            pa.array([load_id] * count, pa.string()),
        ],
        schema=BOOKKEEPING[ASKS_TABLE],
    )


def parent_reads(stream: str, parents: Sequence[str], now: datetime, load_id: str) -> pa.Table:
    """Returns the account of parents that were asked about."""
    rows = [
        {
            "parent_read_id": f"{stream}/{parent}",
            "reading": stream,
            "parent": parent,
            "read_at": now,
            "_dlt_load_id": load_id,
        }
        for parent in parents
    ]
    return pa.Table.from_pylist(rows, schema=BOOKKEEPING[PARENTS_TABLE])


def hints(name: str) -> Any:
    """Returns the dlt hints of a landed table.

    A root table is merged on its key. A child table is replaced entity by entity: all its rows of
    an entity go, the new ones come, and a tombstone takes away rows without bringing new ones.
    """
    # late: commands that load nothing need the names here, and not what dlt takes to import
    import dlt

    landed = table(name)
    is_key: Callable[[Column], bool]
    if landed.is_root:
        key_hint, is_key = "primary_key", lambda column: column.name in landed.key
    else:
        key_hint, is_key = "merge_key", lambda column: column.name in landed.entity
    columns: Any = {}
    for column in landed_columns(name):
        hint: dict[str, Any] = {
            "name": column.name,
            "data_type": _DLT_TYPES.get(column.type, "text"),
            "nullable": column.name not in landed.key,
        }
        if is_key(column):
            hint[key_hint] = True
        if column is DELETE_MARKER:
            hint["hard_delete"] = True
        columns[column.name] = hint
    return dlt.mark.make_hints(table_name=name, write_disposition="merge", columns=columns)


def bookkeeping_hints() -> list[Any]:
    """Returns the dlt hints of the tables that keep account."""
    import dlt

    return [
        dlt.mark.make_hints(
            table_name=name,
            write_disposition="merge",
            primary_key=schema.field(0).name,
            columns={
                field.name: {
                    "name": field.name,
                    "data_type": _ARROW_TO_DLT[field.type],
                    "nullable": field.nullable,
                }
                for field in schema
            },
        )
        for name, schema in BOOKKEEPING.items()
    ]


ALL_TABLES = frozenset(t.name for t in TABLES) | BOOKKEEPING.keys()
"""Every table that lands, bookkeeping included."""
