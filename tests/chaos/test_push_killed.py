"""A push that is killed at any instant and pushed again sends every row once."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest

from tests.chaos.history import WORLD
from tests.conftest import Emulator, Gong, gong_for

KILLS = 8


def _killed(gong: Gong, file: Path, name: str, seconds: float) -> bool:
    process = gong.start("push", name, "--from", str(file))
    try:
        process.communicate(timeout=seconds)
    except Exception:
        process.kill()
        process.communicate()
        return True
    assert process.returncode == 0
    return False


def _states(gong: Gong) -> dict[str, int]:
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        return dict(
            db.execute("select state, count(*) from gong_ops.pushes group by all").fetchall()
        )


def _interaction(number: int, _: Emulator) -> dict[str, Any]:
    return {
        "eventId": f"event-{number}", "timestamp": "2026-11-19T10:00:00Z", "eventType": "visit",
        "content__contentTitle": f"Page {number}",
    }  # fmt: skip


def _profile(number: int, emulator: Emulator) -> dict[str, Any]:
    return {"workspaceId": emulator.truth("workspaces")[0]["id"], "name": f"Profile {number}"}


STORIES = {
    # Gong rejects an event that it has received before.
    "post-a-digital-interaction": (_interaction, 1000, "reported_events", "eventId"),
    # The push reads the profiles of the workspace before it sends again.
    "create-permission-profile": (_profile, 600, "permission_profiles", "name"),
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", STORIES)
def test_a_push_that_is_killed_sends_nothing_twice_and_loses_nothing(
    emulators: Callable[..., Emulator], tmp_path: Path, name: str
) -> None:
    made, count, kind, key = STORIES[name]
    emulator = emulators("--seed", "400", *WORLD)
    gong = gong_for(tmp_path / "home", emulator)
    rows = [made(number, emulator) for number in range(count)]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    dice, kills = random.Random(400), 0
    while kills < KILLS and _killed(gong, file, name, dice.uniform(0.8, 2.2)):
        kills += 1
    done = gong("push", name, "--from", str(file))
    print(f"{name}: {kills} kills, {len(emulator.requests()):,} requests for {count:,} rows")

    assert done.returncode == 0, done.stderr
    assert kills >= 3
    pushed = {str(row[key]) for row in rows}
    there = [str(entry[key]) for entry in emulator.truth(kind)]
    assert sorted(id_ for id_ in there if id_ in pushed) == sorted(pushed)
    assert _states(gong) == {"done": count}
    assert list(gong.home.glob(".push-*")) == [], "files of killed pushes were left"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_push_of_one_gigabyte_of_media_uses_at_most_200_megabytes_of_memory(
    emulators: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = emulators("--seed", "401", *WORLD)
    gong = gong_for(tmp_path / "home", emulator)
    user = next(
        candidate["id"] for candidate in emulator.truth("users")
        if candidate["active"] and candidate["settings"]["webConferencesRecorded"]
    )  # fmt: skip
    calls = tmp_path / "calls.jsonl"
    call = {
        "clientUniqueId": "large", "actualStart": "2026-11-19T10:00:00Z", "direction": "Inbound",
        "primaryUser": user, "parties": [{"userId": user}],
    }  # fmt: skip
    calls.write_text(json.dumps(call))
    assert gong("push", "add-new-call", "--from", str(calls)).returncode == 0
    [posted] = emulator.truth("uploaded_calls")
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(1_000_000_000)
    media = tmp_path / "media.jsonl"
    media.write_text(json.dumps({"id": posted["callId"], "mediaFile": str(large)}))

    process = gong.start("push", "add-call-media", "--from", str(media))
    pushing, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            peak = max(peak, pushing.memory_info().rss)
        except psutil.NoSuchProcess:
            break
    process.communicate()
    large.unlink()
    print(f"1 GB of media: {peak / 1e6:.0f} MB at most")

    assert process.returncode == 0
    assert emulator.truth("uploaded_calls")[0]["size"] == 1_000_000_000
    assert peak < 200_000_000
