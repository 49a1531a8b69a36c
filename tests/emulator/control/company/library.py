"""The library on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_call, the_instant
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.company.library import Library
from tests.emulator.errors import not_found
from tests.emulator.operations.company.library import (
    existing_folders,
    serve_folder,
    serve_folder_calls,
)
from tests.emulator.settings import Json


def library_folders(app: Application) -> list[Json]:
    """Every folder of every workspace, with its workspace."""
    return [
        {**serve_folder(app, folder), "workspaceId": folder["workspaceId"]}
        for folder in existing_folders(app)
    ]


def library_folder_calls(app: Application) -> list[Json]:
    """Every call of every folder, with its folder."""
    return [
        {"folderId": folder["id"], **row}
        for folder in existing_folders(app)
        for row in serve_folder_calls(app, folder["id"])
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
    entries.sort(key=lambda added: int(added["at"]))
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
    entries[:] = [entry for entry in entries if not any(entry is other for other in gone)]
    return {"folderId": body["folderId"], "callId": body["callId"]}


def _entries(app: Application, body: Json) -> list[Json]:
    """The entries of a call in a folder, narrowed by `snippet` if given."""
    library = app.world.state(Library)
    library.folders.the(body["folderId"])
    matches = [
        entry
        for entry in library.entries[str(body["folderId"])]
        if entry["id"] == str(body["callId"])
        and ("snippet" not in body or entry.get("snippet") == body["snippet"])
    ]
    if not matches:
        raise not_found(f"no call {body['callId']} in folder {body['folderId']}")
    return matches


KINDS: dict[str, Kind] = {
    "library_folders": library_folders,
    "library_folder_calls": library_folder_calls,
}
CHANGES = by_name(
    add_folder, edit_folder, remove_folder, add_folder_call, edit_folder_call, remove_folder_call
)
