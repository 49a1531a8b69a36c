"""The route table: from method and path to the operation."""

from tests.emulator.errors import ApiError, not_found
from tests.emulator.operations import oauth
from tests.emulator.operations.calls import access, associations, calls, uploads
from tests.emulator.operations.company import (
    briefs,
    coaching,
    definitions,
    library,
    logs,
    privacy,
    profiles,
    settings_history,
    users,
)
from tests.emulator.operations.crm import async_requests, integrations, objects, schema
from tests.emulator.operations.engage import (
    events,
    flows,
    integration_settings,
    meetings,
    prospects,
    tasks,
)
from tests.emulator.operations.entities import answers
from tests.emulator.operations.routing import Route, pattern
from tests.emulator.operations.stats import activity, interaction, scorecards

ROUTES: tuple[Route, ...] = (
    *oauth.ROUTES,
    *access.ROUTES,
    *associations.ROUTES,
    *calls.ROUTES,
    *uploads.ROUTES,
    *briefs.ROUTES,
    *coaching.ROUTES,
    *definitions.ROUTES,
    *library.ROUTES,
    *logs.ROUTES,
    *privacy.ROUTES,
    *profiles.ROUTES,
    *settings_history.ROUTES,
    *users.ROUTES,
    *async_requests.ROUTES,
    *integrations.ROUTES,
    *objects.ROUTES,
    *schema.ROUTES,
    *events.ROUTES,
    *flows.ROUTES,
    *integration_settings.ROUTES,
    *meetings.ROUTES,
    *prospects.ROUTES,
    *tasks.ROUTES,
    *answers.ROUTES,
    *activity.ROUTES,
    *interaction.ROUTES,
    *scorecards.ROUTES,
)
OPERATIONS = frozenset(f"{route.method} {route.path}" for route in ROUTES)
SCOPES = frozenset(route.scope for route in ROUTES if route.scope) | {calls.MEDIA_SCOPE}

# Fixed paths first, so that /v2/calls/extensive is never taken for a call's id.
_SHAPES = sorted(
    {route.shape for route in ROUTES}, key=lambda path: [part == "{}" for part in path.split("/")]
)
_PATTERNS = tuple((pattern(shape), shape) for shape in _SHAPES)
_BY_SHAPE: dict[str, dict[str, Route]] = {shape: {} for shape in _SHAPES}
for _route in ROUTES:
    _BY_SHAPE[_route.shape][_route.method] = _route


Match = tuple[dict[str, Route], tuple[str, ...]]


def _match(method: str, path: str) -> Match | None:
    """The methods of the resource a path names, and the path's arguments.

    Where a fixed path lacks the method, a placeholder takes its place, as Gong's framework does:
    `GET /v2/calls/extensive` asks for a call.
    """
    fixed: list[Match] = [(_BY_SHAPE[path], ())] if path in _BY_SHAPE else []
    matches = fixed + [
        (_BY_SHAPE[template], match.groups())
        for form, template in _PATTERNS
        if template != path and (match := form.fullmatch(path))
    ]
    fitting = [match for match in matches if method in match[0]]
    return next(iter(fitting or matches), None)


def known(method: str, path: str) -> Route | None:
    """The route of a request, or None where there is none."""
    match = _match(method, path)
    return match[0].get(method) if match else None


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """The route of a request and its path arguments; 404 and 405 as Gong words them."""
    match = _match(method, path)
    if match is None:
        raise not_found("Not Found")
    methods, arguments = match
    if method not in methods:
        allowed = ", ".join(sorted(methods))
        raise ApiError(405, "Method Not Allowed", headers=(("Allow", allowed),))
    return methods[method], arguments
