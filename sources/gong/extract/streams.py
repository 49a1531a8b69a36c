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

from sources.gong.api.client import Client
from sources.gong.api.errors import (
    CursorExpired,
    FailTable,
    MissingScope,
    NotFound,
    Rejected,
    SchemaDrift,
    ShareSpent,
    SkipTable,
    UnknownIds,
    UnusableInput,
    ZoneChanged,
)
from sources.gong.api.operations import Operation, operation
from sources.gong.api.pagination import pages
from sources.gong.extract.child_streams import CHILD_STREAMS, ChildRequest, Parent, listed, objects
from sources.gong.extract.logs import log_entity
from sources.gong.extract.stats import FAMILIES, period_entities
from sources.gong.extract.window_plan import asked_periods
from sources.gong.extract.windows import Reason, Span, Window, days_of
from sources.gong.schema.columns import NOT_ASKED, Entity
from sources.gong.schema.table import BATCH, Period, Read
from sources.gong.schema.tables import STATS_TABLES, table

_RESTARTS = 3
_SWEEP = "sweep"
"""The purse from which the sweep over old history is paid."""

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
        allowance: how many requests each stream may spend in this run; None for no limit.
        eager: streams to which the allowance does not apply.
        spare: how many requests the sweep over old history may spend; None for no limit.
    """

    client: Client
    zone: ZoneInfo | None = None
    on_lost: Callable[[str, Sequence[str]], None] = lambda _stream, _ids: None
    allowance: int | None = None
    eager: frozenset[str] = frozenset()
    spare: int | None = None
    _has_media_scope: bool = field(default=True, init=False)
    _spent: Counter[str] = field(default_factory=Counter, init=False)

    def entities(self, window: Window) -> Iterator[list[Entity]]:
        """Yields the entities of a window, page by page. A page may repeat rows after a restart.

        Raises:
            GongError: the window cannot be read; what was yielded is right, but not complete.
        """
        yield from _from_the_start(window.stream, lambda: self._once(window))

    def enumerated(self, window: Window) -> Iterator[list[Entity]]:
        """Yields the calls of a window with their `metaData` alone, page by page.

        Gong leaves out whatever section is not asked for (OpenAPI, `contentSelector`).
        """
        inputs = _between("filter.", window)
        yield from _from_the_start("calls", lambda: self._rows("calls", inputs, _SWEEP))

    def _once(self, window: Window) -> Iterator[list[Entity]]:
        if window.stream in STATS_TABLES:
            yield from self._stats(window)
            return
        match table(window.stream).read:
            case Read.SINCE:
                yield from self._associations(window)
            case Read.INSTANTS:
                yield from self._with_sections("calls", _between("filter.", window))
            case Read.DAYS:
                yield from self._reviews(window)
            case Read.LOGS:
                yield from self._logs(window)
            case Read.IDS:
                yield from self._rows("transcripts", _between("filter.", window))
            case _:
                yield from self._rows(window.stream, {})

    def transcripts(self, call_ids: Sequence[str]) -> Iterator[list[Entity]]:
        """Yields the transcripts of up to a hundred calls; those without one are left out.

        An id that Gong does not know is dropped and reported to `on_lost`; the others are read.
        """
        ids = tuple(call_ids)
        ask = ChildRequest({"filter.callIds": list(ids)}, ids=("filter.callIds", ids))
        yield from self._in_parts(
            "transcripts", ask, lambda one: self._rows("transcripts", one.inputs)
        )

    def asked(self, stream: str, ask: ChildRequest) -> Iterator[list[Entity]]:
        """Yields what Gong answers to one ask of a fan, page by page.

        An id of a batch that Gong does not know is dropped and reported to `on_lost`.

        Raises:
            NotFound: the parent is not there any more, or the operation is not.
        """
        fan = CHILD_STREAMS[stream]
        name = table(stream).operation
        assert name is not None

        def attempt(one: ChildRequest) -> Iterator[list[Entity]]:
            for answer in self._pages(stream, operation(name), one.inputs):
                yield list(fan.entities(answer, one))

        yield from self._in_parts(stream, ask, attempt)

    @staticmethod
    def can_by_id(table_name: str) -> bool:
        """Whether rows of a table can be asked for by id."""
        return table(table_name).by_ids is not None

    def by_id(self, stream: str, ids: Sequence[str]) -> Iterator[list[Entity]]:
        """Yields the calls or users with the given ids; those that are gone are left out."""
        for start in range(0, len(ids), BATCH):
            batch = tuple(ids[start : start + BATCH])
            name, attempt = {
                "calls": ("filter.callIds", self._of_calls),
                "users": ("filter.userIds", self._of_users),
            }[stream]
            yield from self._in_parts(
                stream, ChildRequest({name: list(batch)}, ids=(name, batch)), attempt
            )

    def _of_calls(self, ask: ChildRequest) -> Iterator[list[Entity]]:
        yield from self._with_sections("calls", ask.inputs)

    def _of_users(self, ask: ChildRequest) -> Iterator[list[Entity]]:
        for answer in self._pages("users", operation("listMultipleUsers"), ask.inputs):
            yield listed(answer, "users", "users")

    def _in_parts(
        self,
        stream: str,
        ask: ChildRequest,
        attempt: Callable[[ChildRequest], Iterator[list[Entity]]],
    ) -> Iterator[list[Entity]]:
        """Yields the pages of an ask; of smaller ones where Gong does not know one of its ids."""
        try:
            yield from _from_the_start(stream, lambda: attempt(ask))
        except UnknownIds as unknown:
            if ask.ids is None:
                raise FailTable(f"{stream}: {unknown}") from unknown
            cuts = ask.without(unknown.ids)
            left = {one for cut in cuts for one in (cut.ids or ("", ()))[1]}
            lost = sorted(set(ask.ids[1]) - left)
            if lost:
                self.on_lost(stream, lost)
            for cut in cuts:
                yield from self._in_parts(stream, cut, attempt)

    def _pages(
        self,
        stream: str,
        asked: Operation,
        inputs: Mapping[str, Any],
        purse: str = "",
        on_again: Callable[[], None] = lambda: None,
    ) -> Iterator[dict[str, Any]]:
        """Yields the answers of an operation, counted against what the stream may spend."""

        def count() -> None:
            if purse == _SWEEP:
                if self.spare is not None and self._spent[purse] >= self.spare:
                    raise ShareSpent("the sweep has spent what was to spare", 0)
                self._spent[purse] += 1
                return
            is_free = self.allowance is None or stream in self.eager
            if not is_free and self._spent[stream] >= (self.allowance or 0):
                raise ShareSpent(
                    f"{stream} has spent its share of the day's requests ({self.allowance:,}); "
                    "the rest is left to the other tables. What was read has landed; the next run "
                    f"goes on. To let it spend more: --only {stream}",
                    0,
                )
            self._spent[stream] += 1

        yield from pages(self.client, asked, inputs, count, on_restart=on_again)

    def _rows(
        self, stream: str, inputs: Mapping[str, Any], purse: str = ""
    ) -> Iterator[list[Entity]]:
        name = table(stream).operation
        assert name is not None
        asked = operation(name)
        assert asked.rows_key is not None
        for answer in self._pages(stream, asked, inputs, purse):
            yield listed(answer, asked.rows_key, stream)

    def _with_sections(self, stream: str, narrowed: Mapping[str, Any]) -> Iterator[list[Entity]]:
        inputs = {**narrowed, **_CALL_SECTIONS}
        if self._has_media_scope:
            try:
                yield from self._rows(stream, {**inputs, _MEDIA: True})
                return
            except MissingScope as missing:
                if missing.scope != _MEDIA_SCOPE:
                    raise
                self._has_media_scope = False
        for page in self._rows(stream, inputs):
            yield [{**call, NOT_ASKED: "media"} for call in page]

    def _associations(self, window: Window) -> Iterator[list[Entity]]:
        inputs = {"fromDateTime": instant(window.span.start)}
        try:
            for page in self._rows(window.stream, inputs):
                yield [row for event in page for row in _associated(event)]
        except (NotFound, Rejected) as gone:
            # Gong dropped it from its OpenAPI document between 2025-01 and 2026-02
            raise SkipTable(
                "Gong seems to have withdrawn the list of manual CRM associations, which its "
                f"documentation no longer has: {gone}"
            ) from gone

    def _reviews(self, window: Window) -> Iterator[list[Entity]]:
        first, after = days_of(window.span, self._need_zone(window.stream))
        yield from self._rows(
            window.stream,
            {
                "filter.reviewFromDate": str(first),
                "filter.reviewToDate": str(after),
                # the default, MANUAL, hides every automatic review (OpenAPI)
                "filter.reviewMethod": "BOTH",
            },
            _SWEEP if window.reason is Reason.SWEEP else "",
        )

    def _logs(self, window: Window) -> Iterator[list[Entity]]:
        seen: Counter[str] = Counter()
        inputs = {"logType": window.detail, **_between("", window)}
        # equal entries are numbered, from one again when they come again
        answers = self._pages("logs", operation("listLogs"), inputs, on_again=seen.clear)
        for answer in answers:
            page = listed(answer, "logEntries", "logs")
            yield [log_entity(entry, window.detail, seen) for entry in page]

    def _stats(self, window: Window) -> Iterator[list[Entity]]:
        family = FAMILIES[window.stream]
        zone = self._need_zone(window.stream)
        asked = asked_periods(window, zone)
        inputs: dict[str, Any] = {
            "filter.fromDate": str(asked[0][0]),
            "filter.toDate": str(asked[-1][2]),
        }
        if family.period_input:
            inputs[family.period_input] = window.detail
        name = table(window.stream).operation
        assert name is not None
        users: dict[str, Mapping[str, Any]] = {}
        for answer in self._pages(window.stream, operation(name), inputs):
            _check_zone(answer, zone)
            for user in listed(answer, family.rows_key, window.stream):
                users[str(user.get("userId"))] = user
        period = Period(window.detail)
        yield list(period_entities(window.stream, period, asked, users.values(), zone))

    def coaching(
        self, window: Window, workspaces: Sequence[Parent], users: Sequence[Parent]
    ) -> Iterator[list[Entity]]:
        """Yields the coaching of one calendar period: every manager's, in every workspace."""
        zone = self._need_zone(window.stream)
        entries: list[dict[str, Any]] = []
        # users may still name a manager who has left; whom Gong does not list is not asked about
        there = {str(user["user_id"]) for user in users}
        managers = sorted({str(user["manager_id"]) for user in users} & there)
        for workspace_id in sorted(str(one["workspace_id"]) for one in workspaces):
            for manager_id in managers:
                inputs = {
                    "workspace-id": int(workspace_id),
                    "manager-id": int(manager_id),
                    "from": instant(window.span.start),
                    "to": instant(window.span.end),
                }
                asked_for = operation("GET /v2/coaching")
                for answer in self._pages(window.stream, asked_for, inputs):
                    entries += _coached(answer, workspace_id)
        asked = asked_periods(window, zone)
        yield list(period_entities(window.stream, Period(window.detail), asked, entries, zone))

    def _need_zone(self, stream: str) -> ZoneInfo:
        if self.zone is None:
            raise SkipTable(NO_ZONE.format(stream=stream))
        return self.zone


