"""This version goes on with a home of an earlier version, and requests nothing twice.

The home is kept in `data/earlier_home.tar.xz`; `data/earlier_home.md` describes how it was made.
The tests start the same company with the same changes and run every kind of command on the home.
This version may send the requests that the earlier version sent when it went on with a copy.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Emulator, Gong
from tests.harness.landed import connect, differing, snapshot
from tests.harness.nights import Nights, Snapshot, live_rows, nights, utc_text
from tests.integration.upgrade.kept_home import KeptHome, keys_of

KEPT = KeptHome("earlier_home.tar.xz", "/var/tmp/gong-elt-583c6b9/home")
FIRST, SECOND, THIRD = (datetime(2026, 11, day, 5, tzinfo=UTC) for day in (10, 11, 12))
"""The nights; the home was packed in the second."""
START, HISTORY = datetime(2026, 10, 29, 5, tzinfo=UTC), datetime(2026, 9, 5, 4, tzinfo=UTC)
COMPANY = (
    "--seed", "11", "--users", "4", "--calls", "40", "--days", "70", "--future-days", "10",
    "--workspaces", "1", "--no-limit", "--now", utc_text(FIRST),
)  # fmt: skip
KEY = "a key for tests that is long enough, 0123456789"
ERASED, ERASED_IN_GONG, NEXT = (
    "contact1@customer2.example", "contact1@customer17.example", "contact5@customer8.example"
)  # fmt: skip
"""A person erased before, one whose erasure was still pending in Gong, one to erase here."""
BACKFILL = ("backfill", "--from", "2026-09-05", "--no-transform")
DOUBTED = "calls:2026-11-03T05:00:00Z..2026-11-11T05:00:00Z"
"""Calls that were all deleted at the second night; the deletion alarm about them is open."""
EVENTS = [
    {
        "event_id": f"event-{number}",
        "reporting_system": "warehouse",
        "event_timestamp": f"2026-11-0{number}T09:00:00Z",
        "action_name": "Reviewed",
    }
    for number in (1, 2, 3)
]
MEETINGS = [
    {
        "startTime": "2026-11-25T10:00:00Z",
        "endTime": "2026-11-25T11:00:00Z",
        "title": "Cut off",
        "invitees": [{"email": "guest@elsewhere.example"}],
        "organizerEmail": "user0@acme-seller.example",
    }
]
"""The answer to this meeting was cut off, so Gong may or may not have made it."""

LISTS = {
    "GET /v2/all-permission-profiles": 1,
    "GET /v2/call-outcomes": 1,
    "GET /v2/calls/manual-crm-associations": 1,
    "GET /v2/coaching": 2,
    "GET /v2/crm/entity-schema": 4,
    "GET /v2/crm/integrations": 1,
    "GET /v2/library/folder-content": 10,
    "GET /v2/library/folders": 1,
    "GET /v2/permission-profile/users": 5,
    "GET /v2/settings/briefs": 1,
    "GET /v2/settings/scorecards": 1,
    "GET /v2/settings/trackers": 1,
    "GET /v2/users": 1,
    "GET /v2/workspaces": 1,
    "POST /v2/meetings/integration/status": 1,
    "POST /v2/stats/activity/aggregate": 1,
    "POST /v2/tasks": 4,
}
"""The requests of both nights."""
FIGURES: dict[str, dict[str, int]] = {
    "sync": {
        **LISTS,
        "GET /v2/logs": 5,
        "POST /v2/calls/extensive": 3,
        "POST /v2/calls/transcript": 1,
        "POST /v2/flows/prospects": 2,
        "POST /v2/stats/activity/aggregate-by-period": 3,
        "POST /v2/stats/activity/day-by-day": 1,
        "POST /v2/stats/activity/scorecards": 1,
        "POST /v2/stats/interaction": 8,
    },
    "accept": {"POST /v2/calls/extensive": 4},
    "backfill": {
        "GET /v2/crm/entities": 4,
        "GET /v2/logs": 6,
        "POST /v2/calls/extensive": 4,
        "POST /v2/calls/transcript": 1,
        "POST /v2/calls/users-access": 1,
        "POST /v2/flows/prospects": 2,
        "POST /v2/stats/activity/day-by-day": 1,
        "POST /v2/stats/activity/scorecards": 1,
        "POST /v2/stats/interaction": 22,
    },
    "night": {
        **LISTS,
        "GET /v2/crm/entities": 3,
        "GET /v2/logs": 10,
        "POST /v2/calls/extensive": 3,
        "POST /v2/calls/transcript": 1,
        "POST /v2/calls/users-access": 1,
        "POST /v2/flows/prospects": 3,
        "POST /v2/stats/activity/aggregate-by-period": 5,
        "POST /v2/stats/activity/day-by-day": 2,
        "POST /v2/stats/activity/scorecards": 2,
        "POST /v2/stats/interaction": 9,
    },
}
"""The requests of the earlier version when it went on with a copy of the home at the same instants:
61, 4, 42 and 76.
"""
SEEN_ONCE = ("crm_objects", "crm_object_fields", "flow_prospects", "coaching_metrics", "logs")
"""Tables that keep rows which Gong does not serve, or runs do not request, any more."""
FILLED_LATER = {"logs": ("log_record",)}
"""Columns that later versions fill with more, by table. An entry that is read again gets it, others
keep what they have: the column is compared in no row."""


def counted(asked: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Returns the number of requests per operation, without the ids in its path."""
    counts = Counter(
        f"{request['method']} {re.sub(r'/[0-9]{6,}', '/{id}', request['path'])}"
        for request in asked
    )
    return dict(sorted(counts.items()))


