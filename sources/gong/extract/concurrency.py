"""Runs several iterators in threads at once and yields what they yield, as it comes.

So that slow answers overlap. Order between iterators is not kept, order within one is. At most
`2 × threads` results wait in memory. Closing the generator stops the threads at their next step.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_END = object()


def run_concurrently(
    jobs: Iterable[Callable[[], Iterator[T]]], threads: int, tick: float | None = None
) -> Generator[T | None, None, None]:
    """Yields the results of all jobs, running up to `threads` of them at a time.

    Args:
        jobs: each call gives an iterator; taken one after another, and only when a thread is
            free, so `jobs` may itself wait for work to come.
        threads: how many run at once.
        tick: seconds after which None is yielded where no result has come; never by default.

    Raises:
        Exception: the first that a job raised; jobs not begun by then are not begun.
    """
    results: queue.Queue[object] = queue.Queue(maxsize=2 * threads)
    stop = threading.Event()
    source, turn = iter(jobs), threading.Lock()

    def put(item: object) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                results.put(item, timeout=0.1)
                return

    def work() -> None:
        try:
            while not stop.is_set():
                with turn:
                    job = next(source, None)
                if job is None:
                    break
                for item in job():
                    put((item,))
                    if stop.is_set():
                        return
        except BaseException as error:  # handed to the consumer, who raises it
            put(error)
        finally:
            put(_END)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        running = threads
        while running:
            try:
                item = results.get(timeout=tick)
            except queue.Empty:
                yield None
                continue
            if item is _END:
                running -= 1
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item[0]  # type: ignore[index]  # what `work` wrapped
    finally:
        stop.set()


class IdQueue:
    """A line of ids from one stream to another; iterating waits until `close`."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def add(self, ids: Iterable[str]) -> None:
        """Puts ids at the end of the line."""
        for one in ids:
            self._queue.put(one)

    def close(self) -> None:
        """Ends the line: who waits for it is let go."""
        self._queue.put(None)

    def __iter__(self) -> Iterator[str]:
        while (one := self._queue.get()) is not None:
            yield one
