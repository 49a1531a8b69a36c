"""A home that an earlier version has made goes on with this one, and nothing is asked again.

The home is kept in `data/earlier_home.tar.xz`; `data/earlier_home.md` tells how it was made. Here
the same company is told the same things, and this version does with the home all that is done with
one. What it may ask of Gong is what the earlier version asked when it went on by itself.
"""

from __future__ import annotations

import json
import re
import shutil
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

KEPT = Path(__file__).parent / "data" / "earlier_home.tar.xz"
MADE_AT = "/var/tmp/gong-elt-583c6b9/home"
"""Where the home was when it was made; its files name it."""
FIRST, SECOND, THIRD = (datetime(2026, 11, day, 5, tzinfo=UTC) for day in (10, 11, 12))
"""The nights; at the second the home was put away."""
START, HISTORY = datetime(2026, 10, 29, 5, tzinfo=UTC), datetime(2026, 9, 5, 4, tzinfo=UTC)
COMPANY = (
    "--seed", "11", "--users", "4", "--calls", "40", "--days", "70", "--future-days", "10",
    "--workspaces", "1", "--no-limit", "--now", utc_text(FIRST),
)  # fmt: skip
KEY = "a key for tests that is long enough, 0123456789"
ERASED, ERASED_IN_GONG, NEXT = (
    "contact1@customer2.example", "contact1@customer17.example", "contact5@customer8.example"
)  # fmt: skip
"""Who was erased, who was so in Gong too, which had yet to do it, and who is erased here."""
BACKFILL = ("backfill", "--from", "2026-09-05", "--no-transform")
DOUBTED = "calls:2026-11-03T05:00:00Z..2026-11-11T05:00:00Z"
"""Calls that were all gone at the second night, of which nobody had said whether that is right."""
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
"""The answer to this one was cut off, so that nobody knows whether it was made."""

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
"""What both nights ask for."""
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
"""How often the earlier version asked for what when it went on itself, from a copy of the home and
at the same instants: 61 requests, 4, 42 and 76.
"""
SEEN_ONCE = ("crm_objects", "crm_object_fields", "flow_prospects", "coaching_metrics", "logs")
"""Tables that also hold what was seen before and is not served, or not asked for, any more."""


def counted(asked: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Returns how often each operation was asked for, without the ids in its path."""
    told = Counter(
        f"{one['method']} {re.sub(r'/[0-9]{6,}', '/{id}', one['path'])}" for one in asked
    )
    return dict(sorted(told.items()))


def unpacked(home: Path) -> None:
    """Puts the home at another place than where it was made."""
    shutil.unpack_archive(KEPT, home.parent, filter="data")
    for file in home.rglob("*.json"):
        file.write_text(file.read_text("utf-8").replace(MADE_AT, str(home)), "utf-8")


def erase_in_gong(emulator: Emulator, address: str) -> None:
    """Asks Gong for what the earlier version had asked."""
    httpx.post(
        f"{emulator.base_url}/v2/data-privacy/erase-data-for-email-address",
        params={"emailAddress": address},
        auth=(emulator.access_key, emulator.access_key_secret),
    ).raise_for_status()


def the_company(emulators: Callable[..., Emulator]) -> Emulator:
    """The company as it was when the home was put away."""
    emulator = emulators(*COMPANY)
    erase_in_gong(emulator, ERASED_IN_GONG)
    emulator.set_clock(SECOND)
    emulator.change(
        "delete_calls", fromDateTime="2026-11-03T00:00:00Z", toDateTime="2026-11-12T00:00:00Z"
    )
    return emulator


@dataclass
class Story:
    """What was done with the home, what that asked for, and what stood in the warehouse then."""

    nights: Nights
    new_call: str = ""
    """One that began before the last night."""
    windows: list[dict[str, Any]] = field(default_factory=list)
    """Those that were read before, as the earlier version kept account of them."""
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    live: dict[str, Snapshot] = field(default_factory=dict)
    rows: dict[str, Snapshot] = field(default_factory=dict)
    """With what says which run has brought a row."""

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
        self.live[step] = live_rows(self.gong.warehouse)
        self.rows[step] = snapshot(self.gong.warehouse)

    def told(self, step: str) -> str:
        return self.done[step].stdout + self.done[step].stderr


@pytest.fixture(scope="module")
def story(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The home is looked at and published, and goes on: history, the night, rows, people."""
    emulator = the_company(emulators)
    home = tmp_path_factory.mktemp("earlier") / "home"
    unpacked(home)
    settings = {"GONG_ELT_ERASURE_KEY": KEY}
    story = Story(nights(emulator, home, SECOND, start=START, settings=settings))
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
        found = db.execute("select * from gong_ops.windows")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def held_of(gong: Gong, address: str) -> dict[str, int]:
    """Returns which tables, of the warehouse and published, hold an address, and how often."""
    with connect(gong.warehouse) as db:
        names = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        ).fetchall()
        parts = (gong.home / "published" / "parts").glob("*/*.parquet")
        found: dict[str, int] = {}
        for source in [
            *(name for (name,) in names),
            *(f"read_parquet('{part}')" for part in parts),
        ]:
            ((count,),) = db.execute(
                f"select count(*) from {source} as t where contains(lower(t::varchar), $1)",
                [address],
            ).fetchall()
            found[source] = count
    return {source: count for source, count in found.items() if count}


