"""Finds the rows that a stream has enumerated and not seen, and marks them as deleted.

What to mark is decided in `deletions.py`; here the facts are gathered from the existing rows and
from Gong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from sources.gong.extract.existing_rows import Scope
from sources.gong.extract.windows import Span
from sources.gong.load.deletions import (
    DeletionCheck,
    MissingRows,
    decide,
    enumerated_scopes,
    is_suspicious,
    span_around,
)
from sources.gong.load.package import LoadContext, LoadStamp
from sources.gong.load.root_table import RootTable
from sources.gong.load.user_history import HISTORY, has_history, history
from sources.gong.schema.arrow import restamped
from sources.gong.schema.table import BATCH, Absence, Table
from sources.gong.schema.tables import is_child_stream

if TYPE_CHECKING:
    import pyarrow as pa


ReadById = Callable[[Sequence[str]], None]


class DeletionMarker:
    """Marks the deleted rows of one stream.

    Args:
        stream: which.
        roots: its root tables.
        context: the existing rows, the review and the listener.
        are_named: whether entities were named by id: missing ones need no review then.
    """

    def __init__(
        self,
        stream: str,
        roots: Sequence[RootTable],
        context: LoadContext,
        *,
        are_named: bool,
    ) -> None:
        self._stream, self._roots = stream, roots
        self._existing, self._review = context.existing, context.review
        self._listener = context.listener
        self._are_named = are_named
        self._scopes: list[Scope] = []

    def note(self, scope: Scope) -> None:
        """Notes rows that have been enumerated completely."""
        self._scopes.append(scope)

    def marked_rows(
        self, stamp: LoadStamp, read_by_id: ReadById, *, is_complete: bool
    ) -> Iterator[tuple[str, pa.Table]]:
        """Yields the deleted rows with their mark, per landed table.

        Args:
            stamp: of the load package.
            read_by_id: reads and lands the entities with the given ids, where they still exist.
            is_complete: whether the parent streams have listed all there is.
        """
        if not self._existing.is_available:
            return
        for root in self._roots:
            if root.table.absence is not Absence.DELETED:
                continue
            deleted = self._deleted(root, read_by_id, is_complete)
            if deleted:
                yield from self._marked(root.table, deleted, stamp)

    def _deleted(self, root: RootTable, read_by_id: ReadById, is_complete: bool) -> Sequence[str]:
        """Returns the keys of the rows to mark; raises an alarm where that is suspicious."""
        table = root.table
        scopes = enumerated_scopes(
            table,
            self._scopes,
            is_child_stream=is_child_stream(self._stream),
            is_complete=is_complete,
        )
        if not scopes:
            return ()
        expected: set[str] = set()
        for scope in scopes:
            expected |= self._existing.live_keys(table.name, scope)
        missing = sorted(expected - root.seen)
        keys = self._confirmed(root, missing, len(expected), read_by_id)
        if self._are_named:
            return keys
        check = DeletionCheck(table.name, span_around(scopes), len(expected), len(keys))
        self._listener.checked(check)
        decision = decide(self._missing_rows(root, check, keys))
        self._review.checks.append(decision.check)
        if decision.alarm:
            self._listener.doubtful(decision.alarm)
        return decision.mark

    def _confirmed(
        self, root: RootTable, keys: Sequence[str], expected: int, read_by_id: ReadById
    ) -> Sequence[str]:
        """Returns which rows are missing in Gong too, where it can be asked for them by id."""
        if not keys or self._are_named or root.table.by_ids is None:
            return keys
        first, others = keys[:BATCH], keys[BATCH:]
        read_by_id(first)
        missing = [key for key in first if key not in root.seen]
        is_accepted = root.table.name in self._review.accepted
        is_odd = is_suspicious(expected, len(keys), len(root.seen))
        if len(missing) == BATCH and is_odd and not is_accepted:
            # an alarm is raised in any case: reading the others would cost and change nothing
            return keys
        read_by_id(others)
        return missing + [key for key in others if key not in root.seen]

    def _missing_rows(
        self, root: RootTable, check: DeletionCheck, keys: Sequence[str]
    ) -> MissingRows:
        table, review = root.table, self._review
        if not keys:
            return MissingRows(check, keys, len(root.seen))
        earlier = [read for read in review.checks if read.table == table.name]
        alarms = [alarm for alarm in review.alarms if alarm.check.table == table.name]
        spans = [read.span for read in (*earlier, check) if read.span]
        accepted: Sequence[str] = ()
        if table.name in review.accepted:
            accepted = self._inside(table, review.accepted[table.name], keys)
        under_alarm = {
            key
            for alarm in alarms
            if not alarm.is_covered_by(check)
            for key in self._inside(table, alarm.check.span, keys)
        }
        return MissingRows(
            check,
            keys,
            len(root.seen),
            accepted,
            alarms,
            under_alarm,
            earlier,
            self._existing.recent_deletions(table.name, spans),
        )

    def _inside(self, table: Table, span: Span | None, keys: Sequence[str]) -> Sequence[str]:
        """Returns the keys of rows that lie in a span."""
        if span is None or table.window_column is None:
            return keys
        inside = self._existing.live_keys(table.name, Scope(span=(table.window_column, span)))
        return [key for key in keys if key in inside]

    def _marked(
        self, table: Table, keys: Sequence[str], stamp: LoadStamp
    ) -> Iterator[tuple[str, pa.Table]]:
        now = stamp.loaded_at
        rows = self._existing.rows(table.name, keys)
        yield (
            table.name,
            restamped(rows, _deleted_at=now, _loaded_at=now, _dlt_load_id=stamp.load_id),
        )
        if has_history(self._stream):
            open_rows = self._existing.open_history(keys)
            yield HISTORY, history((), open_rows, keys, now, stamp.load_id)
        self._listener.deleted(table.name, len(keys))
