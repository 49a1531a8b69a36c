"""What a history of kills hands on."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytest.register_assert_rewrite("tests.chaos.history")

from tests.chaos.history import History  # noqa: E402
from tests.chaos.summary import NAME  # noqa: E402


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[History], None]:
    """Hands on what a history came to, for the table."""

    def tell(history: History) -> None:
        facts = {
            "seed": history.seed,
            "tried": history.tried,
            "kills": [(kill.point, kill.has_lost) for kill in history.kills],
            "asked": history.asked,
            "whole": history.asked_whole,
            "bound": history.bound,
            "compared": history.compared,
        }
        # as text: it travels between processes
        record_property(NAME, json.dumps(facts))

    return tell
