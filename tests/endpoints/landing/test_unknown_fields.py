"""Unknown fields in every object of every answer land in `extra` of the right row."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sources.gong.api.operations import OPERATIONS, Operation
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.tables import (
    roots,
    table,
)
from tests.endpoints.altering import Rewrite, with_levels
from tests.endpoints.landed import NAMES, Landed, SyncRewritten, every_stream, every_table
from tests.endpoints.places import MAPS, Place, json_columns, own_tables, places
from tests.harness.landed import connect

ENVELOPES = {"", "records"}
"""Levels around the rows of an answer, which do not land."""
PLANTED_MAPS: dict[str, frozenset[str]] = {
    **MAPS,
    # An unknown name in these is an unknown activity or metric; its calls land under that name.
    "listMultipleUsersDayByDayActivity": frozenset(
        {"usersDetailedActivities[].userDailyActivityStats[]"}
    ),
    "listUsers_1": frozenset({"coachingData[].directReportsMetrics[].metrics"}),
}
WITHOUT_ROW: dict[str, str] = {
    "callAccessList[]": "a call without granted access has no row",
    "coachingData[]": "a report without coaching has no row",
    "coachingData[].manager": "a report without coaching has no row",
    "coachingData[].directReportsMetrics[]": "a report without coaching has no row",
    "coachingData[].directReportsMetrics[].report": "a report without coaching has no row",
    "flows[]": "a flow without steps has no row in flow_steps",
    "usersDetailedActivities[]": "a user without activity has no row",
    "logEntries[].logRecord": "addresses in a log record are dropped",
}
"""Levels at which some elements have no row for their unknown fields."""
DROPPED = {
    "calls[].media": "signed URLs are not kept under any name",
    "logEntries[].logRecord.httpRequest": "any value of a request may be a secret",
    "logEntries[].logRecord.httpRequest.parameters[]": "the same",
}


def novel(level: str) -> str:
    return "novel" + "".join(part.capitalize() for part in level.replace("[]", "").split("."))


@dataclass
class PlantedFields:
    """The unknown fields that were put into answers: JSON text by operation and level."""

    values: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rewrite(self, row: Operation, answer: dict[str, Any]) -> None:
        maps = PLANTED_MAPS.get(row.operation_id, frozenset())
        places = list(with_levels(answer, "", maps))
        for level, element in places:
            if level in ENVELOPES or level in maps or level.endswith("logRecord.httpRequest"):
                continue
            scalars = {k: v for k, v in element.items() if not isinstance(v, (dict, list))}
            value = {"operation": row.operation_id, "at": level, "in": scalars}
            with self.lock:
                self.values[row.operation_id, level].add(spelled(value))
            element[novel(level)] = value


def spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def planted_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for element in value:
            yield from planted_in(element)
    elif isinstance(value, dict):
        if value.keys() == {"operation", "at", "in"}:
            yield value
        else:
            for element in value.values():
                yield from planted_in(element)


@dataclass(frozen=True)
class WithUnknownFields:
    landed: Landed
    planted: PlantedFields
    by_place: dict[tuple[str, str], dict[tuple[str, str], set[str]]]
    """Operation and level → table and column → planted values in it."""


@pytest.fixture(scope="module")
def with_unknown_fields(sync_rewritten: SyncRewritten) -> WithUnknownFields:
    planted = PlantedFields()
    rewrites: dict[str, Rewrite] = {row.operation_id: planted.rewrite for row in OPERATIONS}
    landed = sync_rewritten("novel", rewrites)
    by_place: dict[tuple[str, str], dict[tuple[str, str], set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for name in NAMES:
        for row in landed.rows(name):
            for column, cell in row.items():
                kept = cell
                if name == "crm_object_fields" and column == "value" and cell:
                    kept = json.loads(cell) if cell.startswith("{") else None
                for value in planted_in(kept):
                    by_place[value["operation"], value["at"]][name, column].add(spelled(value))
    return WithUnknownFields(landed, planted, by_place)


@every_stream
def test_an_unknown_field_at_each_level_lands_in_extra_of_its_table(
    with_unknown_fields: WithUnknownFields, name: str
) -> None:
    operation_ids = {table(root.name).operation for root in roots(name)} | {table(name).operation}
    checked = 0
    for (operation_id, level), planted in with_unknown_fields.planted.values.items():
        if operation_id not in operation_ids:
            continue
        values = with_unknown_fields.by_place[operation_id, level]
        if level in DROPPED:
            assert values == {}, level
            continue
        checked += 1
        assert values.keys() == homes(operation_id, level), level
        kept = set().union(*values.values())
        if level not in WITHOUT_ROW:
            assert planted - kept == set(), level
        assert kept, level
    assert checked


def homes(operation_id: str, level: str) -> set[tuple[str, str]]:
    if (operation_id, level) == ("getCrmObjects", "crmObjectsMap.*"):
        # An unknown key of an object is a field of it.
        return {("crm_object_fields", "value")}
    inside = json_columns(operation_id, level)
    return inside or {(name, "extra") for name in own_tables(operation_id, level)}


@every_table
def test_an_unknown_field_lands_in_the_row_of_its_element(
    with_unknown_fields: WithUnknownFields, name: str
) -> None:
    landed = table(name)
    own = {
        place: column
        for column in landed.columns
        for place in places(landed, column)
        if column.type in (Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN, Type.INSTANT)
    }
    checked = 0
    for row in with_unknown_fields.landed.rows(name):
        for value in planted_in(row["extra"]):
            for key, sent in value["in"].items():
                column = own.get(Place(value["operation"], value["at"], key))
                if column is not None:
                    assert row[column.name] == read(column, sent), (value["at"], column.name)
                    checked += 1
    are_scalars = any(column.source == "." for column in landed.columns)
    assert checked or are_scalars or name in WITHOUT_OWN_ELEMENT


WITHOUT_OWN_ELEMENT = {
    # Another table of the same element takes its unknown fields.
    "user_history", "flow_visibility",
    # The rows come from ids or a map, or not from Gong.
    "stats_periods", "activity_daily_calls", "crm_objects", "crm_object_fields",
}  # fmt: skip


def read(column: Column, value: Any) -> Any:
    """Returns a value of an answer as a column of its type returns it."""
    if value is None or isinstance(value, bool):
        return value
    if column.type is Type.TEXT:
        return str(value)
    if column.type is Type.INSTANT:
        return datetime.fromisoformat(value).astimezone(UTC)
    return int(value) if column.type is Type.INTEGER else float(value)


def test_the_names_of_unknown_fields_are_reported(with_unknown_fields: WithUnknownFields) -> None:
    with connect(with_unknown_fields.landed.gong.warehouse) as db:
        reported = set(
            db.execute("select table_name, field from gong_ops.schema_changes").fetchall()
        )
    expected = {
        name
        for place in with_unknown_fields.by_place.values()
        for name, column in place
        if column == "extra"
    }
    assert {name for name, _ in reported} == expected
    assert "unknown fields (kept in extra)" in with_unknown_fields.landed.stderr
