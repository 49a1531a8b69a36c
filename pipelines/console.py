"""Messages of a run, on standard error: plain lines, or one JSON object per line.

Messages hold numbers and names of tables only, never a value of Gong's data. Results of commands go
to standard output (`output.py`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, TextIO

_BEAT_SECONDS = 15.0


class Console:
    """Writes messages, by default to standard error. One that cannot be written is dropped.

    Args:
        log_format: text, or json.
        stream: where messages go.
        beat: seconds between the lines of a long stage.
    """

    def __init__(
        self,
        log_format: str = "text",
        stream: TextIO | None = None,
        beat: float = _BEAT_SECONDS,
    ) -> None:
        self._stream, self._beat = stream or sys.stderr, beat
        self.is_json = log_format == "json"
        self.has_bars = not self.is_json and self._stream.isatty()

    def info(self, message: str, **facts: Any) -> None:
        """Writes how the run is going; `facts` appear in JSON lines only."""
        self._write("info", message, facts)

    def warn(self, message: str, **facts: Any) -> None:
        """Writes what needs attention although the run goes on."""
        self._write("warning", message, facts)

    def error(self, message: str, **facts: Any) -> None:
        """Writes what failed and what to do."""
        self._write("error", message, facts)

    @contextmanager
    def stage(self, name: str, progress: Callable[[], str | None] = str) -> Iterator[None]:
        """Writes every 15 seconds that a stage goes on, and how far it is; nothing of a short one.

        Args:
            name: of the stage, such as "building the tables".
            progress: how far it is, called in a thread of its own; None where a bar shows it.
        """
        ended, began = Event(), time.monotonic()

        def tell() -> None:
            while not ended.wait(self._beat):
                place = progress()
                if place is not None and not ended.is_set():
                    seconds = round(time.monotonic() - began)
                    self.info(
                        f"{name}: {place + ', ' if place else ''}{seconds} s so far",
                        stage=name,
                        seconds=seconds,
                    )

        teller = Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            ended.set()
            teller.join()

    def _write(self, level: str, message: str, facts: dict[str, Any]) -> None:
        if self.is_json:
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"at": at, "level": level, "message": message, **facts}, default=str)
        else:
            line = message if level == "info" else f"{level}: {message}"
        # a terminal that has gone, a full disk or a closed pipe ends no run: its exit code and its
        # row in `gong_ops.runs` tell the same
        with suppress(OSError, ValueError):
            # in one piece: a stage writes from a thread of its own
            self._stream.write(line + "\n")
            self._stream.flush()
