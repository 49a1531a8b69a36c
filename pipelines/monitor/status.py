"""`status`: reads the facts of the last run and the ledger of requests, and prints them.

Never opens the warehouse, so it answers at once and also while a run goes on.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipelines.exit_codes import DONE, CommandError
from pipelines.gong_client import ledger_of
from pipelines.lock import lock_of, running
from pipelines.monitor.status_text import calendar_lines, progress_line, status_lines, warning_lines
from pipelines.output import print_lines
from pipelines.session import STATUS_FILE
from pipelines.settings import Settings, load
from sources.gong.api.errors import UnusableInput
from warehouse.home import find_home
from warehouse.target import file_of, is_of, name_target

_WARNED_ROWS = 5
_NO_FACTS: dict[str, Any] = {"tables": [], "streams": [], "runs": []}


class Unreadable(CommandError):
    """The stored facts cannot be read."""


def print_status(*, as_json: bool, has_calendar: bool, has_warnings: bool = False) -> int:
    """Prints the state of the home and of the run in progress; returns the exit code."""
    settings = load()
    home = find_home(settings.home)
    target = name_target(settings.warehouse, home)
    facts = read_status(home)
    origin = facts.get("warehouse") if facts else None
    is_other = not is_of(origin, target, home)
    if is_other:
        facts = None
    busy = running(lock_of(target.path))
    now = settings.now or datetime.now(UTC)
    used = _requests_today(settings, now)
    if as_json:
        run = {
            "home": os.fspath(home),
            "running": progress_line(busy) if busy else None,
            "progress": busy,
            "requests_today": used,
        }
        print_lines([json.dumps(run | (facts or _NO_FACTS))])
        return DONE
    cap = f"of {settings.requests_per_day:,}" if settings.requests_per_day else "(no limit set)"
    print_lines(
        [
            f"home {home}",
            f"running: {progress_line(busy)}",
            f"requests in the last 24 hours: {'not known' if used is None else f'{used:,} {cap}'}",
        ]
    )
    if is_other:
        landed = file_of(origin, home)
        print_lines([f"nothing is known of {target.path}: the last run here landed in {landed}"])
    elif facts is None:
        print_lines(["nothing has landed here yet; run `gong-elt sync`"])
    elif has_warnings:
        _print_warnings(home, facts)
    else:
        print_lines(calendar_lines(facts) if has_calendar else status_lines(facts, now))
    return DONE


def _print_warnings(home: Path, facts: dict[str, Any]) -> None:
    """Prints each warning of the last build, with some of the rows as they are published now."""
    import duckdb

    from pipelines.output import print_rows
    from warehouse.errors import BadInput, WarehouseError
    from warehouse.publication.reading import query

    warnings = facts.get("warnings", ())
    if not warnings:
        print_lines(["no test of the last build found rows to look at"])
    for warning in warnings:
        print_lines(["", *warning_lines(warning)])
        if not warning["rows_query"]:
            continue
        try:
            with query(home, warning["rows_query"]) as rows:
                print_rows(rows, "table", _WARNED_ROWS)
        except (BadInput, WarehouseError, duckdb.Error) as error:
            print_lines([f"  the rows cannot be shown: {error}"])


def read_status(home: Path) -> dict[str, Any] | None:
    """Returns the facts of the last run; None before the first run.

    Raises:
        Unreadable: the file is damaged.
    """
    file = home / STATUS_FILE
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        facts: dict[str, Any] = _renamed(json.loads(content))
        missing = {"as_of", "tables", "streams", "runs", "schema_changes"} - facts.keys()
    except (ValueError, AttributeError) as error:
        raise Unreadable(f"{file} is damaged ({error}); the next run replaces it") from None
    if missing:
        raise Unreadable(f"{file} is damaged (parts are missing); the next run replaces it")
    return facts


def _renamed(facts: dict[str, Any]) -> dict[str, Any]:
    """Returns the facts under today's names; before December 2026 a stream was a "reading"."""
    if "readings" not in facts:
        return facts
    streams = [{"stream": row.pop("reading"), **row} for row in facts.pop("readings")]
    for backfill in facts.get("open_backfills", ()):
        backfill["streams"] = backfill.pop("readings")
    return {**facts, "streams": streams}


def _requests_today(settings: Settings, now: datetime) -> int | None:
    """Returns the requests of the last 24 hours; None where the state folder cannot be read."""
    try:
        return requests_today(ledger_of(settings), now)
    except (UnusableInput, OSError):
        return None


def requests_today(ledger: Path, now: datetime) -> int:
    """Returns the requests of the last 24 hours; zero where there is no ledger.

    Raises:
        Unreadable: the ledger is damaged.
    """
    if not ledger.exists():
        return 0
    try:
        try:
            used = _counted(ledger, "mode=ro", now)
        except sqlite3.OperationalError:
            # a folder that cannot be written: SQLite could not make its own files beside it
            used = _counted(ledger, "immutable=1", now)
    except sqlite3.DatabaseError as error:
        raise Unreadable(f"The ledger of requests {ledger} cannot be read: {error}") from error
    return used


def _counted(ledger: Path, mode: str, now: datetime) -> int:
    from sources.gong.api.rate_limit import requests_of_the_day

    with closing(sqlite3.connect(f"file:{quote(str(ledger))}?{mode}", uri=True)) as db:
        return requests_of_the_day(db, now.timestamp(), time.time())[0]
