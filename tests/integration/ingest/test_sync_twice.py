"""A second sync and a backfill of loaded spans change no row; parts equal the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from tests.conftest import Emulator, gong_for
from tests.harness.landed import (
    differing,
    snapshot,
)
from tests.harness.truth import World, read_world
from tests.integration.ingest.two_syncs import (
    MINUTE,
    NOW,
    START,
    Rows,
    Snapshot,
    Stage,
    Step,
    new_stage,
)


@pytest.fixture(scope="module")
def stage(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return new_stage(emulators, tmp_path_factory.mktemp("twice") / "home")


@pytest.fixture(scope="module")
def first(stage: Stage) -> Step:
    return stage.run("sync", now=NOW)


@pytest.fixture(scope="module")
def again(stage: Stage, first: Step) -> Step:
    return stage.run("sync", now=NOW)


@pytest.fixture(scope="module")
def pieces(stage: Stage, again: Step, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The span of the first sync in another home, loaded in three parts, the newest first."""
    gong = gong_for(
        tmp_path_factory.mktemp("pieces") / "home",
        stage.emulator,
        SOURCES__GONG__START_DATE="2026-11-03T09:30:00Z",
    )
    stage.run("sync", now=NOW, gong=gong)
    stage.run("backfill", "--from", "2026-10-17T20:15:00Z", now=NOW, gong=gong)
    stage.run("backfill", "--from", START.isoformat(), "--to", "2026-10-17T20:15:00Z", now=NOW,
              gong=gong)  # fmt: skip
    return snapshot(gong.warehouse, only_content=True)


@pytest.fixture(scope="module")
def whole(stage: Stage, again: Step) -> Snapshot:
    return snapshot(stage.gong.warehouse, only_content=True)


@pytest.fixture(scope="module")
def before_edits(stage: Stage, pieces: Snapshot, whole: Snapshot) -> World:
    return read_world(stage.emulator, START, NOW)


@pytest.fixture(scope="module")
def a_minute_later(stage: Stage, before_edits: World) -> Step:
    stage.pass_time(MINUTE)
    assert read_world(stage.emulator, START, NOW + MINUTE).kinds == before_edits.kinds, (
        "the company has changed in the minute: choose another seed"
    )
    return stage.run("sync", now=NOW + MINUTE)


@pytest.fixture(scope="module")
def backfilled(stage: Stage, a_minute_later: Step) -> Step:
    return stage.run("backfill", "--from", START.isoformat(), "--to", NOW.isoformat(),
                     now=NOW + MINUTE)  # fmt: skip


def test_a_second_sync_changes_no_row(first: Step, again: Step) -> None:
    assert differing(first.after, again.after) == {}


def test_a_second_sync_reports_that_no_row_landed(again: Step) -> None:
    assert " 0 landed" in again.done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "stream",
    ["calls", "logs", "answered_scorecards", "activity_by_period", "activity_aggregate",
     "activity_daily_calls", "interaction_stats"],
)  # fmt: skip
def test_a_second_sync_names_lookback_as_its_reason(again: Step, stream: str) -> None:
    (line,) = [line for line in again.done.stderr.splitlines() if line.split()[:1] == [stream]]
    assert "lookback" in line
    assert "new" not in line


def test_a_second_sync_requests_only_lookback_lists_and_missing_transcripts(
    again: Step, before_edits: World
) -> None:
    asked: dict[str, Rows] = defaultdict(list)
    for request in again.requests:
        assert request["status"] in (200, 404)
        body = request["body"] if isinstance(request["body"], dict) else {}
        asked[request["path"]].append({**(request["query"] or {}), **body})
    lists = {
        "/v2/users", "/v2/workspaces", "/v2/settings/trackers", "/v2/settings/scorecards",
        "/v2/call-outcomes", "/v2/settings/briefs", "/v2/crm/integrations",
    }  # fmt: skip
    assert {path: len(asked.pop(path)) for path in lists} == dict.fromkeys(lists, 1)

    def filters(path: str) -> Rows:
        return [body["filter"] for body in asked.pop(path)]

    for request in filters("/v2/calls/extensive"):
        assert datetime.fromisoformat(request["fromDateTime"]) >= NOW - timedelta(days=7)
    for request in asked.pop("/v2/logs"):
        assert datetime.fromisoformat(request["fromDateTime"]) >= NOW - timedelta(days=2)
    zone = before_edits.zone
    for request in filters("/v2/stats/activity/scorecards"):
        first_day = (NOW - timedelta(days=30)).astimezone(zone).date()
        assert date.fromisoformat(request["reviewFromDate"]) >= first_day - timedelta(days=1)
    first_day = (NOW - timedelta(days=8)).astimezone(zone).date()
    for path in ("activity/aggregate", "activity/aggregate-by-period", "activity/day-by-day",
                 "interaction"):  # fmt: skip
        for request in filters(f"/v2/stats/{path}"):
            # Periods are whole; the month or week may begin before the lookback.
            assert date.fromisoformat(request["toDate"]) > first_day
            assert date.fromisoformat(request["fromDate"]) >= first_day.replace(day=1)
    transcribed = {transcript["callId"] for transcript in before_edits["transcripts"]}
    for request in filters("/v2/calls/transcript"):
        assert request["callIds"]
        assert not transcribed & set(request["callIds"])
    (associations,) = asked.pop("/v2/calls/manual-crm-associations")
    assert datetime.fromisoformat(associations["fromDateTime"]) >= NOW - timedelta(days=7)
    for request in asked.pop("/v2/coaching"):
        assert datetime.fromisoformat(request["from"]) >= NOW - timedelta(days=11)
    # Child streams send one request per parent.
    for path, once in {
        "/v2/all-permission-profiles": "workspaceId",
        "/v2/library/folders": "workspaceId",
        "/v2/permission-profile/users": "profileId",
        "/v2/library/folder-content": "folderId",
    }.items():
        about = [request[once] for request in asked.pop(path)]
        assert about
        assert len(set(about)) == len(about)
    # Flows, their folders and steps, and changes of settings are weekly and missing here.
    assert asked.keys() == {
        "/v2/calls/users-access", "/v2/crm/entity-schema", "/v2/crm/entities", "/v2/tasks",
        "/v2/flows/prospects", "/v2/meetings/integration/status",
    }  # fmt: skip


def test_a_sync_a_minute_later_changes_no_row(again: Step, a_minute_later: Step) -> None:
    assert differing(again.after, a_minute_later.after) == {}
    assert " 0 landed" in a_minute_later.done.stderr.splitlines()[-1]


def test_a_backfill_of_a_loaded_span_changes_no_row(a_minute_later: Step, backfilled: Step) -> None:
    assert len(backfilled.requests) > 20
    assert differing(a_minute_later.after, backfilled.after) == {}


def test_backfilled_pieces_in_any_order_equal_one_sync(whole: Snapshot, pieces: Snapshot) -> None:
    assert sum(map(len, whole.values())) > 10_000
    assert differing(whole, pieces) == {}
