"""Carries out the plan of a sync or a backfill: lock, read, load, report, record, transform.

Invariant: a run that has a plan leaves a row in `gong_ops.runs` and the facts for `status`, unless
it is killed. What to read is decided by `sync` and `backfill`; how it lands, by the `loader`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.exit_codes import DONE, FAILED, exit_code_of, outcome_of
from pipelines.gong_client import open_client
from pipelines.ingest.clock_ahead import forget_what_lies_ahead
from pipelines.ingest.loader import Loader
from pipelines.ingest.log_ids import renew_log_ids
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.run_outcome import exit_code, failed_call_streams, message, without_failed
from pipelines.ingest.run_plan import LoadPackage, RunContext, RunPlan, company_zone
from pipelines.lock import WarehouseLock, hold
from pipelines.monitor.deletion_alarms import update_alarms
from pipelines.monitor.run_counts import RunCounts
from pipelines.monitor.schema_drift import SchemaDriftMonitor
from pipelines.monitor.status_facts import write_status
from pipelines.privacy.erasure_marks import check_not_restored
from pipelines.privacy.retention import purge
from pipelines.publish.build import build
from pipelines.session import Session, refrozen
from sources.gong.api.errors import ClockApart, Postponed, SkipTable, StopRun
from sources.gong.api.operations import operation
from sources.gong.extract.pages import StreamQuota
from sources.gong.extract.reader import Reader
from sources.gong.extract.time_zone import NO_ZONE, unknown_zone_text
from sources.gong.extract.window_plan import needs_zone
from sources.gong.extract.windows import Span
from sources.gong.load.deletions import DeletionAlarm, review_text
from warehouse.connection import Warehouse
from warehouse.ops.runs import Run, record_run
from warehouse.prepare import prepare

if TYPE_CHECKING:
    from sources.gong.api.client import Client
    from sources.gong.api.rate_limit import Budget

_STREAM_SHARE = 0.4
"""Share of a day's requests that no stream exceeds unless it was named in `--only`."""
_SWEEP_SHARE = 0.2
"""Share of a day's requests that the sweep does not exceed; nor half of what is left by then."""

_AMPLE = 1_000
"""Requests that must be left for any to be fetched ahead: the package that is read comes first."""


def carry_out(
    session: Session,
    options: IngestOptions,
    command: str,
    make_plan: Callable[[RunContext], RunPlan],
    *,
    gives_way: bool = False,
) -> int:
    """Runs a plan from the lock to the publication and returns the exit code.

    Args:
        session: the run.
        options: of the command line.
        command: its name; stored with the run and shown by `status`.
        make_plan: decides what to read; called while the warehouse is held.
        gives_way: whether other runs that wait for the warehouse go before the next slice.

    Raises:
        Busy: another run holds the warehouse and the options say not to wait.
        Locked: something else has the warehouse open.
        UsageError: the plan cannot be made from what the user gave.
        RestoredWarehouse: the warehouse is from before an erasure.
    """
    warehouse, counts = Warehouse(session.target), RunCounts(session.console)
    with ExitStack() as stack:
        lock = stack.enter_context(
            hold(
                session.target.path,
                command,
                wait=options.wait,
                on_wait=session.console.info,
                gives_way=gives_way,
            )
        )
        # a run that has waited for another begins where that one ended
        session = refrozen(session)
        stack.enter_context(warehouse.held())
        prepare(warehouse)
        check_not_restored(session, warehouse)
        renew_log_ids(session, warehouse)
        client, budget = stack.enter_context(
            open_client(
                session.settings,
                reserve=options.reserve,
                max_requests=options.max_requests,
                clock=session.clock,
                warn=session.console.warn,
            )
        )
        forget_what_lies_ahead(
            session, warehouse, lambda: client.compare_clocks(operation("listWorkspaces"))
        )
        run = _Run(session, warehouse, options, command, lock, budget, counts)
        try:
            with closing(counts), session.console.stage("reading Gong", counts.progress):
                early = run.read(client, make_plan)
        except Exception as error:
            run.record_failure(error)
            if not isinstance(error, StopRun):
                raise
            session.console.error(str(error))
            return exit_code_of(error) or FAILED
        return run.finish(early)


