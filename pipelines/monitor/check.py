"""`check`: what this key can do at Gong, whether the warehouse can be used, and what quota is left.

One request per scope, never sent twice. A scope is tried with the least that Gong will look at: an
id that nobody has, a span of a day. Gong looks at the scope first, so any answer but "no scope" and
"not licensed" means that the table will be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED, USAGE
from sources.gong.api.errors import (
    BadCredentials,
    GaveUp,
    GongError,
    MissingScope,
    NotFound,
    NotLicensed,
    Postponed,
    Rejected,
    StopRun,
)
from sources.gong.api.operations import operation, reads
from sources.gong.schema.tables import TABLES

if TYPE_CHECKING:
    from pipelines.session import Session
    from sources.gong.api.client import Client

UNSTATED = "(permission profiles: not stated)"
"""Stands for the scope of operations whose scope Gong's documents do not state."""

_NOBODY = "1"
"""An id that no call, user or profile has."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one request told of a scope."""

    scope: str
    state: str
    """ok, missing, not licensed, withdrawn, no answer"""
    tables: tuple[str, ...]
    detail: str = ""


def probes(now: datetime) -> dict[str, tuple[str, dict[str, Any]]]:
    """Returns per scope the operation and the inputs it is tried with."""
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
        "api:calls:read:basic": ("listCalls", day),
        "api:calls:read:extensive": ("listCallsExtensive", body_day),
        "api:calls:read:media-url": (
            "listCallsExtensive",
            {**body_day, "contentSelector.exposedFields.media": True},
        ),
        "api:calls:read:transcript": ("getCallTranscripts", {"filter.callIds": [_NOBODY]}),
        "api:stats:user-actions": ("listMultipleUsersAggregateActivity", days),
        "api:stats:user-actions:detailed": ("listMultipleUsersDayByDayActivity", days),
        "api:stats:interaction": ("listInteractionStats", days),
        "api:stats:scorecards": (
            "listAnsweredScorecards",
            {"filter.reviewFromDate": str(until), "filter.reviewToDate": str(now.date())},
        ),
        "api:settings:scorecards:read": ("listScorecards", {}),
        "api:settings:trackers:read": ("listTrackers", {}),
        "api:workspaces:read": ("listWorkspaces", {}),
        "api:call-outcomes:read": ("listCallOutcomes", {}),
        "api:users:read": ("listUsers", {}),
        "api:coaching:read": (
            "GET /v2/coaching",
            {
                "workspace-id": int(_NOBODY),
                "manager-id": int(_NOBODY),
                "from": day["fromDateTime"],
                "to": day["toDateTime"],
            },
        ),
        "api:library:read": ("getCallsInSpecificFolder", {"folderId": _NOBODY}),
        "api:logs:read": ("listLogs", {"logType": "UserActivityLog", **day}),
        "api:crm-calls:manual-association:read": (
            "listCRMCallsManualAssociation",
            {"fromDateTime": day["fromDateTime"]},
        ),
        UNSTATED: ("getPermissionProfile", {"profileId": _NOBODY}),
        "api:call-user-access:read": ("getUsersAccessToCalls", {"filter.callIds": [_NOBODY]}),
        "api:data-privacy:read": ("findAllReferencesToEmailAddress", {"emailAddress": email}),
        "api:crm:integrations:read": ("listGenericCrmIntegration", {}),
        "api:crm:schema": (
            "listCrmSchemaFields",
            {"integrationId": int(_NOBODY), "objectType": "ACCOUNT"},
        ),
        "api:crm:get-objects": (
            "getCrmObjects",
            {"integrationId": int(_NOBODY), "objectType": "ACCOUNT", "objectsCrmIds": [_NOBODY]},
        ),
        "api:crm:upload": (
            "getRequestStatus",
            {"integrationId": int(_NOBODY), "clientRequestId": "gong-elt-check"},
        ),
        "api:flows:read": ("getProspectsAssignedFlows", {"crmProspectsIds": [_NOBODY]}),
        "api:tasks:read": (
            "listTasks",
            {
                **user,
                "filter.types": ["MANUAL"],
                "filter.taskAction": ["CALL"],
                "filter.status": ["OPEN"],
            },
        ),
        "api:meetings:integration:status": ("integrationStatus", {"emails": [email]}),
        "api:ai-briefer:read": ("listBriefs", {}),
    }


