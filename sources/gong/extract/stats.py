"""Pure: answers of the four stats operations are put together into calendar periods.

A period (a family, DAY/WEEK/MONTH, its first day) is the entity that lands and is replaced as a
whole, because a user without a row in it did nothing. Users are sorted, so that the same numbers in
another order are the same content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import Family, Period
from sources.gong.schema.tables import TABLES

_DAY = timedelta(days=1)

FAMILIES: dict[str, Family] = {table.name: table.family for table in TABLES if table.family}


def period_entities(
    stream: str,
    period: Period,
    requested: Iterable[tuple[date, date, date]],
    users: Iterable[Mapping[str, Any]],
    zone: ZoneInfo,
) -> list[Entity]:
    """Returns one entity per calendar period, also for those in which nobody did anything.

    Args:
        stream: the stats family whose answer it is.
        period: the kind of period.
        requested: the periods that were read: first day, day after the last, and the day up to
            which they were read (earlier than the second while the period is open).
        users: elements of all pages of the answer.
        zone: the company's time zone, in which items tell their day.

    Raises:
        SchemaDrift: an item belongs to a day that was not requested, or to one that another item of
            the same user has.
    """
    family = FAMILIES[stream]
    entities: dict[date, dict[str, Any]] = {}
    for first, after, until in requested:
        entities[first] = {
            "id": f"{stream}/{period}/{first}",
            "table": stream,
            "period": str(period),
            "fromDate": str(first),
            "toDate": str(until),
            "isComplete": until == after,
            "users": [],
        }
    for user in users:
        around = {key: value for key, value in user.items() if key != family.stats_key}
        for day, stats in _stats_of(user.get(family.stats_key), stream, entities, zone):
            entities[day]["users"].append({**around, "stats": stats})
    for entity in entities.values():
        entity["users"].sort(key=lambda user: str(user.get("userId")))
    return list(entities.values())


def _stats_of(
    items: Any, stream: str, entities: Mapping[date, Any], zone: ZoneInfo
) -> Iterator[tuple[date, Any]]:
    """Yields the numbers of a user, each with the first day of its period."""
    if not FAMILIES[stream].is_dated:
        if len(entities) != 1:
            raise ValueError(f"{stream}: an undated answer covers one period")
        yield next(iter(entities)), items
        return
    seen: set[date] = set()
    for item in items or ():
        stats = {key: v for key, v in item.items() if key not in ("fromDate", "toDate")}
        # whether an idle period is listed depends on what else was requested
        if not any(stats.values()):
            continue
        day = _period_of(item, entities, stream, zone)
        if day in seen:
            raise SchemaDrift(
                f"{stream}: Gong sent two items of one user for {day}; both would count on one day",
                table=stream,
                field="fromDate",
                expected="one item of a user and day",
                found="two items",
            )
        seen.add(day)
        yield day, stats


def _period_of(
    item: Mapping[str, Any], entities: Mapping[date, Any], stream: str, zone: ZoneInfo
) -> date:
    """Returns the period an item belongs to, by its `fromDate`.

    The OpenAPI document calls that a date-time with the company's offset and gives an example with
    a three-digit hour, so the day alone is accepted where the time cannot be read.
    """
    from_date = str(item.get("fromDate"))
    try:
        moment = datetime.fromisoformat(from_date)
        day = _day_begun_at(moment, zone) if moment.tzinfo else moment.date()
    except ValueError:
        try:
            day = date.fromisoformat(from_date[:10])
        except ValueError:
            raise SchemaDrift(
                f"{stream}: fromDate of an item is not a date",
                table=stream,
                field="fromDate",
                expected="date",
                found="another form",
            ) from None
    if day not in entities:
        raise SchemaDrift(
            f"{stream}: Gong sent an item from {day}, which was not requested",
            table=stream,
            field="fromDate",
            expected="a day that was asked for",
            found="another day",
        )
    return day


def _day_begun_at(moment: datetime, zone: ZoneInfo) -> date:
    """Returns the company day that begins at an instant, or else the one that it lies in.

    Near a change of the clock the day may be told with the offset from before or after the change,
    so that it seems to begin an hour late or early: on a day whose midnight the clock skips, one of
    the two is always wrong. Midnight under any offset that holds around then is meant.
    """
    around = (moment.astimezone(zone) + days for days in (-_DAY, 0 * _DAY, _DAY))
    for offset in {local.utcoffset() or timedelta(): None for local in around}:
        wall = (moment.astimezone(UTC) + offset).replace(tzinfo=None)
        if wall.time() == time():
            return wall.date()
    return moment.astimezone(zone).date()
