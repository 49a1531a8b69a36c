"""A company that several modules read; it is synced and published once per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Emulator, Gong, copy_of, gong_for

NOW = "2026-11-20T12:00:00Z"
COMPANY = (
    "--seed", "7", "--users", "12", "--calls", "200", "--days", "30", "--workspaces", "2",
    "--now", NOW, "--no-limit",
)  # fmt: skip


@dataclass(frozen=True)
class Company:
    """A small company at a stopped clock, and the command that has published it.

    No test may change the company or the home; a test that changes a home uses a copy.
    """

    emulator: Emulator
    gong: Gong

    def copy(self, home: Path) -> Gong:
        """Returns the command with a copy of the home, published too."""
        return copy_of(self.gong, home)


@pytest.fixture(scope="session")
def company(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> Company:
    emulator = emulators(*COMPANY)
    gong = gong_for(tmp_path_factory.mktemp("company") / "home", emulator, GONG_ELT_NOW=NOW)
    done = gong("sync")
    assert done.returncode == 0, done.stderr
    return Company(emulator, gong)
