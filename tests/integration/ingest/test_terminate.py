"""A run that gets SIGTERM or SIGINT ends in order and leaves no process behind."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import Company


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGTERM, id="SIGTERM"),
        pytest.param(signal.SIGINT, id="SIGINT", marks=pytest.mark.slow),
    ],
)
def test_a_run_that_is_ended_while_dbt_builds_leaves_no_process_behind(
    company: Company, home: Path, how: signal.Signals
) -> None:
    gong = company.copy(home)
    run = gong.start("transform")
    children: list[psutil.Process] = []
    while not children and run.poll() is None:
        children = psutil.Process(run.pid).children(recursive=True)
        time.sleep(0.05)
    assert children
    run.send_signal(how)
    output, _ = run.communicate(timeout=60)

    assert run.returncode == 130
    assert "interrupted" in output
    assert "Traceback" not in output
    left = [c for c in children if c.is_running() and c.status() != psutil.STATUS_ZOMBIE]
    assert not left
    again = gong("transform")
    assert again.returncode == 0, again.stderr
