"""No second and no 24 hours hold more requests than allowed, over all processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest

from sources.gong.api.errors import BrokenLedger, Postponed, UnusableInput
from sources.gong.api.rate_limit import LONGEST_WAIT, Budget, Limits, default_ledger
from tests.unit.sources.api.conftest import FakeTimer

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


class FakeClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def sent(ledger: Path) -> list[float]:
    with sqlite3.connect(ledger) as db:
        return [row[0] for row in db.execute("select sent_at from requests order by 1")]


def most_in_a_second(times: list[float]) -> int:
    return max(sum(start <= t < start + 1.0 for t in times) for start in times)


@pytest.mark.parametrize("per_second", [1, 3, 5, 40])
def test_no_second_holds_more_than_is_allowed_whenever_it_begins(
    ledger: Path, timer: FakeTimer, per_second: int
) -> None:
    budget = Budget(ledger, Limits(per_second, 0), timer=timer)
    for _ in range(per_second + 2):
        budget.wait_for_turn()
    assert most_in_a_second(sent(ledger)) <= per_second
    assert budget.spent == per_second + 2
    # nor do they take longer than two of the budget's seconds
    assert sum(timer.naps) < 2.1


def test_without_a_limit_nothing_is_waited_for(ledger: Path, timer: FakeTimer) -> None:
    budget = Budget(ledger, Limits(0, 0), timer=timer)
    for _ in range(50):
        budget.wait_for_turn()
    assert not timer.naps
    assert len(sent(ledger)) == 50


def test_the_days_cap_holds_over_any_24_hours(ledger: Path, clock: FakeClock) -> None:
    budget = Budget(ledger, Limits(0, 3), clock)
    for hours in (0, 8, 8):
        clock.now += timedelta(hours=hours)
        budget.wait_for_turn()
    clock.now = NOW + timedelta(hours=23, minutes=59)
    with pytest.raises(Postponed, match=r"3 of 3 in the last 24 hours") as postponed:
        budget.wait_for_turn()
    assert postponed.value.wait_seconds == pytest.approx(60, abs=1)
    clock.now = NOW + timedelta(hours=24, seconds=1)
    budget.wait_for_turn()
    with pytest.raises(Postponed):
        budget.wait_for_turn()
    assert budget.spent == 4


def test_the_day_is_counted_over_all_processes(ledger: Path, clock: FakeClock) -> None:
    first, second = (Budget(ledger, Limits(0, 3), clock) for _ in range(2))
    first.wait_for_turn()
    second.wait_for_turn()
    first.wait_for_turn()
    with pytest.raises(Postponed):
        second.wait_for_turn()
    assert (first.spent, second.spent) == (2, 1)
    assert first.spent_today() == second.spent_today() == 3


def test_a_reserve_is_left_for_others(ledger: Path, clock: FakeClock) -> None:
    careful = Budget(ledger, Limits(0, 5, reserve=2), clock)
    for _ in range(3):
        careful.wait_for_turn()
    with pytest.raises(Postponed, match="2 of them kept for others"):
        careful.wait_for_turn()
    Budget(ledger, Limits(0, 5), clock).wait_for_turn()


def test_a_reserve_as_large_as_the_day_leaves_nothing(ledger: Path, clock: FakeClock) -> None:
    with pytest.raises(Postponed):
        Budget(ledger, Limits(0, 5, reserve=5), clock).wait_for_turn()
    assert sent(ledger) == []


def test_max_requests_counts_this_run_only(ledger: Path) -> None:
    Budget(ledger, Limits(0, 0)).wait_for_turn()
    budget = Budget(ledger, Limits(0, 0, max_requests=2))
    budget.wait_for_turn()
    budget.wait_for_turn()
    with pytest.raises(Postponed, match="--max-requests 2 is used up"):
        budget.wait_for_turn()
    assert len(sent(ledger)) == 3


def test_what_was_refused_is_not_written_down(ledger: Path, clock: FakeClock) -> None:
    budget = Budget(ledger, Limits(0, 1), clock)
    budget.wait_for_turn()
    for _ in range(3):
        with pytest.raises(Postponed):
            budget.wait_for_turn()
    assert len(sent(ledger)) == 1


def test_a_pause_holds_for_every_budget_of_the_ledger(ledger: Path, timer: FakeTimer) -> None:
    first, second = (Budget(ledger, Limits(3, 0), timer=timer) for _ in range(2))
    first.wait_for_turn()
    before = timer.now
    first.pause(0.6)
    second.wait_for_turn()
    assert sent(ledger)[-1] >= before + 0.6


def test_after_a_pause_requests_keep_their_distance(ledger: Path, timer: FakeTimer) -> None:
    budget = Budget(ledger, Limits(3, 0), timer=timer)
    budget.pause(0.3)
    for _ in range(6):
        budget.wait_for_turn()
    assert most_in_a_second(sent(ledger)) == 3


def test_a_shorter_pause_does_not_end_a_longer_one(ledger: Path, timer: FakeTimer) -> None:
    budget = Budget(ledger, Limits(0, 0), timer=timer)
    before = timer.now
    budget.pause(0.5)
    budget.pause(0.0)
    budget.wait_for_turn()
    assert sent(ledger)[-1] >= before + 0.5


def test_a_pause_longer_than_the_run_may_wait_postpones_everybody(ledger: Path) -> None:
    first, second = (Budget(ledger, Limits(3, 0, max_wait_seconds=10)) for _ in range(2))
    with pytest.raises(Postponed, match="3600 s"):
        first.pause(3600)
    with pytest.raises(Postponed) as postponed:
        second.wait_for_turn()
    assert 3590 < postponed.value.wait_seconds <= 3600
    assert sent(ledger) == []


def test_old_lines_leave_the_ledger(ledger: Path, clock: FakeClock) -> None:
    budget = Budget(ledger, Limits(0, 10), clock)
    for _ in range(5):
        budget.wait_for_turn()
    with sqlite3.connect(ledger) as db:
        db.execute("update requests set sent_at = sent_at - 3 * 86400 where rowid <= 3")
    budget.wait_for_turn()

    assert len(sent(ledger)) == 3


def test_a_run_with_its_clock_in_the_future_forgets_nothing_of_today(
    ledger: Path, clock: FakeClock
) -> None:
    Budget(ledger, Limits(0, 10), clock).wait_for_turn()
    clock.now += timedelta(days=400)
    Budget(ledger, Limits(0, 10), clock).wait_for_turn()
    clock.now -= timedelta(days=400)

    assert Budget(ledger, Limits(0, 10), clock).spent_today() >= 1


def test_each_company_and_key_has_a_ledger_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "gong-elt"
    paths = {
        default_ledger(folder, url, key)
        for url in ("https://api.gong.io", "https://us-1.api.gong.io")
        for key in ("one-key", "other-key")
    }
    assert len(paths) == 4
    assert default_ledger(folder, "https://api.gong.io/", "one-key") in paths
    for path in paths:
        assert path.parent == folder
        assert "key" not in path.name
        assert "us-1" not in path.name
    assert not folder.exists()
    Budget(paths.pop(), Limits()).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_state_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableInput, match=r"file/gong-elt.*XDG_STATE_HOME"):
        Budget(default_ledger(tmp_path / "file" / "gong-elt", "u", "k"), Limits())


DAY = 86_400.0


@pytest.mark.parametrize("days_ahead", [0.1, 60, 400])
def test_requests_of_a_clock_that_was_ahead_count_for_24_hours_and_no_longer(
    ledger: Path, timer: FakeTimer, days_ahead: float
) -> None:
    right = timer.now

    def clock() -> datetime:
        return datetime.fromtimestamp(timer.now, UTC)

    timer.now = right + days_ahead * DAY
    Budget(ledger, Limits(0, 1), clock, timer).wait_for_turn()
    timer.now = right
    budget = Budget(ledger, Limits(0, 1), clock, timer)
    (said,) = budget.corrections
    assert "1 requests of a time that is still to come" in said
    with pytest.raises(Postponed) as postponed:
        budget.wait_for_turn()
    assert postponed.value.wait_seconds == pytest.approx(DAY)
    assert Budget(ledger, Limits(0, 1), clock, timer).corrections == ()
    timer.now = right + DAY + 1
    budget.wait_for_turn()


def test_a_run_with_its_clock_fixed_in_the_future_holds_nobody_up_for_longer_than_a_day(
    ledger: Path, timer: FakeTimer
) -> None:
    def clock() -> datetime:
        return datetime.fromtimestamp(timer.now, UTC)

    ahead = Budget(ledger, Limits(0, 1), lambda: clock() + timedelta(days=400), timer)
    ahead.wait_for_turn()
    budget = Budget(ledger, Limits(0, 1), clock, timer)
    with pytest.raises(Postponed, match=r"comes free in 24\.0 hours"):
        budget.wait_for_turn()
    timer.now += DAY + 1
    budget.wait_for_turn()


def test_one_request_of_a_clock_far_ahead_forgets_no_other(ledger: Path, timer: FakeTimer) -> None:
    budget = Budget(ledger, Limits(0, 0), timer=timer)
    budget.wait_for_turn()
    timer.now += 400 * DAY
    budget.wait_for_turn()
    assert len(sent(ledger)) == 2


@pytest.mark.parametrize("seconds", [2 * DAY, 1e9, 1.8e9])
def test_a_stated_wait_is_believed_for_24_hours_at_most(
    ledger: Path, timer: FakeTimer, seconds: float
) -> None:
    budget = Budget(ledger, Limits(0, 0), timer=timer)
    with pytest.raises(Postponed, match=r"86400 s or longer") as postponed:
        budget.pause(seconds)
    assert postponed.value.wait_seconds == LONGEST_WAIT
    with pytest.raises(Postponed, match="gong-elt check --lift-pause"):
        budget.wait_for_turn()
    timer.now += LONGEST_WAIT
    budget.wait_for_turn()


def test_a_wait_of_decades_that_an_earlier_version_stored_ends_after_24_hours(
    ledger: Path, timer: FakeTimer
) -> None:
    Budget(ledger, Limits(0, 0), timer=timer).close()
    with sqlite3.connect(ledger) as db:
        db.execute("insert into pause values (1, ?)", (timer.now + 1e9,))
    budget = Budget(ledger, Limits(0, 0), timer=timer)
    assert "24 hours from now" in " ".join(budget.corrections)
    timer.now += LONGEST_WAIT - 1
    later = Budget(ledger, Limits(0, 0), timer=timer)
    assert later.corrections == ()
    timer.now += 2
    later.wait_for_turn()


def test_a_wait_can_be_lifted(ledger: Path, timer: FakeTimer) -> None:
    budget = Budget(ledger, Limits(0, 0), timer=timer)
    assert not budget.lift_pause()
    with pytest.raises(Postponed):
        budget.pause(7200)
    assert budget.lift_pause()
    budget.wait_for_turn()
    assert timer.naps == []


def test_a_clock_that_is_set_back_delays_no_request_within_a_second(
    ledger: Path, timer: FakeTimer
) -> None:
    class StepBack(FakeTimer):
        def time(self) -> float:
            return self.now - 1800

    budget = Budget(ledger, Limits(3, 0), timer=timer)
    budget.wait_for_turn()
    budget.close()
    back = StepBack()
    back.now = timer.now
    Budget(ledger, Limits(3, 0), timer=back).wait_for_turn()
    assert sum(back.naps) < 1


@pytest.mark.parametrize("damage", ["empty", "cut in half", "random", "one page"])
def test_a_damaged_ledger_stops_the_run_before_a_request_and_says_what_deleting_it_costs(
    ledger: Path, timer: FakeTimer, damage: str
) -> None:
    budget = Budget(ledger, Limits(0, 0), timer=timer)
    for _ in range(300):
        budget.wait_for_turn()
    budget.close()
    content = ledger.read_bytes()
    damaged = {
        "empty": b"",
        "cut in half": content[: len(content) // 2],
        "random": os.urandom(len(content)),
        "one page": content[:4096] + os.urandom(4096) + content[8192:],
    }[damage]
    ledger.write_bytes(damaged)
    later = timer.now + 365 * 24 * 3600
    os.utime(ledger, (timer.now, timer.now))
    timer.now = later
    with pytest.raises(BrokenLedger, match=r"ledger\.sqlite is damaged.*Delete it.*24 hours"):
        Budget(ledger, Limits(0, 0), timer=timer)
    assert ledger.read_bytes() == damaged
    ledger.unlink()
    assert Budget(ledger, Limits(0, 0), timer=timer).spent_today() == 0


def test_a_request_that_gives_way_leaves_when_no_other_waits(ledger: Path) -> None:
    """Others that come while it waits go first; once it need not give way, it does not."""
    order: list[str] = []
    woken, at_work = threading.Event(), threading.Event()

    class Nap(FakeTimer):
        def sleep(self, seconds: float, /) -> None:
            super().sleep(seconds)
            at_work.set()
            assert woken.wait(10)

    budget = Budget(ledger, Limits(3, 0), timer=Nap())
    budget.wait_for_turn()

    def urgent() -> None:
        budget.wait_for_turn()
        order.append("urgent")

    def patient() -> None:
        budget.wait_for_turn(0.0, lambda: True)
        order.append("patient")

    first = threading.Thread(target=urgent)
    first.start()
    assert at_work.wait(10)
    second = threading.Thread(target=patient)
    second.start()
    woken.set()
    first.join(10)
    second.join(10)
    assert order == ["urgent", "patient"]
    assert budget.spent == 3


def test_a_request_that_need_not_give_way_any_more_leaves_in_its_turn(ledger: Path) -> None:
    budget = Budget(ledger, Limits(3, 0), timer=FakeTimer())
    budget._waiting = 1
    asked = chain([True, True], repeat(False))
    budget.wait_for_turn(0.0, lambda: next(asked))
    assert budget.spent == 1


def test_it_does_not_wait_for_another_that_gives_way_either(ledger: Path) -> None:
    """Somebody waits for its answer by now, and the other one is for later."""
    budget = Budget(ledger, Limits(3, 0), timer=FakeTimer())
    asked = chain([True], repeat(False))
    with budget._last_place:  # another one gives way
        budget.wait_for_turn(0.0, lambda: next(asked))
    assert budget.spent == 1
