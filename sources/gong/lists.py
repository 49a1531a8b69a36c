"""What the readings of a run have listed so far, for those that ask once per element.

Readings run side by side in threads. A reading that needs a list waits until the one that makes it
has come to its end; if that one fails, the waiting one is skipped with the reason. Lists of
readings that are not part of the run come from the warehouse.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Sequence

import pyarrow as pa

from sources.gong.columns import Entity
from sources.gong.errors import GongError, Postponed, SkipTable, StopRun
from sources.gong.fans import CRM_REFERENCES, PARENT_COLUMNS, Parent, crm_references
from sources.gong.held import Held
from sources.gong.tables import table
from sources.gong.values import dig


class Lists:
    """The lists of one load package; safe to share between threads.

    Args:
        running: the readings of the package.
        held: what the warehouse has, for those that are not.
    """

    def __init__(self, running: Collection[str], held: Held) -> None:
        self._held = held
        self._running = frozenset(running)
        self._rows: dict[str, dict[tuple[object, ...], Parent]] = {name: {} for name in running}
        self._rows[CRM_REFERENCES] = {}
        self._ended = {name: threading.Event() for name in running}
        self._partial: set[str] = set()
        self._errors: dict[str, GongError] = {}
        self.calls_done: list[pa.Table] = []
        """The account of the windows of calls that were read to their end."""

    def note(self, reading: str, entities: Iterable[Entity]) -> None:
        """Keeps what others will ask about of entities that were read."""
        if reading == "calls":
            references = self._rows[CRM_REFERENCES]
            for call in entities:
                for one in crm_references(call):
                    references[one["object_type"], one["object_id"]] = one
        columns = PARENT_COLUMNS.get(reading)
        if columns is None:
            return
        sources = [(name, table(reading).column(name).source) for name in columns]
        rows = self._rows[reading]
        for entity in entities:
            parent = {name: dig(entity, source) for name, source in sources}
            rows[tuple(parent.values())] = parent

    def end(
        self, reading: str, error: GongError | None = None, *, is_partial: bool = False
    ) -> None:
        """Lets go of who waits for the reading, whose list is complete, or failed, or partial."""
        if error is not None:
            self._errors.setdefault(reading, error)
        if is_partial:
            self._partial.add(reading)
        self._ended[reading].set()

    def is_running(self, reading: str) -> bool:
        """Whether the reading is part of this package."""
        return reading in self._running

    def is_complete(self, reading: str) -> bool:
        """Whether the reading has listed all there is in this package."""
        return reading in self._running and reading not in self._partial

    def have_ended(self, readings: Iterable[str], seconds: float) -> bool:
        """Waits a while and returns whether all of these readings have come to their end."""
        until = time.monotonic() + seconds
        return all(self._ended[name].wait(max(until - time.monotonic(), 0.0)) for name in readings)

    def error(self, reading: str) -> GongError | None:
        """Returns what a reading of the package ended with; None if it was read to its end."""
        return self._errors.get(reading)

    def wait(self, reading: str) -> Sequence[Parent]:
        """Returns the list that a reading makes, once it has come to its end.

        Raises:
            SkipTable: it could not be read, or no run has ever read it.
        """
        if reading in self._running:
            self._ended[reading].wait()
            error = self._errors.get(reading)
            if isinstance(error, (Postponed, StopRun)):
                raise error
            if error is not None:
                raise SkipTable(f"it asks about the rows of {reading}, and these failed: {error}")
            return list(self._rows[reading].values())
        held = self._held.parents(reading)
        if held is None:
            raise SkipTable(
                f"it asks about the rows of {reading}, which have never been read: add {reading} "
                "to --only"
            )
        return held

    def wait_for_all_but(self, readings: Collection[str]) -> None:
        """Returns when every other reading of the package has come to its end, good or bad."""
        for name, ended in self._ended.items():
            if name not in readings:
                ended.wait()

    def references(self) -> Sequence[Parent]:
        """Returns the CRM objects that the calls of this package refer to, once all are read.

        Where no calls are read here, those that the calls of the warehouse refer to.
        """
        if "calls" not in self._running:
            return self._held.parents(CRM_REFERENCES) or ()
        self._ended["calls"].wait()
        return list(self._rows[CRM_REFERENCES].values())
