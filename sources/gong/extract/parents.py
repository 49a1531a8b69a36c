"""What the streams of a run have listed so far, for those that ask once per element.

Streams run side by side in threads. A stream that needs a list waits until the one that makes it
has come to its end; if that one fails, the waiting one is skipped with the reason. Lists of
streams that are not part of the run come from the warehouse.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Sequence

import pyarrow as pa

from sources.gong.api.errors import GongError, Postponed, SkipTable, StopRun
from sources.gong.extract.child_streams import Parent, crm_references
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.schema.coercion import dig
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import CRM_REFERENCES
from sources.gong.schema.tables import PARENT_COLUMNS, table


class ParentRecords:
    """The lists of one load package; safe to share between threads.

    Args:
        running: the streams of the package.
        held: what the warehouse has, for those that are not.
    """

    def __init__(self, running: Collection[str], held: ExistingRows) -> None:
        self._held = held
        self._running = frozenset(running)
        self._rows: dict[str, dict[tuple[object, ...], Parent]] = {name: {} for name in running}
        self._rows[CRM_REFERENCES] = {}
        self._ended = {name: threading.Event() for name in running}
        self._partial: set[str] = set()
        self._errors: dict[str, GongError] = {}
        self.calls_done: list[pa.Table] = []
        """The account of the windows of calls that were read to their end."""

    def note(self, stream: str, entities: Iterable[Entity]) -> None:
        """Keeps what others will ask about of entities that were read."""
        if stream == "calls":
            references = self._rows[CRM_REFERENCES]
            for call in entities:
                for one in crm_references(call):
                    references[one["object_type"], one["object_id"]] = one
        columns = PARENT_COLUMNS.get(stream)
        if columns is None:
            return
        sources = [(name, table(stream).column(name).source) for name in columns]
        rows = self._rows[stream]
        for entity in entities:
            parent = {name: dig(entity, source) for name, source in sources}
            rows[tuple(parent.values())] = parent

    def end(self, stream: str, error: GongError | None = None, *, is_partial: bool = False) -> None:
        """Lets go of who waits for the stream, whose list is complete, or failed, or partial."""
        if error is not None:
            self._errors.setdefault(stream, error)
        if is_partial:
            self._partial.add(stream)
        self._ended[stream].set()

    def is_running(self, stream: str) -> bool:
        """Whether the stream is part of this package."""
        return stream in self._running

    def is_complete(self, stream: str) -> bool:
        """Whether the stream has listed all there is in this package."""
        return stream in self._running and stream not in self._partial

    def have_ended(self, streams: Iterable[str], seconds: float) -> bool:
        """Waits a while and returns whether all of these streams have come to their end."""
        until = time.monotonic() + seconds
        return all(self._ended[name].wait(max(until - time.monotonic(), 0.0)) for name in streams)

    def error(self, stream: str) -> GongError | None:
        """Returns what a stream of the package ended with; None if it was read to its end."""
        return self._errors.get(stream)

    def wait(self, stream: str) -> Sequence[Parent]:
        """Returns the list that a stream makes, once it has come to its end.

        Raises:
            SkipTable: it could not be read, or no run has ever read it.
        """
        if stream in self._running:
            self._ended[stream].wait()
            error = self._errors.get(stream)
            if isinstance(error, (Postponed, StopRun)):
                raise error
            if error is not None:
                raise SkipTable(f"it asks about the rows of {stream}, and these failed: {error}")
            return list(self._rows[stream].values())
        held = self._held.parents(stream)
        if held is None:
            raise SkipTable(
                f"it asks about the rows of {stream}, which have never been read: add {stream} "
                "to --only"
            )
        return held

    def wait_for_all_but(self, streams: Collection[str]) -> None:
        """Returns when every other stream of the package has come to its end, good or bad."""
        for name, ended in self._ended.items():
            if name not in streams:
                ended.wait()

    def references(self) -> Sequence[Parent]:
        """Returns the CRM objects that the calls of this package refer to, once all are read.

        Where no calls are read here, those that the calls of the warehouse refer to.
        """
        if "calls" not in self._running:
            return self._held.parents(CRM_REFERENCES) or ()
        self._ended["calls"].wait()
        return list(self._rows[CRM_REFERENCES].values())
