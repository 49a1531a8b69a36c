"""Instants as whole microseconds since 1970, and the text forms the API gives them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The UTC datetime of a number of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def parse_instant(text: str) -> int | None:
    """Read an ISO-8601 date-time with Z or an offset, or None when it is anything else.

    Gong's OpenAPI: date-times must carry Z or an offset; a bare date is not one.
    """
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return micros(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def parse_date(text: str) -> date | None:
    """Read YYYY-MM-DD, or None when it is anything else."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def utc_millis(value: int) -> str:
    """The form of log times: UTC, `Z`, milliseconds (seen live)."""
    return moment(value).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value // 1000 % 1000:03d}Z"


@dataclass(frozen=True)
class CompanyZone:
    """The company's time zone: its days, and its local time forms."""

    name: str

    @property
    def zone(self) -> ZoneInfo:
        """The zone's rules (cached by the standard library)."""
        return ZoneInfo(self.name)

    def local(self, value: int) -> datetime:
        """The company's wall clock at an instant."""
        return moment(value).astimezone(self.zone)

    def day(self, value: int) -> date:
        """The company day an instant falls on."""
        return self.local(value).date()

    def midnight(self, day: date) -> int:
        """The instant a company day begins."""
        return micros(datetime(day.year, day.month, day.day, tzinfo=self.zone))

    def trimmed(self, value: int) -> str:
        """The form of call times: local offset, fraction only as long as needed (seen live)."""
        local = self.local(value)
        whole = local.replace(microsecond=0).isoformat()
        fraction = f"{local.microsecond:06d}".rstrip("0")
        return f"{whole[:19]}.{fraction}{whole[19:]}" if fraction else whole

    def seconds(self, value: int) -> str:
        """The form of scorecard times: local offset, no fraction (seen live)."""
        return self.local(value).isoformat(timespec="seconds")

    def millis(self, value: int) -> str:
        """The form of user times: local offset, always milliseconds (seen live)."""
        return self.local(value).isoformat(timespec="milliseconds")

    def micros(self, value: int) -> str:
        """The form of tracker times: local offset, always microseconds (seen live)."""
        return self.local(value).isoformat(timespec="microseconds")

    def start_of(self, day: date) -> str:
        """A company day's midnight in local form, as the stats endpoints echo it."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).isoformat()[:25]
