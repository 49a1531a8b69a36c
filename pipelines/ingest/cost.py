"""`plan`: what a sync or a backfill would cost, before it is run.

Counts come from the warehouse where it has them, else from Gong: the first page of a list tells how
many rows there are. At most one request per table is spent on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from pipelines.exit_codes import DONE, FAILED, USAGE
from pipelines.ingest import backfill, sync
from pipelines.ingest.backfill import History
from pipelines.ingest.runner import Context
from sources.gong.api.errors import BadCredentials, GongError, StopRun
from sources.gong.api.operations import operation
from sources.gong.extract.streams import instant
from sources.gong.extract.window_plan import needs_zone, transcript_turns
from sources.gong.extract.windows import Reason, Span, Window, days_of
from sources.gong.schema.table import BATCH, Read
from sources.gong.schema.tables import LAST, STATS_TABLES, parent_streams, table
from sources.gong.schema.tables.crm import OBJECT_TYPES
from warehouse import raw_tables
from warehouse.ops.load_log import parents_read_at

if TYPE_CHECKING:
    from pipelines.ingest.options import Options
    from pipelines.session import Session
    from sources.gong.api.client import Client

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stream would cost."""

    stream: str
    requests: int
    how: str
    """How the figure comes about, in words."""


class _Counts:
    """How many rows a stream has: as the warehouse knows, else as Gong tells on one page."""

    def __init__(self, context: Context, client: Client) -> None:
        self._context, self._client = context, client
        self._known: dict[tuple[str, Span | None], int | None] = {}
        self._asked: set[str] = set()
        self.users: list[Mapping[str, Any]] = []

    def rows(self, stream: str) -> int | None:
        """Returns how many live rows the warehouse has; else, of a whole list, what Gong says."""
        if (stream, None) not in self._known:
            self._known[stream, None] = self._held(stream) or self._told(stream, {})
        return self._known[stream, None]

    def active_users(self) -> int:
        """Returns how many users can own flows and tasks."""
        held = raw_tables.distinct(
            self._context.warehouse,
            "users",
            ("user_id",),
            "is_active and email_address is not null",
        )
        # of users never read before only the first page is known: all count as active
        return len(held) if held else self.rows("users") or 0

    def managers(self) -> int:
        """Returns how many users somebody reports to."""
        held = raw_tables.distinct(
            self._context.warehouse, "users", ("manager_id",), "manager_id is not null"
        )
        if held:
            return len(held)
        self.rows("users")
        return len({user.get("managerId") for user in self.users if user.get("managerId")})

    def between(self, stream: str, span: Span, detail: str = "") -> int | None:
        """Returns how many rows of a windowed list lie in a span, as Gong says."""
        if (stream, span) not in self._known:
            self._known[stream, span] = self._told(stream, self._inputs(stream, span, detail))
        return self._known[stream, span]

    def _held(self, stream: str) -> int:
        key = table(stream).key
        return len(raw_tables.distinct(self._context.warehouse, stream, key) or ())

    def _told(self, stream: str, inputs: Mapping[str, Any]) -> int | None:
        name = table(stream).operation
        if stream in self._asked or name is None:
            return None
        self._asked.add(stream)
        asked = operation(name)
        try:
            answer = self._client.call(asked, inputs)
        except StopRun:
            raise
        except GongError:
            return 0
        rows = answer.get(asked.rows_key or "") or []
        if stream == "users":
            self.users = rows
        return int((answer.get("records") or {}).get("totalRecords") or len(rows))

    def _inputs(self, stream: str, span: Span, detail: str) -> dict[str, Any]:
        start, end = instant(span.start), instant(span.end)
        read = table(stream).read
        if read is Read.LOGS:
            return {"logType": detail, "fromDateTime": start, "toDateTime": end}
        if read is Read.DAYS:
            assert self._context.zone is not None
            first, after = days_of(span, self._context.zone)
            return {
                "filter.reviewFromDate": str(first),
                "filter.reviewToDate": str(after),
                "filter.reviewMethod": "BOTH",
            }
        if read is Read.SINCE:
            return {"fromDateTime": start}
        return {"filter.fromDateTime": start, "filter.toDateTime": end}


