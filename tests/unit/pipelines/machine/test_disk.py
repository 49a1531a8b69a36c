"""A full disk and its like are told as what they are: where, what is free, what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import duckdb
import pytest

from pipelines.machine.disk import disk_fault
from warehouse.erasure.rewriting import TooFull
from warehouse.errors import WarehouseError

ERRORS: list[tuple[BaseException | str, str]] = [
    (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "disk is full"),
    (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "quota of the disk is used up"),
    (OSError(errno.EFBIG, os.strerror(errno.EFBIG)), "may not become any larger"),
    (OSError(errno.EROFS, os.strerror(errno.EROFS)), "is read-only"),
    (OSError(errno.EIO, os.strerror(errno.EIO)), "disk did not take what was written"),
    (sqlite3.OperationalError("database or disk is full"), "disk is full"),
    (sqlite3.OperationalError("disk I/O error"), "disk did not take what was written"),
    (
        duckdb.IOException('IO Error: Could not write file "/x/w.duckdb": No space left on device'),
        "disk is full",
    ),
    (
        duckdb.IOException('IO Error: Could not write all bytes to file "/x/y": wanted=9 wrote=4'),
        "disk is full",
    ),
    (
        duckdb.OutOfMemoryException(
            "Out of Memory Error: failed to offload data block of size 256.0 KiB (1.0 MiB/1.0 MiB "
            "used).\nThis limit was set by the 'max_temp_directory_size' setting."
        ),
        "disk is full",
    ),
    (duckdb.IOException('IO Error: Could not write file "/x/y": File too large'), "any larger"),
    ("Runtime Error in model fct_calls: [Errno 28] No space left on device", "disk is full"),
]
"""Errors as Python, SQLite, DuckDB and dbt word them."""


@pytest.mark.parametrize(("error", "what"), ERRORS, ids=lambda value: str(value)[:40])
def test_a_fault_of_the_disk_names_the_file_system_what_is_free_and_what_to_do(
    tmp_path: Path, error: BaseException | str, what: str
) -> None:
    message = disk_fault(error, [tmp_path / "home" / "w.duckdb"])
    assert message
    assert what in message
    assert "mounted on /" in message
    assert "MB free of" in message
    assert "needs about 300 MB" in message
    assert "run the same command again" in message


def test_an_error_around_a_fault_of_the_disk_is_one(tmp_path: Path) -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "file"))
        except OSError as error:
            raise RuntimeError("the load failed") from error
    except RuntimeError as outer:
        message = disk_fault(outer)
    assert message
    assert f"the file system of {tmp_path} " in message


def test_what_is_needed_grows_with_the_warehouse(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    with open(warehouse, "wb") as file:
        file.truncate(7_000_000_000)
    message = disk_fault("No space left on device", [warehouse, tmp_path])
    assert message
    assert "needs about 7,000 MB" in message


@pytest.mark.parametrize(
    "error",
    [KeyError("callId"), ValueError("full of hope"), PermissionError(errno.EACCES, "denied"), ""],
)
def test_any_other_error_is_none(error: BaseException | str) -> None:
    assert disk_fault(error) is None


def test_an_erasure_without_room_is_a_foreseen_error() -> None:
    assert issubclass(TooFull, WarehouseError)
