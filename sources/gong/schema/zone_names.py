"""Names of time zones, as settings and Gong write them; which names mean the same zone."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sources.gong.api.errors import UnusableInput


class UnknownZone(UnusableInput):
    """No time zone has that name."""


_OFFSET = re.compile(r"(?:GMT|UTC|UT)?([+-])(\d{1,2})(?::?([0-5]\d))?")
_BROKEN_HOURS = {
    -570: "Pacific/Marquesas",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    525: "Australia/Eucla",
    570: "Australia/Darwin",
}
"""Zones with a fixed offset of minutes that are no whole hours."""
_SINCE, _UNTIL = datetime(2015, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
"""The years that can have calls, with the years for which tzdata lists changes of the clock."""


def zone_named(name: str) -> ZoneInfo:
    """Returns the time zone of a name: an IANA name, or a fixed offset such as `GMT-05:00`.

    An offset becomes the IANA zone that has always had it (`Etc/GMT+5`), because databases know no
    other spelling of it in common.

    Raises:
        UnknownZone: there is none of that name.
    """
    offset = _OFFSET.fullmatch(name)
    iana = _zone_of_offset(*offset.groups()) if offset else name
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(
            f"{name!r} is not a time zone; write it as in Europe/Berlin or America/New_York, or as "
            "a fixed offset, GMT-05:00"
        ) from error


def _zone_of_offset(sign: str, hours: str, minutes: str | None) -> str:
    total = int(f"{sign}{int(hours) * 60 + int(minutes or 0)}")
    if total % 60:
        return _BROKEN_HOURS.get(total, "")
    # POSIX signs: west is positive
    return f"Etc/GMT{-total // 60:+d}" if total else "Etc/GMT"


def is_same_zone(name: str, other: str) -> bool:
    """Whether two names mean the same days: `Europe/Kiev` and `Europe/Kyiv`, say.

    Compares the clocks since 2015 and not the names: tzdata renames zones.

    Raises:
        UnknownZone: a name is not one of a zone.
    """
    return name == other or _clock(zone_named(name).key) == _clock(zone_named(other).key)


@cache
def _clock(key: str) -> tuple[tuple[datetime, timedelta | None], ...]:
    """Returns the offsets of a zone, each with the minute from which on it holds."""
    zone, day, minute = ZoneInfo(key), timedelta(days=1), timedelta(minutes=1)

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    at, changes = _SINCE, [(_SINCE, offset(_SINCE))]
    while at < _UNTIL:
        before, after = at, at + day
        if offset(after) != offset(before):
            old = offset(before)
            minutes = bisect_left(
                range(day // minute), True, key=lambda n: offset(before + n * minute) != old
            )
            changed_at = before + minutes * minute
            changes.append((changed_at, offset(changed_at)))
        at += day
    return tuple(changes)