def costs(context: Context, client: Client, windows: Sequence[Window]) -> list[Cost]:
    """Returns what the windows of a run would cost, in the order of the streams."""
    counts = _Counts(context, client)
    by_reading: dict[str, list[Window]] = {}
    for window in windows:
        if window.reason is not Reason.SWEEP:
            by_reading.setdefault(window.stream, []).append(window)
    calls = _calls(counts, by_reading.get("calls", []))
    return [
        _cost(stream, own, counts, calls, context) for stream, own in sorted(by_reading.items())
    ] + _sweep(context, [window for window in windows if window.reason is Reason.SWEEP])


def _sweep(context: Context, windows: Sequence[Window]) -> list[Cost]:
    """Returns what enumerating old history would cost, by what the warehouse holds of it."""
    if not windows:
        return []
    rows = requests = 0
    for window in windows:
        column = table(window.stream).window_column
        assert column is not None
        held = raw_tables.count_between(
            context.warehouse,
            window.stream,
            raw_tables.Between(column, window.span.start, window.span.end),
        )
        rows += held
        requests += max(1, ceil(held / _PAGE))
    how = f"at most: {rows:,} rows of old history, from what is to spare"
    return [Cost("sweep", requests, how)]


def _calls(counts: _Counts, windows: Sequence[Window]) -> tuple[int, int]:
    """Returns how many calls a run reads, and of how many it asks for the transcript."""
    if not windows:
        return 0, 0
    whole = Span(min(w.span.start for w in windows), max(w.span.end for w in windows))
    total = counts.between("calls", whole) or 0
    length = (whole.end - whole.start).total_seconds() or 1.0
    fresh = sum(
        (w.span.end - w.span.start).total_seconds()
        for w in windows
        if w.reason is not Reason.LOOKBACK
    )
    return total, ceil(total * min(fresh / length, 1.0))


def _cost(
    stream: str,
    windows: Sequence[Window],
    counts: _Counts,
    calls: tuple[int, int],
    context: Context,
) -> Cost:
    if stream in STATS_TABLES:
        return _stats_cost(stream, windows, counts)
    read = table(stream).read
    if read is Read.IDS:
        asked = calls[1] + len(
            raw_tables.awaited_transcripts(context.warehouse, transcript_turns(context.now))
        )
        return Cost(stream, ceil(asked / BATCH), f"{asked:,} calls in batches of {BATCH}")
    if read is Read.CALLS:
        return Cost(stream, ceil(calls[0] / BATCH), f"{calls[0]:,} calls in batches of {BATCH}")
    if read is Read.EACH:
        return _fan_cost(stream, counts, context)
    if read is Read.LIST:
        pages = ceil((counts.rows(stream) or 0) / _PAGE) if stream == "users" else 1
        return Cost(stream, max(pages, 1), "whole list")
    return _windowed_cost(stream, windows, counts)


def _windowed_cost(stream: str, windows: Sequence[Window], counts: _Counts) -> Cost:
    whole = Span(min(w.span.start for w in windows), max(w.span.end for w in windows))
    per_detail = Counter(window.detail for window in windows)
    total = counts.between(stream, whole, next(iter(per_detail)))
    told = next(iter(per_detail))
    requests = 0
    for detail, number in per_detail.items():
        rows = total or 0 if detail == told else 0
        requests += number * max(1, ceil(rows / number / _PAGE))
    how = f"{len(windows)} windows, {total or 0:,} rows"
    if len(per_detail) > 1:
        how += f" of {told}; of the other {len(per_detail) - 1} kinds at least one request each"
    return Cost(stream, requests, how)


def _stats_cost(stream: str, windows: Sequence[Window], counts: _Counts) -> Cost:
    if table(stream).read is Read.MANAGERS:
        workspaces, managers = counts.rows("workspaces") or 0, counts.managers()
        return Cost(
            stream,
            len(windows) * workspaces * managers,
            f"{len(windows)} months × {workspaces} workspaces × {managers} managers",
        )
    users = counts.rows("users") or 0
    pages = max(1, ceil(users / _PAGE))
    how = f"{len(windows)} windows" + (f" × {pages} pages of users" if pages > 1 else "")
    return Cost(stream, len(windows) * pages, how)


