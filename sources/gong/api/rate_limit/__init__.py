"""How many requests may leave: `budget.py` counts them, `pacing.py` spaces them within a second."""

from sources.gong.api.rate_limit.budget import (
    LONGEST_WAIT,
    Budget,
    Limits,
    Turn,
    default_ledger,
    requests_of_the_day,
)
from sources.gong.api.rate_limit.pacing import UsualTimes

__all__ = [
    "LONGEST_WAIT",
    "Budget",
    "Limits",
    "Turn",
    "UsualTimes",
    "default_ledger",
    "requests_of_the_day",
]
