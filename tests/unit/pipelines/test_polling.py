from __future__ import annotations

import pytest

from pipelines.polling import turns


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


def test_the_first_turn_is_at_once_and_pauses_grow_to_a_minute(pauses: list[float]) -> None:
    assert len(list(turns(300))) == len(pauses) + 1
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60, 58]


def test_the_last_pause_ends_with_the_time(pauses: list[float]) -> None:
    list(turns(3))
    assert pauses == [2, 1]


def test_without_time_there_is_one_turn(pauses: list[float]) -> None:
    assert len(list(turns(0))) == 1
    assert pauses == []
