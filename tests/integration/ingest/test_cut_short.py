"""Runs that the quota cuts short lose no row, mark no row as deleted, and come to an end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Emulator, Gong, gong_for
from tests.harness.landed import connect

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
LAST_DAYS = {"SOURCES__GONG__START_DATE": "2026-11-05T00:00:00Z"}
"""Start date of tests without a long history; each more day costs requests."""


def rows(gong: Gong, sql: str) -> list[tuple[Any, ...]]:
    with connect(gong.warehouse) as db:
        return db.execute(sql).fetchall()


def start(emulators: Callable[..., Emulator], *more: str) -> Emulator:
    return emulators("--seed", "5", "--days", "80", "--no-limit", "--now", NOW.isoformat(), *more)


@pytest.mark.slow
def test_a_backfill_that_was_cut_short_reads_the_access_to_its_calls_later(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = start(emulators, "--users", "10", "--calls", "900")
    gong = gong_for(home, emulator, GONG_ELT_NOW=NOW.isoformat())
    only = ("--only", "calls,call_user_access,crm_objects", "--no-transform")
    assert gong("sync", *only).returncode == 0
    command = ("backfill", "--from", "2026-08-20", *only)
    codes = []
    for _ in range(12):
        codes.append(gong(*command, "--max-requests", "16").returncode)
        if codes[-1] == 0:
            break
    assert codes[-1] == 0, codes
    assert codes[0] == 75, "it was cut short at least once"
    assert rows(gong, "select count(*) from gong_raw.calls") == [(len(emulator.truth("calls")),)]
    landed = set(rows(gong, "select call_id, user_id from gong_raw.call_user_access"))
    assert landed == {(grant["callId"], grant["userId"]) for grant in emulator.truth("call_access")}


def test_a_removed_flow_is_marked_although_a_user_has_joined(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = start(emulators, "--users", "12", "--calls", "30")
    gong = gong_for(home, emulator, **LAST_DAYS)

    done = gong("sync", "--no-transform", env={"GONG_ELT_NOW": NOW.isoformat()})
    assert done.returncode == 0, done.stderr
    emulator.change("add_user", fields={"emailAddress": "new@acme-seller.example", "active": True})
    for days in (3, 7):
        now = NOW + timedelta(days=days)
        emulator.set_clock(now)
        if days == 7:
            gone = rows(gong, "select min(flow_id) from gong_raw.flow_steps")[0][0]
            emulator.change("remove_flow", id=gone)
        done = gong("sync", "--no-transform", env={"GONG_ELT_NOW": now.isoformat()})
        assert done.returncode == 0, done.stderr
    for table in ("flows", "flow_visibility", "flow_steps"):
        live = f"select count(*) from gong_raw.{table} where flow_id = '{gone}'"
        assert rows(gong, live)[0][0] > 0
        assert rows(gong, live + " and _deleted_at is null") == [(0,)], table


def test_a_call_that_becomes_private_is_marked_if_private_calls_are_dropped(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = start(emulators, "--users", "8", "--calls", "200")
    gong = gong_for(home, emulator, SOURCES__GONG__PRIVATE_CALLS="drop", **LAST_DAYS)
    assert gong("sync", "--no-transform", env={"GONG_ELT_NOW": NOW.isoformat()}).returncode == 0
    call_id = rows(gong, "select max_by(call_id, started_at) from gong_raw.calls")[0][0]
    emulator.change("edit_call", id=call_id, metaData={"isPrivate": True})
    later = (NOW + timedelta(hours=1)).isoformat()
    done = gong("sync", "--no-transform", env={"GONG_ELT_NOW": later})
    assert done.returncode == 0, done.stderr
    [(deleted_at,)] = rows(
        gong, f"select _deleted_at from gong_raw.calls where call_id = '{call_id}'"
    )
    assert deleted_at is not None


@pytest.mark.slow
def test_a_weekly_lookback_that_exceeds_a_night_continues_in_the_next(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    """A night must not begin the lookback from the start again, or none would end."""
    emulator = start(emulators, "--users", "20", "--calls", "300", "--without-engage")
    gong = gong_for(home, emulator, SOURCES__GONG__COMPANY_TIME_ZONE=emulator.time_zone)
    codes = []
    for night in range(12):
        now = NOW + timedelta(days=night)
        emulator.set_clock(now)
        emulator.forget_requests()
        limit = () if night == 0 else ("--max-requests", "150")
        done = gong("sync", "--no-transform", *limit, env={"GONG_ELT_NOW": now.isoformat()})
        codes.append((done.returncode, len(emulator.requests())))
    nights = [code for code, _ in codes]
    assert nights[:7] == [0] * 7, codes
    assert 75 in nights[7:], ("no night exceeded its requests", codes)
    assert nights[-1] == 0, codes
