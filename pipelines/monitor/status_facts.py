"""Collects the facts that `status` shows, at the end of every run, into a file of the home."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from pipelines.monitor.deletion_alarms import open_alarms
from pipelines.monitor.schema_drift import open_changes
from pipelines.session import STATUS_FILE, Session, write_private
from sources.gong.extract.window_plan import transcript_turns
from sources.gong.extract.windows import Span, merged, minus
from sources.gong.load.deletions import review_text
from sources.gong.schema.tables import CALLS_STREAM
from warehouse import quarantine, raw_tables
from warehouse.build_warnings import all_warnings
from warehouse.calls import awaited_transcripts
from warehouse.connection import Warehouse
from warehouse.ops.backfills import open_backfills
from warehouse.ops.clock_ahead import windows_ahead
from warehouse.ops.load_log import DoneWindow, done_windows
from warehouse.ops.runs import last_runs
from warehouse.ops.schema_changes import all_changes
from warehouse.publication.publish import publish_ops
from warehouse.target import origin_of

_RUNS = 10

Facts = dict[str, Any]


def write_status(session: Session, warehouse: Warehouse) -> None:
    """Replaces the facts in the home by those of now, in one rename, and publishes the ops tables.

    Analysts thus see a run, a push or an erasure as soon as it has ended, also where nothing was
    built. Call it while holding the warehouse.
    """
    with warehouse.snapshot():
        facts = _facts(warehouse, session.started_at)
    facts["warehouse"] = origin_of(session.target, session.home)
    write_private(session.home / STATUS_FILE, json.dumps(facts, default=str, indent=1))
    publish_ops(session.target, session.home)


def _facts(warehouse: Warehouse, now: datetime) -> Facts:
    done = done_windows(warehouse, now)
    oldest_awaited = transcript_turns(now)[-1][0]
    ahead = windows_ahead(warehouse, now)
    return {
        "as_of": now,
        "windows_ahead": ahead and {"windows": ahead.count, "read_at": ahead.read_at},
        "tables": [
            {"table": table.table, "rows": table.rows, "last_changed_at": table.last_changed_at}
            for table in raw_tables.facts(warehouse)
        ],
        "streams": _coverage(done),
        "awaited_transcripts": len(awaited_transcripts(warehouse, [(oldest_awaited, now)])),
        "alarms": _alarms(warehouse),
        "quarantine": quarantine.open_facts(warehouse),
        "open_backfills": _backfills(warehouse, done),
        "runs": last_runs(warehouse, _RUNS),
        "warnings": all_warnings(warehouse),
        "schema_changes": open_changes(all_changes(warehouse)),
    }


def _coverage(done: Iterable[DoneWindow]) -> list[Facts]:
    """Returns per stream how far it was read and what is covered, in all of its parts."""
    read: dict[str, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for window in done:
        read[window.stream][window.detail].append(Span(window.start, window.end))
    return [
        {
            "stream": stream,
            "read_until": min(max(span.end for span in spans) for spans in parts.values()),
            "covered": _pairs(_in_all(list(map(merged, parts.values())))),
        }
        for stream, parts in sorted(read.items())
    ]


def _in_all(parts: Sequence[list[Span]]) -> list[Span]:
    return reduce(common, parts)


def common(spans: list[Span], others: list[Span]) -> list[Span]:
    """Returns the spans that lie in both, oldest first."""
    overlaps = (
        Span(max(span.start, other.start), min(span.end, other.end))
        for span in spans
        for other in others
    )
    return sorted(
        (span for span in overlaps if not span.is_empty), key=lambda span: (span.start, span.end)
    )


def _alarms(warehouse: Warehouse) -> list[Facts]:
    return [
        {
            "table": alarm.check.table,
            "start": alarm.check.span and alarm.check.span.start,
            "end": alarm.check.span and alarm.check.span.end,
            "held": alarm.check.expected,
            "gone": alarm.check.missing,
            "raised_at": alarm.raised_at,
            "what_to_do": review_text(alarm.check),
        }
        for alarm in open_alarms(warehouse)
    ]


def _backfills(warehouse: Warehouse, done: Sequence[DoneWindow]) -> list[Facts]:
    """Returns the backfills that are not done: what they read, and how far they have come."""
    facts: list[Facts] = []
    for backfill in open_backfills(warehouse):
        own = [window for window in done if window.run_id == backfill.run_id]
        calls = [Span(window.start, window.end) for window in own if window.stream == CALLS_STREAM]
        facts.append(
            {
                "start": backfill.start,
                "end": backfill.end,
                "streams": backfill.streams,
                "calls_left": _pairs(minus(Span(backfill.start, backfill.end), calls)),
                "windows_done": len(own),
            }
        )
    return facts


def _pairs(spans: Iterable[Span]) -> list[tuple[datetime, datetime]]:
    return [(span.start, span.end) for span in spans]