def erase_in_gong(emulator: Emulator, address: str) -> None:
    """Repeats the request for an erasure that the earlier version sent."""
    httpx.post(
        f"{emulator.base_url}/v2/data-privacy/erase-data-for-email-address",
        params={"emailAddress": address},
        auth=(emulator.access_key, emulator.access_key_secret),
    ).raise_for_status()


def unlink_timings(emulator: Emulator) -> None:
    """Gives each link of a party once, without a timing, as the emulator of that commit did."""
    for call in emulator.truth("calls"):
        parties = call.get("parties") or []
        links = [
            context for party in parties for context in party.get("context") or []
            if any("timing" in entry for entry in context["objects"])
        ]  # fmt: skip
        for context in links:
            first = context["objects"][0]
            context["objects"] = [{name: first[name] for name in first if name != "timing"}]
        if links:
            emulator.change("edit_call", id=call["metaData"]["id"], sections={"parties": parties})


def the_company(emulators: Callable[..., Emulator]) -> Emulator:
    """The company as it was when the home was packed."""
    emulator = emulators(*COMPANY)
    unlink_timings(emulator)
    erase_in_gong(emulator, ERASED_IN_GONG)
    emulator.set_clock(SECOND)
    emulator.change(
        "delete_calls", fromDateTime="2026-11-03T00:00:00Z", toDateTime="2026-11-12T00:00:00Z"
    )
    return emulator


@dataclass
class UpgradeStory:
    """The commands run on the home, the requests of each, and the warehouse after it."""

    nights: Nights
    new_call: str = ""
    """The id of a call that began before the last night."""
    windows: list[dict[str, Any]] = field(default_factory=list)
    """The windows that the earlier version had read, from its load log."""
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    live: dict[str, Snapshot] = field(default_factory=dict)
    rows: dict[str, Snapshot] = field(default_factory=dict)
    """Includes the columns that name the run of a row."""

    @property
    def gong(self) -> Gong:
        return self.nights.gong

    def run(self, step: str, *arguments: str) -> None:
        self.done[step] = self.nights.run(*arguments, expected=None)
        self.asked[step] = self.nights.requests

    def push(self, step: str, operation: str, rows: list[dict[str, Any]]) -> None:
        file = self.gong.home.parent / f"{step}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.run(step, "push", operation, "--from", str(file))

    def keep(self, step: str) -> None:
        self.live[step] = live_rows(self.gong.warehouse, FILLED_LATER)
        self.rows[step] = snapshot(self.gong.warehouse)
        # an entry that gets more is written again, once
        self.rows[step] |= {name: self.live[step][name] for name in FILLED_LATER}

    def output(self, step: str) -> str:
        return self.done[step].stdout + self.done[step].stderr


