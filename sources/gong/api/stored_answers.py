"""Answers that were fetched before they are asked for, as they were received.

Invariant: an answer is handed out once. Who asks for one that is under way waits for it, so that
nothing is requested twice.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from sources.gong.api.answers.received import Received
from sources.gong.api.operations import Operation


class StoredAnswers:
    """Answers by request; safe to share between threads.

    Attributes:
        size: bytes of the answers that wait.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._answers: dict[bytes, deque[tuple[int, Received]]] = {}
        self._under_way: Counter[bytes] = Counter()
        self._batch = 0
        self.size = 0

    @contextmanager
    def expecting(self, operation: Operation, values: Mapping[str, Any]) -> Iterator[None]:
        """Lets those who ask for the answer wait while the block fetches it."""
        key = _key(operation, values)
        with self._changed:
            self._under_way[key] += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way[key] -= 1
                self._under_way += Counter()  # drops what is zero
                self._changed.notify_all()

    def put(self, operation: Operation, values: Mapping[str, Any], answer: Received) -> None:
        """Stores an answer; those to the same request are handed out in the order they came."""
        with self._changed:
            waiting = self._answers.setdefault(_key(operation, values), deque())
            waiting.append((self._batch, answer))
            self.size += len(answer.content)

    def take(self, operation: Operation, values: Mapping[str, Any]) -> Received | None:
        """Returns and forgets the answer to a request; None if it was not fetched."""
        if not self._answers and not self._under_way:
            return None
        key = _key(operation, values)
        with self._changed:
            while key not in self._answers and key in self._under_way:
                self._changed.wait()
            waiting = self._answers.get(key)
            if not waiting:
                return None
            _, answer = waiting.popleft()
            if not waiting:
                del self._answers[key]
            self.size -= len(answer.content)
            self._changed.notify_all()
            return answer

    def wait_for_room(self, most: int, seconds: float) -> bool:
        """Waits so long for less than so many bytes to wait; returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self.size < most, seconds)

    def begin_batch(self) -> None:
        """Begins a batch, to which the answers belong that are stored from now on."""
        with self._changed:
            self._batch += 1

    def forget_earlier(self) -> None:
        """Forgets the answers of earlier batches."""
        with self._changed:
            for key, waiting in list(self._answers.items()):
                left = deque(stored for stored in waiting if stored[0] == self._batch)
                if left:
                    self._answers[key] = left
                else:
                    del self._answers[key]
            self.size = sum(len(a.content) for own in self._answers.values() for _, a in own)
            self._changed.notify_all()


def _key(operation: Operation, values: Mapping[str, Any]) -> bytes:
    asked = orjson.dumps(values, default=str, option=orjson.OPT_SORT_KEYS)
    return operation.operation_id.encode() + b" " + asked
