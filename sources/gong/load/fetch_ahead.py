"""Fetches pages of the next load package while the one before is read and landed.

Without it no request leaves while a package lands. Answers are kept as they were received, and the
reading of the next package finds them there (`Client.call`): it decides what they mean, and what
an error among them does. A request that is fetched ahead leaves when no other waits for its turn.

Of a package that lists windows, their lists are fetched; what is requested by parent is not known
yet.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sources.gong.api.client import Client
from sources.gong.api.errors import Postponed, ShareSpent, StopRun
from sources.gong.api.operations import Operation
from sources.gong.extract.reader import Reader
from sources.gong.extract.windows import Reason, Window
from sources.gong.schema.coercion import dig
from sources.gong.schema.table import Read
from sources.gong.schema.tables import table

MOST_BYTES = 32_000_000
"""Of answers that wait, some ten pages of calls: a slice lands in less time than they took. A kill
loses no more than these."""
THREAD_NAME = "fetch-ahead"
_THREADS = 6
"""Answers of two seconds, at three requests a second."""
_LOOK_AGAIN = 0.5
"""Seconds after which a thread that waits looks whether it is to stop."""
_LISTED = (Read.INSTANTS, Read.SINCE, Read.DAYS, Read.PERIODS, Read.LOGS)
"""How the streams are read whose requests follow from their windows alone."""


class _Stopped(Exception):
    """Nothing more is to be fetched ahead."""


class FetchAhead:
    """Fetches ahead for one run; its threads end with the process.

    Args:
        reader: reads what is fetched.
        may_spend: whether requests are left that nothing more urgent needs.
    """

    def __init__(self, reader: Reader, may_spend: Callable[[], bool]) -> None:
        self._reader, self._may_spend = reader, may_spend
        self._calls: _CallsAhead | None = None

    def begin(self, windows: Mapping[str, Sequence[Window]]) -> None:
        """Begins to fetch windows, by stream; of those before, nothing more is requested."""
        self._stop()
        self._reader.client.stored_answers.begin_batch()
        listed = [
            window
            for stream, own in windows.items()
            if table(stream).read in _LISTED
            for window in own
            if not (window.span.is_empty or window.reason is Reason.SWEEP)
        ]
        if not listed:
            return
        # the streams with the largest answers first: the others are read while these are
        listed.sort(key=lambda window: table(window.stream).windows.weight, reverse=True)
        self._calls = calls = _CallsAhead(self._reader.client, self._may_spend)
        reader = self._reader.with_client(cast("Client", calls))
        waiting = deque(listed)
        for number in range(min(_THREADS, len(listed))):
            # a daemon: an answer that does not come must not keep the process
            threading.Thread(
                target=_fetch,
                args=(reader, waiting, calls),
                name=f"{THREAD_NAME}-{number}",
                daemon=True,
            ).start()

    def forget_earlier(self) -> None:
        """Forgets what was fetched before the last `begin` and has not been taken."""
        self._reader.client.stored_answers.forget_earlier()

    def forget(self) -> None:
        """Requests nothing more, and forgets what was fetched."""
        self.begin({})
        self.forget_earlier()

    def _stop(self) -> None:
        if self._calls:
            self._calls.is_stopped = True
            self._calls = None


class _CallsAhead:
    """Stands in for the client of a reader whose pages nobody looks at."""

    def __init__(self, client: Client, may_spend: Callable[[], bool]) -> None:
        self._client, self._may_spend = client, may_spend
        self.is_stopped = False

    def call(self, operation: Operation, values: Mapping[str, Any], *_: Any) -> dict[str, Any]:
        """Fetches an answer ahead; of its rows, those with an id come as their ids alone.

        More is not asked of them, and the threads would each hold a parsed page for as long as the
        answer to the next takes.

        Raises:
            _Stopped: no more is to be fetched.
            GongError: as `Client.call`.
        """
        # a wrong key must cost one request, and the answers that wait are to be taken first
        while not (
            self._client.accepted.wait(_LOOK_AGAIN)
            and self._client.stored_answers.wait_for_room(MOST_BYTES, _LOOK_AGAIN)
        ):
            if self.is_stopped:
                raise _Stopped
        if self.is_stopped or not self._may_spend():
            raise _Stopped
        answer = self._client.call_ahead(operation, values, lambda: not self.is_stopped)
        return _with_ids_alone(operation, answer)


def _with_ids_alone(operation: Operation, answer: dict[str, Any]) -> dict[str, Any]:
    key, rows = operation.rows_key, answer.get(operation.rows_key or "")
    if key is None or operation.row_id is None or not isinstance(rows, list):
        return answer
    return {**answer, key: [_id_alone(row, operation.row_id) for row in rows]}


def _id_alone(row: Any, dotted: str) -> Any:
    value = dig(row, dotted) if isinstance(row, dict) else None
    if value is None:
        return row
    for key in reversed(dotted.split(".")):
        value = {key: value}
    return value


def _fetch(reader: Reader, waiting: deque[Window], calls: _CallsAhead) -> None:
    while waiting and not calls.is_stopped:
        try:
            for _ in reader.entities(waiting.popleft()):
                pass
        except (IndexError, _Stopped):  # another thread has taken the last one
            return
        except ShareSpent:
            continue
        except (Postponed, StopRun):
            calls.is_stopped = True
        except Exception:  # noqa: S112 - the reading of the window meets the same, and reports it
            continue
