"""What a column of a landed table is called at Gong, from the top of the operation's answer.

`Column.source` is seen from the row; Gong's documentation is read from the top. Where Gong sends no
field for a column (the requested parent, a place in a list), the origin says what it is.
"""

from __future__ import annotations

from sources.gong.api.operations import operation
from sources.gong.schema.columns import Column
from sources.gong.schema.table import Read, Table
from sources.gong.schema.tables import table

_PERIOD = "the requested calendar period"

_REQUESTED = {
    "_workspaceId": "the requested workspace",
    "_profileId": "the requested permission profile",
    "_folderId": "the requested folder",
    "_integrationId": "the requested integration",
    "_userId": "the requested user",
    "_logType": "the requested log",
}
"""Values that are not in the answer but in the request."""


def origin(landed: Table, column: Column) -> str:
    """Returns Gong's name of the field a column is filled from; empty for what no answer holds."""
    bare = column.source.lstrip("$^")
    if column.origin:
        return column.origin
    if landed.is_period_log:
        return _PERIOD
    if not column.source:
        return ""
    if landed.family:
        return _of_stats(landed, column.source)
    if bare in _REQUESTED:
        return _REQUESTED[bare]
    entity = _entity(landed)
    if landed.is_root or column.source.startswith("$"):
        return f"{entity}.{bare}"
    paths = (landed.rows_at,) if callable(landed.rows) else landed.rows
    origins = [_in_list(f"{entity}.{path}", column.source) for path in paths]
    return " or ".join(dict.fromkeys(text for text in origins if text))


def _entity(landed: Table) -> str:
    root = landed if landed.is_root else table(str(landed.parent))
    return root.rows_at or f"{operation(str(root.operation)).rows_key}[]"


def _in_list(path: str, source: str) -> str | None:
    """Returns the name of what a source says of an element of a list, or None if it is not there.

    One `^` means the element around it, so one list further out; the entity itself is no list.
    """
    ups = len(source) - len(source.lstrip("^"))
    key = source[ups:]
    lists = path.split("[]")[:-1]
    if ups:
        lists = lists[:-ups]
    # the first list is that of the entities
    if len(lists) < 2:
        return None
    place = "[]".join(lists) + "[]"
    if key == "#":
        return f"place in {place}"
    if key == "@":
        return f"ordinal of {place}"
    return place if key == "." else f"{place}.{key}"


def _of_coaching(source: str) -> str:
    manager = "coachingData[]"
    report = f"{manager}.directReportsMetrics[]"
    if source == "metric":
        return f"key in {report}.metrics"
    if source == "callId":
        return f"{report}.metrics.*[]"
    for person, place in (("manager", manager), ("report", report)):
        if source.startswith(person):
            rest = source.removeprefix(person)
            return f"{place}.{person}.{rest[0].lower()}{rest[1:]}"
    return ""


def _of_stats(landed: Table, source: str) -> str:
    family = landed.family
    assert family is not None
    users = f"{family.rows_key}[]"
    items = f"{users}.{family.stats_key}" + ("[]" if family.is_dated else "")
    if source.startswith("$"):
        return f"{items}.fromDate" if family.is_dated and source == "$fromDate" else _PERIOD
    if source in _REQUESTED:
        return _REQUESTED[source]
    if landed.read is Read.MANAGERS:
        return _of_coaching(source)
    if source == "activity":
        return f"key in {items}"
    if source == "callId":
        return f"{items}.*[]"
    if source.startswith("stats."):
        return f"{items}.{source.removeprefix('stats.')}"
    is_in_item = not callable(landed.rows) and landed.rows[0].endswith(".stats[]")
    if is_in_item and not source.startswith("^"):
        return f"{items}[].{source}"
    return f"{users}.{source.lstrip('^')}"
