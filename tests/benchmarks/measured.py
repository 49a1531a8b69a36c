"""Runs a program as a process of its own and tells what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from tests.conftest import Emulator

NOW = "2026-11-20T12:00:00Z"
"""The clock of the emulator, and of the commands that ask it."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a process took, with the processes that it started and waited for.

    Attributes:
        cpu: seconds of user and system time.
        wall: seconds.
        peak_mb: memory of the largest of the processes, in MiB.
        output: what it wrote to stdout.
    """

    cpu: float
    wall: float
    peak_mb: float
    output: str


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Measured:
    """Runs a command to its end; raises CalledProcessError, with its messages, where it fails."""
    begun = time.perf_counter()
    with TemporaryFile() as output, TemporaryFile() as messages:
        process = subprocess.Popen(list(command), cwd=ROOT, env=env, stdout=output, stderr=messages)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        output.seek(0)
        text = output.read().decode()
        if code:
            messages.seek(0)
            print(messages.read().decode(errors="replace"), file=sys.stderr)
            raise subprocess.CalledProcessError(code, list(command), text)
    return Measured(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, text)


def run_command(words: Sequence[str], home: Path, emulator: Emulator, **settings: str) -> Measured:
    """Runs a command of the project without limits of requests.

    Args:
        words: of the command; the first is a path where it is that of another checkout.
        home: the folder `GONG_ELT_HOME`.
        emulator: in Gong's place.
        settings: without `SOURCES__GONG__`.
    """
    if not Path(words[0]).is_absolute():
        words = [str(Path(sys.executable).with_name("gong-elt")), *words]
    of_gong = {
        "BASE_URL": emulator.base_url,
        "ACCESS_KEY": emulator.access_key,
        "ACCESS_KEY_SECRET": emulator.access_key_secret,
        "REQUESTS_PER_SECOND": "0",
        "REQUESTS_PER_DAY": "0",
        **settings,
    }
    return run(
        words,
        {
            "HOME": str(home.parent),
            "PATH": os.environ["PATH"],
            "GONG_ELT_HOME": str(home),
            "GONG_ELT_NOW": NOW,
            **{f"SOURCES__GONG__{name}": value for name, value in of_gong.items()},
        },
    )


def run_module(module: str, *words: str) -> Measured:
    """Runs a module of this package as a program."""
    return run([sys.executable, "-m", f"tests.benchmarks.{module}", *words])
