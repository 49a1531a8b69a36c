"""Flow folders on the control surface."""

from dataclasses import replace

from tests.emulator.application import Application
from tests.emulator.control.engage.flows import (
    audience_rows,
    changed_audience,
    filing_in,
    settled_flows,
    without_visibility,
)
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.engage.flow_seed import small_id
from tests.emulator.domains.engage.flows import SHARED_FOLDER, Audience, FlowState, Folder
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.engage.flows import serve_folder
from tests.emulator.settings import Json


def folders(app: Application) -> list[Json]:
    """Every folder; the shared folder that every user has comes first."""
    everybody = app.world.directory.listed(avatars=False)
    state = settled_flows(app)
    common = state.folders_of("")[0][0]
    everyone: list[Json] = [
        {"userId": person.id, "email": person.email, "visibility": "Shared"} for person in everybody
    ]
    rows = [(common, everyone)]
    rows += [(folder, audience_rows(app, folder.audience)) for folder in state.folders.values()]
    return [
        {
            **without_visibility(serve_folder(app, folder, "")),
            "workspaceId": folder.workspace,
            "ownerUserId": folder.audience.owner,
            "users": users,
        }
        for folder, users in rows
    ]


def add_flow_folder(app: Application, body: Json) -> Json:
    """Add a folder; company-wide unless said otherwise."""
    state = settled_flows(app)
    parent = body.get("parentFolderId")
    if parent is not None and str(parent) not in state.folders:
        raise not_found(f"no folder {parent}")
    audience = changed_audience(app, Audience("Company", None), body)
    workspace = str(body.get("workspaceId", app.world.workspaces[0]["id"]))
    name = str(body.get("name", "New folder"))
    above = None if parent is None else str(parent)
    folder = Folder(small_id(state.rng), name, above, workspace, audience)
    state.folders[folder.id] = folder
    return {"id": folder.id}


def edit_flow_folder(app: Application, body: Json) -> Json:
    """Change name, parent or audience of a folder; its flows serve the new name."""
    state = settled_flows(app)
    folder = _folder(state, body)
    parent = body.get("parentFolderId", folder.parent)
    audience = changed_audience(app, folder.audience, body)
    name = str(body.get("name", folder.name))
    state.folders[folder.id] = replace(folder, name=name, parent=parent, audience=audience)
    for flow in list(state.flows.values()):
        if flow.folder == folder.id:
            state.flows[flow.id] = replace(flow, filing=filing_in(state, folder.id))
    return {"id": folder.id}


def remove_flow_folder(app: Application, body: Json) -> Json:
    """Remove a folder; its flows are in no folder then, its subfolders have no parent."""
    state = settled_flows(app)
    folder = _folder(state, body)
    del state.folders[folder.id]
    for flow in list(state.flows.values()):
        if flow.folder == folder.id:
            state.flows[flow.id] = replace(flow, filing=filing_in(state, None))
    for child in list(state.folders.values()):
        if child.parent == folder.id:
            state.folders[child.id] = replace(child, parent=None)
    return {"id": folder.id}


def _folder(state: FlowState, body: Json) -> Folder:
    if str(body["id"]) == SHARED_FOLDER:
        raise bad_request("the folder that everybody has cannot be changed")
    folder = state.folders.get(str(body["id"]))
    if folder is None:
        raise not_found(f"no folder {body['id']}")
    return folder


KINDS: dict[str, Kind] = {"flow_folders": folders}
CHANGES = by_name(add_flow_folder, edit_flow_folder, remove_flow_folder)
