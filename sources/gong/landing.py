"""Readings become dlt resources: entities in, changed rows out, and a row for each finished window.

Invariant: an entity whose content is known is not yielded again, so an unchanged row is never
rewritten; a window's row travels in the same load package as the window's data and is yielded only
after the window was read to its end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import Any, Protocol

import dlt
import pyarrow as pa

from sources.gong.columns import Column, Entity, Type
from sources.gong.errors import FailTable, GongError, Postponed, SkipTable, StopRun
from sources.gong.overlap import Feed, overlapped
from sources.gong.readers import IDS_PER_REQUEST, Reader
from sources.gong.records import (
    TOMBSTONE,
    empty,
    entity_key,
    landed_columns,
    to_arrow,
)
from sources.gong.tables import STATS_TABLES, TABLES, children, table
from sources.gong.tables import reading as reading_of
from sources.gong.values import content_hash
from sources.gong.windows import Reason, Span, Window

THREADS_PER_READING = 4

_ROWS_PER_ITEM = 100_000
"""dlt works out the schema of each Arrow item anew, at 20 ms a piece, so pages are joined into
larger items; this bounds what waits in memory."""

Known = Callable[[str, Sequence[str], Span], Mapping[str, str]]
"""Reading, entity keys, span they were asked for → content hash by key, of what the warehouse
already holds of them."""


class Listener(Protocol):
    """Told how a run goes; called from several threads."""

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        """A page was read: entities not seen before in this run, and how many had changed."""

    def window_done(self, window: Window) -> None:
        """A window was read to its end."""

    def reading_failed(self, reading: str, error: GongError) -> None:
        """A reading ended early; what it had read stays."""

    def lost(self, reading: str, ids: Sequence[str]) -> None:
        """Gong does not know these ids any more."""


class Silent:
    """A listener that does nothing."""

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        """Does nothing."""

    def window_done(self, window: Window) -> None:
        """Does nothing."""

    def reading_failed(self, reading: str, error: GongError) -> None:
        """Does nothing."""

    def lost(self, reading: str, ids: Sequence[str]) -> None:
        """Does nothing."""


@dataclass(slots=True)
class Job:
    """What one load package reads.

    Args:
        reader: how to ask Gong.
        windows: what to read, by reading; `transcripts` reads by id unless it has windows.
        run_id: names the run in the window rows.
        kind: sync, backfill or source.
        loaded_at: the run's frozen present.
        known: what the warehouse holds.
        awaited: ids of calls whose transcript is still to come.
        missing: landed tables that the warehouse does not have yet; None for all.
        keep_private: whether private calls are landed.
        must_finish: whether a failing reading fails the package, instead of only itself.
    """

    reader: Reader
    windows: Mapping[str, Sequence[Window]]
    run_id: str
    kind: str
    loaded_at: datetime
    known: Known = lambda _reading, _keys, _span: {}
    awaited: Callable[[], Sequence[str]] = lambda: ()
    missing: frozenset[str] | None = None
    keep_private: bool = True
    must_finish: bool = True
    listener: Listener = field(default_factory=Silent)
    postponed: Postponed | None = None


@dataclass(slots=True)
class _Progress:
    """One window on its way: a page of entities, and after the last page the end."""

    window: Window
    entities: list[Entity]
    is_end: bool = False
    asked: Sequence[str] = ()
    """Calls whose transcripts were asked for and have all been yielded."""


_DLT_TYPES = {
    Type.INTEGER: "bigint",
    Type.NUMBER: "double",
    Type.BOOLEAN: "bool",
    Type.PRESENCE: "bool",
    Type.INSTANT: "timestamp",
    Type.DATE: "date",
    Type.JSON: "json",
}

WINDOWS_TABLE = "_windows"
_WINDOW_SCHEMA = pa.schema(
    [
        pa.field("window_id", pa.string(), nullable=False),
        pa.field("run_id", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("reading", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("start_at", pa.timestamp("us", "UTC")),
        pa.field("end_at", pa.timestamp("us", "UTC")),
        pa.field("time_zone", pa.string()),
        pa.field("entities_seen", pa.int64()),
        pa.field("entities_changed", pa.int64()),
        pa.field("read_at", pa.timestamp("us", "UTC")),
        pa.field("_dlt_load_id", pa.string()),
    ]
)


ASKS_TABLE = "_transcript_asks"
"""One row per call whose transcript was ever asked for: when last."""

_ASKS_SCHEMA = pa.schema(
    [
        pa.field("call_id", pa.string(), nullable=False),
        pa.field("asked_at", pa.timestamp("us", "UTC")),
        pa.field("_dlt_load_id", pa.string()),
    ]
)


_BOOKKEEPING = {WINDOWS_TABLE: _WINDOW_SCHEMA, ASKS_TABLE: _ASKS_SCHEMA}
_ARROW_TO_DLT = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.timestamp("us", "UTC"): "timestamp",
}


def _is_no_json_remark(record: logging.LogRecord) -> bool:
    """Holds back one remark of dlt: that JSON columns arrive as Arrow text, which is on purpose."""
    return "when merging arrow schema with dlt schema" not in record.getMessage()


def resources(job: Job) -> list[Any]:
    """Returns the dlt resources of a job, one per reading; they run side by side."""
    logging.getLogger("dlt").addFilter(_is_no_json_remark)
    calls_feed = Feed()
    found = []
    for reading in job.windows:
        landing = _Landing(job, reading, calls_feed)
        resource = dlt.resource(landing.rows(), name=reading, parallelized=True)
        # told once and ahead: hints that come with the data make dlt work out every table again
        for hints in (*map(_hints, landing.tables), *_bookkeeping_hints()):
            resource.merge_hints(hints, create_table_variant=True)
        found.append(resource)
    elsewhere = sorted((job.missing or frozenset()) - tables_of(tuple(job.windows)))
    if elsewhere:
        resource = dlt.resource(_without_rows(elsewhere), name="tables_without_rows")
        for name in elsewhere:
            if name not in _BOOKKEEPING:
                resource.merge_hints(_hints(name), create_table_variant=True)
        for hints in _bookkeeping_hints():
            resource.merge_hints(hints, create_table_variant=True)
        found.append(resource)
    return found


def _without_rows(names: Sequence[str]) -> Iterator[Any]:
    """Yields tables of readings that are not read, so that the warehouse has all its tables."""
    for name in names:
        rows = _BOOKKEEPING[name].empty_table() if name in _BOOKKEEPING else empty(name)
        yield dlt.mark.with_table_name(rows, name)


class _Landing:
    """Lands one reading: skips what is known, converts what is not."""

    def __init__(self, job: Job, reading: str, calls_feed: Feed) -> None:
        self._job = job
        self._reading = reading
        self._feed = calls_feed
        self._root = table("stats_periods" if reading in STATS_TABLES else reading)
        self._children = (
            (reading,) if reading in STATS_TABLES else tuple(c.name for c in children(reading))
        )
        self._seen: set[str] = set()
        self._counts: dict[Window, list[int]] = {}
        self._waiting: dict[str, list[pa.Table]] = {}
        self._waiting_rows = 0

    @property
    def tables(self) -> tuple[str, ...]:
        """The landed tables that the reading fills."""
        return (self._root.name, *self._children)

    @property
    def _tick(self) -> float | None:
        """Transcripts wait for calls. Where dlt has one worker for both, they must let go of it."""
        return 2.0 if self._reading == "transcripts" and "calls" in self._job.windows else None

    def rows(self) -> Iterator[Any]:
        """Yields dlt items: Arrow tables with their hints."""
        job = self._job
        load_id = dlt.current.load_package_state()["load_id"]
        yield from self._ensure_tables()
        try:
            for step in overlapped(self._steps(), THREADS_PER_READING, self._tick):
                if step is None:
                    yield dlt.mark.with_table_name(empty(self._root.name), self._root.name)
                    continue
                self._land(step, load_id)
                if self._waiting_rows > _ROWS_PER_ITEM:
                    yield from self._flush()
        except Postponed as postponed:
            if job.must_finish:
                raise
            job.postponed = postponed
        except (SkipTable, FailTable) as error:
            if job.must_finish:
                raise
            job.listener.reading_failed(self._reading, error)
        except StopRun:
            raise
        except Exception as error:
            # a fault of ours or an answer nobody has thought of: it must not take the others along
            if job.must_finish:
                raise
            told = f"{self._reading}: unexpected {type(error).__name__}: {str(error)[:300]}"
            job.listener.reading_failed(self._reading, FailTable(told))
        finally:
            if self._reading == "calls":
                self._feed.close()
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
        for name in self.tables:
            if missing is None or name in missing:
                yield dlt.mark.with_table_name(empty(name), name)
        if missing is None:
            for name, schema in _BOOKKEEPING.items():
                yield dlt.mark.with_table_name(schema.empty_table(), name)

    def _steps(self) -> Iterator[Callable[[], Iterator[_Progress]]]:
        windows = self._job.windows[self._reading]
        if self._reading == "transcripts" and windows and windows[0].reason is Reason.AWAITED:
            yield from self._transcript_steps(windows[0])
            return
        for window in windows:
            yield partial(self._pages, window)

    def _pages(self, window: Window) -> Iterator[_Progress]:
        for page in self._job.reader.entities(window):
            yield _Progress(window, page)
        yield _Progress(window, [], is_end=True)

    def _transcript_steps(self, window: Window) -> Iterator[Callable[[], Iterator[_Progress]]]:
        """Asks for awaited transcripts, and for those of calls as these are read beside it."""
        pending = threading.Semaphore(0)
        batches = 0

        def pages(ids: Sequence[str]) -> Iterator[_Progress]:
            try:
                for page in self._job.reader.transcripts(ids):
                    yield _Progress(window, page)
                yield _Progress(window, [], asked=ids)
            finally:
                pending.release()

        def end() -> Iterator[_Progress]:
            for _ in range(batches):
                pending.acquire()
            yield _Progress(window, [], is_end=True)

        def ids() -> Iterator[str]:
            asked: set[str] = set()
            feed = self._feed if "calls" in self._job.windows else ()
            for one in chain(self._job.awaited(), feed):
                if one not in asked:
                    asked.add(one)
                    yield one

        fresh = ids()
        while batch := list(islice(fresh, IDS_PER_REQUEST)):
            batches += 1
            yield partial(pages, batch)
        yield end

    def _land(self, step: _Progress, load_id: str) -> None:
        counts = self._counts.setdefault(step.window, [0, 0])
        if step.is_end:
            seen, changed = self._counts.pop(step.window)
            self._job.listener.window_done(step.window)
            self._keep(WINDOWS_TABLE, self._window_row(step.window, seen, changed, load_id))
            return
        if step.asked:
            self._keep(ASKS_TABLE, self._asks(step.asked, load_id))
            return
        fresh: dict[str, Entity] = {}
        for entity in step.entities:
            if self._job.keep_private or not _is_private(entity):
                fresh.setdefault(entity_key(self._root, entity), entity)
        for key in self._seen & fresh.keys():
            del fresh[key]
        self._seen |= fresh.keys()
        counts[0] += len(fresh)
        known = self._job.known(self._reading, list(fresh), step.window.span)
        digests = {key: content_hash(entity) for key, entity in fresh.items()}
        changed_keys = [key for key in fresh if known.get(key) != digests[key]]
        entities = [fresh[key] for key in changed_keys]
        hashes = [digests[key] for key in changed_keys]
        counts[1] += len(entities)
        self._job.listener.page_read(step.window, len(fresh), len(entities))
        if self._reading == "calls":
            # a lookback asks again for what changed; everywhere else transcripts are read too
            is_lookback = step.window.reason is Reason.LOOKBACK
            self._feed.add(changed_keys if is_lookback else fresh)
        if not entities:
            return
        landed = to_arrow(
            self._root.name, self._children, entities, hashes, self._job.loaded_at, load_id
        )
        for name, rows in landed.items():
            self._keep(name, rows)

    def _asks(self, call_ids: Sequence[str], load_id: str) -> pa.Table:
        count = len(call_ids)
        return pa.table(
            [
                pa.array(call_ids, pa.string()),
                pa.array([self._job.loaded_at] * count, pa.timestamp("us", "UTC")),
                pa.array([load_id] * count, pa.string()),
            ],
            schema=_ASKS_SCHEMA,
        )

    def _window_row(self, window: Window, seen: int, changed: int, load_id: str) -> pa.Table:
        job, zone = self._job, self._job.reader.zone
        row = {
            "window_id": f"{job.run_id}/{window.reading}/{window.detail}"
            f"/{window.span.start.isoformat()}/{window.span.end.isoformat()}",
            "run_id": job.run_id,
            "kind": job.kind,
            "reading": window.reading,
            "detail": window.detail,
            "reason": str(window.reason),
            "start_at": window.span.start,
            "end_at": window.span.end,
            "time_zone": zone.key if zone else None,
            "entities_seen": seen,
            "entities_changed": changed,
            "read_at": job.loaded_at,
            "_dlt_load_id": load_id,
        }
        return pa.Table.from_pylist([row], schema=_WINDOW_SCHEMA)


def _is_private(entity: Entity) -> bool:
    return bool((entity.get("metaData") or {}).get("isPrivate"))


def _hints(name: str) -> Any:
    """Returns the dlt hints of a landed table.

    A root table is merged on its key. A child table is replaced entity by entity: all its rows of
    an entity go, the new ones come, and a tombstone takes away rows without bringing new ones.
    """
    landed = table(name)
    is_key: Callable[[Column], bool]
    if landed.is_root:
        key_hint, is_key = "primary_key", lambda column: column.name in landed.key
    else:
        key_hint, is_key = "merge_key", lambda column: column.name == landed.root_key
    columns: Any = {}
    for column in landed_columns(name):
        hint: dict[str, Any] = {
            "name": column.name,
            "data_type": _DLT_TYPES.get(column.type, "text"),
            "nullable": column.name not in landed.key,
        }
        if is_key(column):
            hint[key_hint] = True
        if column is TOMBSTONE:
            hint["hard_delete"] = True
        columns[column.name] = hint
    return dlt.mark.make_hints(table_name=name, write_disposition="merge", columns=columns)


def _bookkeeping_hints() -> list[Any]:
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
        for name, schema in _BOOKKEEPING.items()
    ]


ALL_TABLES = frozenset(t.name for t in TABLES) | _BOOKKEEPING.keys()
"""Every table that lands, bookkeeping included."""


def tables_of(readings: Sequence[str]) -> frozenset[str]:
    """Returns the names of all landed tables that the given readings fill."""
    names: set[str] = set()
    for reading in readings:
        if reading in STATS_TABLES:
            names |= {"stats_periods", reading}
        else:
            names |= {reading, *(child.name for child in children(reading))}
    return frozenset(names)


def readings_of(names: Sequence[str]) -> tuple[str, ...]:
    """Returns the readings that fill the given tables, each once, in the order given."""
    return tuple(dict.fromkeys(reading_of(name) for name in names))
