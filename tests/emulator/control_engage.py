"""What lies inside flows, tasks and meeting integrations, on the control surface."""

from dataclasses import replace

from tests.emulator.chance import gong_id
from tests.emulator.crm import make_accounts
from tests.emulator.errors import bad_request, not_found
from tests.emulator.flow_seed import make_flows, make_step, small_id
from tests.emulator.flows import ACTIONS, CLOSED_STATUSES, OPEN_STATUSES, Flow, Instance
from tests.emulator.lookups import the_user
from tests.emulator.meetings import DISCONNECTED, Meetings, fault
from tests.emulator.operations_meetings import serve_status
from tests.emulator.operations_tasks import serve_task
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application
from tests.emulator.settings import Json
from tests.emulator.tasks import INT64, PRIORITIES, Task, contact, make_tasks


def tasks(app: Application) -> list[Json]:
    """Every task of users and workspaces that are still there, as served."""
    world = app.world
    return [
        serve_task(app, one)
        for one in world.state(make_tasks).tasks.values()
        if world.directory.find(one.user) is not None and world.has_workspace(one.workspace)
    ]


def meeting_integrations(app: Application) -> list[Json]:
    """The state of every user's integration, as served."""
    return [serve_status(app, one.email) for one in app.world.directory.listed(avatars=False)]


def _flow(app: Application, flow_id: str) -> Flow:
    flow = app.world.state(make_flows).flows.get(flow_id)
    if flow is None:
        raise not_found(f"no flow {flow_id}")
    return flow


def _with_steps(app: Application, flow: Flow, steps: list[Json]) -> None:
    """Put the steps of a flow in a new order, numbered from one."""
    ordered = tuple({**step, "stepOrder": n} for n, step in enumerate(steps, 1))
    app.world.state(make_flows).flows[flow.id] = replace(flow, steps=ordered)


def add_flow_step(app: Application, body: Json) -> Json:
    """Add a step at the end, or before the one at `stepOrder`; `fields` overwrite."""
    flow = _flow(app, str(body["flowId"]))
    drawn = make_step(app.world.state(make_flows).rng, len(flow.steps))
    step = {**drawn, **_step_fields(body)}
    steps = list(flow.steps)
    steps.insert(int(body.get("stepOrder", len(steps) + 1)) - 1, step)
    _with_steps(app, flow, steps)
    return {"id": step["id"]}


def _step_fields(body: Json) -> Json:
    fields: Json = body.get("fields") or {}
    if fields.get("action", ACTIONS[0]) not in ACTIONS:
        raise bad_request(f"action is one of {', '.join(ACTIONS)}")
    return fields


def edit_flow_step(app: Application, body: Json) -> Json:
    """Overwrite fields of a step."""
    flow = _flow(app, str(body["flowId"]))
    if all(step["id"] != body["id"] for step in flow.steps):
        raise not_found(f"no step {body['id']}")
    fields = _step_fields(body)
    changed = [{**one, **fields} if one["id"] == body["id"] else one for one in flow.steps]
    _with_steps(app, flow, changed)
    return {"id": body["id"]}


def remove_flow_step(app: Application, body: Json) -> Json:
    """Drop a step; the later ones move up."""
    flow = _flow(app, str(body["flowId"]))
    kept = [step for step in flow.steps if step["id"] != body["id"]]
    if len(kept) == len(flow.steps):
        raise not_found(f"no step {body['id']}")
    _with_steps(app, flow, kept)
    return {"id": body["id"]}


def assign_flow(app: Application, body: Json) -> Json:
    """Put a prospect into a flow without any of the rules."""
    book = app.world.state(make_flows)
    flow = _flow(app, str(body["flowId"]))
    owner = the_user(app, str(body.get("ownerUserId") or app.world.staff[0].id))
    status = str(body.get("status", "Running"))
    if status not in OPEN_STATUSES:
        raise bad_request(f"status is one of {', '.join(OPEN_STATUSES)}")
    instance = Instance(
        small_id(book.rng),
        flow.id,
        str(body["crmProspectId"]),
        owner.email,
        owner.name,
        app.world.now,
        status,
    )
    book.instances[instance.id] = instance
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


def add_task(app: Application, body: Json) -> Json:
    """Add a task by hand, open and due in a day; `fields` overwrite what is drawn."""
    book, world = app.world.state(make_tasks), app.world
    user = the_user(app, str(body["userId"]))
    if int(user.id) >= INT64:
        raise bad_request("the id of this user does not fit into an int64")
    account = make_accounts(app.settings.seed)[len(book.tasks) % 20]
    now = world.zone.millis(world.now)
    document: Json = {
        "id": int(gong_id(book.rng, 18)),
        "userId": int(user.id),
        "created": now,
        "updated": now,
        "status": "OPEN",
        "type": "MANUAL",
        "actions": ["CALL"],
        "dueDate": world.zone.seconds(world.now + 86_400_000_000),
        "priority": dict(PRIORITIES["HIGH"]),
        "title": "New task",
        "contact": contact(account, account.contacts[0], len(book.tasks)),
        "additionalContacts": [],
    }
    workspace = str(body.get("workspaceId", world.workspaces[0]["id"]))
    book.put(Task(workspace, {**document, **(body.get("fields") or {})}))
    return {"id": document["id"]}


def edit_task(app: Application, body: Json) -> Json:
    """Overwrite fields of a task; `updated` moves to now."""
    task = _task(app, body)
    updated = {"updated": app.world.zone.millis(app.world.now)}
    task.document = {**task.document, **updated, **(body.get("fields") or {})}
    return {"id": task.document["id"]}


def remove_task(app: Application, body: Json) -> Json:
    """Make a task vanish."""
    del app.world.state(make_tasks).tasks[_task(app, body).document["id"]]
    return {"id": body["id"]}


def _task(app: Application, body: Json) -> Task:
    task = app.world.state(make_tasks).tasks.get(int(body["id"]))
    if task is None:
        raise not_found(f"no task {body['id']}")
    return task


def set_meeting_integration(app: Application, body: Json) -> Json:
    """Mend a user's integration, or break it with a text and addresses."""
    user = the_user(app, str(body["userId"]))
    text, fix = str(body.get("userFacingError", DISCONNECTED)), str(body.get("fixUrl", ""))
    wrong = None if body["valid"] else fault(text, fix)
    app.world.state(Meetings).set_fault(user.id, wrong)
    return {"userId": user.id}


KINDS: dict[str, Kind] = {"tasks": tasks, "meeting_integrations": meeting_integrations}
CHANGES = by_name(
    add_flow_step,
    edit_flow_step,
    remove_flow_step,
    assign_flow,
    edit_flow_instance,
    remove_flow_instance,
    add_task,
    edit_task,
    remove_task,
    set_meeting_integration,
)
