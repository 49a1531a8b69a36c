"""A small bounded cache for values made on demand."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Bounded(Generic[Value]):
    """Keeps the most recently used values; evicted values are made again."""

    def __init__(self, make: Callable[[int], Value], size: int) -> None:
        """Remember how to make a value for a call's index."""
        self._make = make
        self._size = size
        self._kept: OrderedDict[int, Value] = OrderedDict()

    def get(self, index: int) -> Value:
        """The value for a call's index, made now or remembered."""
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        value = self._make(index)
        self._kept[index] = value
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return value
