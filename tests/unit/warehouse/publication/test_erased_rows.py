from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.warehouse.publication.conftest import PublicationHome
from warehouse.publication.catalogue import CATALOGUE, NothingPublished, folder
from warehouse.publication.erased_rows import remove_rows, remove_unused_parts


def second_call(columns: Mapping[str, str]) -> tuple[str, list[Any]] | None:
    return ("call_number = ?", [1]) if "call_number" in columns else None


def test_rows_are_removed_with_the_parts_that_held_them(place: PublicationHome) -> None:
    place.publish()
    before = set(place.parts())
    assert remove_rows(place.home, second_call) == {"gong.fct_calls": 1}
    assert place.rows("select call_number from fct_calls order by 1") == [(0,), (2,)]
    assert place.rows("select count(*) from dim_users") == [(5,)]
    (held,) = before - place.parts().keys()
    assert "fct_calls/2026-02-" in held
    assert remove_rows(place.home, second_call) == {}


def test_parts_of_an_old_catalogue_are_removed_without_a_grace_time(place: PublicationHome) -> None:
    place.publish()
    old = set(place.parts())
    place.write("delete from gong_build.dim_users")
    place.publish()
    assert old < place.parts().keys()
    remove_unused_parts(place.home)
    assert not old <= place.parts().keys()


def test_rows_that_a_killed_query_left_beside_the_copy_go_at_once(place: PublicationHome) -> None:
    place.publish()
    spills = [folder(place.home) / f"gong.duckdb.{name}tmp" for name in ("", "0123456789ab.")]
    for spill in spills:
        spill.mkdir()
        (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"rows")
    remove_rows(place.home, second_call)
    assert not any(spill.exists() for spill in spills)


def test_the_next_publish_writes_what_was_removed_and_is_still_built(
    place: PublicationHome,
) -> None:
    place.publish()
    remove_rows(place.home, second_call)
    assert place.publish().written == 1
    assert place.rows("select count(*) from fct_calls") == [(3,)]


def test_a_catalogue_without_its_list_of_parts_is_removed_with_all_parts(
    place: PublicationHome,
) -> None:
    place.publish()
    (folder(place.home) / "parts.json").unlink()
    assert remove_rows(place.home, second_call) == {}
    assert place.parts() == {}
    assert not (folder(place.home) / CATALOGUE).exists()
    with pytest.raises(NothingPublished):
        place.rows("select 1")


def test_a_home_without_a_published_copy_has_no_rows_to_remove(tmp_path: Path) -> None:
    assert remove_rows(tmp_path, second_call) == {}


def test_a_part_that_cannot_be_read_goes_and_the_next_publish_writes_it(
    place: PublicationHome,
) -> None:
    place.publish()
    (name,) = (name for name in place.parts() if "dim_users" in name)
    (folder(place.home) / name).write_bytes(b"PAR1 who knows whose rows PAR1")
    assert remove_rows(place.home, second_call) == {"gong.fct_calls": 1}
    assert not (folder(place.home) / name).exists()
    assert place.rows("select count(*) from fct_calls") == [(2,)]
    assert place.publish().rows["gong.dim_users"] == 5
