"""The files beside the warehouse that may name an erased person."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pipelines.dlt_workdir import drop_packages
from pipelines.session import PUSH_FOLDER, STATUS_FILE
from warehouse.erasure.data_map import PersonMatcher


def delete_fault_logs(matcher: PersonMatcher) -> None:
    """Deletes the logs of program faults that name the person."""
    for log in Path(tempfile.gettempdir()).glob("gong-elt-*.log"):
        if _names(log, matcher):
            log.unlink(missing_ok=True)


def clear_home(home: Path) -> None:
    """Deletes what the next run makes again from the warehouse, and what killed runs have left."""
    drop_packages(home)
    for name in ("dbt", "logs"):
        shutil.rmtree(home / name, ignore_errors=True)
    for folder in home.glob(f"{PUSH_FOLDER}*"):
        shutil.rmtree(folder)
    (home / STATUS_FILE).unlink(missing_ok=True)


def foreign_files(home: Path, warehouse: Path, matcher: PersonMatcher) -> list[Path]:
    """Returns the files of the home that are not gong-elt's and name the person, sorted."""
    return [
        file
        for file in sorted(home.rglob("*"))
        if file.is_file()
        and not file.is_symlink()
        and file != warehouse
        and file.suffix not in (".duckdb", ".parquet")
        and _names(file, matcher)
    ]


def _names(file: Path, matcher: PersonMatcher) -> bool:
    """Whether the bytes of a file hold an address or a number of the person."""
    try:
        text = file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return False
    return matcher.masked(text) != text
