from __future__ import annotations

import stat
from pathlib import Path

import pytest

from warehouse.home import BadHome, find_home, home_of_environment, make_home


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder deep below tmp_path, and a data folder beside it."""
    here = tmp_path / "a" / "b" / "c"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return here


def test_a_home_that_is_named_wins(elsewhere: Path, tmp_path: Path) -> None:
    (elsewhere / ".gong-elt").mkdir()
    assert find_home(str(tmp_path / "x")) == tmp_path / "x"
    assert find_home("relative") == elsewhere / "relative"
    assert find_home("~/x").is_absolute()
    assert "~" not in str(find_home("~/x"))


def test_a_home_is_searched_upward_and_the_nearest_taken(elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / ".gong-elt").mkdir()
    assert find_home() == tmp_path / ".gong-elt"
    (tmp_path / "a" / ".gong-elt").mkdir()
    assert find_home() == tmp_path / "a" / ".gong-elt"


def test_a_file_named_like_the_home_is_passed_over(elsewhere: Path, tmp_path: Path) -> None:
    (elsewhere / ".gong-elt").touch()
    assert find_home() == tmp_path / "data" / "gong-elt"


def test_without_one_the_data_folder_is_taken(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_home() == tmp_path / "data" / "gong-elt"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert find_home() == tmp_path / "me" / ".local" / "share" / "gong-elt"


def test_finding_creates_nothing(elsewhere: Path, tmp_path: Path) -> None:
    find_home()
    assert not (tmp_path / "data").exists()


def test_only_the_owner_can_look_into_the_home(tmp_path: Path) -> None:
    home = tmp_path / "x" / "home"
    make_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    home.chmod(0o755)
    make_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(BadHome, match="GONG_ELT_HOME"):
        make_home(tmp_path / "home")
    with pytest.raises(BadHome):
        make_home(tmp_path / "home" / "below")


def test_a_script_finds_the_home_that_the_environment_names(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GONG_ELT_HOME", raising=False)
    assert home_of_environment() == tmp_path / "data" / "gong-elt"
    monkeypatch.setenv("GONG_ELT_HOME", str(tmp_path / "x"))
    assert home_of_environment() == tmp_path / "x"
