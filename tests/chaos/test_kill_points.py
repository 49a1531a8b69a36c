"""A run that is killed anywhere, and run again, ends as if it had never been killed.

Each test lives through a history twice: once without interruption, once killed and run again and
again, half of the times without dlt's working folder. Afterwards both warehouses hold the same, to
the row, and Gong was asked again for no more than a package per kill.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.chaos.history import (
    SYNC,
    Emulators,
    History,
    Tell,
    begin,
    published_sums,
    seeds,
    settle,
)

# what closes the package comes last: after that there is less to be killed in
LANDING = (
    "unnamed", "extract", "unsaved", "extracted", "normalize", "handed over", "copy", "merge",
    "within merge", "before closing", "after closing",
)  # fmt: skip


def kill_at(history: History, points: tuple[str, ...], *command: str) -> int:
    """Kills a run at each of the points, one after the other; returns how often that came off."""
    before = len(history.kills)
    lost = history.dice.sample([True, False] * len(points), len(points))
    for point, is_lost in zip(points, lost, strict=True):
        reached = history.reached[point]
        if not reached:
            continue
        # the upper half may be out of reach of a run that goes on with what another one began
        nth = history.dice.randint(1, max(1, reached // 2))
        if history.kill(point, *command, nth=nth, is_lost=is_lost) is None:
            break  # it came to its end: nothing is left to be killed in
    return len(history.kills) - before


@pytest.mark.timeout(600)
def test_one_kill_at_each_point_of_landing(
    emulators: Emulators, tmp_path: Path, told: Tell
) -> None:
    few = (*SYNC, "--only", "calls,transcripts,users,library_folder_calls")
    history = begin(emulators, tmp_path, 5)
    history.run_whole(*few)
    points = ("extract", "merge", "before closing")
    assert kill_at(history, points, *few) == len(points)
    settle(history, *few)
    history.next_night()
    history.run_whole(*few)
    points = ("deletes", "unsaved", "within merge", "handed over")
    assert kill_at(history, points, *few) == len(points)
    settle(history, *few)
    history.check_requests()
    told(history)


def test_a_build_that_is_killed_leaves_no_dbt_behind_and_cannot_be_published(
    emulators: Emulators, tmp_path: Path, told: Tell
) -> None:
    history = begin(emulators, tmp_path, 6)
    history.finish(*SYNC, "--only", "users")
    assert history.kill("dbt", "transform", nth=2, is_lost=False)
    refused = history.killed("publish")
    assert refused.returncode == 1
    assert "cut short" in refused.stderr
    assert published_sums(history.killed) is None
    told(history)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", seeds(6))
def test_a_sync_is_killed_at_every_point_of_its_first_two_nights(
    emulators: Emulators, tmp_path: Path, told: Tell, seed: int
) -> None:
    history = begin(emulators, tmp_path, seed)
    history.run_whole(*SYNC)
    first = kill_at(history, LANDING, *SYNC)
    settle(history, *SYNC)
    history.next_night()
    history.run_whole(*SYNC)
    second = kill_at(history, ("deletes", *LANDING), *SYNC)
    settle(history, *SYNC)
    told(history)
    history.check_requests()
    assert first + second >= 12
    again = history.finish(*SYNC)
    assert " 0 landed" in again.stderr.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", seeds(3, 100))
def test_a_backfill_is_killed_at_every_point_and_goes_on(
    emulators: Emulators, tmp_path: Path, told: Tell, seed: int
) -> None:
    history = begin(emulators, tmp_path, seed)
    history.run(history.whole, *SYNC)
    shutil.copytree(history.whole.home, history.killed.home)
    start, end = (f"2026-{month}-{day}" for month, day in (("09", "21"), ("10", "21")))
    backfill = ("backfill", "--from", start, "--to", end, "--no-transform")
    history.run_whole(*backfill)
    assert kill_at(history, LANDING, *backfill) >= 5
    settle(history, *backfill)
    told(history)
    history.check_requests()
    history.asked_whole = history.asked = 0
    history.run(history.whole, *SYNC)
    settle(history, *SYNC)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", seeds(2, 200))
def test_a_build_is_killed_at_every_point_and_readers_see_all_or_nothing_of_it(
    emulators: Emulators, tmp_path: Path, told: Tell, seed: int
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
    told(history)
