"""The library: public folders of a workspace, and the calls of a folder."""

import json
from urllib.parse import quote

from tests.emulator.errors import bad_request, not_found
from tests.emulator.library import Library
from tests.emulator.lookups import the_call, the_instant
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json

NO_FOLDERS = "No folders found for the specified period"


def list_folders(app: Application, request: Request) -> Json:
    """GET /v2/library/folders: unpaged; the workspace must be named where there are several."""
    fields, world = request.query_fields, app.world
    workspace = fields.number("workspaceId")
    if workspace is None and len(world.workspaces) > 1:
        raise bad_request("workspaceId: must not be null")
    found = [one for one in _folders(app) if workspace in (None, one["workspaceId"])]
    if not found:
        raise not_found(NO_FOLDERS)
    return {"folders": [_serve_folder(app, one) for one in found]}


def _folders(app: Application) -> list[Json]:
    """The folders of the workspaces that exist."""
    library = app.world.state(Library)
    return [
        one
        for one in library.folders
        if app.world.has_workspace(one["workspaceId"]) and not app.distortion.hides(one["id"])
    ]


def _serve_folder(app: Application, folder: Json) -> Json:
    keys = ("id", "name", "parentFolderId", "createdBy", "updated")
    served = {key: folder[key] for key in keys}
    return app.world.edits.with_unknown("library_folders", served)


def list_folder_calls(app: Application, request: Request) -> Json:
    """GET /v2/library/folder-content: the whole folder at once, empty or not."""
    fields = request.query_fields
    fields.require("folderId")
    folder_id = str(fields.number("folderId"))
    folder = app.world.state(Library).folders.find(folder_id)
    if folder is None or not app.world.has_workspace(folder["workspaceId"]):
        raise not_found(NO_FOLDERS)
    head = {key: folder[key] for key in ("id", "name", "createdBy", "updated")}
    return {**head, "calls": _serve_calls(app, folder_id)}


def _serve_calls(app: Application, folder_id: str) -> list[Json]:
    """The entries whose call still exists, with the call's present title."""
    world, served = app.world, []
    for entry in world.state(Library).entries.get(folder_id, []):
        call = world.calls.get(entry["id"])
        if call is None or not world.is_listed(call):
            continue
        metadata = world.metadata(call)
        row: Json = {"id": call.id, "title": metadata["title"]}
        if "note" in entry:
            row["note"] = entry["note"]
        row["addedBy"] = entry["addedBy"]
        row["created"] = world.zone.micros(entry["at"])
        row["url"] = str(metadata["url"]) + _highlight(entry.get("snippet"))
        if "snippet" in entry:
            row["snippet"] = entry["snippet"]
        served.append(world.edits.with_unknown("library_folder_calls", row))
    return served


def _highlight(snippet: Json | None) -> str:
    """The tail of the address by which the product jumps to a snippet."""
    if not snippet:
        return ""
    place = {"to": snippet["toSec"], "from": snippet["fromSec"], "type": "LIBRARY"}
    return "&highlights=" + quote(json.dumps([place]))


def library_folders(app: Application) -> list[Json]:
    """Every folder of every workspace, with its workspace."""
    return [{**_serve_folder(app, one), "workspaceId": one["workspaceId"]} for one in _folders(app)]


def library_folder_calls(app: Application) -> list[Json]:
    """Every call of every folder, with its folder."""
    return [
        {"folderId": folder["id"], **row}
        for folder in _folders(app)
        for row in _serve_calls(app, folder["id"])
    ]


def add_folder(app: Application, body: Json) -> Json:
    """Add an empty folder to a workspace; `fields` overwrite what is made."""
    library, world = app.world.state(Library), app.world
    folder: Json = {
        "id": world.new_id(),
        "name": "Added",
        "parentFolderId": None,
        "createdBy": world.staff[0].id,
        "updated": world.zone.micros(world.now),
        "workspaceId": str(body.get("workspaceId") or world.opening_workspaces[0]),
    }
    folder.update(body.get("fields") or {})
    library.entries[str(folder["id"])] = []
    return {"id": library.folders.add(folder)}


def edit_folder(app: Application, body: Json) -> Json:
    """Overwrite fields of a folder, `workspaceId` too; `updated` becomes now unless given."""
    fields = {"updated": app.world.zone.micros(app.world.now), **(body.get("fields") or {})}
    return {"id": app.world.state(Library).folders.edit(body["id"], fields)}


def remove_folder(app: Application, body: Json) -> Json:
    """Remove a folder and all below it, as archiving does."""
    library = app.world.state(Library)
    gone = library.folders.remove(body["id"])
    for folder in list(library.folders):
        if folder["parentFolderId"] == gone and library.folders.find(str(folder["id"])):
            remove_folder(app, {"id": folder["id"]})
    return {"id": gone}


def add_folder_call(app: Application, body: Json) -> Json:
    """Put a call into a folder; whether note and snippet are keys is up to the test."""
    library = app.world.state(Library)
    folder = str(library.folders.the(body["folderId"])["id"])
    entry: Json = {
        "id": the_call(app, str(body["callId"])).id,
        "addedBy": body.get("addedBy", app.world.staff[0].id),
        "at": the_instant(body["created"]) if "created" in body else app.world.now,
        **{key: body[key] for key in ("note", "snippet") if key in body},
    }
    entries = library.entries.setdefault(folder, [])
    entries.append(entry)
    entries.sort(key=lambda one: int(one["at"]))
    return {"folderId": folder, "callId": entry["id"]}


def edit_folder_call(app: Application, body: Json) -> Json:
    """Overwrite `note`, `snippet` or `addedBy` of a call's entries in a folder."""
    fields = body.get("fields") or {}
    for entry in _entries(app, body):
        entry.update({key: fields[key] for key in ("note", "snippet", "addedBy") if key in fields})
    return {"folderId": body["folderId"], "callId": body["callId"]}


def remove_folder_call(app: Application, body: Json) -> Json:
    """Take a call out of a folder, all its entries unless `snippet` picks some."""
    entries = app.world.state(Library).entries[str(body["folderId"])]
    gone = _entries(app, body)
    entries[:] = [one for one in entries if not any(one is other for other in gone)]
    return {"folderId": body["folderId"], "callId": body["callId"]}


def _entries(app: Application, body: Json) -> list[Json]:
    """The entries of a call in a folder, narrowed by `snippet` if given."""
    library = app.world.state(Library)
    library.folders.the(body["folderId"])
    found = [
        one
        for one in library.entries[str(body["folderId"])]
        if one["id"] == str(body["callId"])
        and ("snippet" not in body or one.get("snippet") == body["snippet"])
    ]
    if not found:
        raise not_found(f"no call {body['callId']} in folder {body['folderId']}")
    return found


ROUTES = (
    Route("GET", "/v2/library/folders", "api:library:read", list_folders),
    Route("GET", "/v2/library/folder-content", "api:library:read", list_folder_calls),
)
KINDS: dict[str, Kind] = {
    "library_folders": library_folders,
    "library_folder_calls": library_folder_calls,
}
CHANGES = by_name(
    add_folder, edit_folder, remove_folder, add_folder_call, edit_folder_call, remove_folder_call
)
