"""A crash in a library's machine code says which lines led to it."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

SCRIPT = """
import faulthandler, sys
from pipelines.cli import main

sys.argv = ["gong-elt", "--help"]
try:
    main()
except SystemExit:
    faulthandler._sigsegv()
"""


def test_a_crash_in_machine_code_names_the_lines_that_led_to_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode < 0
    assert "Segmentation fault" in done.stderr
    assert 'File "<string>", line 9' in done.stderr
