"""One budget of requests per company, shared by all threads and processes of one machine.

Invariant: in no second more requests than Gong allows (`pacing.py`), in no rolling 24 hours more
than the cap. The ledger is an SQLite file; a request is written down before it is sent. The cap
rolls because Gong does not say when its day turns.

No instant of the ledger that lies ahead is believed. A clock that was wrong once wrote it, or a run
whose clock was fixed in the future.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sources.gong.api.errors import BrokenLedger, Postponed, UnusableInput
from sources.gong.api.rate_limit.pacing import Pace

LONGEST_WAIT = 86_400.0
"""Seconds of a wait that Gong asks for that are believed: its quota is one of 24 hours."""
_DAY = 86_400.0
_GLANCE = 0.02
"""Seconds after which a request that gives way looks whether others still wait."""
_AHEAD = 60.0
"""Seconds by which clocks are set back in ordinary life."""

_AFTER_PAUSE = (
    "Run the same command again after that; it continues where it stopped. "
    "`gong-elt check --lift-pause` asks Gong at once whether that still holds."
)

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


def _open(ledger: Path, now: float) -> sqlite3.Connection:
    """Opens a ledger, and creates it where it is missing.

    A damaged one is not begun anew: its requests would be spent a second time, and the quota is
    not ours alone.

    Raises:
        BrokenLedger: it is damaged.
    """
    with suppress(FileNotFoundError):
        facts = ledger.stat()
        # SQLite would take it for a new one; another process may be making it right now
        if facts.st_size == 0 and facts.st_mtime < now - _DAY / 24:
            raise _damaged(ledger, "it is empty")
    ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = sqlite3.connect(ledger, timeout=60, isolation_level=None, check_same_thread=False)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=normal")
    db.executescript(_SCHEMA)
    fault = db.execute("pragma quick_check(1)").fetchone()[0]
    if fault != "ok":
        db.close()
        raise _damaged(ledger, fault)
    return db


@contextmanager
def _faults_named(ledger: Path) -> Iterator[None]:
    """Raises what SQLite and the disk say of a ledger as an error that names it.

    Raises:
        BrokenLedger: it is damaged.
        UnusableInput: it cannot be read or written.
    """
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        raise UnusableInput(
            f"The ledger of requests {ledger} cannot be written ({error}). Set XDG_STATE_HOME "
            "to a folder of yours on a local disk; what was counted before is then not known."
        ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(ledger, str(error)) from error


def _damaged(ledger: Path, fault: str) -> BrokenLedger:
    reason = " ".join(fault.split())
    return BrokenLedger(
        f"The ledger of requests {ledger} is damaged ({reason}), so nothing was sent: it is not "
        "known what is left of the day's quota. Delete it, and its -wal and -shm if they are "
        "there. The next run then begins a new one, without the requests of the last 24 hours; "
        "leave room for them with --reserve, or wait a day."
    )


class Timer(Protocol):
    """Real time, in which the seconds are counted."""

    def time(self) -> float:
        """Returns the seconds since 1970."""

    def monotonic(self) -> float:
        """Returns the seconds since some instant, the same for all processes."""

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


class Turn:
    """The turn of one request, which says how it went on."""

    def __init__(self, budget: Budget, number: int) -> None:
        self._budget, self._number = budget, number

    def written(self) -> None:
        """Says that the request was written just now."""
        self._budget.report(lambda pace, now: pace.written(self._number, now))

    def answered(self, usual: float) -> None:
        """Says that its answer has begun just now; `usual` as in `Budget.wait_for_turn`."""
        self._budget.report(lambda pace, now: pace.answered(self._number, now, usual))


class Budget:
    """The right to send requests; safe to share between threads.

    What the ledger holds that lies ahead is corrected when it is opened: a pause to `LONGEST_WAIT`
    from now, a request to now. `corrections` says so.

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
        self._last_place = threading.Lock()
        self._waiting = 0
        self._spent = 0
        with _faults_named(Path(ledger)):
            self._db = _open(Path(ledger), timer.time())
            self._pace = Pace(self._db, limits.per_second)
            self.corrections = tuple(self._correct())

    @property
    def spent(self) -> int:
        """How many requests this object has let through."""
        return self._spent

    def spent_today(self) -> int:
        """Returns the requests of the last 24 hours, by every process of this machine."""
        with self._lock:
            return self._of_the_day()[0]

    def left(self) -> int | None:
        """Returns how many requests may still be spent now; None for any number."""
        limits = self._limits
        left = []
        if limits.max_requests is not None:
            left.append(limits.max_requests - self._spent)
        if limits.per_day:
            left.append(limits.per_day - limits.reserve - self.spent_today())
        return max(min(left), 0) if left else None

    def wait_for_turn(
        self, usual: float | None = None, gives_way: Callable[[], bool] | None = None
    ) -> Turn:
        """Returns when one request may be sent, and counts it.

        Args:
            usual: seconds in which Gong has answered such requests at least; 0 if not known. None
                where the turn is not told when the request was written and answered.
            gives_way: whether all others of this object that wait go first, asked until none does.

        Raises:
            Postponed: the day's cap, the run's own limit, or a pause Gong asked for, stands in
                the way for longer than the run may wait.
        """
        while gives_way and gives_way():
            # one at a time: the queue for a turn has no order, and many would be in the way.
            # Who need not give way any more does not wait for one that must
            if self._last_place.acquire(timeout=_GLANCE):
                try:
                    while self._waiting and gives_way():
                        self._timer.sleep(_GLANCE)
                    if gives_way():
                        return self._next_turn(usual)
                finally:
                    self._last_place.release()
        with self._lock:
            self._waiting += 1
        try:
            return self._next_turn(usual)
        finally:
            with self._lock:
                self._waiting -= 1

    def _next_turn(self, usual: float | None) -> Turn:
        with self._turn:
            has_waited = False
            # booked on waking and not before: a process that overslept would else send two at once
            while not isinstance(turn := self._book(usual, has_waited), Turn):
                has_waited = True
                self._timer.sleep(turn)
            return turn

    def report(self, what: Callable[[Pace, float], None]) -> None:
        """Tells the pace what became of a request; for `Turn`."""
        with self._lock:
            what(self._pace, self._timer.monotonic())

    def pause(self, seconds: float, waited: float = 0.0) -> None:
        """Keeps every process from sending for as long as Gong asked (`Retry-After`).

        Args:
            seconds: how long; at most `LONGEST_WAIT` of it is believed.
            waited: how long the same request was made to wait before.

        Raises:
            Postponed: Gong asked for more than the run may wait.
        """
        seconds = min(seconds, LONGEST_WAIT)
        until = self._timer.time() + seconds
        with self._lock:
            self._db.execute(
                "insert into pause values (1, ?) on conflict (id) "
                "do update set until = max(until, excluded.until)",
                (until,),
            )
        if waited + seconds > self._limits.max_wait_seconds:
            raise Postponed(
                f"Gong asks to wait {waited + seconds:.0f} s{_or_longer(seconds)} in all for one "
                f"request, longer than SOURCES__GONG__MAX_WAIT_SECONDS "
                f"({self._limits.max_wait_seconds:.0f}). {_AFTER_PAUSE}",
                seconds,
            )

    def lift_pause(self) -> bool:
        """Forgets a wait that Gong has asked for; returns whether there was one."""
        with self._lock:
            lifted = self._db.execute("delete from pause where until > ?", (self._timer.time(),))
            return lifted.rowcount > 0

    def close(self) -> None:
        """Closes the ledger."""
        self._db.close()

    def _correct(self) -> Iterator[str]:
        """Brings what lies ahead back to now, and yields what was done, in words."""
        now = self._timer.time()
        corrected = self._db.execute(
            "update requests set sent_at = ?, counted_at = min(counted_at, ?) where sent_at > ?",
            (now, self._now().timestamp(), now + _AHEAD),
        ).rowcount
        if corrected:
            yield (
                f"the ledger held {corrected:,} requests of a time that is still to come: this "
                "machine's clock was wrong when they were sent. They count as sent now."
            )
        corrected = self._db.execute(
            "update pause set until = ? where until > ?", (now + LONGEST_WAIT, now + LONGEST_WAIT)
        ).rowcount
        if corrected:
            yield (
                "the ledger held a wait of more than 24 hours that Gong had asked for. It is "
                "believed for 24 hours from now."
            )

    def _book(self, usual: float | None, has_waited: bool) -> Turn | float:
        """Writes one request down and returns its turn, or for how long there is no room."""
        with self._lock:
            return self._book_now(usual, has_waited)

    def _book_now(self, usual: float | None, has_waited: bool) -> Turn | float:
        limits = self._limits
        if limits.max_requests is not None and self._spent >= limits.max_requests:
            raise Postponed(
                f"--max-requests {limits.max_requests} is used up. "
                "Run the same command again; it continues where it stopped.",
                0,
            )
        self._db.execute("begin immediate")
        try:
            now = self._timer.time()
            self._check_day()
            paused = self._paused(now)
            if paused > limits.max_wait_seconds:
                raise Postponed(
                    f"Gong asked for a pause that lasts another {paused:.0f} s. {_AFTER_PAUSE}",
                    paused,
                )
            instant = self._timer.monotonic()
            delay = max(paused, self._pace.wait(instant))
            if delay > 0:
                self._db.execute("rollback")
                return delay
            counted = self._now().timestamp()
            # counted from the request before: one request of a clock far ahead forgets nothing
            self._db.execute(
                "delete from requests where sent_at < (select max(sent_at) from requests) - ?",
                (2 * _DAY,),
            )
            self._db.execute("insert into requests values (?, ?)", (now, counted))
            number = self._pace.leave(instant, usual, has_waited=has_waited)
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")
        self._spent += 1
        return Turn(self, number)

    def _paused(self, now: float) -> float:
        """Returns how many seconds of a pause are left."""
        row = self._db.execute("select until from pause where until > ?", (now,)).fetchone()
        return min(row[0] - now, LONGEST_WAIT) if row else 0.0

    def _of_the_day(self) -> tuple[int, float]:
        return requests_of_the_day(self._db, self._now().timestamp(), self._timer.time())

    def _check_day(self) -> None:
        limits = self._limits
        if not limits.per_day:
            return
        used, oldest = self._of_the_day()
        if used < limits.per_day - limits.reserve:
            return
        wait = _DAY - oldest
        kept = f", {limits.reserve} of them kept for others" if limits.reserve else ""
        raise Postponed(
            f"The day's requests are spent: {used} of {limits.per_day} in the last 24 hours"
            f"{kept}. The first comes free in {wait / 3600:.1f} hours; run the same command again "
            "then, it continues where it stopped.",
            wait,
        )


def requests_of_the_day(db: sqlite3.Connection, counted: float, now: float) -> tuple[int, float]:
    """Returns the number of requests of the last 24 hours, and how many seconds old the first is.

    A request that lies ahead of the run's clock counts by the real time of its sending: a run whose
    clock was fixed in the future sent it, or the clock of this run is fixed in the past.

    Args:
        db: the ledger.
        counted: the present by the run's clock, in seconds since 1970.
        now: the present in real time.
    """
    row = db.execute(
        "select count(*), coalesce(max(age), 0.0) from ("
        "select ? - counted_at as age from requests where counted_at > ? and counted_at <= ? "
        "union all "
        "select max(? - sent_at, 0.0) from requests where counted_at > ? and sent_at > ?)",
        (counted, counted - _DAY, counted, now, counted, now - _DAY),
    ).fetchone()
    return int(row[0]), float(row[1])


def _or_longer(seconds: float) -> str:
    return " or longer" if seconds >= LONGEST_WAIT else ""
