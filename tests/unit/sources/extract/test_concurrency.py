from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from sources.gong.extract.concurrency import IdQueue, run_concurrently


def job(*items: int) -> Callable[[], Iterator[int]]:
    return lambda: iter(items)


@pytest.mark.parametrize("threads", [1, 2, 4, 16])
def test_all_items_of_all_jobs_come(threads: int) -> None:
    jobs = [job(*range(10 * n, 10 * n + 10)) for n in range(20)]
    assert sorted(run_concurrently(jobs, threads)) == list(range(200))


def test_no_jobs_give_nothing_and_empty_jobs_too() -> None:
    assert list(run_concurrently([], 4)) == []
    assert list(run_concurrently([job(), job()], 4)) == []


def test_the_order_within_a_job_is_kept() -> None:
    found = list(run_concurrently([job(*range(n, 1000, 10)) for n in range(10)], 4))
    for n in range(10):
        own = [item for item in found if item % 10 == n]
        assert own == sorted(own)


def test_values_that_are_nothing_come_too() -> None:
    assert list(run_concurrently([lambda: iter([None, False, 0])], 2)) == [None, False, 0]


def test_jobs_run_at_the_same_time_and_no_more_than_allowed() -> None:
    meeting = threading.Barrier(3, timeout=10)
    running, most, lock = [0], [0], threading.Lock()

    def meet() -> Iterator[int]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        meeting.wait()
        with lock:
            running[0] -= 1
        yield 1

    assert sum(run_concurrently([meet] * 9, 3)) == 9
    assert most[0] == 3


def test_an_exception_of_a_job_reaches_the_consumer() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        list(run_concurrently([failing, *[job(2)] * 5], 2))


def test_an_exception_of_the_jobs_themselves_reaches_the_consumer() -> None:
    def jobs() -> Iterator[Callable[[], Iterator[int]]]:
        yield job(1)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        list(run_concurrently(jobs(), 2))


def test_after_an_exception_no_further_job_is_begun() -> None:
    begun: list[int] = []

    def jobs() -> Iterator[Callable[[], Iterator[int]]]:
        for number in range(1000):
            begun.append(number)
            yield failing if number == 3 else slow

    def failing() -> Iterator[int]:
        raise LookupError
        yield 1

    def slow() -> Iterator[int]:
        time.sleep(0.01)
        yield 1

    with pytest.raises(LookupError):
        list(run_concurrently(jobs(), 2))
    time.sleep(0.1)
    count = len(begun)
    time.sleep(0.1)
    assert len(begun) == count < 20


def test_closing_early_stops_the_threads() -> None:
    before = set(threading.enumerate())

    def endless() -> Iterator[int]:
        while True:
            yield 1

    results = run_concurrently([endless] * 3, 3)
    assert next(results) == 1
    results.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left


def test_a_slow_consumer_holds_the_jobs_back() -> None:
    made = [0]

    def many() -> Iterator[int]:
        for number in range(1000):
            made[0] += 1
            yield number

    results = run_concurrently([many], 2)
    next(results)
    time.sleep(0.3)
    assert made[0] <= 8
    assert len(list(results)) == 999


def test_the_line_of_jobs_may_wait_for_results_of_others() -> None:
    feed = IdQueue()

    def producer() -> Iterator[str]:
        for number in range(5):
            feed.add([f"id-{number}"])
            yield f"made {number}"
        feed.close()

    def jobs() -> Iterator[Callable[[], Iterator[str]]]:
        yield producer
        for one in feed:
            yield lambda one=one: iter([f"read {one}"])

    found = list(run_concurrently(jobs(), 2))
    assert sorted(found) == [f"made {n}" for n in range(5)] + [f"read id-{n}" for n in range(5)]


def test_a_feed_gives_everything_in_order_until_it_is_closed() -> None:
    feed = IdQueue()
    feed.add(["1", "2"])
    feed.add([])
    feed.add(["3"])
    feed.close()
    assert list(feed) == ["1", "2", "3"]
