from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.exit_codes import UsageError
from pipelines.ingest.backfill import plan_backfill, windows_to_backfill
from pipelines.ingest.options import History
from pipelines.ingest.run_plan import RunPlan
from pipelines.ingest.sync import SYNC_START
from pipelines.session import Session
from sources.gong.extract.windows import Reason, Span, Window, merged
from tests.unit.pipelines.ingest.conftest import NOW, FilledWarehouse, context, messages
from warehouse.ops.backfills import open_backfills
from warehouse.ops.settings import store_setting

DAY = timedelta(days=1)
SPRING = History("2026-02-01", "2026-05-01")


@pytest.fixture(autouse=True)
def _filled(warehouse: FilledWarehouse) -> FilledWarehouse:
    return warehouse


def spans(plan: RunPlan, stream: str = "calls") -> list[Span]:
    return [w.span for package in plan.packages for w in package.windows.get(stream, ())]


def test_a_backfill_reads_its_span_and_what_hangs_on_calls(session: Session) -> None:
    plan = plan_backfill(context(session, "calls", "transcripts", "users"), SPRING)
    packages = list(plan.packages)
    (whole,) = merged(w.span for package in packages for w in package.windows["calls"])
    assert whole.start.isoformat() == "2026-02-01T00:00:00+00:00"
    assert whole.end.isoformat() == "2026-05-01T00:00:00+00:00"
    assert all("transcripts" in package.windows for package in packages)
    assert not any("users" in package.windows for package in packages)
    assert packages[0].windows["transcripts"][0].reason is Reason.AWAITED
    assert plan.stops_on_failed_call_stream


def test_the_newest_month_comes_first_on_request(session: Session) -> None:
    history = History("2026-02-01", "2026-05-01", is_newest_first=True)
    starts = [span.start for span in spans(plan_backfill(context(session, "calls"), history))]
    assert max(starts) in starts[:8]
    assert starts[-1] < starts[0]


def test_a_backfill_goes_on_where_it_stopped(session: Session, warehouse: FilledWarehouse) -> None:
    first = plan_backfill(context(session, "calls"), SPRING)
    first.on_landed()
    done = spans(first)[0]
    warehouse.add_window(
        Window("calls", done, Reason.BACKFILL), run_id=first.run_id, kind="backfill"
    )
    second = plan_backfill(context(session, "calls"), SPRING)
    assert second.run_id == first.run_id
    assert merged(spans(second))[0].start == done.end
    assert "going on with an earlier backfill of this span: 1 windows are done" in messages(session)


def test_a_backfill_that_is_done_begins_again_from_scratch(
    session: Session, warehouse: FilledWarehouse
) -> None:
    first = plan_backfill(context(session, "calls"), SPRING)
    first.on_landed()
    assert [backfill.streams for backfill in open_backfills(warehouse.file)] == [("calls",)]
    first.on_done()
    assert open_backfills(warehouse.file) == []
    assert plan_backfill(context(session, "calls"), SPRING).run_id != first.run_id


def test_a_backfill_that_an_earlier_version_has_begun_goes_on(
    session: Session, warehouse: FilledWarehouse
) -> None:
    """Until November 2026 the state was four words."""
    plan_backfill(context(session, "calls"), SPRING).on_landed()
    with warehouse.file.writing() as db:
        db.execute(
            "update gong_ops.settings set value = "
            "'r1 2026-02-01T00:00:00+00:00 2026-05-01T00:00:00+00:00 calls' "
            "where starts_with(name, 'backfill ')"
        )
    plan = plan_backfill(context(session, "calls"), SPRING)
    assert plan.run_id == "r1"
    assert spans(plan)[0].start.isoformat() == "2026-02-01T00:00:00+00:00"


def test_windows_of_other_runs_are_read_again(session: Session, warehouse: FilledWarehouse) -> None:
    span = Span(NOW - 300 * DAY, NOW)
    warehouse.add_window(Window("calls", span, Reason.NEW))
    planned = windows_to_backfill(context(session, "calls"), SPRING)
    assert merged(window.span for window in planned)[0].start.isoformat().startswith("2026-02-01")


def test_without_an_end_a_backfill_reaches_up_to_the_first_sync(
    session: Session, warehouse: FilledWarehouse
) -> None:
    history = History("2026-02-01")
    plan = plan_backfill(context(session, "calls"), history)
    assert merged(spans(plan))[-1].end == NOW, "before any sync, up to now"
    start = NOW - 30 * DAY
    store_setting(warehouse.file, SYNC_START, start.isoformat())
    warehouse.add_window(Window("calls", Span(start - 60 * DAY, start), Reason.BACKFILL))
    plan = plan_backfill(context(session, "calls", "transcripts"), history)
    assert merged(spans(plan))[-1].end == start - 60 * DAY


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (History("2027-01-01"), "lies in the future"),
        (History("2026-02-01T00:00:00Z", "2026-02-01"), "is not before --to"),
    ],
)
def test_a_span_that_holds_nothing_is_refused(
    session: Session, history: History, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        plan_backfill(context(session, "calls"), history)


def test_what_is_covered_already_is_named(session: Session, warehouse: FilledWarehouse) -> None:
    store_setting(warehouse.file, SYNC_START, "2026-01-01T00:00:00+00:00")
    with pytest.raises(UsageError, match="the earliest that is covered already"):
        plan_backfill(context(session, "calls"), History("2026-02-01"))


def test_whole_lists_have_no_history(session: Session) -> None:
    with pytest.raises(UsageError, match="they have no history"):
        plan_backfill(context(session, "users", "workspaces"), SPRING)


def test_an_end_in_the_future_means_now(session: Session) -> None:
    plan = plan_backfill(context(session, "calls"), History("2026-11-01", "2027-01-01"))
    assert merged(spans(plan))[-1].end == NOW
