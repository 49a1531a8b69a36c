"""Parent records: what the streams of a load package have listed so far, for its child streams.

Streams run side by side in threads. A stream that needs the records of another waits until that one
has ended; if it failed, the waiting stream is skipped with the reason. Records of streams that are
not part of the package come from the existing rows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sources.gong.api.errors import GongError, Postponed, SkipTable, StopRun
from sources.gong.extract.child_streams import Parent, crm_references
from sources.gong.extract.concurrency import IdQueue
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.schema.arrow import parts_of_key
from sources.gong.schema.coercion import dig
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES, Read
from sources.gong.schema.tables import PARENT_COLUMNS, STREAMS, table

_UNLISTED = (CRM_REFERENCES, OPEN_INSTANCES)


@dataclass(slots=True)
class _Stream:
    """A stream of the package."""

    ended: threading.Event = field(default_factory=threading.Event)
    error: GongError | None = None
    is_partial: bool = False


class ParentRecords:
    """The parent records of one load package; safe to share between threads.

    Args:
        running: the streams of the package.
        existing: the rows of earlier runs.
    """

    def __init__(self, running: Collection[str], existing: ExistingRows) -> None:
        self._existing = existing
        self._streams = {name: _Stream() for name in running}
        self._records: dict[str, dict[tuple[object, ...], Parent]] = {
            name: {} for name in (*running, CRM_REFERENCES)
        }
        self._call_ids = {
            name: IdQueue()
            for name in running
            if table(name).read in (Read.AWAITED_CALLS, Read.CALLS_OF_RUN)
        }

    def add(self, stream: str, entities: Iterable[Entity]) -> None:
        """Keeps what child streams need of entities that were read."""
        if stream == "calls":
            references = self._records[CRM_REFERENCES]
            for call in entities:
                for reference in crm_references(call):
                    references[tuple(reference.values())] = reference
        columns = PARENT_COLUMNS.get(stream)
        if columns is None:
            return
        sources = [(name, table(stream).column(name).source) for name in columns]
        records = self._records[stream]
        for entity in entities:
            parent = {name: dig(entity, source) for name, source in sources}
            records[tuple(parent.values())] = parent

    def add_calls(
        self, ids: Collection[str], changed_ids: Collection[str], *, is_lookback: bool
    ) -> None:
        """Hands ids of calls that were read to the streams that are read by call.

        Of a lookback, transcripts of changed calls alone are read again.
        """
        for name, call_ids in self._call_ids.items():
            is_transcript = table(name).read is Read.AWAITED_CALLS
            call_ids.add(changed_ids if is_lookback and is_transcript else ids)

    def call_ids(self, stream: str) -> Iterator[str]:
        """Yields ids of calls for a stream that is read by call, until all calls are read."""
        return iter(self._call_ids[stream])

    def finish(
        self, stream: str, error: GongError | None = None, *, is_partial: bool = False
    ) -> None:
        """Ends a stream: its records are complete, or partial, or it has failed."""
        own = self._streams[stream]
        own.error = own.error or error
        own.is_partial = own.is_partial or is_partial
        if stream == "calls":
            for call_ids in self._call_ids.values():
                call_ids.close()
        own.ended.set()

    def is_running(self, stream: str) -> bool:
        """Whether the stream is part of this package."""
        return stream in self._streams

    def is_complete(self, stream: str) -> bool:
        """Whether the stream has listed all there is in this package."""
        return stream in self._streams and not self._streams[stream].is_partial

    def have_ended(self, streams: Iterable[str], seconds: float) -> bool:
        """Waits a while and returns whether all of these streams have ended, good or bad."""
        until = time.monotonic() + seconds
        return all(
            self._streams[name].ended.wait(max(until - time.monotonic(), 0.0)) for name in streams
        )

    def others(self, streams: Collection[str]) -> list[str]:
        """Returns the streams of the package except these."""
        return [name for name in self._streams if name not in streams]

    def error(self, stream: str) -> GongError | None:
        """Returns what a stream of the package ended with; None if it was read to its end."""
        return self._streams[stream].error

    def lister(self, name: str) -> str | None:
        """Returns the stream of the package that lists the records of a name; None where none."""
        stream = "calls" if name == CRM_REFERENCES else name
        return stream if stream in self._streams and name != OPEN_INSTANCES else None

    def records(self, name: str) -> Sequence[Parent]:
        """Returns the records of a name, once the stream that lists them has ended.

        CRM references are those of the calls that were read, also where calls have failed.

        Raises:
            SkipTable: the stream failed, or no run has ever read it.
        """
        stream = self.lister(name)
        if stream is None:
            existing = self._existing.parents(name)
            if existing is not None or name in _UNLISTED:
                return [*(existing or ()), *self._existing.parents_again(name)]
            raise SkipTable(
                f"it asks about the rows of {name}, which have never been read: add {name} "
                "to --only"
            )
        self._streams[stream].ended.wait()
        error = self._streams[stream].error
        if error is not None and name not in _UNLISTED:
            if isinstance(error, (Postponed, StopRun)):
                raise error
            raise SkipTable(f"it asks about the rows of {name}, and these failed: {error}")
        return [*self._records[name].values(), *self._existing.parents_again(name)]


def parent_record(stream: str, entity: Entity) -> Parent | None:
    """Returns what child streams need of an entity; None where they cannot be requested by it."""
    columns = PARENT_COLUMNS.get(stream)
    if columns is None:
        return None
    row = table(stream)
    record = {name: dig(entity, row.column(name).source) for name in columns}
    keys = [dig(entity, row.column(name).source) for name in row.key]
    is_usable = all(isinstance(value, (str, int)) for value in keys) and all(
        value is None or isinstance(value, (str, int, bool)) for value in record.values()
    )
    return record if is_usable else None


def _requested_by(name: str) -> str | None:
    """Returns the stream that is requested in batches of these records and has them in its key."""
    for stream in STREAMS:
        row = table(stream)
        if row.parents is None or name not in row.parents.streams or row.parents.per_request == 1:
            continue
        is_of_crm = _CRM_ID in row.key
        has_ids = set(PARENT_COLUMNS[name]) <= set(row.key)
        if name == CRM_REFERENCES if is_of_crm else has_ids:
            return stream
    return None


_CRM_ID = "crm_id"
ASKED_AGAIN = {name: stream for name in PARENT_COLUMNS if (stream := _requested_by(name))}
"""Parent records that a sync may list in part, and the stream that is requested by batches of them.

