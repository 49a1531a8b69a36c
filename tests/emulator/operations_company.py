"""Operations about the company: users, workspaces, settings and logs."""

from tests.emulator.errors import NO_LOGS, NO_USERS, bad_request, not_found, unknown_users
from tests.emulator.logs import LOG_TYPES, LogEntry
from tests.emulator.paging import Sequence, keyed, numbered
from tests.emulator.people import Person
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.validation import within


def serve_user(app: Application, person: Person) -> Json:
    """A user as every user endpoint serves it."""
    return app.world.edits.with_unknown("users", person.document)


def list_users(app: Application, request: Request) -> Json:
    """GET /v2/users: everybody, inactive users too; avatars only when asked for."""
    fields = request.query_fields
    avatars = fields.flag("includeAvatars")
    binding = {"operation": "users", "avatars": avatars}
    rows = app.world.directory.listed(avatars=avatars)
    return _users_page(app, fields.text("cursor"), binding, rows)


def filter_users(app: Application, request: Request) -> Json:
    """POST /v2/users/extensive: by creation time or id; an unknown id fails the request."""
    body = request.body_fields
    filters = body.inner("filter", required=True)
    window = filters.window("createdFromDateTime", "createdToDateTime")
    ids, avatars = filters.ids("userIds"), filters.flag("includeAvatars")
    if ids is not None:
        unknown = [one for one in ids if app.world.directory.find(one) is None]
        if unknown:
            raise unknown_users(unknown)
    rows = [
        person
        for person in app.world.directory.listed(avatars=avatars or ids is not None)
        if within(person.created, window) and (ids is None or person.id in ids)
    ]
    binding = {"operation": "users/extensive", "filter": filters.values}
    return _users_page(app, body.text("cursor"), binding, rows)


def _users_page(app: Application, token: str | None, binding: Json, rows: list[Person]) -> Json:
    page = numbered(
        Sequence(app, token, binding),
        rows,
        lambda person: {"userId": int(person.id)},
        not_found(NO_USERS) if binding["operation"] != "users" else None,
    )
    return {"records": page.records, "users": [serve_user(app, person) for person in page.rows]}


def get_user(app: Application, request: Request) -> Json:
    """GET /v2/users/{id}."""
    person = app.world.directory.find(request.arguments[0])
    if person is None or app.distortion.hides(person.id):
        raise not_found("User not found")
    return {"user": serve_user(app, person)}


def list_workspaces(app: Application, request: Request) -> Json:
    """GET /v2/workspaces: unpaged."""
    return {"workspaces": served_list(app, "workspaces", app.world.workspaces)}


def list_outcomes(app: Application, request: Request) -> Json:
    """GET /v2/call-outcomes: unpaged, in an order that differs from read to read (seen live)."""
    rows = served_list(app, "call_outcomes", app.world.catalog.outcomes)
    turn = len(app.requests) % len(rows)
    return {"outcomes": rows[turn:] + rows[:turn]}


def list_scorecards(app: Application, request: Request) -> Json:
    """GET /v2/settings/scorecards: unpaged, all workspaces."""
    return {"scorecards": served_list(app, "scorecards", app.world.catalog.scorecards)}


def list_trackers(app: Application, request: Request) -> Json:
    """GET /v2/settings/trackers: keyword trackers, of one workspace or of all."""
    workspace = request.query_fields.text("workspaceId")
    known = [space["id"] for space in app.world.workspaces]
    if workspace is not None and workspace not in known:
        raise not_found("Workspace not found")
    rows = served_list(app, "trackers", app.world.catalog.keyword_trackers)
    wanted = [row for row in rows if workspace in (None, row["workspaceId"])]
    return {"keywordTrackers": wanted}


def served_list(app: Application, kind: str, rows: list[Json]) -> list[Json]:
    """The rows of a settings list with the extra keys of their kind."""
    return [app.world.edits.with_unknown(kind, row) for row in rows]


def list_logs(app: Application, request: Request) -> Json:
    """GET /v2/logs: one log type by event time; `toDateTime` may be left out."""
    fields = request.query_fields
    fields.require("logType", "fromDateTime")
    kind = str(fields.text("logType"))
    if kind not in LOG_TYPES:
        raise bad_request(f"logType: must be one of {', '.join(LOG_TYPES)}")
    window = fields.window("fromDateTime", "toDateTime")
    rows = [entry for entry in app.world.log(kind) if within(entry.at, window)]
    names = ("logType", "fromDateTime", "toDateTime")
    binding = {"operation": "logs", **{name: request.query.get(name) for name in names}}
    sequence = Sequence(app, fields.text("cursor"), binding)
    page = keyed(sequence, rows, lambda entry: entry.sort_key, not_found(NO_LOGS))
    return {"records": page.records, "logEntries": [serve_log(app, one) for one in page.rows]}


def serve_log(app: Application, entry: LogEntry) -> Json:
    """A log entry as served."""
    return app.world.edits.with_unknown("logs", entry.document())


ROUTES = (
    Route("GET", "/v2/settings/scorecards", "api:settings:scorecards:read", list_scorecards),
    Route("GET", "/v2/settings/trackers", "api:settings:trackers:read", list_trackers),
    Route("GET", "/v2/workspaces", "api:workspaces:read", list_workspaces),
    Route("GET", "/v2/call-outcomes", "api:call-outcomes:read", list_outcomes),
    Route("GET", "/v2/users", "api:users:read", list_users, paged=True),
    Route("POST", "/v2/users/extensive", "api:users:read", filter_users, paged=True),
    Route("GET", "/v2/users/{id}", "api:users:read", get_user),
    Route("GET", "/v2/logs", "api:logs:read", list_logs, paged=True),
)
