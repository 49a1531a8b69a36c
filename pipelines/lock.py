"""One writer per warehouse: an advisory file lock that ends with its process.

Invariants: the kernel drops the lock however the process ends, so no lock is ever left over. A
backfill runs for hours; between two slices it lets a waiting run go first, so a nightly sync never
waits for all of it. A waiting run holds a second file, the queue, with a shared lock.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

from pipelines.exit_codes import Later, UsageError

_POLL_SECONDS = 0.2
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
_ATTEMPTS = 3
"""Attempts without `wait`: `status` takes the lock for an instant to see whether it is held."""


class Busy(Later):
    """Another run holds the warehouse."""


class NoLock(UsageError):
    """The lock file cannot be used, so nothing would keep two runs apart."""


class WarehouseLock:
    """The right to write into a warehouse, while it is held.

    Args:
        warehouse: the file that is locked; the lock files lie beside it.
        command: published for other runs and `status`.
        gives_way: whether waiting runs go before this run, whenever `give_way` is called.
        on_wait: called with a message when this run waits or lets another go first.
    """

    def __init__(
        self, warehouse: Path, command: str, *, gives_way: bool, on_wait: Callable[[str], None]
    ) -> None:
        self._warehouse, self._command, self._gives_way = warehouse, command, gives_way
        self._on_wait = on_wait
        self._since = datetime.now(UTC)
        self._is_held = False
        self._epoch = ""
        path = lock_of(warehouse)
        self._lock = _open(path)
        self._queue = path.with_name(path.name + ".queue")

    def take(self, *, wait: bool) -> None:
        """Takes the lock.

        Raises:
            Busy: another run holds it and `wait` is false.
        """
        attempts = 0
        with contextlib.ExitStack() as queue:
            while not self._try():
                attempts += 1
                if not wait and attempts > _ATTEMPTS:
                    raise Busy(
                        f"{self._holder()} holds the warehouse {self._warehouse}. Nothing was "
                        "done; run again when it has ended, or without --no-wait to wait for it."
                    )
                if wait and attempts == 1:
                    self._on_wait(f"waiting for {self._holder()}")
                    if not self._gives_way:
                        fcntl.flock(queue.enter_context(_open(self._queue)), fcntl.LOCK_SH)
                time.sleep(_POLL_SECONDS)
        self._is_held = True
        self._epoch = self._next_epoch()
        self.publish({})

    def give_way(
        self, released: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    ) -> bool:
        """Lets waiting runs go first, and returns whether there were any.

        After True, everything known of the warehouse may be out of date.

        Args:
            released: makes the block in which the warehouse file is closed.
        """
        if not self._gives_way or not self._is_waited_for():
            return False
        self._on_wait("another run waits for the warehouse; it goes first, between two slices")
        with released():
            self.release()
            self.take(wait=True)
        return True

    def publish(self, progress: dict[str, Any]) -> None:
        """Writes the progress of this run into the lock file, for `status` and other runs."""
        holder = {
            "pid": os.getpid(), "command": self._command, "since": self._since.isoformat(),
            "epoch": self._epoch,
        }  # fmt: skip
        _write(self._lock, json.dumps(holder | progress, default=str))

    def release(self) -> None:
        """Releases the lock, if it is held."""
        if self._is_held:
            self._is_held = False
            left = {"epoch": self._epoch, "left": _facts(self._warehouse)}
            _write(self._lock, json.dumps(left))
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Closes the lock file, which releases the lock too."""
        self._lock.close()

    def _next_epoch(self) -> str:
        """Returns the epoch of the last holder if the warehouse is as that one left it."""
        self._lock.seek(0)
        with contextlib.suppress(ValueError, KeyError, TypeError):
            last = json.loads(self._lock.read())
            if last["left"] == _facts(self._warehouse):
                return str(last["epoch"])
        return uuid4().hex

    def _try(self) -> bool:
        if self._gives_way and self._is_waited_for():
            return False
        return _try_lock(self._lock, fcntl.LOCK_EX)

    def _is_waited_for(self) -> bool:
        with _open(self._queue) as queue:
            return not _try_lock(queue, fcntl.LOCK_EX)

    def _holder(self) -> str:
        self._lock.seek(0)
        try:
            run = json.loads(self._lock.read())
            return f"`gong-elt {run['command']}` (process {run['pid']}, since {run['since']})"
        except (ValueError, KeyError):
            return "another run"


def lock_of(warehouse: Path) -> Path:
    """Returns the lock file of a warehouse."""
    return warehouse.with_name(warehouse.name + ".lock")


@contextlib.contextmanager
def hold(
    warehouse: Path,
    command: str,
    *,
    wait: bool,
    on_wait: Callable[[str], None],
    gives_way: bool = False,
) -> Iterator[WarehouseLock]:
    """Holds the warehouse for the length of the block.

    Args:
        warehouse: the file that is locked.
        command: published for other runs and `status`.
        wait: whether to wait for another holder, however long.
        on_wait: called once with a message that names the other holder.
        gives_way: whether waiting runs go before this run, also between its slices.

    Raises:
        Busy: another run holds it and `wait` is false.
    """
    lock = WarehouseLock(warehouse, command, gives_way=gives_way, on_wait=on_wait)
    with contextlib.closing(lock):
        lock.take(wait=wait)
        try:
            yield lock
        finally:
            lock.release()


def epoch_of(warehouse: Path) -> str:
    """Returns the epoch of a warehouse that this process holds; "" where nobody holds it.

    An epoch ends when something else than our commands writes the file, or one of them is killed.
    Within one, the file holds what our commands have written, and nothing else.
    """
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        run = json.loads(lock_of(warehouse).read_text(encoding="utf-8"))
        return str(run["epoch"]) if "pid" in run else ""
    return ""


def running(lock: Path) -> dict[str, Any] | None:
    """Returns what the holder of a lock file has published; None where nobody holds it."""
    try:
        with open(lock, encoding="utf-8") as file:
            if _try_lock(file, fcntl.LOCK_SH):
                return None
            try:
                run: dict[str, Any] = json.loads(file.read() or "{}")
            except ValueError:  # the holder is just writing it
                run = {}
            return {"command": "a run", "pid": "?"} | run
    except (FileNotFoundError, NoLock):
        return None
    except OSError as error:
        return {"command": f"not known: {lock} cannot be read ({error.strerror})", "pid": "?"}


def _facts(warehouse: Path) -> list[list[int]]:
    """Returns size and time of change of a warehouse and of the changes beside it."""
    facts = []
    for file in (warehouse, warehouse.with_name(f"{warehouse.name}.wal")):
        with contextlib.suppress(FileNotFoundError):
            stat = file.stat()
            facts.append([stat.st_size, stat.st_mtime_ns, stat.st_ino])
    return facts


def _open(path: Path) -> TextIO:
    try:
        return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    except OSError as error:
        raise NoLock(
            f"The lock file {path} cannot be opened ({error.strerror}), so nothing would keep two "
            "runs apart. Run as the user who owns it, or set GONG_ELT_WAREHOUSE to a file in a "
            "folder of yours."
        ) from None


def _try_lock(file: TextIO, mode: int) -> bool:
    """Takes a lock without waiting; returns whether it was free. Closing the file drops it."""
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise NoLock(
            f"The file system of {file.name} keeps no locks ({error.strerror}), so nothing would "
            "keep two runs apart. Set GONG_ELT_WAREHOUSE, or GONG_ELT_HOME, to a local disk."
        ) from None
    return True


def _write(file: TextIO, text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
