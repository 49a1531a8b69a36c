"""Spaces requests so that Gong counts no more of them in any second than it allows.

Gong counts arrivals, and an arrival is not seen from here. It lies between the instant a request
was written and the instant its answer began; of that time, what the operation usually takes is
Gong's work. So a request waits until a second after the request `per_second` places before it has
surely arrived, also where a busy machine or network has delayed that one.

Answers that are slow for another reason look like late arrivals. Waiting for them is therefore
limited: in the long run requests leave at least every `_HELD_SECOND / per_second` seconds.

All instants are of the machine's monotonic clock, which all its processes share and which no
setting of the time moves. That it stands still while the machine sleeps does no harm here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque

_SECOND = 1.01
"""Seconds between a request and the one `per_second` places after it: clocks run differently."""
_HELD_SECOND = 1.045
"""The same on average where arrivals are in doubt."""
_ALLOWANCE = 0.5
"""Seconds that may be waited at once, beyond that average."""
_APART = 0.9
"""Distance between requests, as a share of the even step: requests of a burst delay each other on
arrival, and a delayed one counts for the next second."""
_LOOK_BACK = 2.5
"""Seconds after which an answer that is still missing says nothing about the arrival."""
_LOOK_AGAIN = 0.02
"""Seconds after which to look whether an answer has come that is waited for."""
_KEPT_ANSWERS = 20
_TINY = 1e-5
"""A wait that a clock does not resolve would never end."""

_SCHEMA = """
create table if not exists turns (
    id integer primary key, left_at real not null, arrived_at real, usual real not null
);
create table if not exists pace (id integer primary key check (id = 1), held_until real not null);
"""


class Pace:
    """The requests of the last seconds, in the ledger that all processes share.

    Args:
        db: the ledger.
        per_second: requests in any second; 0 for no limit.
    """

    def __init__(self, db: sqlite3.Connection, per_second: int) -> None:
        self._db = db
        self._per_second = per_second
        db.executescript(_SCHEMA)

    def wait(self, now: float) -> float:
        """Returns for how long no request may leave, or when to look again; 0 for not at all."""
        most = self._per_second
        if not most:
            return 0.0
        turns = self._db.execute(
            "select left_at, coalesce(arrived_at, max(left_at, ? - usual)) from turns "
            # what lies ahead is of before the machine was started again
            "where left_at > ? and left_at <= ?",
            (now, now - _LOOK_BACK, now),
        ).fetchall()
        left = sorted((turn[0] for turn in turns), reverse=True)
        free = max(
            left[most - 1] + _SECOND if len(left) >= most else now,
            left[0] + _APART * _SECOND / most if left else now,
        )
        if free - now > _TINY:
            return free - now
        arrived = sorted((turn[1] for turn in turns), reverse=True)
        if len(arrived) < most or arrived[most - 1] + _SECOND - now < _TINY:
            return 0.0
        in_doubt = min(arrived[most - 1] + _SECOND, self._held_until(now)) - now
        return min(in_doubt, _LOOK_AGAIN) if in_doubt > _TINY else 0.0

    def leave(self, now: float, usual: float | None, *, has_waited: bool) -> int:
        """Writes down that a request leaves, and returns the number of its turn.

        Args:
            now: the instant.
            usual: seconds in which Gong has answered such requests at least; 0 if not known. None
                where its answer will not be told: it counts as arrived.
            has_waited: whether it had to; if not, requests are fewer than may leave.
        """
        if not self._per_second:
            return 0
        step = _HELD_SECOND / self._per_second
        limit = now + step + _ALLOWANCE
        held = self._held_until(now) + step if has_waited else limit
        self._db.execute("insert or replace into pace values (1, ?)", (min(held, limit),))
        self._db.execute("delete from turns where left_at < ? or left_at > ?", (now - 60, now + 60))
        arrived_at = now if usual is None else None
        inserted = self._db.execute(
            "insert into turns (left_at, arrived_at, usual) values (?, ?, ?)",
            (now, arrived_at, usual or 0.0),
        )
        return int(inserted.lastrowid or 0)

    def written(self, turn: int, now: float) -> None:
        """Corrects when a request has left: it was written only now."""
        if self._per_second:
            self._db.execute("update turns set left_at = ? where id = ?", (now, turn))

    def answered(self, turn: int, now: float, usual: float) -> None:
        """Writes down until when a request has surely arrived: its answer has begun.

        Args:
            turn: of the request.
            now: the instant.
            usual: seconds in which Gong has answered such requests at least.
        """
        if self._per_second:
            self._db.execute(
                "update turns set arrived_at = max(left_at, ?) where id = ?", (now - usual, turn)
            )

    def _held_until(self, now: float) -> float:
        """Returns until when the next request may be held back for an arrival in doubt."""
        row = self._db.execute("select held_until from pace").fetchone()
        limit = now + _HELD_SECOND / self._per_second + _ALLOWANCE
        return min(float(row[0]), limit) if row and row[0] > now - _LOOK_BACK else limit


class UsualTimes:
    """The least time that the last answers to each operation took; safe to share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, deque[float]] = {}

    def of(self, operation_id: str) -> float:
        """Returns the seconds; 0 before the first answer."""
        with self._lock:
            return min(self._last.get(operation_id, (0.0,)))

    def add(self, operation_id: str, seconds: float) -> float:
        """Adds the time of an answer, and returns the seconds as `of` does."""
        with self._lock:
            last = self._last.setdefault(operation_id, deque(maxlen=_KEPT_ANSWERS))
            last.append(seconds)
            return min(last)
