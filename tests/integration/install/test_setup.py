"""`make setup` says that it goes on, for as long as it does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from tests.conftest import ROOT

_PYTHON = """#!/bin/sh
case "$*" in *requirements.lock*) exec /bin/sleep 200;; esac
"""
"""Installs until it is interrupted."""
_SLEEP = "#!/bin/sh\nexec /bin/sleep 0.1\n"


def test_set_up_says_that_it_goes_on_and_falls_silent_when_it_is_interrupted(
    tmp_path: Path,
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"python": _PYTHON, "sleep": _SLEEP}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    make = subprocess.Popen(
        [
            "make", "-C", str(ROOT), "setup", f"VENV={tmp_path / 'venv'}", f"BIN={programs}",
            f"PYTHON={programs / 'python'}",
        ],
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert make.stdout is not None
    try:
        assert any(line == "still installing\n" for line in make.stdout)
        os.killpg(make.pid, signal.SIGINT)  # as a terminal does on Ctrl-C
        # the end of the output: nothing is left that could say more
        make.stdout.read()
        assert make.wait() != 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(make.pid, signal.SIGKILL)
