"""Pure: answers of the four stats operations are put together into calendar periods.

A period (a family, DAY/WEEK/MONTH, its first day) is the entity that lands and is replaced as a
whole, because a user without a row in it did nothing. Users are sorted, so that the same numbers in
another order are the same content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sources.gong.api.errors import SchemaDrift
from sources.gong.extract.answers import odd
from sources.gong.schema.coercion import misfit
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import Family, Period
from sources.gong.schema.tables import TABLES

Unread: TypeAlias = tuple[Mapping[str, Any], SchemaDrift]
"""An element of an answer that cannot be read, and why."""

_DAY = timedelta(days=1)

FAMILIES: dict[str, Family] = {table.name: table.family for table in TABLES if table.family}


def period_entities(
    stream: str,
    period: Period,
    requested: Iterable[tuple[date, date, date]],
    users: Iterable[Mapping[str, Any]],
    zone: ZoneInfo,
    unread: Sequence[Unread] = (),
) -> list[Entity]:
    """Returns one entity per calendar period, also for those in which nobody did anything.

    What cannot be read may belong to any period in which its user has nothing else. These periods
    come marked: a user without a row in them would count as one who did nothing.

    Args:
        stream: the stats family whose answer it is.
        period: the kind of period.
        requested: the periods that were read: first day, day after the last, and the day up to
            which they were read (earlier than the second while the period is open).
        users: elements of all pages of the answer.
        zone: the company's time zone, in which items tell their day.
        unread: elements of the answer that belong to no readable user, and why.
    """
    entities = {span[0]: _period_without_users(stream, period, span) for span in requested}
    lacking: dict[date, list[Unread]] = {day: list(unread) for day in entities}
    for user in users:
        around = {key: value for key, value in user.items() if key != FAMILIES[stream].stats_key}
        by_day, unread_by_day = _days_of(user, stream, entities, zone)
        for day, stats in by_day.items():
            entities[day]["users"].append({**around, "stats": stats})
        for day, drift in unread_by_day.items():
            lacking[day].append((user, drift))
    for entity in entities.values():
        entity["users"].sort(key=lambda user: str(user.get("userId")))
    return [_marked(entity, lacking[day], stream) for day, entity in entities.items()]


def period_id(stream: str, period: Period, first: date) -> str:
    """Returns the key of a calendar period of a stats family."""
    return f"{stream}/{period}/{first}"


def _period_without_users(
    stream: str, period: Period, span: tuple[date, date, date]
) -> dict[str, Any]:
    first, after, until = span
    return {
        "id": period_id(stream, period, first),
        "table": stream,
        "period": str(period),
        "fromDate": str(first),
        "toDate": str(until),
        "isComplete": until == after,
        "users": [],
    }


def _days_of(
    user: Mapping[str, Any], stream: str, entities: Mapping[date, Any], zone: ZoneInfo
) -> tuple[dict[date, Any], dict[date, SchemaDrift]]:
    """Returns the numbers of a user by period, and why the user's part of a period is not known."""
    by_day: dict[date, Any] = {}
    unread: dict[date, SchemaDrift] = {}
    anywhere: SchemaDrift | None = None
    for day, stats in _stats_of(user.get(FAMILIES[stream].stats_key), stream, entities, zone):
        if isinstance(stats, SchemaDrift):
            anywhere = anywhere or stats
        elif day in by_day:
            unread[day] = _second_item(stream, day)
        else:
            by_day[day] = stats
    if anywhere is not None:
        unread |= {day: anywhere for day in entities if day not in by_day}
    return by_day, unread


def _second_item(stream: str, day: date) -> SchemaDrift:
    return SchemaDrift(
        f"{stream}: Gong sent two items of one user for {day}; both would count on one day",
        table=stream,
        field="fromDate",
        expected="one item of a user and day",
        found="two items",
    )


def _marked(entity: Entity, lacking: Sequence[Unread], stream: str) -> Entity:
    """Returns a period, marked and with what it lacks where it lacks something."""
    if not lacking:
        return entity
    drift = lacking[0][1]
    return odd({**entity, "unread": [element for element, _ in lacking]}, drift, stream)


def _stats_of(
    items: Any, stream: str, entities: Mapping[date, Any], zone: ZoneInfo
) -> Iterator[tuple[date, Any]]:
    """Yields the numbers of a user, each with the first day of its period.

    Of an item that cannot be read it yields why, with any day.
    """
    first = next(iter(entities))
    if not FAMILIES[stream].is_dated:
        if len(entities) != 1:
            raise ValueError(f"{stream}: an undated answer covers one period")
        yield first, items
        return
    if items is not None and not isinstance(items, list):
        field = FAMILIES[stream].stats_key
        yield first, misfit(stream, field, items, "a list", field=field)
        return
    for item in items or ():
        if not isinstance(item, dict):
            yield first, misfit(stream, "an item", item, "an object", field="fromDate")
            continue
        stats = {key: v for key, v in item.items() if key not in ("fromDate", "toDate")}
        # an idle item is the same as none: which are listed depends on what else was requested
        if not any(stats.values()):
            continue
        try:
            yield _period_of(item, entities, stream, zone), stats
        except SchemaDrift as drift:
            yield first, drift


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
    except (ValueError, OverflowError):
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
