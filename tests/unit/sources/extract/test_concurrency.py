from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from sources.gong.extract.concurrency import IdQueue, run_concurrently

SOON = 5.0


def task(*items: int) -> Callable[[], Iterator[int]]:
    return lambda: iter(items)


@pytest.mark.parametrize("threads", [1, 2, 4, 16])
def test_all_items_of_all_tasks_come(threads: int) -> None:
    tasks = [task(*range(10 * n, 10 * n + 10)) for n in range(20)]
    assert sorted(run_concurrently(tasks, threads)) == list(range(200))


def test_no_tasks_give_nothing_and_empty_tasks_too() -> None:
    assert list(run_concurrently([], 4)) == []
    assert list(run_concurrently([task(), task()], 4)) == []


def test_the_order_within_a_task_is_kept() -> None:
    results = list(run_concurrently([task(*range(n, 1000, 10)) for n in range(10)], 4))
    for n in range(10):
        own = [item for item in results if item % 10 == n]
        assert own == sorted(own)


def test_values_that_are_nothing_come_too() -> None:
    assert list(run_concurrently([lambda: iter([None, False, 0])], 2)) == [None, False, 0]


def test_tasks_run_at_the_same_time_and_no_more_than_allowed() -> None:
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


def test_an_exception_of_a_task_reaches_the_consumer() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        list(run_concurrently([failing, *[task(2)] * 5], 2))


def test_an_exception_of_the_tasks_themselves_reaches_the_consumer() -> None:
    def tasks() -> Iterator[Callable[[], Iterator[int]]]:
        yield task(1)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        list(run_concurrently(tasks(), 2))


def test_after_an_exception_no_further_task_is_begun() -> None:
    begun, is_over = list[int](), threading.Event()

    def tasks() -> Iterator[Callable[[], Iterator[int]]]:
        for number in range(1000):
            begun.append(number)
            yield failing if number == 1 else slow

    def failing() -> Iterator[int]:
        raise LookupError
        yield 1

    def slow() -> Iterator[int]:
        assert is_over.wait(SOON)
        yield 1

    before = set(threading.enumerate())
    with pytest.raises(LookupError):
        list(run_concurrently(tasks(), 2))
    is_over.set()
    assert not left_after(before)
    assert begun == [0, 1]


def test_closing_early_stops_the_threads() -> None:
    before = set(threading.enumerate())

    def endless() -> Iterator[int]:
        while True:
            yield 1

    results = run_concurrently([endless] * 3, 3)
    assert next(results) == 1
    results.close()
    assert not left_after(before)


def left_after(before: set[threading.Thread]) -> list[threading.Thread]:
    """Returns the threads begun since then that do not end."""
    begun = set(threading.enumerate()) - before
    for thread in begun:
        thread.join(SOON)
    return [thread for thread in begun if thread.is_alive()]


@pytest.mark.parametrize("threads", [2, 16])
def test_a_slow_consumer_holds_the_tasks_back(threads: int) -> None:
    made, are_too_many = [0], threading.Event()

    def many() -> Iterator[int]:
        for number in range(1000):
            made[0] += 1
            if made[0] > 4 and not is_slow_over[0]:
                are_too_many.set()
            yield number

    is_slow_over = [False]
    results = run_concurrently([many], threads)
    next(results)
    assert not are_too_many.wait(0.1)
    is_slow_over[0] = True
    assert len(list(results)) == 999


def test_where_no_result_comes_a_heartbeat_does() -> None:
    has_beaten = threading.Event()

    def waiting() -> Iterator[int]:
        assert has_beaten.wait(SOON)
        yield 7

    results = run_concurrently([waiting], 1, heartbeat=0.001)
    assert next(results) is None
    has_beaten.set()
    assert [result for result in results if result is not None] == [7]


def test_the_line_of_tasks_may_wait_for_results_of_others() -> None:
    queue = IdQueue()

    def producer() -> Iterator[str]:
        for number in range(5):
            queue.add([f"id-{number}"])
            yield f"made {number}"
        queue.close()

    def tasks() -> Iterator[Callable[[], Iterator[str]]]:
        yield producer
        for queued_id in queue:
            yield lambda queued_id=queued_id: iter([f"read {queued_id}"])

    results = list(run_concurrently(tasks(), 2))
    assert sorted(results) == [f"made {n}" for n in range(5)] + [f"read id-{n}" for n in range(5)]


def test_a_queue_gives_everything_in_order_until_it_is_closed() -> None:
    queue = IdQueue()
    queue.add(["1", "2"])
    queue.add([])
    queue.add(["3"])
    queue.close()
    assert list(queue) == ["1", "2", "3"]
