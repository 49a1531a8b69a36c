"""One function per way to read a window: from the window to pages of entities.

Each knows which inputs its operation wants for a window, and nothing of what happens to the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sources.gong.api.errors import NotFound, Rejected, SchemaDrift, SkipTable
from sources.gong.extract.answers import listed, objects, parts_of, refused_id
from sources.gong.extract.child_streams import Parent, is_number
from sources.gong.extract.logs import log_entity
from sources.gong.extract.pages import StreamPages, between, instant
from sources.gong.extract.stats import FAMILIES, Unread, period_entities
from sources.gong.extract.time_zone import check_zone, require_zone
from sources.gong.extract.window_plan import requested_periods
from sources.gong.extract.windows import Reason, Window, days_of
from sources.gong.schema.coercion import dig
from sources.gong.schema.columns import Entity
from sources.gong.schema.odd_entities import drift_of
from sources.gong.schema.table import Period, Read
from sources.gong.schema.tables import table


def list_inputs(window: Window, zone: ZoneInfo | None) -> dict[str, str]:
    """Returns the inputs that narrow the list of a stream to a window."""
    match table(window.stream).read:
        case Read.LOGS:
            return {"logType": window.detail, **between(window.span, "")}
        case Read.SINCE:
            return {"fromDateTime": instant(window.span.start)}
        case Read.DAYS:
            first, after = days_of(window.span, require_zone(zone, window.stream))
            return {
                "filter.reviewFromDate": str(first),
                "filter.reviewToDate": str(after),
                # the default, MANUAL, hides every automatic review (OpenAPI)
                "filter.reviewMethod": "BOTH",
            }
        case _:
            return between(window.span)


def associations(pages: StreamPages, window: Window) -> Iterator[list[Entity]]:
    """Yields the manual links of calls to CRM objects from the window's start on."""
    try:
        for page in pages.rows(window.stream, list_inputs(window, None)):
            yield list(parts_of(page, _linked_objects, window.stream))
    except (NotFound, Rejected) as gone:
        # Gong dropped it from its OpenAPI document between 2025-01 and 2026-02
        raise SkipTable(
            "Gong seems to have withdrawn the list of manual CRM associations, which its "
            f"documentation no longer has: {gone}"
        ) from gone


def _linked_objects(event: Entity) -> Iterator[Entity]:
    """Yields a row per deal or account that a call was linked to in one act; one row if to none."""
    around = {key: value for key, value in event.items() if key != "associatedCrmObjects"}
    linked = event.get("associatedCrmObjects")
    linked = [linked] if isinstance(linked, dict) else linked
    crm_objects = objects(linked, "associatedCrmObjects", "crm_call_associations")
    for index, crm_object in enumerate(crm_objects or [{}]):
        yield {**around, **crm_object, "_index": index}


def reviews(pages: StreamPages, window: Window, zone: ZoneInfo) -> Iterator[list[Entity]]:
    """Yields the answered scorecards of a window of company days."""
    inputs = list_inputs(window, zone)
    yield from pages.rows(window.stream, inputs, is_sweep=window.reason is Reason.SWEEP)


def log_entries(pages: StreamPages, window: Window) -> Iterator[list[Entity]]:
    """Yields the entries of one log in a window."""
    equal: Counter[str] = Counter()
    inputs = list_inputs(window, None)
    # equal entries are numbered, from the start again when the list is read from the start again
    for answer in pages.answers(window.stream, inputs, on_restart=equal.clear):
        page = listed(answer, "logEntries", window.stream)
        yield [log_entity(entry, window.detail, equal) for entry in page]


def calendar_periods(
    pages: StreamPages, window: Window, zone: ZoneInfo, on_unknown_zone: Callable[[str], None]
) -> Iterator[list[Entity]]:
    """Yields the calendar periods of a window of stats, all on one page."""
    family = FAMILIES[window.stream]
    requested = requested_periods(window, zone)
    inputs: dict[str, Any] = {
        "filter.fromDate": str(requested[0][0]),
        "filter.toDate": str(requested[-1][2]),
    }
    if family.period_input:
        inputs[family.period_input] = window.detail
    users: dict[str, Mapping[str, Any]] = {}
    unread: list[Unread] = []
    for answer in pages.answers(window.stream, inputs):
        check_zone(answer, zone, on_unknown_zone)
        for user in listed(answer, family.rows_key, window.stream):
            if drift := drift_of(user, window.stream):
                unread.append((user, drift))
            else:
                users[str(user.get("userId"))] = user
    period = Period(window.detail)
    yield period_entities(window.stream, period, requested, users.values(), zone, unread)


def coaching(
    pages: StreamPages,
    window: Window,
    zone: ZoneInfo,
    workspaces: Sequence[Parent],
    users: Sequence[Parent],
) -> Iterator[list[Entity]]:
    """Yields the coaching of one calendar period: of every manager, in every workspace.

    An id that is no number cannot be requested: a marked entity comes in its place.
    """
    entries: list[dict[str, Any]] = []
    unread: list[Unread] = []
    # a user may name a manager who has left; Gong refuses those it does not list
    listed_users = {str(user["user_id"]) for user in users}
    managers = sorted({str(user["manager_id"]) for user in users} & listed_users)
    workspace_ids = sorted(str(workspace["workspace_id"]) for workspace in workspaces)
    for workspace_id in filter(is_number, workspace_ids):
        for manager_id in filter(is_number, managers):
            inputs = {
                "workspace-id": int(workspace_id),
                "manager-id": int(manager_id),
                "from": instant(window.span.start),
                "to": instant(window.span.end),
            }
            for answer in pages.answers(window.stream, inputs):
                coached = listed(answer, "coachingData", window.stream)
                try:
                    entries += _entries_of(coached, workspace_id, window.stream)
                except SchemaDrift as drift:
                    unread.append((answer, drift))
    requested = requested_periods(window, zone)
    period = Period(window.detail)
    yield [
        *_not_requested(window.stream, "workspace-id", workspace_ids),
        *_not_requested(window.stream, "manager-id", managers),
        *period_entities(window.stream, period, requested, entries, zone, unread),
    ]


def _not_requested(stream: str, input_: str, ids: Sequence[str]) -> list[Entity]:
    """Returns what stands for the ids that are no numbers, which Gong declares them to be."""
    return [refused_id(stream, id_, input_) for id_ in ids if not is_number(id_)]


def _entries_of(
    coached: Iterable[Mapping[str, Any]], workspace_id: str, stream: str
) -> list[dict[str, Any]]:
    """Returns an entry per direct report who was coached, in an order of its own.

    A report without coaching is left out: whether Gong lists them may depend on the request.
    """
    entries = []
    for manager in coached:
        if drift := drift_of(manager, stream):
            raise drift
        around = {key: value for key, value in manager.items() if key != "directReportsMetrics"}
        reports = manager.get("directReportsMetrics")
        for report in objects(reports, "directReportsMetrics", stream):
            if drift := drift_of(report, stream):
                raise drift
            metrics = report.get("metrics") or {}
            if not isinstance(metrics, dict):
                raise SchemaDrift(
                    f"{stream}: `metrics` of Gong's answer is not a map",
                    table=stream,
                    field="metrics",
                    expected="an object",
                    found="something else",
                )
            if any(metrics.values()):
                ordered = {
                    name: sorted(calls, key=str) if isinstance(calls, list) else calls
                    for name, calls in sorted(metrics.items())
                }
                entries.append(
                    {**around, **report, "metrics": ordered, "_workspaceId": workspace_id}
                )
    return sorted(entries, key=lambda entry: str(dig(entry, "report.id")))
