"""Measures what the project promises of speed, and prints each figure beside its bar.

`python -m tests.benchmarks [PART…] [--small] [--write]` runs all parts, or those named: landing,
commands, nights, build, memory, backfill. All take some 40 minutes, `--small` a tenth of it with
sizes that say little. `--write` puts the table and the plot into `tests/benchmarks/`.

Runs of two sides take turns; a figure is the median of three runs. Nothing here fails on a figure.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import duckdb

from tests.benchmarks import backfill, history, pages
from tests.benchmarks.figures import Figure, plot, table
from tests.benchmarks.history import SMALL, Company
from tests.benchmarks.measured import Measured, run_module

RUNS = 3
FOLDER = Path(__file__).parent
README = FOLDER / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured.

    Attributes:
        landed: calls of the saved pages.
        histories: how often the small company is multiplied, for nights.
        built: the same, for the full build.
        backfilled: calls and days of the backfill at Gong's limit.
        remembered: calls and days of the backfill whose memory is measured.
    """

    landed: int = 5_000
    histories: tuple[int, ...] = (1, 5, 20, 100, 500)
    built: int = 12
    backfilled: tuple[int, int] = (12_000, 200)
    remembered: tuple[int, int] = (20_000, 365)


SMALL_SIZES = Sizes(500, (1, 3), 2, (300, 30), (1_000, 90))