def _fan_cost(stream: str, counts: _Counts, context: Context) -> Cost:
    parents = table(stream).parents
    assert parents is not None
    if stream == "crm_objects":
        if not counts.rows("crm_integrations"):
            return Cost(stream, 0, "there is no generic CRM integration")
        references = (
            raw_tables.distinct(
                context.warehouse,
                "call_crm_objects",
                ("object_type", "object_id"),
                "object_type in ('Account', 'Opportunity', 'Deal', 'Contact', 'Lead')",
            )
            or ()
        )
        return Cost(
            stream,
            max(ceil(len(references) / BATCH), len(OBJECT_TYPES)),
            "at most: the objects that calls refer to, in batches of 100 per type",
        )
    if stream == "flow_prospects":
        contacts = raw_tables.distinct(
            context.warehouse,
            "call_crm_objects",
            ("object_id",),
            "object_type in ('Contact', 'Lead')",
        )
        return Cost(
            stream,
            max(1, ceil(len(contacts or ()) / BATCH)),
            "the contacts and leads that calls refer to, in batches of 100",
        )
    parent = parent_streams(stream)[0]
    number = counts.active_users() if parents.are_active else counts.rows(parent)
    if number is None:
        return Cost(stream, 0, f"not known before {parent} were read; one request for each")
    named = "active users" if parents.are_active else parent
    if parents.every_days > 1:
        due = number - min(_rested(stream, context), number)
        how = f"{due:,} of {number:,} {named} are due (every {parents.every_days} days)"
        return Cost(stream, due, how)
    if parent in LAST and _rested(parent, context) >= counts.active_users() > 0:
        return Cost(stream, 0, f"no {parent} are read")
    each, times = parents.per_request, parents.requests
    how = f"{number:,} {named}" + (f", {each} per request" if each > 1 else "")
    how += f" × {times} object types" if times > 1 else ""
    return Cost(stream, ceil(number * times / each), how)


def _rested(stream: str, context: Context) -> int:
    """Returns how many parents were asked about too lately to be due."""
    asked = parents_read_at(context.warehouse, stream)
    parents = table(stream).parents
    assert parents is not None
    since = context.now - timedelta(days=parents.every_days)
    return sum(moment > since for moment in asked.values())


def plan(session: Session, options: Options, history: History | None) -> int:
    """Prints what a sync, or a backfill of the given span, would cost; returns the exit code."""
    from pipelines.gong_client import open_client
    from pipelines.ingest.loader import company_zone
    from warehouse.connection import Warehouse

    warehouse, settings = Warehouse(session.target), session.settings
    with open_client(settings, clock=session.clock) as (client, budget):
        try:
            with warehouse.snapshot():
                zone = company_zone(session, warehouse, client)
                streams = tuple(
                    one for one in options.streams if zone is not None or not needs_zone(one)
                )
                context = Context(session, warehouse, streams, zone, options)
                windows = (
                    backfill.windows_of(context, history) if history else sync.windows_of(context)
                )
                found = costs(context, client, windows)
        except StopRun as stop:
            session.console.error(str(stop))
            return USAGE if isinstance(stop, BadCredentials) else FAILED
        spent, used = budget.spent, budget.spent_today()
    _print(session, found, spent, used)
    return DONE


def _print(session: Session, found: Sequence[Cost], spent: int, used: int) -> None:
    settings = session.settings
    total = sum(cost.requests for cost in found)
    print(f"{'stream':<26}{'requests':>10}  how")
    for cost in found:
        print(f"{cost.stream:<26}{cost.requests:>10,}  {cost.how}")
    print(f"{'in all':<26}{total:>10,}")
    if settings.requests_per_second:
        minutes = total / settings.requests_per_second / 60
        print(f"\nat {settings.requests_per_second} requests a second: {minutes:,.1f} minutes")
    if settings.requests_per_day:
        cap = settings.requests_per_day
        print(
            f"of the {cap:,} requests in any 24 hours: {100 * total / cap:,.1f} %; "
            f"{used:,} are used, {spent} of them for this plan"
        )
        if total > cap - used:
            print(
                f"that is more than is left: the run would stop with code 75 and go on the next "
                f"day, {ceil(total / cap)} days in all"
            )
