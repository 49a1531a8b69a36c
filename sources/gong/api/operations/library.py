"""The call library."""

from __future__ import annotations

from sources.gong.api.operations.model import Operation
from sources.gong.api.operations.rows import (
    EMPTY_LIST,
    NOT_FOUND,
    WORKSPACE,
    query,
    read,
)

OPERATIONS: tuple[Operation, ...] = (
    # workspaceId is declared optional, but a company with several workspaces gets a 400 without.
    read(
        "GONG_RETRIEVE_LIBRARY_FOLDERS_V2_LIBRARY_FOLDERS",
        "getLibraryStructure",
        "GET /v2/library/folders",
        "The public folders of the call library",
        ("api:library:read",),
        (WORKSPACE,),
        NOT_FOUND,
        "folders",
    ),
    # A 404 is documented as for the folders; a folder without calls gave a 200 live.
    read(
        "GONG_LIST_FOLDER_CALLS",
        "getCallsInSpecificFolder",
        "GET /v2/library/folder-content",
        "The calls in one library folder",
        ("api:library:read",),
        (query("folderId"),),
        EMPTY_LIST,
        "calls",
    ),
)
