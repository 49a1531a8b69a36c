"""Times a backfill against the limit of Gong: three requests a second, answers that take a second.

`python -m tests.benchmarks.backfill [CALLS] [DAYS] [COMMAND]` runs `gong-elt backfill` (or the same
command of another checkout) over a company of that size. It prints the wall time beside what its
requests take at three a second, the longest stretches in which nothing arrived at the emulator, the
busiest second, and the refusals.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.conftest import Emulator, start_emulator

NOW = "2026-11-20T12:00:00Z"
PER_SECOND = 3


@dataclass(frozen=True, slots=True)
class Backfill:
    """What a backfill took.

    Attributes:
        requests: that Gong answered.
        seconds: from the first request to the end of the command.
        gaps: the longest times without an arrival, in seconds.
        busiest: requests in the busiest second.
        refused: answers 429.
        peak_mb: memory of the command.
    """

    requests: int
    seconds: float
    gaps: list[float]
    busiest: int
    refused: int
    peak_mb: float

    @property
    def ratio(self) -> float:
        """Wall time by what the requests take at the limit."""
        return self.seconds / (self.requests / PER_SECOND)


def measure(calls: int, days: int, command: str | None = None) -> Backfill:
    """Runs a backfill of a company with answers of a second; without transforms."""
    emulator = start_emulator(
        "--seed", "7", "--calls", str(calls), "--days", str(days), "--users", "50",
        "--latency-ms", "1000", "--now", NOW, "--requests-per-second", str(PER_SECOND),
        "--requests-per-day", "1000000",
    )  # fmt: skip
    try:
        with tempfile.TemporaryDirectory(prefix="gong-elt-bench-") as folder:
            return _run(emulator, Path(folder), days, command)
    finally:
        emulator.stop()


def _run(emulator: Emulator, home: Path, days: int, command: str | None) -> Backfill:
    program = command or str(Path(sys.executable).with_name("gong-elt"))
    settings = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "GONG_ELT_HOME": str(home / "gong"),
        "GONG_ELT_NOW": NOW,
        "SOURCES__GONG__BASE_URL": emulator.base_url,
        "SOURCES__GONG__ACCESS_KEY": emulator.access_key,
        "SOURCES__GONG__ACCESS_KEY_SECRET": emulator.access_key_secret,
        "SOURCES__GONG__REQUESTS_PER_DAY": "0",
    }
    first = (datetime.fromisoformat(NOW) - timedelta(days=days)).date().isoformat()
    before = time.time()
    subprocess.run(
        [program, "backfill", "--from", first, "--no-transform"], env=settings, check=True
    )
    end = time.time()
    arrivals = sorted(entry["arrived_at"] for entry in emulator.requests())
    limits = emulator.limits()
    gaps = sorted(
        (b - a for a, b in zip(arrivals, [*arrivals[1:], end], strict=True)), reverse=True
    )
    return Backfill(
        len(arrivals),
        end - max(before, arrivals[0]),
        [round(gap, 1) for gap in gaps[:6]],
        limits["busiest_second"],
        limits["refused_by_second"],
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    )


def main() -> None:
    """Runs one backfill and prints what it took."""
    calls, days = int(sys.argv[1]), int(sys.argv[2])
    print(measure(calls, days, sys.argv[3] if len(sys.argv) > 3 else None))


if __name__ == "__main__":
    main()
