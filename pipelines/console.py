"""Messages of a run, on standard error: plain lines, or one JSON object per line.

Messages hold numbers and names of tables only, never a value of Gong's data. Results of commands go
to standard output (`output.py`).
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO


class Console:
    """Writes messages, by default to standard error. One that cannot be written is dropped."""

    def __init__(self, log_format: str = "text", stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
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

    def _write(self, level: str, message: str, facts: dict[str, Any]) -> None:
        if self.is_json:
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"at": at, "level": level, "message": message, **facts}, default=str)
        else:
            line = message if level == "info" else f"{level}: {message}"
        # a terminal that has gone, a full disk or a closed pipe ends no run: its exit code and its
        # row in `gong_ops.runs` tell the same
        with suppress(OSError, ValueError):
            print(line, file=self._stream, flush=True)
