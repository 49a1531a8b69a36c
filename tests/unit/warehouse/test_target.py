from __future__ import annotations

import stat
from pathlib import Path

import pytest

from warehouse.home import BadHome, make_home
from warehouse.target import (
    BadWarehouse,
    Target,
    file_of,
    is_of,
    make_folder,
    origin_of,
    resolve_target,
)


def test_without_a_url_the_warehouse_lies_in_the_home(tmp_path: Path) -> None:
    assert resolve_target(None, tmp_path) == Target(tmp_path / "warehouse.duckdb")
    assert resolve_target("", tmp_path) == Target(tmp_path / "warehouse.duckdb")


def test_a_url_names_a_file_that_need_not_exist_yet(tmp_path: Path) -> None:
    path = tmp_path / "not yet" / "w.duckdb"
    resolved = resolve_target(f"duckdb:///{str(path).replace(' ', '%20')}", tmp_path)
    assert resolved.path.resolve() == path
    assert not path.parent.exists()


def test_the_url_of_a_target_names_it_again(tmp_path: Path) -> None:
    resolved = Target(tmp_path / "w.duckdb")
    assert resolve_target(resolved.url, tmp_path).path.resolve() == resolved.path


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
        resolve_target(url, tmp_path)
    assert "GONG_ELT_WAREHOUSE" in str(bad.value)
    assert "hidden" not in str(bad.value)


def test_a_folder_is_refused_as_a_warehouse(tmp_path: Path) -> None:
    with pytest.raises(BadWarehouse, match="is a folder"):
        resolve_target(f"duckdb:///{tmp_path}", tmp_path)


def test_a_warehouse_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadWarehouse, match="file is not a folder"):
        resolve_target(f"duckdb:///{tmp_path}/file/w.duckdb", tmp_path)


@pytest.mark.parametrize("name", ["gong", "gong_raw", "gong_ops", "gong_build", "gong_staging"])
def test_a_file_named_like_a_schema_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadWarehouse, match="ambiguous"):
        resolve_target(f"duckdb:///{tmp_path}/{name}.duckdb", tmp_path)


def test_the_folder_of_a_warehouse_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    make_folder(Target(tmp_path / "a" / "b" / "w.duckdb"))
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    make_folder(Target(tmp_path / "a" / "b" / "w.duckdb"))


def test_a_url_with_three_slashes_and_one_with_four_name_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    for url in (f"duckdb://{path}", f"duckdb:///{path}", f"duckdb:////{path}"):
        assert resolve_target(url, tmp_path) == Target(path)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("duckdb:rel.db", "duckdb://{here}/rel.db"),
        ("duckdb:rel/w.db", "duckdb://{here}/rel/w.db"),
        ("duckdb:/abs/w.db", "three slashes"),
        ("duckdb:///rel.db", "duckdb://{here}/rel.db"),
        ("duckdb:///nowhere-at-all/w.db", "there is no folder /nowhere-at-all"),
        ("duckdb:///~/w.db", "duckdb://{user}/w.db"),
        ("~/w.db", "duckdb://{user}/w.db"),
        ("w.db", "duckdb://{here}/w.db"),
        ("duckdb://:memory:", "names no file"),
        ("duckdb:///:memory:", "names no file"),
        ("duckdb:///tmp/w.db?access_mode=read_only", "Options are not taken"),
        ("duckdb:///tmp/a#b/w.db", "%23"),
    ],
)
def test_a_url_that_names_no_file_for_certain_is_refused_with_one_that_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    user = tmp_path / "user"
    user.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(user))
    with pytest.raises(BadWarehouse) as bad:
        resolve_target(url, tmp_path)
    assert said.format(here=tmp_path, user=user) in str(bad.value)
    assert list(tmp_path.iterdir()) == [user]


@pytest.mark.parametrize(
    "odd", ["a b", "a#b", "a;b", 'q"q', "[x]", "{x}", "a:b@c", "é 😀", "~", "$X"]
)
def test_the_url_that_is_shown_works_whatever_the_folder_is_called(
    tmp_path: Path, odd: str
) -> None:
    (tmp_path / odd).mkdir()
    shown = resolve_target(None, tmp_path / odd).url
    assert resolve_target(shown, tmp_path) == Target(tmp_path / odd / "warehouse.duckdb")


@pytest.mark.parametrize("odd", ["it's", "100%", "what?", "a*b", "line\nbreak", "\x1b[31m"])
def test_a_folder_that_dlt_or_duckdb_would_misread_is_refused(tmp_path: Path, odd: str) -> None:
    (tmp_path / odd).mkdir()
    with pytest.raises(BadWarehouse, match="another place"):
        resolve_target(None, tmp_path / odd)
    with pytest.raises(BadHome, match="GONG_ELT_HOME"):
        make_home(tmp_path / odd)


@pytest.mark.parametrize(
    "name", ["main", "Main", "system", "temp", "GONG_raw", "gong.old", ".main"]
)
def test_a_file_whose_database_would_be_called_like_another_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(BadWarehouse, match="ambiguous"):
        resolve_target(f"duckdb:///{tmp_path}/{name}.duckdb", tmp_path)


@pytest.mark.parametrize("name", ["a%23b", "a;b"])
def test_a_file_that_dbt_would_take_for_a_url_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadWarehouse, match="in its name"):
        resolve_target(f"duckdb:///{tmp_path}/{name}.duckdb", tmp_path)


def test_what_is_of_a_warehouse_stays_so_when_home_and_file_move_and_stores_no_path(
    tmp_path: Path,
) -> None:
    home, outside = tmp_path / "home", Target(tmp_path / "w.duckdb")
    inside = Target(home / "warehouse.duckdb")
    of_inside, of_outside = origin_of(inside, home), origin_of(outside, home)
    assert str(tmp_path) not in f"{of_inside} {of_outside}"
    moved = tmp_path / "elsewhere" / "home"
    assert is_of(of_inside, Target(moved / "warehouse.duckdb"), moved)
    assert is_of(of_outside, outside, moved)
    assert is_of(of_outside, Target(moved.parent / "w.duckdb"), moved)
    assert not is_of(of_inside, outside, home)
    assert not is_of(of_outside, inside, home)
    assert is_of(None, inside, home)
    assert file_of(of_outside, home) == outside.path
