"""Answers the source's questions about existing rows, from the warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from sources.gong.extract.child_streams import Parent
from sources.gong.extract.existing_rows import ExistingRows, QuarantinedEntity, Scope
from sources.gong.extract.parents import ASKED_AGAIN, naming_record, parent_record
from sources.gong.extract.windows import Reason, Span, merged
from sources.gong.load.quarantine import REQUESTED_AGAIN_FOR
from sources.gong.load.suppression.filtering import Suppression
from sources.gong.schema.arrow import empty, entity_key, schema, to_arrow
from sources.gong.schema.columns import Entity
from sources.gong.schema.odd_entities import odd_keys
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES, Read
from sources.gong.schema.tables import CALLS_STREAM, parent_records, root_of, table
from warehouse import quarantine, raw_tables
from warehouse.connection import Warehouse
from warehouse.ops.deletion_alarms import accepted_at
from warehouse.ops.load_log import CLOSED, done_windows, parents_read_at, parents_refused_at

_LATELY = timedelta(days=30)
UNLISTED = {
    CRM_REFERENCES: "true",
    OPEN_INSTANCES: "status in ('Pending', 'Running', 'Paused')",
}
"""Parent records that no stream lists, and the SQL condition that finds them in their table."""


class WarehouseRows(ExistingRows):
    """Answers from closed load packages of a warehouse.

    Args:
        warehouse: where.
        now: the run's frozen present.
        awaited: gives the ids of calls whose transcript is still to come.
        calls: gives the ids of calls to ask about where the package itself reads no calls.
        suppression: erased people; calls that are left out for them count as known.
    """

    is_available = True

    def __init__(
        self,
        warehouse: Warehouse,
        now: datetime,
        awaited: Callable[[], Sequence[str]],
        calls: Callable[[], Sequence[str]],
        suppression: Suppression | None = None,
    ) -> None:
        self._warehouse = warehouse
        self._now = now
        self._awaited = awaited
        self._calls = calls
        self._suppression = suppression

    def known_hashes(self, table_name: str, keys: Sequence[str], span: Span) -> Mapping[str, str]:
        """Returns the content hashes of the live rows of a root table among the keys."""
        root = table(table_name)
        between = None
        if root.window_column and not root.is_period_log and span.start < span.end:
            between = raw_tables.Between(root.window_column, span.start, span.end)
        return raw_tables.known_hashes(self._warehouse, root.name, root.key, keys, between)

    def unchanged_keys(self, table_name: str, entities: Sequence[Entity]) -> frozenset[str]:
        """Returns the keys of the partly read entities that exist unchanged.

        Compares the columns whose section an entity brings; what it lacks counts as equal.
        """
        root = table(table_name)
        by_key = {entity_key(root, entity): entity for entity in entities}
        for key in odd_keys(root.name, (), by_key):
            del by_key[key]  # read whole, it is found odd again, and kept with the reason
        sections = {section for entity in entities for section in entity}
        names = [c.name for c in root.columns if c.source.partition(".")[0] in sections]
        stamp = datetime.now(UTC)
        landed = to_arrow(table_name, (), list(by_key.values()), [""] * len(by_key), stamp, "")
        existing = raw_tables.rows_by_key(
            self._warehouse, table_name, root.key, list(by_key), f"_deleted_at is null and {CLOSED}"
        )
        held = {
            tuple(row.values()) for row in _landed(table_name, existing).select(names).to_pylist()
        }
        rows = landed[table_name].select(names).to_pylist()
        kept_out = self._suppression if table_name == CALLS_STREAM else None
        return frozenset(
            key
            for key, row in zip(by_key, rows, strict=True)
            if tuple(row.values()) in held or (kept_out and kept_out.leaves_out_call(key))
        )

    def live_keys(self, table_name: str, scope: Scope) -> frozenset[str]:
        """Returns the keys of the rows of a root table in scope that are not marked as deleted."""
        span = scope.span and raw_tables.Between(
            scope.span[0], scope.span[1].start, scope.span[1].end
        )
        key = table(table_name).key
        return raw_tables.live_keys(
            self._warehouse, table_name, key, scope.within, scope.outside, span
        )

    def recent_deletions(self, table_name: str, spans: Sequence[Span]) -> Sequence[tuple[int, int]]:
        """Returns (expected, marked as deleted) per night of the last month; see `ExistingRows`.

        Leaves out what this run has marked: the run knows which of it was accepted.
        """
        column = table(table_name).window_column
        if column is None:
            return ()
        since = self._now - _LATELY
        since = max(since, accepted_at(self._warehouse, self._now).get(table_name, since))
        read = [
            window
            for window in done_windows(self._warehouse, self._now)
            if window.stream == table_name
        ]
        counts = []
        for night in raw_tables.deletion_times(self._warehouse, table_name, since, self._now):
            seen = [Span(window.start, window.end) for window in read if window.read_at >= night]
            around = [(span.start, span.end) for span in merged([*spans, *seen])]
            counts.append(
                raw_tables.count_deleted(
                    self._warehouse, table_name, column, around, (night, self._now)
                )
            )
        return counts

    def quarantined(self, stream: str) -> Sequence[QuarantinedEntity]:
        """Returns the entities of a stream that are in quarantine."""
        rows = quarantine.open_rows(self._warehouse, [stream])
        own = (
            [w for w in done_windows(self._warehouse, self._now) if w.stream == stream]
            if rows
            else []
        )
        is_sweep_partial = table(stream).read is Read.INSTANTS
        return [
            QuarantinedEntity(
                row["quarantine_id"],
                row["entity_id"],
                row["detail"],
                row["parent"],
                Span(row["start_at"], row["end_at"]),
                (row["first_seen_at"], row["last_seen_at"]),
                [
                    Span(window.start, window.end)
                    for window in own
                    if window.detail == row["detail"]
                    and window.read_at > row["last_seen_at"]
                    and not (is_sweep_partial and window.reason == Reason.SWEEP)
                ],
                row,
            )
            for row in rows
        ]

    def rows(self, table_name: str, keys: Sequence[str]) -> pa.Table:
        """Returns whole rows of a root table by key, in the landed schema."""
        return _landed(
            table_name,
            raw_tables.rows_by_key(self._warehouse, table_name, table(table_name).key, keys),
        )

    def period_rows(self, table_name: str, period_id: str) -> Sequence[Mapping[str, Any]]:
        """Returns the rows that a stats family has of a calendar period, by column."""
        key = root_of(table_name).key
        rows = raw_tables.rows_by_key(self._warehouse, table_name, key, [period_id])
        return rows.to_pylist() if rows is not None else ()

    def open_history(self, user_ids: Sequence[str]) -> pa.Table:
        """Returns the rows of `user_history` of these users that still hold."""
        rows = raw_tables.rows_by_key(
            self._warehouse, "user_history", ("user_id",), user_ids, "valid_to_at is null"
        )
        return _landed("user_history", rows)

    def parents(self, stream: str) -> Sequence[Parent] | None:
        """Returns the parent records that earlier runs listed; None if the stream never ran."""
        records = parent_records(stream)
        condition = UNLISTED.get(stream, "true")
        rows = raw_tables.distinct(self._warehouse, records.name, records.parent_columns, condition)
        if stream in UNLISTED:
            return rows or ()
        known = self._with_odd(stream, rows or ())
        if known:
            return known
        has_run = any(w.stream == stream for w in done_windows(self._warehouse, self._now))
        return rows if has_run else None

    def _with_odd(self, stream: str, landed: Sequence[Parent]) -> Sequence[Parent]:
        """Adds the records of parents in quarantine, in place of what landed of them before."""
        odd = [
            record
            for row in quarantine.open_rows(self._warehouse, [stream])
            if row["entity"] is not None
            and (record := parent_record(stream, json.loads(row["entity"]))) is not None
        ]
        key = [name for name in table(stream).key if name in parent_records(stream).parent_columns]
        names = {tuple(str(record[name]) for name in key) for record in odd} if key else set()
        kept = [
            record for record in landed if tuple(str(record[name]) for name in key) not in names
        ]
        return [*kept, *odd]

    def parents_again(self, name: str) -> Sequence[Parent]:
        """Returns the parent records that name entities which lately came into quarantine."""
        if name not in ASKED_AGAIN:
            return ()
        rows = quarantine.open_rows(
            self._warehouse, [ASKED_AGAIN[name]], self._now - REQUESTED_AGAIN_FOR
        )
        named = (naming_record(name, row["entity_id"]) for row in rows if row["entity_id"])
        return [record for record in named if record is not None]

    def parents_read_at(self, stream: str) -> Mapping[str, datetime]:
        """Returns when each parent of a stream was asked about last."""
        return parents_read_at(self._warehouse, stream, self._now)

    def parents_refused_at(self, stream: str) -> Mapping[str, datetime]:
        """Returns when Gong refused each parent of a stream last."""
        return parents_refused_at(self._warehouse, stream, self._now)

    def awaited_transcripts(self) -> Sequence[str]:
        """Returns ids of calls whose transcript is still to come."""
        return self._awaited()

    def call_ids(self) -> Sequence[str]:
        """Returns ids of held calls to ask about where the run itself reads no calls."""
        return self._calls()


def _landed(table_name: str, rows: pa.Table | None) -> pa.Table:
    """Returns rows of the warehouse in the schema they landed in, whatever the order of columns."""
    if rows is None:
        return empty(table_name)
    landed = schema(table_name)
    return pa.table([rows[field.name].cast(field.type) for field in landed], schema=landed)