def keys_of(warehouse: Path) -> dict[str, list[str]]:
    """Returns the columns by which the rows of raw tables are merged, as dlt has noted them."""
    with connect(warehouse) as db:
        noted = db.execute("select schema from gong_raw._dlt_version order by inserted_at")
        tables = [
            one for (text,) in noted.fetchall() for one in json.loads(text)["tables"].values()
        ]
    found = {
        table["name"]: [name for name, one in table["columns"].items() if one.get("primary_key")]
        for table in tables
    }
    return {name: key for name, key in found.items() if key}


def test_status_tells_what_the_earlier_version_has_left(story: Story) -> None:
    for step in ("status", "status in JSON", "status afterwards"):
        assert story.done[step].returncode == 0, story.told(step)
        assert story.asked[step] == [], step
    told = story.done["status"].stdout
    assert "backfill not done" in told
    assert f"--accept-deletes {DOUBTED}" in told
    for run in (
        r"sync +done +97 requests", r"sync +failed +70 requests",
        r"backfill +postponed +90 requests",
        r"push report-custom-engagement-event +done +3 requests +3 landed",
        r"push create-a-new-gong-meeting +failed +1 requests", r"erase +done",
    ):  # fmt: skip
        assert re.search(run, told), f"the run is not told of: {run}"
    assert json.loads(story.done["status in JSON"].stdout)


def test_what_was_built_before_is_published_and_read(story: Story) -> None:
    assert story.done["publish"].returncode == 0, story.told("publish")
    assert story.done["query"].returncode == 0, story.told("query")
    assert story.done["query"].stdout.split() == ["n", "29"]
    assert story.asked["publish"] == story.asked["query"] == []


def test_rows_that_were_pushed_before_are_not_sent_again(story: Story) -> None:
    assert story.done["events"].returncode == 0, story.told("events")
    assert "3 done before" in story.told("events")
    assert story.asked["events"] == []


def test_what_may_have_been_done_before_stays_open_and_is_not_sent_again(story: Story) -> None:
    assert story.done["meetings"].returncode == 1, story.told("meetings")
    assert "may or may not have done it" in story.told("meetings")
    assert story.asked["meetings"] == []
    states = story.nights.rows(
        "select operation, state, count(*) from gong_ops.pushes group by all order by all"
    )
    assert [row[1:] for row in states] == [("unknown", 1), ("done", 3)], states


@pytest.mark.parametrize(
    ("step", "code"), [("sync", 1), ("accept", 0), ("backfill", 0), ("night", 0)]
)
def test_nothing_is_asked_that_the_earlier_version_would_not_have_asked(
    story: Story, step: str, code: int
) -> None:
    assert story.done[step].returncode == code, story.told(step)
    found = counted(story.asked[step])
    others = {
        name: f"{found.get(name, 0)} times, by the earlier version {FIGURES[step].get(name, 0)}"
        for name in found.keys() | FIGURES[step].keys()
        if found.get(name) != FIGURES[step].get(name)
    }
    assert others == {}, story.told(step)


def test_a_backfill_goes_on_where_the_earlier_version_stopped(story: Story) -> None:
    told = story.told("backfill")
    assert "going on with an earlier backfill" in told
    assert "75 windows are done" in told
    assert "backfill not done" not in story.done["status afterwards"].stdout
    # the views of the earlier version, whose columns do not change any more
    before: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for one in story.windows:
        span = (one["start_at"], one["end_at"])
        before.setdefault((one["reading"], one["detail"]), []).append(span)
    asked = []
    for one in story.asked["backfill"]:
        if one["path"] == "/v2/calls/extensive" and "fromDateTime" in one["body"]["filter"]:
            asked.append((("calls", ""), one["body"]["filter"]))
        elif one["path"] == "/v2/logs":
            asked.append((("logs", one["query"]["logType"]), one["query"]))
    assert {name for (name, _), _ in asked} == {"calls", "logs"}
    for which, given in asked:
        start, end = (
            datetime.fromisoformat(given[name]) for name in ("fromDateTime", "toDateTime")
        )
        assert before[which], f"nothing of {which} was read before"
        for covered in before[which]:
            is_apart = end <= covered[0] or covered[1] <= start
            assert is_apart, f"{which} from {start} to {end} is asked again, covered is {covered}"


