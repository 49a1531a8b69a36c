"""A published copy answers for the warehouse it was published from, and for no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.warehouse.publication.conftest import BUILT, PublicationHome
from warehouse.publication.catalogue import NothingPublished, folder
from warehouse.publication.origin import OthersCopy, check_copy
from warehouse.publication.publish import publish
from warehouse.publication.reading import connect, published
from warehouse.publication.single_file import publish_single_file
from warehouse.target import Target


@pytest.fixture
def copy(place: PublicationHome) -> PublicationHome:
    place.publish()
    return place


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """The warehouse that the settings name, which is not the one in the home."""
    target = Target(tmp_path / "other" / "other.duckdb")
    target.path.parent.mkdir()
    monkeypatch.setenv("GONG_ELT_WAREHOUSE", target.url)
    return target


def test_a_copy_of_another_warehouse_is_not_read(
    copy: PublicationHome, other: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy.home
    monkeypatch.setenv("GONG_ELT_HOME", str(home))
    for read in (
        lambda: connect(home),
        lambda: published().df("select 1"),
        lambda: publish_single_file(home, home.parent / "sent.duckdb"),
        lambda: check_copy(home, other),
    ):
        with pytest.raises(OthersCopy, match=r"warehouse\.duckdb.*GONG_ELT_WAREHOUSE") as refused:
            read()
        assert str(other.path) in str(refused.value)
    # a script that names the home means its copy
    assert len(published(home).df("select * from fct_calls")) == 3


def test_a_copy_that_an_earlier_version_made_is_read(copy: PublicationHome, other: Target) -> None:
    (folder(copy.home) / "warehouse.json").unlink()
    with connect(copy.home) as db:
        assert db.execute("select count(*) from fct_calls").fetchall() == [(3,)]


def test_a_home_that_is_moved_is_read(copy: PublicationHome, tmp_path: Path) -> None:
    moved = tmp_path / "moved" / "home"
    shutil.copytree(folder(copy.home), folder(moved))
    check_copy(moved)


def test_no_row_of_another_warehouse_is_published(copy: PublicationHome, other: Target) -> None:
    home = copy.home
    target = PublicationHome(other.path.parent)
    target.target = other
    target.write(BUILT)
    target.write("delete from gong_build.dim_users where user_id <> 'u0'")
    done = publish(other, home, failed=("fct_calls",))
    assert done.stale == ()
    with connect(home) as db:
        assert db.execute("select count(*) from dim_users").fetchall() == [(1,)]
        names = db.execute("select view_name from duckdb_views() where not internal").fetchall()
    assert ("fct_calls",) not in names


def test_a_publication_of_another_warehouse_that_is_cut_short_leaves_no_copy(
    copy: PublicationHome, other: Target
) -> None:
    with pytest.raises(Exception, match=r"other\.duckdb"):
        publish(other, copy.home)  # there is no such file
    with pytest.raises(NothingPublished):
        connect(copy.home)
