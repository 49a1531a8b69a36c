"""A company whose home is synced step by step, with the content of the warehouse after each."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import Emulator, Gong, gong_for
from tests.harness.landed import (
    snapshot,
)

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
START = datetime(2026, 10, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Rows = list[dict[str, Any]]
Snapshot = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Step:
    """A finished run, its requests, and the content of the warehouse after it."""

    done: subprocess.CompletedProcess[str]
    requests: Rows
    after: Snapshot


@dataclass(frozen=True)
class Stage:
    emulator: Emulator
    gong: Gong

    def run(self, *arguments: str, now: datetime, gong: Gong | None = None) -> Step:
        self.emulator.forget_requests()
        gong = gong or self.gong
        done = gong(*arguments, "--no-transform", env={"GONG_ELT_NOW": now.isoformat()})
        assert done.returncode == 0, done.stderr
        return Step(done, self.emulator.requests(), snapshot(gong.warehouse))

    def pass_time(self, step: timedelta) -> None:
        body = {"advance_seconds": step.total_seconds()}
        httpx.put(f"{self.emulator.base_url}/_emulator/clock", json=body).raise_for_status()


def new_stage(emulators: Callable[..., Emulator], home: Path) -> Stage:
    emulator = emulators(
        "--seed", "24", "--users", "20", "--calls", "140", "--days", "40",
        "--now", NOW.isoformat(), "--no-limit",
    )  # fmt: skip
    return Stage(emulator, gong_for(home, emulator, SOURCES__GONG__START_DATE=START.isoformat()))
