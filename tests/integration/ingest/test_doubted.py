"""What is gone from Gong is marked, and what only cannot be seen is not: a person is asked first.

The company of each story is small, so that a night costs little; ten calls a day are enough for
"more than twenty and more than a third".
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
    """Begins a company of so many calls in so many days, and syncs it once."""

    def begin(calls: int, only: str = "calls", days: int = 40) -> Nights:
        emulator = emulators(
            "--seed", "9", "--users", "5", "--calls", str(calls), "--days", str(days), "--no-limit",
            "--future-days", "30", "--now", utc_text(NOW),
        )  # fmt: skip
        told = nights(emulator, home, NOW, only=only, start=NOW - days * DAY)
        told.sync()
        assert len(told.live()) >= calls * 0.9
        return told

    return begin


def started(told: Nights, since: datetime, before: datetime) -> set[str]:
    return told.column(
        f"select call_id from gong_raw.calls where started_at >= '{utc_text(since)}' "
        f"and started_at < '{utc_text(before)}'"
    )


def printed_span(said: str) -> str:
    """What the printed command accepts."""
    found = re.search(r"gong-elt sync --accept-deletes (\S+)", said)
    assert found, said
    return found[1]


def listed(told: Nights) -> set[str]:
    return {call["metaData"]["id"] for call in told.emulator.truth("calls")}


def asked_spans(told: Nights) -> list[tuple[datetime, datetime]]:
    """The spans in which the last run asked for calls."""
    return [
        (datetime.fromisoformat(one["fromDateTime"]), datetime.fromisoformat(one["toDateTime"]))
        for request in told.requests
        if request["path"] == "/v2/calls/extensive"
        for one in [request["body"]["filter"]]
        if "fromDateTime" in one
    ]


@pytest.mark.slow
def test_a_read_that_fails_or_is_cut_off_marks_nothing(begin: Callable[..., Nights]) -> None:
    told = begin(80)
    gone = sorted(started(told, night(-6), night(0)))[:3]
    told.emulator.change("delete_calls", ids=gone)
    told.emulator.fault("wrong_value", operation=CALLS)
    done = told.sync(at=night(0.1), expected=1)
    assert "calls" in done.stderr
    assert told.marked() == set()
    told.emulator.clear_faults()
    # the lookback is one request, and the span since the night before another one
    done = told.sync("--max-requests", "1", at=night(0.2), expected=75)
    assert told.marked() == set()
    assert told.open_alarms() == []
    told.sync()
    assert told.marked() == set(gone)


def test_lost_visibility_marks_nothing_and_alarms_until_it_is_back(
    begin: Callable[..., Nights],
) -> None:
    told = begin(200, "calls,answered_scorecards")
    gone = min(started(told, night(-3), night(-1)))
    told.emulator.change("delete_call", id=gone)
    for operation in (CALLS, "POST /v2/stats/activity/scorecards"):
        told.emulator.fault("lost_visibility", operation=operation)
    before = told.live()
    reviews = told.live("answered_scorecards", "answered_scorecard_id")
    done = told.sync(at=night(1), expected=1)
    alarms = {alarm[0]: alarm[1:] for alarm in told.open_alarms()}
    assert alarms.keys() == {"calls", "answered_scorecards"}
    for table in alarms:
        assert f"gong-elt sync --accept-deletes {table}:" in done.stderr
    first, after, held, lost = alarms["calls"]
    assert held == lost == len(started(told, first, after)) > 20
    status = told.run("status")
    assert "--accept-deletes calls:" in status.stdout
    shown = {one["table"]: one for one in json.loads(told.run("status", "--json").stdout)["alarms"]}
    assert {name: (one["held"], one["gone"]) for name, one in shown.items()} == {
        name: alarm[2:] for name, alarm in alarms.items()
    }
    # the nightly lookback has left the span
    told.sync(at=night(17), expected=1)
    assert min(alarm[1] for alarm in told.open_alarms()) <= first
    assert min(start for start, _ in asked_spans(told)) <= first
    assert told.live() == before
    assert told.marked() == set()
    assert told.live("answered_scorecards", "answered_scorecard_id") == reviews
    # some of it is back, much of it is not
    told.emulator.clear_faults()
    told.emulator.fault("lost_visibility", operation=CALLS, part=0.5)
    told.sync(at=night(18), expected=1)
    assert told.marked() == set()
    told.emulator.clear_faults()
    told.sync(at=night(19))
    assert told.open_alarms() == []
    assert told.column("select settled_by from gong_ops.alarms") == {"seen again"}
    assert "accept-deletes" not in told.run("status").stdout
    told.sync(at=night(48))
    assert told.marked() == {gone}, "what was deleted among what was out of sight"
    assert told.live("answered_scorecards", "answered_scorecard_id") >= reviews - told.column(
        f"select answered_scorecard_id from gong_raw.answered_scorecards where call_id = '{gone}'"
    )
    assert told.live() == listed(told)


@pytest.mark.slow
def test_a_backfill_that_comes_back_empty_is_asked_for_again_by_the_next_sync(
    begin: Callable[..., Nights],
) -> None:
    told = begin(200)
    before = told.live()
    told.emulator.fault("lost_visibility", operation=CALLS)
    command = ("backfill", "--no-transform", "--only", "calls", "--newest-first")
    done = told.run(
        *command, "--from", utc_text(night(-30)), "--to", utc_text(night(-20)), expected=1
    )
    span = f"{utc_text(night(-30))}..{utc_text(night(-20))}"
    assert printed_span(done.stderr) == f"calls:{span}"
    assert told.marked() == set()
    told.emulator.clear_faults()
    told.sync(at=night(0.5))
    assert (min(asked_spans(told))[0], told.open_alarms()) == (night(-30), [])
    assert told.live() >= before


@pytest.mark.slow
def test_a_mass_deletion_is_accepted_by_the_printed_command_and_in_its_span_alone(
    begin: Callable[..., Nights],
) -> None:
    told = begin(700)
    doomed = started(told, night(-6.5), night(-0.5))
    early = started(told, night(-6.5), night(-4.5))
    assert len(early) > 20
    assert len(doomed - early) > 25
    told.emulator.change(
        "delete_calls", fromDateTime=utc_text(night(-6.5)), toDateTime=utc_text(night(-0.5))
    )
    told.sync(at=night(0.1), expected=1)
    assert told.marked() == set()
    span = f"{utc_text(night(-6.5))}..{utc_text(night(-4.5))}"
    done = told.sync("--accept-deletes", f"calls:{span}", expected=1)
    assert told.marked() == early, "of the rest nobody has said that it is gone"
    told.sync("--accept-deletes", printed_span(done.stderr))
    assert told.marked() == doomed
    assert told.open_alarms() == []
    told.sync(at=night(0.2))
    # they come back, as they do where a permission was taken for a deletion
    told.emulator.change("restore_calls", ids=sorted(doomed))
    told.sync(at=night(0.3))
    assert told.marked() == set()
    assert told.live() == listed(told)


@pytest.mark.slow
def test_what_a_person_has_accepted_does_not_make_another_deletion_odd(
    begin: Callable[..., Nights],
) -> None:
    """The sweep of the same night finds a single call gone, in a package of its own."""
    told = begin(400)
    doomed = started(told, night(-6), night(0))
    old = min(started(told, night(-40), night(-39)))
    told.emulator.change("delete_calls", ids=sorted(doomed))
    done = told.sync(at=night(0.1), expected=1)
    told.emulator.change("delete_call", id=old)
    told.sync("--accept-deletes", printed_span(done.stderr), at=night(3))
    assert told.marked() == doomed | {old}
    assert told.open_alarms() == []


@pytest.mark.parametrize(
    ("calls", "days", "last"),
    [
        # half of a lookback is fewer than what may vanish without question: the week tells
        pytest.param(100, 40, 7, id="of a small company", marks=pytest.mark.slow),
        # a week is few calls too, and so is each night's share of the sweep
        pytest.param(300, 300, 7, id="of a sparse one", marks=pytest.mark.slow),
        pytest.param(300, 300, 14, id="of a sparse one later", marks=pytest.mark.slow),
    ],
)
def test_a_loss_does_not_slip_through_a_few_rows_a_night(
    begin: Callable[..., Nights], calls: int, days: int, last: int
) -> None:
    """Half of all calls are out of sight from one night on, and stay so."""
    told = begin(calls, days=days)
    told.emulator.fault("lost_visibility", operation=CALLS, part=0.5)
    codes = [told.sync(at=night(n), expected=None).returncode for n in range(1, last + 1)]
    assert len(told.marked()) <= 20, codes
    assert codes[-1] == 1, codes


@pytest.mark.slow
def test_purged_calls_leave_every_table_of_theirs_and_no_other_and_may_return(
    begin: Callable[..., Nights],
) -> None:
    told = begin(60, "calls,transcripts,call_user_access,answered_scorecards,library_folder_calls")
    reviewed = told.column("select call_id from gong_raw.answered_scorecards")
    inside = told.column("select call_id from gong_raw.transcript_sentences")
    gone = max(started(told, night(-30), night(-2)) & reviewed & inside)
    told.emulator.change("delete_call", id=gone)

    def tables() -> dict[str, tuple[int, int]]:
        """Rows of the call, and of all others, in each raw table that names calls."""
        names = told.column(
            "select table_name from duckdb_columns() where schema_name = 'gong_raw' "
            "and column_name = 'call_id' and table_name not like '\\_%' escape '\\'"
        )
        found = {}
        for name in names:
            ((own, others),) = told.rows(
                f"select count(*) filter (call_id = '{gone}'), "
                f"count(*) filter (call_id <> '{gone}') from gong_raw.{name}"
            )
            found[name] = (own, others)
        return found

    before = tables()
    told.sync(at=night(0.1), expected=None)
    if gone not in told.marked():
        # the first night reaches a week back; this asks for the call itself
        told.sync("--ids", gone, "--only", "calls")
    assert told.marked() == {gone}
    kept = tables()
    assert kept == before, "what is marked stays until it is purged"
    told.gong.env["GONG_ELT_PURGE_DELETED_AFTER_DAYS"] = "5"
    told.sync(at=night(4))
    assert gone in told.marked(), "five days have not passed"
    earlier = tables()
    done = told.sync(at=night(5.2))
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
    assert all(after[name][1] >= earlier[name][1] for name in earlier), "others lost rows"
    assert set(raw_tables(told.gong.warehouse)) >= with_content & about
    told.emulator.change("restore_call", id=gone)
    told.sync("--ids", gone, "--only", "calls")
    told.sync(at=night(5.3))
    again = tables()
    for name in ("calls", "call_parties", "transcripts", "transcript_sentences"):
        assert again[name][0] == before[name][0], name
    assert told.marked() == set()


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
    # other calls were held in the meantime
    assert {table: published(table) & calls for table, calls in about.items()} == {
        table: calls - {gone} for table, calls in about.items()
    }
    emulator.change("restore_call", id=gone)
    sync("2026-11-20T14:00:00Z")
    assert {table: published(table) & calls for table, calls in about.items()} == about
