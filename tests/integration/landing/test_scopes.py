"""A key without some scopes: the other streams land, and the missing scopes are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.conftest import Emulator, gong_for

NOW = "2026-11-20T12:00:00Z"
WORLD = (
    "--seed", "3", "--users", "6", "--calls", "60", "--days", "10", "--no-limit", "--now", NOW,
)  # fmt: skip
LAST_DAYS = {"GONG_ELT_NOW": NOW, "SOURCES__GONG__START_DATE": "2026-11-15T00:00:00Z"}


def test_a_missing_scope_skips_its_tables_and_names_itself(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(*WORLD, "--without-scope", "api:logs:read")
    gong = gong_for(home, emulator, **LAST_DAYS)
    done = gong("sync", "--no-transform")

    assert done.returncode == 0, done.stderr
    assert "warning: logs: The key lacks the scope api:logs:read" in done.stderr
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        [(calls,)] = db.execute("select count(*) from gong_raw.calls").fetchall()
        [(windows,)] = db.execute(
            "select count(*) from gong_ops.windows where stream = 'logs'"
        ).fetchall()

    assert calls > 0
    assert windows == 0


def test_a_missing_scope_of_a_stream_named_in_only_is_a_failure(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(*WORLD, "--without-scope", "api:logs:read")

    assert (
        gong_for(home, emulator, **LAST_DAYS)("sync", "--only", "logs", "--no-transform").returncode
        == 1
    )


def test_without_the_scope_for_media_calls_land_with_unknown_media(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(*WORLD, "--without-scope", "api:calls:read:media-url")
    gong = gong_for(home, emulator, **LAST_DAYS)
    done = gong("sync", "--only", "calls", "--no-transform")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        kept = db.execute("select distinct has_audio, has_video from gong_raw.calls").fetchall()
        [(extras,)] = db.execute(
            "select count(*) from gong_raw.calls where extra like '%notAsked%'"
        ).fetchall()

    assert kept == [(None, None)]
    assert extras == 0


def test_without_stats_scopes_the_message_names_the_setting_of_the_time_zone(
    emulators: Callable[..., Emulator], home: Path
) -> None:
    emulator = emulators(
        *WORLD,
        "--without-scope",
        "api:stats:interaction",
        "--without-scope",
        "api:stats:user-actions",
    )
    gong = gong_for(home, emulator, **LAST_DAYS)
    done = gong("sync", "--no-transform")

    assert done.returncode == 0, done.stderr
    assert "SOURCES__GONG__COMPANY_TIME_ZONE" in done.stderr
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        read = {row[0] for row in db.execute("select stream from gong_ops.windows").fetchall()}

    assert "calls" in read
    assert not read & {"answered_scorecards", "activity_by_period", "interaction_stats"}


def test_a_backfill_loads_the_access_of_calls_after_its_scope_is_granted(
    emulators: Callable[..., Emulator], home: Path, tmp_path: Path
) -> None:
    emulator = emulators(*WORLD)
    gong = gong_for(home, emulator, **LAST_DAYS)
    few = ("--only", "calls,call_user_access", "--no-transform")
    emulator.fault("missing_scope", operation="POST /v2/calls/users-access")
    assert gong("sync", *few).returncode == 1
    assert _access(gong.warehouse) == []
    emulator.clear_faults()
    whole = gong_for(tmp_path / "whole", emulator, **LAST_DAYS)
    assert whole("sync", *few).returncode == 0

    done = gong("backfill", "--only", "call_user_access", "--from", "2026-11-15", "--no-transform")

    assert done.returncode == 0, done.stderr
    assert _access(gong.warehouse) == _access(whole.warehouse) != []


def _access(warehouse: Path) -> list[tuple[str, str]]:
    with duckdb.connect(str(warehouse), read_only=True) as db:
        return db.execute(
            "select call_id, user_id from gong_raw.call_user_access order by all"
        ).fetchall()
