from __future__ import annotations

import errno
import fcntl
import shutil
import stat
from pathlib import Path

import pytest

from pipelines.lock import NoLock, epoch_of, hold, lock_of, running


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def take(warehouse: Path) -> None:
    with hold(warehouse, "sync", wait=False, on_wait=print):
        pass


def test_the_lock_is_free_after_the_block_also_when_it_failed(warehouse: Path) -> None:
    with pytest.raises(KeyError), hold(warehouse, "sync", wait=False, on_wait=print):
        raise KeyError
    take(warehouse)
    take(warehouse)


def test_two_warehouses_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with hold(tmp_path / "a.duckdb", "sync", wait=False, on_wait=print):
        take(tmp_path / "b.duckdb")


def test_only_the_owner_sees_the_lock(warehouse: Path) -> None:
    take(warehouse)
    assert stat.S_IMODE(lock_of(warehouse).stat().st_mode) == 0o600


def test_nothing_runs_where_nothing_ever_ran(warehouse: Path) -> None:
    assert running(lock_of(warehouse)) is None


def test_the_holder_publishes_what_it_does(warehouse: Path) -> None:
    with hold(warehouse, "backfill", wait=False, on_wait=print) as lock:
        lock.publish({"slice": 2})
        run = running(lock_of(warehouse))
        assert run is not None
        assert (run["command"], run["slice"]) == ("backfill", 2)
    assert running(lock_of(warehouse)) is None


def test_a_run_that_nobody_waits_for_keeps_the_warehouse(warehouse: Path) -> None:
    with hold(warehouse, "backfill", wait=False, on_wait=print, gives_way=True) as lock:
        assert not lock.give_way()
        assert running(lock_of(warehouse)) is not None


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_told_with_what_to_set(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, "No locks available")

    take(warehouse)
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(NoLock, match="GONG_ELT_WAREHOUSE"):
        take(warehouse)
    assert running(lock_of(warehouse)) is None


def test_a_lock_file_that_cannot_be_opened_is_named(warehouse: Path) -> None:
    lock_of(warehouse).mkdir()
    with pytest.raises(NoLock, match=r"warehouse\.duckdb\.lock"):
        take(warehouse)
    run = running(lock_of(warehouse))
    assert run is not None
    assert "cannot be read" in run["command"]


def epoch(warehouse: Path, text: str | None = None) -> str:
    with hold(warehouse, "sync", wait=False, on_wait=print) as lock:
        if text:
            warehouse.write_text(text)
        lock.publish({"step": "transform"})
        return epoch_of(warehouse)


def test_an_epoch_lasts_while_nobody_else_writes_the_warehouse(warehouse: Path) -> None:
    first = epoch(warehouse, "ours")
    assert first
    assert epoch(warehouse) == first
    assert epoch(warehouse, "ours too") == first
    assert epoch_of(warehouse) == "", "nobody holds it"
    warehouse.write_text("by hand")
    second = epoch(warehouse)
    assert second not in (first, "")
    warehouse.with_name("warehouse.duckdb.wal").write_text("by hand")
    assert epoch(warehouse) not in (first, second, "")


def test_an_epoch_ends_with_a_run_that_is_killed(warehouse: Path) -> None:
    first = epoch(warehouse, "ours")
    with hold(warehouse, "sync", wait=False, on_wait=print):
        left = lock_of(warehouse).read_text()
    lock_of(warehouse).write_text(left)  # as it stands while a run holds it
    assert epoch(warehouse) not in (first, "")


def test_a_copy_of_a_warehouse_begins_another_epoch(warehouse: Path, tmp_path: Path) -> None:
    first = epoch(warehouse, "ours")
    copy = tmp_path / "copy.duckdb"
    shutil.copy2(warehouse, copy)
    shutil.copy2(lock_of(warehouse), lock_of(copy))
    assert epoch(copy) not in (first, "")
