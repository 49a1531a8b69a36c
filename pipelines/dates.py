"""Pure: dates and times of the command line and of settings, as instants."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipelines.exit_codes import UsageError
from sources.gong.extract.windows import midnight


def check_instant(value: str, name: str) -> datetime:
    """Returns a date or time as an instant, a date as if in UTC.

    Raises:
        UsageError: neither a date nor a time with an offset.
    """
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise UsageError(
            f"{name} {value!r} is not a date: write 2026-01-31, or 2026-01-31T00:00:00Z"
        ) from None
    if parsed.tzinfo is None and not _is_date(value):
        raise UsageError(
            f"{name} {value!r} has no offset: write 2026-01-31T00:00:00Z, or the date alone"
        )
    return parsed.replace(tzinfo=parsed.tzinfo or UTC)


def _is_date(value: str) -> bool:
    return len(value) == len("2026-01-31")


def check_span(start: str, end: str | None) -> None:
    """Raises UsageError where a date cannot be read, or `end` is not after `start`."""
    first = check_instant(start, "--from")
    if end is None:
        return
    last = check_instant(end, "--to")
    # a date and an instant cannot be compared before the company's zone is known
    if _is_date(start) == _is_date(end) and first >= last:
        raise UsageError(f"--from {start} is not before --to {end}: there is nothing between them")


def instant_of(value: str, zone: ZoneInfo | None, name: str) -> datetime:
    """Returns the instant of a date or time, in UTC; a date is midnight in the company's zone.

    Raises:
        UsageError: not a date or a time, a time without an offset, or a date without a zone.
    """
    check_instant(value, name)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return datetime.fromisoformat(value).astimezone(UTC)
    if zone is None:
        raise UsageError(
            f"{name} {value} means midnight in the company's time zone, which is not known. Set "
            "SOURCES__GONG__COMPANY_TIME_ZONE (e.g. Europe/Berlin), or write a full time, "
            f"{value}T00:00:00Z."
        )
    return midnight(day, zone)
