"""The session of a command that uses the warehouse or Gong: settings, home, clock, console."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from pipelines.console import Console
from pipelines.gong_client import credentials_of
from pipelines.settings import Settings, load
from warehouse.files import put_in_place
from warehouse.home import find_home, make_home
from warehouse.target import Target, make_folder, resolve_target

STATUS_FILE = "status.json"
DEMO_MARKER = "this-is-a-demo"
"""File in a home that the next demo may clear."""
PUSH_FOLDER = ".push-"
"""Prefix of the folder in a home in which files are put together for Gong."""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of one command."""

    settings: Settings
    home: Path
    target: Target
    console: Console
    started_at: datetime
    """The frozen present of the run: UTC, whole seconds."""
    _began: float

    def clock(self) -> datetime:
        """Returns the run's own time: it starts at the frozen present and passes as real time.

        Real time includes the hours in which the machine sleeps: by this clock the requests of 24
        hours are counted.
        """
        return self.started_at + timedelta(seconds=elapsed() - self._began)


def elapsed() -> float:
    """Returns the seconds since some instant, also those in which the machine was suspended.

    `time.monotonic` stands still then. Linux counts them in CLOCK_BOOTTIME, macOS in
    CLOCK_MONOTONIC. No setting of the time moves either.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def open_session(console: Console, *, needs_gong: bool, is_demo: bool = False) -> Session:
    """Returns a session, with its home created.

    Args:
        console: for the messages of the run.
        needs_gong: whether credentials are required; checked before anything is created.
        is_demo: whether the data is made up; if not, the next demo may not clear the home.

    Raises:
        ValueError: a setting is missing or wrong; the message names it.
    """
    settings = load()
    if needs_gong:
        credentials_of(settings)
    home = find_home(settings.home)
    where = resolve_target(settings.warehouse, home)
    make_home(home)
    make_folder(where)
    if needs_gong and not is_demo:
        (home / DEMO_MARKER).unlink(missing_ok=True)
    now = (settings.now or datetime.now(UTC)).replace(microsecond=0)
    console.info(f"home {home}", home=str(home))
    return Session(settings, home, where, console, now, elapsed())


def refrozen(session: Session) -> Session:
    """Returns the session with the present frozen now, unless GONG_ELT_NOW fixes it."""
    if session.settings.now:
        return session
    return replace(session, started_at=datetime.now(UTC).replace(microsecond=0), _began=elapsed())


def write_private(path: Path, text: str) -> None:
    """Replaces a file in one rename, synced; only its owner may read it.

    Call it while holding the warehouse: there is one new file at a time. The next run overwrites
    what a kill leaves of it.
    """
    new = path.with_name(f".{path.name}.new")
    with private_file(new) as file:
        file.write(text)
    put_in_place(new, path)


def private_file(path: Path) -> TextIO:
    """Opens a new file, in place of one that is there; only its owner may read it."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
