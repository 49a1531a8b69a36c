"""Which path and method leads to which operation, and the scope it needs."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.emulator import operations_calls as calls
from tests.emulator import operations_company as company
from tests.emulator import operations_stats as stats
from tests.emulator.errors import ApiError, not_found
from tests.emulator.requests import Application, Request
from tests.emulator.settings import Json

Handler = Callable[[Application, Request], Json]


@dataclass(frozen=True)
class Route:
    """One operation of the API; `{id}` in a path stands for one segment."""

    method: str
    path: str
    scope: str
    handler: Handler


ROUTES = (
    Route("GET", "/v2/calls", "api:calls:read:basic", calls.list_calls),
    Route("POST", "/v2/calls/extensive", "api:calls:read:extensive", calls.extensive_calls),
    Route("POST", "/v2/calls/transcript", "api:calls:read:transcript", calls.transcripts),
    Route("GET", "/v2/calls/{id}", "api:calls:read:basic", calls.get_call),
    Route("POST", "/v2/stats/activity/aggregate", "api:stats:user-actions", stats.aggregate),
    Route(
        "POST",
        "/v2/stats/activity/aggregate-by-period",
        "api:stats:user-actions",
        stats.aggregate_by_period,
    ),
    Route(
        "POST",
        "/v2/stats/activity/day-by-day",
        "api:stats:user-actions:detailed",
        stats.day_by_day,
    ),
    Route("POST", "/v2/stats/interaction", "api:stats:interaction", stats.interaction),
    Route(
        "POST", "/v2/stats/activity/scorecards", "api:stats:scorecards", stats.answered_scorecards
    ),
    Route(
        "GET", "/v2/settings/scorecards", "api:settings:scorecards:read", company.list_scorecards
    ),
    Route("GET", "/v2/settings/trackers", "api:settings:trackers:read", company.list_trackers),
    Route("GET", "/v2/workspaces", "api:workspaces:read", company.list_workspaces),
    Route("GET", "/v2/call-outcomes", "api:call-outcomes:read", company.list_outcomes),
    Route("GET", "/v2/users", "api:users:read", company.list_users),
    Route("POST", "/v2/users/extensive", "api:users:read", company.filter_users),
    Route("GET", "/v2/users/{id}", "api:users:read", company.get_user),
    Route("GET", "/v2/logs", "api:logs:read", company.list_logs),
)
SCOPES = frozenset(route.scope for route in ROUTES) | {calls.MEDIA_SCOPE}

NOT_EMULATED = (
    "/v2/calls/users-access",
    "/v2/calls/manual-crm-associations",
    "/v2/calls/{id}/media",
    "/v2/users/{id}/settings-history",
    "/v2/permission-profile",
    "/v2/permission-profile/users",
    "/v2/all-permission-profiles",
    "/v2/coaching",
    "/v2/library/folders",
    "/v2/library/folder-content",
    "/v2/data-privacy/data-for-email-address",
    "/v2/data-privacy/data-for-phone-number",
    "/v2/data-privacy/erase-data-for-email-address",
    "/v2/data-privacy/erase-data-for-phone-number",
    "/v2/crm/integrations",
    "/v2/crm/entity-schema",
    "/v2/crm/entities",
    "/v2/crm/request-status",
    "/v2/flows",
    "/v2/flows/folders",
    "/v2/flows/steps",
    "/v2/flows/prospects",
    "/v2/flows/prospects/assign",
    "/v2/flows/prospects/assign/cool-off-override",
    "/v2/flows/prospects/bulk-assignments",
    "/v2/flows/prospects/bulk-assignments/{id}",
    "/v2/flows/prospects/unassign-flows-by-crm-id",
    "/v2/flows/prospects/unassign-flows-by-instance-id",
    "/v2/tasks",
    "/v2/tasks/{id}",
    "/v2/meetings",
    "/v2/meetings/{id}",
    "/v2/meetings/integration/status",
    "/v2/digital-interaction",
    "/v2/customer-engagement/content/viewed",
    "/v2/customer-engagement/content/shared",
    "/v2/customer-engagement/action",
    "/v2/integration-settings",
    "/v2/settings/briefs",
    "/v2/entities/get-brief",
    "/v2/entities/ask-entity",
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace("{id}", "([^/]+)"))


_PATTERNS = tuple((_pattern(route.path), route) for route in ROUTES)
_MISSING = tuple(_pattern(path) for path in NOT_EMULATED)


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """The route of a request and its path arguments; 404 and 405 as Gong words them."""
    exact: list[tuple[Route, tuple[str, ...]]]
    exact = [(route, ()) for route in ROUTES if route.path == path]
    if not exact and not any(pattern.fullmatch(path) for pattern in _MISSING[:2]):
        matched = ((pattern.fullmatch(path), route) for pattern, route in _PATTERNS)
        exact = [(route, match.groups()) for match, route in matched if match is not None]
    for route, arguments in exact:
        if route.method == method:
            return route, arguments
    if exact:
        allowed = ", ".join(sorted({route.method for route, _ in exact}))
        raise ApiError(405, "Method Not Allowed", headers=(("Allow", allowed),))
    if any(pattern.fullmatch(path) for pattern in _MISSING):
        raise not_found(f"{method} {path} is not emulated yet")
    raise not_found("Not Found")
