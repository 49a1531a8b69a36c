"""The company's request limits: so many per second, so many per day, shared by all callers."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.emulator.errors import ApiError

DAY_SECONDS = 86_400


@dataclass
class Limits:
    """Counts accepted requests and refuses with 429 and `Retry-After` beyond a limit.

    The second is a sliding one of real time; the day runs 24 hours of the emulator's clock
    from the first request of the period (when the real one resets is unknown: a choice).
    Refused requests use up nothing.
    """

    per_second: int | None
    per_day: int | None
    clock_seconds: Callable[[], float]

    def __post_init__(self) -> None:
        """Begin with nothing used."""
        self._recent: deque[float] = deque()
        self._day_began: float | None = None
        self._day_count = 0

    def admit(self) -> None:
        """Count a request, or refuse it."""
        self._check_day()
        self._check_second()
        self._day_count += 1

    def change(self, per_second: int | None, per_day: int | None) -> None:
        """Set new limits (None is none) and forget what was used."""
        self.per_second, self.per_day = per_second, per_day
        self.__post_init__()

    def _check_day(self) -> None:
        now = self.clock_seconds()
        if self._day_began is None or not 0 <= now - self._day_began < DAY_SECONDS:
            self._day_began, self._day_count = now, 0
        if self.per_day is not None and self._day_count >= self.per_day:
            raise _refusal("API daily limit exceeded", self._day_began + DAY_SECONDS - now)

    def _check_second(self) -> None:
        if self.per_second is None:
            return
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= 1:
            self._recent.popleft()
        if len(self._recent) >= self.per_second:
            wait = 1.0 if not self._recent else self._recent[0] + 1 - now
            raise _refusal("API rate limit exceeded", wait)
        self._recent.append(now)


def _refusal(text: str, wait: float) -> ApiError:
    """429 with whole seconds to wait; the live text is unknown, this one is a choice."""
    seconds = max(1, math.ceil(wait))
    return ApiError(429, text, headers=(("Retry-After", str(seconds)),))
