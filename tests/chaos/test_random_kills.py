"""A run that is killed at a random instant and run again ends with the rows of a whole run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.history import SYNC, Emulators, Report, begin, seeds, settle
from tests.chaos.sums import published_sums


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", seeds(10, 300))
def test_ten_kills_at_random_instants(
    emulators: Emulators, tmp_path: Path, report: Report, seed: int
) -> None:
    """Every fifth history also builds and publishes."""
    history = begin(emulators, tmp_path, seed)
    command = ("sync",) if seed % 5 == 0 else SYNC
    while len(history.kills) < 10:
        history.run_whole(*command)
        seconds = history.took
        goal = min(10, len(history.kills) + 5)
        old, new = published_sums(history.killed), published_sums(history.whole)
        while len(history.kills) < goal:
            # The first second is spent on imports.
            after = history.dice.uniform(1.0, max(2.0, seconds))
            is_lost = history.dice.random() < 0.5
            killed = history.kill_at_random(*command, seconds=after, is_lost=is_lost)
            # Readers see all of the last publication or all of the next one.
            assert published_sums(history.killed) in (old, new)
            if killed is None:
                break  # The run has ended.
        settle(history, *command)
        assert published_sums(history.killed) == new
        history.next_night()
    history.check_requests()
    report(history)
