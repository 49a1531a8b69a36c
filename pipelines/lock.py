"""One writer per warehouse: an advisory lock that dies with its process.

The kernel drops the lock when the process ends, however it ends, so none is ever left over. A
backfill runs for hours; between two slices it lets go for whoever waits, so that a nightly sync
never stands behind it. Who waits holds a second file, shared, which a backfill can look at.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pipelines.exit_codes import Later

_POLL_SECONDS = 0.2


class Busy(Later):
    """Another run holds the warehouse."""


class WarehouseLock:
    """The right to write into a warehouse, while it is held.

    Args:
        warehouse: the file that is locked; the lock files lie beside it.
        command: what the holder is doing, told to others.
        gives_way: whether whoever waits goes before this run whenever `give_way` is called.
        on_wait: told who is waited for, or let go first.
    """

    def __init__(
        self, warehouse: Path, command: str, *, gives_way: bool, on_wait: Callable[[str], None]
    ) -> None:
        self._warehouse, self._command, self._gives_way = warehouse, command, gives_way
        self._on_wait = on_wait
        self._since = datetime.now(UTC)
        self._is_held = False
        path = lock_of(warehouse)
        self._lock = _open(path)
        self._queue = path.with_name(path.name + ".queue")

    def take(self, *, wait: bool) -> None:
        """Takes the lock; raises Busy where another run has it and `wait` is false."""
        told, attempts = False, 0
        with contextlib.ExitStack() as stack:
            while not self._try():
                # `status` looks whether the lock is held by taking it for an instant
                attempts += 1
                if not wait and attempts > 3:
                    raise Busy(
                        f"{self._who()} holds the warehouse {self._warehouse}. Nothing was done; "
                        "run again when it has ended, or without --no-wait to wait for it."
                    )
                if wait and not told:
                    self._on_wait(f"waiting for {self._who()}")
                    told = True
                    if not self._gives_way:
                        fcntl.flock(stack.enter_context(_open(self._queue)), fcntl.LOCK_SH)
                time.sleep(_POLL_SECONDS)
        self._is_held = True
        self.publish({})

    def give_way(self) -> bool:
        """Lets whoever waits go first, and returns whether anybody did.

        The warehouse may be another one afterwards: whatever was known of it is to be asked anew.
        """
        if not self._gives_way or not self._is_waited_for():
            return False
        self._on_wait("another run waits for the warehouse; it goes first, between two slices")
        self.release()
        self.take(wait=True)
        return True

    def publish(self, progress: dict[str, Any]) -> None:
        """Writes down what the holder is doing, for others to read."""
        told = {"pid": os.getpid(), "command": self._command, "since": self._since.isoformat()}
        _write(self._lock, json.dumps(told | progress, default=str))

    def release(self) -> None:
        """Lets go of the warehouse, if it is held."""
        if self._is_held:
            self._is_held = False
            _write(self._lock, "")
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Closes the lock file, which lets go of it too."""
        self._lock.close()

    def _try(self) -> bool:
        if self._gives_way and self._is_waited_for():
            return False
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_waited_for(self) -> bool:
        with _open(self._queue) as queue:
            try:
                fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _who(self) -> str:
        self._lock.seek(0)
        try:
            told = json.loads(self._lock.read())
            return f"`gong-elt {told['command']}` (process {told['pid']}, since {told['since']})"
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
        command: what the holder is doing, told to others.
        wait: whether to wait for another holder, however long.
        on_wait: told once who is waited for.
        gives_way: whether this run stands back for others, also between its slices.

    Raises:
        Busy: another run holds it and `wait` is false.
    """
    held = WarehouseLock(warehouse, command, gives_way=gives_way, on_wait=on_wait)
    with contextlib.closing(held):
        held.take(wait=wait)
        try:
            yield held
        finally:
            held.release()


def running(lock: Path) -> dict[str, Any] | None:
    """Returns what the holder of a lock file told of itself, or None where nobody holds it."""
    try:
        with open(lock, encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                try:
                    told: dict[str, Any] = json.loads(file.read() or "{}")
                except ValueError:  # it is just being written
                    told = {}
                return {"command": "a run", "pid": "?"} | told
    except FileNotFoundError:
        pass
    return None


def _open(path: Path) -> TextIO:
    return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")


def _write(file: TextIO, text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
