"""What `status` shows, and how it is kept so that it can be shown at any time.

Every run leaves its facts in a file of the home folder. `status` reads that file and the request
ledger, never the warehouse, so it answers in an instant and also while a run goes on.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipelines.exit_codes import CommandError
from pipelines.monitor.schema_drift import lines_of, open_changes
from pipelines.session import STATUS_FILE, Session
from sources.gong.extract import windows
from sources.gong.extract.windows import Span

if TYPE_CHECKING:
    from warehouse.connection import Warehouse


Stretch = tuple[datetime, datetime]


class Unreadable(CommandError):
    """The kept facts cannot be read."""


def keep_status(session: Session, warehouse: Warehouse) -> None:
    """Stores the facts of now."""
    # late: `status` itself needs none of them, and is to answer in an instant
    from pipelines.monitor.deletion_alarms import open_alarms
    from sources.gong.extract.window_plan import transcript_turns
    from sources.gong.load.deletions import question
    from warehouse import raw_tables
    from warehouse.ops.load_log import done_windows
    from warehouse.ops.runs import last_runs
    from warehouse.ops.schema_changes import all_changes

    read: dict[str, dict[str, list[Stretch]]] = defaultdict(lambda: defaultdict(list))
    for window in done_windows(warehouse):
        read[window.stream][window.detail].append((window.start, window.end))
    now = session.started_at
    session.keep_status(
        {
            "as_of": now,
            "tables": [
                {"table": table.table, "rows": table.rows, "last_changed_at": table.last_changed_at}
                for table in raw_tables.facts(warehouse)
            ],
            "streams": [
                {
                    "stream": stream,
                    "read_until": min(max(end for _, end in spans) for spans in parts.values()),
                    "covered": reduce(common, map(merged, parts.values())),
                }
                for stream, parts in sorted(read.items())
            ],
            "awaited_transcripts": len(
                raw_tables.awaited_transcripts(warehouse, [(transcript_turns(now)[-1][0], now)])
            ),
            "alarms": [
                {
                    "table": alarm.check.table,
                    "start": alarm.check.span and alarm.check.span.start,
                    "end": alarm.check.span and alarm.check.span.end,
                    "held": alarm.check.held,
                    "gone": alarm.check.gone,
                    "raised_at": alarm.raised_at,
                    "what_to_do": question(alarm.check),
                }
                for alarm in open_alarms(warehouse)
            ],
            "open_backfills": _backfills(warehouse),
            "runs": last_runs(warehouse, 10),
            "schema_changes": open_changes(all_changes(warehouse)),
        }
    )


def _backfills(warehouse: Warehouse) -> list[dict[str, object]]:
    """Returns the backfills that were begun and are not done: what they read, and how far."""
    from warehouse.ops.backfills import open_backfills
    from warehouse.ops.load_log import done_windows

    done = done_windows(warehouse)
    facts: list[dict[str, object]] = []
    for backfill in open_backfills(warehouse):
        own = [w for w in done if w.run_id == backfill.run_id and w.stream == "calls"]
        left = windows.minus(
            Span(backfill.start, backfill.end), [Span(window.start, window.end) for window in own]
        )
        facts.append(
            {
                "start": backfill.start,
                "end": backfill.end,
                "streams": backfill.streams,
                "calls_left": [(span.start, span.end) for span in left],
                "windows_done": sum(window.run_id == backfill.run_id for window in done),
            }
        )
    return facts


def common(one: Sequence[Stretch], other: Sequence[Stretch]) -> list[Stretch]:
    """Returns what lies in both; a stream with parts is covered where all its parts are."""
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted((start, end) for start, end in both if start < end)


def merged(spans: Sequence[Stretch]) -> list[Stretch]:
    """Returns spans joined where they touch or overlap, oldest first."""
    return [(span.start, span.end) for span in windows.merged(Span(*one) for one in spans)]


def read_status(home: Path) -> dict[str, Any] | None:
    """Returns the facts that the last run left, or None before the first run."""
    file = home / STATUS_FILE
    try:
        text = file.read_text()
    except FileNotFoundError:
        return None
    try:
        found: dict[str, Any] = _renamed(json.loads(text))
        missing = {"as_of", "tables", "streams", "runs", "schema_changes"} - found.keys()
    except (ValueError, AttributeError) as error:
        raise Unreadable(f"{file} is damaged ({error}); the next run writes it anew") from None
    if missing:
        raise Unreadable(f"{file} is damaged (parts are missing); the next run writes it anew")
    return found


def _renamed(status: dict[str, Any]) -> dict[str, Any]:
    """Returns the facts under today's names; before December 2026 a stream was a "reading"."""
    if "readings" not in status:
        return status
    streams = [{"stream": one.pop("reading"), **one} for one in status.pop("readings")]
    for backfill in status.get("open_backfills", ()):
        backfill["streams"] = backfill.pop("readings")
    return {**status, "streams": streams}


