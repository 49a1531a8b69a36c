"""Access to single calls that was given to single users through the API."""

from typing import Any

from tests.emulator import shapes
from tests.emulator.chance import stream
from tests.emulator.errors import bad_request
from tests.emulator.lookups import the_call, the_user
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json
from tests.emulator.shapes import Form
from tests.emulator.world import World

READ, WRITE = "api:call-user-access:read", "api:call-user-access:write"
_ENTRY = Form({"callId*": shapes.filled, "userIds*": shapes.listed(shapes.text)})
_GRANTS = Form({"callAccessList": shapes.listed(_ENTRY)})
_QUESTION = Form({"filter*": Form({"callIds*": shapes.listed(shapes.text, least=1)})})


class CallAccess:
    """The users given access by call id, in the order they were given it."""

    def __init__(self, world: World) -> None:
        """About one call in twelve was opened to a few users."""
        self.users: dict[str, list[str]] = {}
        staff = [person.id for person in world.staff]
        rng = stream(world.settings.seed, "call access")
        for call in world.opening_calls:
            if rng.random() < 0.08 or call.private:
                count = min(len(staff), rng.randrange(1, 5))
                self.users[call.id] = rng.sample(staff, count)

    def of(self, call_id: str) -> list[str]:
        """The users of a call, open to change."""
        return self.users.setdefault(call_id, [])


def read_access(app: Application, request: Request) -> Json:
    """POST /v2/calls/users-access: one row per call, by call id; a call may have nobody."""
    _QUESTION.require(request.body)
    ids = request.body_fields.inner("filter").ids("callIds") or []
    _require_calls(app, ids)
    rows = [
        {"callId": call_id, "users": [{"userId": one} for one in _users(app, call_id)]}
        for call_id in sorted(set(ids), key=int)
    ]
    return {"callAccessList": [app.world.edits.with_unknown("call_access", row) for row in rows]}


def give_access(app: Application, request: Request) -> Json:
    """PUT /v2/calls/users-access: all of it or nothing; who has access keeps it."""
    grants = _grants(app, request)
    users = {user for _, some in grants for user in some}
    if any(app.world.directory.find(user) is None for user in users):
        raise bad_request("Some users not found")
    for call_id, some in grants:
        given = app.world.state(CallAccess).of(call_id)
        given += [user for user in dict.fromkeys(some) if user not in given]
    return {}


def take_access(app: Application, request: Request) -> Json:
    """DELETE /v2/calls/users-access: with a body; users without access are no fault."""
    for call_id, some in _grants(app, request):
        given = app.world.state(CallAccess).of(call_id)
        given[:] = [user for user in given if user not in some]
    return {}


def _grants(app: Application, request: Request) -> list[tuple[str, list[str]]]:
    """Calls and users of a body; an unknown call fails the whole request (seen live)."""
    _GRANTS.require(request.body)
    rows: list[dict[str, Any]] = request.body.get("callAccessList") or []
    grants = [(str(row["callId"]), [str(user) for user in row["userIds"]]) for row in rows]
    _require_calls(app, [call_id for call_id, _ in grants])
    return grants


def _require_calls(app: Application, ids: list[str]) -> None:
    for call_id in ids:
        call = app.world.calls.get(call_id)
        if call is None or not app.world.is_listed(call):
            raise bad_request("Some calls not found")


def _users(app: Application, call_id: str) -> list[str]:
    """The users of a call who still exist."""
    given = app.world.state(CallAccess).users.get(call_id, [])
    return [user for user in given if app.world.directory.find(user) is not None]


def call_access(app: Application) -> list[Json]:
    """Every pair of a listed call and a user given access to it."""
    world = app.world
    listed = [call for call in map(world.calls.get, world.state(CallAccess).users) if call]
    return [
        {"callId": call.id, "userId": user}
        for call in listed
        if world.is_listed(call)
        for user in _users(app, call.id)
    ]


def add_call_access(app: Application, body: Json) -> Json:
    """Give a user access to a call."""
    given = app.world.state(CallAccess).of(the_call(app, str(body["callId"])).id)
    user = the_user(app, str(body["userId"])).id
    if user not in given:
        given.append(user)
    return {"callId": body["callId"], "userId": user}


def remove_call_access(app: Application, body: Json) -> Json:
    """Take access to a call from a user, or from everybody without `userId`."""
    given = app.world.state(CallAccess).of(the_call(app, str(body["callId"])).id)
    given[:] = [one for one in given if "userId" in body and one != str(body["userId"])]
    return {"callId": body["callId"]}


PATH = "/v2/calls/users-access"
ROUTES = (
    Route("POST", PATH, READ, read_access),
    Route("PUT", PATH, WRITE, give_access),
    Route("DELETE", PATH, WRITE, take_access, Body.OBJECT),
)
KINDS: dict[str, Kind] = {"call_access": call_access}
CHANGES = by_name(add_call_access, remove_call_access)
