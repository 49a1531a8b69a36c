"""What the streams of a run may spend, and how Gong takes instants."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sources.gong.api.errors import ShareSpent
from sources.gong.extract.pages import StreamQuota, instant


def test_an_instant_is_sent_in_utc_with_z() -> None:
    assert instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


def test_a_stream_spends_its_share_and_no_more() -> None:
    quota = StreamQuota(per_stream=2, unlimited=frozenset(("users",)))
    for _ in range(2):
        quota.spend("calls", is_sweep=False)
    with pytest.raises(ShareSpent, match=r"calls has spent its share.*\(2\).*--only calls"):
        quota.spend("calls", is_sweep=False)
    quota.spend("logs", is_sweep=False)
    for _ in range(5):
        quota.spend("users", is_sweep=False)


def test_the_sweep_has_a_limit_of_its_own() -> None:
    quota = StreamQuota(per_stream=0, sweep=1)
    quota.spend("calls", is_sweep=True)
    with pytest.raises(ShareSpent):
        quota.spend("answered_scorecards", is_sweep=True)
    quota.sweep = 2
    quota.spend("calls", is_sweep=True)


def test_without_limits_nothing_is_counted_out() -> None:
    quota = StreamQuota()
    for _ in range(100):
        quota.spend("calls", is_sweep=False)
        quota.spend("calls", is_sweep=True)
