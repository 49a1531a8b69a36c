"""Deleted rows are marked at the next sync, and returned rows are unmarked.

If too many rows are missing, no row is marked until a person accepts it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Emulator, Gong, copy_of, gong_for
from tests.harness.landed import connect

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


class DeletionStory:
    """A company and a home that is synced repeatedly."""

    def __init__(self, emulator: Emulator, gong: Gong) -> None:
        self.emulator, self.gong, self.now = emulator, gong, NOW

    def change(self, **what: Any) -> dict[str, Any]:
        return self.emulator.change(**what)

    def truth(self, kind: str) -> list[dict[str, Any]]:
        return self.emulator.truth(kind)

    def sync(self, *arguments: str, after: timedelta = HOUR, expected: int = 0) -> str:
        self.now += after
        self.emulator.set_clock(self.now)
        done = self.gong(
            "sync", "--no-transform", *arguments, env={"GONG_ELT_NOW": self.now.isoformat()}
        )
        assert done.returncode == expected, done.stderr
        return done.stderr

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with connect(self.gong.warehouse) as db:
            return db.execute(sql).fetchall()

    def deleted(self, table: str, *key: str) -> set[Any]:
        rows = self.rows(
            f"select {', '.join(key)} from gong_raw.{table} where _deleted_at is not null"
        )
        return {row[0] if len(key) == 1 else row for row in rows}


COMPANY = (
    "--seed", "11", "--users", "30", "--calls", "260", "--days", "30", "--workspaces", "2",
    "--future-days", "12", "--no-limit", "--now", NOW.isoformat(),
)  # fmt: skip


@pytest.fixture(scope="module")
def landed(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> DeletionStory:
    """The company after its first sync; tests use copies."""
    emulator = emulators(*COMPANY)
    story = DeletionStory(emulator, gong_for(tmp_path_factory.mktemp("gone") / "home", emulator))
    story.sync()
    return story


def copy(landed: DeletionStory, emulators: Callable[..., Emulator], home: Path) -> DeletionStory:
    """Returns the unchanged company and a copy of its home."""
    emulator = emulators(*COMPANY)
    gong = copy_of(landed.gong, home)
    gong.env["SOURCES__GONG__BASE_URL"] = emulator.base_url
    story = DeletionStory(emulator, gong)
    story.now = landed.now
    emulator.set_clock(story.now)
    return story


@pytest.fixture(scope="module")
def story(
    landed: DeletionStory,
    emulators: Callable[..., Emulator],
    tmp_path_factory: pytest.TempPathFactory,
) -> DeletionStory:
    """A company of which each test changes another part, in any order."""
    return copy(landed, emulators, tmp_path_factory.mktemp("story") / "home")


@pytest.fixture
def doomed(landed: DeletionStory, emulators: Callable[..., Emulator], home: Path) -> DeletionStory:
    """A company of a single test, which may remove all of it."""
    return copy(landed, emulators, home)


def recent(story: DeletionStory, days: int) -> list[str]:
    since = (story.now - timedelta(days=days)).isoformat()
    return [
        row[0]
        for row in story.rows(
            "select call_id from gong_raw.calls where _deleted_at is null and "
            f"started_at > '{since}' order by started_at"
        )
    ]


def test_a_deleted_call_is_marked_and_a_returned_one_unmarked(story: DeletionStory) -> None:
    gone = recent(story, 5)[0]
    already = story.deleted("calls", "call_id")
    before = story.rows(
        f"select * exclude (_deleted_at, _loaded_at, _dlt_load_id) "
        f"from gong_raw.calls where call_id = '{gone}'"
    )
    story.change(do="delete_call", id=gone)
    stderr = story.sync()
    assert re.search(r"calls\s+1 gone from Gong", stderr), stderr
    assert story.deleted("calls", "call_id") == already | {gone}
    after = story.rows(
        f"select * exclude (_deleted_at, _loaded_at, _dlt_load_id) "
        f"from gong_raw.calls where call_id = '{gone}'"
    )
    assert after == before, "more than the mark has changed"
    story.change(do="restore_call", id=gone)
    story.sync("--only", "calls")
    assert story.deleted("calls", "call_id") == already


def test_a_call_that_has_moved_is_read_by_id_and_not_marked(story: DeletionStory) -> None:
    moved = recent(story, 5)[1]
    far = (story.now - timedelta(days=200)).isoformat()
    story.change(do="edit_call", id=moved, metaData={"started": far, "scheduled": far})
    story.emulator.forget_requests()
    story.sync()
    by_id = [
        r["body"]["filter"]["callIds"]
        for r in story.emulator.requests()
        if r["path"] == "/v2/calls/extensive" and "callIds" in r["body"]["filter"]
    ]
    assert by_id == [[moved]]
    assert moved not in story.deleted("calls", "call_id")
    (row,) = story.rows(f"select started_at from gong_raw.calls where call_id = '{moved}'")
    assert row[0] == datetime.fromisoformat(far)


def test_a_user_who_leaves_is_marked_and_the_history_ends(story: DeletionStory) -> None:
    leaver = [u["id"] for u in story.truth("users") if u["active"] and u["managerId"]][-1]
    story.change(do="remove_user", id=leaver)
    story.sync()
    assert story.deleted("users", "user_id") == {leaver}
    (row,) = story.rows(f"select valid_to_at from gong_raw.user_history where user_id = '{leaver}'")
    assert row[0] == story.now
    profiles = story.rows(
        f"select count(*) from gong_raw.permission_profile_users where user_id = '{leaver}' "
        "and _deleted_at is null"
    )
    assert profiles == [(0,)]
    # Flows are read once a week.
    story.sync(after=timedelta(days=7))
    views = story.rows(
        f"select count(*) from gong_raw.flow_visibility where user_id = '{leaver}' "
        "and _deleted_at is null"
    )
    assert views == [(0,)]


def test_the_history_of_a_user_gets_a_version_per_observed_change(story: DeletionStory) -> None:
    user = next(u for u in story.truth("users") if u["active"] and u["title"] != "Boss")
    story.change(do="edit_user", id=user["id"], fields={"title": "Boss"})
    story.sync("--only", "users")
    changed_at = story.now
    story.change(do="edit_user", id=user["id"], fields={"phoneNumber": "+1-555-0000"})
    story.sync("--only", "users")
    versions = story.rows(
        "select title, valid_from_at, valid_to_at from gong_raw.user_history "
        f"where user_id = '{user['id']}' order by valid_from_at"
    )
    assert [row[0] for row in versions] == [user["title"], "Boss"]
    assert versions[0][2] == versions[1][1] == changed_at
    assert versions[1][2] is None


def test_rows_removed_from_a_folder_and_from_a_profile_are_marked(story: DeletionStory) -> None:
    contents = story.truth("library_folder_calls")
    folder = contents[0]["folderId"]
    inside = {c["id"] for c in contents if c["folderId"] == folder}
    for call_id in inside:
        story.change(do="remove_folder_call", folderId=folder, callId=call_id)
    member = story.truth("permission_profile_users")[0]
    story.change(do="remove_profile_user", profileId=member["profileId"], userId=member["id"])
    profile = story.truth("permission_profiles")[-1]
    story.change(do="remove_profile", id=profile["id"])
    story.sync()
    in_folder = {
        key[1]
        for key in story.deleted("library_folder_calls", "folder_id", "call_id")
        if key[0] == folder
    }
    assert in_folder == inside
    assert (member["profileId"], member["id"]) in story.deleted(
        "permission_profile_users", "profile_id", "user_id"
    )
    assert profile["id"] in story.deleted("permission_profiles", "profile_id")
    assert story.rows(
        f"select count(*) from gong_raw.permission_profile_users where profile_id = "
        f"'{profile['id']}' and _deleted_at is null"
    ) == [(0,)]


def test_a_revoked_access_is_marked(story: DeletionStory) -> None:
    call_id = recent(story, 6)[0]
    user_id = next(u["id"] for u in story.truth("users") if u["active"])
    story.change(do="add_call_access", callId=call_id, userId=user_id)
    story.sync("--only", "calls,call_user_access")
    assert (call_id, user_id) not in story.deleted("call_user_access", "call_id", "user_id")
    story.change(do="remove_call_access", callId=call_id, userId=user_id)
    story.sync()
    assert (call_id, user_id) in story.deleted("call_user_access", "call_id", "user_id")


def test_single_calls_are_read_again_by_id(story: DeletionStory) -> None:
    old = story.rows("select call_id from gong_raw.calls order by started_at limit 1")[0][0]
    story.change(do="edit_call", id=old, metaData={"title": "Found again"})
    story.emulator.forget_requests()
    story.sync("--only", "calls", "--ids", old)
    assert story.rows(f"select title from gong_raw.calls where call_id = '{old}'") == [
        ("Found again",)
    ]
    assert len(story.emulator.requests()) == 1
    story.change(do="delete_call", id=old)
    story.sync("--only", "calls", "--ids", old)
    assert old in story.deleted("calls", "call_id")


def test_too_many_missing_calls_are_not_marked_until_they_are_accepted(
    doomed: DeletionStory,
) -> None:
    already = doomed.deleted("calls", "call_id")
    lookback = recent(doomed, 7)
    assert len(lookback) > 25
    for call_id in lookback:
        doomed.change(do="delete_call", id=call_id)
    stderr = doomed.sync(expected=1)
    assert "--accept-deletes calls:" in stderr
    assert "Nothing was marked" in stderr
    assert doomed.deleted("calls", "call_id") == already
    command = re.search(r"--accept-deletes (\S+)", stderr)
    assert command
    doomed.sync("--accept-deletes", command[1])
    assert doomed.deleted("calls", "call_id") == already | set(lookback)


def test_missing_users_are_not_marked_until_they_are_accepted(doomed: DeletionStory) -> None:
    marked = doomed.deleted("users", "user_id")
    for user in doomed.truth("users"):
        doomed.change(do="remove_user", id=user["id"])
    stderr = doomed.sync("--only", "users", expected=1)
    assert "--accept-deletes users" in stderr
    assert doomed.deleted("users", "user_id") == marked
    doomed.sync("--only", "users", "--accept-deletes", "users")
    assert doomed.rows("select count(*) from gong_raw.users where _deleted_at is null") == [(0,)]
    assert doomed.rows("select count(*) from gong_raw.user_history where valid_to_at is null") == [
        (0,)
    ]


def test_home_is_private(story: DeletionStory) -> None:
    assert Path(story.gong.home).stat().st_mode & 0o077 == 0