NO_ZONE = (
    "{stream} is asked for in days of the company's time zone, and Gong has not told it. "
    "Set SOURCES__GONG__COMPANY_TIME_ZONE, e.g. Europe/Berlin (Gong: Company settings > General)."
)


def count_calls(client: Client, span: Span) -> int | None:
    """Asks Gong how many calls a span holds; None where it does not tell. One request."""
    inputs = {
        "filter.fromDateTime": instant(span.start),
        "filter.toDateTime": instant(span.end),
    }
    try:
        answer = next(pages(client, operation("listCallsExtensive"), inputs), None)
    except (SkipTable, FailTable):
        return None
    if answer is None:
        return 0
    total = (answer.get("records") or {}).get("totalRecords")
    return total if isinstance(total, int) else None


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


def _from_the_start(
    stream: str, attempt: Callable[[], Iterator[list[Entity]]]
) -> Iterator[list[Entity]]:
    """Yields the pages of an attempt, and of a new one where a cursor expires before the end."""
    for restart in range(_RESTARTS + 1):
        try:
            yield from attempt()
            return
        except CursorExpired as expired:
            if restart == _RESTARTS:
                raise FailTable(
                    f"{stream}: {_RESTARTS + 1} times the window was not read to its end, the "
                    f"last time because: {expired}. Nothing of it counts as read; the next run "
                    "reads it again. Is something slowing this machine down?"
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


def _coached(answer: Mapping[str, Any], workspace_id: str) -> Iterator[dict[str, Any]]:
    """Yields what an answer says of each direct report, in an order of its own.

    Who was not coached at all is left out: whether Gong lists them may depend on what was asked.
    """
    found = []
    for manager in listed(answer, "coachingData", "coaching_metrics"):
        around = {key: value for key, value in manager.items() if key != "directReportsMetrics"}
        reports = manager.get("directReportsMetrics")
        for report in objects(reports, "directReportsMetrics", "coaching_metrics"):
            metrics = report.get("metrics") or {}
            if not isinstance(metrics, dict):
                raise SchemaDrift(
                    "coaching_metrics: `metrics` of Gong's answer is not a map",
                    table="coaching_metrics",
                    field="metrics",
                    expected="an object",
                    found="something else",
                )
            if any(metrics.values()):
                ordered = {
                    name: sorted(calls, key=str) if isinstance(calls, list) else calls
                    for name, calls in sorted(metrics.items())
                }
                found.append({**around, **report, "metrics": ordered, "_workspaceId": workspace_id})
    yield from sorted(found, key=lambda one: str((one.get("report") or {}).get("id")))


def _associated(event: Entity) -> Iterator[Entity]:
    """Yields a row per deal or account that a call was linked to in one act; one if to none."""
    around = {key: value for key, value in event.items() if key != "associatedCrmObjects"}
    told = event.get("associatedCrmObjects")
    linked_to = [told] if isinstance(told, dict) else told
    links = objects(linked_to, "associatedCrmObjects", "crm_call_associations")
    for index, linked in enumerate(links or [{}]):
        yield {**around, **linked, "_index": index}
