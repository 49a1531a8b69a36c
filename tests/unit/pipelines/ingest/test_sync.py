from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.exit_codes import UsageError
from pipelines.ingest.options import AcceptedDeletion, IngestOptions
from pipelines.ingest.sync import SYNC_START, plan_sync, windows_to_sync
from pipelines.monitor.deletion_alarms import update_alarms
from pipelines.session import Session
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.deletions import DeletionCheck
from tests.unit.pipelines.ingest.conftest import (
    NOW,
    FilledWarehouse,
    MakeSession,
    context,
    messages,
)
from warehouse.ops.settings import store_setting, stored_setting

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _filled(warehouse: FilledWarehouse) -> FilledWarehouse:
    return warehouse


def test_the_first_sync_begins_thirty_days_back_and_names_the_backfill(session: Session) -> None:
    plan = plan_sync(context(session, "calls", "users"))
    windows = [w for package in plan.packages for own in package.windows.values() for w in own]
    calls = [w.span for w in windows if w.stream == "calls"]
    assert (calls[0].start, calls[-1].end) == (NOW - 30 * DAY, NOW)
    assert plan.note is not None
    assert "gong-elt backfill --from 2024-01-01" in plan.note


def test_where_the_first_sync_began_is_stored_when_the_first_package_has_landed(
    session: Session, warehouse: FilledWarehouse
) -> None:
    plan = plan_sync(context(session, "calls"))
    assert stored_setting(warehouse.file, SYNC_START) is None
    plan.on_landed()
    assert stored_setting(warehouse.file, SYNC_START) == (NOW - 30 * DAY).isoformat()


def test_the_setting_says_where_the_first_sync_begins(make_session: MakeSession) -> None:
    plan = plan_sync(context(make_session(start_date="2026-11-01"), "calls"))
    spans = [w.span for package in plan.packages for w in package.windows["calls"]]
    assert spans[0].start.isoformat() == "2026-11-01T00:00:00+00:00"
    assert plan.note is None


def test_a_start_in_the_future_is_refused(make_session: MakeSession) -> None:
    with pytest.raises(UsageError, match="lies in the future"):
        plan_sync(context(make_session(start_date="2027-01-01"), "calls"))


def test_a_start_before_the_first_sync_is_a_matter_of_a_backfill(
    make_session: MakeSession, warehouse: FilledWarehouse
) -> None:
    store_setting(warehouse.file, SYNC_START, (NOW - 30 * DAY).isoformat())
    session = make_session(start_date="2026-01-01")
    plan_sync(context(session, "calls"))
    assert "gong-elt backfill --from 2026-01-01" in messages(session)


def test_the_next_sync_reads_what_is_new_and_the_lookback(
    session: Session, warehouse: FilledWarehouse
) -> None:
    store_setting(warehouse.file, SYNC_START, (NOW - 30 * DAY).isoformat())
    read = Span(NOW - 30 * DAY, NOW - DAY)
    warehouse.add_window(Window("calls", read, Reason.NEW), read_at=NOW - DAY)
    planned = windows_to_sync(context(session, "calls"))
    assert {window.reason for window in planned} == {Reason.LOOKBACK, Reason.NEW}
    assert min(window.span.start for window in planned) == NOW - 8 * DAY


def test_old_history_is_swept_and_parents_are_read_along(
    session: Session, warehouse: FilledWarehouse
) -> None:
    store_setting(warehouse.file, SYNC_START, (NOW - 100 * DAY).isoformat())
    read = Span(NOW - 100 * DAY, NOW - DAY)
    warehouse.add_window(Window("calls", read, Reason.NEW), read_at=NOW - 3 * DAY)
    planned = windows_to_sync(context(session, "calls", "library_folder_calls"))
    swept = [window.span for window in planned if window.reason is Reason.SWEEP]
    assert swept
    assert swept[0].start == NOW - 100 * DAY
    assert {"library_folders", "workspaces"} <= {window.stream for window in planned}


def test_what_an_alarm_is_about_is_read_every_night(
    session: Session, warehouse: FilledWarehouse
) -> None:
    span = Span(NOW - 60 * DAY, NOW - 50 * DAY)
    doubt = DeletionCheck("calls", span, 100, 90)
    update_alarms(warehouse.file, [doubt], [doubt], {}, NOW - DAY)
    doubted = [w for w in windows_to_sync(context(session, "calls")) if w.reason is Reason.DOUBTED]
    assert (doubted[0].span.start, doubted[-1].span.end) == (span.start, span.end)
    assert not any(w.reason is Reason.DOUBTED for w in windows_to_sync(context(session, "logs")))


def test_accepted_deletions_are_read_again_and_handed_on(session: Session) -> None:
    accepted = (
        AcceptedDeletion("calls", "2026-01-01", "2026-02-01"),
        AcceptedDeletion("users"),
    )
    options = IngestOptions(("calls", "users"), accepted=accepted)
    plan = plan_sync(context(session, "calls", "users", options=options))
    span = plan.accepted["calls"]
    assert span is not None
    assert (span.start.isoformat(), span.end.isoformat()) == (
        "2026-01-01T00:00:00+00:00",
        "2026-02-01T00:00:00+00:00",
    )
    assert plan.accepted["users"] is None
    packages = list(plan.packages)
    assert all(package.accepted == plan.accepted for package in packages)
    reasons = [w.reason for p in packages for own in p.windows.values() for w in own]
    assert Reason.ACCEPTED in reasons


def test_a_span_that_is_accepted_may_not_be_empty(session: Session) -> None:
    options = IngestOptions(
        ("calls",), accepted=(AcceptedDeletion("calls", "2027-01-01", "2027-02-01"),)
    )
    with pytest.raises(UsageError, match="is not before"):
        plan_sync(context(session, "calls", options=options))


def test_single_ids_are_one_package_without_a_window_of_time(session: Session) -> None:
    options = IngestOptions(("calls", "transcripts"), ids=("5",))
    plan = plan_sync(context(session, "calls", "transcripts", options=options))
    (package,) = plan.packages
    assert package.windows.keys() == {"calls", "transcripts"}
    assert {w.reason for own in package.windows.values() for w in own} == {Reason.BY_ID}
    assert package.span is None
