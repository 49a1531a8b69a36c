"""Counted where requests arrive, while the machine is busy: never more than Gong allows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import NothingFound
from sources.gong.api.operations import operation
from sources.gong.api.rate_limit import Budget, Limits
from tests.conftest import ROOT, Emulator

COMPANY = (
    "--seed", "7", "--users", "20", "--calls", "2000", "--days", "60",
    "--now", "2026-11-20T12:00:00Z", "--requests-per-second", "3",
)  # fmt: skip
ASKER = """
import sys
from tests.integration.api.test_arrivals import ask
ask(*sys.argv[1:])
"""
THREADS, REQUESTS = 8, 60


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Keeps every processor at work."""
    burn = "while True: sum(range(10_000))"
    burners = [subprocess.Popen([sys.executable, "-c", burn]) for _ in range(4)]
    yield
    for burner in burners:
        burner.kill()
        burner.wait()


def ask(url: str, key: str, secret: str, ledger: str, first: str) -> None:
    """Makes requests with answers of many sizes, as fast as the budget lets them go."""
    budget = Budget(ledger, Limits(3, 0))
    start = datetime(2026, 10, 1, tzinfo=UTC)

    def one(number: int) -> None:
        span = timedelta(days=(0.01, 1, 5, 20)[number % 4])
        since = start + timedelta(minutes=int(first) + number)
        inputs = {
            "filter.fromDateTime": since.isoformat(),
            "filter.toDateTime": (since + span).isoformat(),
        }
        with suppress(NothingFound):
            client.call(operation("listCallsExtensive"), inputs)

    client = Client(url, credentials(key, secret, None), budget)
    with client, ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(REQUESTS)))
    budget.close()


@pytest.mark.slow
def test_gong_counts_three_requests_in_any_second_although_the_machine_is_busy(
    emulators: Callable[..., Emulator], tmp_path: Path, busy_machine: None
) -> None:
    emulator = emulators(*COMPANY)
    key = (emulator.base_url, emulator.access_key, emulator.access_key_secret)
    askers = [
        subprocess.Popen(
            [sys.executable, "-c", ASKER, *key, str(tmp_path / "ledger.sqlite"), first], cwd=ROOT
        )
        for first in ("0", "1000")
    ]
    assert [asker.wait(500) for asker in askers] == [0, 0]
    counts = emulator.limits()
    assert counts["requests"] == 2 * REQUESTS
    assert counts["busiest_second"] == 3
    assert counts["refused_by_second"] == 0
