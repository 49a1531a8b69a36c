"""A published copy is read where it is, and a damaged one says what is damaged."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.warehouse.publication.conftest import PublicationHome
from warehouse.publication import opening
from warehouse.publication.catalogue import CATALOGUE, folder
from warehouse.publication.erased_rows import remove_rows
from warehouse.publication.opening import DamagedCopy
from warehouse.publication.reading import connect, explained, published

COUNTS = "select (select count(*) from gong.fct_calls), (select count(*) from gong.dim_users)"
RUNS = "select count(*) from gong_ops.runs"


def first_users(columns: Mapping[str, str]) -> tuple[str, list[Any]] | None:
    return ("user_id in ('u0', 'u1')", []) if "user_id" in columns else None


def contents(home: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(home)): file.read_bytes()
        for file in sorted(home.rglob("*"))
        if file.is_file()
    }


def copied(place: PublicationHome, to: Path) -> PublicationHome:
    shutil.copytree(place.home, to)
    return PublicationHome(to)


def earlier_manifest(place: PublicationHome) -> None:
    """Writes the list of parts as versions did that stored whole paths and nothing else."""
    file = folder(place.home) / "parts.json"
    tables = json.loads(file.read_text())["tables"]
    for table in tables.values():
        table["parts"] = [str(folder(place.home) / part["name"]) for part in table["parts"]]
    file.write_text(json.dumps(tables))


def test_the_list_of_parts_does_not_say_where_it_is(published_place: PublicationHome) -> None:
    listed = (folder(published_place.home) / "parts.json").read_text()
    assert str(published_place.home) not in listed


def test_the_catalogue_is_opened_as_it_is_where_it_was_published(
    place: PublicationHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(place, tmp_path / "a home, [1] of 2")
    place.publish()
    monkeypatch.setattr(opening, "write_catalogue", None)
    assert place.rows(COUNTS) == [(3, 5)]


@pytest.mark.parametrize("is_earlier", [False, True], ids=["", "of an earlier version"])
def test_a_moved_home_is_read_and_the_next_publish_writes_its_catalogue_again(
    place: PublicationHome, tmp_path: Path, is_earlier: bool
) -> None:
    place = copied(place, tmp_path / "here it is")
    place.publish()
    if is_earlier:
        earlier_manifest(place)
    place.home.rename(tmp_path / "there it is")
    moved = PublicationHome(tmp_path / "there it is")
    before = contents(moved.home)
    assert moved.rows(COUNTS) == [(3, 5)]
    assert moved.rows(RUNS) == [(1,)]
    assert contents(moved.home) == before, "a reader changes nothing"
    assert len(published(moved.home).df("from fct_calls")) == 3
    assert moved.publish().written == 0
    with duckdb.connect(str(folder(moved.home) / CATALOGUE), read_only=True) as db:
        assert db.execute(COUNTS).fetchall() == [(3, 5)]


@pytest.mark.parametrize("is_earlier", [False, True], ids=["", "of an earlier version"])
def test_rows_removed_from_a_copy_stay_in_the_original(
    place: PublicationHome, tmp_path: Path, is_earlier: bool
) -> None:
    original = copied(place, tmp_path / "original")
    original.publish()
    if is_earlier:
        earlier_manifest(original)
    copy = copied(original, tmp_path / "copy")
    before = contents(original.home)
    copy.write("update gong_build.dim_users set user_id = 'copy' where user_id = 'u4'")
    copy.publish()
    assert remove_rows(copy.home, first_users) == {"gong.dim_users": 2}
    assert copy.rows("select user_id from gong.dim_users order by 1") == [
        ("copy",), ("u2",), ("u3",),
    ]  # fmt: skip
    assert contents(original.home) == before
    assert original.rows(COUNTS) == [(3, 5)]


def test_a_copy_shows_its_own_rows_when_the_original_goes_on(
    place: PublicationHome, tmp_path: Path
) -> None:
    original = copied(place, tmp_path / "original")
    original.publish()
    copy = copied(original, tmp_path / "copy")
    original.write("delete from gong_build.dim_users")
    original.publish()
    assert original.rows(COUNTS) == [(3, 0)]
    assert copy.rows(COUNTS) == [(3, 5)]


def test_a_list_of_parts_that_names_files_elsewhere_reads_and_removes_none_of_them(
    place: PublicationHome, tmp_path: Path
) -> None:
    place.publish()
    file = folder(place.home) / "parts.json"
    stored = json.loads(file.read_text())
    elsewhere = tmp_path / "elsewhere.parquet"
    elsewhere.write_bytes(b"PAR1 of somebody else PAR1")
    for table in stored["tables"].values():
        for part in table["parts"]:
            part["name"] = f"../../{elsewhere.name}"
    file.write_text(json.dumps(stored))
    remove_rows(place.home, first_users)
    assert elsewhere.read_bytes() == b"PAR1 of somebody else PAR1"
    assert place.publish().rows["gong.dim_users"] == 5
    assert place.rows(COUNTS) == [(3, 5)]


def test_a_home_under_a_link_is_read_by_both_names(place: PublicationHome, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place.home, target_is_directory=True)
    PublicationHome(link).publish()
    for home in (link, place.home):
        assert PublicationHome(home).rows(COUNTS) == [(3, 5)]
    assert place.publish().written == 0


def test_a_reader_of_a_moved_home_still_sees_no_other_file_and_writes_nothing(
    place: PublicationHome, tmp_path: Path
) -> None:
    place.publish()
    (place.home / "published").rename(tmp_path / "published.old")
    moved = PublicationHome(tmp_path / "moved")
    moved.home.mkdir()
    (tmp_path / "published.old").rename(moved.home / "published")
    for sql in (
        "create view gong.v as select 1",
        "drop view fct_calls",
        "create table t (a integer)",
        "select * from read_text('/etc/passwd')",
        f"select * from read_text('{moved.home}/published/parts.json')",
    ):
        with connect(moved.home) as db, pytest.raises(duckdb.Error):
            db.execute(sql)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _content: b"",
    "cut in half": lambda content: content[: len(content) // 2],
    "random": lambda content: os.urandom(len(content)),
    "without its end": lambda content: content[:-1],
    "zeros": lambda content: bytes(len(content)),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", [CATALOGUE, "parts.json"])
def test_a_damaged_catalogue_or_list_does_without_the_other_until_the_next_publish(
    place: PublicationHome, name: str, damage: str
) -> None:
    place.publish()
    file = folder(place.home) / name
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert place.rows(COUNTS) == [(3, 5)]
    assert place.publish().written == 0
    with duckdb.connect(str(folder(place.home) / CATALOGUE), read_only=True) as db:
        assert db.execute(COUNTS).fetchall() == [(3, 5)]


def test_without_catalogue_and_list_the_message_names_the_cure(place: PublicationHome) -> None:
    place.publish()
    for name in (CATALOGUE, "parts.json"):
        (folder(place.home) / name).write_bytes(b"")
    with pytest.raises(DamagedCopy, match="gong-elt publish"):
        place.rows(COUNTS)
    assert place.publish().written == 0
    assert place.rows(COUNTS) == [(3, 5)]


@pytest.mark.parametrize("damage", [*DAMAGES, "missing"])
def test_a_query_on_a_damaged_part_names_the_file_and_the_cure(
    place: PublicationHome, damage: str
) -> None:
    place.publish()
    (name,) = (name for name in place.parts() if "dim_users" in name)
    file = folder(place.home) / name
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
    with (
        pytest.raises(DamagedCopy, match=rf"{name} is damaged or missing.*gong-elt publish"),
        explained(place.home),
    ):
        place.rows("from dim_users")
    assert place.rows("select count(*) from fct_calls") == [(3,)]


def test_a_wrong_query_is_told_as_it_is_although_a_part_is_damaged(
    place: PublicationHome,
) -> None:
    place.publish()
    (name,) = (name for name in place.parts() if "dim_users" in name)
    (folder(place.home) / name).write_bytes(b"")
    with pytest.raises(duckdb.CatalogException), explained(place.home):
        place.rows("from no_such_table")
