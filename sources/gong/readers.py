"""The ways to read: whole list, windows of instants or days, calendar periods, batches of ids.

A reader turns one window into pages of entities. It knows which inputs an operation wants for a
window and nothing of what happens to the rows. When a cursor expires the window begins again; the
caller drops what it has seen before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sources.gong.client import Client
from sources.gong.columns import NOT_ASKED, Entity, Read
from sources.gong.errors import (
    CursorExpired,
    Drift,
    FailTable,
    MissingScope,
    SkipTable,
    UnknownIds,
    ZoneChanged,
)
from sources.gong.logs import log_entity
from sources.gong.operations import operation
from sources.gong.paging import pages
from sources.gong.planning import asked_periods
from sources.gong.stats import FAMILIES, period_entities
from sources.gong.tables import STATS_TABLES, table
from sources.gong.windows import Period, Window, days_of

IDS_PER_REQUEST = 100
"""A hundred call ids per transcript request are proven live; more is hearsay."""

_RESTARTS = 3

_CALL_SECTIONS: dict[str, Any] = {
    "contentSelector.context": "Extended",
    "contentSelector.contextTiming": ["Now", "TimeOfCall"],
    "contentSelector.exposedFields.parties": True,
    **{
        f"contentSelector.exposedFields.content.{section}": True
        for section in (
            "structure", "topics", "trackers", "trackerOccurrences", "brief", "outline",
            "highlights", "callOutcome", "keyPoints",
        )
    },
    **{
        f"contentSelector.exposedFields.interaction.{section}": True
        for section in ("speakers", "video", "personInteractionStats", "questions")
    },
    "contentSelector.exposedFields.collaboration.publicComments": True,
}  # fmt: skip
_MEDIA = "contentSelector.exposedFields.media"
_MEDIA_SCOPE = "api:calls:read:media-url"


def instant(moment: datetime) -> str:
    """Returns an instant as Gong takes it: ISO-8601 in UTC with `Z`."""
    return moment.isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Reader:
    """Reads windows from one Gong company.

    Args:
        client: who sends.
        zone: the company's time zone; needed for company days and calendar periods.
        on_lost: told of ids that Gong no longer knows.
    """

    client: Client
    zone: ZoneInfo | None = None
    on_lost: Callable[[str, Sequence[str]], None] = lambda _reading, _ids: None
    _has_media_scope: bool = field(default=True, init=False)

    def entities(self, window: Window) -> Iterator[list[Entity]]:
        """Yields the entities of a window, page by page. A page may repeat rows after a restart.

        Raises:
            GongError: the window cannot be read; what was yielded is right, but not complete.
        """
        yield from _from_the_start(window.reading, lambda: self._once(window))

    def _once(self, window: Window) -> Iterator[list[Entity]]:
        if window.reading in STATS_TABLES:
            yield from self._stats(window)
            return
        match table(window.reading).read:
            case Read.INSTANTS:
                yield from self._calls(window)
            case Read.DAYS:
                yield from self._reviews(window)
            case Read.LOGS:
                yield from self._logs(window)
            case Read.IDS:
                yield from self._rows("transcripts", _between("filter.", window))
            case _:
                yield from self._rows(window.reading, {})

    def transcripts(self, call_ids: Sequence[str]) -> Iterator[list[Entity]]:
        """Yields the transcripts of up to a hundred calls; those without one are left out.

        An id that Gong does not know is dropped and reported to `on_lost`; the others are read.
        """
        yield from _from_the_start("transcripts", lambda: self._transcripts_of(call_ids))

    def _transcripts_of(self, call_ids: Sequence[str]) -> Iterator[list[Entity]]:
        try:
            yield from self._rows("transcripts", {"filter.callIds": list(call_ids)})
        except UnknownIds as unknown:
            named = set(unknown.ids) & set(call_ids)
            rest = [one for one in call_ids if one not in named]
            if named:
                self.on_lost("transcripts", sorted(named))
                batches = [rest]
            elif len(call_ids) == 1:
                self.on_lost("transcripts", call_ids)
                batches = []
            else:
                half = len(rest) // 2
                batches = [rest[:half], rest[half:]]
            for batch in batches:
                if batch:
                    yield from self._transcripts_of(batch)

    def _rows(self, reading: str, inputs: Mapping[str, Any]) -> Iterator[list[Entity]]:
        name = table(reading).operation
        assert name is not None
        asked = operation(name)
        assert asked.rows_key is not None
        for answer in pages(self.client, asked, inputs):
            yield _list_of(answer, asked.rows_key, reading)

    def _calls(self, window: Window) -> Iterator[list[Entity]]:
        inputs = {**_between("filter.", window), **_CALL_SECTIONS}
        if self._has_media_scope:
            try:
                yield from self._rows(window.reading, {**inputs, _MEDIA: True})
                return
            except MissingScope as missing:
                if missing.scope != _MEDIA_SCOPE:
                    raise
                self._has_media_scope = False
        for page in self._rows(window.reading, inputs):
            yield [{**call, NOT_ASKED: "media"} for call in page]

    def _reviews(self, window: Window) -> Iterator[list[Entity]]:
        first, after = days_of(window.span, self._need_zone(window.reading))
        yield from self._rows(
            window.reading,
            {
                "filter.reviewFromDate": str(first),
                "filter.reviewToDate": str(after),
                # the default, MANUAL, hides every automatic review (OpenAPI)
                "filter.reviewMethod": "BOTH",
            },
        )

    def _logs(self, window: Window) -> Iterator[list[Entity]]:
        seen: Counter[str] = Counter()
        inputs = {"logType": window.detail, **_between("", window)}
        for page in self._rows(window.reading, inputs):
            yield [log_entity(entry, window.detail, seen) for entry in page]

    def _stats(self, window: Window) -> Iterator[list[Entity]]:
        family = FAMILIES[window.reading]
        zone = self._need_zone(window.reading)
        asked = asked_periods(window, zone)
        inputs: dict[str, Any] = {
            "filter.fromDate": str(asked[0][0]),
            "filter.toDate": str(asked[-1][2]),
        }
        if window.reading == "activity_by_period":
            inputs["aggregationPeriod"] = window.detail
        name = table(window.reading).operation
        assert name is not None
        users: list[Mapping[str, Any]] = []
        for answer in pages(self.client, operation(name), inputs):
            _check_zone(answer, zone)
            users += _list_of(answer, family.rows_key, window.reading)
        entities = period_entities(family, Period(window.detail), asked, users, zone)
        yield list(entities)

    def _need_zone(self, reading: str) -> ZoneInfo:
        if self.zone is None:
            raise SkipTable(NO_ZONE.format(reading=reading))
        return self.zone


NO_ZONE = (
    "{reading} is asked for in days of the company's time zone, and Gong has not told it. "
    "Set SOURCES__GONG__COMPANY_TIME_ZONE, e.g. Europe/Berlin (Gong: Company settings > General)."
)


def learn_zone(client: Client, now: datetime) -> ZoneInfo | None:
    """Asks Gong for the company's time zone; None if no stats answer tells it.

    Only answers of two stats operations carry it, and only if somebody did something. One request
    for the last 90 days that have ended in every zone, up to two if the first tells nothing.
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
        told = (answer or {}).get("timeZone")
        if told:
            return zone_named(str(told))
    return None


