"""Call access on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_call, the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.calls.access import CallAccess
from tests.emulator.operations.calls.access import users_with_access
from tests.emulator.settings import Json


def call_access(app: Application) -> list[Json]:
    """Every pair of a listed call and a user given access to it."""
    world = app.world
    listed = [call for call in map(world.calls.get, world.state(CallAccess).users) if call]
    return [
        {"callId": call.id, "userId": user}
        for call in listed
        if world.is_listed(call)
        for user in users_with_access(app, call.id)
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
    given[:] = [user for user in given if "userId" in body and user != str(body["userId"])]
    return {"callId": body["callId"]}


KINDS: dict[str, Kind] = {"call_access": call_access}
CHANGES = by_name(add_call_access, remove_call_access)
