"""The limits as they are counted: rolling, by arrival, whatever was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulator.errors import ApiError
from tests.emulator.limits import Limits, busiest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start


class Day:
    """A clock that is set by hand, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(limits: Limits, at: float) -> str | None:
    """The Retry-After of a request, or None when it is accepted."""
    try:
        limits.admit(at)
    except ApiError as error:
        return dict(error.headers)["Retry-After"]
    return None


def test_no_second_holds_more_than_the_limit() -> None:
    limits = Limits(3, None, Day())
    assert [refused(limits, at) for at in (0.0, 0.5, 0.75)] == [None] * 3
    assert refused(limits, 0.875) == "1"
    assert refused(limits, 1.0) is None
    assert refused(limits, 1.25) == "1"
    assert refused(limits, 1.5) is None


def test_requests_are_weighed_by_their_arrival_in_whatever_order() -> None:
    limits = Limits(2, None, Day())
    assert refused(limits, 0.9) is None
    assert refused(limits, 1.4) is None
    assert refused(limits, 0.5) == "1"
    assert refused(limits, 0.25) is None


def test_no_24_hours_hold_more_than_the_limit() -> None:
    day = Day()
    limits = Limits(None, 2, day)
    for hour, expected in ((0, None), (20, None), (23, "3600"), (24, None), (25, "68400")):
        day.now = hour * 3600.0
        assert refused(limits, day.now) == expected, hour


def test_a_clock_that_is_moved_back_gives_back_what_came_later() -> None:
    day = Day()
    limits = Limits(None, 1, day)
    day.now = 5000.0
    assert refused(limits, 1) is None
    assert refused(limits, 2) == "86400"
    day.now = 4000.0
    assert refused(limits, 3) is None


@pytest.mark.parametrize(
    ("times", "most"),
    [([], 0), ([5.0], 1), ([0.0, 1.0, 2.0], 1), ([0.0, 0.75, 1.5, 0.25], 3), ([2.0, 2.0], 2)],
)
def test_the_busiest_second_has_an_open_end(times: list[float], most: int) -> None:
    assert busiest(times, 1) == most


def counts(emulator: Emulator) -> Json:
    limits: Json = emulator.client.get("/_emulator/limits").json()
    return limits


def test_arrivals_are_counted_whatever_was_answered(start: Start) -> None:
    emulator = start("--calls", "10", "--requests-per-second", "3", "--requests-per-day", "4")
    for _ in range(5):
        emulator.get("workspaces")
    emulator.client.get("/v2/workspaces", auth=("nobody", "wrong"))
    limits = counts(emulator)
    assert (limits["requests_per_second"], limits["requests_per_day"]) == (3, 4)
    assert (limits["requests"], limits["busiest_day"]) == (6, 6)
    assert (limits["refused_by_second"], limits["refused_by_day"]) == (2, 0)
    emulator.advance(86_400)
    emulator.client.post("/oauth2/generate-customer-token")
    assert (counts(emulator)["requests"], counts(emulator)["busiest_day"]) == (6, 6)
    assert emulator.client.delete("/_emulator/limits").json()["requests"] == 0


def test_a_fault_in_front_of_the_service_uses_up_nothing(start: Start) -> None:
    emulator = start("--calls", "10", "--requests-per-second", "100", "--requests-per-day", "1")
    for kind in ("rate_limited", "html_page", "wrong_credentials"):
        emulator.fault(kind, times=1)
    statuses = [emulator.get("workspaces").status_code for _ in range(5)]
    assert statuses == [200, 429, 401, 200, 429]
    assert counts(emulator)["refused_by_day"] == 1
    assert counts(emulator)["requests"] == 5
    assert [request["fault"] for request in emulator.requests()] == [
        "html_page",
        "rate_limited",
        "wrong_credentials",
        None,
        None,
    ]
