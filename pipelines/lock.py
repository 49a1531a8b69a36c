"""One writer per warehouse: an advisory lock that dies with its process.

The kernel drops the lock when the process ends, however it ends, so none is ever left over.
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


class Busy(RuntimeError):
    """Another run holds the warehouse."""


@contextlib.contextmanager
def hold(
    warehouse: Path, command: str, *, wait: bool, on_wait: Callable[[str], None]
) -> Iterator[None]:
    """Holds the warehouse for the length of the block.

    Args:
        warehouse: the file that is locked; the lock file lies beside it.
        command: what the holder is doing, told to others.
        wait: whether to wait for another holder, however long.
        on_wait: told once who is waited for.

    Raises:
        Busy: another run holds it and `wait` is false.
    """
    path = warehouse.with_name(warehouse.name + ".lock")
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        told, attempts = False, 0
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                who = _who(file.read())
                # `status` looks whether the lock is held by taking it for an instant
                attempts += 1
                if not wait and attempts > 3:
                    raise Busy(
                        f"{who} holds the warehouse {warehouse}. Run again when it is done, or "
                        "without --no-wait to wait for it."
                    ) from None
                if wait and not told:
                    on_wait(f"waiting for {who}")
                    told = True
                time.sleep(0.2)
        file.seek(0)
        file.truncate()
        json.dump(
            {"pid": os.getpid(), "command": command, "since": datetime.now(UTC).isoformat()}, file
        )
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
            file.flush()


def _who(content: str) -> str:
    try:
        told = json.loads(content)
        return f"`gong-elt {told['command']}` (process {told['pid']}, since {told['since']})"
    except (ValueError, KeyError):
        return "another run"
