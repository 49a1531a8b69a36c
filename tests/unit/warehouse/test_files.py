"""A file is on the disk before it gets its name."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from warehouse import files


def test_a_file_is_synced_before_the_rename_and_its_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, final = tmp_path / ".new", tmp_path / "final"
    written.write_text("content")
    final.write_text("before")
    steps: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        steps.append(("sync", kind))
        fsync(descriptor)

    def renamed(source: Any, target: Any) -> None:
        steps.append(("rename", Path(target).name))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    files.put_in_place(written, final)
    assert steps == [("sync", "file"), ("rename", "final"), ("sync", "folder")]
    assert final.read_text() == "content"
    assert stat.S_IMODE(final.stat().st_mode) == 0o600


def test_a_made_folder_is_the_owners_alone(tmp_path: Path) -> None:
    made = files.make_folder_inside(tmp_path, "parts")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert files.make_folder_inside(tmp_path, "parts") == made
