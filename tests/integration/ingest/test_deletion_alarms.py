"""Deletion alarms: if too many rows are missing, no row is marked until a person accepts it.

The company of each test is small, so that a night is quick. Ten calls a day suffice for the
threshold of more than 20 rows and more than 30 % of those expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from sources.gong.schema.columns import Sensitivity
from sources.gong.schema.tables import TABLES
from tests.conftest import Emulator
from tests.harness.landed import raw_tables
from tests.harness.nights import Nights, nights, utc_text
from tests.integration.conftest import COMPANY, Company

NOW = datetime(2026, 11, 10, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CALLS = "POST /v2/calls/extensive"


def night(number: float) -> datetime:
    return NOW + number * DAY


@pytest.fixture
def begin(emulators: Callable[..., Emulator], home: Path) -> Callable[..., Nights]:
    """Starts a company with a number of calls and days, and syncs it once."""

    def begin(calls: int, only: str = "calls", days: int = 40) -> Nights:
        emulator = emulators(
            "--seed", "9", "--users", "5", "--calls", str(calls), "--days", str(days), "--no-limit",
            "--future-days", "30", "--now", utc_text(NOW),
        )  # fmt: skip
        story = nights(emulator, home, NOW, only=only, start=NOW - days * DAY)
        story.sync()
        assert len(story.live()) >= calls * 0.9
        return story

    return begin


def started(story: Nights, since: datetime, before: datetime) -> set[str]:
    return story.column(
        f"select call_id from gong_raw.calls where started_at >= '{utc_text(since)}' "
        f"and started_at < '{utc_text(before)}'"
    )


def printed_span(output: str) -> str:
    """Returns the argument of the printed command that accepts the deletion."""
    match = re.search(r"gong-elt sync --accept-deletes (\S+)", output)
    assert match, output
    return match[1]


def listed(story: Nights) -> set[str]:
    return {call["metaData"]["id"] for call in story.emulator.truth("calls")}


def requested_spans(story: Nights) -> list[tuple[datetime, datetime]]:
    """Returns the spans of the requests for calls in the last run."""
    return [
        (
            datetime.fromisoformat(filter_["fromDateTime"]),
            datetime.fromisoformat(filter_["toDateTime"]),
        )
        for request in story.requests
        if request["path"] == "/v2/calls/extensive"
        for filter_ in [request["body"]["filter"]]
        if "fromDateTime" in filter_
    ]


@pytest.mark.slow
def test_a_read_that_fails_or_is_cut_short_marks_no_row(begin: Callable[..., Nights]) -> None:
    story = begin(80)
    gone = sorted(started(story, night(-6), night(0)))[:3]
    story.emulator.change("delete_calls", ids=gone)
    story.emulator.fault("wrong_value", operation=CALLS)
    done = story.sync(at=night(0.1), expected=1)
    assert "calls" in done.stderr
    assert story.marked() == set()
    story.emulator.clear_faults()
    # The lookback is one request, and the span since the last night is another one.
    done = story.sync("--max-requests", "1", at=night(0.2), expected=75)
    assert story.marked() == set()
    assert story.open_alarms() == []
    story.sync()
    assert story.marked() == set(gone)


def test_lost_visibility_raises_an_alarm_and_marks_no_row_until_it_is_restored(
    begin: Callable[..., Nights],
) -> None:
    story = begin(200, "calls,answered_scorecards")
    gone = min(started(story, night(-3), night(-1)))
    story.emulator.change("delete_call", id=gone)
    for operation in (CALLS, "POST /v2/stats/activity/scorecards"):
        story.emulator.fault("lost_visibility", operation=operation)
    before = story.live()
    reviews = story.live("answered_scorecards", "answered_scorecard_id")
    done = story.sync(at=night(1), expected=1)
    alarms = {alarm[0]: alarm[1:] for alarm in story.open_alarms()}
    assert alarms.keys() == {"calls", "answered_scorecards"}
    for table in alarms:
        assert f"gong-elt sync --accept-deletes {table}:" in done.stderr
    first, after, held, lost = alarms["calls"]
    assert held == lost == len(started(story, first, after)) > 20
    status = story.run("status")
    assert "--accept-deletes calls:" in status.stdout
    shown = {
        alarm["table"]: alarm
        for alarm in json.loads(story.run("status", "--json").stdout)["alarms"]
    }
    assert {name: (alarm["held"], alarm["gone"]) for name, alarm in shown.items()} == {
        name: alarm[2:] for name, alarm in alarms.items()
    }
    # The nightly lookback does not reach the span any more.
    story.sync(at=night(17), expected=1)
    assert min(alarm[1] for alarm in story.open_alarms()) <= first
    assert min(start for start, _ in requested_spans(story)) <= first
    assert story.live() == before
    assert story.marked() == set()
    assert story.live("answered_scorecards", "answered_scorecard_id") == reviews
    # Half of the calls are visible again.
    story.emulator.clear_faults()
    story.emulator.fault("lost_visibility", operation=CALLS, part=0.5)
    story.sync(at=night(18), expected=1)
    assert story.marked() == set()
    story.emulator.clear_faults()
    story.sync(at=night(19))
    assert story.open_alarms() == []
    assert story.column("select settled_by from gong_ops.alarms") == {"seen again"}
    assert "accept-deletes" not in story.run("status").stdout
    story.sync(at=night(48))
    assert story.marked() == {gone}, "the call that was deleted during the lost visibility"
    assert story.live("answered_scorecards", "answered_scorecard_id") >= reviews - story.column(
        f"select answered_scorecard_id from gong_raw.answered_scorecards where call_id = '{gone}'"
    )
    assert story.live() == listed(story)


@pytest.mark.slow
def test_the_span_of_a_backfill_without_visible_calls_is_read_again_by_the_next_sync(
    begin: Callable[..., Nights],
) -> None:
    story = begin(200)
    before = story.live()
    story.emulator.fault("lost_visibility", operation=CALLS)
    command = ("backfill", "--no-transform", "--only", "calls", "--newest-first")
    done = story.run(
        *command, "--from", utc_text(night(-30)), "--to", utc_text(night(-20)), expected=1
    )
    span = f"{utc_text(night(-30))}..{utc_text(night(-20))}"
    assert printed_span(done.stderr) == f"calls:{span}"
    assert story.marked() == set()
    story.emulator.clear_faults()
    story.sync(at=night(0.5))
    assert (min(requested_spans(story))[0], story.open_alarms()) == (night(-30), [])
    assert story.live() >= before


@pytest.mark.slow
def test_the_printed_command_accepts_a_mass_deletion_in_its_span_alone(
    begin: Callable[..., Nights],
) -> None:
    story = begin(700)
    doomed = started(story, night(-6.5), night(-0.5))
    early = started(story, night(-6.5), night(-4.5))
    assert len(early) > 20
    assert len(doomed - early) > 25
    story.emulator.change(
        "delete_calls", fromDateTime=utc_text(night(-6.5)), toDateTime=utc_text(night(-0.5))
    )
    story.sync(at=night(0.1), expected=1)
    assert story.marked() == set()
    span = f"{utc_text(night(-6.5))}..{utc_text(night(-4.5))}"
    done = story.sync("--accept-deletes", f"calls:{span}", expected=1)
    assert story.marked() == early, "rows outside the accepted span were marked"
    story.sync("--accept-deletes", printed_span(done.stderr))
    assert story.marked() == doomed
    assert story.open_alarms() == []
    story.sync(at=night(0.2))
    # The calls return, as after a lost permission.
    story.emulator.change("restore_calls", ids=sorted(doomed))
    story.sync(at=night(0.3))
    assert story.marked() == set()
    assert story.live() == listed(story)


@pytest.mark.slow
def test_an_accepted_deletion_does_not_raise_an_alarm_for_another_one(
    begin: Callable[..., Nights],
) -> None:
    """The sweep of the same night finds one missing call, in a package of its own."""
    story = begin(400)
    doomed = started(story, night(-6), night(0))
    old = min(started(story, night(-40), night(-39)))
    story.emulator.change("delete_calls", ids=sorted(doomed))
    done = story.sync(at=night(0.1), expected=1)
    story.emulator.change("delete_call", id=old)
    story.sync("--accept-deletes", printed_span(done.stderr), at=night(3))
    assert story.marked() == doomed | {old}
    assert story.open_alarms() == []


@pytest.mark.parametrize(
    ("calls", "days", "last"),
    [
        # Half of a lookback is below the threshold; the weekly lookback exceeds it.
        pytest.param(100, 40, 7, id="small company", marks=pytest.mark.slow),
        # The weekly lookback is below the threshold too, as is each night's share of the sweep.
        pytest.param(300, 300, 7, id="sparse company, a week", marks=pytest.mark.slow),
        pytest.param(300, 300, 14, id="sparse company, two weeks", marks=pytest.mark.slow),
    ],
)
def test_a_mass_loss_is_not_marked_piecemeal_over_several_nights(
    begin: Callable[..., Nights], calls: int, days: int, last: int
) -> None:
    """Half of all calls are invisible from the first night on."""
    story = begin(calls, days=days)
    story.emulator.fault("lost_visibility", operation=CALLS, part=0.5)
    codes = [story.sync(at=night(n), expected=None).returncode for n in range(1, last + 1)]
    assert len(story.marked()) <= 20, codes
    assert codes[-1] == 1, codes


@pytest.mark.slow
def test_a_purged_call_loses_its_content_in_every_table_and_can_return(
    begin: Callable[..., Nights],
) -> None:
    story = begin(60, "calls,transcripts,call_user_access,answered_scorecards,library_folder_calls")
    reviewed = story.column("select call_id from gong_raw.answered_scorecards")
    inside = story.column("select call_id from gong_raw.transcript_sentences")
    gone = max(started(story, night(-30), night(-2)) & reviewed & inside)
    story.emulator.change("delete_call", id=gone)

    def tables() -> dict[str, tuple[int, int]]:
        """Returns the rows of the call and of all other calls, by raw table."""
        names = story.column(
            "select table_name from duckdb_columns() where schema_name = 'gong_raw' "
            "and column_name = 'call_id' and table_name not like '\\_%' escape '\\'"
        )
        counts = {}
        for name in names:
            ((own, others),) = story.rows(
                f"select count(*) filter (call_id = '{gone}'), "
                f"count(*) filter (call_id <> '{gone}') from gong_raw.{name}"
            )
            counts[name] = (own, others)
        return counts

    before = tables()
    story.sync(at=night(0.1), expected=None)
    if gone not in story.marked():
        # The lookback of the first night is a week; this reads the call by id.
        story.sync("--ids", gone, "--only", "calls")
    assert story.marked() == {gone}
    kept = tables()
    assert kept == before, "a marked row was removed before the purge"
    story.gong.env["GONG_ELT_PURGE_DELETED_AFTER_DAYS"] = "5"
    story.sync(at=night(4))
    assert gone in story.marked(), "the row was purged before five days"
    earlier = tables()
    done = story.sync(at=night(5.2))
    assert "purged" in done.stderr
    after = tables()
    with_content = {
        table.name
        for table in TABLES
        if any(column.sensitivity is Sensitivity.CONTENT for column in table.columns)
    }
    about = {name for name, (own, _) in earlier.items() if own}
    assert {"calls", "call_parties", "transcripts", "transcript_sentences"} <= about
    assert {name: after[name][0] for name in about & with_content} == dict.fromkeys(
        about & with_content, 0
    )
    assert all(after[name][1] >= earlier[name][1] for name in earlier), "other calls lost rows"
    assert set(raw_tables(story.gong.warehouse)) >= with_content & about
    story.emulator.change("restore_call", id=gone)
    story.sync("--ids", gone, "--only", "calls")
    story.sync(at=night(5.3))
    returned = tables()
    for name in ("calls", "call_parties", "transcripts", "transcript_sentences"):
        assert returned[name][0] == before[name][0], name
    assert story.marked() == set()


@pytest.mark.slow
def test_a_deleted_call_leaves_the_marts_and_a_returned_one_comes_back(
    company: Company, emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(*COMPANY)
    gong = company.copy(home)
    gong.env["SOURCES__GONG__BASE_URL"] = emulator.base_url

    def sync(now: str) -> None:
        emulator.set_clock(datetime.fromisoformat(now))
        done = gong("sync", "--only", "calls", env={"GONG_ELT_NOW": now})
        assert done.returncode == 0, done.stderr

    def published(table: str) -> set[str]:
        with duckdb.connect(str(gong.home / "published" / "gong.duckdb"), read_only=True) as db:
            rows = db.execute(f"select distinct call_id from {table}").fetchall()
        return {row[0] for row in rows}

    with duckdb.connect(str(gong.home / "published" / "gong.duckdb"), read_only=True) as db:
        names = db.execute(
            "select table_name from duckdb_columns() where column_name = 'call_id' "
            "and table_name like 'fct_call%'"
        ).fetchall()
    about = {name: published(name) for (name,) in names}
    before = about["fct_calls"]
    assert len(about) >= 3
    gone = max(
        call["metaData"]["id"]
        for call in emulator.truth("calls")
        if call["metaData"]["started"] > "2026-11-15" and call["metaData"]["id"] in before
    )
    emulator.change("delete_call", id=gone)
    sync("2026-11-20T13:00:00Z")
    # Other calls were held since.
    assert {table: published(table) & calls for table, calls in about.items()} == {
        table: calls - {gone} for table, calls in about.items()
    }
    emulator.change("restore_call", id=gone)
    sync("2026-11-20T14:00:00Z")
    assert {table: published(table) & calls for table, calls in about.items()} == about
