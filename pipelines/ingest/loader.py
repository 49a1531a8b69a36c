"""Reads windows from Gong and lands them, one load package per slice.

Promises: a slice lands whole or counts as not read; a package that an earlier run left behind is
dropped before anything new, and its windows are read again; a stream that fails ends alone.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.dlt_workdir import DLT_FOLDER, DROPPED_FOLDER, drop_packages
from pipelines.exit_codes import CommandError
from pipelines.gong_client import open_client
from pipelines.ingest.existing_rows import WarehouseRows
from pipelines.ingest.options import Options
from pipelines.ingest.slices import Slice
from pipelines.monitor.deletion_alarms import open_alarms
from pipelines.monitor.run_counts import RunCounts
from pipelines.privacy.suppression_list import (
    delete_left_out_calls,
    load_suppression,
    store_left_out_calls,
)
from pipelines.session import Session
from sources.gong.api.client import Client
from sources.gong.api.errors import GongError, Postponed
from sources.gong.api.rate_limit import Budget
from sources.gong.extract.streams import Reader, learn_zone, zone_named
from sources.gong.extract.window_plan import transcript_turns
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.deletions import Check
from sources.gong.schema.tables import BY_CALL, stream
from warehouse import raw_tables
from warehouse.connection import Warehouse
from warehouse.ops.load_log import company_time_zone
from warehouse.target import RAW

_ACCOUNTS_KEPT = 20
_PENDING = ("normalize/*/*", "load/new/*", "load/normalized/*")
"""Where packages of dlt's are that have not been loaded."""
_UNNAMED = re.compile(r"[0-9a-f]{16}")
"""What dlt calls a file until it is written."""


class Stuck(CommandError):
    """A load package cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Spend:
    """How much a run may ask of Gong."""

    max_requests: int | None = None
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Package:
    """What one slice reads.

    Attributes:
        windows: what to read, by reading.
        awaits: whether transcripts that have not come are asked for, beside those of the calls
            that are read.
        about: when the calls started that are asked about where the package reads none.
        accepted: tables of which any number of rows may be marked as deleted, and in which span.
    """

    windows: Mapping[str, Sequence[Window]]
    awaits: bool = False
    about: Span | None = None
    accepted: Mapping[str, Span | None] = field(default_factory=dict)

    @property
    def is_sweep(self) -> bool:
        """Whether old history is enumerated again here."""
        return any(w.reason is Reason.SWEEP for own in self.windows.values() for w in own)

    @property
    def span(self) -> Span | None:
        """From the first to the last instant of the windows; None of whole lists alone."""
        spans = [w.span for own in self.windows.values() for w in own if not w.span.is_empty]
        return Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None


def packages(
    found: Iterable[Slice],
    about: Span,
    accepted: Mapping[str, Span | None] = MappingProxyType({}),
) -> Iterator[Package]:
    """Yields a package per slice; the first that asks about calls asks for what is awaited too."""
    has_asked = False
    for cut in found:
        asks = not has_asked and not cut.keys().isdisjoint(BY_CALL)
        has_asked |= asks
        yield Package(cut, asks, about if asks else None, accepted)


@contextmanager
def gong_client(session: Session, spend: Spend) -> Iterator[tuple[Client, Budget]]:
    """Yields a client with the company's budget behind it."""
    with open_client(
        session.settings,
        reserve=spend.reserve,
        max_requests=spend.max_requests,
        clock=session.clock,
    ) as found:
        yield found


def company_zone(session: Session, warehouse: Warehouse, client: Client) -> ZoneInfo | None:
    """Returns the company's zone: as set, as earlier runs knew it, or as Gong's stats tell it."""
    stored = company_time_zone(warehouse)
    if session.settings.company_time_zone:
        zone = zone_named(session.settings.company_time_zone)
        if stored and stored != zone.key:
            session.console.warn(
                f"SOURCES__GONG__COMPANY_TIME_ZONE is {zone.key}; stats and scorecards so far were "
                f"read in {stored}. Run `gong-elt backfill` over them to cut their days anew."
            )
        return zone
    return zone_named(stored) if stored else learn_zone(client, session.started_at)


