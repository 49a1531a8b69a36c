"""A disk that takes no more ends a run with words about the disk, and nothing is lost."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Gong, gong_for
from tests.integration.conftest import NOW, Company

MB = 1_000_000


def run_limited(gong: Gong, file_size: int, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command whose files may not grow beyond a size."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *command],
        cwd=gong.home.parent,
        env=gong.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size)),
    )


def calls_in(gong: Gong) -> str:
    done = gong("query", "select count(*) as n from gong.fct_calls", "--format", "csv")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("size", [50_000, MB, 2 * MB, 4 * MB, 8 * MB])
def test_files_that_may_not_grow_end_a_sync_with_what_to_set(
    company: Company, tmp_path: Path, size: int
) -> None:
    gong = gong_for(tmp_path / "home", company.emulator, GONG_ELT_NOW=NOW)
    done = run_limited(gong, size, "sync")
    assert done.returncode in (1, 2), done.stderr
    # SQLite does not say more than that the disk failed
    assert re.search("may not become any larger|did not take what was written", done.stderr)
    assert "MB free of" in done.stderr
    assert "please report" not in done.stderr
    assert "Traceback" not in done.stderr

    again = gong("sync")
    assert again.returncode == 0, again.stderr
    assert calls_in(gong) == calls_in(company.gong)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts file systems of a stated size."""
    mounted: list[Path] = []

    def mount(size: int) -> Path:
        folder = tmp_path / f"disk-{size}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"this machine lets no test mount a file system: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux" or not shutil.which("mount"),
    reason="only root can mount a file system of a stated size",
)
@pytest.mark.parametrize("size", [200_000, 2 * MB, 6 * MB, 12 * MB, 20 * MB])
def test_a_full_disk_is_named_with_what_is_free(
    company: Company, small_disk: Callable[[int], Path], size: int
) -> None:
    disk = small_disk(size)
    gong = gong_for(disk / "home", company.emulator, GONG_ELT_NOW=NOW)
    done = gong("sync")
    assert done.returncode in (1, 2), done.stderr
    assert "The disk is full" in done.stderr
    assert str(disk) in done.stderr
    assert "please report" not in done.stderr
    assert "Traceback" not in done.stderr

    # there is room again
    subprocess.run(["mount", "-o", "remount,size=2G", str(disk)], check=True)
    again = gong("sync")
    assert again.returncode == 0, again.stderr
    assert calls_in(gong) == calls_in(company.gong)
