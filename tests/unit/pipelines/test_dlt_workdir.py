from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.dlt_workdir import (
    damaged_file,
    drop_packages,
    has_pending_packages,
    remove_leftovers,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the pipeline in a home."""
    folder = tmp_path / "dlt" / "gong_elt"
    folder.mkdir(parents=True)
    return folder


def touch(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


@pytest.mark.parametrize("place", ["normalize/extracted/1", "load/new/1", "load/normalized/1"])
def test_a_package_that_is_not_loaded_is_pending(folder: Path, place: str) -> None:
    touch(folder / "state.json", folder / "load" / "loaded" / "1" / "package.json")
    assert not has_pending_packages(folder)
    touch(folder / place / "calls.parquet")
    assert has_pending_packages(folder)


def test_dropping_packages_removes_the_whole_folder(folder: Path, tmp_path: Path) -> None:
    touch(folder / "load" / "new" / "1" / "calls.parquet", tmp_path / "warehouse.duckdb")
    touch(tmp_path / "dlt.dropped" / "of a run that was killed while it dropped")
    drop_packages(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["warehouse.duckdb"]
    drop_packages(tmp_path)


def test_leftovers_of_killed_runs_and_of_old_packages_are_removed(
    folder: Path, tmp_path: Path
) -> None:
    loaded = folder / "load" / "loaded"
    packages = [loaded / f"{number:02}" for number in range(25)]
    touch(*(package / "package.json" for package in packages))
    touch(
        packages[-1] / "failed" / "calls.parquet",
        folder / "normalize" / "killed" / "calls.parquet",
        folder / "0123456789abcdef",
        folder / "schemas" / "gong.schema.json",
        tmp_path / "dlt.dropped" / "x",
    )
    (folder / "normalize" / "extracted").mkdir()
    remove_leftovers(tmp_path, folder)
    assert sorted(package.name for package in loaded.iterdir()) == [f"{n:02}" for n in range(5, 25)]
    assert not (packages[-1] / "failed" / "calls.parquet").exists()
    assert (packages[-1] / "package.json").exists()
    assert [path.name for path in (folder / "normalize").iterdir()] == ["extracted"]
    assert not (folder / "0123456789abcdef").exists()
    assert (folder / "schemas" / "gong.schema.json").exists()
    assert not (tmp_path / "dlt.dropped").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state.json", b'{"_state_version": 1}'),
        ("schemas/gong.schema.json", b'{"version": 2}'),
        ("load/.version", b"1.0.2"),
        ("normalize/.version", b"1.0.1\n"),
    ],
)
def test_a_file_that_dlt_cannot_read_is_found(folder: Path, name: str, content: bytes) -> None:
    assert damaged_file(folder) is None
    file = folder / name
    touch(file)
    assert damaged_file(folder) == file
    file.write_bytes(content)
    assert damaged_file(folder) is None
    for damage in (content[: len(content) // 2], b"\x00" * len(content), b"\x93\xff\x00{", b"[]"):
        file.write_bytes(damage)
        assert damaged_file(folder) == file
