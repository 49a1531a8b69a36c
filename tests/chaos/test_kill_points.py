"""A killed run that is run again ends with the same rows as a run without a kill.

Each test repeats a history in two homes: one without interruption, one with kills, half of them
with the loss of dlt's working folder. Afterwards both warehouses are equal, and each kill has
repeated the requests of at most one package.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.chaos.history import (
    SYNC,
    Emulators,
    History,
    Report,
    begin,
    seeds,
    settle,
)
from tests.chaos.sums import published_sums

# The points that close the package come last, because later points would not be reached.
LANDING = (
    "unnamed", "extract", "ahead", "unsaved", "extracted", "normalize", "handed over", "merge",
    "within merge", "before closing", "before commit", "after closing",
)  # fmt: skip


def kill_at(history: History, points: tuple[str, ...], *command: str) -> int:
    """Kills a run at each of the points, one after the other; returns the number of kills."""
    before = len(history.kills)
    lost = history.dice.sample([True, False] * len(points), len(points))
    for point, is_lost in zip(points, lost, strict=True):
        reached = history.reached[point]
        if not reached:
            continue
        # A run that continues another one may make less than half of the calls.
        nth = history.dice.randint(1, max(1, reached // 2))
        if history.kill(point, *command, nth=nth, is_lost=is_lost) is None:
            break  # The run has ended.
    return len(history.kills) - before


@pytest.mark.timeout(600)
def test_one_kill_at_each_point_of_landing(
    emulators: Emulators, tmp_path: Path, report: Report
) -> None:
    few = (*SYNC, "--only", "calls,transcripts,users,library_folder_calls")
    history = begin(emulators, tmp_path, 5)
    history.run_whole(*few)
    points = ("extract", "merge", "before commit")
    assert kill_at(history, points, *few) == len(points)
    settle(history, *few)
    history.next_night()
    history.run_whole(*few)
    points = ("deletes", "unsaved", "within merge", "handed over")
    assert kill_at(history, points, *few) == len(points)
    settle(history, *few)
    history.check_requests()
    report(history)


def test_a_build_that_is_killed_leaves_no_dbt_behind_and_cannot_be_published(
    emulators: Emulators, tmp_path: Path, report: Report
) -> None:
    history = begin(emulators, tmp_path, 6)
    history.finish(*SYNC, "--only", "users")
    assert history.kill("dbt", "transform", nth=2, is_lost=False)
    refused = history.killed("publish")
    assert refused.returncode == 1
    assert "cut short" in refused.stderr
    assert published_sums(history.killed) is None
    report(history)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", seeds(6))
def test_a_sync_is_killed_at_every_point_of_its_first_two_nights(
    emulators: Emulators, tmp_path: Path, report: Report, seed: int
) -> None:
    history = begin(emulators, tmp_path, seed)
    history.run_whole(*SYNC)
    first = kill_at(history, LANDING, *SYNC)
    settle(history, *SYNC)
    history.next_night()
    history.run_whole(*SYNC)
    second = kill_at(history, ("deletes", *LANDING), *SYNC)
    settle(history, *SYNC)
    report(history)
    history.check_requests()
    assert first + second >= 12
    again = history.finish(*SYNC)
    assert " 0 landed" in again.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", seeds(3, 100))
def test_a_backfill_is_killed_at_every_point_and_goes_on(
    emulators: Emulators, tmp_path: Path, report: Report, seed: int
) -> None:
    history = begin(emulators, tmp_path, seed)
    history.run(history.whole, *SYNC)
    shutil.copytree(history.whole.home, history.killed.home)
    # two slices, so that one is fetched ahead
    start, end = (f"2026-{month}-{day}" for month, day in (("08", "21"), ("10", "21")))
    backfill = ("backfill", "--from", start, "--to", end, "--no-transform")
    history.run_whole(*backfill)
    assert kill_at(history, LANDING, *backfill) >= 5
    settle(history, *backfill)
    report(history)
    history.check_requests()
    history.requests_whole = history.requests = 0
    history.run(history.whole, *SYNC)
    settle(history, *SYNC)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", seeds(2, 200))
def test_a_build_is_killed_at_every_point_and_readers_see_all_of_one_publication(
    emulators: Emulators, tmp_path: Path, report: Report, seed: int
) -> None:
    history = begin(emulators, tmp_path, seed)
    history.run(history.whole, *SYNC)
    shutil.copytree(history.whole.home, history.killed.home)
    old = None
    for night in range(3):
        if night:
            history.next_night()
        history.run_whole("sync")
        new = published_sums(history.whole)
        points = ["dbt", "dbt alone", "parts", "parts", "catalogue", "published"]
        if night:
            points.remove("dbt alone")
        for point in points:
            nth = {
                "dbt": history.dice.randint(1, 25),
                "dbt alone": history.dice.randint(1, 25),
                "parts": history.dice.randint(1, max(1, history.reached["parts"] // 2)),
                "catalogue": 1 + night % 2,
                "published": 1,
            }[point]
            is_lost = history.dice.random() < 0.5
            killed = history.kill(point, "sync", nth=nth, is_lost=is_lost)
            assert killed, f"{point} {nth} was not reached"
            seen = published_sums(history.killed)
            is_out = point == "published" or (point, nth) == ("catalogue", 2)
            assert seen == (new if is_out else old)
            if is_out:
                old = new
        history.finish("sync")
        history.compare()
        history.compare_published()
        old = new
    history.check_requests()
    report(history)
