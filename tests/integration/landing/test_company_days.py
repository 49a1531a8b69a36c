"""Days of the company in several time zones, compared with the emulator's events.

Covers both clock changes, ends of months and years, and times around midnights of the company. The
expected rows come from the emulator's truth alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.ingest.coverage import sync_windows
from pipelines.ingest.slices import slices
from sources.gong.extract.time_zone import learn_zone
from sources.gong.extract.window_plan import windows
from sources.gong.extract.windows import Reason, Span, Window
from tests.conftest import Emulator
from tests.harness.nights import nights
from tests.harness.truth import ACTIVITIES
from tests.integration.landing.company_days import (
    DATED,
    DAY,
    HOUR,
    NOW,
    QUICK,
    SECOND,
    WITHOUT_CHANGES,
    ZONES,
    ZonedCompany,
    clock_changes,
    midnight,
    open_company,
)
from warehouse.ops.load_log import DoneWindow


@pytest.fixture(
    scope="module",
    params=[pytest.param(zone, marks=[] if zone in QUICK else pytest.mark.slow) for zone in ZONES],
)
def company(
    request: pytest.FixtureRequest,
    emulators: Callable[..., Emulator],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ZonedCompany]:
    """A small company with 420 days of history in one of the zones."""
    name, now = request.param, ZONES[request.param]
    emulator = emulators(
        "--seed", "4", "--users", "5", "--calls", "400", "--days", "420", "--no-limit",
        "--now", now.isoformat(), "--time-zone", name,
    )  # fmt: skip
    ledger = tmp_path_factory.mktemp("days") / "ledger.sqlite"
    with open_company(emulator, ZoneInfo(name), now, ledger) as opened:
        yield opened
    emulator.stop()


@pytest.fixture(scope="module")
def turns(company: ZonedCompany) -> list[date]:
    """Days of clock changes, and of the ends of a month and of a year."""
    year = company.today.year
    changes = clock_changes(company.zone, company.today - 400 * DAY, company.today)
    assert len(changes) >= 2 or company.zone.key in WITHOUT_CHANGES
    return sorted({*changes, date(year, 1, 1), date(year, 3, 1)})


@pytest.fixture(scope="module")
def events(company: ZonedCompany) -> list[dict[str, Any]]:
    return company.emulator.truth("activity_events")


def counted(events: list[dict[str, Any]], first: date, after: date) -> Counter[tuple[str, str]]:
    return Counter(
        (event["user_id"], event["activity"])
        for event in events
        if first <= date.fromisoformat(event["day"]) < after
    )


@pytest.mark.parametrize("table", ["activity_by_period", "activity_aggregate"])
def test_each_period_around_a_turn_has_the_counts_of_its_events(
    company: ZonedCompany, turns: list[date], events: list[dict[str, Any]], table: str
) -> None:
    compared = 0
    for turn in turns:
        first, after = turn - 2 * DAY, turn + 3 * DAY
        days = []
        for period in company.read(company.windows(table, first, after)):
            begins, ends = (date.fromisoformat(period[key]) for key in ("fromDate", "toDate"))
            if period["period"] == "DAY":
                days.append(begins)
            counts = {
                (user["userId"], name): count
                for user in period["users"]
                for stats in [user["stats"].get("userAggregateActivity", user["stats"])]
                for name, count in stats.items()
                if name in ACTIVITIES and count
            }
            assert counts == counted(events, begins, ends), (turn, period["period"], begins)
            compared += len(counts)
        if days:
            assert days == [first + n * DAY for n in range(5)]
    assert compared > 20, "too few counts were compared"


def test_each_day_around_a_turn_has_the_calls_of_that_day(
    company: ZonedCompany, turns: list[date], events: list[dict[str, Any]]
) -> None:
    for turn in turns:
        first, after = turn - 2 * DAY, turn + 3 * DAY
        activities = {
            (user["userId"], day["fromDate"], activity, call_id)
            for day in company.read(company.windows("activity_daily_calls", first, after))
            for user in day["users"]
            for activity, call_ids in user["stats"].items()
            for call_id in call_ids
        }
        expected = {
            (event["user_id"], event["day"], event["activity"], event["call_id"])
            for event in events
            if first <= date.fromisoformat(event["day"]) < after
        }
        assert activities == expected, turn


def test_each_review_around_a_turn_is_read_once_on_its_own_day(
    company: ZonedCompany, turns: list[date]
) -> None:
    """Reads each day alone, and the week as a whole."""
    days_of = {
        review["answeredScorecardId"]: datetime.fromisoformat(review["reviewTime"])
        .astimezone(company.zone)
        .date()
        for review in company.emulator.truth("answered_scorecards")
    }
    compared = 0
    for turn in turns:
        for number in range(-3, 4):
            day = turn + number * DAY
            (window,) = company.windows("answered_scorecards", day, day + DAY)
            reviews = [row["answeredScorecardId"] for row in company.read([window])]
            assert sorted(reviews) == sorted(id_ for id_, on in days_of.items() if on == day)
            compared += len(reviews)
        week = company.windows("answered_scorecards", turn - 3 * DAY, turn + 4 * DAY)
        reviews = [row["answeredScorecardId"] for row in company.read(week)]
        expected = [on for on in days_of.values() if turn - 3 * DAY <= on < turn + 4 * DAY]
        assert len(reviews) == len(set(reviews)) == len(expected)
    assert compared > 0, "no review was compared"


def end_of_days(request: dict[str, Any], key: str) -> date | None:
    """Returns the end of the days of a request; None if it has no days."""
    day = ((request["body"] or {}).get("filter") or {}).get(key)
    return date.fromisoformat(day) if day else None


def kept(read: Sequence[Window], read_at: datetime) -> list[DoneWindow]:
    return [
        DoneWindow(
            w.stream, w.detail, "sync", str(w.reason), "run", w.span.start, w.span.end, read_at
        )
        for w in read
    ]


def test_a_sync_near_midnight_gets_all_stats_of_yesterday_and_the_reviews_of_today(
    company: ZonedCompany, events: list[dict[str, Any]]
) -> None:
    """Stats of a company day exist when the day is over, whatever the day in UTC is.

    Reviews exist as soon as they are made: the day that has begun is requested with the others.
    """
    emulator, zone = company.emulator, company.zone
    start = midnight(company.today - 5 * DAY, zone)
    known: list[DoneWindow] = []
    utc_midnight = datetime.combine(company.today, time(), UTC)
    border = midnight(company.today, zone)
    instants = sorted(
        border + step for border in (border, utc_midnight) for step in (-SECOND, 0 * SECOND, SECOND)
    )
    days: dict[datetime, set[str]] = {}
    for now in instants:
        emulator.set_clock(now)
        emulator.forget_requests()
        assert learn_zone(company.client, now) == zone
        planned = sync_windows(DATED, known, start, now, zone)
        rows = company.read(planned)
        today = now.astimezone(zone).date()
        for request in emulator.requests():
            until = end_of_days(request, "toDate")
            assert until is None or until <= today, (now, request)
            assert request["status"] in (200, 404), request
        reviewed = [end_of_days(request, "reviewToDate") for request in emulator.requests()]
        has_begun = now > midnight(today, zone)
        assert max(filter(None, reviewed)) == today + has_begun * DAY
        at_once = {
            review["answeredScorecardId"]
            for review in emulator.truth("answered_scorecards")
            if start <= datetime.fromisoformat(review["reviewTime"]) < now
        }
        reviews = [row["answeredScorecardId"] for row in rows if "answeredScorecardId" in row]
        assert at_once <= set(reviews)
        assert len(reviews) == len(set(reviews)), "a review is read twice in one run"
        known += kept(planned, now)
        daily = {row["fromDate"]: row for row in rows
                if row.get("table") == "activity_by_period" and row["period"] == "DAY"}  # fmt: skip
        days[now] = set(daily)
        assert max(daily) == str(today - DAY)
        yesterday = daily[str(today - DAY)]
        assert yesterday["isComplete"]
        assert sum(
            count for user in yesterday["users"] for name, count in user["stats"].items()
            if name in ACTIVITIES
        ) == sum(counted(events, today - DAY, today).values())  # fmt: skip
        monthly = [row for row in rows if row.get("period") == "MONTH"]
        assert monthly
        assert all(date.fromisoformat(row["toDate"]) <= today for row in monthly)
    emulator.set_clock(company.now)
    assert len({max(seen) for seen in days.values()}) == 2, "midnight makes the difference"


@pytest.mark.parametrize(
    ("step", "is_sweep"), [(DAY, False), (5 * DAY, True)], ids=["whole", "metadata"]
)
def test_calls_at_the_borders_of_windows_are_read_once(
    company: ZonedCompany, step: timedelta, is_sweep: bool
) -> None:
    """Places calls at, one second before and one second after the borders of windows and slices."""
    start, end = midnight(company.today - 16 * DAY, company.zone), company.now - 3 * HOUR
    span = Span(start + 6 * HOUR, end)
    planned = [
        window
        for cut in slices(
            windows("calls", [(span, Reason.BACKFILL)], company.now, company.zone),
            company.zone,
            lambda _left: step,
        )
        for window in cut["calls"]
    ]
    borders = sorted({w.span.start for w in planned} | {w.span.end for w in planned})
    assert all(a.span.end == b.span.start for a, b in pairwise(planned))
    inside, outside = set[str](), set[str]()
    for border in borders:
        for moment in (border - SECOND, border, border + SECOND):
            added = company.emulator.change("add_call", started=moment.isoformat())["id"]
            (inside if span.start <= moment < span.end else outside).add(added)
    read = company.reader.call_metadata if is_sweep else company.reader.entities
    times = Counter(
        call["metaData"]["id"] for window in planned for page in read(window) for call in page
    )
    # Other tests of this company need its calls unchanged.
    company.emulator.change("delete_calls", ids=sorted(inside | outside))
    assert {times[call_id] for call_id in inside} == {1}
    assert not outside & times.keys()
    assert set(times.values()) == {1}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(zone, marks=pytest.mark.slow)
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    ],
)
def test_calls_at_the_borders_of_syncs_around_midnight_land_once(
    emulators: Callable[..., Emulator], home: Path, name: str
) -> None:
    """Calls at the borders of lookback and run land once, and are marked after their deletion."""
    zone = ZoneInfo(name)
    border = midnight(NOW.astimezone(zone).date(), zone)
    now, start = border - SECOND, border - 20 * DAY
    emulator = emulators(
        "--seed", "8", "--users", "5", "--calls", "60", "--days", "20", "--no-limit",
        "--now", now.isoformat(), "--time-zone", name,
    )  # fmt: skip
    story = nights(
        emulator, home, now, only="calls,answered_scorecards,activity_by_period",
        start=start,
    )  # fmt: skip
    watermarks = [start, now - 7 * DAY, now, now + 2 * SECOND]
    placed = {}
    for mark in watermarks:
        for step in (-SECOND, 0 * SECOND, SECOND):
            at = (mark + step).isoformat()
            added = emulator.change("add_call", started=at, visible_at=at)["id"]
            placed[mark, step] = str(added)
    story.sync()
    yesterday = now.astimezone(zone).date()
    days = "select from_on from gong_raw.stats_periods where period = 'DAY'"
    assert max(story.column(days)) == yesterday - DAY
    story.sync(at=now + 2 * SECOND)
    assert max(story.column(days)) == yesterday
    ((whole,),) = story.rows(
        "select count(*) from gong_raw.answered_scorecards "
        f"where (reviewed_at at time zone '{name}')::date = '{yesterday}'"
    )
    assert whole == sum(
        datetime.fromisoformat(review["reviewTime"]).astimezone(zone).date() == yesterday
        for review in emulator.truth("answered_scorecards")
    )
    # The lookback of the next sync starts a week before the end of the last sync.
    border_of_lookback = now + 2 * SECOND - 7 * DAY
    on, before = (
        str(emulator.change("add_call", started=at.isoformat())["id"])
        for at in (border_of_lookback, border_of_lookback - SECOND)
    )
    story.sync("--ids", f"{on},{before}", "--only", "calls")
    emulator.change("delete_calls", ids=[on, before])
    story.sync(at=now + HOUR)
    assert story.marked() == {on}, "the call one second before the lookback is not marked"
    landed = Counter(row[0] for row in story.rows("select call_id from gong_raw.calls"))
    assert set(landed.values()) == {1}
    there = {call_id for (mark, step), call_id in placed.items() if mark + step >= start}
    assert there <= landed.keys()
    listed = {
        call["metaData"]["id"]
        for call in emulator.truth("calls")
        if datetime.fromisoformat(call["metaData"]["started"]) >= start
    }
    assert landed.keys() == listed | {on, before}