def scopes_of(name: str) -> tuple[str, ...]:
    """Returns the scopes of an operation, the indispensable one first."""
    return operation(name).scopes or (UNSTATED,)


def tables_by_scope() -> dict[str, tuple[str, ...]]:
    """Returns which landed tables each scope gives; of the second scope of calls, two columns."""
    found: dict[str, list[str]] = {
        scope: [] for row in reads() for scope in scopes_of(row.operation_id)
    }
    for table in TABLES:
        if table.operation:
            found[scopes_of(table.operation)[0]].append(table.name)
    found["api:calls:read:media-url"].append("calls.has_audio, has_video")
    return {scope: tuple(names) for scope, names in found.items()}


def findings(client: Client, now: datetime) -> Iterator[Finding]:
    """Tries each scope with one request and yields what came of it.

    Raises:
        StopRun: the credentials or the host are wrong; nothing further is sent.
        Postponed: the quota is spent.
    """
    tables = tables_by_scope()
    zone = ""
    for scope, (name, inputs) in probes(now).items():
        state, detail = "ok", ""
        try:
            answer = client.call(operation(name), inputs)
            zone = str(answer.get("timeZone") or "")
            detail = f"company time zone {zone}" if zone else ""
        except (StopRun, Postponed):
            raise
        except MissingScope as missing:
            state = "missing" if missing.scope == scope or scope == UNSTATED else "unknown"
            detail = "" if state == "missing" else f"behind {missing.scope}"
        except NotLicensed:
            state = "not licensed"
        except GaveUp as error:
            state, detail = "no answer", str(error).partition(". What has landed")[0]
        except (NotFound, Rejected):
            if scope == "api:crm-calls:manual-association:read":
                state, detail = "withdrawn", "Gong does not offer the list any more"
        except GongError:
            pass  # an answer to the question itself: the scope is there
        yield Finding(scope, state, tables[scope], detail)


def check(console: Console) -> int:
    """Prints what can be used and returns the exit code: 0 if a sync would land something."""
    from pipelines.gong_client import open_client
    from pipelines.session import open_session

    session = open_session(console, needs_gong=True)
    settings = session.settings
    with open_client(settings, clock=session.clock, attempts=1) as (client, budget):
        try:
            found = _print(findings(client, session.started_at))
        except StopRun as stop:
            console.error(str(stop))
            return USAGE if isinstance(stop, BadCredentials) else FAILED
        print(f"\nbase URL           {settings.base_url}")
        print(f"credentials        accepted, {len(found)} scopes tried with one request each")
        print(f"company time zone  {_zone(session, found)}")
        print(f"warehouse          {_warehouse(session)}")
        used, cap = budget.spent_today(), settings.requests_per_day
        left = f"{max(cap - used, 0):,} of {cap:,} left in any 24 hours" if cap else "no limit set"
        print(f"quota              {used:,} requests used in the last 24 hours, {left}")
    return DONE if any(one.state == "ok" for one in found) else FAILED


def _print(found: Iterator[Finding]) -> list[Finding]:
    print(f"{'scope':<40}{'state':<14}tables")
    told = []
    for one in found:
        what = ", ".join(one.tables) or "`gong-elt api` only"
        print(f"{one.scope:<40}{one.state:<14}{what}{f'  ({one.detail})' if one.detail else ''}")
        told.append(one)
    return told


def _zone(session: Session, found: list[Finding]) -> str:
    from warehouse.connection import Warehouse
    from warehouse.ops.load_log import company_time_zone

    if session.settings.company_time_zone:
        return f"{session.settings.company_time_zone} (SOURCES__GONG__COMPANY_TIME_ZONE)"
    for one in found:
        if one.detail.startswith("company time zone "):
            return f"{one.detail.removeprefix('company time zone ')} (as Gong's stats tell it)"
    stored = company_time_zone(Warehouse(session.target))
    if stored:
        return f"{stored} (as earlier runs learnt it)"
    return "not known: stats and scorecards will be skipped; set SOURCES__GONG__COMPANY_TIME_ZONE"


def _warehouse(session: Session) -> str:
    from warehouse import raw_tables
    from warehouse.connection import Locked, Warehouse

    warehouse = Warehouse(session.target)
    if not warehouse.exists:
        return f"{session.target.url} (not there yet; the first sync makes it)"
    try:
        return f"{session.target.url} ({len(raw_tables.names(warehouse))} raw tables)"
    except Locked:
        return f"{session.target.url} (another process has it open just now)"
