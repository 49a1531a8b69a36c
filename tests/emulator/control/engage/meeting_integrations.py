"""Users' meeting integrations on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.engage.meetings import DISCONNECTED, Meetings, fault
from tests.emulator.operations.engage.meetings import serve_status
from tests.emulator.settings import Json


def meeting_integrations(app: Application) -> list[Json]:
    """The state of every user's integration, as served."""
    return [serve_status(app, person.email) for person in app.world.directory.listed(avatars=False)]


def set_meeting_integration(app: Application, body: Json) -> Json:
    """Repair a user's integration, or break it with an error text and addresses."""
    user = the_user(app, str(body["userId"]))
    text, fix = str(body.get("userFacingError", DISCONNECTED)), str(body.get("fixUrl", ""))
    wrong = None if body["valid"] else fault(text, fix)
    app.world.state(Meetings).set_fault(user.id, wrong)
    return {"userId": user.id}


KINDS: dict[str, Kind] = {"meeting_integrations": meeting_integrations}
CHANGES = by_name(set_meeting_integration)
