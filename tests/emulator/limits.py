"""The company's rate limits per second and per day, shared by all callers."""

import math
import time
from bisect import bisect_right, insort
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.emulator.errors import ApiError
from tests.emulator.settings import Json

DAY_SECONDS = 86_400
# Requests count by arrival; threads may handle them in another order.
_DISORDER_SECONDS = 60
TOO_FAST = "API rate limit exceeded"
DAY_IS_SPENT = "API daily limit exceeded"


@dataclass
class Limits:
    """Answers 429 with `Retry-After` beyond a limit, and counts arrivals.

    Both limits are rolling: no second of real time and no 24 hours of the emulator's clock hold
    more accepted requests (how the real limits roll is unknown: our choice). Refused requests use
    up nothing. Moving the clock back gives back the requests accepted after its new time.
    """

    per_second: int | None
    per_day: int | None
    clock_seconds: Callable[[], float]

    def __post_init__(self) -> None:
        """Start with nothing used and nothing counted."""
        self._accepted: list[float] = []
        self._of_the_day: deque[float] = deque()
        self.forget_counts()

    def forget_counts(self) -> None:
        """Reset the counts, not the usage."""
        self._arrivals: list[float] = []
        self._arrivals_by_clock: list[float] = []
        self._refused: Counter[str] = Counter()

    def arrive(self, at: float) -> None:
        """Count an arriving request; `at` is an instant of the monotonic clock."""
        self._arrivals.append(at)
        self._arrivals_by_clock.append(self.clock_seconds())

    def admit(self, at: float | None = None) -> None:
        """Accept a request that arrived at an instant of the monotonic clock, or refuse it."""
        arrived = time.monotonic() if at is None else at
        now = self.clock_seconds()
        self._check_day(now)
        self._check_second(arrived)
        insort(self._accepted, arrived)
        self._of_the_day.append(now)

    def change(self, per_second: int | None, per_day: int | None) -> None:
        """Set new limits (None: no limit) and reset usage and counts."""
        self.per_second, self.per_day = per_second, per_day
        self.__post_init__()

    def counts(self) -> Json:
        """The limits, the busiest spans of arrivals (refused ones too), and the refusals."""
        return {
            "requests_per_second": self.per_second,
            "requests_per_day": self.per_day,
            "requests": len(self._arrivals),
            "busiest_second": busiest(self._arrivals, 1),
            "busiest_day": busiest(self._arrivals_by_clock, DAY_SECONDS),
            "refused_by_second": self._refused[TOO_FAST],
            "refused_by_day": self._refused[DAY_IS_SPENT],
        }

    def _check_day(self, now: float) -> None:
        used = self._of_the_day
        while used and used[-1] > now:
            used.pop()
        while used and now - used[0] >= DAY_SECONDS:
            used.popleft()
        if self.per_day is not None and len(used) >= self.per_day:
            wait = used[-self.per_day] + DAY_SECONDS - now if self.per_day else DAY_SECONDS
            raise self._refusal(DAY_IS_SPENT, wait)

    def _check_second(self, arrived: float) -> None:
        recent = self._accepted
        while recent and arrived - recent[0] > _DISORDER_SECONDS:
            recent.pop(0)
        most = self.per_second
        if most is None:
            return
        place = bisect_right(recent, arrived)
        together = [*recent[:place], arrived, *recent[place:]]
        for first in range(max(0, place - most), min(place, len(together) - 1 - most) + 1):
            if together[first + most] - together[first] < 1:
                wait = together[first] + 1 - arrived if most else 1.0
                raise self._refusal(TOO_FAST, wait)

    def _refusal(self, text: str, wait: float) -> ApiError:
        self._refused[text] += 1
        return limit_exceeded(text, str(max(1, math.ceil(wait))))


def limit_exceeded(text: str, retry_after: str | None) -> ApiError:
    """429; the live text is unknown, these are our choice."""
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    return ApiError(429, text, headers=headers)


def busiest(times: list[float], seconds: float) -> int:
    """The largest number of instants within a span shorter than `seconds`."""
    ordered, most, first = sorted(times), 0, 0
    for last, instant in enumerate(ordered):
        while instant - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
