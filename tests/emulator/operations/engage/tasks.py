"""Operations on Engage tasks: a user's tasks, and the change of one."""

from tests.emulator.application import Application
from tests.emulator.domains.engage.tasks import (
    PRIORITIES,
    STATUSES,
    TASK_ACTIONS,
    TYPES,
    Task,
    make_tasks,
)
from tests.emulator.errors import ApiError, bad_request, not_found, parse_error
from tests.emulator.inputs.forms import Form, choice, filled, instant, listed, text
from tests.emulator.operations.licences import require_tasks
from tests.emulator.operations.references import the_workspace
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.instants import parse_instant

CRM_TYPE = "SALESFORCE"
_FILTER = Form(
    {
        "filter*": Form(
            {
                "userId*": filled,
                "workspaceId": text,
                "types*": listed(choice(*TYPES), least=1),
                "taskAction*": listed(choice(*TASK_ACTIONS), least=1),
                "status*": listed(choice(*STATUSES), least=1),
            }
        )
    }
)
_CHANGE = Form(
    {"userId*": filled, "status": choice(*STATUSES), "dueDate": instant, "priority": text}
)


def list_tasks(app: Application, request: Request) -> Json:
    """POST /v2/tasks: one user's tasks, unpaged; only the workspace may be left out."""
    require_tasks(app)
    _FILTER.require(request.body)
    filters = request.body_fields.inner("filter")
    user = str(filters.text("userId"))
    if app.world.directory.find(user) is None:
        raise bad_request(f"filter.userId: there is no user {user}")
    workspace = the_workspace(app, filters)
    wanted = filters.values
    matches = [
        task
        for task in app.world.state(make_tasks).tasks.values()
        if task.user == user
        and app.world.has_workspace(task.workspace)
        and workspace in (None, task.workspace)
        and task.document["type"] in wanted["types"]
        and task.document["status"] in wanted["status"]
        and set(task.document["actions"]) & set(wanted["taskAction"])
    ]
    return {"tasks": [serve_task(app, task) for task in matches], "crmType": CRM_TYPE}


def serve_task(app: Application, task: Task) -> Json:
    """A task as served."""
    return app.world.edits.with_unknown("tasks", task.document)


def change_task(app: Application, request: Request) -> Json:
    """PATCH /v2/tasks/{taskId}: status, due date or priority; only by the task's own user."""
    require_tasks(app)
    given = request.arguments[0]
    if not given.isascii() or not given.isdigit():
        raise parse_error()
    _CHANGE.require(request.body)
    task = app.world.state(make_tasks).tasks.get(int(given))
    if task is None:
        raise not_found(f"Task {given} not found")
    if task.user != str(request.body["userId"]):
        raise ApiError(403, "Access denied")
    now = app.world.zone.millis(app.world.now)
    task.document = {**task.document, **_changes(app, request), "updated": now}
    return {"tasks": [serve_task(app, task)], "crmType": CRM_TYPE}


def _changes(app: Application, request: Request) -> Json:
    """The changed fields of a task."""
    changes: Json = {}
    if request.body.get("status") is not None:
        changes["status"] = request.body["status"]
    due = parse_instant(str(request.body.get("dueDate")))
    if due is not None:
        changes["dueDate"] = app.world.zone.seconds(due)
    priority = request.body_fields.text("priority")
    if priority is not None:
        if priority not in PRIORITIES:
            raise bad_request(f"priority: must be one of {', '.join(PRIORITIES)}")
        changes["priority"] = dict(PRIORITIES[priority])
    return changes


ROUTES = (
    Route("POST", "/v2/tasks", "api:tasks:read", list_tasks),
    Route("PATCH", "/v2/tasks/{taskId}", "api:tasks:write", change_task),
)
