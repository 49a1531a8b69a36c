"""Fixtures of the kill tests."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytest.register_assert_rewrite("tests.chaos.history", "tests.chaos.state", "tests.chaos.sums")

from tests.chaos.history import History  # noqa: E402
from tests.chaos.summary import NAME  # noqa: E402


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[History], None]:
    """Adds the counts of a history to the table at the end of the test session."""

    def add(history: History) -> None:
        facts = {
            "seed": history.seed,
            "tried": history.tried,
            "kills": [(kill.point, kill.has_lost) for kill in history.kills],
            "requests": history.requests,
            "whole": history.requests_whole,
            "bound": history.bound,
            "compared": history.compared,
        }
        # JSON text, because properties are sent between processes.
        record_property(NAME, json.dumps(facts))

    return add
