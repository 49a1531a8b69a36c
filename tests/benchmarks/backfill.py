"""Times a backfill against the limit of Gong: three requests a second, answers that take a second.

`python -m tests.benchmarks.backfill CALLS DAYS [COMMAND]` runs `gong-elt backfill`, or the same
command of another checkout, over a company of that size.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.measured import NOW, Measured, run_command
from tests.conftest import Emulator, start_emulator

PER_SECOND = 3
_PAGE = 100
_LISTED = {
    "/v2/calls/extensive": "calls",
    "/v2/calls/transcript": "calls",
    "/v2/calls/users-access": "calls",
    "/v2/stats/activity/scorecards": "answered_scorecards",
}
"""Lists, and the raw table with a row per element of theirs, or per id that is named in them."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """What a backfill took.

    Attributes:
        requests: that Gong answered.
        least: the least in which the same could be read: each list of the span in one window.
        seconds: from the first request to the end of the command.
        gaps: the longest times without an arrival, in seconds.
        crowded: seconds, beginning with an arrival, that hold more than the limit.
        refused: answers 429.
        peak_mb: memory of the command.
    """

    requests: int
    least: int
    seconds: float
    gaps: list[float]
    crowded: int
    refused: int
    peak_mb: float

    @property
    def ratio(self) -> float:
        """Wall time by what the requests take at the limit."""
        return self.seconds / (self.requests / PER_SECOND)

    @property
    def text(self) -> str:
        """What the run took, in words."""
        gaps = ", ".join(f"{gap:.1f}" for gap in self.gaps)
        return f"{self.requests:,} requests, {self.seconds:,.0f} s; longest gaps {gaps} s"


def measure(
    calls: int, days: int, command: str | None = None, *, is_limited: bool = True
) -> Backfill:
    """Runs a backfill of a company, without transforms.

    Args:
        calls: of the company.
        days: of its history.
        command: the program; that of this checkout by default.
        is_limited: whether the emulator counts seconds, and takes one for each answer.
    """
    pace = ("--latency-ms", "1000", "--requests-per-second", str(PER_SECOND),
            "--requests-per-day", "1000000")  # fmt: skip
    emulator = start_emulator(
        "--seed", "7", "--calls", str(calls), "--days", str(days), "--users", "50", "--now", NOW,
        *(pace if is_limited else ("--no-limit",)),
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory(prefix="gong-elt-bench-") as folder:
            return _run(emulator, Path(folder) / "gong", days, command, is_limited=is_limited)
    finally:
        emulator.stop()


def _run(
    emulator: Emulator, home: Path, days: int, command: str | None, *, is_limited: bool
) -> Backfill:
    first = (datetime.fromisoformat(NOW) - timedelta(days=days)).date().isoformat()
    words = [*([command] if command else []), "backfill", "--from", first, "--no-transform"]
    limit = {"REQUESTS_PER_SECOND": str(PER_SECOND)} if is_limited else {}
    took = run_command(words, home, emulator, **limit)
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as db:
        return _result(emulator.requests(), emulator.limits(), took, db)


def _result(
    requests: list[dict[str, Any]],
    limits: dict[str, Any],
    took: Measured,
    db: duckdb.DuckDBPyConnection,
) -> Backfill:
    arrivals = sorted(entry["arrived_at"] for entry in requests)
    gaps = sorted((after - before for before, after in pairwise(arrivals)), reverse=True)
    fourths = zip(arrivals, arrivals[PER_SECOND:], strict=False)
    return Backfill(
        len(arrivals),
        len(arrivals) - _beyond_one_window(requests, db),
        took.wall,
        gaps[:4],
        sum(fourth - first < 1.0 for first, fourth in fourths),
        limits["refused_by_second"],
        took.peak_mb,
    )


def _beyond_one_window(requests: list[dict[str, Any]], db: duckdb.DuckDBPyConnection) -> int:
    """Returns how many requests one window for each list would have spared."""
    sent = Counter(request["path"] for request in requests)
    logs = Counter(
        request["query"].get("logType") for request in requests if request["path"] == "/v2/logs"
    )
    beyond = sum(sent[path] - _pages(db, table) for path, table in _LISTED.items() if sent[path])
    return beyond + sum(
        count - _pages(db, f"logs where log_type = '{log_type}'")
        for log_type, count in logs.items()
    )


def _pages(db: duckdb.DuckDBPyConnection, rows: str) -> int:
    count = db.execute(f"select count(*) from gong_raw.{rows}").fetchone()
    return max(1, ceil(count[0] / _PAGE)) if count else 1


if __name__ == "__main__":
    print(measure(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:4]))
