"""Loads one stream: its changed rows, a row in the load log per finished window, deletion marks.

Invariant: a window's row travels in the same load package as the window's data and is yielded only
after the window was read to its end; rows are marked as deleted only by a stream that has ended.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dlt
import pyarrow as pa

from sources.gong.api.errors import (
    FailTable,
    GongError,
    Postponed,
    SchemaDrift,
    ShareSpent,
    SkipTable,
    StopRun,
)
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.tasks import HEARTBEAT, ReadRules, StreamTasks, TaskResult
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.deletion_marking import DeletionMarker
from sources.gong.load.load_log import (
    LOG_TABLES,
    PARENT_READS_TABLE,
    PARENT_REFUSALS_TABLE,
    QUARANTINE_TABLE,
    TRANSCRIPT_REQUESTS_TABLE,
    WINDOWS_TABLE,
    empty_table,
    parent_reads,
    parent_refusals,
    transcript_requests,
    window_row,
)
from sources.gong.load.package import LoadContext, LoadStamp, PackageSpec, RunFacts
from sources.gong.load.quarantine import StreamQuarantine
from sources.gong.load.root_table import RootTable, root_tables
from sources.gong.load.user_history import HISTORY, has_history, history
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import follows_calls, is_child_stream, tables_of

_ROWS_PER_ITEM = 100_000
"""dlt works out the schema of each Arrow item again, at 20 ms apiece, so pages are joined into
larger items, and small tables wait longer; this bounds the rows that wait in memory."""


class StreamLoader:
    """Loads one stream of a load package.

    Holds keys of every page, so it must be in no reference cycle: it is freed when the stream ends,
    before dlt loads, while the garbage collector runs rarely (`loader.set_up_process`).
    """

    def __init__(
        self,
        stream: str,
        spec: PackageSpec,
        run: RunFacts,
        context: LoadContext,
        parents: ParentRecords,
    ) -> None:
        self._stream, self._spec, self._run = stream, spec, run
        self._context, self._parents = context, parents
        self._stamp = LoadStamp(run.loaded_at, load_id="")  # known when dlt begins
        self._roots = root_tables(stream)
        self._tasks = StreamTasks(
            stream,
            spec.windows[stream],
            context.reader,
            context.existing,
            parents,
            ReadRules(run.loaded_at, spec.ids, spec.without_limits, spec.most_not_due),
            context.requested.setdefault(stream, set()),
        )
        self._quarantine = StreamQuarantine(stream, self._roots, context, run)
        self._deletions = DeletionMarker(stream, self._roots, context, are_named=bool(spec.ids))
        self._items = _Items()
        self._counts: dict[Window, tuple[int, int]] = {}
        self._requested_parents: list[str] = []
        self._refused_parents: list[str] = []
        self._windows_of_calls: list[pa.Table] = []
        self._held_windows: list[pa.Table] = []

    def items(self) -> Iterator[Any]:
        """Yields dlt items: Arrow tables with their names, and None while waiting."""
        self._stamp = LoadStamp(self._run.loaded_at, dlt.current.load_package_state()["load_id"])
        error: GongError | None = None
        try:
            yield from self._read()
            self._read_again()
            self._quarantine.check_share()
            self._mark_deleted()
            self._quarantine.check_share()
        except Exception as raised:
            error = _as_gong_error(self._stream, raised)
            if self._spec.must_finish or isinstance(error, StopRun):
                raise
            self._end_early(error)
        finally:
            is_partial = self._quarantine.has_lost_parents or not self._tasks.is_complete
            self._parents.finish(self._stream, error, is_partial=is_partial)
        self._land_quarantine(error)
        requested = parent_reads(self._stream, self._requested_parents, self._stamp)
        self._items.add(PARENT_READS_TABLE, requested)
        refused = parent_refusals(self._stream, self._refused_parents, self._stamp)
        self._items.add(PARENT_REFUSALS_TABLE, refused)
        yield from self._items.flush()
        yield from self._missing_tables()
        if self._windows_of_calls:
            yield from self._finished_calls()

    def _missing_tables(self) -> Iterator[Any]:
        """Yields the stream's tables that had no rows, so that the warehouse has them too."""
        missing = self._spec.missing_tables
        own = tables_of(self._stream)
        # which tables the load log lacks is said with the others (`resources`); None says all
        names = (*own, *LOG_TABLES) if missing is None else [n for n in own if n in missing]
        for name in names:
            if name not in self._items.names:
                yield item(name, empty_table(name))

    def _read(self) -> Iterator[Any]:
        # closed here, because a failed stream's error is kept and would keep its threads
        with contextlib.closing(self._tasks.results()) as results:
            for result in results:
                if result is None:
                    yield None
                    continue
                self._load(result)
                if self._items.are_full:
                    yield from self._items.flush_largest()

    def _end_early(self, error: GongError) -> None:
        """Notes what ended the stream; what it had read stays."""
        if isinstance(error, Postponed) and is_child_stream(self._stream):
            # parents that were requested have their next turn in days: their missing rows are
            # marked now
            self._tasks.is_complete = False
            self._mark_deleted()
        if isinstance(error, Postponed) and not isinstance(error, ShareSpent):
            self._context.listener.postponed(error)
        else:
            self._context.listener.stream_failed(self._stream, error)

    def _read_again(self) -> None:
        """Requests entities in quarantine by id, where the windows of the run do not hold them."""
        ids = self._quarantine.ids_to_read_again()
        if ids and not self._spec.ids:
            present = Span(self._run.loaded_at, self._run.loaded_at)
            for page in self._context.reader.by_id(self._stream, ids):
                self._load(TaskResult(Window(self._stream, present, Reason.BY_ID), page))
            self._quarantine.read_by_id(ids)

    def _land_quarantine(self, error: GongError | None) -> None:
        """Lands what was set aside, with the windows that it was read in.

        Where too much was, neither: the windows count as not read.
        """
        try:
            self._quarantine.check_share()
        except SchemaDrift:
            return
        if isinstance(error, SchemaDrift) and not self._quarantine.count:
            return
        is_complete = error is None and self._tasks.is_complete
        rows = self._quarantine.rows(self._stamp, is_complete=is_complete)
        self._items.add(QUARANTINE_TABLE, rows)
        self._quarantine.report()
        for window in self._held_windows:
            self._add_window(window)

    def _mark_deleted(self) -> None:
        if self._quarantine.has_keyless:
            return  # an entity without a key may be any of the rows that seem to be missing
        marked = self._deletions.marked_rows(
            self._stamp, self._load_by_id, is_complete=self._tasks.is_complete
        )
        for name, rows in marked:
            self._items.add(name, rows)

    def _load(self, result: TaskResult) -> None:
        """Loads a part of a window."""
        self._quarantine.note(result)
        if result.scope is not None:
            self._deletions.note(result.scope)
        if result.unchanged_keys:
            self._count(result.window, self._roots[0].see(result.unchanged_keys), 0)
        # the parent of an odd entity is requested again by the next sync
        if result.remembered_parent and not self._quarantine.is_odd_parent(
            result.remembered_parent
        ):
            self._requested_parents.append(result.remembered_parent)
        if result.refused:
            self._refused_parents += result.refused
            self._context.listener.refused(self._stream, len(result.refused))
        if result.awaited_calls:
            calls = self._context.entity_filter.without_suppressed_calls(result.awaited_calls)
            self._items.add(TRANSCRIPT_REQUESTS_TABLE, transcript_requests(calls, self._stamp))
        if result.is_end:
            self._end_window(result.window)
        if result.entities:
            seen, changed = self._load_page(result)
            self._count(result.window, seen, changed)
            self._context.listener.page_read(result.window, seen, changed)

    def _count(self, window: Window, seen: int, changed: int) -> None:
        before = self._counts.get(window, (0, 0))
        self._counts[window] = (before[0] + seen, before[1] + changed)

    def _load_by_id(self, ids: Sequence[str]) -> None:
        window = self._spec.windows[self._stream][0]
        for page in self._context.reader.by_id(self._stream, ids):
            self._load(TaskResult(window, page))

    def _load_page(self, result: TaskResult) -> tuple[int, int]:
        """Loads the changed entities of a page; returns how many were new, and had changed."""
        landing, suppressed = self._context.entity_filter.split(self._stream, result.entities)
        for root in self._roots:
            root.see_entities(suppressed)
        odd_before = self._quarantine.count
        landing, parents = self._quarantine.split(landing, result)
        try:
            converted = [self._converted(root, landing, result.window) for root in self._roots]
        except SchemaDrift:
            landing, odd_parents = self._without_odd(landing, result)
            parents += odd_parents
            converted = [self._converted(root, landing, result.window) for root in self._roots]
        self._parents.add(self._stream, [*landing, *parents])
        for entities in converted:
            entities.root.see(entities.new)
            for name, rows in entities.rows.items():
                self._items.add(name, rows)
        new, changed = converted[0].new, converted[0].changed
        self._quarantine.landed(new.keys())
        self._hand_on(new, changed, result.window)
        return len(new) + self._quarantine.count - odd_before, len(changed)

    def _converted(
        self, root: RootTable, landing: Sequence[Entity], window: Window
    ) -> _NewEntities:
        """Returns what lands of a page in a root table; raises SchemaDrift where one is odd."""
        new = root.new_entities(landing)
        known = self._context.existing.known_hashes(root.table.name, list(new), window.span)
        changed, rows = root.changed_rows(new, known, self._stamp)
        return _NewEntities(root, new, changed, rows)

    def _without_odd(
        self, landing: Sequence[Entity], result: TaskResult
    ) -> tuple[list[Entity], list[Entity]]:
        """Sets the odd entities aside; returns the others, and the odd ones among parents."""
        wrong = [(root, root.odd(root.new_entities(landing))) for root in self._roots]
        good: list[Entity] = []
        parents: list[Entity] = []
        for entity in landing:
            drifts = (drifts.get(root.key_of(entity)) for root, drifts in wrong)
            drift = next((drift for drift in drifts if drift is not None), None)
            if drift is None:
                good.append(entity)
            else:
                parents += self._quarantine.set_aside(entity, drift, result)
        return good, parents

    def _hand_on(
        self, new: Mapping[str, Entity], changed: Mapping[str, str], window: Window
    ) -> None:
        """Hands calls on to the streams that are read by call, and users to their history."""
        if self._stream == "calls":
            is_lookback = window.reason in (Reason.LOOKBACK, Reason.QUARANTINED)
            self._parents.add_calls(list(new), list(changed), is_lookback=is_lookback)
        existing = self._context.existing
        if has_history(self._stream) and existing.is_available:
            open_rows = existing.open_history(list(new))
            rows = history(
                list(new.values()), open_rows, (), self._stamp.loaded_at, self._stamp.load_id
            )
            self._items.add(HISTORY, rows)

    def _end_window(self, window: Window) -> None:
        self._context.listener.window_done(window)
        zone = self._context.reader.zone
        counts = self._counts.pop(window, (0, 0))
        row = window_row(window, self._run, zone.key if zone else None, counts, self._stamp)
        if window in self._quarantine.windows:
            self._held_windows.append(row)
        else:
            self._add_window(row)

    def _add_window(self, row: pa.Table) -> None:
        if self._stream == "calls" and (self._followers or self._spec.failed_streams):
            self._windows_of_calls.append(row)
        else:
            self._items.add(WINDOWS_TABLE, row)

    @property
    def _followers(self) -> list[str]:
        """The package's streams that are read by call and keep no log of their requests."""
        return [name for name in self._spec.windows if follows_calls(name)]

    def _finished_calls(self) -> Iterator[Any]:
        """Yields the rows of finished windows of calls, once the streams read by call have ended.

        Where the quota or a failure cut one of these short, the windows count as not read: the next
        run reads them again, with everything that is read by call.
        """
        while not self._parents.have_ended(self._followers, HEARTBEAT):
            yield None
        errors = [self._parents.error(name) for name in self._followers]
        if not any(map(_cuts_short, errors)) and not self._spec.failed_streams:
            yield item(WINDOWS_TABLE, pa.concat_tables(self._windows_of_calls))


