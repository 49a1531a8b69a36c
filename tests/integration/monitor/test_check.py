"""`check` reports the streams that a sync would skip, with one request per scope."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.monitor.scope_probes import UNSTATED, probes, scopes_of, tables_by_scope
from sources.gong.api.operations import reads
from sources.gong.schema.tables import STREAMS, TABLES
from tests.conftest import Emulator, Gong, gong_for
from tests.harness.scripted_server import Answer, json_answer, refused, serving

KEY = {
    "SOURCES__GONG__ACCESS_KEY": "the-key",
    "SOURCES__GONG__ACCESS_KEY_SECRET": "the-secret",
    "SOURCES__GONG__REQUESTS_PER_SECOND": "0",
}
NOW = "2026-11-10T15:00:00+00:00"
LAST_DAYS = {"SOURCES__GONG__START_DATE": "2026-11-05T00:00:00Z"}
MISSING = (
    "api:users:read",
    "api:coaching:read",
    "api:logs:read",
    "api:calls:read:media-url",
    "api:crm:schema",
    "api:call-user-access:read",
    "api:permission-profile:read",
)


def table_of_scopes(output: str) -> dict[str, tuple[str, str]]:
    """Returns state and tables by scope, from the output of `check`."""
    by_scope = {}
    for line in output.split("\n\n")[0].splitlines()[1:]:
        match = re.match(
            r"(\S+|\(.*?\)) +(ok|missing|not licensed|withdrawn|no answer) +(.*)", line
        )
        assert match, line
        by_scope[match[1]] = (match[2], match[3])
    return by_scope


def start(emulators: Callable[..., Emulator], *more: str) -> Emulator:
    return emulators(
        "--users", "12", "--calls", "40", "--days", "10", "--seed", "5", "--no-limit",
        "--now", NOW, *more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def poor(emulators: Callable[..., Emulator]) -> Emulator:
    without = [word for scope in MISSING for word in ("--without-scope", scope)]
    return start(emulators, *without, "--without-engage", "--without-meetings",
                 "--without-manual-associations")  # fmt: skip


@pytest.fixture(scope="module")
def gong(poor: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Gong:
    return gong_for(tmp_path_factory.mktemp("check") / "home", poor, **LAST_DAYS)


def test_check_tries_every_scope_of_a_read_and_lists_every_table_once() -> None:
    from datetime import UTC, datetime

    needed = {scope for row in reads() for scope in scopes_of(row.operation_id)}
    assert probes(datetime.now(UTC)).keys() == needed
    counts = Counter(name for names in tables_by_scope().values() for name in names)
    assert all(counts[t.name] == 1 for t in TABLES if t.operation)


def test_check_and_sync_report_the_same_streams_for_a_key_without_scopes(
    poor: Emulator, gong: Gong
) -> None:
    poor.forget_requests()
    checked = gong("check", env={"GONG_ELT_NOW": NOW})
    assert checked.returncode == 0, checked.stderr
    requests = poor.requests()
    states = table_of_scopes(checked.stdout)
    assert len(requests) == len(states), "not one request per scope"
    missing = {scope for scope, (state, _) in states.items() if state == "missing"}
    assert missing == {*MISSING, UNSTATED} - {"api:permission-profile:read"}
    assert states["api:flows:read"][0] == states["api:tasks:read"][0] == "not licensed"
    assert states["api:meetings:integration:status"][0] == "not licensed"
    assert states["api:crm-calls:manual-association:read"][0] == "withdrawn"
    assert states["api:calls:read:extensive"] == ("ok", "calls")

    synced = gong("sync", "--no-transform", env={"GONG_ELT_NOW": NOW})
    assert synced.returncode == 0, "a missing scope made the sync fail"
    warnings = {
        match[1]: match[2]
        for line in synced.stderr.splitlines()
        if (match := re.match(r"warning: (\w+): (.*)", line))
    }
    closed = {
        name.strip(): state
        for state, names in states.values()
        if state != "ok"
        for name in names.partition("  (")[0].split(",")
    }
    # A table without a stream of its own is skipped with the stream that fills it.
    own = closed.keys() & STREAMS
    assert own <= warnings.keys(), "a stream that check reports as closed has no warning"
    for name in own:
        if closed[name] == "missing":
            assert re.search(r"scope api:[a-z:-]+", warnings[name]), warnings[name]
    # Child streams of users are skipped with them, with a reason.
    for name in ("user_settings_history", "permission_profile_users"):
        assert "api:users:read" in warnings[name] or "api:permission-profile:read" in warnings[name]
    with_rows = {
        line.split()[0]
        for line in gong("status").stdout.splitlines()
        if re.match(r"\w+ +[\d,]+  ", line) and line.split()[1] != "0"
    }
    assert {"calls", "transcripts", "answered_scorecards", "library_folders", "briefs"} <= with_rows
    assert not with_rows & own


def test_a_named_stream_without_its_scope_is_a_failure(gong: Gong) -> None:
    done = gong("sync", "--no-transform", "--only", "logs", env={"GONG_ELT_NOW": NOW})
    assert done.returncode == 1
    assert "api:logs:read" in done.stderr


@pytest.mark.parametrize("surface", ["engage", "meetings"])
def test_unlicensed_surfaces_cost_one_request_each(
    emulators: Callable[..., Emulator], tmp_path: Path, surface: str
) -> None:
    emulator = start(emulators, f"--without-{surface}")
    done = gong_for(tmp_path / "home", emulator, **LAST_DAYS)(
        "sync", "--no-transform", env={"GONG_ELT_NOW": NOW}
    )
    assert done.returncode == 0, done.stderr
    prefixes = {"engage": ("/v2/flows", "/v2/tasks"), "meetings": ("/v2/meetings",)}[surface]
    tried = Counter(r["path"] for r in emulator.requests() if r["path"].startswith(prefixes))
    assert tried, "no request was sent"
    assert set(tried.values()) == {1}, tried
    assert "licence" in done.stderr


def test_a_wrong_key_is_reported_after_one_request(
    emulators: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = start(emulators)
    gong = gong_for(tmp_path / "home", emulator, SOURCES__GONG__ACCESS_KEY_SECRET="wrong")
    done = gong("check")
    assert done.returncode == 2
    assert "SOURCES__GONG__ACCESS_KEY_SECRET" in done.stderr
    assert len(emulator.requests()) == 1


@pytest.mark.parametrize("command", ["check", "plan"])
def test_the_wrong_host_and_the_spent_quota_end_a_look_as_they_end_a_sync(
    home: Path, command: str
) -> None:
    moved = Answer(302, b"", {"Location": "https://us-1.gong.example/v2/users"})
    with serving([moved]) as server:
        gong = gong_for(home, None, **KEY, SOURCES__GONG__BASE_URL=server.url)
        wrong = gong(command)
        # that request was the one of the day
        spent = gong(command, env={"SOURCES__GONG__REQUESTS_PER_DAY": "1"})
    assert len(server.requests) == 1
    assert wrong.returncode == 2
    assert "us-1.gong.example" in wrong.stderr
    assert spent.returncode == 75
    assert "1 of 1 in the last 24 hours" in spent.stderr


def test_a_wait_of_decades_ends_a_command_with_75_and_is_lifted_by_one_that_asks_again(
    home: Path,
) -> None:
    answers = [refused(429, "", Retry_After="1000000000"), json_answer(200, {"users": []})]
    with serving(answers) as server:
        gong = gong_for(home, None, **KEY, SOURCES__GONG__BASE_URL=server.url)
        first, again = gong("check"), gong("check")
        asked = len(server.requests)
        lifted = gong("check", "--lift-pause")
    assert (first.returncode, again.returncode, asked) == (75, 75, 1)
    assert "86400 s or longer" in first.stderr
    assert "gong-elt check --lift-pause" in again.stderr
    assert lifted.returncode == 0, lifted.stderr
    assert "the wait that Gong has asked for is lifted" in lifted.stderr
