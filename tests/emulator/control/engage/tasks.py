"""Engage tasks on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.engage.tasks import INT64, PRIORITIES, Task, contact, make_tasks
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.engage.tasks import serve_task
from tests.emulator.settings import Json
from tests.emulator.world.chance import gong_id
from tests.emulator.world.company.accounts import make_accounts


def tasks(app: Application) -> list[Json]:
    """Every task of users and workspaces that are still there, as served."""
    world = app.world
    return [
        serve_task(app, task)
        for task in world.state(make_tasks).tasks.values()
        if world.directory.find(task.user) is not None and world.has_workspace(task.workspace)
    ]


def add_task(app: Application, body: Json) -> Json:
    """Add a task by hand, open and due in a day; `fields` overwrite what is drawn."""
    state, world = app.world.state(make_tasks), app.world
    user = the_user(app, str(body["userId"]))
    if int(user.id) >= INT64:
        raise bad_request("the id of this user does not fit into an int64")
    account = make_accounts(app.settings.seed)[len(state.tasks) % 20]
    now = world.zone.millis(world.now)
    document: Json = {
        "id": int(gong_id(state.rng, 18)),
        "userId": int(user.id),
        "created": now,
        "updated": now,
        "status": "OPEN",
        "type": "MANUAL",
        "actions": ["CALL"],
        "dueDate": world.zone.seconds(world.now + 86_400_000_000),
        "priority": dict(PRIORITIES["HIGH"]),
        "title": "New task",
        "contact": contact(account, account.contacts[0], len(state.tasks)),
        "additionalContacts": [],
    }
    workspace = str(body.get("workspaceId", world.workspaces[0]["id"]))
    state.put(Task(workspace, {**document, **(body.get("fields") or {})}))
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


KINDS: dict[str, Kind] = {"tasks": tasks}
CHANGES = by_name(add_task, edit_task, remove_task)
