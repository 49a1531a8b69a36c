"""Streams become dlt resources: entities in, changed rows out, and a row for each finished window.

Invariant: an entity whose content is known is not yielded again, so an unchanged row is never
rewritten; a window's row travels in the same load package as the window's data and is yielded only
after the window was read to its end; rows are marked as deleted only by a stream that came to its
end.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

import dlt
import pyarrow as pa

from sources.gong.api.errors import FailTable, GongError, Postponed, ShareSpent, SkipTable, StopRun
from sources.gong.extract.child_streams import BATCH, CHILD_STREAMS, follows_calls
from sources.gong.extract.concurrency import IdQueue, run_concurrently
from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.streams import Reader
from sources.gong.extract.tasks import Progress, StreamTasks
from sources.gong.extract.windows import Reason, Span, Window, minus
from sources.gong.load.deletions import Alarm, Check, is_odd
from sources.gong.load.load_log import (
    ALL_TABLES,
    ASKS_TABLE,
    BOOKKEEPING,
    PARENTS_TABLE,
    WINDOWS_TABLE,
    bookkeeping_hints,
    hints,
    parent_reads,
    transcript_asks,
    window_row,
)
from sources.gong.load.suppression import Suppression
from sources.gong.load.user_history import history
from sources.gong.schema.arrow import empty, entity_key, restamped, to_arrow
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import Absence, Table
from sources.gong.schema.tables import STATS_TABLES, children, roots, stream, tables_of

__all__ = ["ALL_TABLES", "Job", "Listener", "Silent", "resources", "streams_of"]

THREADS_PER_STREAM = 4

_TICK = 2.0
"""Seconds after which a stream that waits for another lets go of its worker."""

_ROWS_PER_ITEM = 100_000
"""dlt works out the schema of each Arrow item anew, at 20 ms a piece, so pages are joined into
larger items; this bounds what waits in memory."""


class Listener(Protocol):
    """Told how a run goes; called from several threads."""

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        """A page was read: entities not seen before in this run, and how many had changed."""

    def window_done(self, window: Window) -> None:
        """A window was read to its end."""

    def stream_failed(self, stream: str, error: GongError) -> None:
        """A stream ended early; what it had read stays."""

    def lost(self, stream: str, ids: Sequence[str]) -> None:
        """Gong does not know these ids any more."""

    def deleted(self, table: str, count: int) -> None:
        """So many rows were found gone from Gong and marked."""

    def checked(self, check: Check) -> None:
        """A table, or a part of it, was enumerated, and its rows were held against it."""

    def doubtful(self, check: Check) -> None:
        """So much is gone that nothing was marked; a person must look."""


class Silent:
    """A listener that does nothing."""

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        """Does nothing."""

    def window_done(self, window: Window) -> None:
        """Does nothing."""

    def stream_failed(self, stream: str, error: GongError) -> None:
        """Does nothing."""

    def lost(self, stream: str, ids: Sequence[str]) -> None:
        """Does nothing."""

    def deleted(self, table: str, count: int) -> None:
        """Does nothing."""

    def checked(self, check: Check) -> None:
        """Does nothing."""

    def doubtful(self, check: Check) -> None:
        """Does nothing."""


@dataclass(slots=True)
class Job:
    """What one load package reads.

    Args:
        reader: how to ask Gong.
        windows: what to read, by reading.
        run_id: names the run in the window rows.
        kind: sync, backfill or source.
        loaded_at: the run's frozen present.
        held: what the warehouse has.
        missing: landed tables that the warehouse does not have yet; None for all.
        keep_private: whether private calls are landed.
        must_finish: whether a failing stream fails the package, instead of only itself.
        ids: the only calls or users to read; empty for all.
        eager: streams that were named, so that neither cadence nor share holds them back.
        share: how many parents that are not due every night a stream may ask about.
        asked: what earlier packages of the run have asked about, by reading; added to.
        accepted: tables whose rows may be marked as deleted however many they are, and in which
            span; None for all of them.
        alarms: earlier reads from which so much was missing that nobody has accepted it yet.
        checks: what earlier packages of the run have found gone, added to: a loss must not pass
            because it comes in slices.
        lacking: streams that ask about calls, were wanted and have failed in this run.
        suppression: keeps erased people out; None where nobody was erased.
    """

    reader: Reader
    windows: Mapping[str, Sequence[Window]]
    run_id: str
    kind: str
    loaded_at: datetime
    held: ExistingRows = field(default_factory=ExistingRows)
    missing: frozenset[str] | None = None
    keep_private: bool = True
    must_finish: bool = True
    listener: Listener = field(default_factory=Silent)
    ids: Sequence[str] = ()
    eager: frozenset[str] = frozenset()
    share: int | None = None
    asked: dict[str, set[str]] = field(default_factory=dict)
    accepted: Mapping[str, Span | None] = field(default_factory=dict)
    alarms: Sequence[Alarm] = ()
    checks: list[Check] = field(default_factory=list)
    lacking: frozenset[str] = frozenset()
    suppression: Suppression | None = None
    postponed: Postponed | None = None


def _is_no_json_remark(record: logging.LogRecord) -> bool:
    """Holds back one remark of dlt: that JSON columns arrive as Arrow text, which is on purpose."""
    return "when merging arrow schema with dlt schema" not in record.getMessage()


def resources(job: Job) -> list[Any]:
    """Returns the dlt resources of a job, one per stream; they run side by side."""
    logging.getLogger("dlt").addFilter(_is_no_json_remark)
    lists = ParentRecords(job.windows.keys(), job.held)
    feeds = {name: IdQueue() for name in job.windows if name in ("transcripts", "call_user_access")}
    found = []
    for name in job.windows:
        landing = _Landing(job, name, lists, feeds)
        resource = dlt.resource(landing.rows(), name=name, parallelized=True)
        found.append(_with_hints(resource, tables_of(name)))
    if "calls" in job.windows and _followers(job):
        resource = dlt.resource(_calls_done(job, lists), name="calls_done", parallelized=True)
        found.append(_with_hints(resource, ()))
    filled = {landed for name in job.windows for landed in tables_of(name)}
    elsewhere = sorted((job.missing or frozenset()) - filled)
    if elsewhere:
        resource = dlt.resource(_without_rows(elsewhere), name="tables_without_rows")
        found.append(_with_hints(resource, [name for name in elsewhere if name not in BOOKKEEPING]))
    return found


def _with_hints(resource: Any, names: Sequence[str]) -> Any:
    """Returns a resource that knows the named tables and those that keep account.

    Told once and ahead: hints that come with the data make dlt work out every table again.
    """
    for hint in (*map(hints, names), *bookkeeping_hints()):
        resource.merge_hints(hint, create_table_variant=True)
    return resource


def _followers(job: Job) -> list[str]:
    """Returns the streams of a package that ask about its calls and keep no account of them."""
    return [name for name in job.windows if follows_calls(name)]


def _calls_done(job: Job, lists: ParentRecords) -> Iterator[Any]:
    """Yields the account of the windows of calls when what follows the calls was asked as well.

    Where the quota or a failure came in between, the windows count as not read: the next run reads
    them again, and asks about their calls.
    """
    followers = _followers(job)
    while not lists.have_ended(("calls", *followers), _TICK):
        yield dlt.mark.with_table_name(BOOKKEEPING[WINDOWS_TABLE].empty_table(), WINDOWS_TABLE)
    errors = [lists.error(name) for name in followers]
    is_cut_short = any(
        isinstance(error, FailTable)
        or (isinstance(error, Postponed) and not isinstance(error, ShareSpent))
        for error in errors
    )
    if lists.calls_done and not is_cut_short and not job.lacking:
        yield dlt.mark.with_table_name(pa.concat_tables(lists.calls_done), WINDOWS_TABLE)


def _without_rows(names: Sequence[str]) -> Iterator[Any]:
    """Yields tables of streams that are not read, so that the warehouse has all its tables."""
    for name in names:
        rows = BOOKKEEPING[name].empty_table() if name in BOOKKEEPING else empty(name)
        yield dlt.mark.with_table_name(rows, name)


class _Root:
    """One root table that a stream fills, with its children."""

    def __init__(self, stream_name: str, table: Table, others: Sequence[Table]) -> None:
        self.table = table
        self.children = (
            (stream_name,)
            if stream_name in STATS_TABLES
            else tuple(child.name for child in children(table.name))
        )
        self.seen: set[str] = set()
        taken = {key for other in others for key in other.keys}
        self._left_out = taken - {column.source for column in table.columns}

    def of(self, entity: Entity) -> Entity:
        """Returns the part of an entity that belongs to this table."""
        if self.table.keys:
            return {key: entity[key] for key in self.table.keys if key in entity}
        if self._left_out:
            return {key: value for key, value in entity.items() if key not in self._left_out}
        return entity


class _Landing:
    """Lands one stream: skips what is known, converts what is not, marks what is gone."""

    def __init__(
        self, job: Job, stream_name: str, lists: ParentRecords, feeds: Mapping[str, IdQueue]
    ) -> None:
        self._job = job
        self._stream = stream_name
        self._lists = lists
        self._feeds = feeds
        landed = [root for root in roots(stream_name) if not root.is_history]
        self._roots = [
            _Root(stream_name, root, [other for other in landed if other is not root])
            for root in landed
        ]
        self._steps = StreamTasks(
            stream_name,
            job.windows[stream_name],
            job.reader,
            job.held,
            lists,
            feeds.get(stream_name, IdQueue()),
            job.loaded_at,
            job.ids,
            stream_name in job.eager,
            job.share,
            job.asked.setdefault(stream_name, set()),
            job.listener.lost,
        )
        self._counts: dict[Window, list[int]] = {}
        self._scopes: list[Scope] = []
        self._parents: list[str] = []
        self._waiting: dict[str, list[pa.Table]] = {}
        self._waiting_rows = 0

    def rows(self) -> Iterator[Any]:
        """Yields dlt items: Arrow tables with their hints."""
        job = self._job
        load_id = dlt.current.load_package_state()["load_id"]
        yield from self._ensure_tables()
        # where dlt has one worker for all, who waits must let go of it now and then
        tick = _TICK if self._steps.waits else None
        error: GongError | None = None
        try:
            # closed here, because the error of a failed stream is kept and would keep its threads
            steps = run_concurrently(self._steps.jobs(), THREADS_PER_STREAM, tick)
            with contextlib.closing(steps):
                for step in steps:
                    if step is None:
                        name = self._roots[0].table.name
                        yield dlt.mark.with_table_name(empty(name), name)
                        continue
                    self._land(step, load_id)
                    if self._waiting_rows > _ROWS_PER_ITEM:
                        yield from self._flush()
            self._mark_absent(load_id)
        except Postponed as postponed:
            error = postponed
            if job.must_finish:
                raise
            if self._stream in CHILD_STREAMS:
                # whom it has asked about is not asked again for a while: what they lack is gone
                self._steps.is_complete = False
                self._mark_absent(load_id)
            if isinstance(postponed, ShareSpent):
                job.listener.stream_failed(self._stream, error)
            else:
                job.postponed = postponed
        except (SkipTable, FailTable) as failed:
            error = failed
            if job.must_finish:
                raise
            job.listener.stream_failed(self._stream, error)
        except StopRun as stop:
            error = stop
            raise
        except Exception as fault:
            # a fault of ours or an answer nobody has thought of: it must not take the others along
            told = f"{self._stream}: unexpected {type(fault).__name__}: {str(fault)[:300]}"
            error = FailTable(told)
            if job.must_finish:
                raise
            job.listener.stream_failed(self._stream, error)
        finally:
            if self._stream == "calls":
                for feed in self._feeds.values():
                    feed.close()
            self._lists.end(self._stream, error, is_partial=not self._steps.is_complete)
        if self._parents:
            rows = parent_reads(self._stream, self._parents, job.loaded_at, load_id)
            self._keep(PARENTS_TABLE, rows)
        yield from self._flush()

    def _flush(self) -> Iterator[Any]:
        for name, waiting in self._waiting.items():
            yield dlt.mark.with_table_name(pa.concat_tables(waiting), name)
        self._waiting.clear()
        self._waiting_rows = 0

    def _keep(self, name: str, rows: pa.Table) -> None:
        if rows.num_rows:
            self._waiting.setdefault(name, []).append(rows)
            self._waiting_rows += rows.num_rows

    def _ensure_tables(self) -> Iterator[Any]:
        missing = self._job.missing
        for name in tables_of(self._stream):
            if missing is None or name in missing:
                yield dlt.mark.with_table_name(empty(name), name)
        if missing is None:
            for name, schema in BOOKKEEPING.items():
                yield dlt.mark.with_table_name(schema.empty_table(), name)

    def _land(self, step: Progress, load_id: str) -> None:
        job = self._job
        counts = self._counts.setdefault(step.window, [0, 0])
        if step.scope is not None:
            self._scopes.append(step.scope)
        if step.there:
            root = self._roots[0]
            counts[0] += len(step.there - root.seen)
            root.seen |= step.there
        if step.parent and CHILD_STREAMS[self._stream].every_days > 1:
            self._parents.append(step.parent)
        if step.calls:
            calls = step.calls
            if job.suppression:
                calls = [one for one in calls if not job.suppression.leaves_out_call(one)]
            self._keep(ASKS_TABLE, transcript_asks(calls, job.loaded_at, load_id))
        if step.is_end:
            seen, changed = self._counts.pop(step.window)
            job.listener.window_done(step.window)
            zone = job.reader.zone.key if job.reader.zone else None
            row = window_row(
                step.window, job.run_id, job.kind, zone, (seen, changed), job.loaded_at, load_id
            )
            if self._stream == "calls" and (_followers(job) or job.lacking):
                self._lists.calls_done.append(row)
            else:
                self._keep(WINDOWS_TABLE, row)
        if step.entities:
            seen, changed = self._land_page(step.entities, step.window, load_id)
            counts[0] += seen
            counts[1] += changed
            job.listener.page_read(step.window, seen, changed)

    def _land_page(self, page: Sequence[Entity], window: Window, load_id: str) -> tuple[int, int]:
        job = self._job
        if not job.keep_private:
            # not seen either: a call that has become private since leaves the marts
            page = [entity for entity in page if not _is_private(entity)]
        if job.suppression:
            page = self._without_erased(job.suppression, page)
        self._lists.note(self._stream, page)
        counted = (0, 0)
        for root in self._roots:
            fresh: dict[str, Entity] = {}
            for entity in page:
                own = root.of(entity)
                fresh.setdefault(entity_key(root.table, own), own)
            for key in root.seen & fresh.keys():
                del fresh[key]
            root.seen |= fresh.keys()
            changed = self._land_changed(root, fresh, window, load_id)
            if root is self._roots[0]:
                counted = (len(fresh), len(changed))
                self._tell_others(fresh, changed, window, load_id)
        return counted

    def _without_erased(self, suppression: Suppression, page: Sequence[Entity]) -> list[Entity]:
        """Returns what may land of a page. What may not is there all the same: not deleted."""
        kept: list[Entity] = []
        for entity in page:
            left = suppression.entity(self._stream, entity)
            if left is not None:
                kept.append(left)
                continue
            for root in self._roots:
                root.seen.add(entity_key(root.table, root.of(entity)))
        return kept

    def _land_changed(
        self, root: _Root, fresh: Mapping[str, Entity], window: Window, load_id: str
    ) -> list[str]:
        known = self._job.held.known(root.table.name, list(fresh), window.span)
        digests = {key: content_hash(entity) for key, entity in fresh.items()}
        changed = [key for key in fresh if known.get(key) != digests[key]]
        if changed:
            landed = to_arrow(
                root.table.name,
                root.children,
                [fresh[key] for key in changed],
                [digests[key] for key in changed],
                self._job.loaded_at,
                load_id,
            )
            for name, rows in landed.items():
                self._keep(name, rows)
        return changed

    def _tell_others(
        self, fresh: Mapping[str, Entity], changed: Sequence[str], window: Window, load_id: str
    ) -> None:
        """Hands on what follows from a page: ids to who waits for them, the history of users."""
        if self._stream == "calls":
            # a lookback asks again for what changed; everywhere else transcripts are read too
            is_lookback = window.reason is Reason.LOOKBACK
            for name, feed in self._feeds.items():
                feed.add(changed if is_lookback and name == "transcripts" else fresh)
        if self._stream == "users" and self._job.held.remembers:
            still_open = self._job.held.open_history(list(fresh))
            self._keep(
                "user_history",
                history(list(fresh.values()), still_open, (), self._job.loaded_at, load_id),
            )

    def _mark_absent(self, load_id: str) -> None:
        """Marks the rows that were to be enumerated and were not there."""
        job = self._job
        if not job.held.remembers:
            return
        for root in self._roots:
            if root.table.absence is not Absence.DELETED:
                continue
            scopes = self._scopes_of(root.table)
            live = frozenset[str]().union(*(job.held.live(root.table.name, s) for s in scopes))
            gone = self._confirmed(root, sorted(live - root.seen), len(live), load_id)
            check = Check(root.table.name, _around(scopes), len(live), len(gone))
            if scopes and not job.ids:
                job.checks.append(check)
                job.listener.checked(check)
            if not gone:
                continue
            gone = self._accepted(root, check, gone)
            if not gone:
                continue
            rows = job.held.rows(root.table.name, gone)
            now = job.loaded_at
            self._keep(
                root.table.name,
                restamped(rows, _deleted_at=now, _loaded_at=now, _dlt_load_id=load_id),
            )
            if root.table.name == "users":
                still_open = job.held.open_history(gone)
                self._keep("user_history", history((), still_open, gone, job.loaded_at, load_id))
            job.listener.deleted(root.table.name, len(gone))

    def _scopes_of(self, table: Table) -> list[Scope]:
        """Returns what was enumerated of a table, as few scopes as will say it."""
        names = {column.name for column in table.columns}
        single: dict[str, set[str]] = {}
        found: list[Scope] = []
        for scope in self._scopes:
            if not names.issuperset((*scope.within, *scope.outside)):
                continue
            if len(scope.within) == 1 and not scope.outside and scope.span is None:
                ((column, values),) = scope.within.items()
                single.setdefault(column, set()).update(values)
            else:
                found.append(scope)
        found += [Scope({column: frozenset(values)}) for column, values in single.items()]
        is_fan_of_others = self._stream in CHILD_STREAMS and not any(
            names.issuperset(scope.within) and scope.within for scope in self._scopes
        )
        if is_fan_of_others and self._scopes and self._steps.is_complete:
            # the parents are no columns of this table: it is complete if all were asked about
            found = [Scope()]
        return found

    def _confirmed(
        self, root: _Root, candidates: Sequence[str], held: int, load_id: str
    ) -> list[str]:
        """Asks for the missing ones by id, where Gong can be; lands those that are there."""
        if not candidates or self._job.ids or not self._job.reader.can_by_id(root.table.name):
            return list(candidates)
        window = self._job.windows[self._stream][0]

        def ask(ids: Sequence[str]) -> list[str]:
            for page in self._job.reader.by_id(self._stream, ids):
                self._land(Progress(window, page), load_id)
            return [key for key in ids if key not in root.seen]

        missing = ask(candidates[:BATCH])
        is_doubtful = is_odd(held, len(candidates), len(root.seen))
        if len(missing) == BATCH and is_doubtful and root.table.name not in self._job.accepted:
            # a person is asked in any case: asking Gong for the others would cost and tell nothing
            return list(candidates)
        return missing + ask(candidates[BATCH:])

    def _accepted(self, root: _Root, check: Check, gone: Sequence[str]) -> list[str]:
        """Returns which of the rows that are gone to mark, and asks a person about the others."""
        job, name = self._job, root.table.name
        if job.ids:
            return list(gone)
        accepted: list[str] = []
        if name in job.accepted:
            accepted = self._inside(root.table, job.accepted[name], gone)
            gone = sorted(set(gone) - set(accepted))
            # what somebody has looked into makes nothing else odd
            counted = next(one for one in reversed(job.checks) if one.table == name)
            job.checks.remove(counted)
            fewer = len(accepted)
            job.checks.append(
                replace(counted, held=counted.held - fewer, gone=counted.gone - fewer)
            )
        checks = [one for one in job.checks if one.table == name]
        # a loss of visibility must not pass because it comes in slices, or a few rows a night
        spans = [one.span for one in checks if one.span]
        lost = sum(one.gone for one in checks)
        # what is doubted was missed too, though it was not marked
        doubted = sum(
            alarm.check.gone
            for alarm in job.alarms
            if alarm.check.table == name and alarm.check.span and minus(alarm.check.span, spans)
        )
        together = [
            (check.held, len(gone)),
            (sum(one.held for one in checks), lost),
            *((held, marked + lost + doubted) for held, marked in job.held.lately(name, spans)),
        ]
        if gone and any(is_odd(held, lost, len(root.seen)) for held, lost in together):
            job.listener.doubtful(replace(check, gone=len(gone)))
            return accepted
        for alarm in job.alarms:
            # a part of what was doubted says nothing about the rest
            if alarm.check.table == name and not alarm.is_covered_by(check):
                there = self._inside(root.table, alarm.check.span, gone)
                gone = sorted(set(gone) - set(there))
        return [*accepted, *gone]

    def _inside(self, table: Table, span: Span | None, keys: Sequence[str]) -> list[str]:
        """Returns the keys of rows that lie in a span."""
        if span is None or table.window_column is None:
            return list(keys)
        there = self._job.held.live(table.name, Scope(span=(table.window_column, span)))
        return [key for key in keys if key in there]


def _around(scopes: Sequence[Scope]) -> Span | None:
    spans = [scope.span[1] for scope in scopes if scope.span]
    return Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None


def _is_private(entity: Entity) -> bool:
    return bool((entity.get("metaData") or {}).get("isPrivate"))


def streams_of(names: Sequence[str]) -> tuple[str, ...]:
    """Returns the streams that fill the given tables, each once, in the order given."""
    return tuple(dict.fromkeys(stream(name) for name in names))
