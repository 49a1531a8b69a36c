"""The company's time zone, in which Gong counts days: how it is named, learnt and checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sources.gong.api.client import Client
from sources.gong.api.errors import FailTable, SkipTable, UnusableInput, ZoneChanged
from sources.gong.api.operations import operation
from sources.gong.api.pagination import pages

NO_ZONE = (
    "{stream} is read by company day, and the company's time zone is unknown. "
    "Set SOURCES__GONG__COMPANY_TIME_ZONE, e.g. Europe/Berlin (Gong: Company settings > General)."
)


class UnknownZone(UnusableInput):
    """No time zone has that name."""


def zone_named(name: str) -> ZoneInfo:
    """Returns the time zone of that IANA name; raises UnknownZone if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(
            f"{name!r} is not a time zone; write it as in Europe/Berlin or America/New_York"
        ) from error


def learn_zone(client: Client, now: datetime) -> ZoneInfo | None:
    """Returns the company's time zone as Gong's stats name it; None if no answer does.

    Only answers of two stats operations carry it, and only if somebody did something. One request
    for the last 90 days that have ended in every zone, two if the first answer does not name it.
    """
    until = (now - timedelta(days=1)).date()
    inputs = {
        "filter.fromDate": str(until - timedelta(days=90)),
        "filter.toDate": str(until),
    }
    for name in ("listInteractionStats", "listMultipleUsersAggregateActivity"):
        try:
            answer = next(pages(client, operation(name), inputs), None)
        except (SkipTable, FailTable):
            continue
        zone = (answer or {}).get("timeZone")
        if zone:
            return zone_named(str(zone))
    return None


def require_zone(zone: ZoneInfo | None, stream: str) -> ZoneInfo:
    """Returns the zone; raises SkipTable where it is not known."""
    if zone is None:
        raise SkipTable(NO_ZONE.format(stream=stream))
    return zone


def check_zone(answer: Mapping[str, Any], zone: ZoneInfo) -> None:
    """Raises ZoneChanged where an answer names another zone than the one the run reads in."""
    name = answer.get("timeZone")
    if name and str(name) != zone.key:
        raise ZoneChanged(
            f"Gong's company time zone is {name}, this run reads in {zone.key}. Days would be cut "
            "in two places. If the company has moved, set SOURCES__GONG__COMPANY_TIME_ZONE and "
            "run a backfill over the dated tables; if not, correct that setting."
        )
