"""Where in an answer of Gong's the value of a landed column stands, worked out from both tables.

A table of rows that stand where its operation's `rows_key` and its own `rows` say needs no entry
here; the exceptions are those whose rows are put together from several places.
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
    # its rows are the names and values of a map, and nothing beside them
    "crm_object_fields": (),
    "crm_call_associations": ("associations[].associatedCrmObjects[]", "associations[]"),
    "flow_steps": ("flows[].steps[]",),
    "coaching_metrics": (
        "coachingData[].directReportsMetrics[]",
        "coachingData[].directReportsMetrics[].report",
        "coachingData[].manager",
        "coachingData[]",
    ),
    # a row says which period was read; nothing of it comes from Gong
    "stats_periods": (),
}
"""Levels at which values of a row stand, its own element first."""

_AROUND: dict[str, tuple[str, ...]] = {
    "call_user_access": ("callAccessList[]",),
    "flow_steps": ("flows[]",),
}
"""Levels of which each row takes along what is unknown there, and nothing else."""

MAPS: dict[str, frozenset[str]] = {
    "getCrmObjects": frozenset({"crmObjectsMap"}),
    "listCrmSchemaFields": frozenset({"objectTypeToSelectedFields"}),
}
"""Objects whose keys are no fields but ids and types."""


@dataclass(frozen=True)
class Place:
    """One place of a value: in which answers, in which objects, under which key."""

    operation_id: str
    level: str
    key: str


def operation_for(landed: Table) -> Operation | None:
    """The operation whose answers hold the rows of a table; None for `stats_periods`."""
    name = landed.operation
    if name is None and (landed.parent or landed.beside):
        name = table(landed.parent or stream(landed.name)).operation
    return operation(name) if name else None


def levels(landed: Table) -> tuple[str, ...]:
    """The levels at which values of a row of a table stand, its own element first."""
    if landed.name in _LEVELS:
        return _LEVELS[landed.name]
    if landed.name in STATS_TABLES:
        family = FAMILIES[landed.name]
        users = f"{family.rows_key}[]"
        is_list = family.is_dated or landed.name == "interaction_stats"
        return (f"{users}.{family.stats_key}{'[]' if is_list else ''}", users)
    row = operation_for(landed)
    assert row is not None
    assert row.rows_key is not None, f"{landed.name}: tell where its rows stand in _LEVELS"
    root = f"{row.rows_key}[]"
    if landed.is_root:
        return (root,)
    assert not callable(landed.rows), f"{landed.name}: tell where its rows stand in _LEVELS"
    return tuple(f"{root}.{path}" for path in landed.rows)


def _outer(level: str, times: int) -> str:
    for _ in range(times):
        level = level.rpartition("[]")[0].rpartition("[]")[0] + "[]"
    return level


def places(landed: Table, column: Column) -> tuple[Place, ...]:
    """Where the value of a column may stand; nowhere for what is made on the way."""
    row = operation_for(landed)
    bare = column.source.lstrip("^")
    if row is None or column.is_position or bare in ("", ".") or bare.startswith("_"):
        return ()
    if callable(landed.rows) and bare in ("activity", "metric", "callId"):
        return ()  # the name of a list, and what is in it
    if bare.startswith("$"):
        if bare.startswith("$_") or landed.name in STATS_TABLES:
            return ()
        found = [(f"{row.rows_key}[]", bare[1:])]
    elif landed.name == "coaching_metrics":
        found = [
            (level, bare.removeprefix(who)[:1].lower() + bare.removeprefix(who)[1:])
            for who, level in zip(("report", "manager"), levels(landed)[1:3], strict=True)
            if bare.startswith(who)
        ]
    elif landed.name in STATS_TABLES:
        found = [(level, bare.removeprefix("stats.")) for level in levels(landed)]
    else:
        depth = len(column.source) - len(bare)
        found = [(_outer(level, depth), bare) for level in levels(landed)]
    return tuple(
        Place(row.operation_id, ".".join((level, *key.split(".")[:-1])), key.split(".")[-1])
        for level, key in found
    )


def own_tables(operation_id: str, level: str) -> set[str]:
    """The tables into whose `extra` an unknown key at a level belongs.

    That is the table whose rows stand there, or in an object around; where there is none, the key
    belongs to an element that only surrounds rows, and its place is the root table.
    """
    found, roots = set(), set()
    for landed in TABLES:
        row = operation_for(landed)
        if row is None or row.operation_id != operation_id or landed.beside:
            continue
        roots.add(root_of(landed.name).name if landed.name in STATS_TABLES else root_name(landed))
        homes = (*levels(landed), *_AROUND.get(landed.name, ()))
        if landed.name == "interaction_stats":
            homes = homes[:1]  # its rows stand in a list of the user's, who only surrounds them
        for own in homes:
            rest = level.removeprefix(own)
            if rest == level and level != own:
                continue
            if rest == "" or (rest.startswith(".") and "[]" not in rest):
                found.add(landed.name)
    return found or roots


def root_name(landed: Table) -> str:
    """The root table that a table belongs to."""
    return landed.parent or landed.name


def json_columns(operation_id: str, level: str) -> set[tuple[str, str]]:
    """The tables and columns that keep an object at a level as it is."""
    found = set()
    for landed in TABLES:
        for column in landed.columns:
            if column.type is Type.JSON:
                for place in places(landed, column):
                    at = f"{place.level}.{place.key}"
                    if place.operation_id == operation_id and (
                        level == at or level.startswith((f"{at}.", f"{at}["))
                    ):
                        found.add((landed.name, column.name))
    return found
