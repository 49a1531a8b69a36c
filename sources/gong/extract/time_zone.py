"""The company's time zone, in which Gong counts days: how it is learnt and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sources.gong.api.client import Client
from sources.gong.api.errors import FailTable, SkipTable, ZoneChanged
from sources.gong.api.operations import operation
from sources.gong.api.pagination import pages
from sources.gong.schema.zone_names import UnknownZone, is_same_zone, zone_named

NO_ZONE = (
    "{stream} is read by company day, and the company's time zone is unknown. "
    "Set SOURCES__GONG__COMPANY_TIME_ZONE, e.g. Europe/Berlin (Gong: Company settings > General)."
)


def learn_zone(
    client: Client, now: datetime, on_unknown: Callable[[str], None] = lambda _name: None
) -> ZoneInfo | None:
    """Returns the company's time zone as Gong's stats name it; None if no answer does.

    Only answers of two stats operations carry it, and only if somebody did something. One request
    for the last 90 days that have ended in every zone, two if the first answer does not name it.

    Args:
        client: sends.
        now: the present.
        on_unknown: called with a name that is not one of a zone; it counts as not named.
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
        zone_name = (answer or {}).get("timeZone")
        if zone_name:
            try:
                return zone_named(str(zone_name))
            except UnknownZone:
                on_unknown(str(zone_name))
    return None


def require_zone(zone: ZoneInfo | None, stream: str) -> ZoneInfo:
    """Returns the zone; raises SkipTable where it is not known."""
    if zone is None:
        raise SkipTable(NO_ZONE.format(stream=stream))
    return zone


def check_zone(
    answer: Mapping[str, Any], zone: ZoneInfo, on_unknown: Callable[[str], None]
) -> None:
    """Raises ZoneChanged where an answer names a zone with other days than the run reads in.

    A name that is not one of a zone cannot be compared: `on_unknown` is called with it, and the
    run's zone holds.
    """
    name = answer.get("timeZone")
    if not name:
        return
    try:
        is_same = is_same_zone(str(name), zone.key)
    except UnknownZone:
        on_unknown(str(name))
        return
    if not is_same:
        raise ZoneChanged(
            f"Gong's company time zone is {name}, this run reads in {zone.key}. Days would be cut "
            f"in two places. If the company has moved, set SOURCES__GONG__COMPANY_TIME_ZONE={name} "
            "and run a backfill over the dated tables; if not, correct that setting."
        )


def unknown_zone_text(told: str, zone: ZoneInfo | None) -> str:
    """Returns what to tell of a company time zone whose name is not one of a zone."""
    if zone is None:
        return (
            f"Gong names the company's time zone {told!r}, which is not the name of one. Set "
            "SOURCES__GONG__COMPANY_TIME_ZONE to the zone that is meant, e.g. Europe/Berlin."
        )
    return (
        f"Gong names the company's time zone {told!r}, which is not the name of one and cannot be "
        f"compared. Days are cut in {zone.key}, as set; check that this is the zone that is meant."
    )