def in_landing(work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Compares landing with DuckDB's own reading of the same pages, and the rows of both."""
    saved = work / "pages"
    pages.save(saved, sizes.landed)
    size = sum(file.stat().st_size for file in saved.glob("*-*.json")) / 1e6
    runs: dict[str, list[Measured]] = {"ours": [], "duckdb": []}
    files = {side: work / side / "warehouse.duckdb" for side in runs}
    for _ in range(RUNS):
        for side, file in files.items():
            shutil.rmtree(file.parent, ignore_errors=True)
            file.parent.mkdir()
            runs[side].append(run_module("landing", side, str(saved), str(file)))
    # by another process: a program begins with the peak memory of the one that starts it
    compared = run_module("landing", "compare", *map(str, files.values()))
    found: dict[str, tuple[int, int]] = json.loads(compared.output)
    print("rows of ours per table, and rows of either side without an equal:")
    for name, (rows, unequal) in found.items():
        print(f"  {name:<26}{rows:>12,}{unequal:>8,}")
    cpu = {side: median(run.cpu for run in own) for side, own in runs.items()}
    peak = {side: median(run.peak_mb for run in own) for side, own in runs.items()}
    rows = sum(rows for rows, _ in found.values())
    unequal = sum(unequal for _, unequal in found.values())
    yield Figure(
        f"landing {sizes.landed:,} calls, {size:,.0f} MB: CPU by DuckDB's",
        cpu["ours"] / cpu["duckdb"],
        1.2,
        detail=f"{_seconds(runs['ours'])} by {_seconds(runs['duckdb'])} CPU s; memory "
        f"{peak['ours']:,.0f} by {peak['duckdb']:,.0f} MB; {rows:,} rows in {len(found)} tables, "
        f"{unequal:,} unequal",
    )


def in_commands(work: Path, _sizes: Sizes) -> Iterator[Figure]:
    """Measures commands that have nothing to do."""
    company = Company.start(work / "gong")
    try:
        for name, words, bar, is_wall in (
            ("transform, nothing new: CPU", ("transform",), 2.0, False),
            ("sync --only users, nothing new: CPU", ("sync", "--only", "users"), 2.0, False),
            ("a cold query: wall", ("query", "select count(*) from gong.fct_calls"), 0.5, True),
        ):
            company.command(*words)
            runs = [company.command(*words) for _ in range(RUNS)]
            took = [run.wall if is_wall else run.cpu for run in runs]
            yield Figure(name, median(took), bar, "s", _list(took))
    finally:
        company.emulator.stop()


def in_nights(work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Compares the same night on histories of many lengths."""
    company = Company.start(work / "small" / "gong")
    by_calls: dict[int, list[float]] = {}
    try:
        for times in sizes.histories:
            home = work / f"{times}" / "gong"
            # long histories keep few sentences: what a night costs must not depend on them either
            history.multiply(company.home, home, times, monologues=2 if times > 20 else None)
            grown = company.at(home)
            grown.command("sync")
            took = by_calls[times * SMALL] = []
            for number in range(RUNS):
                history.change(home, number)
                took.append(grown.command("sync").cpu)
            print(f"a night on {times * SMALL:,} calls: {_list(took)} CPU s", flush=True)
            shutil.rmtree(home.parent)
    finally:
        company.emulator.stop()
    shortest, longest = min(by_calls), max(by_calls)
    yield Figure(
        f"a night of 69 changed calls on {longest:,} calls, by {shortest:,}",
        median(by_calls[longest]) / median(by_calls[shortest]),
        1.2,
        detail="CPU s: "
        + ", ".join(f"{calls:,} calls {median(own):.1f}" for calls, own in by_calls.items()),
    )


def in_build(work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Times a full build with the default settings."""
    company = Company.start(work / "small" / "gong")
    home = work / "large" / "gong"
    try:
        history.multiply(company.home, home, sizes.built)
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as db:
            sentences = db.execute("from gong_raw.transcript_sentences select count(*)").fetchone()
        run = company.at(home).command("transform")
    finally:
        company.emulator.stop()
    yield Figure(
        f"full build over {sentences[0] / 1e6 if sentences else 0:,.1f} M sentences: wall",
        run.wall,
        60,
        "s",
        f"{sizes.built * SMALL:,} calls; CPU {run.cpu:.0f} s; memory {run.peak_mb:,.0f} MB",
    )


def in_memory(_work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Measures the memory of a backfill without a limit."""
    calls, days = sizes.remembered
    run = backfill.measure(calls, days, is_limited=False)
    yield Figure(f"memory of a backfill of {calls:,} calls", run.peak_mb, 500, "MB", run.text)


def in_backfill(_work: Path, sizes: Sizes) -> Iterator[Figure]:
    """Times a backfill at three requests a second, with answers that take a second."""
    calls, days = sizes.backfilled
    run = backfill.measure(calls, days)
    yield Figure(
        f"backfill of {calls:,} calls at 3/s: wall by requests ÷ 3", run.ratio, 1.05, "", run.text
    )
    yield Figure("requests by the least possible", run.requests / run.least, 1.02, "", run.text)
    yield Figure("seconds with more than 3 requests", run.crowded, 0, "", f"{run.refused} refused")


PARTS: dict[str, Callable[[Path, Sizes], Iterator[Figure]]] = {
    "landing": in_landing,
    "commands": in_commands,
    "nights": in_nights,
    "build": in_build,
    "memory": in_memory,
    "backfill": in_backfill,
}


def _seconds(runs: list[Measured]) -> str:
    return f"{median(run.cpu for run in runs):.2f}"


def _list(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB of memory, {platform.system()}, Python "
        f"{platform.python_version()}, DuckDB {duckdb.__version__}; seed 7; "
        f"{datetime.now(UTC):%Y-%m-%d}"
    )


def main() -> None:
    """Runs the parts that are named, or all."""
    words = sys.argv[1:]
    named = [word for word in words if not word.startswith("-")]
    sizes = SMALL_SIZES if "--small" in words else Sizes()
    figures: list[Figure] = []
    for name in named or PARTS:
        work = Path(tempfile.mkdtemp(prefix=f"gong-elt-bench-{name}-"))
        try:
            for figure in PARTS[name](work, sizes):
                print(table([figure]).splitlines()[-1], flush=True)
                figures.append(figure)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    print(f"\n{_machine()}\n\n{table(figures)}")
    if "--write" in words:
        before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        text = f"{before}{BEGIN}\n{_machine()}\n\n{table(figures)}\n\n{END}{after}"
        README.write_text(text, encoding="utf-8")
        plot(figures, FOLDER / "figures.svg")


if __name__ == "__main__":
    main()
