"""All landed tables in the order in which they are read, and what follows from their rows."""

from __future__ import annotations

from collections.abc import Sequence

from sources.gong.schema.table import CRM_REFERENCES, Read, Table
from sources.gong.schema.tables.calls import CALLS
from sources.gong.schema.tables.crm import CRM
from sources.gong.schema.tables.engage import ENGAGE
from sources.gong.schema.tables.library import LIBRARY
from sources.gong.schema.tables.logs import LOGS
from sources.gong.schema.tables.permissions import PERMISSIONS
from sources.gong.schema.tables.scorecards import REVIEWS, SCORECARDS
from sources.gong.schema.tables.settings import BRIEFS, SETTINGS
from sources.gong.schema.tables.stats import STATS
from sources.gong.schema.tables.transcripts import TRANSCRIPTS
from sources.gong.schema.tables.users import USERS

TABLES: tuple[Table, ...] = (
    *CALLS, *TRANSCRIPTS, *USERS, *SETTINGS, *SCORECARDS, *BRIEFS, *REVIEWS, *STATS, *LOGS,
    *PERMISSIONS, *LIBRARY, *CRM, *ENGAGE,
)  # fmt: skip

CALLS_STREAM, USERS_STREAM, WORKSPACES_STREAM = "calls", "users", "workspaces"
"""The streams that general code must know: transcripts and others follow calls, costs and history
follow users."""

_BY_NAME = {table.name: table for table in TABLES}

STATS_TABLES = tuple(table.name for table in TABLES if table.family)
"""The stats families: tables that share one root and are a stream each."""

STREAMS: tuple[str, ...] = tuple(t.name for t in TABLES if t.read and not t.is_period_log)
"""The streams, in the order in which a run reads them."""

SELECTABLE: tuple[str, ...] = tuple(t.name for t in TABLES if not t.is_period_log)
"""The tables that can be selected by name; a child table stands for its stream."""

BY_ID: tuple[str, ...] = tuple(t.name for t in TABLES if t.by_ids)
"""The streams whose entities can be requested by id."""

PARENT_COLUMNS: dict[str, tuple[str, ...]] = {
    t.parents_as or t.name: t.parent_columns for t in TABLES if t.parent_columns
}
"""What is kept in memory of the parent records of child streams, by their name."""


def table(name: str) -> Table:
    """Returns the row of the table of that name; raises KeyError for another name."""
    return _BY_NAME[name]


def children(root: str) -> tuple[Table, ...]:
    """Returns the child tables that are replaced together with a row of `root`."""
    return tuple(t for t in TABLES if t.parent == root)


def stream(name: str) -> str:
    """Returns the name of the stream that fills a table.

    Child tables come with their root, so `call_topics` is filled by the stream `calls`.
    """
    row = _BY_NAME[name]
    if row.family:
        return name
    return row.parent or (row.beside.stream if row.beside else name)


def streams_of(names: Sequence[str]) -> tuple[str, ...]:
    """Returns the streams that fill the given tables, each once, in the order given."""
    return tuple(dict.fromkeys(stream(name) for name in names))


def root_of(stream: str) -> Table:
    """Returns the table whose rows are the unit of change of a stream."""
    row = _BY_NAME[stream]
    return _BY_NAME[row.parent] if row.parent else row


def roots(stream: str) -> tuple[Table, ...]:
    """Returns the root tables that a stream fills, the one of its own name first."""
    return (root_of(stream), *(t for t in TABLES if t.beside and t.beside.stream == stream))


def tables_of(stream: str) -> tuple[str, ...]:
    """Returns the names of all landed tables that a stream fills."""
    if _BY_NAME[stream].family:
        return (root_of(stream).name, stream)
    return tuple(
        name
        for root in roots(stream)
        for name in (root.name, *(child.name for child in children(root.name)))
    )


def parent_streams(stream: str) -> tuple[str, ...]:
    """Returns the streams whose rows a stream makes requests for; empty where it lists all."""
    parents = _BY_NAME[stream].parents
    return tuple(name for name in parents.streams if name in _BY_NAME) if parents else ()


def parent_records(name: str) -> Table:
    """Returns the table that holds the parent records: a stream's, or those that none lists."""
    return next((t for t in TABLES if t.parents_as == name), None) or _BY_NAME[name]


def is_child_stream(stream: str) -> bool:
    """Whether a stream is read once per parent, or per batch of them."""
    return _BY_NAME[stream].read in (Read.EACH, Read.CALLS_OF_RUN)


def follows_calls(stream: str) -> bool:
    """Whether a child stream makes requests for the calls of each slice, or what these refer to."""
    row = _BY_NAME[stream]
    return row.read is Read.CALLS_OF_RUN or (
        row.parents is not None and CRM_REFERENCES in row.parents.streams
    )


BY_CALL: tuple[str, ...] = tuple(
    name for name in STREAMS if follows_calls(name) or _BY_NAME[name].read is Read.AWAITED_CALLS
)
"""The streams that belong to the calls of a slice and are read with them."""


def _is_rare(stream: str) -> bool:
    parents = _BY_NAME[stream].parents
    return parents is not None and parents.every_days > 1


LAST: frozenset[str] = frozenset(
    name for name in STREAMS if _is_rare(name) or any(map(_is_rare, parent_streams(name)))
)
"""Streams that begin when all others have ended: expensive streams, and the child streams of these,
run last."""
