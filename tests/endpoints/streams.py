"""Relations between streams: parents, leaves, and the operations that a stream requests."""

from __future__ import annotations

from sources.gong.schema.tables import BY_CALL, STREAMS, parent_streams, roots, table

PARENTS = tuple(
    name
    for name in STREAMS
    if name == "calls" or any(name in parent_streams(other) for other in STREAMS)
)
"""Streams whose rows other streams request by."""
LEAVES = tuple(name for name in STREAMS if name not in PARENTS)


def operation_ids(name: str) -> set[str]:
    ids = {table(name).operation, *(root.operation for root in roots(name))}
    return {id_ for id_ in ids if id_}


def depends_on(name: str) -> set[str]:
    """Returns the parent streams of a stream, and their parents."""
    own = {*parent_streams(name), *(("calls",) if name in BY_CALL else ())}
    return own.union(*(depends_on(parent) for parent in own))
