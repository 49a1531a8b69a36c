"""Runs iterators in threads and yields their results as they come, so that slow answers overlap.

The order within an iterator is kept, the order between iterators is not. Of the results that nobody
has taken, each thread holds one and `_WAITING` more wait: a page of calls takes ten megabytes.
Closing the generator stops the threads at their next step.

dlt cannot do this. It runs resources side by side, with one `next()` of each in flight; within a
resource it runs deferred functions, but each gives one item, nothing says when the last one of a
window has ended, and an error of one ends the whole extraction. A stream needs pages that follow
each other, an end for each window, and an error that ends this stream alone.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_END = object()
_WAITING = 2
"""Pages that were fetched ahead come faster than they are loaded, and would lie here as values."""


def run_concurrently(
    tasks: Iterable[Callable[[], Iterator[T]]], threads: int, heartbeat: float | None = None
) -> Generator[T | None, None, None]:
    """Yields the results of all tasks, running at most `threads` of them at a time.

    Args:
        tasks: each call gives an iterator; taken one after another, and only when a thread is
            free, so `tasks` may itself wait for work to come.
        threads: how many run at once.
        heartbeat: seconds after which None is yielded where no result has come; never by default.

    Raises:
        Exception: the first that a task raised; tasks that have not begun are not begun.
    """
    results: queue.Queue[object] = queue.Queue(maxsize=_WAITING)
    stop = threading.Event()
    source, turn = iter(tasks), threading.Lock()

    def put(item: object) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                results.put(item, timeout=0.1)
                return

    def work() -> None:
        try:
            while not stop.is_set():
                with turn:
                    task = next(source, None)
                if task is None:
                    break
                for result in task():
                    put((result,))
                    if stop.is_set():
                        return
        except BaseException as error:  # handed to the consumer, who raises it
            put(error)
        finally:
            put(_END)

    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    try:
        running = threads
        while running:
            try:
                item = results.get(timeout=heartbeat)
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
    """A queue of ids from one stream to another; iterating waits until `close`."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def add(self, ids: Iterable[str]) -> None:
        """Puts ids at the end of the queue."""
        for id_ in ids:
            self._queue.put(id_)

    def close(self) -> None:
        """Ends the iteration once the queue is empty."""
        self._queue.put(None)

    def __iter__(self) -> Iterator[str]:
        while (id_ := self._queue.get()) is not None:
            yield id_
