"""Manual CRM associations on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_call, the_instant
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.calls.associations import Association, Associations, known_associations
from tests.emulator.operations.calls.associations import serve_association
from tests.emulator.settings import Json
from tests.emulator.world.chance import stream
from tests.emulator.world.company.accounts import crm_id


def manual_crm_associations(app: Application) -> list[Json]:
    """Every association by now."""
    return [serve_association(app, association) for association in known_associations(app.world)]


def add_manual_association(app: Application, body: Json) -> Json:
    """Link a call by hand, now unless `created` says when."""
    world = app.world
    state, call = world.state(Associations), the_call(app, str(body["callId"]))
    at = the_instant(body["created"]) if "created" in body else world.now
    rng = stream(app.settings.seed, "added association", len(state.events))
    objects = body.get("associatedCrmObjects") or [{"accountCrmId": crm_id(rng, "001")}]
    user = str(body.get("userId") or world.staff[0].id)
    state.events.append(Association(at // 1000 * 1000, call.id, user, tuple(objects)))
    state.events.sort(key=lambda event: event.sort_key)
    return {"callId": call.id}


KINDS: dict[str, Kind] = {"manual_crm_associations": manual_crm_associations}
CHANGES = by_name(add_manual_association)
