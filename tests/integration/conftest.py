"""A company that several modules look at, synced and published once."""

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
    """A small company at a clock that stands still, and the command that has published it.

    Nothing may change the company or the home; what changes a home takes a copy.
    """

    emulator: Emulator
    gong: Gong

    def copy(self, home: Path) -> Gong:
        """The command with a home of its own that holds and has published the same."""
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