@pytest.fixture(scope="module")
def story(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> UpgradeStory:
    """Shows and publishes the home, then runs pushes, syncs, a backfill and erasures on it."""
    emulator = the_company(emulators)
    home = tmp_path_factory.mktemp("earlier") / "home"
    KEPT.unpack(home)
    settings = {"GONG_ELT_ERASURE_KEY": KEY}
    story = UpgradeStory(nights(emulator, home, SECOND, start=START, settings=settings))
    story.windows = windows_of(story.gong.warehouse)
    story.keep("before")

    story.run("status", "status")
    story.run("status in JSON", "status", "--json")
    story.run("publish", "publish")
    story.run("query", "query", "select count(*) as n from gong.fct_calls", "--format", "csv")
    story.push("events", "report-custom-engagement-event", EVENTS)
    story.push("meetings", "create-a-new-gong-meeting", MEETINGS)
    story.run("sync", "sync", "--no-transform")
    story.keep("sync")
    story.run("accept", "sync", "--no-transform", "--only", "calls", "--accept-deletes", DOUBTED)
    story.keep("accept")
    story.run("backfill", *BACKFILL)
    story.keep("backfill")
    story.run("status afterwards", "status")

    story.nights.now = THIRD
    story.new_call = emulator.change(
        "add_call", started="2026-11-11T20:00:00Z", transcript_at="2026-11-11T21:00:00Z"
    )["id"]
    emulator.set_clock(THIRD)
    story.run("night", "sync", "--no-transform")
    story.run("confirm", "erase", "--email", ERASED_IN_GONG, "--in-gong", "--yes")
    story.run("erase", "erase", "--email", NEXT, "--yes")
    story.keep("erase")
    story.run("published", "query", "select call_id from gong.fct_calls", "--format", "csv")
    return story


def windows_of(warehouse: Path) -> list[dict[str, Any]]:
    with connect(warehouse) as db:
        result = db.execute("select * from gong_ops.windows")
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def held_of(gong: Gong, address: str) -> dict[str, int]:
    """Returns the number of rows with an address per table, of the warehouse and published."""
    with connect(gong.warehouse) as db:
        names = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        ).fetchall()
        parts = (gong.home / "published" / "parts").glob("*/*.parquet")
        counts: dict[str, int] = {}
        for source in [
            *(name for (name,) in names),
            *(f"read_parquet('{part}')" for part in parts),
        ]:
            ((count,),) = db.execute(
                f"select count(*) from {source} as t where contains(lower(t::varchar), $1)",
                [address],
            ).fetchall()
            counts[source] = count
    return {source: count for source, count in counts.items() if count}


def test_status_shows_the_runs_and_the_alarm_of_the_earlier_version(story: UpgradeStory) -> None:
    for step in ("status", "status in JSON", "status afterwards"):
        assert story.done[step].returncode == 0, story.output(step)
        assert story.asked[step] == [], step
    shown = story.done["status"].stdout
    assert "backfill not done" in shown
    assert f"--accept-deletes {DOUBTED}" in shown
    for run in (
        r"sync +done +97 requests", r"sync +failed +70 requests",
        r"backfill +postponed +90 requests",
        r"push report-custom-engagement-event +done +3 requests +3 landed",
        r"push create-a-new-gong-meeting +failed +1 requests", r"erase +done",
    ):  # fmt: skip
        assert re.search(run, shown), f"status does not list the run {run}"
    assert json.loads(story.done["status in JSON"].stdout)


def test_tables_built_before_are_published_and_read(story: UpgradeStory) -> None:
    assert story.done["publish"].returncode == 0, story.output("publish")
    assert story.done["query"].returncode == 0, story.output("query")
    assert story.done["query"].stdout.split() == ["n", "29"]
    assert story.asked["publish"] == story.asked["query"] == []


