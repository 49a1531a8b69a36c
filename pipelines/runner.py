"""What `sync` and `backfill` share: lock, pull, transform, publish, and the record of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.console import Tally
from pipelines.exits import DONE, FAILED, POSTPONED, USAGE
from pipelines.lock import hold
from pipelines.options import Options
from pipelines.session import Session, frozen_anew
from pipelines.status import keep_status
from sources.gong.errors import FailTable, Postponed, SkipTable, StopRun, Unreachable
from sources.gong.fans import follows_calls
from sources.gong.planning import needs_zone
from sources.gong.readers import NO_ZONE, Reader
from warehouse.store import Store

if TYPE_CHECKING:
    from pipelines.pull import Package, Puller


_SHARE = 0.4
"""Of a day's requests, which no reading exceeds unless it was named."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a plan is made from."""

    session: Session
    store: Store
    readings: tuple[str, ...]
    zone: ZoneInfo | None
    options: Options = field(default_factory=Options)

    @property
    def now(self) -> datetime:
        """The frozen present of the run."""
        return self.session.started_at


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run reads.

    Attributes:
        run_id: names the run in the window rows; that of the earlier run where it goes on.
        packages: one load package each, in the order in which they are landed.
        note: said at the end of the run.
        on_landed: called when the first package has landed.
        on_done: called when every reading was read to its end.
    """

    run_id: str
    packages: list[Package]
    note: str | None = None
    on_landed: Callable[[], None] = lambda: None
    on_done: Callable[[], None] = lambda: None


def execute(
    session: Session, options: Options, command: str, make_plan: Callable[[Context], Plan]
) -> int:
    """Runs a plan from the lock to the publication and returns the exit code.

    Raises:
        Busy: another run holds the warehouse and the options say not to wait.
        Locked: something else has the warehouse open.
        ValueError: the plan cannot be made from what the user gave.
    """
    from pipelines.pull import Puller, Spend, company_zone, gong_client

    store, tally = Store(session.target), Tally(session.console)
    run = _Run(session, store, tally, command, options)
    with ExitStack() as stack:
        stack.enter_context(
            hold(session.target.path, command, wait=options.wait, on_wait=session.console.info)
        )
        # who has waited for another run begins where that one ended
        session = run.session = frozen_anew(session)
        store.prepare()
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
                eager=frozenset(options.readings) if options.is_only else frozenset(),
            )
            puller = Puller(session, store, reader, options)
            puller.drain()
            zone = reader.zone = company_zone(session, store, client)
            plan = make_plan(Context(session, store, run.readable(zone), zone, options))
            early = run.pull(puller, plan)
        except Postponed as postponed:
            early = postponed
        except Exception as error:
            tally.close()
            if plan:
                told = str(error) if isinstance(error, StopRun) else type(error).__name__
                run.record(plan.run_id, budget.spent, "stopped", told)
                keep_status(session, store)
            if not isinstance(error, StopRun):
                raise
            session.console.error(str(error))
            return FAILED if isinstance(error, Unreachable) else USAGE
        tally.close()
        return run.finish(plan, budget.spent, early, zone)


class _Run:
    def __init__(
        self, session: Session, store: Store, tally: Tally, command: str, options: Options
    ) -> None:
        self.session, self._store, self._tally = session, store, tally
        self._command, self._options = command, options
        self._new_fields = 0
        self._has_landed = False

    def readable(self, zone: ZoneInfo | None) -> tuple[str, ...]:
        """Returns the readings asked for, less those that need a zone nobody knows."""
        found = []
        for reading in self._options.readings:
            if needs_zone(reading) and zone is None:
                self._tally.reading_failed(reading, SkipTable(NO_ZONE.format(reading=reading)))
            else:
                found.append(reading)
        return tuple(found)

    def pull(self, puller: Puller, plan: Plan) -> Postponed | None:
        """Lands the packages one after another, without readings that have failed on the way."""
        tally = self._tally
        tally.expect(sum(len(w) for p in plan.packages for w in p.windows.values()))
        for package in plan.packages:
            left = {
                reading: windows
                for reading, windows in package.windows.items()
                if tally.readings[reading].error is None
                # what asks about calls has nothing to ask where these could not be read
                and not (
                    follows_calls(reading)
                    and "calls" in package.windows
                    and tally.readings["calls"].error is not None
                )
            }
            if not left:
                continue
            early = puller.pull(replace(package, windows=left), plan.run_id, self._command, tally)
            if not self._has_landed:
                plan.on_landed()
                self._has_landed = True
            self._new_fields += self._store.note_unknown_fields(
                puller.load_ids, self.session.started_at
            )
            if early:
                return early
        return None

    def finish(
        self, plan: Plan | None, requests: int, early: Postponed | None, zone: ZoneInfo | None
    ) -> int:
        """Says and records what came of the run, builds what is due, returns the exit code."""
        session, tally = self.session, self._tally
        tally.report()
        if self._new_fields:
            session.console.warn(
                f"Gong sends {self._new_fields} fields that no column knows. Their values are kept "
                "in extra; gong_ops.schema_changes lists them."
            )
        code = self._code(early)
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
        if self._options.transform:
            from pipelines.build import build

            code = max(code, build(session, self._store, zone.key if zone else None))
        if plan and plan.note:
            session.console.info(plan.note)
        keep_status(session, self._store)
        return code

    def record(self, run_id: str, requests: int, outcome: str, message: str | None) -> None:
        """Writes the run's row in `gong_ops.runs`."""
        row: Mapping[str, object] = {
            "run_id": run_id,
            "command": self._command,
            "started_at": self.session.started_at,
            "finished_at": self.session.clock(),
            "outcome": outcome,
            "requests": requests,
            "entities_seen": self._tally.seen,
            "entities_changed": self._tally.changed,
            "message": message,
        }
        self._store.record_run(row)

    def _code(self, early: Postponed | None) -> int:
        if early:
            return POSTPONED
        errors = [tally.error for tally in self._tally.readings.values() if tally.error]
        if any(isinstance(error, FailTable) for error in errors) or self._tally.doubts:
            return FAILED
        if any(isinstance(error, Postponed) for error in errors):
            return POSTPONED
        return FAILED if errors and self._options.is_only else DONE

    def _message(self, early: Postponed | None) -> str | None:
        errors = [f"{name}: {t.error}" for name, t in self._tally.readings.items() if t.error]
        return "; ".join([*errors, str(early)] if early else errors) or None
