"""The library: public folders of a workspace, and the calls of a folder."""

import json
from urllib.parse import quote

from tests.emulator.application import Application
from tests.emulator.domains.company.library import Library
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json

NO_FOLDERS = "No folders found for the specified period"


def list_folders(app: Application, request: Request) -> Json:
    """GET /v2/library/folders: unpaged; the workspace must be named where there are several."""
    fields, world = request.query_fields, app.world
    workspace = fields.number("workspaceId")
    if workspace is None and len(world.workspaces) > 1:
        raise bad_request("workspaceId parameter is missing")
    folders = [
        folder for folder in existing_folders(app) if workspace in (None, folder["workspaceId"])
    ]
    if not folders:
        raise not_found(NO_FOLDERS)
    return {"folders": [serve_folder(app, folder) for folder in folders]}


def existing_folders(app: Application) -> list[Json]:
    """The folders of the workspaces that exist."""
    library = app.world.state(Library)
    return [
        folder
        for folder in library.folders
        if app.world.has_workspace(folder["workspaceId"]) and not app.distortion.hides(folder["id"])
    ]


def serve_folder(app: Application, folder: Json) -> Json:
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
    return {**head, "calls": serve_folder_calls(app, folder_id)}


def serve_folder_calls(app: Application, folder_id: str) -> list[Json]:
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


ROUTES = (
    Route("GET", "/v2/library/folders", "api:library:read", list_folders),
    Route("GET", "/v2/library/folder-content", "api:library:read", list_folder_calls),
)
