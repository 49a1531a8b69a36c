"""Half-open windows of instants and of days."""

from datetime import date


def within(value: int, window: tuple[int | None, int | None]) -> bool:
    """Whether an instant lies in a half-open window with open ends allowed."""
    low, high = window
    return (low is None or value >= low) and (high is None or value < high)


def day_within(value: date, days: tuple[date | None, date | None]) -> bool:
    """Whether a day lies in a half-open range with open ends allowed."""
    low, high = days
    return (low is None or value >= low) and (high is None or value < high)
