"""When to ask again for what Gong has accepted and does later, which takes seconds or hours."""

from __future__ import annotations

import time
from collections.abc import Iterator

_FIRST, _LONGEST = 2.0, 60.0
"""Seconds of the first pause, and at most."""


def turns(seconds: float) -> Iterator[None]:
    """Yields whenever it is time to ask: at once, then after growing pauses, for some seconds."""
    yield
    pause, left = _FIRST, seconds
    while left > 0:
        pause = min(pause, left)
        time.sleep(pause)
        yield
        left -= pause
        pause = min(2 * pause, _LONGEST)
