from __future__ import annotations

import stat
from pathlib import Path

import pytest

from warehouse.target import BadWarehouse, Target, make_folder, resolve_target


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
