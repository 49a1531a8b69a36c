"""`plan`: what a sync or a backfill would cost, before it is run.

Counts come from the warehouse where it has them, else from the first page at Gong (`RowCounts`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil

from pipelines.exit_codes import DONE
from pipelines.gong_client import open_client
from pipelines.ingest.backfill import windows_to_backfill
from pipelines.ingest.options import History, IngestOptions
from pipelines.ingest.row_counts import RowCounts
from pipelines.ingest.run_plan import RunContext, company_zone
from pipelines.ingest.sync import windows_to_sync
from pipelines.lock import Busy, lock_of, running
from pipelines.output import print_lines
from pipelines.session import Session
from sources.gong.api.client import Client
from sources.gong.api.operations import Paging, operation
from sources.gong.extract.child_streams.crm import CRM_TYPES
from sources.gong.extract.window_plan import needs_zone, transcript_turns
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.table import (
    BATCH,
    CRM_REFERENCES,
    INACTIVE_EVERY_DAYS,
    REFUSED_FOR_DAYS,
    Parents,
    Read,
    Users,
)
from sources.gong.schema.tables import (
    CALLS_STREAM,
    LAST,
    USERS_STREAM,
    WORKSPACES_STREAM,
    parent_streams,
    table,
)
from sources.gong.schema.tables.crm import OBJECT_TYPES
from warehouse import raw_tables
from warehouse.calls import awaited_transcripts
from warehouse.connection import Locked, Warehouse
from warehouse.ops.load_log import parents_read_at, parents_refused_at

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stream would cost, and how the figure was worked out, in words."""

    stream: str
    requests: int
    how: str


def print_costs(session: Session, options: IngestOptions, history: History | None) -> int:
    """Prints what a sync, or a backfill of the given span, would cost; returns the exit code.

    Raises:
        StopRun: the credentials or the host are wrong.
        Postponed: the quota is spent.
        Busy: a run has the warehouse open.
    """
    try:
        return _print_costs(session, options, history)
    except Locked:
        run = running(lock_of(session.target.path))
        if run is None:
            raise
        raise Busy(
            f"{run['command']} (process {run['pid']}) holds the warehouse {session.target.path}, "
            "which a plan has to read. Plan again when it has ended; `gong-elt status` shows how "
            "far it is."
        ) from None


def _print_costs(session: Session, options: IngestOptions, history: History | None) -> int:
    warehouse, settings = Warehouse(session.target), session.settings
    warn = session.console.warn
    with open_client(settings, clock=session.clock, warn=warn) as (client, budget):
        with warehouse.snapshot():
            zone = company_zone(session, warehouse, client)
            streams = tuple(name for name in options.streams if zone or not needs_zone(name))
            context = RunContext(session, warehouse, streams, zone, options)
            windows = windows_to_backfill(context, history) if history else windows_to_sync(context)
            costs = costs_of(context, client, windows)
        spent, used = budget.spent, budget.spent_today()
    print_lines(_lines(session, costs, spent, used))
    return DONE


def costs_of(context: RunContext, client: Client, windows: Sequence[Window]) -> list[Cost]:
    """Returns what the windows of a run would cost, by name of the stream, the sweep last."""
    by_stream: dict[str, list[Window]] = {}
    for window in windows:
        if window.reason is not Reason.SWEEP:
            by_stream.setdefault(window.stream, []).append(window)
    estimate = _Estimate(context, RowCounts(context, client), by_stream.get(CALLS_STREAM, ()))
    costs = [estimate.cost(stream, own) for stream, own in sorted(by_stream.items())]
    sweep = [window for window in windows if window.reason is Reason.SWEEP]
    return [*costs, _sweep_cost(context, sweep)] if sweep else costs


def _sweep_cost(context: RunContext, windows: Sequence[Window]) -> Cost:
    """Returns what enumerating old history would cost, by the rows in the warehouse."""
    rows = requests = 0
    for window in windows:
        column = table(window.stream).window_column
        assert column is not None
        between = raw_tables.Between(column, window.span.start, window.span.end)
        held = raw_tables.count_between(context.warehouse, window.stream, between)
        rows += held
        requests += max(1, ceil(held / _PAGE))
    return Cost("sweep", requests, f"at most: {rows:,} rows of old history, from what is to spare")