What of that stream is in quarantine is requested again with the records that name it."""


def naming_record(name: str, key: str) -> Parent | None:
    """Returns the parent record by which an entity of `ASKED_AGAIN` is requested, by its key."""
    parts = parts_of_key(table(ASKED_AGAIN[name]), key)
    if not parts:
        return None
    if name == CRM_REFERENCES:
        return {"object_type": parts["object_type"].title(), "object_id": parts[_CRM_ID]}
    return {column: parts[column] for column in PARENT_COLUMNS[name]}


_CRM_OBJECTS = {
    CRM_REFERENCES: ("object_type", "object_id"),
    "tasks": ("contact_type", "contact_crm_id"),
}
"""Parent records that name a CRM object, and the columns that do."""


def not_requested(name: str, records: Sequence[Parent], requested: set[str]) -> Sequence[Parent]:
    """Returns the records that no package of this run has requested, and adds them to `requested`.

    A CRM object is requested once in a run, whatever refers to it; open flow instances are
    requested by the first package.
    """
    if name == OPEN_INSTANCES:
        is_again = name in requested
        requested.add(name)
        return () if is_again else records
    if name not in _CRM_OBJECTS:
        return records
    type_, id_ = _CRM_OBJECTS[name]
    by_object = {f"{str(record[type_]).upper()} {record[id_]}": record for record in records}
    new = by_object.keys() - requested
    requested |= new
    return [record for key, record in by_object.items() if key in new]
