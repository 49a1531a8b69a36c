"""A warehouse from before an erasure is noticed, and the same erasure is the way on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.privacy.erasure_marks import RestoredWarehouse, check_not_restored
from pipelines.privacy.suppression_list import WrongKey
from tests.harness.scripted_transport import refused
from tests.harness.warehouses.erasure_home import JANE, KEY, ErasureHome
from tests.harness.warehouses.erasure_home import company as company

JOHN = "john@x.example"


@pytest.fixture
def check(company: ErasureHome) -> Callable[[], None]:
    return lambda: check_not_restored(company.session(), company.warehouse)


@pytest.fixture
def backup(company: ErasureHome, tmp_path: Path) -> Path:
    return shutil.copytree(company.home, tmp_path / "backup")


def marks(company: ErasureHome) -> list[Path]:
    beside = [company.home / "w.duckdb.erasures.json"]
    return [*beside, *(company.home.parent / "state").rglob("erasures/*.json")]


def put_back(company: ErasureHome, backup: Path) -> None:
    shutil.copy(backup / "w.duckdb", company.home / "w.duckdb")


@pytest.mark.parametrize("is_whole_home", [False, True])
def test_a_warehouse_from_before_an_erasure_is_refused_until_the_person_is_erased_again(
    company: ErasureHome, backup: Path, check: Callable[[], None], is_whole_home: bool
) -> None:
    assert company.erase(yes=True) == 0
    check()
    if is_whole_home:
        shutil.rmtree(company.home)
        shutil.copytree(backup, company.home)
    else:
        put_back(company, backup)
    with pytest.raises(
        RestoredWarehouse, match=r"1 erasures .*on 2026-11-22.*gong-elt erase"
    ) as no:
        check()
    assert JANE not in str(no.value)
    assert company.erase() == 0
    with pytest.raises(RestoredWarehouse):
        check()
    assert company.erase(yes=True) == 0
    check()


def test_each_erasure_is_done_again_under_the_key_of_the_first(
    company: ErasureHome, backup: Path, check: Callable[[], None]
) -> None:
    assert (company.erase(yes=True), company.erase(JOHN, yes=True)) == (0, 0)
    put_back(company, backup)
    with pytest.raises(WrongKey):
        company.erase(yes=True, key=KEY + "other")
    assert company.erase(yes=True) == 0
    assert "1 more erasures (of 2026-11-22) are to be done again" in company.messages
    with pytest.raises(RestoredWarehouse, match="1 erasures"):
        check()
    assert company.erase(JOHN, yes=True) == 0
    check()


def test_a_new_file_in_the_place_of_the_warehouse_is_refused_too(
    company: ErasureHome, check: Callable[[], None]
) -> None:
    from warehouse.prepare import prepare

    assert company.erase(yes=True) == 0
    company.warehouse_target.path.unlink()
    prepare(company.warehouse)
    with pytest.raises(RestoredWarehouse, match="or a new file"):
        check()


def test_the_next_run_marks_what_an_earlier_version_has_erased_and_what_was_lost(
    company: ErasureHome, backup: Path, check: Callable[[], None]
) -> None:
    assert company.erase(yes=True) == 0
    assert len(marks(company)) == 2
    marks(company)[1].unlink()
    marks(company)[0].write_text("")
    check()
    assert all(json.loads(file.read_text())["erasures"] for file in marks(company))
    put_back(company, backup)
    with pytest.raises(RestoredWarehouse):
        check()
    for file in marks(company):
        assert str(file) in refusal(check)
    for file in marks(company):
        file.unlink()
    check()


def refusal(check: Callable[[], None]) -> str:
    with pytest.raises(RestoredWarehouse) as no:
        check()
    return str(no.value)


def test_a_mark_names_nobody_and_only_its_owner_can_read_it(company: ErasureHome) -> None:
    assert company.erase(yes=True) == 0
    for file in marks(company):
        assert "jane" not in file.read_text()
        assert file.stat().st_mode & 0o077 == 0


def test_without_an_erasure_nothing_is_marked_and_nothing_is_refused(
    company: ErasureHome, check: Callable[[], None]
) -> None:
    check()
    assert not any(file.exists() for file in marks(company))


def test_what_gong_refused_is_not_marked(company: ErasureHome, check: Callable[[], None]) -> None:
    company.gong.answer({"calls": [1]}, refused(400, "it must not be an address of the company"))
    assert company.erase(yes=True, in_gong=True) == 1
    check()
    assert not any(file.exists() for file in marks(company))
