"""Runs `gong-elt` many times and imports its modules once.

Each run is a fork of a process that has imported everything. The fork has arguments, environment,
working directory and output of its own, so it is the real command without the import time.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Forker:
    """A process that has imported everything and forks a child for each command."""

    def __init__(self) -> None:
        self._read = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.forking"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, arguments: tuple[str, ...], env: dict[str, str], folder: Path, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command to its end and captures its output.

        Raises:
            subprocess.TimeoutExpired: the command exceeded `timeout` seconds and was killed.
        """
        assert self._process.stdin
        with tempfile.TemporaryDirectory() as captured:
            out, err = Path(captured) / "out", Path(captured) / "err"
            command = {
                "arguments": arguments,
                "env": env,
                "folder": str(folder),
                "out": str(out),
                "err": str(err),
            }
            try:
                print(json.dumps(command), file=self._process.stdin, flush=True)
                child = json.loads(self._line(None) or "")
                answer = self._line(timeout)
                is_late = answer is None
                if is_late:
                    os.kill(child, signal.SIGKILL)
                code = json.loads(answer or self._line(None) or "")
            except BaseException:
                # The test ended while it waited. The answer that comes later belongs to no command.
                self._process.kill()
                self._process.wait()
                raise
            output = out.read_text(), err.read_text()
        if is_late:
            raise subprocess.TimeoutExpired(arguments, timeout, *output)
        return subprocess.CompletedProcess(arguments, code, *output)

    def _line(self, timeout: float | None) -> str | None:
        """Returns the next line of the forker; None where it does not come in time.

        Both lines of a command that is quick may come at once.
        """
        assert self._process.stdout
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._read:
            if not select.select([pipe], [], [], timeout)[0]:
                return None
            part = os.read(pipe, 65_536)
            if not part:
                raise EOFError("the forker has ended")
            self._read += part
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    @property
    def is_running(self) -> bool:
        """False after a test ended before its command: each later test needs another forker."""
        return self._process.poll() is None

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def _run(command: dict[str, Any]) -> int:
    """Runs the command in this process and returns its exit code."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for file, descriptor in ((command["out"], 1), (command["err"], 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["env"])
    sys.argv = ["gong-elt", *command["arguments"]]
    from pipelines.cli import main

    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _serve() -> None:
    # A run imports these late, to keep help and usage errors fast.
    import pandas  # noqa: F401

    import sources.gong.load.resources  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = 1
            try:
                code = _run(json.loads(line))
            finally:
                os._exit(code)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    _serve()
