"""Runs that stop early or fail in part lose no row: the next run completes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Emulator, Gong, copy_of, gong_for
from tests.integration.conftest import Company

NOW = "2026-11-20T12:00:00Z"
WORLD = (
    "--seed", "11", "--users", "8", "--calls", "200", "--days", "100", "--now", NOW, "--no-limit",
)  # fmt: skip
LONG_AGO = datetime(2026, 10, 5, tzinfo=UTC)
LONGER = {"GONG_ELT_NOW": NOW, "SOURCES__GONG__START_DATE": LONG_AGO.isoformat()}
"""A span of more than one load package."""
ALL_OF_IT = {"GONG_ELT_NOW": NOW, "SOURCES__GONG__START_DATE": "2026-08-01T00:00:00Z"}
"""A span with more calls than one request for transcripts can name."""
LAST_DAYS = {"GONG_ELT_NOW": NOW, "SOURCES__GONG__START_DATE": "2026-11-10T00:00:00Z"}
"""Start date of tests without a long history; each more day costs requests."""


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*WORLD)


@pytest.fixture(scope="module")
def landed(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Gong:
    """A home after its first sync; tests use copies."""
    gong = gong_for(tmp_path_factory.mktemp("landed") / "home", emulator, GONG_ELT_NOW=NOW)
    done = gong("sync", "--no-transform")
    assert done.returncode == 0, done.stderr
    return gong


def ids(gong: Gong, table: str, column: str = "call_id") -> set[str]:
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        return {
            row[0]
            for row in db.execute(f"select distinct {column} from gong_raw.{table}").fetchall()
        }


def transcribed(emulator: Emulator, gong: Gong) -> set[str]:
    """Returns the ids of the warehouse's calls that have a transcript in Gong."""
    served = {transcript["callId"] for transcript in emulator.truth("transcripts")}
    return served & ids(gong, "calls")


def test_transcripts_that_the_quota_prevented_land_at_the_next_sync(
    emulator: Emulator, home: Path
) -> None:
    gong = gong_for(home, emulator, **LONGER)
    first = gong("sync", "--only", "calls,transcripts", "--max-requests", "5", "--no-transform")
    assert first.returncode == 75, first.stderr
    assert ids(gong, "transcripts") < transcribed(emulator, gong), (
        "the quota prevented no transcript"
    )
    second = gong("sync", "--no-transform")
    assert second.returncode == 0, second.stderr

    assert ids(gong, "transcripts") == transcribed(emulator, gong)
    assert ids(gong, "calls") == {
        call["metaData"]["id"]
        for call in emulator.truth("calls")
        if datetime.fromisoformat(call["metaData"]["started"]) >= LONG_AGO
    }


def test_calls_landed_alone_get_their_transcripts_from_the_first_whole_sync(
    emulator: Emulator, home: Path
) -> None:
    gong = gong_for(home, emulator, **LONGER)
    assert gong("sync", "--only", "calls", "--no-transform").returncode == 0
    assert gong("sync", "--no-transform").returncode == 0

    assert ids(gong, "transcripts") == transcribed(emulator, gong)


def test_a_backfill_without_an_end_keeps_its_span_until_it_is_done(
    emulator: Emulator, landed: Gong, home: Path
) -> None:
    gong = copy_of(landed, home)
    command = ("backfill", "--from", "2026-08-20", "--newest-first", "--no-transform")
    assert gong(*command, "--max-requests", "30").returncode == 75
    second = gong(*command)
    assert second.returncode == 0, second.stderr
    assert "going on with an earlier backfill" in second.stderr
    reviews = {
        review["answeredScorecardId"]
        for review in emulator.truth("answered_scorecards")
        if review["reviewTime"] >= "2026-08-21"
    }

    assert reviews <= ids(gong, "answered_scorecards", "answered_scorecard_id")


def test_a_backfill_of_one_table_does_not_count_for_another(landed: Gong, home: Path) -> None:
    gong = copy_of(landed, home)
    assert (
        gong("backfill", "--from", "2026-10-05", "--only", "calls", "--no-transform").returncode
        == 0
    )
    logs = gong("backfill", "--from", "2026-10-05", "--only", "logs", "--no-transform")
    assert logs.returncode == 0, logs.stderr

    assert " read" in logs.stderr