@dataclass(frozen=True, slots=True)
class _NewEntities:
    """What lands of a page in one root table.

    Attributes:
        root: the table.
        new: the entities that were not seen before, by key.
        changed: the content hashes of those that have changed, by key.
        rows: their rows, per landed table.
    """

    root: RootTable
    new: Mapping[str, Entity]
    changed: Mapping[str, str]
    rows: Mapping[str, pa.Table]


class _Items:
    """Arrow tables that wait to be joined into large dlt items.

    Attributes:
        names: of the tables that had rows.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._waiting: dict[str, list[pa.Table]] = {}
        self._rows: Counter[str] = Counter()

    @property
    def are_full(self) -> bool:
        return self._rows.total() > _ROWS_PER_ITEM

    def add(self, name: str, rows: pa.Table) -> None:
        if rows.num_rows:
            self.names.add(name)
            self._waiting.setdefault(name, []).append(rows)
            self._rows[name] += rows.num_rows

    def flush_largest(self) -> Iterator[Any]:
        """Yields the tables that most rows wait for, until half as many rows wait as may."""
        for name, _ in self._rows.most_common():
            if self._rows.total() <= _ROWS_PER_ITEM // 2:
                return
            yield self._joined(name)

    def flush(self) -> Iterator[Any]:
        """Yields all tables."""
        for name in list(self._waiting):
            yield self._joined(name)

    def _joined(self, name: str) -> Any:
        del self._rows[name]
        return item(name, pa.concat_tables(self._waiting.pop(name)))


def item(name: str, rows: pa.Table) -> Any:
    """Returns rows as a dlt item of a table."""
    return dlt.mark.with_table_name(rows, name)


def _cuts_short(error: GongError | None) -> bool:
    if isinstance(error, FailTable):
        return True
    return isinstance(error, Postponed) and not isinstance(error, ShareSpent)


def _as_gong_error(stream: str, raised: Exception) -> GongError:
    """Returns an error that ends this stream alone, whatever went wrong."""
    if isinstance(raised, (Postponed, SkipTable, FailTable, StopRun)):
        return raised
    return FailTable(f"{stream}: unexpected {type(raised).__name__}: {str(raised)[:300]}")