class _Run:
    """A run while it goes on: its plan, its present and its counts so far."""

    def __init__(
        self,
        session: Session,
        warehouse: Warehouse,
        options: IngestOptions,
        command: str,
        lock: WarehouseLock,
        budget: Budget,
        counts: RunCounts,
    ) -> None:
        self._session, self._warehouse, self._options = session, warehouse, options
        self._command, self._lock, self._budget, self._counts = command, lock, budget, counts
        self._drift = SchemaDriftMonitor(warehouse)
        self._zone: ZoneInfo | None = None
        self._plan: RunPlan | None = None

    def read(self, client: Client, make_plan: Callable[[RunContext], RunPlan]) -> Postponed | None:
        """Plans, and lands the packages; returns the error that ended it early, if the quota did.

        Raises:
            GongError: the run cannot go on.
            UsageError: the plan cannot be made from what the user gave.
        """
        session, options = self._session, self._options
        try:
            reader = self._reader(client)
            loader = Loader(session, self._warehouse, reader, options, self._may_fetch_ahead)
            loader.clear()
            self._zone = reader.zone = company_zone(session, self._warehouse, client)
            context = RunContext(
                session,
                self._warehouse,
                self._readable_streams(),
                self._zone,
                options,
                client,
                self._budget,
            )
            with self._warehouse.snapshot():
                self._plan = make_plan(context)
            try:
                return self._land(loader, self._plan)
            finally:
                loader.stop_fetching_ahead()
        except Postponed as postponed:
            return postponed

    def _reader(self, client: Client) -> Reader:
        per_day, options = self._session.settings.requests_per_day, self._options
        return Reader(
            client,
            on_lost=self._counts.lost,
            quota=StreamQuota(
                per_stream=int(per_day * _STREAM_SHARE) if per_day else None,
                unlimited=frozenset(options.streams) if options.is_only else frozenset(),
            ),
            on_unknown_zone=lambda told: self._counts.remark(unknown_zone_text(told, self._zone)),
        )

    def _readable_streams(self) -> tuple[str, ...]:
        """Returns the streams to read; without a zone, those that need it count as skipped."""
        if self._zone:
            return self._options.streams
        for stream in filter(needs_zone, self._options.streams):
            self._counts.stream_failed(stream, SkipTable(NO_ZONE.format(stream=stream)))
        return tuple(stream for stream in self._options.streams if not needs_zone(stream))

    def _land(self, loader: Loader, plan: RunPlan) -> Postponed | None:
        """Lands the packages one after another, without streams that have failed on the way."""
        counts, has_landed = self._counts, False
        counts.expect(plan.windows)
        for number, (package, following) in enumerate(self._packages(loader, plan), 1):
            place = {"slice": number, "span": _in_words(package.span)}
            self._lock.publish(place | {"requests": self._budget.spent})
            counts.begin(package.windows)
            readable = replace(package, windows=without_failed(package.windows, counts.streams))
            if not readable.windows:
                continue
            if package.is_sweep:
                loader.limit_sweep(self._sweep_limit())
            early = loader.load(
                readable,
                plan.run_id,
                self._command,
                counts,
                failed_call_streams(counts.streams),
                following,
            )
            if not has_landed:
                plan.on_landed()
                has_landed = True
            self._drift.landed(counts.streams, self._session.started_at)
            if early:
                return early
            failed = failed_call_streams(counts.streams)
            if failed and plan.stops_on_failed_call_stream:
                self._session.console.warn(
                    f"{', '.join(sorted(failed))} failed, so the calls of this slice do not count "
                    "as read, and the backfill stops here. Run the same command to continue. "
                    "To do without them, name in --only what you want."
                )
                break
        return None

    def _packages(
        self, loader: Loader, plan: RunPlan
    ) -> Iterator[tuple[LoadPackage, LoadPackage | None]]:
        """Yields the packages, each with the one to fetch ahead; lets waiting runs go in between.

        Where requests are short, none is fetched ahead: what is left decides how long a slice is.
        """
        packages = iter(plan.packages)
        package = next(packages, None)
        while package is not None:
            following = next(packages, None) if self._may_fetch_ahead() else None
            if following:
                readable = without_failed(following.windows, self._counts.streams)
                yield package, replace(following, windows=readable)
            else:
                yield package, None
            package = following or next(packages, None)
            if self._lock.give_way(lambda: self._left_to_others(loader)):
                self._session = refrozen(self._session)
                loader.reopen(self._session)

    @contextmanager
    def _left_to_others(self, loader: Loader) -> Iterator[None]:
        loader.stop_fetching_ahead()
        with self._warehouse.released():
            yield

    def _may_fetch_ahead(self) -> bool:
        left = self._budget.left()
        return left is None or left > _AMPLE

    def _sweep_limit(self) -> int | None:
        """Returns how many requests the sweep may spend; None for no limit."""
        per_day, left = self._session.settings.requests_per_day, self._budget.left()
        limits = [int(per_day * _SWEEP_SHARE)] if per_day else []
        limits += [left // 2] if left is not None else []
        return min(limits, default=None)

    def finish(self, early: Postponed | None) -> int:
        """Reports and records the run, builds what is due, and returns the exit code."""
        self._counts.report()
        alarms = self._settle_alarms()
        self._report_schema_changes(early)
        code = exit_code(self._counts.streams, alarms, self._options, early)
        if self._plan:
            if code == DONE:
                self._plan.on_done()
            self._record(outcome_of(code), message(self._counts.streams, early))
        self._report_totals(early)
        purge(self._session, self._warehouse)
        if self._options.transform:
            code = max(code, self._transform())
        if self._plan and self._plan.note:
            self._session.console.info(self._plan.note)
        write_status(self._session, self._warehouse)
        return code

    def record_failure(self, error: Exception) -> None:
        """Records a run that cannot go on; what its earlier slices found suspicious is kept.

        What ended the run is what its user must read. A second error, such as a full disk gives,
        is reported and does not take its place.
        """
        if not self._plan or isinstance(error, ClockApart):
            # what is dated by a wrong clock would mislead
            return
        counts, reason = self._counts, str(error) if isinstance(error, StopRun) else None
        try:
            self._record("stopped", reason or type(error).__name__)
            update_alarms(
                self._warehouse, counts.checks, counts.doubts, {}, self._session.started_at
            )
            write_status(self._session, self._warehouse)
        except Exception as second:
            self._session.console.error(
                f"the end of this run could not be recorded in full ({type(second).__name__}: "
                f"{second}); `gong-elt status` may show less. What ended it is said next"
            )

    def _settle_alarms(self) -> Sequence[DeletionAlarm]:
        """Raises and settles deletion alarms, reports those that are open, and returns them."""
        alarms = update_alarms(
            self._warehouse,
            self._counts.checks,
            self._counts.doubts,
            self._plan.accepted if self._plan else {},
            self._session.started_at,
        )
        for alarm in alarms:
            self._session.console.error(
                f"{alarm.check.table}: {review_text(alarm.check)}", table=alarm.check.table
            )
        return alarms

    def _report_schema_changes(self, early: Postponed | None) -> None:
        if not early and not self._options.ids:
            self._drift.ended(self._counts.streams, self._session.started_at)
        if self._drift.warning:
            self._session.console.warn(self._drift.warning)

    def _report_totals(self, early: Postponed | None) -> None:
        requests, seen, changed = self._budget.spent, self._counts.seen, self._counts.changed
        self._session.console.info(
            f"{self._command}: {requests:,} requests, {seen:,} entities read, {changed:,} landed",
            requests=requests,
            seen=seen,
            landed=changed,
        )
        if early:
            self._session.console.warn(str(early))

    def _transform(self) -> int:
        with self._warehouse.released():  # dbt opens it
            self._lock.give_way()
            self._lock.publish({"step": "transform"})
            return build(self._session, self._warehouse, self._zone.key if self._zone else None)

    def _record(self, outcome: str, text: str | None) -> None:
        assert self._plan is not None
        run = Run(
            run_id=self._plan.run_id,
            command=self._command,
            started_at=self._session.started_at,
            finished_at=self._session.clock(),
            outcome=outcome,
            requests=self._budget.spent,
            entities_seen=self._counts.seen,
            entities_changed=self._counts.changed,
            message=text,
        )
        record_run(self._warehouse, run)


def _in_words(span: Span | None) -> str:
    return f"{span.start:%Y-%m-%d} to {span.end:%Y-%m-%d}" if span else "whole lists"
