"""Counts what a run reads, per stream, and reports it at the end.

Implements the listener of a load package; shows a progress bar on a terminal. Decides nothing.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.console import Console
from sources.gong.load.listener import LoadListener
from sources.gong.schema.table import REFUSED_FOR_DAYS

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from sources.gong.api.errors import GongError, Postponed
    from sources.gong.extract.windows import Window
    from sources.gong.load.deletions import DeletionCheck
    from sources.gong.schema.odd_entities import OddEntity


@dataclass(slots=True)
class StreamCounts:
    """Counts of one stream: windows and entities read, entities landed, reasons, its error.

    `odd` are the entities that could not land and are in quarantine.
    """

    windows: int = 0
    seen: int = 0
    changed: int = 0
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    error: GongError | None = None
    odd: list[OddEntity] = field(default_factory=list)


class RunCounts(LoadListener):
    """Counts of a run, by stream; safe to use from several threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self.streams: dict[str, StreamCounts] = defaultdict(StreamCounts)
        self.lost_ids: dict[str, int] = defaultdict(int)
        self.refusals: dict[str, int] = defaultdict(int)
        self.deletions: dict[str, int] = defaultdict(int)
        self.checks: list[DeletionCheck] = []
        self.doubts: list[DeletionCheck] = []
        self.early: Postponed | None = None
        self._remarks: dict[str, None] = {}
        self._expected = 0
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def expect(self, windows: int) -> None:
        """Shows a progress bar over as many windows, on a terminal."""
        self._expected = windows
        if self._console.has_bars:
            from rich.console import Console as RichConsole
            from rich.progress import Progress

            self._bar = Progress(console=RichConsole(stderr=True), transient=True)
            self._task = self._bar.add_task("reading Gong", total=windows)
            self._bar.start()

    def begin(self, streams: Iterable[str]) -> None:
        """Adds streams to the report, also if nothing of them is read."""
        with self._lock:
            for stream in streams:
                self.streams[stream]

    def progress(self) -> str | None:
        """Returns how far the reading is; None where a progress bar shows it."""
        if self._bar:
            return None
        with self._lock:
            windows = sum(counts.windows for counts in self.streams.values())
            return (
                f"{windows:,} of {self._expected:,} windows done, {self.seen:,} entities read, "
                f"{self.changed:,} new or changed"
                if self._expected
                else "planning"
            )

    def close(self) -> None:
        """Removes the progress bar."""
        if self._bar:
            self._bar.stop()

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        """Counts the entities of a page."""
        with self._lock:
            counts = self.streams[window.stream]
            counts.seen += seen
            counts.changed += changed

    def window_done(self, window: Window) -> None:
        """Counts a window that was read to its end."""
        with self._lock:
            counts = self.streams[window.stream]
            counts.windows += 1
            counts.reasons[str(window.reason)] += 1
            if self._bar and self._task is not None:
                self._bar.update(self._task, advance=1, description=f"reading {window.stream}")

    def stream_failed(self, stream: str, error: GongError) -> None:
        """Records the error that ended a stream early."""
        with self._lock:
            self.streams[stream].error = error

    def postponed(self, error: Postponed) -> None:
        """Records the error with which the quota ended a package early."""
        self.early = error

    def lost(self, stream: str, ids: Sequence[str]) -> None:
        """Counts ids that are unknown to Gong."""
        with self._lock:
            self.lost_ids[stream] += len(ids)

    def refused(self, stream: str, count: int) -> None:
        """Counts inactive users whom Gong has refused."""
        with self._lock:
            self.refusals[stream] += count

    def remark(self, text: str) -> None:
        """Records a warning for the report; the same one is reported once."""
        with self._lock:
            self._remarks[text] = None

    def quarantined(self, odd: OddEntity) -> None:
        """Records an entity that could not land; all of the run's are named at its end."""
        with self._lock:
            self.streams[odd.stream].odd.append(odd)

    def deleted(self, table: str, count: int) -> None:
        """Counts rows that were marked as deleted."""
        with self._lock:
            self.deletions[table] += count

    def checked(self, check: DeletionCheck) -> None:
        """Records a complete read and how many rows it missed."""
        with self._lock:
            self.checks.append(check)

    def doubtful(self, check: DeletionCheck) -> None:
        """Records a complete read that missed too many rows; a person must review it."""
        with self._lock:
            self.doubts.append(check)

    @property
    def seen(self) -> int:
        """How many entities were read."""
        return sum(counts.seen for counts in self.streams.values())

    @property
    def changed(self) -> int:
        """How many entities landed, new or changed."""
        return sum(counts.changed for counts in self.streams.values())

    def report(self) -> None:
        """Writes what each stream has read and landed, and why; then what went wrong."""
        for stream, counts in sorted(self.streams.items()):
            why = ", ".join(
                f"{reason} ×{count}" if count > 1 else reason
                for reason, count in sorted(counts.reasons.items())
            )
            self._console.info(
                f"  {stream:<22}{counts.seen:>9,} read{counts.changed:>9,} landed   ({why or '-'})",
                stream=stream,
                seen=counts.seen,
                changed=counts.changed,
                reasons=dict(counts.reasons),
            )
        for stream, counts in sorted(self.streams.items()):
            if counts.error:
                self._console.warn(f"{stream}: {counts.error}", stream=stream)
        for text in self._remarks:
            self._console.warn(text)

        self._report_quarantine()
        for stream, count in sorted(self.lost_ids.items()):
            self._console.warn(f"{stream}: {count} ids are not known to Gong any more")
        for stream, count in sorted(self.refusals.items()):
            self._console.info(
                f"  {stream:<22}{count:>9,} inactive users refused by Gong; asked again in "
                f"{REFUSED_FOR_DAYS} days",
                stream=stream,
                refused=count,
            )
        for table, count in sorted(self.deletions.items()):
            self._console.info(
                f"  {table:<22}{count:>9,} gone from Gong, marked in _deleted_at",
                table=table,
                deleted=count,
            )

    def _report_quarantine(self) -> None:
        for stream, counts in sorted(self.streams.items()):
            if counts.odd:
                first = counts.odd[0]
                name = first.entity_id or "one without a readable id"
                others = f", and {len(counts.odd) - 1:,} others" if counts.odd[1:] else ""
                self._console.warn(
                    f"{stream}: {name}{others} did not land and wait in quarantine: "
                    f"{str(first.drift).rstrip('.')}. Every sync requests them again; `gong-elt "
                    "status` and gong_ops.quarantine name them all.",
                    stream=stream,
                    quarantined=len(counts.odd),
                )
