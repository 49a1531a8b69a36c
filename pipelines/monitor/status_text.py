"""Renders the facts that `status` shows, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipelines.monitor.schema_drift import lines_of

_QUARANTINE_LINES = 20


def progress_line(busy: Mapping[str, Any] | None) -> str:
    """Returns what a run in progress publishes of itself, as text."""
    if busy is None:
        return "nothing"
    parts = [f"{busy['command']} (process {busy['pid']}"]
    if busy.get("since"):
        parts.append(f"since {_short(busy['since'])} UTC")
    if busy.get("step"):
        parts.append(str(busy["step"]))
    elif busy.get("slice"):
        parts.append(f"slice {busy['slice']}: {busy['span']}")
        parts.append(f"{busy['requests']:,} requests before it")
    return ", ".join(parts) + ")"


def ahead_text(read_at: datetime, windows: int) -> str:
    """Returns what to say of windows that were read after the present."""
    return (
        f"the clock of an earlier run stood at {read_at:%Y-%m-%d %H:%M} UTC, "
        f"which is still to come. The {windows:,} windows that it read do not "
        "count; what they cover is read again. Check the clock of the machine that made that run."
    )


def status_lines(status: Mapping[str, Any], now: datetime | None = None) -> list[str]:
    """Returns the status as text for a terminal; `now` tells whether its run is still to come."""
    lines = [f"as of {_short(status['as_of'])} UTC, after the last run"]
    lines += [*_clock_lines(status, now), ""]
    lines.append(f"{'table':<28}{'rows':>12}  last changed")
    lines += [
        f"{fact['table']:<28}{fact['rows']:>12,}  {_short(fact['last_changed_at'])}"
        for fact in status["tables"]
    ]
    lines += ["", f"{'stream':<28}{'read until':>18}  covered"]
    for fact in status["streams"]:
        spans = ", ".join(f"{_short(a)[:10]} to {_short(b)[:10]}" for a, b in fact["covered"])
        lines.append(f"{fact['stream']:<28}{_short(fact['read_until']):>18}  {spans or '-'}")
    lines += ["", f"transcripts awaited: {status['awaited_transcripts']}"]
    for backfill in status.get("open_backfills", ()):
        left = ", ".join(f"{_short(a)[:10]} to {_short(b)[:10]}" for a, b in backfill["calls_left"])
        lines.append(
            f"backfill not done: {_short(backfill['start'])} to {_short(backfill['end'])} UTC of "
            f"{len(backfill['streams'])} streams, {backfill['windows_done']:,} windows done"
            + (f"; calls left: {left}" if left else "")
            + "; run the same command to continue"
        )
    for alarm in status.get("alarms", ()):
        lines.append(
            f"ALARM since {_short(alarm['raised_at'])}: {alarm['table']}: {alarm['what_to_do']}"
        )
    lines += _quarantine_lines(status.get("quarantine", ()))
    if warnings := status.get("warnings"):
        lines.append(
            f"{len(warnings)} tests found rows to look at; `gong-elt status --warnings` shows them"
        )
    lines += lines_of(status["schema_changes"])
    return [*lines, "", *_run_lines(status["runs"])]


def _run_lines(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield (
        "last runs (landed counts entities, in a push items; a call is one entity, and has rows in "
        "several of the tables above):"
    )
    for run in runs:
        yield (
            f"  {_short(run['started_at'])}  {run['command']:<8} {run['outcome']:<9} "
            f"{run['requests']:>6} requests {run['entities_changed']:>9,} landed"
            + (f"  {run['message']}" if run["message"] else "")
        )


def _clock_lines(status: Mapping[str, Any], now: datetime | None) -> Iterator[str]:
    if now and datetime.fromisoformat(str(status["as_of"])) > now:
        yield (
            f"CLOCK: that is still to come; it is {_short(now)} UTC. The clock of the last run was "
            "ahead. The next run does not count what it read, and reads it again."
        )
    if ahead := status.get("windows_ahead"):
        read_at = datetime.fromisoformat(str(ahead["read_at"]))
        yield f"CLOCK: {ahead_text(read_at, ahead['windows'])}"


def warning_lines(warning: Mapping[str, Any]) -> list[str]:
    """Returns what a test found, what to do about it, and the query that shows the rows."""
    count = warning["rows_found"]
    return [
        f"{warning['test_name']}: {count:,} row{'' if count == 1 else 's'} of "
        f"{warning['table_name']}, since {_short(warning['first_seen_at'])} UTC",
        f"  what to do: {warning['what_to_do']}",
        *([f"  all of them: {warning['rows_query']}"] if warning["rows_query"] else []),
    ]


def _quarantine_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields how many entities are in quarantine, and a line for each of the first."""
    if not rows:
        return
    yield f"in quarantine: {len(rows):,} (did not land; every sync requests them again)"
    for row in rows[:_QUARANTINE_LINES]:
        yield (
            f"  {row['stream']} {row['entity_id'] or 'without a readable id'}: "
            f"{row['table_name']}.{row['field']} is {row['reason']}, "
            f"since {_short(row['first_seen_at'])}"
            + ("; an earlier version of it stays" if row["is_stale"] else "")
        )
    if len(rows) > _QUARANTINE_LINES:
        yield f"  and {len(rows) - _QUARANTINE_LINES:,} more in gong_ops.quarantine"


def calendar_lines(status: Mapping[str, Any]) -> list[str]:
    """Returns a line per stream with a mark per month, and the legend of the marks."""
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
    lines = [f"{'':<24}{months[0]:%Y-%m} to {months[-1]:%Y-%m}"]
    for stream, pairs in spans.items():
        lines.append(f"{stream:<24}{''.join(_mark(month, pairs) for month in months)}")
    return [*lines, "a mark is a month (UTC): # covered, + in part, . not"]


def _mark(month: date, pairs: Sequence[tuple[datetime, ...]]) -> str:
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = (start + timedelta(days=32)).replace(day=1)
    covered = sum(
        ((min(b, end) - max(a, start)) for a, b in pairs if a < end and b > start), timedelta()
    )
    return "." if not covered else "#" if covered >= end - start else "+"


def _short(value: Any) -> str:
    return "-" if value is None else str(value)[:16].replace("T", " ")
