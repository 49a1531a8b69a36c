"""Pure: child streams of the library: its folders, and the calls in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.extract.answers import listed
from sources.gong.extract.child_streams.model import (
    ChildRequest,
    ChildStream,
    numbered,
    per_parent,
    rows_under,
)
from sources.gong.schema.columns import Entity


def _folder_calls(
    answer: Mapping[str, Any], request: ChildRequest, stream: str
) -> Iterator[Entity]:
    rows = sorted(listed(answer, "calls", stream), key=_place)
    return numbered(rows, lambda row: row.get("id"), request.entity_fields)


def _place(row: Entity) -> tuple[str, float]:
    """Returns what orders the pieces of one call in a folder, whatever the order of the answer."""
    snippet = row.get("snippet")
    start = snippet.get("fromSec") if isinstance(snippet, dict) else None
    return str(row.get("created")), start if isinstance(start, (int, float)) else -1.0


LIBRARY = {
    "library_folders": ChildStream(
        per_parent("workspace_id", "workspaceId", "_workspaceId"),
        rows_under("folders"),
    ),
    "library_folder_calls": ChildStream(
        per_parent("folder_id", "folderId", "_folderId"), _folder_calls
    ),
}
