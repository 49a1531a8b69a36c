"""When calls happen: working days and hours, day borders, clock changes, equal instants."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from tests.emulator.settings import Settings
from tests.emulator.timing.instants import DAY, HOUR, MINUTE, SECOND, CompanyZone
from tests.emulator.world.chance import stream


@dataclass(frozen=True, slots=True)
class Slot:
    """The start of one call; `kind` names why a start was chosen on purpose."""

    started: int
    kind: str = ""
    system: str = ""
    scheduled: int | None = None


def make_slots(settings: Settings, zone: CompanyZone, now: int) -> list[Slot]:
    """`--calls` starts up to now, and as dense a tail for the days after it, oldest first."""
    first_day = zone.day(now) - timedelta(days=settings.days)
    special = _special_slots(zone, first_day, settings.days, now)[: settings.calls // 2]
    rng = stream(settings.seed, "timeline")
    begin = zone.midnight(first_day)
    slots = special + _ordinary(rng, zone, begin, now, settings.calls - len(special))
    tail = settings.calls * settings.future_days // max(1, settings.days)
    slots += _ordinary(rng, zone, now, now + settings.future_days * DAY, tail)
    return sorted(slots, key=lambda slot: slot.started)


def _ordinary(
    rng: random.Random, zone: CompanyZone, begin: int, end: int, count: int
) -> list[Slot]:
    """Starts within a span, working days and hours heavier."""
    if count <= 0 or end <= begin:
        return []
    span = (zone.day(end) - zone.day(begin)).days + 1
    days = [zone.day(begin) + timedelta(days=number) for number in range(span)]
    midnights = [zone.midnight(day) for day in days]
    weights = list(accumulate(1.0 if day.weekday() < 5 else 0.1 for day in days))
    slots: list[Slot] = []
    while len(slots) < count:
        for midnight in rng.choices(midnights, cum_weights=weights, k=count - len(slots)):
            started = midnight + _time_of_day(rng)
            if not begin <= started < end:
                started = begin + int(rng.random() * (end - begin))
            slots.append(Slot(_with_fraction(rng, started)))
    return slots


def _time_of_day(rng: random.Random) -> int:
    """Mostly eight to six, sometimes any hour."""
    if rng.random() < 0.95:
        return int(rng.triangular(8 * HOUR, 18.5 * HOUR, 13 * HOUR))
    return rng.randrange(DAY)


def _with_fraction(rng: random.Random, started: int) -> int:
    """Cut a time to 3, 0 or 6 fraction digits; all three forms occur."""
    draw = rng.random()
    if draw < 0.85:
        return started - started % 1000
    return started - started % SECOND if draw < 0.97 else started


def _special_slots(zone: CompanyZone, first: date, days: int, now: int) -> list[Slot]:
    """Starts on day borders, around each clock change of the span, and at one same instant."""
    border = zone.midnight(first + timedelta(days=max(1, days // 10)))
    slots = [
        Slot(border, "day_border", "Aircall"),
        Slot(border - 1000, "day_border", "Aircall"),
        Slot(border - 30 * SECOND, "day_border_scheduled", "Zoom", border),
    ]
    twin = border + 10 * HOUR + 123_000
    slots += [Slot(twin, "same_instant", "Aircall"), Slot(twin, "same_instant", "Aircall")]
    for number in range(days):
        day = first + timedelta(days=number)
        change = _clock_change(zone, day)
        if change is not None:
            for minutes in (-90, -30, 30, 90):
                slots.append(Slot(change + minutes * MINUTE, "clock_change", "Aircall"))
    return [slot for slot in slots if slot.started < now - 2 * HOUR]


def _clock_change(zone: CompanyZone, day: date) -> int | None:
    """The instant within a company day at which the offset changes, to the minute."""
    low, high = zone.midnight(day), zone.midnight(day + timedelta(days=1))
    offset = zone.local(low).utcoffset()
    if offset == zone.local(high).utcoffset():
        return None
    while high - low > MINUTE:
        middle = (low + high) // 2
        if zone.local(middle).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high - high % MINUTE
