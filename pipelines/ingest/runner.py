"""What `sync` and `backfill` share: lock, pull, transform, publish, and the record of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.exit_codes import DONE, FAILED, POSTPONED, USAGE
from pipelines.ingest.options import Options
from pipelines.ingest.slices import Length, calls_per_day, slice_length
from pipelines.lock import WarehouseLock, hold
from pipelines.monitor.deletion_alarms import keep_alarms
from pipelines.monitor.run_counts import RunCounts
from pipelines.monitor.schema_drift import SchemaDriftMonitor
from pipelines.monitor.status import keep_status
from pipelines.privacy.retention import purge
from pipelines.session import Session, refrozen
from sources.gong.api.errors import FailTable, Postponed, SkipTable, StopRun, Unreachable
from sources.gong.extract.child_streams import follows_calls
from sources.gong.extract.streams import NO_ZONE, Reader, count_calls
from sources.gong.extract.window_plan import needs_zone
from sources.gong.extract.windows import Span, Window
from sources.gong.load.deletions import Alarm, question
from sources.gong.schema.tables import stream as stream_of
from warehouse.connection import Warehouse
from warehouse.ops.load_log import done_windows
from warehouse.ops.runs import Run, record_run
from warehouse.prepare import prepare

if TYPE_CHECKING:
    from pipelines.ingest.loader import Loader, Package
    from sources.gong.api.client import Client
    from sources.gong.api.rate_limit import Budget


_SHARE = 0.4
"""Of a day's requests, which no reading exceeds unless it was named."""
_SWEEP_SHARE = 0.2
"""Of a day's requests, which the sweep does not exceed; nor half of what is left by then."""
_WORTH_COUNTING = timedelta(days=7)
"""Before history of which nothing is known, a request tells how much it is, so that the slices fit;
a span so short is one slice in any case."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a plan is made from."""

    session: Session
    warehouse: Warehouse
    streams: tuple[str, ...]
    zone: ZoneInfo | None
    options: Options = field(default_factory=Options)
    client: Client | None = None
    budget: Budget | None = None

    @property
    def now(self) -> datetime:
        """The frozen present of the run."""
        return self.session.started_at


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run reads.

    Attributes:
        run_id: names the run in the window rows; that of the earlier run where it goes on.
        packages: one load package each, in the order in which they are landed; each is asked for
            when the one before it has landed.
        windows: about how many windows they hold.
        note: said at the end of the run.
        accepted: tables of which a person has said that rows are gone, and in which span.
        on_landed: called when the first package has landed.
        on_done: called when every stream was read to its end.
    """

    run_id: str
    packages: Iterable[Package]
    windows: int
    note: str | None = None
    accepted: Mapping[str, Span | None] = field(default_factory=dict)
    on_landed: Callable[[], None] = lambda: None
    on_done: Callable[[], None] = lambda: None


def slice_length_of(
    context: Context, windows: Sequence[Window], *, is_newest_first: bool = False
) -> Length:
    """Returns how long the slices of a run are to be: by what was read near by, else as Gong tells.

    Args:
        context: the run.
        windows: all that it reads.
        is_newest_first: at which end the next slice begins.
    """
    has_calls = any(window.stream == "calls" for window in windows)
    told: list[float | None] = []

    def ask(left: Span) -> float | None:
        if not told:
            days = (left.end - left.start) / timedelta(days=1)
            is_worth_it = left.end - left.start > _WORTH_COUNTING
            total = count_calls(context.client, left) if context.client and is_worth_it else None
            told.append(None if total is None else total / days)
        return told[0]

    def length(left: Span) -> timedelta:
        at = left.end if is_newest_first else left.start
        per_day = calls_per_day(done_windows(context.warehouse), at)
        if per_day is None:
            per_day = ask(left) if has_calls else 0.0
        return slice_length(per_day, context.budget.left() if context.budget else None)

    return length


def execute(
    session: Session,
    options: Options,
    command: str,
    make_plan: Callable[[Context], Plan],
    *,
    gives_way: bool = False,
) -> int:
    """Runs a plan from the lock to the publication and returns the exit code.

    Args:
        session: the run.
        options: what the command line says.
        command: its name, for others to read.
        make_plan: decides what to read, when the warehouse is held.
        gives_way: whether whoever waits for the warehouse goes before the next slice.

    Raises:
        Busy: another run holds the warehouse and the options say not to wait.
        Locked: something else has the warehouse open.
        ValueError: the plan cannot be made from what the user gave.
    """
    from pipelines.ingest.loader import Loader, Spend, company_zone, gong_client

    warehouse, tally = Warehouse(session.target), RunCounts(session.console)
    run = _Run(session, warehouse, tally, command, options)
    with ExitStack() as stack:
        held = stack.enter_context(
            hold(
                session.target.path,
                command,
                wait=options.wait,
                on_wait=session.console.info,
                gives_way=gives_way,
            )
        )
        # who has waited for another run begins where that one ended
        session = run.session = refrozen(session)
        prepare(warehouse)
        spend = Spend(options.max_requests, options.reserve)
        client, budget = stack.enter_context(gong_client(session, spend))
        stack.callback(tally.close)
        zone, plan, early = None, None, None
        try:
            per_day = session.settings.requests_per_day
            reader = Reader(
                client,
                on_lost=tally.lost,
                allowance=int(per_day * _SHARE) if per_day else None,
                eager=frozenset(options.streams) if options.is_only else frozenset(),
            )
            puller = Loader(session, warehouse, reader, options)
            puller.clear()
            zone = reader.zone = company_zone(session, warehouse, client)
            context = Context(session, warehouse, run.readable(zone), zone, options, client, budget)
            plan = make_plan(context)
            early = run.pull(puller, plan, held, budget)
        except Postponed as postponed:
            early = postponed
        except Exception as error:
            tally.close()
            if plan:
                told = str(error) if isinstance(error, StopRun) else type(error).__name__
                run.record(plan.run_id, budget.spent, "stopped", told)
                # what an earlier slice has found suspicious is not forgotten with the rest
                keep_alarms(warehouse, tally.checks, tally.doubts, {}, session.started_at)
                keep_status(session, warehouse)
            if not isinstance(error, StopRun):
                raise
            session.console.error(str(error))
            return FAILED if isinstance(error, Unreachable) else USAGE
        tally.close()
        return run.finish(plan, budget.spent, early, zone, held)


class _Run:
    def __init__(
        self,
        session: Session,
        warehouse: Warehouse,
        tally: RunCounts,
        command: str,
        options: Options,
    ) -> None:
        self.session, self._warehouse, self._tally = session, warehouse, tally
        self._command, self._options = command, options
        self._drift = SchemaDriftMonitor(warehouse)
        self._has_landed = False

    def readable(self, zone: ZoneInfo | None) -> tuple[str, ...]:
        """Returns the streams asked for, less those that need a zone nobody knows."""
        found = []
        for stream in self._options.streams:
            if needs_zone(stream) and zone is None:
                self._tally.stream_failed(stream, SkipTable(NO_ZONE.format(stream=stream)))
            else:
                found.append(stream)
        return tuple(found)

    def pull(
        self, puller: Loader, plan: Plan, held: WarehouseLock, budget: Budget
    ) -> Postponed | None:
        """Lands the packages one after another, without streams that have failed on the way."""
        tally = self._tally
        tally.expect(plan.windows)
        packages = iter(plan.packages)
        for number in count(1):
            if number > 1 and held.give_way():
                self.session = refrozen(self.session)
                puller.come_back(self.session)
            package = next(packages, None)
            if package is None:
                break
            held.publish({"slice": number, "span": _told(package.span), "requests": budget.spent})
            if package.is_sweep:
                puller.spare(self._to_spare(budget))
            left = {
                stream: windows
                for stream, windows in package.windows.items()
                if tally.streams[stream].error is None
                # what asks about calls has nothing to ask where these could not be read
                and not (
                    follows_calls(stream)
                    and "calls" in package.windows
                    and tally.streams["calls"].error is not None
                )
            }
            if not left:
                continue
            early = puller.pull(
                replace(package, windows=left), plan.run_id, self._command, tally, self._lacking()
            )
            if not self._has_landed:
                plan.on_landed()
                self._has_landed = True
            self._drift.landed(tally.streams, self.session.started_at)
            if early:
                return early
            lacking = self._lacking()
            if lacking and self._command == "backfill":
                # calls of which something is not known would be read again in any case
                self.session.console.warn(
                    f"{', '.join(sorted(lacking))} failed, so the calls of this slice do not count "
                    "as read, and the backfill stops here; the same command goes on. To do without "
                    "them, name in --only what you want."
                )
                break
        return None

    def _lacking(self) -> frozenset[str]:
        """Returns the streams that ask about calls and have failed."""
        return frozenset(
            name
            for name, one in self._tally.streams.items()
            if follows_calls(name) and isinstance(one.error, FailTable)
        )

    def _to_spare(self, budget: Budget) -> int | None:
        per_day = self.session.settings.requests_per_day
        left = budget.left()
        most = [int(per_day * _SWEEP_SHARE)] if per_day else []
        return min([*most, *([left // 2] if left is not None else [])], default=None)

    def finish(
        self,
        plan: Plan | None,
        requests: int,
        early: Postponed | None,
        zone: ZoneInfo | None,
        held: WarehouseLock,
    ) -> int:
        """Says and records what came of the run, builds what is due, returns the exit code."""
        session, tally = self.session, self._tally
        tally.report()
        accepted = plan.accepted if plan else {}
        alarms = keep_alarms(
            self._warehouse,
            tally.checks,
            tally.doubts,
            accepted,
            self.session.started_at,
        )
        for alarm in alarms:
            session.console.error(
                f"{alarm.check.table}: {question(alarm.check)}", table=alarm.check.table
            )
        if not early and not self._options.ids:
            self._drift.ended(tally.streams, session.started_at)
        if self._drift.warning:
            session.console.warn(self._drift.warning)
        code = self._code(early, alarms)
        if plan:
            if code == DONE:
                plan.on_done()
            outcome = {DONE: "done", FAILED: "failed", POSTPONED: "postponed"}[code]
            self.record(plan.run_id, requests, outcome, self._message(early))
        session.console.info(
            f"{self._command}: {requests:,} requests, {tally.seen:,} read, "
            f"{tally.changed:,} landed",
            requests=requests,
            seen=tally.seen,
            landed=tally.changed,
        )
        if early:
            session.console.warn(str(early))
        purge(session, self._warehouse)
        if self._options.transform:
            from pipelines.publish.build import build

            held.give_way()
            held.publish({"step": "transform"})
            code = max(code, build(session, self._warehouse, zone.key if zone else None))
        if plan and plan.note:
            session.console.info(plan.note)
        keep_status(session, self._warehouse)
        return code

    def record(self, run_id: str, requests: int, outcome: str, message: str | None) -> None:
        """Writes the run's row in `gong_ops.runs`."""
        record_run(self._warehouse, Run(
                run_id, self._command, self.session.started_at, self.session.clock(), outcome,
                requests, self._tally.seen, self._tally.changed, message,
            )
        )  # fmt: skip

    def _code(self, early: Postponed | None, alarms: Sequence[Alarm]) -> int:
        if early:
            return POSTPONED
        errors = [tally.error for tally in self._tally.streams.values() if tally.error]
        are_looked_at = any(stream_of(a.check.table) in self._options.streams for a in alarms)
        if any(isinstance(error, FailTable) for error in errors) or are_looked_at:
            return FAILED
        if any(isinstance(error, Postponed) for error in errors):
            return POSTPONED
        return FAILED if errors and self._options.is_only else DONE

    def _message(self, early: Postponed | None) -> str | None:
        errors = [f"{name}: {t.error}" for name, t in self._tally.streams.items() if t.error]
        return "; ".join([*errors, str(early)] if early else errors) or None


def _told(span: Span | None) -> str:
    return f"{span.start:%Y-%m-%d} to {span.end:%Y-%m-%d}" if span else "whole lists"
