from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.ingest.run_plan import LoadPackage, company_zone, load_packages, slice_lengths
from pipelines.session import Session
from sources.gong.api.client import Client
from sources.gong.extract.windows import Reason, Span, Window
from tests.harness.scripted_transport import ScriptedTransport, refused
from tests.unit.pipelines.ingest.conftest import (
    NOW,
    FilledWarehouse,
    MakeSession,
    context,
    messages,
)

DAY = timedelta(days=1)
YEAR = Span(NOW - 365 * DAY, NOW)
CALLS = [Window("calls", YEAR, Reason.BACKFILL)]


def listed(stream: str) -> Window:
    return Window(stream, Span(NOW, NOW), Reason.WHOLE)


def test_a_package_spans_its_windows_but_not_its_lists() -> None:
    window = Window("calls", Span(NOW - 3 * DAY, NOW - DAY), Reason.SWEEP)
    other = Window("logs", Span(NOW - 2 * DAY, NOW), Reason.NEW, "AccessLog")
    package = LoadPackage({"calls": [window], "logs": [other], "users": [listed("users")]})
    assert package.span == Span(NOW - 3 * DAY, NOW)
    assert package.is_sweep
    assert LoadPackage({"users": [listed("users")]}).span is None


def test_only_the_first_package_that_asks_about_calls_takes_the_awaited() -> None:
    slices = [
        {"logs": [listed("logs")]},
        {"transcripts": [listed("transcripts")]},
        {"call_user_access": [listed("call_user_access")]},
    ]
    packages = list(load_packages(slices, YEAR, {"calls": None}))
    assert [package.with_awaited for package in packages] == [False, True, False]
    assert [package.calls_in for package in packages] == [None, YEAR, None]
    assert all(package.accepted == {"calls": None} for package in packages)


def test_slices_are_as_long_as_the_calls_read_near_by_allow(
    warehouse: FilledWarehouse, session: Session
) -> None:
    length = slice_lengths(context(session, "calls"), CALLS)
    assert length(YEAR) == 7 * DAY, "nothing is known, and Gong must not be asked"
    warehouse.add_window(Window("calls", Span(YEAR.start, YEAR.start + DAY), Reason.NEW))
    assert length(YEAR) == 31 * DAY, "ten calls a day"


def test_gong_is_asked_once_how_many_calls_unknown_history_holds(
    warehouse: FilledWarehouse, session: Session, client: Client, gong: ScriptedTransport
) -> None:
    gong.answer({"calls": [{}], "records": {"totalRecords": 365_000}})
    length = slice_lengths(context(session, "calls", client=client), CALLS)
    assert length(YEAR) == 5 * DAY
    assert length(Span(YEAR.start + 5 * DAY, NOW)) == 5 * DAY
    assert len(gong.requests) == 1
    assert warehouse.file.exists


@pytest.mark.parametrize("span", [Span(NOW - 7 * DAY, NOW), Span(NOW - DAY, NOW)])
def test_a_short_span_is_not_worth_a_request(
    session: Session, client: Client, gong: ScriptedTransport, span: Span
) -> None:
    windows = [Window("calls", span, Reason.NEW)]
    assert slice_lengths(context(session, "calls", client=client), windows)(span) == 7 * DAY
    assert gong.requests == []


def test_without_calls_slices_are_as_long_as_can_be(session: Session) -> None:
    windows = [Window("logs", YEAR, Reason.NEW)]
    assert slice_lengths(context(session, "logs"), windows)(YEAR) == 31 * DAY


def test_the_zone_of_the_settings_wins_and_a_change_is_reported(
    warehouse: FilledWarehouse, make_session: MakeSession, client: Client
) -> None:
    warehouse.add(
        "_windows",
        window_id="1", run_id="r", kind="sync", reading="answered_scorecards", detail="",
        reason="new", start_at=NOW - DAY, end_at=NOW, time_zone="America/New_York", read_at=NOW,
    )  # fmt: skip
    session = make_session(company_time_zone="Europe/Berlin")
    assert company_zone(session, warehouse.file, client) == ZoneInfo("Europe/Berlin")
    assert "read in America/New_York" in messages(session)
    assert company_zone(make_session(), warehouse.file, client) == ZoneInfo("America/New_York")


def test_a_zone_that_nothing_tells_is_asked_of_gongs_stats(
    session: Session, warehouse: FilledWarehouse, client: Client, gong: ScriptedTransport
) -> None:
    gong.answer(refused(404, "No stats found"), {"timeZone": "Europe/Berlin", "records": {}})
    assert company_zone(session, warehouse.file, client) == ZoneInfo("Europe/Berlin")
    assert len(gong.requests) == 2
