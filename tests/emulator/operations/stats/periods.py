"""Ranges of company days and how they split into calendar periods."""

from dataclasses import dataclass
from datetime import date, timedelta

PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


@dataclass(frozen=True)
class Span:
    """The days start <= day < end."""

    start: date
    end: date

    @staticmethod
    def of(day: date) -> "Span":
        """The span of a single day."""
        return Span(day, day + timedelta(days=1))


def split(span: Span, period: str) -> list[Span]:
    """Consecutive periods that cover a span, the first and last clipped to it."""
    spans, start = [], span.start
    while start < span.end:
        end = min(_next_period(start, period), span.end)
        spans.append(Span(start, end))
        start = end
    return spans


def _next_period(day: date, period: str) -> date:
    """The first day of the period after the one a day is in; weeks start on Monday."""
    if period == "DAY":
        return day + timedelta(days=1)
    if period == "WEEK":
        return day + timedelta(days=7 - day.weekday())
    if period == "YEAR":
        return date(day.year + 1, 1, 1)
    length = 1 if period == "MONTH" else 3
    month = (day.month - 1) // length * length + length
    return date(day.year + month // 12, month % 12 + 1, 1)
