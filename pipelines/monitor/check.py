"""`check`: which scopes a key has, whether the warehouse can be used, and how much quota is left.

Tries each scope with one request (`scope_probes`), which is never sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED
from pipelines.gong_client import open_client
from pipelines.monitor.scope_probes import UNSTATED, Probe, probes, tables_by_scope
from pipelines.output import print_lines
from pipelines.session import Session, open_session
from sources.gong.api.errors import (
    GaveUp,
    GongError,
    MissingScope,
    NotFound,
    NotLicensed,
    Postponed,
    Rejected,
    StopRun,
)
from sources.gong.api.operations import operation
from warehouse import raw_tables
from warehouse.connection import Locked, Warehouse
from warehouse.ops.load_log import company_time_zone

if TYPE_CHECKING:
    from sources.gong.api.client import Client


class ScopeState(StrEnum):
    """What a request has shown of a scope."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """The key lacks another scope that Gong checks before this one."""
    NOT_LICENSED = "not licensed"
    WITHDRAWN = "withdrawn"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one request has shown of a scope.

    Attributes:
        scope: Gong's name for it.
        state: whether the key has it.
        tables: which it gives.
        time_zone: the company's, where the answer names it.
        remark: the reason of the state, where it needs one.
    """

    scope: str
    state: ScopeState
    tables: tuple[str, ...]
    time_zone: str = ""
    remark: str = ""

    @property
    def line(self) -> str:
        """The finding as a line of a table."""
        remark = f"company time zone {self.time_zone}" if self.time_zone else self.remark
        tables = ", ".join(self.tables) or "`gong-elt api` only"
        return f"{self.scope:<40}{self.state:<14}{tables}" + (f"  ({remark})" if remark else "")


def findings(client: Client, now: datetime) -> Iterator[Finding]:
    """Tries each scope with one request and yields what that has shown.

    Raises:
        StopRun: the credentials or the host are wrong; nothing further is sent.
        Postponed: the quota is spent.
    """
    tables = tables_by_scope()
    for scope, probe in probes(now).items():
        try:
            answer = client.call(operation(probe.operation), probe.inputs)
        except (StopRun, Postponed):
            raise
        except GongError as error:
            state, remark = _state(scope, probe, error)
            yield Finding(scope, state, tables[scope], remark=remark)
        else:
            zone = str(answer.get("timeZone") or "")
            yield Finding(scope, ScopeState.OK, tables[scope], zone)


def _state(scope: str, probe: Probe, error: GongError) -> tuple[ScopeState, str]:
    """Returns what an error shows of a scope, and a remark."""
    match error:
        case MissingScope() if error.scope == scope or scope == UNSTATED:
            return ScopeState.MISSING, ""
        case MissingScope():
            return ScopeState.UNKNOWN, f"behind {error.scope}"
        case NotLicensed():
            return ScopeState.NOT_LICENSED, ""
        case GaveUp():
            return ScopeState.NO_ANSWER, error.failure
        case NotFound() | Rejected() if probe.may_be_withdrawn:
            return ScopeState.WITHDRAWN, "Gong does not offer the list any more"
        case _:
            # an answer to the request itself: the scope is there
            return ScopeState.OK, ""


def check(console: Console, *, lift_pause: bool = False) -> int:
    """Prints what can be used and returns the exit code: 0 if a sync would land something.

    Args:
        console: for messages.
        lift_pause: whether a wait that Gong has asked for before is forgotten.

    Raises:
        StopRun: the credentials or the host are wrong.
        Postponed: the quota is spent.
    """
    session = open_session(console, needs_gong=True)
    settings = session.settings
    with open_client(settings, clock=session.clock, attempts=1, warn=console.warn) as opened:
        client, budget = opened
        if lift_pause and budget.lift_pause():
            console.info("the wait that Gong has asked for is lifted")
        with console.stage("trying the scopes"):
            results = _printed(findings(client, session.started_at))
        used, cap = budget.spent_today(), settings.requests_per_day
    left = f"{max(cap - used, 0):,} of {cap:,} left in any 24 hours" if cap else "no limit set"
    print_lines(
        [
            "",
            f"base URL           {settings.base_url}",
            f"credentials        accepted, {len(results)} scopes tried with one request each",
            f"company time zone  {_zone(session, results)}",
            f"warehouse          {_warehouse(session)}",
            f"quota              {used:,} requests used in the last 24 hours, {left}",
        ]
    )
    return DONE if any(finding.state is ScopeState.OK for finding in results) else FAILED


def _printed(results: Iterable[Finding]) -> list[Finding]:
    """Prints findings as they come, and returns them."""
    print_lines([f"{'scope':<40}{'state':<14}tables"])
    kept = []
    for finding in results:
        print_lines([finding.line])
        kept.append(finding)
    return kept


def _zone(session: Session, results: Iterable[Finding]) -> str:
    if session.settings.company_time_zone:
        return f"{session.settings.company_time_zone} (SOURCES__GONG__COMPANY_TIME_ZONE)"
    for finding in results:
        if finding.time_zone:
            return f"{finding.time_zone} (as Gong's stats tell it)"
    stored = company_time_zone(Warehouse(session.target))
    if stored:
        return f"{stored} (as earlier runs learnt it)"
    return "not known: stats and scorecards will be skipped; set SOURCES__GONG__COMPANY_TIME_ZONE"


def _warehouse(session: Session) -> str:
    warehouse = Warehouse(session.target)
    if not warehouse.exists:
        return f"{session.target.url} (not there yet; the first sync makes it)"
    try:
        return f"{session.target.url} ({len(raw_tables.names(warehouse))} raw tables)"
    except Locked:
        return f"{session.target.url} (another process has it open just now)"
