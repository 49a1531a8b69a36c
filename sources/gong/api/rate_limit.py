"""One budget of requests per company, shared by all threads and processes of one machine.

Invariant: in no second more requests than Gong allows, in no rolling 24 hours more than the cap.
The ledger is an SQLite file; a request is written down before it is sent. The cap rolls because
Gong does not say when its day turns.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sources.gong.api.errors import BrokenLedger, Postponed, UnusableInput

_SECOND = 1.03
"""Seconds in which `per_second` requests may leave: arrivals drift a little from departures."""
_APART = 0.9
"""Distance between requests, as a share of the even step: requests of a burst delay each other on
arrival, and a delayed one counts for the next second."""
_DAY = 86_400.0

_SCHEMA = """
create table if not exists requests (sent_at real not null, counted_at real not null);
create index if not exists requests_sent_at on requests (sent_at);
create index if not exists requests_counted_at on requests (counted_at);
create table if not exists pause (id integer primary key check (id = 1), until real not null);
"""


def default_ledger(state_folder: Path, base_url: str, account: str) -> Path:
    """Returns the ledger file of a Gong company; a `Budget` makes it.

    There is one per user of this machine, host and account; neither can be read from its name.

    Args:
        state_folder: for what belongs to a company (`auth.default_state_folder`).
        base_url: the host of the settings.
        account: what stays the same for the company (`Credentials.account`).
    """
    tenant = f"{base_url.rstrip('/')}|{account}".encode()
    return state_folder / f"{hashlib.blake2b(tenant, digest_size=8).hexdigest()}.sqlite"


class Timer(Protocol):
    """Real time, in which the seconds are counted."""

    def time(self) -> float:
        """Returns the seconds since 1970."""

    def sleep(self, seconds: float, /) -> None:
        """Lets time pass."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent. Zero in the first two means no limit.

    Attributes:
        per_second: requests in any second.
        per_day: requests in any 24 hours.
        reserve: requests of the day's cap to leave for others.
        max_requests: requests that this budget object may spend in all; None for no limit.
        max_wait_seconds: a longer wait is raised as `Postponed`.
    """

    per_second: int = 3
    per_day: int = 10_000
    reserve: int = 0
    max_requests: int | None = None
    max_wait_seconds: float = 300.0


class Budget:
    """The right to send requests; safe to share between threads.

    Args:
        ledger: the SQLite file, shared by every process that uses the same Gong company.
        limits: what may be spent.
        now: the run's clock in UTC, by which the 24 hours are counted.
        timer: by which the seconds are counted, also where the run's clock stands still.
    """

    def __init__(
        self,
        ledger: Path | str,
        limits: Limits,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timer: Timer = time,
    ) -> None:
        self._limits = limits
        self._now = now
        self._timer = timer
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._spent = 0
        try:
            if isinstance(ledger, Path):
                ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                ledger, timeout=60, isolation_level=None, check_same_thread=False
            )
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.OperationalError) as error:
            raise UnusableInput(
                f"The ledger of requests {ledger} cannot be written ({error}). Set XDG_STATE_HOME "
                "to a folder of yours on a local disk; what was counted before is then not known."
            ) from error
        except sqlite3.DatabaseError as error:
            raise BrokenLedger(
                f"The ledger of requests {ledger} cannot be used ({error}). Delete it; the "
                "requests of the last 24 hours are then no longer counted."
            ) from error

    @property
    def spent(self) -> int:
        """How many requests this object has let through."""
        return self._spent

    def spent_today(self) -> int:
        """Returns the requests of the last 24 hours, by every process of this machine."""
        with self._lock:
            return self._count_day(self._now().timestamp())

    def left(self) -> int | None:
        """Returns how many requests may still be spent now; None for any number."""
        limits = self._limits
        left = []
        if limits.max_requests is not None:
            left.append(limits.max_requests - self._spent)
        if limits.per_day:
            left.append(limits.per_day - limits.reserve - self.spent_today())
        return max(min(left), 0) if left else None

    def wait_for_turn(self) -> None:
        """Returns when one request may be sent, and counts it.

        Raises:
            Postponed: the day's cap, the run's own limit, or a pause Gong asked for, stands in
                the way for longer than the run may wait.
        """
        with self._turn:
            # booked on waking and not before: a process that overslept would else send two at once
            while (delay := self._book()) > 0:
                self._timer.sleep(delay)

    def pause(self, seconds: float, waited: float = 0.0) -> None:
        """Keeps every process from sending for as long as Gong asked (`Retry-After`).

        Args:
            seconds: how long.
            waited: how long the same request was made to wait before.

        Raises:
            Postponed: Gong asked for more than the run may wait.
        """
        until = self._timer.time() + seconds
        with self._lock:
            self._db.execute(
                "insert into pause values (1, ?) on conflict (id) "
                "do update set until = max(until, excluded.until)",
                (until,),
            )
        if waited + seconds > self._limits.max_wait_seconds:
            raise Postponed(
                f"Gong asks to wait {waited + seconds:.0f} s in all for one request, longer than "
                f"SOURCES__GONG__MAX_WAIT_SECONDS ({self._limits.max_wait_seconds:.0f}). "
                "Run the same command again after that; it continues where it stopped.",
                seconds,
            )

    def close(self) -> None:
        """Closes the ledger."""
        self._db.close()

    def _book(self) -> float:
        """Writes one request down and returns 0, or returns for how long there is no room."""
        with self._lock:
            return self._book_now()

    def _book_now(self) -> float:
        limits = self._limits
        if limits.max_requests is not None and self._spent >= limits.max_requests:
            raise Postponed(
                f"--max-requests {limits.max_requests} is used up. "
                "Run the same command again; it continues where it stopped.",
                0,
            )
        self._db.execute("begin immediate")
        try:
            now, counted = self._timer.time(), self._now().timestamp()
            self._check_day(counted)
            slot = self._slot(now)
            if slot - now > limits.max_wait_seconds:
                raise Postponed(
                    f"Gong asked for a pause that lasts another {slot - now:.0f} s. "
                    "Run the same command again after that; it continues where it stopped.",
                    slot - now,
                )
            if slot > now:
                self._db.execute("rollback")
                return slot - now
            self._db.execute("insert into requests values (?, ?)", (now, counted))
            self._db.execute("delete from requests where sent_at < ?", (now - 2 * _DAY,))
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")
        self._spent += 1
        return 0.0

    def _slot(self, now: float) -> float:
        slot = now
        paused = self._db.execute("select until from pause where until > ?", (now,)).fetchone()
        if paused:
            slot = paused[0]
        if self._limits.per_second:
            nth = self._db.execute(
                # what lies far ahead was written before the clock was set back
                "select sent_at from requests where sent_at > ? and sent_at < ? "
                "order by sent_at desc limit 1 offset ?",
                (now - _SECOND, now + 3600, self._limits.per_second - 1),
            ).fetchone()
            if nth:
                slot = max(slot, nth[0] + _SECOND)
            last = self._db.execute(
                "select max(sent_at) from requests where sent_at > ? and sent_at < ?",
                (now - _SECOND, now + 3600),
            ).fetchone()[0]
            if last:
                slot = max(slot, last + _APART * _SECOND / self._limits.per_second)
        return slot

    def _count_day(self, counted: float) -> int:
        row = self._db.execute(
            "select count(*) from requests where counted_at > ?", (counted - _DAY,)
        ).fetchone()
        return int(row[0])

    def _check_day(self, counted: float) -> None:
        limits = self._limits
        if not limits.per_day:
            return
        used = self._count_day(counted)
        if used < limits.per_day - limits.reserve:
            return
        oldest = self._db.execute(
            "select min(counted_at) from requests where counted_at > ?", (counted - _DAY,)
        ).fetchone()[0]
        wait = (oldest or counted) + _DAY - counted
        kept = f", {limits.reserve} of them kept for others" if limits.reserve else ""
        raise Postponed(
            f"The day's requests are spent: {used} of {limits.per_day} in the last 24 hours{kept}. "
            f"The first comes free in {wait / 3600:.1f} hours; run the same command again then, "
            "it continues where it stopped.",
            wait,
        )