class _Estimate:
    """Estimates streams of one run; counts each stream at most once.

    Args:
        context: the run.
        counts: how many rows streams have.
        call_windows: the windows of calls that the run reads.
    """

    def __init__(
        self, context: RunContext, counts: RowCounts, call_windows: Sequence[Window]
    ) -> None:
        self._context, self._counts = context, counts
        self._calls, self._fresh_calls = _calls(counts, call_windows)

    def cost(self, stream: str, windows: Sequence[Window]) -> Cost:
        """Returns what the windows of a stream cost."""
        row = table(stream)
        match row.read:
            case Read.PERIODS | Read.MANAGERS:
                return self._stats(stream, windows)
            case Read.AWAITED_CALLS:
                turns = transcript_turns(self._context.now)
                awaited = awaited_transcripts(self._context.warehouse, turns)
                return _in_batches(stream, self._fresh_calls + len(awaited))
            case Read.CALLS_OF_RUN:
                return _in_batches(stream, self._calls)
            case Read.EACH:
                assert row.parents is not None
                if CRM_REFERENCES in row.parents.streams:
                    return self._by_references(stream)
                return self._per_parent(stream, row.parents)
            case Read.LIST:
                assert row.operation is not None
                is_paged = operation(row.operation).paging is not Paging.NONE
                pages = ceil((self._counts.rows(stream) or 0) / _PAGE) if is_paged else 1
                return Cost(stream, max(pages, 1), "whole list")
            case _:
                return self._windowed(stream, windows)

    def _windowed(self, stream: str, windows: Sequence[Window]) -> Cost:
        total = requests = 0
        for detail, number in Counter(window.detail for window in windows).items():
            own = _around([window for window in windows if window.detail == detail])
            rows = self._counts.listed(own) or 0
            total += rows
            requests += number * max(1, ceil(rows / number / _PAGE))
        return Cost(stream, requests, f"{len(windows)} windows, {total:,} rows")

    def _stats(self, stream: str, windows: Sequence[Window]) -> Cost:
        if table(stream).read is Read.MANAGERS:
            workspaces = self._counts.rows(WORKSPACES_STREAM) or 0
            managers = self._counts.managers()
            return Cost(
                stream,
                len(windows) * workspaces * managers,
                f"{len(windows)} months × {workspaces} workspaces × {managers} managers",
            )
        pages = max(1, ceil((self._counts.rows(USERS_STREAM) or 0) / _PAGE))
        how = f"{len(windows)} windows" + (f" × {pages} pages of users" if pages > 1 else "")
        return Cost(stream, len(windows) * pages, how)

    def _by_references(self, stream: str) -> Cost:
        """Returns the cost of a stream that asks about the CRM objects that calls refer to."""
        if stream == "flow_prospects":
            contacts = self._counts.references(("Contact", "Lead")).total()
            requests = max(1, ceil(contacts / BATCH)) + ceil(self._counts.open_instances() / BATCH)
            return Cost(
                stream,
                requests,
                "contacts and leads that calls refer to, and open flow instances, in batches of "
                f"{BATCH}",
            )
        if not self._counts.rows("crm_integrations"):
            return Cost(stream, 0, "there is no generic CRM integration")
        per_type: Counter[str] = Counter()
        for named, number in self._counts.references(CRM_TYPES).items():
            per_type[CRM_TYPES[named]] += number
        # before any call is known, one batch of each type
        batches = sum(max(1, ceil(per_type[name] / BATCH)) for name in per_type or OBJECT_TYPES)
        return Cost(
            stream, batches, f"the objects that calls refer to, in batches of {BATCH} per type"
        )

    def _per_parent(self, stream: str, parents: Parents) -> Cost:
        counts, parent = self._counts, parent_streams(stream)[0]
        if parents.users is Users.OWNERS and parents.every_days == 1:
            return self._per_owner(stream)
        number = self._number_of(parents)
        if number is None:
            return Cost(stream, 0, f"not known before {parent} were read; one request for each")
        named = "active users" if parents.users is Users.ACTIVE else parent
        if parents.every_days > 1:
            due = number - min(len(self._rested(stream)), number)
            how = f"{due:,} of {number:,} {named} are due (every {parents.every_days} days)"
            return Cost(stream, due, how)
        if parent in LAST and len(self._rested(parent)) >= counts.users_with_address() > 0:
            return Cost(stream, 0, f"no {parent} are read")
        each, times = parents.per_request, parents.requests
        how = f"{number:,} {named}" + (f", {each} per request" if each > 1 else "")
        how += f" × {times} object types" if times > 1 else ""
        return Cost(stream, ceil(number * times / each), how)

    def _per_owner(self, stream: str) -> Cost:
        """Returns the cost of a stream that asks about active users every night."""
        inactive = self._counts.inactive_users()
        active = (self._counts.rows(USERS_STREAM) or 0) - len(inactive)
        due = len(inactive - self._rested(stream))
        how = f"{active:,} active users"
        if inactive:
            how += (
                f", {due:,} of {len(inactive):,} inactive ones are due "
                f"(every {INACTIVE_EVERY_DAYS} days)"
            )
        return Cost(stream, active + due, how)

    def _number_of(self, parents: Parents) -> int | None:
        match parents.users:
            case Users.ACTIVE:
                return self._counts.active_users()
            case Users.OWNERS:
                return self._counts.users_with_address()
            case None:
                return self._counts.rows(parents.streams[0])

    def _rested(self, stream: str) -> frozenset[str]:
        """Returns the parents that were asked about, or refused, too recently to be due."""
        parents, now = table(stream).parents, self._context.now
        assert parents is not None
        days = max(parents.every_days, INACTIVE_EVERY_DAYS if parents.users else 1)
        read_at = parents_read_at(self._context.warehouse, stream, now)
        refused_at = parents_refused_at(self._context.warehouse, stream, now)
        return frozenset(
            parent
            for instants, rest in ((read_at, days), (refused_at, REFUSED_FOR_DAYS))
            for parent, instant in instants.items()
            if instant > now - timedelta(days=rest)
        )


