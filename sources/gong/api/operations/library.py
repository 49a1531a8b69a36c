"""The call library."""

from __future__ import annotations

from sources.gong.api.operations.model import NOT_FOUND
from sources.gong.api.operations.rows import WORKSPACE, query, read

OPERATIONS = (
    # workspaceId is declared optional, but a company with several workspaces gets a 400 without.
    read(
        "GONG_RETRIEVE_LIBRARY_FOLDERS_V2_LIBRARY_FOLDERS",
        "getLibraryStructure", "GET /v2/library/folders", ("api:library:read",),
        "The public folders of the call library",
        (WORKSPACE,), "folders", empty=NOT_FOUND,
    ),
    # A 404 is documented as for the folders; a folder without calls gave a 200 live.
    read(
        "GONG_LIST_FOLDER_CALLS",
        "getCallsInSpecificFolder", "GET /v2/library/folder-content", ("api:library:read",),
        "The calls in one library folder",
        (query("folderId"),), "calls",
    ),
)  # fmt: skip
