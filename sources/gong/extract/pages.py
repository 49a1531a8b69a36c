"""Pages of a stream's operation, counted against the requests that the stream may spend."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sources.gong.api.client import Client
from sources.gong.api.errors import ShareSpent
from sources.gong.api.operations import Operation, operation
from sources.gong.api.pagination import pages
from sources.gong.extract.answers import listed
from sources.gong.extract.windows import Span
from sources.gong.schema.arrow_pages import decoder
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import table


@dataclass(slots=True)
class StreamQuota:
    """How many requests the streams may spend in a run.

    Args:
        per_stream: of each stream; None for no limit.
        unlimited: streams to which that limit does not apply.
        sweep: of the sweep over old history, which has a limit of its own; None for no limit.
    """

    per_stream: int | None = None
    unlimited: frozenset[str] = frozenset()
    sweep: int | None = None
    _spent: Counter[str] = field(default_factory=Counter, init=False)
    _swept: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def looked_at(self) -> StreamQuota:
        """Returns a quota from which nothing is spent, and that has nothing left where this has."""
        return _LookedAt(self)

    def spend(self, stream: str, *, is_sweep: bool) -> None:
        """Counts a request; raises ShareSpent where there is none left."""
        with self._lock:
            if is_sweep:
                if self.sweep is not None and self._swept >= self.sweep:
                    raise ShareSpent("the sweep has spent the requests that were left for it", 0)
                self._swept += 1
                return
            self._check(stream)
            self._spent[stream] += 1

    def _check(self, stream: str) -> None:
        is_limited = self.per_stream is not None and stream not in self.unlimited
        if is_limited and self._spent[stream] >= (self.per_stream or 0):
            raise ShareSpent(
                f"{stream} has spent its share of the day's requests ({self.per_stream:,}); "
                "the rest is left to the other tables. What was read has landed; the next run "
                f"continues. To let it spend more: --only {stream}",
                0,
            )


class _LookedAt(StreamQuota):
    """See `StreamQuota.looked_at`."""

    def __init__(self, quota: StreamQuota) -> None:
        super().__init__()
        self._quota = quota

    def spend(self, stream: str, *, is_sweep: bool) -> None:  # noqa: ARG002 - of the base class
        """Raises ShareSpent where nothing is left."""
        self._quota._check(stream)


@dataclass(frozen=True, slots=True)
class StreamPages:
    """Sends the requests of streams."""

    client: Client
    quota: StreamQuota

    def answers(
        self,
        stream: str,
        inputs: Mapping[str, Any],
        *,
        operation: Operation | None = None,
        is_sweep: bool = False,
        on_restart: Callable[[], None] = lambda: None,
    ) -> Iterator[dict[str, Any]]:
        """Yields answers page by page; `operation` where it is not the stream's own."""

        def spend() -> None:
            self.quota.spend(stream, is_sweep=is_sweep)

        own = operation_of(stream)
        operation = operation or own
        decode = decoder(stream, operation.rows_key or "") if operation is own else None
        yield from pages(
            self.client, operation, inputs, spend, on_restart=on_restart, decode=decode
        )

    def rows(
        self,
        stream: str,
        inputs: Mapping[str, Any],
        *,
        operation: Operation | None = None,
        is_sweep: bool = False,
    ) -> Iterator[list[Entity]]:
        """Yields the rows of each answer."""
        operation = operation or operation_of(stream)
        assert operation.rows_key is not None
        for answer in self.answers(stream, inputs, operation=operation, is_sweep=is_sweep):
            yield listed(answer, operation.rows_key, stream)


def operation_of(stream: str) -> Operation:
    """Returns the operation that fills a stream."""
    operation_id = table(stream).operation
    assert operation_id is not None
    return operation(operation_id)


def instant(moment: datetime) -> str:
    """Returns an instant as Gong takes it: ISO-8601 in UTC with `Z`."""
    return moment.isoformat().replace("+00:00", "Z")


def between(span: Span, prefix: str = "filter.") -> dict[str, str]:
    """Returns the inputs that narrow a list to a span of instants."""
    return {
        f"{prefix}fromDateTime": instant(span.start),
        f"{prefix}toDateTime": instant(span.end),
    }
