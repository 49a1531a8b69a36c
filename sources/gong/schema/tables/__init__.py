"""One typed row per table that lands in the warehouse, in a module per area.

Everything the pipeline knows about a landed table is declared in its row, once: grain, key, columns
with type, sensitivity and description, the operation that fills it, how that is read and cut in
time, and what a missing row means. The Arrow schema, the contracts, the documents and general code
all derive from it. Ids are text, always. No table lands a signed media URL or a value from a
recorded HTTP request.

To add a list endpoint: its row in `api/operations`, its row here, its area in `relations`.
"""

from sources.gong.schema.tables.lookup import (
    BY_CALL,
    BY_ID,
    CALLS_STREAM,
    LAST,
    PARENT_COLUMNS,
    SELECTABLE,
    STATS_TABLES,
    STREAMS,
    TABLES,
    USERS_STREAM,
    WORKSPACES_STREAM,
    children,
    follows_calls,
    is_child_stream,
    parent_records,
    parent_streams,
    root_of,
    roots,
    stream,
    streams_of,
    table,
    tables_of,
)

__all__ = [
    "BY_CALL",
    "BY_ID",
    "CALLS_STREAM",
    "LAST",
    "PARENT_COLUMNS",
    "SELECTABLE",
    "STATS_TABLES",
    "STREAMS",
    "TABLES",
    "USERS_STREAM",
    "WORKSPACES_STREAM",
    "children",
    "follows_calls",
    "is_child_stream",
    "parent_records",
    "parent_streams",
    "root_of",
    "roots",
    "stream",
    "streams_of",
    "table",
    "tables_of",
]