def requests_today(ledger: Path, now: datetime) -> int:
    """Returns the requests of the last 24 hours; zero before the first."""
    if not ledger.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{quote(str(ledger))}?mode=ro", uri=True) as db:
            row = db.execute(
                "select count(*) from requests where counted_at > ?", (now.timestamp() - 86_400,)
            ).fetchone()
    except sqlite3.DatabaseError as error:
        raise Unreadable(f"The ledger of requests {ledger} cannot be read: {error}") from error
    return int(row[0])


def progress(busy: Mapping[str, Any] | None) -> str:
    """Returns what a run that is going on told of itself, as text."""
    if busy is None:
        return "nothing"
    told = [f"{busy['command']} (process {busy['pid']}"]
    if busy.get("since"):
        told.append(f"since {_short(busy['since'])} UTC")
    if busy.get("step"):
        told.append(str(busy["step"]))
    elif busy.get("slice"):
        told.append(f"slice {busy['slice']}: {busy['span']}")
        told.append(f"{busy['requests']:,} requests before it")
    return ", ".join(told) + ")"


def lines(status: Mapping[str, Any]) -> list[str]:
    """Returns the status as text for a terminal."""
    found = [f"as of {_short(status['as_of'])} UTC, after the last run", ""]
    found.append(f"{'table':<28}{'rows':>12}  last changed")
    found += [
        f"{fact['table']:<28}{fact['rows']:>12,}  {_short(fact['last_changed_at'])}"
        for fact in status["tables"]
    ]
    found += ["", f"{'stream':<28}{'read until':>18}  covered"]
    for fact in status["streams"]:
        spans = ", ".join(f"{_short(a)[:10]} to {_short(b)[:10]}" for a, b in fact["covered"])
        found.append(f"{fact['stream']:<28}{_short(fact['read_until']):>18}  {spans or '-'}")
    found += ["", f"transcripts awaited: {status['awaited_transcripts']}"]
    for work in status.get("open_backfills", ()):
        left = ", ".join(f"{_short(a)[:10]} to {_short(b)[:10]}" for a, b in work["calls_left"])
        found.append(
            f"backfill not done: {_short(work['start'])} to {_short(work['end'])} UTC of "
            f"{len(work['streams'])} streams, {work['windows_done']:,} windows done"
            + (f"; calls left: {left}" if left else "")
            + "; the same command goes on with it"
        )
    for alarm in status.get("alarms", ()):
        found.append(
            f"ALARM since {_short(alarm['raised_at'])}: {alarm['table']}: {alarm['what_to_do']}"
        )
    found += lines_of(status["schema_changes"])
    found += ["", "last runs:"]
    for run in status["runs"]:
        found.append(
            f"  {_short(run['started_at'])}  {run['command']:<8} {run['outcome']:<9} "
            f"{run['requests']:>6} requests {run['entities_changed']:>9,} landed"
            + (f"  {run['message']}" if run["message"] else "")
        )
    return found


def calendar(status: Mapping[str, Any]) -> list[str]:
    """Returns a line per stream and a mark per month: `#` covered, `+` in part, `.` not."""
    spans = {
        fact["stream"]: [tuple(map(datetime.fromisoformat, pair)) for pair in fact["covered"]]
        for fact in status["streams"]
        if fact["covered"]
    }
    if not spans:
        return ["nothing is covered yet"]
    first = min(start for pairs in spans.values() for start, _ in pairs).date().replace(day=1)
    last = max(end for pairs in spans.values() for _, end in pairs).date()
    months = []
    while first <= last:
        months.append(first)
        first = (first + timedelta(days=32)).replace(day=1)
    found = [f"{'':<24}{months[0]:%Y-%m} to {months[-1]:%Y-%m}"]
    for stream, pairs in spans.items():
        found.append(f"{stream:<24}{''.join(_mark(month, pairs) for month in months)}")
    return found


def _mark(month: date, pairs: Sequence[tuple[datetime, ...]]) -> str:
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = (start + timedelta(days=32)).replace(day=1)
    covered = sum(
        ((min(b, end) - max(a, start)) for a, b in pairs if a < end and b > start), timedelta()
    )
    return "." if not covered else "#" if covered >= end - start else "+"


def _short(value: Any) -> str:
    return "-" if value is None else str(value)[:16].replace("T", " ")
