from __future__ import annotations

import stat
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.publication.conftest import PublicationHome
from warehouse.publication.catalogue import NothingPublished
from warehouse.publication.single_file import BadDestination, publish_single_file


@pytest.mark.parametrize("name", ["send.duckdb", "gong.duckdb"])
def test_one_file_holds_all_tables_by_the_same_names(place: PublicationHome, name: str) -> None:
    place.publish()
    path = place.home / name
    for _ in range(2):
        assert publish_single_file(place.home, path) == 4
    with duckdb.connect(str(path), read_only=True) as db:
        assert db.execute("select count(*) from gong.fct_calls").fetchall() == [(3,)]
        assert db.execute("select run_id from gong_ops.runs").fetchall() == [("r1",)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_before_the_first_publication_the_message_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="gong-elt sync"):
        publish_single_file(tmp_path, tmp_path / "x.db")
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere/x.db", "names no file in a folder that exists"),
        ("published", "names no file in a folder that exists"),
        ("published/x.db", "lies in the published copy itself"),
        ("gong_raw.duckdb", "would make the schema gong_raw ambiguous"),
        ("letter.txt", "exists and is no DuckDB file"),
    ],
)
def test_a_place_where_the_file_cannot_be_is_refused(
    place: PublicationHome, name: str, reason: str
) -> None:
    place.publish()
    (place.home / "letter.txt").write_text("a letter of some length")
    with pytest.raises(BadDestination, match=reason):
        publish_single_file(place.home, place.home / name)
    assert (place.home / "letter.txt").read_text() == "a letter of some length"


def test_a_warehouse_is_not_replaced(place: PublicationHome) -> None:
    place.publish()
    with pytest.raises(BadDestination, match="is a warehouse"):
        publish_single_file(place.home, place.target.path)
