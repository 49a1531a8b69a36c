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


def run_module(module: str, *words: str) -> Measured:
    """Runs a module of this package as a program."""
    return run([sys.executable, "-m", f"tests.benchmarks.{module}", *words])
