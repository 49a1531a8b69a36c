"""Flow instances on the control surface."""

from dataclasses import replace

from tests.emulator.application import Application
from tests.emulator.control.engage.flows import settled_flows, the_flow
from tests.emulator.control.lookups import the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.engage.flow_seed import make_flows, small_id
from tests.emulator.domains.engage.flows import CLOSED_STATUSES, OPEN_STATUSES, Instance
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.engage.prospects import serve_instance
from tests.emulator.settings import Json


def instances(app: Application) -> list[Json]:
    """Every instance, finished ones too."""
    state = settled_flows(app)
    return [serve_instance(app, state, instance) for instance in state.instances.values()]


def assign_flow(app: Application, body: Json) -> Json:
    """Put a prospect into a flow without any of the rules."""
    state = app.world.state(make_flows)
    flow = the_flow(app.world.state(make_flows), body, "flowId")
    owner = the_user(app, str(body.get("ownerUserId") or app.world.staff[0].id))
    status = str(body.get("status", "Running"))
    if status not in OPEN_STATUSES:
        raise bad_request(f"status is one of {', '.join(OPEN_STATUSES)}")
    instance = Instance(
        small_id(state.rng),
        flow.id,
        str(body["crmProspectId"]),
        owner.email,
        owner.name,
        app.world.now,
        status,
    )
    state.instances[instance.id] = instance
    return {"id": instance.id}


def edit_flow_instance(app: Application, body: Json) -> Json:
    """Change the status of an instance; a finished one begins the cool-off."""
    instance, status = _instance(app, body), str(body["status"])
    if status not in (*OPEN_STATUSES, *CLOSED_STATUSES):
        raise bad_request(f"status is one of {', '.join((*OPEN_STATUSES, *CLOSED_STATUSES))}")
    finished = None if status in OPEN_STATUSES else app.world.now
    changed = replace(instance, status=status, finished=finished)
    app.world.state(make_flows).instances[instance.id] = changed
    return {"id": instance.id}


def remove_flow_instance(app: Application, body: Json) -> Json:
    """Make an instance unknown."""
    del app.world.state(make_flows).instances[_instance(app, body).id]
    return {"id": body["id"]}


def _instance(app: Application, body: Json) -> Instance:
    instance = app.world.state(make_flows).instances.get(str(body["id"]))
    if instance is None:
        raise not_found(f"no flow instance {body['id']}")
    return instance


KINDS: dict[str, Kind] = {"flow_instances": instances}
CHANGES = by_name(assign_flow, edit_flow_instance, remove_flow_instance)
