"""The library: public folders, and the calls in them."""

from __future__ import annotations

from sources.gong.schema.columns import CONTENT, INSTANT, INTEGER, NUMBER, TEXT, Column
from sources.gong.schema.table import Parents, Read, Table

LIBRARY = (
    Table(
        "library_folders",
        "one row per public, unarchived folder of the library",
        key=("folder_id",),
        operation="getLibraryStructure",
        read=Read.EACH,
        parents=Parents(("workspaces",), bound="workspace_id"),
        parent_columns=("folder_id",),
        columns=(
            Column("folder_id", TEXT, "id", "Gong's id of the folder."),
            Column("workspace_id", TEXT, "_workspaceId", "The workspace that the request named."),
            Column("name", TEXT, "name", "Name of the folder."),
            Column("parent_folder_id", TEXT, "parentFolderId", "Null for a root."),
            Column("created_by", TEXT, "createdBy", "Who created it."),
            Column("updated_at", INSTANT, "updated", "When it was last changed."),
        ),
    ),
    Table(
        "library_folder_calls",
        "one row per call, or piece of one, in a folder of the library",
        key=("folder_id", "call_id", "piece_index"),
        operation="getCallsInSpecificFolder",
        read=Read.EACH,
        parents=Parents(("library_folders",), bound="folder_id"),
        columns=(
            Column("folder_id", TEXT, "_folderId", "The folder."),
            Column("call_id", TEXT, "id", "The call."),
            Column("piece_index", INTEGER, "_index",
                   "From 0, among pieces of one call in a folder.",
                   origin="place among the pieces of the call in the folder"),
            Column("title", TEXT, "title", "Title of the call.", CONTENT),
            Column("note", TEXT, "note", "What was noted when it was added; may hold HTML.",
                   CONTENT),
            Column("added_by", TEXT, "addedBy", "Who added it."),
            Column("created_at", INSTANT, "created", "When it was added."),
            Column("url", TEXT, "url", "The call's page in Gong."),
            Column("snippet_from_seconds", NUMBER, "snippet.fromSec", "Null: the whole call."),
            Column("snippet_to_seconds", NUMBER, "snippet.toSec",
                   "End of the piece, from the start of the call."),
        ),
    ),
)  # fmt: skip