@pytest.mark.slow
def test_rows_that_landed_before_a_stop_are_published(emulator: Emulator, home: Path) -> None:
    gong = gong_for(home, emulator, **ALL_OF_IT)
    assert gong("sync", "--only", "calls", "--no-transform").returncode == 0
    stopped = gong("sync", "--only", "transcripts", "--max-requests", "1")
    assert stopped.returncode == 75, stopped.stderr
    landed = len(ids(gong, "transcripts"))
    assert landed
    published = gong(
        "query", "select count(*) from gong.fct_calls where has_transcript", "--format", "csv"
    )

    assert published.stdout.split()[-1] == str(landed)


def test_the_marts_of_readable_tables_are_built_although_others_cannot_be_read(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(
        *WORLD, "--without-scope", "api:stats:interaction",
        "--without-scope", "api:stats:user-actions",
        "--without-scope", "api:stats:user-actions:detailed",
    )  # fmt: skip
    gong = gong_for(home, emulator, **LAST_DAYS)
    done = gong("sync")
    assert done.returncode == 0, done.stderr
    counted = gong("query", "select count(*) from gong.fct_calls", "--format", "csv")

    assert int(counted.stdout.split()[-1]) == len(ids(gong, "calls")) > 0


def test_a_start_in_the_future_is_refused_and_not_remembered(
    emulator: Emulator, home: Path
) -> None:
    gong = gong_for(home, emulator, GONG_ELT_NOW=NOW)
    future = gong("sync", env=gong.env | {"SOURCES__GONG__START_DATE": "2027-05-10"})
    assert future.returncode == 2, future.stderr
    assert "lies in the future" in future.stderr
    right = gong("sync", "--only", "calls", "--no-transform")

    assert right.returncode == 0
    assert ids(gong, "calls")


def test_a_build_that_failed_its_tests_is_not_published(company: Company, home: Path) -> None:
    gong = company.copy(home)
    with duckdb.connect(str(gong.warehouse)) as db:
        db.execute("insert into gong_raw.calls select * from gong_raw.calls limit 3")
    assert gong("transform").returncode == 1
    assert gong("publish").returncode == 0
    counted = gong(
        "query", "select count(*) - count(distinct call_id) from gong.fct_calls", "--format", "csv"
    )

    assert counted.stdout.split()[-1] == "0"


@pytest.fixture(scope="module")
def published(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Gong:
    """A home with published users; tests must leave it as it is."""
    gong = gong_for(tmp_path_factory.mktemp("published") / "home", emulator, GONG_ELT_NOW=NOW)
    done = gong("sync", "--only", "users,workspaces")
    assert done.returncode == 0, done.stderr
    return gong


def test_a_sync_of_lists_alone_builds_the_marts_of_these_lists(
    emulator: Emulator, published: Gong
) -> None:
    counted = published("query", "select count(*) from gong.dim_users", "--format", "csv")

    assert counted.stdout.split()[-1] == str(len(emulator.truth("users")))


@pytest.mark.parametrize(
    "name", ["home/warehouse.duckdb", "note.txt", "gong_raw.duckdb", "no/x.db"]
)
def test_a_single_file_never_replaces_another_file(published: Gong, name: str) -> None:
    gong, folder = published, published.home.parent
    (folder / "note.txt").write_text("not a database")
    target = folder / name
    before = target.read_bytes() if target.exists() else None
    done = gong("publish", "--single-file", str(target))

    assert done.returncode == 2, done.stderr
    assert done.stderr.count("error:") == 1
    assert (target.read_bytes() if target.exists() else None) == before


@pytest.mark.parametrize("name", ["it's", "100%", "why?"])
def test_a_home_whose_path_dlt_does_not_support_is_refused_before_any_request(
    emulator: Emulator, tmp_path: Path, name: str
) -> None:
    gong = gong_for(tmp_path / name, emulator)
    emulator.forget_requests()
    done = gong("sync")

    assert done.returncode == 2, done.stderr
    assert "in its path" in done.stderr
    assert emulator.requests() == []


@pytest.mark.parametrize("name", ["parts.json", "status.json"])
def test_a_damaged_state_file_is_written_again(published: Gong, name: str) -> None:
    (file,) = published.home.rglob(name)
    file.write_text("{")
    assert published("sync", "--only", "users").returncode == 0

    assert published("status").returncode == 0
    assert file.read_text() != "{"


def test_a_demo_does_not_clear_a_home_after_a_real_sync(emulator: Emulator, home: Path) -> None:
    home.mkdir()
    (home / "this-is-a-demo").touch()
    gong = gong_for(home, emulator, GONG_ELT_NOW=NOW)
    assert gong("sync", "--only", "users", "--no-transform").returncode == 0
    done = gong("demo")

    assert done.returncode == 2, done.stderr
    assert gong.warehouse.exists()
