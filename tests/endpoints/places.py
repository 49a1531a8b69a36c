"""Derives the places of a landed column in Gong's answers from the operation and the table.

Most places follow from the operation's `rows_key` and the table's `rows`. The tables here are the
exceptions, whose rows are put together from several places.
"""

from __future__ import annotations

from dataclasses import dataclass

from sources.gong.api.operations import Operation, operation
from sources.gong.extract.stats import FAMILIES
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import STATS_TABLES, TABLES, root_of, stream, table

_LEVELS: dict[str, tuple[str, ...]] = {
    "call_tracker_occurrences": (
        "calls[].content.trackers[].occurrences[]",
        "calls[].content.trackers[].phrases[].occurrences[]",
    ),
    "call_user_access": ("callAccessList[].users[]",),
    "crm_schema_fields": ("objectTypeToSelectedFields.*[]",),
    "crm_objects": ("crmObjectsMap.*",),
    # Its rows are the names and values of a map.
    "crm_object_fields": (),
    "crm_call_associations": ("associations[].associatedCrmObjects[]", "associations[]"),
    "flow_steps": ("flows[].steps[]",),
    "coaching_metrics": (
        "coachingData[].directReportsMetrics[]",
        "coachingData[].directReportsMetrics[].report",
        "coachingData[].manager",
        "coachingData[]",
    ),
    # Its rows are the periods that were read; no value comes from Gong.
    "stats_periods": (),
}
"""Levels of the values of a row, its own element first."""

_AROUND: dict[str, tuple[str, ...]] = {
    "call_user_access": ("callAccessList[]",),
    "flow_steps": ("flows[]",),
}
"""Levels whose unknown fields, and nothing else, go into each row."""

MAPS: dict[str, frozenset[str]] = {
    "getCrmObjects": frozenset({"crmObjectsMap"}),
    "listCrmSchemaFields": frozenset({"objectTypeToSelectedFields"}),
}
"""Objects whose keys are ids or types instead of field names."""


@dataclass(frozen=True)
class Place:
    """A place of a value: operation, level of the object in its answers, and key."""

    operation_id: str
    level: str
    key: str


def operation_for(landed: Table) -> Operation | None:
    """Returns the operation whose answers have the rows of a table; None for `stats_periods`."""
    name = landed.operation
    if name is None and (landed.parent or landed.beside):
        name = table(landed.parent or stream(landed.name)).operation
    return operation(name) if name else None


def levels(landed: Table) -> tuple[str, ...]:
    """Returns the levels of the values of a table's row, its own element first."""
    if landed.name in _LEVELS:
        return _LEVELS[landed.name]
    if landed.name in STATS_TABLES:
        family = FAMILIES[landed.name]
        users = f"{family.rows_key}[]"
        is_list = family.is_dated or landed.name == "interaction_stats"
        return (f"{users}.{family.stats_key}{'[]' if is_list else ''}", users)
    row = operation_for(landed)
    assert row is not None
    assert row.rows_key is not None, f"{landed.name}: add the levels of its rows to _LEVELS"
    root = f"{row.rows_key}[]"
    if landed.is_root:
        return (root,)
    assert not callable(landed.rows), f"{landed.name}: add the levels of its rows to _LEVELS"
    return tuple(f"{root}.{path}" for path in landed.rows)


def _outer(level: str, times: int) -> str:
    for _ in range(times):
        level = level.rpartition("[]")[0].rpartition("[]")[0] + "[]"
    return level


def places(landed: Table, column: Column) -> tuple[Place, ...]:
    """Returns the places of a column's value; none for derived values."""
    row = operation_for(landed)
    bare = column.source.lstrip("^")
    if row is None or column.is_position or bare in ("", ".") or bare.startswith("_"):
        return ()
    if callable(landed.rows) and bare in ("activity", "metric", "callId"):
        return ()  # The values are the name of a list and its elements.
    if bare.startswith("$"):
        if bare.startswith("$_") or landed.name in STATS_TABLES:
            return ()
        keys = [(f"{row.rows_key}[]", bare[1:])]
    elif landed.name == "coaching_metrics":
        keys = [
            (level, bare.removeprefix(who)[:1].lower() + bare.removeprefix(who)[1:])
            for who, level in zip(("report", "manager"), levels(landed)[1:3], strict=True)
            if bare.startswith(who)
        ]
    elif landed.name in STATS_TABLES:
        keys = [(level, bare.removeprefix("stats.")) for level in levels(landed)]
    else:
        depth = len(column.source) - len(bare)
        keys = [(_outer(level, depth), bare) for level in levels(landed)]
    return tuple(
        Place(row.operation_id, ".".join((level, *key.split(".")[:-1])), key.split(".")[-1])
        for level, key in keys
    )


def own_tables(operation_id: str, level: str) -> set[str]:
    """Returns the tables whose `extra` takes an unknown key at a level.

    It is the table whose rows are at the level or in an object around it. An element that only
    contains rows has no table of its own; its keys go to the root table.
    """
    tables, roots = set(), set()
    for landed in TABLES:
        row = operation_for(landed)
        if row is None or row.operation_id != operation_id or landed.beside:
            continue
        roots.add(root_of(landed.name).name if landed.name in STATS_TABLES else root_name(landed))
        homes = (*levels(landed), *_AROUND.get(landed.name, ()))
        if landed.name == "interaction_stats":
            homes = homes[:1]  # The user only contains the list of its rows.
        for own in homes:
            rest = level.removeprefix(own)
            if rest == level and level != own:
                continue
            if rest == "" or (rest.startswith(".") and "[]" not in rest):
                tables.add(landed.name)
    return tables or roots


def root_name(landed: Table) -> str:
    """Returns the name of the root table of a table."""
    return landed.parent or landed.name


def json_columns(operation_id: str, level: str) -> set[tuple[str, str]]:
    """Returns the tables and columns that keep an object at a level as JSON."""
    columns = set()
    for landed in TABLES:
        for column in landed.columns:
            if column.type is Type.JSON:
                for place in places(landed, column):
                    at = f"{place.level}.{place.key}"
                    if place.operation_id == operation_id and (
                        level == at or level.startswith((f"{at}.", f"{at}["))
                    ):
                        columns.add((landed.name, column.name))
    return columns