def _calls(counts: RowCounts, windows: Sequence[Window]) -> tuple[int, int]:
    """Returns how many calls a run reads, and for how many it requests the transcript."""
    if not windows:
        return 0, 0
    whole = _around(windows)
    total = counts.listed(whole) or 0
    length = _seconds(whole) or 1.0
    fresh = sum(_seconds(window) for window in windows if window.reason is not Reason.LOOKBACK)
    return total, ceil(total * min(fresh / length, 1.0))


def _around(windows: Sequence[Window]) -> Window:
    """Returns the first window of a stream, stretched over all of them."""
    span = Span(min(w.span.start for w in windows), max(w.span.end for w in windows))
    return replace(windows[0], span=span)


def _seconds(window: Window) -> float:
    return (window.span.end - window.span.start).total_seconds()


def _in_batches(stream: str, calls: int) -> Cost:
    return Cost(stream, ceil(calls / BATCH), f"{calls:,} calls in batches of {BATCH}")


def _lines(session: Session, costs: Sequence[Cost], spent: int, used: int) -> Iterator[str]:
    settings = session.settings
    total = sum(cost.requests for cost in costs)
    yield f"{'stream':<26}{'requests':>10}  how"
    for cost in costs:
        yield f"{cost.stream:<26}{cost.requests:>10,}  {cost.how}"
    yield f"{'in all':<26}{total:>10,}"
    if settings.requests_per_second:
        minutes = total / settings.requests_per_second / 60
        yield ""
        yield f"at {settings.requests_per_second} requests a second: {minutes:,.1f} minutes"
    if settings.requests_per_day:
        cap = settings.requests_per_day
        yield (
            f"of the {cap:,} requests in any 24 hours: {100 * total / cap:,.1f} %; "
            f"{used:,} are used, {spent} of them for this plan"
        )
        if total > cap - used:
            yield (
                "that is more than is left: the run would stop with code 75 and go on the next "
                f"day, {ceil(total / cap)} days in all"
            )
