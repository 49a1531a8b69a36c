from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse.home import BadHome, find_home, make_home
from warehouse.target import BadWarehouse, Target, make_folder, target


def as_nobody(act: Callable[[], object]) -> str:
    """Does something without the rights of root and returns what it raised, as text."""
    stream, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            act()
            code = 0
        except Exception as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(code)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(stream) as told:
        return told.read()


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that everybody can see and nobody but root can write."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


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


def test_a_file_of_that_name_is_no_home(elsewhere: Path, tmp_path: Path) -> None:
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


def test_a_home_that_cannot_be_created_is_refused(closed: Path) -> None:
    assert as_nobody(lambda: make_home(closed / "home")).startswith("BadHome: ")


def test_without_a_url_the_warehouse_lies_in_the_home(tmp_path: Path) -> None:
    assert target(None, tmp_path) == Target(tmp_path / "warehouse.duckdb")
    assert target("", tmp_path) == Target(tmp_path / "warehouse.duckdb")


def test_a_url_names_a_file_that_need_not_exist_yet(tmp_path: Path) -> None:
    path = tmp_path / "not yet" / "w.duckdb"
    found = target(f"duckdb:///{str(path).replace(' ', '%20')}", tmp_path)
    assert found.path.resolve() == path
    assert not path.parent.exists()


def test_the_url_of_a_target_names_it_again(tmp_path: Path) -> None:
    found = Target(tmp_path / "w.duckdb")
    assert target(found.url, tmp_path).path.resolve() == found.path


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://user:hidden@host/db", "postgresql"),
        ("sqlite:///x.db", "sqlite"),
        ("/some/path.duckdb", "no scheme"),
        ("duckdb://relative.duckdb", "three slashes"),
        ("duckdb://", "names no file"),
        ("duckdb:///", "names no file"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(
    tmp_path: Path, url: str, said: str
) -> None:
    with pytest.raises(BadWarehouse, match=said) as bad:
        target(url, tmp_path)
    assert "GONG_ELT_WAREHOUSE" in str(bad.value)
    assert "hidden" not in str(bad.value)


def test_a_folder_is_no_warehouse(tmp_path: Path) -> None:
    with pytest.raises(BadWarehouse, match="is a folder"):
        target(f"duckdb:///{tmp_path}", tmp_path)


def test_a_warehouse_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadWarehouse, match="file is not a folder"):
        target(f"duckdb:///{tmp_path}/file/w.duckdb", tmp_path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, closed: Path) -> None:
    said = as_nobody(lambda: target(f"duckdb:///{closed}/w.duckdb", tmp_path))
    assert said.startswith("BadWarehouse: ")
    assert "no right to write" in said


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, closed: Path) -> None:
    closed.chmod(0o755)
    file = closed / "w.duckdb"
    file.touch()
    file.chmod(0o444)
    said = as_nobody(lambda: target(f"duckdb:///{file}", tmp_path))
    assert "no right to write" in said


@pytest.mark.parametrize("name", ["gong", "gong_raw", "gong_ops", "gong_build", "gong_staging"])
def test_a_file_named_like_a_schema_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadWarehouse, match="ambiguous"):
        target(f"duckdb:///{tmp_path}/{name}.duckdb", tmp_path)


def test_the_folder_of_a_warehouse_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    make_folder(Target(tmp_path / "a" / "b" / "w.duckdb"))
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    make_folder(Target(tmp_path / "a" / "b" / "w.duckdb"))
