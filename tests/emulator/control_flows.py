"""Flows on the control surface: what is true of them, and changes to them."""

from dataclasses import replace
from typing import Any

from tests.emulator.assigning import settle
from tests.emulator.errors import bad_request, not_found
from tests.emulator.flow_seed import make_step, small_id
from tests.emulator.flows import (
    SHARED_FOLDER,
    VISIBILITIES,
    Audience,
    Flow,
    FlowBook,
    Folder,
)
from tests.emulator.lookups import the_user
from tests.emulator.operations_flows import kept_flows, serve_flow, serve_folder, serve_steps
from tests.emulator.operations_prospects import serve_instance
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application
from tests.emulator.settings import Json


def _book(app: Application) -> FlowBook:
    book = kept_flows(app)
    settle(app, book)
    return book


def _audience(app: Application, audience: Audience) -> list[Json]:
    """Every user who sees something, with the visibility that user is told."""
    return [
        {"userId": person.id, "email": person.email, "visibility": visibility}
        for person in app.world.directory.listed(avatars=False)
        if (visibility := audience.seen_by(person.id)) is not None
    ]


def flows(app: Application) -> list[Json]:
    """Every flow, without `visibility`, which each of its `users` is told differently."""
    return [
        {
            **_without_visibility(serve_flow(app, flow, "")),
            "workspaceId": flow.workspace,
            "baseVisibility": flow.audience.visibility,
            "ownerUserId": flow.audience.owner,
            "users": _audience(app, flow.audience),
        }
        for flow in _book(app).flows.values()
    ]


def _without_visibility(served: Json) -> Json:
    return {key: value for key, value in served.items() if key != "visibility"}


def folders(app: Application) -> list[Json]:
    """Every folder, first the one that everybody has for what others shared."""
    everybody = app.world.directory.listed(avatars=False)
    book = _book(app)
    common = book.folders_of("")[0][0]
    told: list[Json] = [
        {"userId": one.id, "email": one.email, "visibility": "Shared"} for one in everybody
    ]
    rows = [(common, told)]
    rows += [(one, _audience(app, one.audience)) for one in book.folders.values()]
    return [
        {
            **_without_visibility(serve_folder(app, folder, "")),
            "workspaceId": folder.workspace,
            "ownerUserId": folder.audience.owner,
            "users": users,
        }
        for folder, users in rows
    ]


def steps(app: Application) -> list[Json]:
    """Every step with the flow it belongs to."""
    return [
        {"flowId": flow.id, **step}
        for flow in _book(app).flows.values()
        for step in serve_steps(app, flow)
    ]


def instances(app: Application) -> list[Json]:
    """Every instance, finished ones too."""
    book = _book(app)
    return [serve_instance(app, book, one) for one in book.instances.values()]


def _flow(book: FlowBook, body: Json, key: str = "id") -> Flow:
    flow = book.flows.get(str(body[key]))
    if flow is None:
        raise not_found(f"no flow {body[key]}")
    return flow


def _changed_audience(app: Application, old: Audience, body: Json) -> Audience:
    """An audience with `visibility`, `ownerUserId` and `sharedWith` of a change laid over it."""
    visibility = str(body.get("visibility", old.visibility))
    if visibility not in VISIBILITIES:
        raise bad_request(f"visibility is one of {', '.join(VISIBILITIES)}")
    owner = str(body["ownerUserId"]) if body.get("ownerUserId") is not None else old.owner
    others = tuple(str(one) for one in body.get("sharedWith", old.others))
    for user in (*others, *([owner] if owner else [])):
        the_user(app, user)
    return Audience(visibility, owner, others)


def _filing(book: FlowBook, folder_id: Any) -> Json:
    if folder_id is None:
        return {"folderId": None, "folderName": None}
    folder = book.folders.get(str(folder_id))
    if folder is None:
        raise not_found(f"no folder {folder_id}")
    return {"folderId": folder.id, "folderName": folder.name}