def test_rows_that_were_pushed_before_are_not_sent_again(story: UpgradeStory) -> None:
    assert story.done["events"].returncode == 0, story.output("events")
    assert "3 done before" in story.output("events")
    assert story.asked["events"] == []


def test_a_row_without_an_answer_stays_open_and_is_not_sent_again(
    story: UpgradeStory,
) -> None:
    assert story.done["meetings"].returncode == 1, story.output("meetings")
    assert "may or may not have done it" in story.output("meetings")
    assert story.asked["meetings"] == []
    states = story.nights.rows(
        "select operation, state, count(*) from gong_ops.pushes group by all order by all"
    )
    assert [row[1:] for row in states] == [("unknown", 1), ("done", 3)], states


@pytest.mark.parametrize(
    ("step", "code"), [("sync", 1), ("accept", 0), ("backfill", 0), ("night", 0)]
)
def test_no_request_is_sent_that_the_earlier_version_would_not_have_sent(
    story: UpgradeStory, step: str, code: int
) -> None:
    assert story.done[step].returncode == code, story.output(step)
    counts, earlier = counted(story.asked[step]), FIGURES[step]
    # wider windows take fewer requests
    others = {
        name: f"{counts.get(name, 0)} times, by the earlier version {earlier.get(name, 0)}"
        for name in counts.keys() | earlier.keys()
        if not min(1, earlier.get(name, 0)) <= counts.get(name, 0) <= earlier.get(name, 0)
    }
    assert others == {}, story.output(step)


def test_a_backfill_goes_on_where_the_earlier_version_stopped(story: UpgradeStory) -> None:
    output = story.output("backfill")
    assert "going on with an earlier backfill" in output
    assert "75 windows are done" in output
    assert "backfill not done" not in story.done["status afterwards"].stdout
    # columns of a view of the earlier version, which never change again
    before: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for window in story.windows:
        span = (window["start_at"], window["end_at"])
        before.setdefault((window["reading"], window["detail"]), []).append(span)
    asked = []
    for request in story.asked["backfill"]:
        if request["path"] == "/v2/calls/extensive" and "fromDateTime" in request["body"]["filter"]:
            asked.append((("calls", ""), request["body"]["filter"]))
        elif request["path"] == "/v2/logs":
            asked.append((("logs", request["query"]["logType"]), request["query"]))
    assert {name for (name, _), _ in asked} == {"calls", "logs"}
    for which, given in asked:
        start, end = (
            datetime.fromisoformat(given[name]) for name in ("fromDateTime", "toDateTime")
        )
        assert before[which], f"nothing of {which} was read before"
        for covered in before[which]:
            is_apart = end <= covered[0] or covered[1] <= start
            assert is_apart, f"{which} from {start} to {end} is asked again, covered is {covered}"


def test_earlier_windows_and_runs_stay_on_record(story: UpgradeStory) -> None:
    now = {window["window_id"] for window in windows_of(story.gong.warehouse)}
    assert not {window["window_id"] for window in story.windows} - now
    runs = story.nights.rows(
        "select command, outcome, requests from gong_ops.runs "
        f"where started_at < '{SECOND}' order by all"
    )
    assert ("sync", "done", 97) in runs
    assert len(runs) == 5, runs


def test_no_row_is_lost_or_doubled(story: UpgradeStory) -> None:
    """Nothing has changed in Gong at the same instant, so every row must stay."""
    for earlier, later in (("before", "sync"), ("accept", "backfill")):
        gone = {
            table: sorted(rows.keys() - story.live[later][table].keys())
            for table, rows in story.live[earlier].items()
        }
        assert not any(gone.values()), f"gone after {later}: {gone}"
    assert len(story.live["backfill"]["calls"]) > len(story.live["before"]["calls"])
    for step, tables in story.live.items():
        doubled = {
            table: row for table, rows in tables.items() for row, count in rows.items() if count > 1
        }
        assert doubled == {}, step
    keys = keys_of(story.gong.warehouse)
    assert len(keys) > 30
    for table, key in keys.items():
        ((rows, distinct),) = story.nights.rows(
            f"select count(*), count(distinct ({', '.join(key)})) from gong_raw.{table}"
        )
        assert rows == distinct, f"{table} has more than one row of a key"


