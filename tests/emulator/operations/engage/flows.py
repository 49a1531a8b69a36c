"""Operations that read Engage flows: a user's flows and folders, and steps."""

from tests.emulator.application import Application
from tests.emulator.domains.engage.flow_seed import make_flows
from tests.emulator.domains.engage.flows import SHARED_FOLDER, Flow, FlowState, Folder
from tests.emulator.errors import bad_request, not_found
from tests.emulator.inputs.forms import Form, listed, text
from tests.emulator.operations.licences import require_engage
from tests.emulator.operations.references import the_owner, the_workspace
from tests.emulator.operations.routing import Route
from tests.emulator.paging.pages import numbered
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.world.company.people import Person

MOST_RECENT = 20
_STEPS = Form({"flowIds*": listed(text, most=20, least=1)})


def flow_state(app: Application) -> FlowState:
    """The flows, for a company that has a licence."""
    require_engage(app)
    return kept_flows(app)


def kept_flows(app: Application) -> FlowState:
    """The flows of the workspaces that exist."""
    state = app.world.state(make_flows)
    state.keep_workspaces({str(workspace["id"]) for workspace in app.world.workspaces})
    return state


def list_flows(app: Application, request: Request) -> Json:
    """GET /v2/flows: company flows, the user's own, and those shared with the user."""
    state, fields = flow_state(app), request.query_fields
    person = the_owner(app, fields, "flowOwnerEmail")
    workspace, folder = the_workspace(app, fields), fields.text("folderId")
    if folder is not None and all(folder != known.id for known, _ in state.folders_of(person.id)):
        raise bad_request(f"folderId: there is no folder {folder}")
    rows = [
        (flow, visibility)
        for flow, visibility in state.audience_of(person.id)
        if workspace in (None, flow.workspace)
        and (folder in (None, flow.folder) or (folder, visibility) == (SHARED_FOLDER, "Shared"))
    ]
    if fields.flag("mostRecentlyAssigned"):
        rows = _most_recent(state, person, rows)
    names = ("flowOwnerEmail", "workspaceId", "folderId", "mostRecentlyAssigned")
    binding = {"operation": "flows", **{name: request.query.get(name) for name in names}}
    sequence = app.sequence(fields.text("cursor"), binding)
    page = numbered(sequence, rows, lambda row: {"flowId": int(row[0].id)}, None)
    flows = [serve_flow(app, flow, visibility) for flow, visibility in page.rows]
    return {"records": page.records, "flows": flows}


def _most_recent(
    state: FlowState, person: Person, rows: list[tuple[Flow, str]]
) -> list[tuple[Flow, str]]:
    """The flows the user assigned last, latest first."""
    latest: dict[str, int] = {}
    for instance in state.instances.values():
        if instance.owner_email == person.email:
            latest[instance.flow] = max(instance.created, latest.get(instance.flow, 0))
    assigned = [row for row in rows if row[0].id in latest]
    return sorted(assigned, key=lambda row: -latest[row[0].id])[:MOST_RECENT]


def serve_flow(app: Application, flow: Flow, visibility: str) -> Json:
    """A flow as served to one user."""
    return app.world.edits.with_unknown("flows", flow.served(visibility))


def list_folders(app: Application, request: Request) -> Json:
    """GET /v2/flows/folders: under the key seen live, which the specification lacks."""
    state, fields = flow_state(app), request.query_fields
    person = the_owner(app, fields, "flowFolderOwnerEmail")
    workspace, parent = the_workspace(app, fields), fields.long("parentId")
    rows = [
        (folder, visibility)
        for folder, visibility in state.folders_of(person.id)
        if (workspace is None or folder.workspace in (None, workspace))
        and (parent is None or parent in (folder.id, folder.parent))
    ]
    names = ("flowFolderOwnerEmail", "workspaceId", "parentId")
    binding = {"operation": "flows/folders", **{name: request.query.get(name) for name in names}}
    sequence = app.sequence(fields.text("cursor"), binding)
    page = numbered(sequence, rows, lambda row: {"folderId": int(row[0].id)}, None)
    folders = [serve_folder(app, folder, visibility) for folder, visibility in page.rows]
    return {"records": page.records, "flowsFolders": folders}


def serve_folder(app: Application, folder: Folder, visibility: str) -> Json:
    """A folder as served to one user."""
    return app.world.edits.with_unknown("flow_folders", folder.served(visibility))


def list_steps(app: Application, request: Request) -> Json:
    """POST /v2/flows/steps: an unknown flow fails the request and is named."""
    state = flow_state(app)
    _STEPS.require(request.body)
    flows = []
    for flow_id in dict.fromkeys(str(flow_id) for flow_id in request.body["flowIds"]):
        if flow_id not in state.flows:
            raise not_found(f"Flow not found: flowId={flow_id}")
        flows.append(state.flows[flow_id])
    return {"flows": [flow.with_steps(serve_steps(app, flow)) for flow in flows]}


def serve_steps(app: Application, flow: Flow) -> list[Json]:
    """The steps of a flow as served."""
    return [app.world.edits.with_unknown("flow_steps", step) for step in flow.steps]


def known_flow(state: FlowState, flow_id: str) -> Flow:
    """The flow that prospects are to be assigned to."""
    if flow_id not in state.flows:
        raise not_found("Flow not found")
    return state.flows[flow_id]


ROUTES = (
    Route("GET", "/v2/flows", "api:flows:read", list_flows, paged=True),
    Route("GET", "/v2/flows/folders", "api:flows:read", list_folders, paged=True),
    Route("POST", "/v2/flows/steps", "api:flows:read", list_steps),
)
