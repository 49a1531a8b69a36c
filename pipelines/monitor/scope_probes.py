"""Which request tries a scope of Gong's API, and which tables a scope gives.

A scope is tried with the least that Gong accepts: an id that does not exist, a span of a day. Gong
checks the scope first, so any answer but "no scope" and "not licensed" shows that the scope is
there. Facts only; sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sources.gong.api.operations import operation, reads
from sources.gong.schema.tables import TABLES

UNSTATED = "(permission profiles: not stated)"
"""Stands for the scope of operations whose scope Gong's documents do not state."""

_NOBODY = "1"
"""An id that no call, user or profile has."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that tries a scope.

    Attributes:
        operation: operationId.
        inputs: of the operation.
        may_be_withdrawn: whether Gong may not offer the operation any more, and then refuses it.
    """

    operation: str
    inputs: dict[str, Any]
    may_be_withdrawn: bool = False


def probes(now: datetime) -> dict[str, Probe]:
    """Returns per scope the request it is tried with; for scopes not written here, their list."""
    written = _written_probes(now)
    return {**written, **{scope: p for scope, p in _list_probes() if scope not in written}}


def _list_probes() -> Iterator[tuple[str, Probe]]:
    """Yields a probe for each scope of a list that takes no inputs: the list itself."""
    for row in reads():
        if row.rows_key and not any(parameter.is_required for parameter in row.parameters):
            yield scopes_of(row.operation_id)[0], Probe(row.operation_id, {})


def _written_probes(now: datetime) -> dict[str, Probe]:
    day = {
        "fromDateTime": (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toDateTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    body_day = {f"filter.{name}": value for name, value in day.items()}
    until = (now - timedelta(days=1)).date()
    # ninety days, because only the stats of somebody who did something tell the time zone
    days = {"filter.fromDate": str(until - timedelta(days=90)), "filter.toDate": str(until)}
    user, email = {"filter.userId": _NOBODY}, "nobody@example.com"
    return {
        "api:calls:read:basic": Probe("listCalls", day),
        "api:calls:read:extensive": Probe("listCallsExtensive", body_day),
        "api:calls:read:media-url": Probe(
            "listCallsExtensive",
            {**body_day, "contentSelector.exposedFields.media": True},
        ),
        "api:calls:read:transcript": Probe("getCallTranscripts", {"filter.callIds": [_NOBODY]}),
        "api:stats:user-actions": Probe("listMultipleUsersAggregateActivity", days),
        "api:stats:user-actions:detailed": Probe("listMultipleUsersDayByDayActivity", days),
        "api:stats:interaction": Probe("listInteractionStats", days),
        "api:stats:scorecards": Probe(
            "listAnsweredScorecards",
            {"filter.reviewFromDate": str(until), "filter.reviewToDate": str(now.date())},
        ),
        "api:settings:scorecards:read": Probe("listScorecards", {}),
        "api:settings:trackers:read": Probe("listTrackers", {}),
        "api:workspaces:read": Probe("listWorkspaces", {}),
        "api:call-outcomes:read": Probe("listCallOutcomes", {}),
        "api:users:read": Probe("listUsers", {}),
        "api:coaching:read": Probe(
            "GET /v2/coaching",
            {
                "workspace-id": int(_NOBODY),
                "manager-id": int(_NOBODY),
                "from": day["fromDateTime"],
                "to": day["toDateTime"],
            },
        ),
        "api:library:read": Probe("getCallsInSpecificFolder", {"folderId": _NOBODY}),
        "api:logs:read": Probe("listLogs", {"logType": "UserActivityLog", **day}),
        "api:crm-calls:manual-association:read": Probe(
            "listCRMCallsManualAssociation",
            {"fromDateTime": day["fromDateTime"]},
            may_be_withdrawn=True,
        ),
        UNSTATED: Probe("getPermissionProfile", {"profileId": _NOBODY}),
        "api:call-user-access:read": Probe("getUsersAccessToCalls", {"filter.callIds": [_NOBODY]}),
        "api:data-privacy:read": Probe("findAllReferencesToEmailAddress", {"emailAddress": email}),
        "api:crm:integrations:read": Probe("listGenericCrmIntegration", {}),
        "api:crm:schema": Probe(
            "listCrmSchemaFields",
            {"integrationId": int(_NOBODY), "objectType": "ACCOUNT"},
        ),
        "api:crm:get-objects": Probe(
            "getCrmObjects",
            {"integrationId": int(_NOBODY), "objectType": "ACCOUNT", "objectsCrmIds": [_NOBODY]},
        ),
        "api:crm:upload": Probe(
            "getRequestStatus",
            {"integrationId": int(_NOBODY), "clientRequestId": "gong-elt-check"},
        ),
        "api:flows:read": Probe("getProspectsAssignedFlows", {"crmProspectsIds": [_NOBODY]}),
        "api:tasks:read": Probe(
            "listTasks",
            {
                **user,
                "filter.types": ["MANUAL"],
                "filter.taskAction": ["CALL"],
                "filter.status": ["OPEN"],
            },
        ),
        "api:meetings:integration:status": Probe("integrationStatus", {"emails": [email]}),
        "api:ai-briefer:read": Probe("listBriefs", {}),
    }


def scopes_of(name: str) -> tuple[str, ...]:
    """Returns the scopes of an operation, the indispensable one first."""
    return operation(name).scopes or (UNSTATED,)


def tables_by_scope() -> dict[str, tuple[str, ...]]:
    """Returns which landed tables each scope gives; of the second scope of calls, two columns."""
    tables: dict[str, list[str]] = {
        scope: [] for row in reads() for scope in scopes_of(row.operation_id)
    }
    for table in TABLES:
        if table.operation:
            tables[scopes_of(table.operation)[0]].append(table.name)
    tables["api:calls:read:media-url"].append("calls.has_audio, has_video")
    return {scope: tuple(names) for scope, names in tables.items()}
