"""The load log, and the dlt hints of all landed tables.

The load log says what was read: which windows, of which calls the transcript, which parents. It
travels in the same load package as the rows, so it is right whatever happens to the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sources.gong.extract.windows import Window
from sources.gong.schema.arrow import DELETE_MARKER, empty, landed_columns
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.tables import TABLES, table

if TYPE_CHECKING:
    from sources.gong.load.package import LoadStamp, RunFacts

WINDOWS_TABLE = "_windows"
"""One row per window that was read to its end."""

TRANSCRIPT_REQUESTS_TABLE = "_transcript_asks"
"""One row per call whose transcript was ever requested: when last."""

PARENT_READS_TABLE = "_parent_reads"
"""One row per parent that is not requested every night: when last."""

PARENT_REFUSALS_TABLE = "_parent_refusals"
"""One row per parent, an inactive user, whom Gong has refused: when last."""

QUARANTINE_TABLE = "_quarantine"
"""One row per entity that could not land, with the reason; open until it lands or is gone."""

QUARANTINED_ENTITY = "entity"
"""Its column with the whole entity, as JSON: what people said and how to reach them."""

_AT = pa.timestamp("us", "UTC")


def _schema(*fields: tuple[str, pa.DataType]) -> pa.Schema:
    """Returns a schema whose first column is the key."""
    return pa.schema(
        [
            pa.field(name, type_, nullable=place > 0)
            for place, (name, type_) in enumerate((*fields, ("_dlt_load_id", pa.string())))
        ]
    )


LOG_TABLES = {
    WINDOWS_TABLE: _schema(
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
    TRANSCRIPT_REQUESTS_TABLE: _schema(("call_id", pa.string()), ("asked_at", _AT)),
    PARENT_READS_TABLE: _schema(
        ("parent_read_id", pa.string()),
        ("reading", pa.string()),
        ("parent", pa.string()),
        ("read_at", _AT),
    ),
    PARENT_REFUSALS_TABLE: _schema(
        ("parent_refusal_id", pa.string()),
        ("reading", pa.string()),
        ("parent", pa.string()),
        ("refused_at", _AT),
    ),
    QUARANTINE_TABLE: _schema(
        ("quarantine_id", pa.string()),
        ("stream", pa.string()),
        ("table_name", pa.string()),
        ("entity_id", pa.string()),
        ("call_id", pa.string()),
        ("field", pa.string()),
        ("expected", pa.string()),
        ("actual", pa.string()),
        ("reason", pa.string()),
        (QUARANTINED_ENTITY, pa.string()),
        ("is_stale", pa.bool_()),
        ("detail", pa.string()),
        ("parent", pa.string()),
        ("start_at", _AT),
        ("end_at", _AT),
        ("first_seen_at", _AT),
        ("last_seen_at", _AT),
        ("landed_at", _AT),
        ("_deleted_at", _AT),
        (DELETE_MARKER.name, pa.bool_()),
    ),
}
"""The tables of the load log, with their columns. A stream is `reading` there."""

ALL_TABLES = frozenset(row.name for row in TABLES) | LOG_TABLES.keys()
"""Every table that lands, the load log included."""

_DLT_TYPES = {
    Type.INTEGER: "bigint",
    Type.NUMBER: "double",
    Type.BOOLEAN: "bool",
    Type.PRESENCE: "bool",
    Type.INSTANT: "timestamp",
    Type.DATE: "date",
    Type.JSON: "json",
}
_ARROW_TO_DLT = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.bool_(): "bool",
    _AT: "timestamp",
}
_JSON_COLUMNS = {QUARANTINED_ENTITY}


def window_row(
    window: Window, run: RunFacts, zone: str | None, counts: tuple[int, int], stamp: LoadStamp
) -> pa.Table:
    """Returns the row of a finished window; `counts` are entities seen and changed."""
    row = {
        "window_id": f"{run.run_id}/{window.stream}/{window.detail}"
        f"/{window.span.start.isoformat()}/{window.span.end.isoformat()}",
        "run_id": run.run_id,
        "kind": run.kind,
        "reading": window.stream,
        "detail": window.detail,
        "reason": str(window.reason),
        "start_at": window.span.start,
        "end_at": window.span.end,
        "time_zone": zone,
        "entities_seen": counts[0],
        "entities_changed": counts[1],
        "read_at": stamp.loaded_at,
        "_dlt_load_id": stamp.load_id,
    }
    return pa.Table.from_pylist([row], schema=LOG_TABLES[WINDOWS_TABLE])


def transcript_requests(call_ids: Sequence[str], stamp: LoadStamp) -> pa.Table:
    """Returns the rows of transcripts that were requested."""
    count = len(call_ids)
    return pa.table(
        [
            pa.array(call_ids, pa.string()),
            pa.array([stamp.loaded_at] * count, _AT),
            pa.array([stamp.load_id] * count, pa.string()),
        ],
        schema=LOG_TABLES[TRANSCRIPT_REQUESTS_TABLE],
    )


def parent_reads(stream: str, parents: Sequence[str], stamp: LoadStamp) -> pa.Table:
    """Returns the rows of parents that were requested."""
    return _parent_rows(PARENT_READS_TABLE, stream, parents, stamp)


def parent_refusals(stream: str, parents: Sequence[str], stamp: LoadStamp) -> pa.Table:
    """Returns the rows of parents that Gong has refused."""
    return _parent_rows(PARENT_REFUSALS_TABLE, stream, parents, stamp)


def _parent_rows(name: str, stream: str, parents: Sequence[str], stamp: LoadStamp) -> pa.Table:
    schema = LOG_TABLES[name]
    rows = [
        (f"{stream}/{parent}", stream, parent, stamp.loaded_at, stamp.load_id) for parent in parents
    ]
    return pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema
    )


def empty_table(name: str) -> pa.Table:
    """Returns a landed table, or one of the load log, without rows."""
    return LOG_TABLES[name].empty_table() if name in LOG_TABLES else empty(name)


def table_hints(name: str) -> Any:
    """Returns the dlt hints of a landed table.

    A root table is merged on its key. A child table is replaced entity by entity: all its rows of
    an entity go, the new ones come, and a delete marker removes rows without bringing new ones.
    """
    # late: commands that load nothing need the names here, and dlt takes seconds to import
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


def log_hints() -> list[Any]:
    """Returns the dlt hints of the load log."""
    import dlt

    return [
        dlt.mark.make_hints(
            table_name=name,
            write_disposition="merge",
            primary_key=schema.field(0).name,
            columns={
                field.name: {
                    "name": field.name,
                    "data_type": "json"
                    if field.name in _JSON_COLUMNS
                    else _ARROW_TO_DLT[field.type],
                    "nullable": field.nullable,
                    **({"hard_delete": True} if field.name == DELETE_MARKER.name else {}),
                }
                for field in schema
            },
        )
        for name, schema in LOG_TABLES.items()
    ]
