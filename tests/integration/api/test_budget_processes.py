"""Several processes and threads share one budget in real time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sources.gong.api.rate_limit import Budget, Limits
from tests.conftest import ROOT

SPENDER = """
import sys, threading
from sources.gong.api.rate_limit import Budget, Limits
budget = Budget(sys.argv[1], Limits(3, 0))
def spend():
    for _ in range(int(sys.argv[2])):
        budget.wait_for_turn()
threads = [threading.Thread(target=spend) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def sent(ledger: Path) -> list[float]:
    with sqlite3.connect(ledger) as db:
        return [row[0] for row in db.execute("select sent_at from requests order by 1")]


def most_in_a_second(times: list[float]) -> int:
    return max(sum(start <= t < start + 1.0 for t in times) for start in times)


def test_two_processes_of_three_threads_share_three_requests_per_second(ledger: Path) -> None:
    spenders = [
        subprocess.Popen([sys.executable, "-c", SPENDER, str(ledger), "3"], cwd=ROOT)
        for _ in range(2)
    ]
    assert [spender.wait(60) for spender in spenders] == [0, 0]
    times = sent(ledger)
    assert len(times) == 18
    assert most_in_a_second(times) == 3


def test_many_who_waited_for_a_pause_do_not_go_all_at_once(ledger: Path) -> None:
    budget = Budget(ledger, Limits(3, 0))
    budget.pause(0.3)
    threads = [threading.Thread(target=budget.wait_for_turn) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent(ledger)) == 6
    assert most_in_a_second(sent(ledger)) == 3


def test_a_pause_holds_for_every_process(ledger: Path) -> None:
    first, second = (Budget(ledger, Limits(3, 0)) for _ in range(2))
    first.wait_for_turn()
    before = time.time()
    first.pause(0.6)
    second.wait_for_turn()
    assert sent(ledger)[-1] >= before + 0.6
    assert time.time() >= before + 0.6