def add_flow(app: Application, body: Json) -> Json:
    """Add a flow created now, `steps` of them drawn; personal unless said otherwise."""
    book = _book(app)
    audience = _changed_audience(app, Audience("Personal", app.world.staff[0].id), body)
    flow = Flow(
        id=small_id(book.rng),
        name=str(body.get("name", "New flow")),
        workspace=str(body.get("workspaceId", app.world.workspaces[0]["id"])),
        audience=audience,
        created=app.world.zone.seconds(app.world.now),
        exclusive=bool(body.get("exclusive", False)),
        filing=_filing(book, body.get("folderId")),
        description=body.get("description"),
        steps=tuple(make_step(book.rng, number) for number in range(int(body.get("steps", 0)))),
    )
    book.flows[flow.id] = flow
    return {"id": flow.id}


def edit_flow(app: Application, body: Json) -> Json:
    """Change name, description, exclusive, folder (null is none) or audience of a flow."""
    book = _book(app)
    flow = _flow(book, body)
    facts: Json = {key: body[key] for key in ("name", "description", "exclusive") if key in body}
    if "folderId" in body:
        facts["filing"] = _filing(book, body["folderId"])
    audience = _changed_audience(app, flow.audience, body)
    book.flows[flow.id] = replace(flow, audience=audience, **facts)
    return {"id": flow.id}


def remove_flow(app: Application, body: Json) -> Json:
    """Make a flow vanish with its steps and instances."""
    book = _book(app)
    flow = _flow(book, body)
    del book.flows[flow.id]
    book.instances = {key: one for key, one in book.instances.items() if one.flow != flow.id}
    return {"id": flow.id}


def add_flow_folder(app: Application, body: Json) -> Json:
    """Add a folder; company-wide unless said otherwise."""
    book = _book(app)
    parent = body.get("parentFolderId")
    if parent is not None and str(parent) not in book.folders:
        raise not_found(f"no folder {parent}")
    audience = _changed_audience(app, Audience("Company", None), body)
    workspace = str(body.get("workspaceId", app.world.workspaces[0]["id"]))
    name = str(body.get("name", "New folder"))
    above = None if parent is None else str(parent)
    folder = Folder(small_id(book.rng), name, above, workspace, audience)
    book.folders[folder.id] = folder
    return {"id": folder.id}


def edit_flow_folder(app: Application, body: Json) -> Json:
    """Change name, parent or audience of a folder; its flows tell the new name."""
    book = _book(app)
    folder = _folder(book, body)
    parent = body.get("parentFolderId", folder.parent)
    audience = _changed_audience(app, folder.audience, body)
    name = str(body.get("name", folder.name))
    book.folders[folder.id] = replace(folder, name=name, parent=parent, audience=audience)
    for flow in list(book.flows.values()):
        if flow.folder == folder.id:
            book.flows[flow.id] = replace(flow, filing=_filing(book, folder.id))
    return {"id": folder.id}


def remove_flow_folder(app: Application, body: Json) -> Json:
    """Make a folder vanish; its flows lie in none then, and folders inside have no parent."""
    book = _book(app)
    folder = _folder(book, body)
    del book.folders[folder.id]
    for flow in list(book.flows.values()):
        if flow.folder == folder.id:
            book.flows[flow.id] = replace(flow, filing=_filing(book, None))
    for one in list(book.folders.values()):
        if one.parent == folder.id:
            book.folders[one.id] = replace(one, parent=None)
    return {"id": folder.id}


def _folder(book: FlowBook, body: Json) -> Folder:
    if str(body["id"]) == SHARED_FOLDER:
        raise bad_request("the folder that everybody has cannot be changed")
    folder = book.folders.get(str(body["id"]))
    if folder is None:
        raise not_found(f"no folder {body['id']}")
    return folder


KINDS: dict[str, Kind] = {
    "flows": flows,
    "flow_folders": folders,
    "flow_steps": steps,
    "flow_instances": instances,
}
CHANGES = by_name(
    add_flow, edit_flow, remove_flow, add_flow_folder, edit_flow_folder, remove_flow_folder
)
