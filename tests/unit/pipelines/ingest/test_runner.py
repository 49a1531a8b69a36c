"""A run from its lock to its record, over a real warehouse, with a loader that reads nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.exit_codes import DONE, FAILED, POSTPONED, USAGE, UsageError
from pipelines.ingest import runner
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.run_plan import LoadPackage, RunContext, RunPlan
from pipelines.ingest.runner import carry_out
from pipelines.lock import Busy, hold
from pipelines.monitor.run_counts import RunCounts
from pipelines.session import Session
from sources.gong.api.errors import (
    BadCredentials,
    GaveUp,
    GongError,
    MissingScope,
    Postponed,
    Unreachable,
)
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.deletions import DeletionCheck
from tests.unit.pipelines.ingest.conftest import NOW, FilledWarehouse, MakeSession, messages
from warehouse.connection import Warehouse
from warehouse.ops.runs import last_runs

DAY = timedelta(days=1)


def package(stream: str, days_back: int = 1, reason: Reason = Reason.NEW) -> LoadPackage:
    span = Span(NOW - days_back * DAY, NOW - (days_back - 1) * DAY)
    return LoadPackage({stream: [Window(stream, span, reason)]})


@dataclass
class FakeLoader:
    """Lands nothing; `effects` are called in turn, one per package, with the counts of the run."""

    effects: list[Callable[[RunCounts], Postponed | None]] = field(default_factory=list)
    loaded: list[LoadPackage] = field(default_factory=list)
    failed_call_streams: list[frozenset[str]] = field(default_factory=list)
    sweep_limits: list[int | None] = field(default_factory=list)
    following: list[LoadPackage | None] = field(default_factory=list)
    reopened: int = 0
    stopped: int = 0

    def __call__(self, *_: Any) -> FakeLoader:
        return self

    def clear(self) -> None:
        """Nothing is left behind."""

    def reopen(self, _session: Session) -> None:
        self.reopened += 1

    def stop_fetching_ahead(self) -> None:
        self.stopped += 1

    def limit_sweep(self, requests: int | None) -> None:
        self.sweep_limits.append(requests)

    def load(
        self,
        package: LoadPackage,
        _run: str,
        _kind: str,
        counts: RunCounts,
        failed_call_streams: frozenset[str],
        following: LoadPackage | None,
    ) -> Postponed | None:
        self.loaded.append(package)
        self.following.append(following)
        self.failed_call_streams.append(failed_call_streams)
        for windows in package.windows.values():
            for window in windows:
                counts.page_read(window, 10, 4)
                counts.window_done(window)
        return self.effects.pop(0)(counts) if self.effects else None


@pytest.fixture(autouse=True)
def _filled(tmp_path: Path) -> FilledWarehouse:
    """Not held: the run holds it."""
    return FilledWarehouse(tmp_path, ("calls", "transcripts", "users", "call_crm_objects"))


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> FakeLoader:
    fake = FakeLoader()
    monkeypatch.setattr(runner, "Loader", fake)
    return fake


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session(company_time_zone="Europe/Berlin")


@dataclass
class Calls:
    """How often each callback of a plan was called."""

    landed: int = 0
    done: int = 0


def run(
    session: Session,
    *packages: LoadPackage,
    calls: Calls | None = None,
    gives_way: bool = False,
    streams: tuple[str, ...] = ("calls", "users", "logs"),
    is_only: bool = False,
    **plan: Any,
) -> int:
    counts = calls or Calls()

    def make_plan(_context: RunContext) -> RunPlan:
        def landed() -> None:
            counts.landed += 1

        def done() -> None:
            counts.done += 1

        return RunPlan("run-1", packages, len(packages), on_landed=landed, on_done=done, **plan)

    options = IngestOptions(streams, is_only=is_only, transform=False, wait=False)
    return carry_out(session, options, "sync", make_plan, gives_way=gives_way)


def last_run(session: Session) -> dict[str, Any]:
    (row,) = last_runs(Warehouse(session.target), 5)
    return row


def failing(stream: str, error: GongError) -> Callable[[RunCounts], None]:
    return lambda counts: counts.stream_failed(stream, error)


def raising(error: Exception) -> Callable[[RunCounts], None]:
    def effect(_counts: RunCounts) -> None:
        raise error

    return effect


def test_a_run_lands_its_packages_and_leaves_a_row_and_the_status(
    session: Session, loader: FakeLoader
) -> None:
    calls = Calls()
    packages = package("calls", 2), package("logs")
    assert run(session, *packages, calls=calls, note="one note") == DONE
    assert [list(p.windows) for p in loader.loaded] == [["calls"], ["logs"]]
    assert (calls.landed, calls.done) == (1, 1)
    row = last_run(session)
    assert (row["run_id"], row["command"], row["outcome"]) == ("run-1", "sync", "done")
    assert (row["entities_seen"], row["entities_changed"], row["message"]) == (20, 8, None)
    status = json.loads((session.home / "status.json").read_text())
    assert status["runs"][0]["outcome"] == "done"
    said = messages(session).splitlines()
    assert "sync: 0 requests, 20 entities read, 8 landed" in said
    assert said[-1] == "one note"


def test_a_stream_that_fails_ends_alone_and_the_run_fails(
    session: Session, loader: FakeLoader
) -> None:
    calls = Calls()
    loader.effects = [failing("logs", GaveUp("no answer"))]
    packages = package("logs", 2), package("logs"), package("users")
    assert run(session, *packages, calls=calls) == FAILED
    assert [list(p.windows) for p in loader.loaded] == [["logs"], ["users"]]
    assert (calls.landed, calls.done) == (1, 0)
    assert last_run(session)["message"] == "logs: no answer"


def test_a_skipped_stream_fails_a_run_that_named_it(session: Session, loader: FakeLoader) -> None:
    effect = failing("logs", MissingScope("no scope", "api:logs:read"))
    loader.effects = [effect, effect]
    assert run(session, package("logs")) == DONE
    assert run(session, package("logs"), is_only=True) == FAILED


def test_the_quota_ends_a_run_early_and_what_has_landed_stays(
    session: Session, loader: FakeLoader
) -> None:
    calls = Calls()
    loader.effects = [lambda _counts: Postponed("the quota is spent", 5.0)]
    assert run(session, package("calls", 2), package("calls"), calls=calls) == POSTPONED
    assert len(loader.loaded) == 1
    assert (calls.landed, calls.done) == (1, 0)
    row = last_run(session)
    assert (row["outcome"], row["message"]) == ("postponed", "the quota is spent")


def test_a_quota_that_is_spent_before_there_is_a_plan_leaves_no_row(
    session: Session, loader: FakeLoader
) -> None:
    def make_plan(_context: RunContext) -> RunPlan:
        raise Postponed("the quota is spent", 5.0)

    options = IngestOptions(("calls",), transform=False)
    assert carry_out(session, options, "sync", make_plan) == POSTPONED
    assert last_runs(Warehouse(session.target), 5) == []
    assert loader.loaded == []


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadCredentials("wrong key"), USAGE), (Unreachable("no connection"), FAILED)],
)
def test_what_stops_a_run_is_recorded_with_its_code(
    session: Session, loader: FakeLoader, error: GongError, code: int
) -> None:
    loader.effects = [raising(error)]
    assert run(session, package("calls"), package("users")) == code
    row = last_run(session)
    assert (row["outcome"], row["message"]) == ("stopped", str(error))
    assert f"error: {error}" in messages(session)
    assert (session.home / "status.json").exists()


def test_a_fault_is_recorded_by_its_name_and_raised(session: Session, loader: FakeLoader) -> None:
    loader.effects = [raising(KeyError("id"))]
    with pytest.raises(KeyError):
        run(session, package("calls"))
    assert last_run(session)["message"] == "KeyError"


@pytest.mark.parametrize("error", [KeyError("id"), BadCredentials("wrong key")])
def test_what_ended_a_run_is_not_hidden_by_an_error_of_its_record(
    session: Session, loader: FakeLoader, error: Exception
) -> None:
    (session.home / "status.json").mkdir()  # so that it cannot be replaced
    loader.effects = [raising(error)]
    if isinstance(error, GongError):
        assert run(session, package("calls")) == USAGE
        assert messages(session).index("could not be recorded") < messages(session).index(
            str(error)
        )
    else:
        with pytest.raises(KeyError):
            run(session, package("calls"))
    assert "could not be recorded in full (IsADirectoryError" in messages(session)
    assert last_run(session)["outcome"] == "stopped"


def test_a_plan_that_cannot_be_made_leaves_nothing(session: Session, loader: FakeLoader) -> None:
    def make_plan(_context: RunContext) -> RunPlan:
        raise UsageError("the dates hold nothing")

    with pytest.raises(UsageError):
        carry_out(session, IngestOptions(("calls",), transform=False), "sync", make_plan)
    assert last_runs(Warehouse(session.target), 5) == []


def test_too_many_missing_rows_raise_an_alarm_which_fails_the_run(
    session: Session, loader: FakeLoader
) -> None:
    check = DeletionCheck("calls", Span(NOW - DAY, NOW), 100, 90)

    def doubt(counts: RunCounts) -> None:
        counts.checked(check)
        counts.doubtful(check)

    loader.effects = [doubt]
    assert run(session, package("calls")) == FAILED
    assert "calls: 90 of 100 rows are missing" in messages(session)
    assert run(session, package("users"), streams=("users",)) == DONE, "it reads another table"


def test_streams_in_company_days_are_skipped_without_a_zone(
    make_session: MakeSession, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "company_zone", lambda *_: None)
    session = make_session()
    planned: list[tuple[str, ...]] = []

    def make_plan(context: RunContext) -> RunPlan:
        planned.append(context.streams)
        return RunPlan("run-1", [], 0)

    options = IngestOptions(("calls", "answered_scorecards"), transform=False)
    assert carry_out(session, options, "sync", make_plan) == DONE
    assert planned == [("calls",)]
    assert "SOURCES__GONG__COMPANY_TIME_ZONE" in messages(session)


def test_a_backfill_stops_where_a_stream_that_asks_about_calls_has_failed(
    session: Session, loader: FakeLoader
) -> None:
    loader.effects = [failing("call_user_access", GaveUp("no answer"))]
    packages = package("calls", 2), package("calls")
    assert run(session, *packages, stops_on_failed_call_stream=True) == FAILED
    assert len(loader.loaded) == 1
    assert "the backfill stops here" in messages(session)


def test_a_sync_goes_on_and_hands_on_which_streams_are_lacking(
    session: Session, loader: FakeLoader
) -> None:
    loader.effects = [failing("call_user_access", GaveUp("no answer"))]
    assert run(session, package("calls", 2), package("calls")) == FAILED
    assert loader.failed_call_streams == [frozenset(), frozenset({"call_user_access"})]


@pytest.mark.parametrize(("per_day", "limit"), [(1000, 200), (0, None)])
def test_the_sweep_is_limited_to_its_share_of_the_day(
    make_session: MakeSession, loader: FakeLoader, per_day: int, limit: int | None
) -> None:
    session = make_session(company_time_zone="Europe/Berlin", requests_per_day=per_day)
    run(session, package("calls", 2), package("calls", 1, Reason.SWEEP))
    assert loader.sweep_limits == [limit]


def test_between_two_packages_a_waiting_run_goes_first(
    session: Session, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = iter([True, False])
    monkeypatch.setattr(
        "pipelines.lock.WarehouseLock.give_way", lambda _lock, _released: next(turns), raising=True
    )
    assert run(session, package("calls", 2), package("calls"), gives_way=True) == DONE
    assert loader.reopened == 1
    assert len(loader.loaded) == 2


def test_each_package_is_loaded_with_the_next_to_fetch_ahead(
    session: Session, loader: FakeLoader
) -> None:
    packages = package("calls", 3), package("calls", 2), package("calls")
    assert run(session, *packages) == DONE
    assert loader.following == [packages[1], packages[2], None]


def test_a_stream_that_has_failed_is_not_fetched_ahead(
    session: Session, loader: FakeLoader
) -> None:
    loader.effects = [failing("logs", GaveUp("no answer"))]
    both = LoadPackage({**package("logs").windows, **package("users").windows})
    assert run(session, package("logs", 2), package("users", 2), both) == FAILED
    assert [list(p.windows) for p in loader.following if p] == [["users"], ["users"]]
    assert loader.stopped == 1


def test_where_requests_are_short_nothing_is_fetched_ahead(
    make_session: MakeSession, loader: FakeLoader
) -> None:
    session = make_session(company_time_zone="Europe/Berlin", requests_per_day=1_000)
    packages = package("calls", 2), package("calls")
    assert run(session, *packages) == DONE
    assert loader.loaded == list(packages)
    assert loader.following == [None, None]


def test_a_run_that_must_not_wait_fails_on_a_warehouse_in_use(
    session: Session, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with (
        hold(session.target.path, "backfill", wait=False, on_wait=print),
        pytest.raises(Busy, match="gong-elt backfill"),
    ):
        run(session, package("calls"))
    assert loader.loaded == []


def test_the_transform_follows_and_the_worse_code_counts(
    session: Session, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones: list[str | None] = []

    def build(_session: Session, _warehouse: Warehouse, zone: str | None) -> int:
        zones.append(zone)
        return FAILED

    monkeypatch.setattr(runner, "build", build)
    options = IngestOptions(("calls",))
    plan = RunPlan("run-1", [package("calls")], 1)
    assert carry_out(session, options, "sync", lambda _context: plan) == FAILED
    assert zones == ["Europe/Berlin"]
    assert last_run(session)["outcome"] == "done", "the rows have landed"
    assert len(loader.loaded) == 1
