"""Access to single calls that was given to single users through the API."""

from typing import Any

from tests.emulator.application import Application
from tests.emulator.domains.calls.access import CallAccess
from tests.emulator.errors import bad_request
from tests.emulator.inputs import forms
from tests.emulator.inputs.forms import Form
from tests.emulator.operations.routing import Body, Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json

READ, WRITE = "api:call-user-access:read", "api:call-user-access:write"
_ENTRY = Form({"callId*": forms.filled, "userIds*": forms.listed(forms.text)})
_GRANTS = Form({"callAccessList": forms.listed(_ENTRY)})
_QUESTION = Form({"filter*": Form({"callIds*": forms.listed(forms.text, least=1)})})


def read_access(app: Application, request: Request) -> Json:
    """POST /v2/calls/users-access: one row per call, by call id; a call may have no users."""
    _QUESTION.require(request.body)
    ids = request.body_fields.inner("filter").ids("callIds") or []
    _require_calls(app, ids)
    rows = [
        {
            "callId": call_id,
            "users": [{"userId": user_id} for user_id in users_with_access(app, call_id)],
        }
        for call_id in sorted(set(ids), key=int)
    ]
    return {"callAccessList": [app.world.edits.with_unknown("call_access", row) for row in rows]}


def give_access(app: Application, request: Request) -> Json:
    """PUT /v2/calls/users-access: all or nothing; existing access stays."""
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


def users_with_access(app: Application, call_id: str) -> list[str]:
    """The users of a call who still exist."""
    given = app.world.state(CallAccess).users.get(call_id, [])
    return [user for user in given if app.world.directory.find(user) is not None]


PATH = "/v2/calls/users-access"
ROUTES = (
    Route("POST", PATH, READ, read_access),
    Route("PUT", PATH, WRITE, give_access),
    Route("DELETE", PATH, WRITE, take_access, Body.OBJECT),
)
