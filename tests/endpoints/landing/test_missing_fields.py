"""A field that is missing from all answers is null; all other values stay the same."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

import pytest

from sources.gong.api.operations import Operation
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import (
    PARENT_COLUMNS,
    TABLES,
    stream,
    table,
)
from sources.gong.schema.unknown_fields import WITHOUT_ROWS
from tests.endpoints.altering import elements
from tests.endpoints.landed import NAMES, Landed, SyncRewritten, every_table
from tests.endpoints.places import Place, places

UNFIT = {
    # The id of an entry without an auditId is a hash of these.
    "logs": {"user_id", "user_email_address", "impersonator_user_id", "event_at"},
    # An occurrence is matched to its phrase by it.
    "call_tracker_occurrences": {"start_seconds"},
}
"""Columns whose removal would change more than one value."""


def removable(landed: Table) -> Column | None:
    """Returns the first column of a table whose removal changes no other value."""
    parents = PARENT_COLUMNS.get(stream(landed.name) if landed.beside else landed.name, ())
    for column in landed.columns:
        is_needed = column.name in (*landed.key, *parents, landed.window_column)
        is_needed |= column.name in UNFIT.get(landed.name, ()) or column.type is Type.PRESENCE
        if not is_needed and places(landed, column) and not column.source.startswith("$"):
            return column
    return None


REMOVED = {landed.name: column for landed in TABLES if (column := removable(landed))}
WITHOUT_REMOVABLE = {
    # All columns are keys, or do not come from a field of their own.
    "transcripts", "user_email_aliases", "stats_periods", "activity_daily_calls",
    "call_user_access", "crm_objects", "crm_object_fields",
}  # fmt: skip


def test_the_tables_without_a_removable_field_are_known() -> None:
    assert set(NAMES) - REMOVED.keys() <= WITHOUT_REMOVABLE


@pytest.fixture(scope="module")
def without_fields(sync_rewritten: SyncRewritten) -> Landed:
    gone: dict[str, set[Place]] = defaultdict(set)
    for name, column in REMOVED.items():
        for place in places(table(name), column):
            gone[place.operation_id].add(place)

    def rewrite(_row: Operation, answer: dict[str, Any], places: set[Place]) -> None:
        for place in places:
            for element in elements(answer, place.level):
                element.pop(place.key, None)

    return sync_rewritten(
        "less", {name: partial(rewrite, places=removed) for name, removed in gone.items()}
    )


@every_table
def test_a_missing_field_is_null_and_all_other_values_are_unchanged(
    plain: Landed, without_fields: Landed, name: str
) -> None:
    landed = table(name)
    removed = {place for n, column in REMOVED.items() for place in places(table(n), column)}
    nulls = {
        column
        for column in landed.columns
        if (own := places(landed, column)) and set(own) <= removed
    }
    gone = {c.name: "null" if c.type is Type.SCALAR_TYPE else None for c in nulls}
    expected = plain.content(name)
    if name in REMOVED:
        was = REMOVED[name].name
        assert was in gone
        assert any(row[was] is not None for row in expected.values()), "it was null before"
    assert {
        key: without_childless_elements(row) for key, row in without_fields.content(name).items()
    } == {key: without_childless_elements({**row, **gone}) for key, row in expected.items()}


def without_childless_elements(row: dict[str, Any]) -> dict[str, Any]:
    """Returns a row without the elements that have no child rows, which `extra` keeps as JSON."""
    extra = {k: v for k, v in (row["extra"] or {}).items() if k != WITHOUT_ROWS}
    return {**row, "extra": extra or None}
