"""Companies in several time zones, and the borders of their days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.reader import Reader
from sources.gong.extract.window_plan import windows
from sources.gong.extract.windows import Reason, Span, Window
from tests.conftest import Emulator

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATS = ("activity_by_period", "activity_aggregate", "activity_daily_calls", "interaction_stats")
DATED = (*STATS, "answered_scorecards")

ZONES = {
    "Pacific/Pago_Pago": NOW,
    "Pacific/Kiritimati": NOW,
    "Asia/Kolkata": NOW,
    "Australia/Lord_Howe": NOW,  # The clock changes by half an hour.
    "Asia/Beirut": NOW,  # 2026-03-29 has no midnight.
    "America/Sao_Paulo": datetime(2019, 3, 15, 12, tzinfo=UTC),  # 2018-11-04 has no midnight.
    "Europe/Berlin": NOW,
    "America/New_York": NOW,
}
"""Zones from UTC-11 to UTC+14, each with its present."""

QUICK = ("Pacific/Pago_Pago", "Pacific/Kiritimati", "Asia/Beirut")
WITHOUT_CHANGES = ("Pacific/Pago_Pago", "Pacific/Kiritimati", "Asia/Kolkata")


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day: found by search, because some days have no midnight."""
    low, high = (
        datetime(day.year, day.month, day.day, tzinfo=UTC) + days * DAY for days in (-2, 2)
    )
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).date() < day:
            low = middle
        else:
            high = middle
    return high


def clock_changes(zone: ZoneInfo, first: date, after: date) -> list[date]:
    """The days that are not 24 hours long."""
    days = [first + n * DAY for n in range((after - first).days)]
    return [
        day for day in days if midnight(day + DAY, zone) - midnight(day, zone) != timedelta(days=1)
    ]


@dataclass(frozen=True)
class ZonedCompany:
    """An emulator in a time zone, and the product's reader."""

    emulator: Emulator
    zone: ZoneInfo
    now: datetime
    client: Client
    reader: Reader

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def windows(self, stream: str, first: date, after: date) -> list[Window]:
        span = Span(midnight(first, self.zone), midnight(after, self.zone))
        return windows(stream, [(span, Reason.BACKFILL)], self.now, self.zone)

    def read(self, windows_: Sequence[Window]) -> list[Mapping[str, Any]]:
        return [row for window in windows_ for page in self.reader.entities(window) for row in page]


@contextmanager
def open_company(
    emulator: Emulator, zone: ZoneInfo, now: datetime, ledger: Path
) -> Iterator[ZonedCompany]:
    budget = Budget(ledger, Limits(0, 0))
    login = credentials(emulator.access_key, emulator.access_key_secret, None)
    with Client(emulator.base_url, login, budget) as client:
        yield ZonedCompany(emulator, zone, now, client, Reader(client, zone))
    budget.close()