class Loader:
    """Lands packages through one dlt pipeline."""

    def __init__(
        self, session: Session, warehouse: Warehouse, reader: Reader, options: Options
    ) -> None:
        set_up_process()
        self._session, self._warehouse, self._reader = session, warehouse, reader
        self._options = options
        self._asked: dict[str, set[str]] = {}
        self._checks: list[Check] = []
        self.load_ids: list[str] = []
        self._open()

    def _open(self) -> None:
        import dlt

        self._suppression = load_suppression(self._session, self._warehouse)
        self._pipeline = dlt.pipeline(
            "gong_elt",
            # dlt 1.31 does not know that DuckDB has transactions, and would commit the delete and
            # the insert of a merge one by one; a kill between them loses what Gong has no more
            destination=dlt.destinations.duckdb(
                str(self._session.target.path), supports_transactions=True
            ),
            dataset_name=RAW,
            pipelines_dir=str(self._session.home / DLT_FOLDER),
        )

    def come_back(self, session: Session) -> None:
        """Goes on after others have had the warehouse, in a new present."""
        self._session = session
        # what dlt knows of its folder and of the tables may be of before
        self._open()
        self.clear()

    def spare(self, requests: int | None) -> None:
        """Says how many requests the sweep may spend; None for no limit."""
        self._reader.spare = requests

    def clear(self) -> None:
        """Drops what an interrupted run left extracted, and whatever else it left behind.

        dlt would load it before anything new, or in the place of it, and cannot always: of a run
        that was killed it does not know which tables are there, has a file twice in a staging
        table, or passes a package over without a word. What has not landed counts as not read, so
        nothing is lost but the requests of one slice.
        """
        delete_left_out_calls(self._warehouse)
        work = Path(self._pipeline.working_dir)
        if any(next(work.glob(place), None) for place in _PENDING):
            self._session.console.info(
                "what an interrupted run left behind had not landed; it is dropped and read again"
            )
            drop_packages(self._session.home)
            self._open()
        self._sweep()

    def _sweep(self) -> None:
        """Removes what killed runs left, and what dlt keeps, beside the pending packages.

        dlt writes each small file under another name first, and forgets it when it is killed. Of
        the packages that were loaded it keeps an account for ever, of which the last few will do;
        of those that failed it keeps the rows as well.
        """
        shutil.rmtree(self._session.home / DROPPED_FOLDER, ignore_errors=True)
        work = Path(self._pipeline.working_dir)
        for folder in (work / "normalize").glob("*/"):
            if folder.name != "extracted":
                shutil.rmtree(folder)
        for file in list(work.rglob("*")):
            if _UNNAMED.fullmatch(file.name) and file.is_file():
                file.unlink()
        ended = work / "load" / "loaded"
        for rows in ended.rglob("*.parquet"):
            rows.unlink()
        for folder in sorted(ended.glob("*/"))[:-_ACCOUNTS_KEPT]:
            shutil.rmtree(folder)

    def pull(
        self,
        package: Package,
        run_id: str,
        kind: str,
        tally: RunCounts,
        lacking: frozenset[str] = frozenset(),
    ) -> Postponed | None:
        """Reads and lands one package.

        Args:
            package: what to read.
            run_id: names the run in the window rows.
            kind: sync or backfill.
            tally: told how it goes.
            lacking: streams that ask about calls and have failed in this run.

        Returns:
            What made it stop early, if the quota did; what was read until then has landed.

        Raises:
            GongError: the run cannot go on; nothing of this package has landed.
        """
        import dlt

        from sources.gong.load.resources import ALL_TABLES, Job, resources

        alarms = open_alarms(self._warehouse)
        job = Job(
            reader=self._reader,
            windows=package.windows,
            run_id=run_id,
            kind=kind,
            loaded_at=self._session.started_at,
            held=WarehouseRows(
                self._warehouse,
                self._session.started_at,
                lambda: self._awaited(package),
                lambda: self._calls(package),
                self._suppression,
            ),
            missing=ALL_TABLES - raw_tables.names(self._warehouse),
            keep_private=self._session.settings.keep_private,
            must_finish=False,
            listener=tally,
            ids=self._options.ids,
            # what is doubted is looked at every night, also where its turn is weekly
            eager=self._reader.eager
            | {stream(name) for name in package.accepted}
            | {stream(alarm.check.table) for alarm in alarms},
            share=self._reader.allowance,
            asked=self._asked,
            accepted=package.accepted,
            alarms=alarms,
            checks=self._checks,
            lacking=lacking,
            suppression=self._suppression,
        )

        @dlt.source(name="gong", section="gong")
        def gong_package() -> Any:
            return resources(job)

        with self._warehouse.snapshot():
            try:
                self._pipeline.extract(gong_package(), workers=max(5, len(package.windows)))
            except Exception as error:
                raise _cause(error) from error
        store_left_out_calls(self._session, self._warehouse, self._suppression)
        self._load()
        delete_left_out_calls(self._warehouse)
        return job.postponed

    def _load(self) -> None:
        from dlt.pipeline.exceptions import PipelineStepFailed

        try:
            self._pipeline.normalize()
            info = self._pipeline.load()
        except PipelineStepFailed as failed:
            raise Stuck(
                f"What was read could not be loaded: {str(failed.exception).strip()[:500]} "
                "Its windows do not count as read; the next run reads them again. If that ends the "
                "same way, correct what the message says."
            ) from failed
        if info is not None:
            self.load_ids += info.loads_ids

    def _awaited(self, package: Package) -> list[str]:
        if not package.awaits:
            return []
        return raw_tables.awaited_transcripts(
            self._warehouse, transcript_turns(self._session.started_at)
        )

    def _calls(self, package: Package) -> list[str]:
        if package.about is None:
            return []
        return raw_tables.calls_between(self._warehouse, package.about.start, package.about.end)


def set_up_process() -> None:
    """Makes dlt leave errors to us, send no telemetry and keep no copies; settings of the user win.

    Also lets the garbage collector look less often. A page of JSON is a million objects without a
    cycle among them; looking through them again and again took two thirds of the conversion.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    # loaded packages and staging tables would be second copies of everybody's data
    os.environ.setdefault("LOAD__DELETE_COMPLETED_JOBS", "true")
    os.environ.setdefault("LOAD__TRUNCATE_STAGING_DATASET", "true")
    # each stream is a generator that may wait for another one; none may be left out of the round
    os.environ.setdefault("EXTRACT__MAX_PARALLEL_ITEMS", "100")


def _cause(error: BaseException) -> BaseException:
    """Returns the error of ours inside one of dlt's, or the error itself."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (GongError, KeyboardInterrupt)):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
