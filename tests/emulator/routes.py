"""Which path and method leads to which operation, and the scope it needs."""

from tests.emulator import operations_access as access
from tests.emulator import operations_associations as associations
from tests.emulator import operations_briefs as briefs
from tests.emulator import operations_calls as calls
from tests.emulator import operations_coaching as coaching
from tests.emulator import operations_company as company
from tests.emulator import operations_crm as crm
from tests.emulator import operations_engagement as engagement
from tests.emulator import operations_entities as entities
from tests.emulator import operations_flows as flows
from tests.emulator import operations_history as history
from tests.emulator import operations_library as library
from tests.emulator import operations_meetings as meetings
from tests.emulator import operations_oauth as oauth
from tests.emulator import operations_privacy as privacy
from tests.emulator import operations_profiles as profiles
from tests.emulator import operations_prospects as prospects
from tests.emulator import operations_stats as stats
from tests.emulator import operations_tasks as tasks
from tests.emulator import operations_uploads as uploads
from tests.emulator.errors import ApiError, not_found
from tests.emulator.routing import Route, pattern

ROUTES: tuple[Route, ...] = (
    *crm.ROUTES,
    *engagement.ROUTES,
    *entities.ROUTES,
    *flows.ROUTES,
    *meetings.ROUTES,
    *oauth.ROUTES,
    *prospects.ROUTES,
    *tasks.ROUTES,
    *calls.ROUTES,
    *stats.ROUTES,
    *company.ROUTES,
    *access.ROUTES,
    *associations.ROUTES,
    *briefs.ROUTES,
    *coaching.ROUTES,
    *history.ROUTES,
    *library.ROUTES,
    *privacy.ROUTES,
    *profiles.ROUTES,
    *uploads.ROUTES,
)
OPERATIONS = frozenset(f"{route.method} {route.path}" for route in ROUTES)
SCOPES = frozenset(route.scope for route in ROUTES if route.scope) | {calls.MEDIA_SCOPE}

# Fixed paths first, so that /v2/calls/extensive is never taken for a call's id.
_SHAPES = sorted(
    {route.shape for route in ROUTES}, key=lambda one: [part == "{}" for part in one.split("/")]
)
_PATTERNS = tuple((pattern(one), one) for one in _SHAPES)
_BY_SHAPE: dict[str, dict[str, Route]] = {one: {} for one in _SHAPES}
for _route in ROUTES:
    _BY_SHAPE[_route.shape][_route.method] = _route


def _match(path: str) -> tuple[dict[str, Route], tuple[str, ...]] | None:
    """The methods of the resource a path names, and the path's arguments."""
    if path in _BY_SHAPE:
        return _BY_SHAPE[path], ()
    for form, one in _PATTERNS:
        if match := form.fullmatch(path):
            return _BY_SHAPE[one], match.groups()
    return None


def known(method: str, path: str) -> Route | None:
    """The route of a request, or None where there is none."""
    match = _match(path)
    return match[0].get(method) if match else None


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """The route of a request and its path arguments; 404 and 405 as Gong words them."""
    match = _match(path)
    if match is None:
        raise not_found("Not Found")
    methods, arguments = match
    if method not in methods:
        allowed = ", ".join(sorted(methods))
        raise ApiError(405, "Method Not Allowed", headers=(("Allow", allowed),))
    return methods[method], arguments
