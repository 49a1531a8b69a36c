"""A client whose requests are answered by a script, and a clock that a test moves on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from sources.gong.api.answers.received import AnswerRules
from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from tests.harness.scripted_answers import ScriptedAnswers

Asking = Callable[..., AbstractContextManager[tuple[ScriptedAnswers, Client]]]


class FakeTimer:
    """Real time, as it seems to a budget: sleeping moves it on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.naps: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - 1_700_000_000.0

    def sleep(self, seconds: float, /) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def timer() -> FakeTimer:
    return FakeTimer()


@pytest.fixture
def naps() -> list[float]:
    """The pauses between attempts that were taken."""
    return []


@pytest.fixture
def asking(timer: FakeTimer, naps: list[float]) -> Asking:
    """Gives a script's requests and a client without a limit, unless limits are given."""

    @contextmanager
    def asking(
        script: Any, who: Any = None, answers: AnswerRules | None = None, **limits: Any
    ) -> Iterator[tuple[ScriptedAnswers, Client]]:
        gong = ScriptedAnswers(script)
        unlimited = {"per_second": 0, "per_day": 0, **limits}
        budget = Budget(":memory:", Limits(**unlimited), timer=timer)
        client = Client(
            gong.url,
            who or credentials("the-access-key", "the-hidden-half", None),
            budget,
            retries=RetryPolicy(sleep=naps.append),
            transport=gong,
            answers=answers,
        )
        with client:
            yield gong, client
        budget.close()

    return asking
