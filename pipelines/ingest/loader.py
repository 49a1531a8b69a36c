"""Reads the windows of a load package from Gong and lands them through dlt.

Invariants: a package lands whole or its windows count as not read; what an interrupted run left
extracted is dropped before anything new; a stream that fails ends alone. Decides neither what to
read nor how a run ends.

Imports dlt late: dlt reads the environment when it is imported, and `set_up_process` clears it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.dlt_workdir import (
    DLT_FOLDER,
    damaged_file,
    drop_packages,
    has_pending_packages,
    remove_leftovers,
)
from pipelines.exit_codes import CommandError
from pipelines.ingest.existing_rows import WarehouseRows
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.run_plan import LoadPackage
from pipelines.machine.allocation import giving_back, share_one_allocator
from pipelines.monitor.deletion_alarms import open_alarms
from pipelines.monitor.run_counts import RunCounts
from pipelines.privacy.suppression_list import (
    delete_left_out_calls,
    load_suppression,
    store_left_out_calls,
)
from pipelines.session import Session
from pipelines.settings import hide_from_dlt
from sources.gong.api.errors import GongError, Postponed
from sources.gong.extract.reader import Reader
from sources.gong.extract.window_plan import transcript_turns
from sources.gong.extract.windows import Window
from sources.gong.load.deletions import DeletionCheck, DeletionReview
from sources.gong.load.entity_filter import EntityFilter
from sources.gong.load.fetch_ahead import FetchAhead
from sources.gong.load.load_log import ALL_TABLES
from sources.gong.load.package import LoadContext, PackageSpec, RunFacts
from sources.gong.schema.tables import stream
from warehouse import raw_tables
from warehouse.calls import awaited_transcripts, calls_between
from warehouse.connection import Warehouse
from warehouse.target import RAW

_PIPELINE = "gong_elt"


class Stuck(CommandError):
    """A load package cannot be loaded."""


class Loader:
    """Lands the packages of one run through one dlt pipeline."""

    def __init__(
        self,
        session: Session,
        warehouse: Warehouse,
        reader: Reader,
        options: IngestOptions,
        may_fetch_ahead: Callable[[], bool] = lambda: False,
    ) -> None:
        set_up_process()
        self._session, self._warehouse, self._reader = session, warehouse, reader
        self._options = options
        self._requested: dict[str, set[str]] = {}
        self._retried: dict[str, set[str]] = {}
        self._checks: list[DeletionCheck] = []
        self._ahead = FetchAhead(reader, may_fetch_ahead)
        self._open()

    def _open(self) -> None:
        """Opens dlt's working folder; one that dlt cannot read is dropped, and made again.

        Whatever it holds is in the warehouse, or has not landed and is read again.
        """
        self._suppression = load_suppression(self._session, self._warehouse)
        damaged: Path | None = damaged_file(self._session.home / DLT_FOLDER / _PIPELINE)
        if damaged is None:
            try:
                self._pipeline = self._new_pipeline()
            except OSError:  # a full disk, a missing right: to drop anything would not help
                raise
            except Exception:
                damaged = self._session.home / DLT_FOLDER
                if not damaged.exists():
                    raise
        if damaged:
            self._session.console.warn(
                f"{damaged} is damaged, as after a power cut or on a full disk; dlt's working "
                "folder is made again, and what had not landed is read again"
            )
            drop_packages(self._session.home)
            self._pipeline = self._new_pipeline()

    def _new_pipeline(self) -> Any:
        import dlt

        from pipelines.dlt_context import isolate
        from warehouse.landing.destination import PackageDestination

        isolate(self._session.home / DLT_FOLDER)
        return dlt.pipeline(
            _PIPELINE,
            destination=PackageDestination(self._warehouse),
            dataset_name=RAW,
            pipelines_dir=str(self._session.home / DLT_FOLDER),
        )

    def reopen(self, session: Session) -> None:
        """Continues in a new present, after other runs have had the warehouse."""
        self._session = session
        self._ahead.forget()
        # what dlt knows of its folder and of the tables may be out of date
        self._open()
        self.clear()

    def stop_fetching_ahead(self) -> None:
        """Requests nothing more ahead, and forgets what was fetched."""
        self._ahead.forget()

    def limit_sweep(self, requests: int | None) -> None:
        """Sets how many requests the sweep may spend; None for no limit."""
        self._reader.quota.sweep = requests

    def clear(self) -> None:
        """Drops the packages and files that an interrupted run left behind.

        dlt would load such a package before anything new, or instead of it, and fails at it: after
        a kill it does not know which tables exist, holds a file twice in a staging table, or skips
        a package silently. Its windows count as not read, so only requests are lost.
        """
        delete_left_out_calls(self._warehouse)
        if has_pending_packages(Path(self._pipeline.working_dir)):
            self._session.console.info(
                "what an interrupted run left behind had not landed; it is dropped and read again"
            )
            drop_packages(self._session.home)
            self._open()
        remove_leftovers(self._session.home, Path(self._pipeline.working_dir))

    def load(
        self,
        package: LoadPackage,
        run_id: str,
        kind: str,
        counts: RunCounts,
        failed_call_streams: frozenset[str] = frozenset(),
        following: LoadPackage | None = None,
    ) -> Postponed | None:
        """Reads and lands one package.

        Args:
            package: what to read.
            run_id: names the run in the window rows.
            kind: sync or backfill.
            counts: counts what is read.
            failed_call_streams: streams that ask about calls and have failed in this run.
            following: the package that comes next; its pages are fetched meanwhile.

        Returns:
            The error that ended the reading early, where the quota did; what was read until then
            has landed.

        Raises:
            GongError: the run cannot go on; nothing of this package has landed.
            Stuck: the package was read and cannot be loaded.
        """
        import dlt

        from sources.gong.load.resources import resources

        run = RunFacts(run_id, kind, self._session.started_at)

        @dlt.source(name="gong", section="gong")
        def gong_package() -> Any:
            return resources(spec, run, context)

        self._ahead.begin(self._listed(following))
        with self._warehouse.held(), giving_back():
            spec, context = self._spec(package, failed_call_streams), self._context(package, counts)
            try:
                self._pipeline.extract(gong_package(), workers=max(5, len(package.windows)))
            except Exception as error:
                raise _cause(error) from error
            self._ahead.forget_earlier()
            store_left_out_calls(self._session, self._warehouse, self._suppression)
            self._load_extracted()
            delete_left_out_calls(self._warehouse)
        return counts.early

    def _listed(self, package: LoadPackage | None) -> Mapping[str, Sequence[Window]]:
        """Returns the windows of a package to fetch ahead; none where others have precedence."""
        return {} if package is None or package.is_sweep else package.windows

    def _spec(self, package: LoadPackage, failed_call_streams: frozenset[str]) -> PackageSpec:
        # a table with an open alarm is read every night, also where its turn is weekly
        alarms = {alarm.check.table for alarm in open_alarms(self._warehouse)}
        quota = self._reader.quota
        return PackageSpec(
            package.windows,
            ids=self._options.ids,
            without_limits=quota.unlimited
            | {stream(name) for name in alarms | package.accepted.keys()},
            most_not_due=quota.per_stream,
            missing_tables=ALL_TABLES - raw_tables.names(self._warehouse),
            failed_streams=failed_call_streams,
            must_finish=False,
        )

    def _context(self, package: LoadPackage, counts: RunCounts) -> LoadContext:
        existing = WarehouseRows(
            self._warehouse,
            self._session.started_at,
            lambda: self._awaited(package),
            lambda: self._calls(package),
            self._suppression,
        )
        return LoadContext(
            self._reader,
            existing,
            counts,
            EntityFilter(self._session.settings.keep_private, self._suppression),
            DeletionReview(package.accepted, open_alarms(self._warehouse), self._checks),
            self._requested,
            self._retried,
        )

    def _load_extracted(self) -> None:
        from dlt.pipeline.exceptions import PipelineStepFailed

        try:
            self._pipeline.normalize()
            self._pipeline.load()
        except PipelineStepFailed as failed:
            if isinstance(cause := _cause(failed), KeyboardInterrupt):
                raise cause from failed
            raise Stuck(
                f"What was read could not be loaded: {_without_traceback(str(failed.exception))} "
                "Its windows do not count as read; the next run reads them again. If that ends the "
                "same way, correct what the message says."
            ) from failed
        # dlt remembers a hundred steps: a megabyte a package, written to the disk with each step
        self._pipeline.last_trace.steps.clear()

    def _awaited(self, package: LoadPackage) -> list[str]:
        if not package.with_awaited:
            return []
        return awaited_transcripts(self._warehouse, transcript_turns(self._session.started_at))

    def _calls(self, package: LoadPackage) -> list[str]:
        if package.calls_in is None:
            return []
        span = package.calls_in
        return calls_between(self._warehouse, span.start, span.end)


def set_up_process() -> None:
    """Prepares this process for a run: no variables of dlt's, one allocator, less collection.

    A page of JSON is a million objects without a cycle among them; checking them again and again
    took two thirds of the conversion.
    """
    share_one_allocator()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    hide_from_dlt()


def _without_traceback(message: str) -> str:
    """Returns a message of dlt's with the last line of a traceback in it, without the others."""
    before, traceback, rest = message.strip().partition("Traceback (most recent call last):")
    if not traceback:
        return before[:500]
    reasons = [line.strip() for line in rest.splitlines() if line and not line[0].isspace()]
    return f"{before[:250]}{reasons[-1][:250] if reasons else ''}"


def _cause(error: BaseException) -> BaseException:
    """Returns the error of ours inside one of dlt's, or the error itself."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (GongError, KeyboardInterrupt)):
            return cause
        cause = cause.__cause__ or cause.__context__
    return error
