"""Which trouble is tried again, how often, after which pause, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sources.gong.api.errors import GaveUp, Unreachable, Unsure
from sources.gong.api.operations import operation
from sources.gong.api.retries import (
    NotConnected,
    Retries,
    RetryPolicy,
    Throttle,
    TooManyRequests,
    Transient,
)

READ, WRITE = operation("listUsers"), operation("addMeeting")


class Recorder:
    """Keeps the pauses that the budget was asked for."""

    def __init__(self) -> None:
        self.pauses: list[tuple[float, float]] = []

    def pause(self, seconds: float, waited: float = 0.0) -> None:
        self.pauses.append((seconds, waited))


@pytest.fixture
def budget() -> Recorder:
    return Recorder()


Make = Callable[..., Retries]


@pytest.fixture
def make(budget: Recorder, naps: list[float]) -> Make:
    def make(row: object = READ, attempts: int = 5, throttle: Throttle | None = None) -> Retries:
        policy = RetryPolicy(attempts, sleep=naps.append)
        return Retries(row, "https://gong.example", policy, budget, throttle or Throttle())  # type: ignore[arg-type]

    return make


def test_pauses_double_up_to_thirty_times_the_first_and_are_jittered() -> None:
    naps: list[float] = []
    policy = RetryPolicy(backoff_seconds=2.0, sleep=naps.append)
    for attempt in range(1, 9):
        policy.pause(attempt)
    for nap, grown in zip(naps, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert 0.25 * 2 * grown <= nap <= 0.75 * 2 * grown


def test_the_last_attempt_gives_up(make: Make, naps: list[float]) -> None:
    retries = make(attempts=3)
    for _ in range(2):
        retries.wait(Transient("Gong answered 500"), is_accepted=True)
    with pytest.raises(GaveUp, match=r"GET /v2/users: Gong answered 500, 3 times in a row"):
        retries.wait(Transient("Gong answered 500"), is_accepted=True)
    assert len(naps) == 2


def test_a_wait_that_gong_asks_for_comes_on_top_of_the_pause(
    make: Make, budget: Recorder, naps: list[float]
) -> None:
    retries = make()
    retries.wait(Transient("Gong answered 503", 7.0), is_accepted=True)
    retries.wait(Transient("Gong answered 503", 8.0), is_accepted=True)
    retries.wait(Transient("Gong answered 500"), is_accepted=True)
    assert budget.pauses == [(7.0, 0.0), (8.0, 7.0)]
    assert len(naps) == 3


def test_refusals_for_want_of_quota_are_no_attempts_but_add_up_as_waiting(
    make: Make, budget: Recorder, naps: list[float]
) -> None:
    retries = make(attempts=1)
    for _ in range(10):
        retries.wait(TooManyRequests("Gong answered 429", 0.0), is_accepted=True)
    assert naps == []
    assert [seconds for seconds, _ in budget.pauses] == [0, 0, 0, 0, 1, 1, 1, 1, 3, 3]
    # each counts for a second at least, so that they come to an end
    assert [waited for _, waited in budget.pauses] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 11]


@pytest.mark.parametrize("trouble", [Transient("the connection broke"), Transient("500", 5.0)])
def test_a_write_that_may_have_been_done_is_not_sent_again(
    make: Make, budget: Recorder, naps: list[float], trouble: Transient
) -> None:
    with pytest.raises(Unsure, match=r"POST /v2/meetings: .*may or may not have done it"):
        make(WRITE).wait(trouble, is_accepted=True)
    assert (naps, budget.pauses) == ([], [])


def test_a_write_that_cannot_have_arrived_is_sent_again(make: Make, naps: list[float]) -> None:
    retries = make(WRITE, attempts=3)
    retries.wait(NotConnected("connection refused"), is_accepted=True)
    retries.wait(TooManyRequests("Gong answered 429"), is_accepted=True)
    retries.wait(NotConnected("connection refused"), is_accepted=True)
    with pytest.raises(GaveUp) as gave_up:
        retries.wait(NotConnected("connection refused"), is_accepted=True)
    assert not isinstance(gave_up.value, Unsure)
    assert len(naps) == 2


@pytest.mark.parametrize(("attempts", "tried"), [(5, 3), (2, 2), (1, 1)])
def test_a_host_that_never_answered_is_unreachable_after_three_attempts(
    make: Make, naps: list[float], attempts: int, tried: int
) -> None:
    retries = make(attempts=attempts)
    for _ in range(tried - 1):
        retries.wait(NotConnected("connection refused"), is_accepted=False)
    with pytest.raises(Unreachable, match=rf"https://gong.example .*{tried} attempts.*BASE_URL"):
        retries.wait(NotConnected("connection refused"), is_accepted=False)
    assert len(naps) == tried - 1


def test_the_wait_after_refusals_doubles_every_four_up_to_a_minute() -> None:
    throttle = Throttle()
    waits = [throttle.next_wait(0.0) for _ in range(40)]
    assert waits[::4] == [0, 1, 3, 7, 15, 31, 59, 59, 59, 59]
    assert throttle.next_wait(100.0) == 100.0
    throttle.reset()
    assert throttle.next_wait(0.0) == 0


def test_refusals_of_many_threads_are_all_counted() -> None:
    throttle = Throttle()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: throttle.next_wait(0.0), range(23)))
    assert throttle.next_wait(0.0) == 31
    assert throttle.next_wait(0.0) == 59
