"""Looks for changes in what Gong sends while a run goes on, and says what they mean."""

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
from warehouse.ops.schema_changes import Change, Seen, record, settle_types
from warehouse.ops.schema_drift import examine
from warehouse.ops.watched_columns import Enumeration, Watched

if TYPE_CHECKING:
    from pipelines.monitor.run_counts import StreamCounts
    from warehouse.connection import Warehouse


MEANING = {
    Change.UNKNOWN_FIELD: "kept in extra",
    Change.CHANGED_TYPE: (
        "the table is not read until Gong sends the former type again or a newer gong-elt takes "
        "this one; what has landed stays"
    ),
    Change.NEW_VALUE: "landed as it is",
    Change.VANISHED_FIELD: "empty in all that lands now; what landed before is not touched",
}
"""What each kind of change means for the tables."""

_SUMS = {
    Change.UNKNOWN_FIELD: (
        "{} field that no column knows (kept in extra)",
        "{} fields that no column knows (kept in extra)",
    ),
    Change.CHANGED_TYPE: (
        "{} value of another type (its table is not read)",
        "{} values of another type (their tables are not read)",
    ),
    Change.NEW_VALUE: (
        "{} new value of an enumeration (landed as it is)",
        "{} new values of enumerations (landed as they are)",
    ),
    Change.VANISHED_FIELD: (
        "{} field that is always empty now",
        "{} fields that are always empty now",
    ),
}


class SchemaDriftMonitor:
    """Keeps what has changed in a run in `gong_ops.schema_changes`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._new: Counter[Change] = Counter()
        self._failed: set[str] = set()

    def landed(self, streams: Mapping[str, StreamCounts], now: datetime) -> None:
        """Looks at what the last package brought, and at what has failed since the last call."""
        failures = [
            _seen(stream, tally.error)
            for stream, tally in streams.items()
            if isinstance(tally.error, SchemaDrift) and stream not in self._failed
        ]
        self._failed.update(
            stream for stream, tally in streams.items() if isinstance(tally.error, SchemaDrift)
        )
        with self._warehouse.writing() as db:
            db.begin()
            self._new += examine(db, watched(), now)
            self._new += record(db, failures, now)
            db.commit()

    def ended(self, streams: Mapping[str, StreamCounts], now: datetime) -> None:
        """Notes which streams have come to their end, so that no type of theirs has changed."""
        well = [name for name, tally in streams.items() if tally.windows and not tally.error]
        with self._warehouse.writing() as db:
            settle_types(db, [table for name in well for table in tables_of(name)], now)

    @property
    def warning(self) -> str | None:
        """What is new in this run, in one line; None if nothing is."""
        if not self._new:
            return None
        parts = [
            _SUMS[change][count > 1].format(count)
            for change, count in sorted(
                self._new.items(), key=lambda one: list(Change).index(one[0])
            )
        ]
        return (
            f"What Gong sends has changed: {', '.join(parts)}. "
            "`gong-elt status` and gong_ops.schema_changes say where."
        )


def _seen(stream: str, drift: SchemaDrift) -> Seen:
    return Seen(
        Change.CHANGED_TYPE,
        drift.table or stream,
        drift.field,
        drift.expected,
        drift.found,
    )


@cache
def watched() -> tuple[Watched, ...]:
    """Returns the landed tables with what is looked for in them."""
    return tuple(
        Watched(
            table.name,
            [column.name for column in table.columns if _is_counted(table, column)],
            frozenset(c.name for c in table.columns if c.type is Type.PRESENCE),
            [
                Enumeration(column.name, column.values, column.type is Type.JSON)
                for column in table.columns
                if column.values
            ],
            # a period of the statistics has rows in the one table of its family alone
            table.parent if table.name not in STATS_TABLES else None,
            table.entity,
            frozenset(column.source for column in table.columns),
        )
        for table in TABLES
        if not table.is_history
    )


def _is_counted(table: Table, column: Column) -> bool:
    """Whether a column holds what Gong sends for this row, rather than what names or places it."""
    bare = column.source.lstrip("^")
    is_ours = table.name == "stats_periods" or bare in ("", ".") or bare[0] in "$_"
    return not (is_ours or column.is_position or column.name in table.key)


def open_changes(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the rows of `gong_ops.schema_changes` that still hold, with what they mean."""
    return [
        {**row, "meaning": MEANING[Change(row["change"])]}
        for row in rows
        if row["resolved_at"] is None
    ]


def lines_of(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields a line per change for a terminal; also of facts that the version before has kept."""
    for change in changes:
        where = f"{change['table_name']}.{change['field']}".removesuffix(".*")
        what = change.get("found") or change.get("sample_type")
        kind = change.get("change", Change.UNKNOWN_FIELD)
        if kind == Change.UNKNOWN_FIELD and change.get("sample"):
            what = f"{what}, like {change['sample']!r}" if what == "string" else change["sample"]
        elif kind == Change.CHANGED_TYPE:
            what = f"{what}, expected {change['expected']}"
        elif kind == Change.VANISHED_FIELD:
            what = f"formerly {change['expected']}"
        since = str(change["first_seen_at"])[:16].replace("T", " ")
        yield f"{kind}: {where} ({what}) since {since}; {MEANING[Change(kind)]}"
