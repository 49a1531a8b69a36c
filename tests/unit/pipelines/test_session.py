from __future__ import annotations

import io
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.console import Console
from pipelines.session import DEMO_MARKER, open_session, refrozen, write_private
from sources.gong.api.auth import IncompleteCredentials


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ACCESS_KEY", "ACCESS_KEY_SECRET", "ACCESS_TOKEN", "CLIENT_ID"):
        monkeypatch.delenv(f"SOURCES__GONG__{name}", raising=False)
    for name in ("GONG_ELT_WAREHOUSE", "GONG_ELT_NOW"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GONG_ELT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def console() -> Console:
    return Console(stream=io.StringIO())


def test_a_session_makes_its_home_for_the_owner_alone(home: Path) -> None:
    session = open_session(console(), needs_gong=False)
    assert session.home == home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert session.started_at.microsecond == 0


def test_without_credentials_nothing_is_made(home: Path) -> None:
    with pytest.raises(IncompleteCredentials):
        open_session(console(), needs_gong=True)
    assert not home.exists()


def test_a_home_with_real_data_loses_its_demo_marker(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__GONG__ACCESS_TOKEN", "t")
    home.mkdir()
    (home / DEMO_MARKER).touch()
    open_session(console(), needs_gong=True, is_demo=True)
    assert (home / DEMO_MARKER).exists()
    open_session(console(), needs_gong=True)
    assert not (home / DEMO_MARKER).exists()


def test_the_present_is_frozen_again_unless_the_settings_fix_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(console(), needs_gong=False)
    assert session.home == home
    assert refrozen(session).started_at >= session.started_at
    monkeypatch.setenv("GONG_ELT_NOW", "2026-11-22T06:00:00Z")
    fixed = open_session(console(), needs_gong=False)
    assert refrozen(fixed) is fixed
    assert fixed.started_at == datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert timedelta() <= fixed.clock() - fixed.started_at < timedelta(minutes=1)


def test_a_private_file_is_replaced_in_one_rename(tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    write_private(file, "1")
    write_private(file, "2")
    assert file.read_text() == "2"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="a clock of Linux alone")
def test_the_clock_of_a_run_counts_the_hours_in_which_the_machine_slept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(console(), needs_gong=False)
    awake, asleep = time.clock_gettime, timedelta(hours=13)

    def clock_gettime(clock: int) -> float:
        # the monotonic clock stands still during a suspension, the boot clock does not
        counted = asleep.total_seconds() if clock == time.CLOCK_BOOTTIME else 0.0
        return awake(clock) + counted

    before = session.clock()
    monkeypatch.setattr(time, "clock_gettime", clock_gettime)
    assert asleep <= session.clock() - before < asleep + timedelta(minutes=1)
