"""Operations on users."""

from tests.emulator.application import Application
from tests.emulator.errors import NO_USERS, not_found, unknown_users
from tests.emulator.operations.routing import Route
from tests.emulator.paging.pages import numbered
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.windows import within
from tests.emulator.world.company.people import Person


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
        unknown = [user_id for user_id in ids if app.world.directory.find(user_id) is None]
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
        app.sequence(token, binding),
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


ROUTES = (
    Route("GET", "/v2/users", "api:users:read", list_users, paged=True),
    Route("POST", "/v2/users/extensive", "api:users:read", filter_users, paged=True),
    Route("GET", "/v2/users/{id}", "api:users:read", get_user),
)
