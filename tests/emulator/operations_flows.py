"""Operations that read Engage flows: whose flows and folders a user sees, and flows' steps."""

from tests.emulator.errors import bad_request, not_found
from tests.emulator.flow_seed import make_flows
from tests.emulator.flows import SHARED_FOLDER, Flow, FlowBook, Folder
from tests.emulator.licences import require_engage
from tests.emulator.paging import Sequence, numbered
from tests.emulator.people import Person
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.shapes import Form, listed, text
from tests.emulator.validation import Fields

MOST_RECENT = 20
_STEPS = Form({"flowIds*": listed(text, most=20, least=1)})


def flow_book(app: Application) -> FlowBook:
    """The flows, for a company that has a licence."""
    require_engage(app)
    return kept_flows(app)


def kept_flows(app: Application) -> FlowBook:
    """The flows of the workspaces that exist."""
    book = app.world.state(make_flows)
    book.keep_workspaces({str(one["id"]) for one in app.world.workspaces})
    return book


def the_owner(app: Application, fields: Fields, key: str) -> Person:
    """The user a request names by address; 400 for an unknown one (a choice)."""
    fields.require(key)
    email = str(fields.text(key))
    person = app.world.directory.with_email(email)
    if person is None:
        raise bad_request(f"{fields.name(key)}: no Gong user has the address {email}")
    return person


def the_workspace(app: Application, fields: Fields, key: str = "workspaceId") -> str | None:
    """The workspace a request is narrowed to; 400 for an unknown one (a choice)."""
    workspace = fields.text(key)
    if workspace is not None and not app.world.has_workspace(workspace):
        raise bad_request(f"{fields.name(key)}: there is no workspace {workspace}")
    return workspace


def list_flows(app: Application, request: Request) -> Json:
    """GET /v2/flows: company flows, the user's own, and those shared with the user."""
    book, fields = flow_book(app), request.query_fields
    person = the_owner(app, fields, "flowOwnerEmail")
    workspace, folder = the_workspace(app, fields), fields.text("folderId")
    if folder is not None and all(folder != one.id for one, _ in book.folders_of(person.id)):
        raise bad_request(f"folderId: there is no folder {folder}")
    rows = [
        (flow, visibility)
        for flow, visibility in book.audience_of(person.id)
        if workspace in (None, flow.workspace)
        and (folder in (None, flow.folder) or (folder, visibility) == (SHARED_FOLDER, "Shared"))
    ]
    if fields.flag("mostRecentlyAssigned"):
        rows = _most_recent(book, person, rows)
    names = ("flowOwnerEmail", "workspaceId", "folderId", "mostRecentlyAssigned")
    binding = {"operation": "flows", **{name: request.query.get(name) for name in names}}
    sequence = Sequence(app, fields.text("cursor"), binding)
    page = numbered(sequence, rows, lambda row: {"flowId": int(row[0].id)}, None)
    flows = [serve_flow(app, flow, visibility) for flow, visibility in page.rows]
    return {"records": page.records, "flows": flows}


def _most_recent(
    book: FlowBook, person: Person, rows: list[tuple[Flow, str]]
) -> list[tuple[Flow, str]]:
    """The flows the user assigned last, latest first."""
    latest: dict[str, int] = {}
    for one in book.instances.values():
        if one.owner_email == person.email:
            latest[one.flow] = max(one.created, latest.get(one.flow, 0))
    assigned = [row for row in rows if row[0].id in latest]
    return sorted(assigned, key=lambda row: -latest[row[0].id])[:MOST_RECENT]


def serve_flow(app: Application, flow: Flow, visibility: str) -> Json:
    """A flow as one user is told of it."""
    return app.world.edits.with_unknown("flows", flow.served(visibility))


def list_folders(app: Application, request: Request) -> Json:
    """GET /v2/flows/folders: under the key seen live, which the specification lacks."""
    book, fields = flow_book(app), request.query_fields
    person = the_owner(app, fields, "flowFolderOwnerEmail")
    workspace, parent = the_workspace(app, fields), fields.text("parentId")
    if parent is not None and not (parent.isascii() and parent.isdigit()):
        raise bad_request("parentId: must be a number")
    rows = [
        (folder, visibility)
        for folder, visibility in book.folders_of(person.id)
        if (workspace is None or folder.workspace in (None, workspace))
        and (parent is None or parent in (folder.id, folder.parent))
    ]
    names = ("flowFolderOwnerEmail", "workspaceId", "parentId")
    binding = {"operation": "flows/folders", **{name: request.query.get(name) for name in names}}
    sequence = Sequence(app, fields.text("cursor"), binding)
    page = numbered(sequence, rows, lambda row: {"folderId": int(row[0].id)}, None)
    folders = [serve_folder(app, folder, visibility) for folder, visibility in page.rows]
    return {"records": page.records, "flowsFolders": folders}


def serve_folder(app: Application, folder: Folder, visibility: str) -> Json:
    """A folder as one user is told of it."""
    return app.world.edits.with_unknown("flow_folders", folder.served(visibility))


def list_steps(app: Application, request: Request) -> Json:
    """POST /v2/flows/steps: an unknown flow fails the request and is named."""
    book = flow_book(app)
    _STEPS.require(request.body)
    flows = []
    for flow_id in dict.fromkeys(str(one) for one in request.body["flowIds"]):
        if flow_id not in book.flows:
            raise not_found(f"Flow not found: flowId={flow_id}")
        flows.append(book.flows[flow_id])
    return {"flows": [one.with_steps(serve_steps(app, one)) for one in flows]}


def serve_steps(app: Application, flow: Flow) -> list[Json]:
    """The steps of a flow as served."""
    return [app.world.edits.with_unknown("flow_steps", step) for step in flow.steps]


def known_flow(book: FlowBook, flow_id: str) -> Flow:
    """The flow that prospects are to be assigned to."""
    if flow_id not in book.flows:
        raise not_found("Flow not found")
    return book.flows[flow_id]


ROUTES = (
    Route("GET", "/v2/flows", "api:flows:read", list_flows, paged=True),
    Route("GET", "/v2/flows/folders", "api:flows:read", list_folders, paged=True),
    Route("POST", "/v2/flows/steps", "api:flows:read", list_steps),
)
