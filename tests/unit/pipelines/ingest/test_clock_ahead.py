"""A run whose clock was ahead steers no later run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.ingest.backfill import plan_backfill, windows_to_backfill
from pipelines.ingest.clock_ahead import forget_what_lies_ahead
from pipelines.ingest.options import History
from pipelines.ingest.sync import SYNC_START, windows_to_sync
from pipelines.monitor.deletion_alarms import update_alarms
from pipelines.session import Session
from sources.gong.api.errors import ClockApart
from sources.gong.extract.windows import Reason, Span, Window, merged
from sources.gong.load.deletions import DeletionCheck
from tests.unit.pipelines.ingest.conftest import NOW, FilledWarehouse, context, messages
from warehouse.calls import awaited_transcripts
from warehouse.ops import backfills
from warehouse.ops.backfills import OpenBackfill
from warehouse.ops.settings import store_setting, stored_setting, stored_settings

DAY = timedelta(days=1)
AHEAD = NOW + 60 * DAY


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path) -> Iterator[FilledWarehouse]:
    """Held, as a run holds it."""
    warehouse = FilledWarehouse(tmp_path, ("calls", "transcripts", "transcript_sentences"))
    with warehouse.file.held():
        yield warehouse


def nights(warehouse: FilledWarehouse, *, with_honest: bool = True) -> None:
    """A sync of yesterday, and one of today whose clock is 60 days ahead."""
    store_setting(warehouse.file, SYNC_START, (NOW - 30 * DAY).isoformat())
    if with_honest:
        honest = Window("calls", Span(NOW - 30 * DAY, NOW - DAY), Reason.NEW)
        warehouse.add_window(honest, run_id="honest", read_at=NOW - DAY)
    for start, end in ((NOW - 8 * DAY, NOW + 23 * DAY), (NOW + 23 * DAY, AHEAD)):
        warehouse.add_window(
            Window("calls", Span(start, end), Reason.NEW), run_id="ahead", read_at=AHEAD
        )


def new_calls(session: Session) -> list[Span]:
    windows = windows_to_sync(context(session, "calls"))
    assert all(window.span.end <= NOW for window in windows), "nothing of the future is read"
    return merged(window.span for window in windows if window.reason is Reason.NEW)


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_sync_reads_on_where_the_last_honest_one_ended(
    session: Session, warehouse: FilledWarehouse, is_forgotten: bool
) -> None:
    nights(warehouse)
    if is_forgotten:
        forget_what_lies_ahead(session, warehouse.file, lambda: None)
        assert "stood at 2027-01-21 06:00 UTC, which is still to come. The 2 windows" in messages(
            session
        )
        forget_what_lies_ahead(session, warehouse.file, lambda: None)
        assert messages(session).count("still to come") == 1, "it is said once"
    assert new_calls(session) == [Span(NOW - DAY, NOW)]


@pytest.mark.parametrize("start", [NOW - 10 * DAY, NOW + 30 * DAY])
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_first_sync_whose_clock_was_ahead_is_none(
    session: Session, warehouse: FilledWarehouse, start: object, is_forgotten: bool
) -> None:
    nights(warehouse, with_honest=False)
    store_setting(warehouse.file, SYNC_START, str(start))
    if is_forgotten:
        forget_what_lies_ahead(session, warehouse.file, lambda: None)
        assert stored_setting(warehouse.file, SYNC_START) is None
    assert new_calls(session) == [Span(NOW - 30 * DAY, NOW)]


def test_an_alarm_about_the_future_reads_nothing_there(
    session: Session, warehouse: FilledWarehouse
) -> None:
    nights(warehouse)
    doubt = DeletionCheck("calls", Span(NOW - 20 * DAY, AHEAD), 90, 90)
    update_alarms(warehouse.file, [doubt], [doubt], {}, AHEAD)
    assert new_calls(session)


def test_a_backfill_that_ends_in_the_future_ends_now(
    session: Session, warehouse: FilledWarehouse
) -> None:
    history = History("2026-09-01")
    state = OpenBackfill("b", NOW - 90 * DAY, AHEAD, ("calls",))
    run = context(session, "calls")
    plan = plan_backfill(run, history)
    plan.on_landed()
    (key,) = stored_settings(warehouse.file, "backfill ")
    backfills.keep(warehouse.file, key.removeprefix("backfill "), state)
    windows = windows_to_backfill(run, history)
    assert max(window.span.end for window in windows) == NOW


def test_a_transcript_that_was_requested_in_the_future_is_requested_again(
    warehouse: FilledWarehouse,
) -> None:
    warehouse.add("calls", call_id="1", started_at=NOW - DAY)
    warehouse.add("transcripts", call_id="1")
    warehouse.add("_transcript_asks", call_id="1", asked_at=AHEAD)
    turns = [(NOW - 14 * DAY, NOW), (NOW - 60 * DAY, NOW - 6.5 * DAY)]
    assert awaited_transcripts(warehouse.file, turns) == ["1"]


def test_a_present_that_is_fixed_in_the_past_forgets_nothing(
    session: Session, warehouse: FilledWarehouse
) -> None:
    """GONG_ELT_NOW reproduces an earlier run; the clock of the machine says what lies ahead."""
    later = NOW + timedelta(minutes=1)  # before the clock of any machine that runs this
    warehouse.add_window(Window("calls", Span(NOW - DAY, later), Reason.NEW), read_at=later)
    forget_what_lies_ahead(session, warehouse.file, lambda: None)
    assert "The 1 windows" in messages(session)
    assert len(warehouse.file.rows("select * from gong_raw._windows")) == 1


def test_nothing_is_forgotten_before_gong_has_told_whose_clock_is_wrong(
    session: Session, warehouse: FilledWarehouse
) -> None:
    """A clock that is 60 days behind finds what honest runs have read in its future."""
    nights(warehouse)

    def compare() -> None:
        raise ClockApart("behind")

    with pytest.raises(ClockApart):
        forget_what_lies_ahead(session, warehouse.file, compare)
    assert "still to come" not in messages(session)
    assert len(warehouse.file.rows("select * from gong_raw._windows")) == 3
