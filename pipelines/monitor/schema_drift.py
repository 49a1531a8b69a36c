"""Records schema drift during a run, and words it for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import STATS_TABLES, TABLES, tables_of
from warehouse.ops.schema_changes import ChangeKind, SchemaChange, record, resolve_types
from warehouse.ops.schema_drift import examine
from warehouse.ops.watched_tables import WatchedColumn, WatchedTable

if TYPE_CHECKING:
    from pipelines.monitor.run_counts import StreamCounts
    from warehouse.connection import Warehouse


MEANING = {
    ChangeKind.UNKNOWN_FIELD: "kept in extra",
    ChangeKind.CHANGED_TYPE: (
        "the table is not read until Gong sends the former type again or a newer gong-elt takes "
        "this one; what has landed stays"
    ),
    ChangeKind.NEW_VALUE: "landed as it is",
    ChangeKind.VANISHED_FIELD: "empty in all that lands now; what landed before is not touched",
}
"""What each kind of change means for the tables."""

_IN_SHORT = {
    ChangeKind.UNKNOWN_FIELD: "kept in extra",
    ChangeKind.CHANGED_TYPE: "not read",
    ChangeKind.NEW_VALUE: "landed unchanged",
    ChangeKind.VANISHED_FIELD: "always empty now",
}


class SchemaDriftMonitor:
    """Records the schema drift of one run in `gong_ops.schema_changes`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._new: Counter[ChangeKind] = Counter()
        self._failed: set[str] = set()

    def landed(self, streams: Mapping[str, StreamCounts], now: datetime) -> None:
        """Examines the packages that have landed, and the streams that failed since the last."""
        drifts = {
            stream: counts.error
            for stream, counts in streams.items()
            if isinstance(counts.error, SchemaDrift) and stream not in self._failed
        }
        self._failed |= drifts.keys()
        failures = [_changed_type(stream, drift) for stream, drift in drifts.items()]
        with self._warehouse.writing() as db:
            db.begin()
            self._new += examine(db, watched_tables(), now)
            self._new += record(db, failures, now)
            db.commit()

    def ended(self, streams: Mapping[str, StreamCounts], now: datetime) -> None:
        """Resolves the changed types of the streams that were read to their end."""
        done = [stream for stream, counts in streams.items() if counts.windows and not counts.error]
        with self._warehouse.writing() as db:
            resolve_types(db, [table for stream in done for table in tables_of(stream)], now)

    @property
    def warning(self) -> str | None:
        """What is new in this run, in one line; None if nothing is."""
        counts = [(kind, self._new[kind]) for kind in ChangeKind if self._new[kind]]
        if not counts:
            return None
        parts = [f"{count} {kind}{'s'[: count > 1]} ({_IN_SHORT[kind]})" for kind, count in counts]
        return (
            f"What Gong sends has changed: {', '.join(parts)}. "
            "`gong-elt status` and gong_ops.schema_changes show the details."
        )


def _changed_type(stream: str, drift: SchemaDrift) -> SchemaChange:
    return SchemaChange(
        ChangeKind.CHANGED_TYPE,
        drift.table or stream,
        drift.field,
        drift.expected,
        drift.found,
    )


@cache
def watched_tables() -> tuple[WatchedTable, ...]:
    """Returns the tables that land from Gong, as schema drift is looked for in them."""
    return tuple(
        WatchedTable(
            table.name,
            [
                WatchedColumn(
                    column.name,
                    _is_counted(table, column),
                    column.type is Type.PRESENCE,
                    column.values,
                    column.type is Type.JSON,
                )
                for column in table.columns
            ],
            # a period of the statistics has rows in one table of its family only
            table.parent if table.name not in STATS_TABLES else None,
            table.entity,
            frozenset(column.source for column in table.columns),
        )
        for table in TABLES
        if not table.is_history
    )


def _is_counted(table: Table, column: Column) -> bool:
    """Whether a column holds a value that Gong sends, and no key or position of the row."""
    bare = column.source.lstrip("^")
    is_ours = table.is_period_log or bare in ("", ".") or bare[0] in "$_"
    return not (is_ours or column.is_position or column.name in table.key)


def open_changes(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the rows of `gong_ops.schema_changes` that still hold, with what they mean."""
    return [
        {**row, "meaning": MEANING[ChangeKind(row["change"])]}
        for row in rows
        if row["resolved_at"] is None
    ]


def lines_of(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields a line per open change for a terminal; also of a status file of the first version."""
    for change in changes:
        place = f"{change['table_name']}.{change['field']}".removesuffix(".*")
        detail = change.get("found") or change.get("sample_type")
        kind = ChangeKind(change.get("change", ChangeKind.UNKNOWN_FIELD))
        if kind is ChangeKind.UNKNOWN_FIELD and change.get("sample"):
            sample = change["sample"]
            detail = f"{detail}, like {sample!r}" if detail == "string" else sample
        elif kind is ChangeKind.CHANGED_TYPE:
            detail = f"{detail}, expected {change['expected']}"
        elif kind is ChangeKind.VANISHED_FIELD:
            detail = f"formerly {change['expected']}"
        since = str(change["first_seen_at"])[:16].replace("T", " ")
        yield f"{kind}: {place} ({detail}) since {since}; {MEANING[kind]}"