def test_what_was_read_and_done_before_stays_on_record(story: Story) -> None:
    now = {one["window_id"] for one in windows_of(story.gong.warehouse)}
    assert not {one["window_id"] for one in story.windows} - now
    runs = story.nights.rows(
        "select command, outcome, requests from gong_ops.runs "
        f"where started_at < '{SECOND}' order by all"
    )
    assert ("sync", "done", 97) in runs
    assert len(runs) == 5, runs


def test_no_row_is_lost_or_doubled(story: Story) -> None:
    """At the same instant nothing has changed in Gong, so all that was there still is."""
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


def test_what_has_not_changed_is_not_landed_again(story: Story) -> None:
    """The account of what was read goes on; of Gong's rows none is written anew."""
    for earlier, later in (("before", "sync"), ("accept", "backfill")):
        written = {
            table: sorted(rows.keys() - story.rows[later][table].keys())
            for table, rows in story.rows[earlier].items()
        }
        assert not any(written.values()), f"written anew by {later}: {written}"
    people = story.live["before"]["user_history"]
    assert story.live["erase"]["user_history"] == people, "nobody has changed"
    assert story.nights.rows("select * from gong_ops.schema_changes") == []


def test_a_question_of_the_earlier_version_is_answered(story: Story) -> None:
    assert f"--accept-deletes {DOUBTED}" in story.told("sync")
    assert "gone from Gong" in story.told("accept")
    assert len(story.nights.marked()) == 2
    assert story.nights.open_alarms() == []
    assert "--accept-deletes" not in story.done["status afterwards"].stdout


def test_the_night_brings_what_is_new(story: Story) -> None:
    assert story.new_call in story.nights.live()
    assert story.new_call in story.nights.column("select call_id from gong_raw.transcripts")


def test_who_was_erased_before_does_not_come_back(story: Story) -> None:
    served = [
        call["metaData"]["started"]
        for call in story.nights.emulator.truth("calls")
        if any(one.get("emailAddress") == ERASED for one in call.get("parties") or ())
    ]
    assert any(HISTORY < datetime.fromisoformat(one) < START for one in served), (
        "the backfill was to meet the person"
    )
    assert held_of(story.gong, ERASED) == {}
    assert held_of(story.gong, ERASED_IN_GONG) == {}


def test_gong_is_not_asked_to_erase_twice(story: Story) -> None:
    assert story.done["confirm"].returncode == 0, story.told("confirm")
    assert counted(story.asked["confirm"]) == {"GET /v2/data-privacy/data-for-email-address": 2}
    states = story.nights.rows("select in_gong from gong_ops.erasures where in_gong is not null")
    assert ("confirmed",) in states


def test_a_person_is_erased_from_what_the_earlier_version_has_landed(story: Story) -> None:
    assert story.done["erase"].returncode == 0, story.told("erase")
    assert story.asked["erase"] == []
    assert any(NEXT in row for row in story.live["backfill"]["call_parties"])
    assert held_of(story.gong, NEXT) == {}


def test_what_is_published_then_is_what_stands_in_the_raw_tables(story: Story) -> None:
    assert story.done["published"].returncode == 0, story.told("published")
    published = story.done["published"].stdout.split()[1:]
    assert sorted(published) == sorted(story.nights.live())


@pytest.mark.slow
def test_the_home_holds_what_a_new_one_holds(story: Story, home: Path) -> None:
    """A home that this version has made of the same company, all at once, on the last night."""
    settings = {"GONG_ELT_ERASURE_KEY": KEY}
    new = nights(story.nights.emulator, home, THIRD, start=HISTORY, settings=settings)
    new.sync("--only", "workspaces")
    for address in (ERASED, ERASED_IN_GONG):
        new.run("erase", "--email", address, "--yes")
    new.sync()
    new.run("erase", "--email", NEXT, "--yes")
    ours, theirs = story.live["erase"].copy(), live_rows(new.gong.warehouse)
    # since when somebody is as they are is known from the first night on
    del ours["user_history"], theirs["user_history"]
    for table in SEEN_ONCE:
        kept, read_again = ours.pop(table), theirs.pop(table)
        assert read_again, table
        assert not read_again.keys() - kept.keys(), f"{table} lacks rows"
    assert len(theirs["calls"]) > 20
    assert differing(ours, theirs) == {}
