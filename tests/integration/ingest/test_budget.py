"""All processes share one request budget: together they keep within Gong's limits.

A sync that starts beside a long backfill goes first.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Emulator, Gong, gong_for

NOW = datetime.fromisoformat("2026-11-20T12:00:00Z")
COMPANY = (
    "--seed",
    "5",
    "--users",
    "8",
    "--calls",
    "900",
    "--days",
    "300",
    "--now",
    NOW.isoformat(),
)
CAP = 40


def limited(home: Path, emulator: Emulator, per_second: int, per_day: int, now: datetime) -> Gong:
    return gong_for(
        home,
        emulator,
        GONG_ELT_NOW=now.isoformat(),
        SOURCES__GONG__REQUESTS_PER_SECOND=str(per_second),
        SOURCES__GONG__REQUESTS_PER_DAY=str(per_day),
    )


def slices(gong: Gong) -> list[tuple[datetime, datetime]]:
    """Returns start and load time of the windows of calls that a backfill has loaded."""
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        return db.execute(
            "select start_at, loaded_at from gong_ops.windows where stream = 'calls' "
            "and kind = 'backfill' order by loaded_at, start_at"
        ).fetchall()


def test_a_sync_beside_a_long_backfill_finishes_first_and_both_keep_to_three_a_second(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(*COMPANY, "--requests-per-second", "3")
    gong = limited(home, emulator, 3, 10_000, NOW)
    tables = ("--only", "calls,users,logs", "--no-transform")
    assert gong("sync", *tables).returncode == 0
    backfill = gong.start("backfill", "--from", "2026-02-01", *tables)
    try:
        until = time.monotonic() + 120
        while "slice" not in gong("status").stdout:
            assert time.monotonic() < until, "the backfill never began"
            assert backfill.poll() is None, backfill.communicate()
        refused = gong("sync", "--no-wait", *tables)
        done = gong("sync", *tables)
        is_running = backfill.poll() is None
        status = gong("status").stdout
        while "running: nothing" in status and backfill.poll() is None:
            # The backfill has not locked the warehouse again yet.
            status = gong("status").stdout
    finally:
        output, _ = backfill.communicate(timeout=200)

    assert refused.returncode == 75
    assert refused.stderr.count("error:") == 1
    assert "`gong-elt backfill` (process" in refused.stderr
    assert "--no-wait" in refused.stderr
    assert done.returncode == 0, done.stderr
    assert is_running, "the backfill finished before the sync"
    assert re.search(r"running: backfill \(process \d+", status), status
    assert backfill.returncode == 0, output
    assert "it goes first" in output
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        counted = db.execute("select count(distinct call_id), count(*) from gong_raw.calls")
        ids, rows = counted.fetchone() or (None, None)
    served = [call for call in emulator.truth("calls") if call["metaData"]["started"] >= "2026-02"]
    assert ids == rows == len(served)
    limits = emulator.limits()
    assert limits["requests"] > 30
    assert limits["busiest_second"] <= 3, limits
    assert limits["refused_by_second"] == 0


def test_a_backfill_stops_when_the_daily_quota_is_used_and_continues_the_next_day(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(*COMPANY, "--requests-per-second", "1000", "--requests-per-day", str(CAP))
    command = (
        "backfill", "--from", "2026-04-01", "--to", "2026-11-01", "--no-transform",
        "--only", "calls,transcripts,logs,call_user_access",
    )  # fmt: skip
    now, days, message = NOW, 0, ""
    done_before: list[tuple[datetime, datetime]] = []
    while True:
        days += 1
        assert days < 12, message
        gong = limited(home, emulator, 0, CAP, now)
        emulator.forget_requests()
        run = gong(*command)
        message = run.stderr
        done = slices(gong)
        assert done[: len(done_before)] == done_before, "what was done was read again"
        if run.returncode == 0:
            break
        assert run.returncode == 75, message
        assert f"{CAP} of {CAP} in the last 24 hours" in message
        assert len(emulator.requests()) <= CAP
        assert len(done) > len(done_before), "a day loaded no window"
        assert "backfill not done" in gong("status").stdout
        done_before = done
        now += timedelta(days=1, minutes=1)
        emulator.set_clock(now)

    assert days > 2, "the cap did not stop the backfill"
    assert "backfill not done" not in gong("status").stdout
    limits = emulator.limits()
    assert limits["busiest_day"] <= CAP
    assert limits["refused_by_day"] == 0
    expected = {
        call["metaData"]["id"]
        for call in emulator.truth("calls")
        if "2026-04-01T05:00" <= call["metaData"]["started"] < "2026-10-31T23"
    }
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        landed = {row[0] for row in db.execute("select call_id from gong_raw.calls").fetchall()}
        asked = db.execute("select count(*) from gong_raw._transcript_asks").fetchone()
    assert expected <= landed
    assert asked == (len(landed),)


@pytest.mark.slow
@pytest.mark.parametrize("reserve", [15])
def test_a_backfill_leaves_its_reserve_for_the_nightly_sync(
    emulators: Callable[..., Emulator], home: Path, reserve: int
) -> None:
    emulator = emulators(*COMPANY, "--requests-per-second", "1000", "--requests-per-day", str(CAP))
    gong = limited(home, emulator, 0, CAP, NOW)
    stopped = gong(
        "backfill", "--from", "2026-02-01", "--to", "2026-11-01", "--no-transform",
        "--reserve", str(reserve),
    )  # fmt: skip
    assert stopped.returncode == 75, stopped.stderr
    assert len(emulator.requests()) == CAP - reserve
    second = gong(
        "backfill", "--from", "2026-02-01", "--to", "2026-11-01", "--no-transform",
        "--reserve", str(reserve),
    )  # fmt: skip
    assert second.returncode == 75, "the quota of the day was not used"
    assert len(emulator.requests()) == CAP - reserve
    assert f"{reserve} of them kept for others" in stopped.stderr
    night = gong("sync", "--only", "calls,users", "--no-transform")

    assert night.returncode == 0, night.stderr
    assert emulator.limits()["refused_by_day"] == 0