class UnknownZone(ValueError):
    """No time zone has that name."""


def zone_named(name: str) -> ZoneInfo:
    """Returns the time zone of that IANA name; raises UnknownZone if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(
            f"{name!r} is not a time zone; write it as in Europe/Berlin or America/New_York"
        ) from error


def _from_the_start(
    reading: str, attempt: Callable[[], Iterator[list[Entity]]]
) -> Iterator[list[Entity]]:
    """Yields the pages of an attempt, and of a new one where a cursor expires before the end."""
    for restart in range(_RESTARTS + 1):
        try:
            yield from attempt()
            return
        except CursorExpired as expired:
            if restart == _RESTARTS:
                raise FailTable(
                    f"{reading}: the cursor expired {_RESTARTS + 1} times before the window was "
                    "read to its end. Is something slowing this machine down?"
                ) from expired


def _check_zone(answer: Mapping[str, Any], zone: ZoneInfo) -> None:
    told = answer.get("timeZone")
    if told and str(told) != zone.key:
        raise ZoneChanged(
            f"Gong's company time zone is {told}, this run reads in {zone.key}. Days would be cut "
            "in two places. If the company has moved, set SOURCES__GONG__COMPANY_TIME_ZONE and "
            "run a backfill over the dated tables; if not, correct that setting."
        )


def _between(prefix: str, window: Window) -> dict[str, str]:
    return {
        f"{prefix}fromDateTime": instant(window.span.start),
        f"{prefix}toDateTime": instant(window.span.end),
    }


def _list_of(answer: Mapping[str, Any], key: str, reading: str) -> list[Entity]:
    rows = answer.get(key, key)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Drift(f"{reading}: `{key}` of Gong's answer is not a list of objects")
    return rows
