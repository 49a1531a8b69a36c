"""One function per way to read a window: from the window to pages of entities.

Each knows which inputs its operation wants for a window, and nothing of what happens to the rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from itertools import chain, product
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sources.gong.api.errors import (
    BAD_REQUEST,
    GongError,
    NotFound,
    Rejected,
    SchemaDrift,
    SkipTable,
    UnknownIds,
)
from sources.gong.extract.answers import listed, objects, parts_of, refused_id
from sources.gong.extract.child_streams import Parent, is_number
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.logs import log_entity
from sources.gong.extract.pages import StreamPages, between, instant
from sources.gong.extract.stats import FAMILIES, Unread, period_entities, period_id
from sources.gong.extract.time_zone import check_zone, require_zone
from sources.gong.extract.window_plan import requested_periods
from sources.gong.extract.windows import Reason, Window, days_of
from sources.gong.schema.coercion import dig
from sources.gong.schema.columns import Entity
from sources.gong.schema.odd_entities import FEW, drift_of
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


@dataclass(frozen=True, slots=True)
class Coaching:
    """The coaching of a calendar period.

    Attributes:
        entities: the period, and what stands for each id that could not be requested.
        taken_ids: workspaces and managers of which Gong has answered.
    """

    entities: list[Entity]
    taken_ids: frozenset[str]


def coaching(
    pages: StreamPages,
    window: Window,
    zone: ZoneInfo,
    workspaces: Sequence[Parent],
    users: Sequence[Parent],
    existing: ExistingRows,
) -> Coaching:
    """Returns the coaching of one calendar period: of every manager, in every workspace.

    An id that is no number cannot be requested, and one that Gong refuses is not answered: a
    marked entity comes in its place. The period keeps what existing rows have of it, because an
    entry that it lacks would count as one of which there is no coaching.

    Raises:
        GongError: the period cannot be read; Gong refuses every id, or nothing but ids so far.
    """
    workspace_ids = sorted(str(workspace["workspace_id"]) for workspace in workspaces)
    managers = _managers(users)
    answers, refused = _answers(pages, window, workspace_ids, managers)
    requested = requested_periods(window, zone)
    period = Period(window.detail)
    kept = _kept_entries(existing, window, period, requested[0][0]) if refused else {}
    entries: list[dict[str, Any]] = []
    unread: list[Unread] = []
    # in an order of its own: the hash of the period depends on it
    for pair in product(workspace_ids, sorted(managers)):
        entries += kept.get(pair, ()) if pair in refused else ()
        _add_entries(answers.get(pair, ()), pair[0], window.stream, entries, unread)
    entities = [
        *_not_requested(window.stream, "workspace-id", workspace_ids),
        *_not_requested(window.stream, "manager-id", sorted(managers)),
        *_refused(window.stream, refused, answers.keys()),
        *period_entities(window.stream, period, requested, entries, zone, unread),
    ]
    return Coaching(entities, frozenset(chain.from_iterable(answers)))


_Pair: TypeAlias = tuple[str, str]
"""A workspace and a manager."""
_Answer: TypeAlias = tuple[dict[str, Any], list[Entity]]
"""An answer, and its list of managers."""


def _managers(users: Sequence[Parent]) -> list[str]:
    """Returns the managers that Gong lists, those that are active first."""
    # a user may name a manager who has left; Gong refuses those it does not list
    is_active = {str(user["user_id"]): user.get("is_active") is not False for user in users}
    managers = {str(user["manager_id"]) for user in users} & is_active.keys()
    return sorted(managers, key=lambda manager: (not is_active[manager], manager))


def _answers(
    pages: StreamPages, window: Window, workspace_ids: Sequence[str], managers: Sequence[str]
) -> tuple[dict[_Pair, list[_Answer]], set[_Pair]]:
    """Returns the answers of each manager in each workspace, and which of these Gong refuses."""
    answers: dict[_Pair, list[_Answer]] = {}
    refused: dict[_Pair, GongError] = {}
    for workspace_id, manager_id in _pairs(workspace_ids, managers):
        if not (is_number(manager_id) and is_number(workspace_id)):
            continue
        inputs = {
            "workspace-id": int(workspace_id),
            "manager-id": int(manager_id),
            "from": instant(window.span.start),
            "to": instant(window.span.end),
        }
        pair = workspace_id, manager_id
        try:
            answers[pair] = [
                (answer, listed(answer, "coachingData", window.stream))
                for answer in pages.answers(window.stream, inputs)
            ]
        except UnknownIds as unknown:
            refused[pair] = NotFound(f"{window.stream}: {unknown}")
        except (NotFound, Rejected) as error:
            if isinstance(error, Rejected) and error.status != BAD_REQUEST:
                raise
            refused[pair] = error
        if len(refused) > FEW and not answers:
            break
    if refused and not answers:
        raise next(iter(refused.values()))
    return answers, set(refused)


def _pairs(workspace_ids: Sequence[str], managers: Sequence[str]) -> Iterator[_Pair]:
    """Yields each workspace with each manager: all managers before any of them a second time.

    Each turn begins in another workspace. So one manager, or one workspace, that Gong refuses is
    not all that is known of it.
    """
    for turn in range(len(workspace_ids)):
        for number, manager_id in enumerate(managers):
            yield workspace_ids[(number + turn) % len(workspace_ids)], manager_id


def _refused(stream: str, refused: Set[_Pair], answered: Set[_Pair]) -> Iterator[Entity]:
    """Yields what stands for the ids that Gong refuses.

    That is a workspace or a manager of which nothing was answered; else both together.
    """
    workspaces, managers = (
        {pair[place] for pair in refused} - {pair[place] for pair in answered} for place in (0, 1)
    )
    for workspace_id in sorted(workspaces):
        yield refused_id(stream, workspace_id, "workspace-id")
    for manager_id in sorted(managers):
        yield refused_id(stream, manager_id, "manager-id")
    for workspace_id, manager_id in sorted(refused):
        if workspace_id not in workspaces and manager_id not in managers:
            pair = f"{workspace_id}/{manager_id}"
            yield refused_id(stream, pair, "workspace-id and manager-id")


def _kept_entries(
    existing: ExistingRows, window: Window, period: Period, first: date
) -> Mapping[_Pair, list[dict[str, Any]]]:
    """Returns what existing rows have of a period, as entries, by workspace and manager."""
    columns = [c for c in table(window.stream).columns if not c.source.startswith("$")]
    entries: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in existing.period_rows(window.stream, period_id(window.stream, period, first)):
        fields = {c.source: row[c.name] for c in columns if row[c.name] is not None}
        fields |= json.loads(row["extra"] or "{}")
        metric, call_id = fields.pop("metric"), fields.pop("callId")
        key = row["workspace_id"], row["manager_id"], row["report_id"]
        calls = entries.setdefault(key, {**fields, "metrics": {}})["metrics"]
        calls.setdefault(metric, []).append(call_id)
    kept: dict[_Pair, list[dict[str, Any]]] = {}
    for (workspace_id, manager_id, _), entry in sorted(entries.items()):
        entry["metrics"] = {name: sorted(ids) for name, ids in sorted(entry["metrics"].items())}
        kept.setdefault((workspace_id, manager_id), []).append(entry)
    return kept


def _not_requested(stream: str, input_: str, ids: Sequence[str]) -> list[Entity]:
    """Returns what stands for the ids that are no numbers, which Gong declares them to be."""
    return [refused_id(stream, id_, input_) for id_ in ids if not is_number(id_)]


def _add_entries(
    answers: Iterable[_Answer],
    workspace_id: str,
    stream: str,
    entries: list[dict[str, Any]],
    unread: list[Unread],
) -> None:
    for answer, coached in answers:
        try:
            entries += _entries_of(coached, workspace_id, stream)
        except SchemaDrift as drift:
            unread.append((answer, drift))


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
