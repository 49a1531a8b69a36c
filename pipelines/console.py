"""What a run tells the person or the machine that started it.

Progress bars on a terminal, plain lines elsewhere, one JSON object per line on request. Numbers and
names of tables only: no value from Gong's data passes through here.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from sources.gong.api.errors import GongError
    from sources.gong.extract.windows import Window
    from sources.gong.load.deletions import Check


class Console:
    """Writes messages to standard error; results of commands go to standard output elsewhere."""

    def __init__(self, log_format: str = "text", stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self.is_json = log_format == "json"
        self.has_bars = not self.is_json and self._stream.isatty()

    def info(self, message: str, **facts: Any) -> None:
        """Tells how things go; `facts` appear in JSON lines only."""
        self._say("info", message, facts)

    def warn(self, message: str, **facts: Any) -> None:
        """Tells what somebody should look at, though the run goes on."""
        self._say("warning", message, facts)

    def error(self, message: str, **facts: Any) -> None:
        """Tells what failed and what to do."""
        self._say("error", message, facts)

    def _say(self, level: str, message: str, facts: dict[str, Any]) -> None:
        if self.is_json:
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"at": at, "level": level, "message": message, **facts}, default=str)
        else:
            line = message if level == "info" else f"{level}: {message}"
        print(line, file=self._stream, flush=True)


@dataclass(slots=True)
class StreamTally:
    """What came of one stream in a run."""

    windows: int = 0
    seen: int = 0
    changed: int = 0
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    error: GongError | None = None


class Tally:
    """Counts what a run reads; the listener of a job. Safe to call from several threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self.streams: dict[str, StreamTally] = defaultdict(StreamTally)
        self.lost_ids: dict[str, int] = defaultdict(int)
        self.deletions: dict[str, int] = defaultdict(int)
        self.checks: list[Check] = []
        self.doubts: list[Check] = []
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def expect(self, windows: int) -> None:
        """Shows a progress bar over that many windows, on a terminal."""
        if self._console.has_bars:
            from rich.console import Console as RichConsole
            from rich.progress import Progress

            self._bar = Progress(console=RichConsole(stderr=True), transient=True)
            self._task = self._bar.add_task("reading Gong", total=windows)
            self._bar.start()

    def close(self) -> None:
        """Takes the progress bar away."""
        if self._bar:
            self._bar.stop()

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        """Counts what a page brought."""
        with self._lock:
            tally = self.streams[window.stream]
            tally.seen += seen
            tally.changed += changed

    def window_done(self, window: Window) -> None:
        """Counts a window that was read to its end."""
        with self._lock:
            tally = self.streams[window.stream]
            tally.windows += 1
            tally.reasons[str(window.reason)] += 1
            if self._bar and self._task is not None:
                self._bar.update(self._task, advance=1, description=f"reading {window.stream}")

    def stream_failed(self, stream: str, error: GongError) -> None:
        """Notes what ended a stream early."""
        with self._lock:
            self.streams[stream].error = error

    def lost(self, stream: str, ids: Sequence[str]) -> None:
        """Counts ids that Gong does not know any more."""
        with self._lock:
            self.lost_ids[stream] += len(ids)

    def deleted(self, table: str, count: int) -> None:
        """Counts rows that were found gone from Gong and marked."""
        with self._lock:
            self.deletions[table] += count

    def checked(self, check: Check) -> None:
        """Notes a complete read, and what was gone."""
        with self._lock:
            self.checks.append(check)

    def doubtful(self, check: Check) -> None:
        """Notes that so much is gone that a person must look."""
        with self._lock:
            self.doubts.append(check)

    @property
    def seen(self) -> int:
        """How many entities were read."""
        return sum(tally.seen for tally in self.streams.values())

    @property
    def changed(self) -> int:
        """How many entities were new or had changed, and landed."""
        return sum(tally.changed for tally in self.streams.values())

    def report(self) -> None:
        """Says per stream what was asked for, why, and what had changed."""
        for stream, tally in sorted(self.streams.items()):
            why = ", ".join(
                f"{reason} ×{count}" if count > 1 else reason
                for reason, count in sorted(tally.reasons.items())
            )
            self._console.info(
                f"  {stream:<22}{tally.seen:>9,} read{tally.changed:>9,} landed   ({why or '-'})",
                stream=stream,
                seen=tally.seen,
                changed=tally.changed,
                reasons=dict(tally.reasons),
            )
        for stream, tally in sorted(self.streams.items()):
            if tally.error:
                self._console.warn(f"{stream}: {tally.error}", stream=stream)
        for stream, count in sorted(self.lost_ids.items()):
            self._console.warn(f"{stream}: {count} ids are not known to Gong any more")
        for table, count in sorted(self.deletions.items()):
            self._console.info(
                f"  {table:<22}{count:>9,} gone from Gong, marked in _deleted_at",
                table=table,
                deleted=count,
            )
