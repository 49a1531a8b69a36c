"""Gong sees three requests in any second, also where some arrive late, and hardly fewer."""

from __future__ import annotations

import random
import sqlite3

import pytest

from sources.gong.api.rate_limit.pacing import Pace, UsualTimes

BEFORE = 1.03
"""Seconds that three requests took before arrivals were watched."""


class Line:
    """A line to Gong at its full rate; each request arrives late and is answered later still."""

    def __init__(self, per_second: int = 3) -> None:
        self.pace = Pace(sqlite3.connect(":memory:", isolation_level=None), per_second)
        self.usual = UsualTimes()
        self.now = self.start = 5_000.0
        self.arrivals: list[float] = []
        self._answers: list[tuple[float, float, int]] = []

    def send(self, late: float, work: float) -> None:
        has_waited = False
        while (delay := self._delay()) > 0:
            self.now += delay
            has_waited = True
        turn = self.pace.leave(self.now, self.usual.of("x"), has_waited=has_waited)
        self.pace.written(turn, self.now)
        self.arrivals.append(self.now + late)
        self._answers.append((self.now + late + work, self.now, turn))

    def _delay(self) -> float:
        for answer in [answer for answer in self._answers if answer[0] <= self.now]:
            self._answers.remove(answer)
            at, written, turn = answer
            self.pace.answered(turn, at, self.usual.add("x", at - written))
        return self.pace.wait(self.now)

    @property
    def busiest_second(self) -> int:
        times = sorted(self.arrivals)
        return max(sum(start <= time < start + 1.0 for time in times) for start in times)

    @property
    def seconds_for_three(self) -> float:
        return 3 * (self.now - self.start) / (len(self.arrivals) - 1)


@pytest.mark.parametrize("per_second", [1, 3, 5, 40])
def test_no_second_holds_more_than_is_allowed(per_second: int) -> None:
    line = Line(per_second)
    for _ in range(8 * per_second):
        line.send(0.0, 0.001)
    assert line.busiest_second == per_second


@pytest.mark.parametrize("late", [0.05, 0.1, 0.25])
def test_a_request_that_arrives_late_does_not_arrive_beside_three_others(late: float) -> None:
    line = Line()
    for number in range(900):
        line.send(late if number % 30 == 7 else 0.0, 0.03)
    assert line.busiest_second == 3
    assert line.seconds_for_three <= BEFORE * 1.02


def test_requests_that_are_late_by_chance_never_make_four_in_a_second() -> None:
    line, chance = Line(), random.Random(7)
    for _ in range(900):
        line.send(max(chance.gauss(-0.05, 0.05), 0.0), 0.02)
    assert line.busiest_second == 3
    assert line.seconds_for_three <= BEFORE * 1.02


def test_answers_that_take_long_slow_requests_down_by_two_per_cent_at_most() -> None:
    line, chance = Line(), random.Random(7)
    for _ in range(900):
        line.send(0.0, chance.uniform(0.2, 2.0))
    assert line.busiest_second == 3
    assert line.seconds_for_three <= BEFORE * 1.02


def test_quick_answers_make_requests_faster_than_before() -> None:
    line = Line()
    for _ in range(900):
        line.send(0.0, 0.02)
    assert line.seconds_for_three < BEFORE


def test_answers_that_never_come_hold_nothing_up_for_long() -> None:
    line = Line()
    for _ in range(300):
        line.send(0.0, 1e9)
    assert line.seconds_for_three <= BEFORE * 1.02


def test_turns_of_before_the_machine_was_started_again_are_forgotten() -> None:
    line = Line()
    for _ in range(3):
        line.send(0.0, 0.02)
    assert line.pace.wait(line.now) > 0
    assert line.pace.wait(10.0) == 0