def test_unchanged_rows_do_not_land_again(story: UpgradeStory) -> None:
    """The load log grows; no row of Gong is written again."""
    for earlier, later in (("before", "sync"), ("accept", "backfill")):
        written = {
            table: sorted(rows.keys() - story.rows[later][table].keys())
            for table, rows in story.rows[earlier].items()
        }
        assert not any(written.values()), f"written again by {later}: {written}"
    people = story.live["before"]["user_history"]
    assert story.live["erase"]["user_history"] == people, "nobody has changed"
    assert story.nights.rows("select * from gong_ops.schema_changes") == []


def test_a_deletion_alarm_of_the_earlier_version_is_accepted(story: UpgradeStory) -> None:
    assert f"--accept-deletes {DOUBTED}" in story.output("sync")
    assert "gone from Gong" in story.output("accept")
    assert len(story.nights.marked()) == 2
    assert story.nights.open_alarms() == []
    assert "--accept-deletes" not in story.done["status afterwards"].stdout


def test_the_next_night_lands_the_new_call(story: UpgradeStory) -> None:
    assert story.new_call in story.nights.live()
    assert story.new_call in story.nights.column("select call_id from gong_raw.transcripts")


def test_a_person_erased_before_does_not_come_back(story: UpgradeStory) -> None:
    served = [
        call["metaData"]["started"]
        for call in story.nights.emulator.truth("calls")
        if any(party.get("emailAddress") == ERASED for party in call.get("parties") or ())
    ]
    assert any(HISTORY < datetime.fromisoformat(started) < START for started in served), (
        "the backfill was to meet the person"
    )
    assert held_of(story.gong, ERASED) == {}
    assert held_of(story.gong, ERASED_IN_GONG) == {}


def test_gong_is_not_asked_to_erase_twice(story: UpgradeStory) -> None:
    assert story.done["confirm"].returncode == 0, story.output("confirm")
    assert counted(story.asked["confirm"]) == {"GET /v2/data-privacy/data-for-email-address": 2}
    states = story.nights.rows("select in_gong from gong_ops.erasures where in_gong is not null")
    assert ("confirmed",) in states


def test_a_person_is_erased_from_rows_of_the_earlier_version(story: UpgradeStory) -> None:
    assert story.done["erase"].returncode == 0, story.output("erase")
    assert story.asked["erase"] == []
    assert any(NEXT in row for row in story.live["backfill"]["call_parties"])
    assert held_of(story.gong, NEXT) == {}


def test_the_published_calls_are_those_of_the_raw_table(story: UpgradeStory) -> None:
    assert story.done["published"].returncode == 0, story.output("published")
    published = story.done["published"].stdout.split()[1:]
    assert sorted(published) == sorted(story.nights.live())


@pytest.mark.slow
def test_the_home_holds_what_a_new_one_holds(story: UpgradeStory, home: Path) -> None:
    """This version makes a new home of the same company in the last night, for comparison."""
    settings = {"GONG_ELT_ERASURE_KEY": KEY}
    new = nights(story.nights.emulator, home, THIRD, start=HISTORY, settings=settings)
    new.sync("--only", "workspaces")
    for address in (ERASED, ERASED_IN_GONG):
        new.run("erase", "--email", address, "--yes")
    new.sync()
    new.run("erase", "--email", NEXT, "--yes")
    ours, theirs = story.live["erase"].copy(), live_rows(new.gong.warehouse, FILLED_LATER)
    # the history of users starts with the first night of each home
    del ours["user_history"], theirs["user_history"]
    for table in SEEN_ONCE:
        kept, read_again = ours.pop(table), theirs.pop(table)
        assert read_again, table
        assert not read_again.keys() - kept.keys(), f"{table} lacks rows"
    assert len(theirs["calls"]) > 20
    assert differing(ours, theirs) == {}
