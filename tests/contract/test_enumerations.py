"""Holds the values that columns are known to have against Gong's OpenAPI documents.

Those are other people's files and lie beside the project; where they are absent, the tests that
need them are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sources.gong.api.operations import operation
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import TABLES, table
from tests.conftest import needs_shared
from tests.contract.documents import answer_schema, document_of, resolved
from tests.emulator.operations.routing import shape
from tests.endpoints.places import Place, places

ELSEWHERE = {
    # said once per answer, beside the list of tasks
    ("tasks", "crm_type"): (Place("listTasks", "", "crmType"),),
    # the document describes the answer of flows in place of the folders'
    ("flow_folders", "visibility"): (Place("listFlows", "flows[]", "visibility"),),
}

IN_WORDS = {
    ("trackers", "affiliation"): ("Anyone", "Company", "NonCompany"),
    ("trackers", "said_at"): ("Anytime", "First", "Last"),
    ("trackers", "said_at_unit"): ("minutes", "percent"),
    ("briefs", "status"): ("Published", "Not published"),
}
"""Values that only the text about a field tells."""

COLUMNS = [(landed, column) for landed in TABLES for column in landed.columns]


def in_answers(whole: dict[str, Any], schema: dict[str, Any], way: str) -> Iterator[dict[str, Any]]:
    """The schemas at a dotted way through answers; `*` is every value of a map."""
    schema = resolved(whole, schema)
    if not way:
        yield schema
        return
    step, _, rest = way.partition(".")
    name, lists = step.removesuffix("[]"), step.count("[]")
    inner = (
        schema.get("additionalProperties")
        if name == "*"
        else (schema.get("properties") or {}).get(name)
    )
    for _ in range(lists):
        inner = resolved(whole, inner).get("items") if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        yield from in_answers(whole, inner, rest)


def documented(landed: Table, column: Column) -> set[str]:
    """The values that a document lists for a column, wherever its value may stand."""
    found: set[str] = set()
    for place in ELSEWHERE.get((landed.name, column.name)) or places(landed, column):
        row = operation(place.operation_id)
        key = (row.method, shape(row.path))
        schema = answer_schema(key, 200)
        whole = document_of(key)
        for one in in_answers(whole, schema or {}, f"{place.level}.{place.key}".strip(".")):
            values = one.get("enum") or resolved(whole, one.get("items") or {}).get("enum") or ()
            # the generator added all values once more, run together as one
            found |= {value for value in values if ", " not in value and " / " not in value}
    return found


@needs_shared
@pytest.mark.parametrize(
    ("landed", "column"), COLUMNS, ids=[f"{one.name}.{column.name}" for one, column in COLUMNS]
)
def test_a_column_knows_exactly_the_values_that_the_documents_list(
    landed: Table, column: Column
) -> None:
    expected = documented(landed, column) or set(IN_WORDS.get((landed.name, column.name), ()))
    assert set(column.values) == expected


@needs_shared
@pytest.mark.parametrize(("name", "column_name"), IN_WORDS)
def test_values_told_in_words_stand_in_the_text_about_the_field(
    name: str, column_name: str
) -> None:
    landed = table(name)
    (place,) = places(landed, landed.column(column_name))
    row = operation(place.operation_id)
    key = (row.method, shape(row.path))
    (one,) = in_answers(
        document_of(key), answer_schema(key, 200) or {}, f"{place.level}.{place.key}"
    )
    for value in IN_WORDS[name, column_name]:
        assert value in one["description"]


@needs_shared
def test_enough_enumerations_are_found_in_the_documents() -> None:
    found = [(one.name, column.name) for one, column in COLUMNS if documented(one, column)]
    assert ("calls", "direction") in found
    assert ("crm_schema_fields", "type") in found
    assert ("tasks", "contact_opt_out_channels") in found
    assert len(found) > 35


@pytest.mark.parametrize(
    "column", [column for _, column in COLUMNS if column.values], ids=lambda one: one.name
)
def test_values_are_told_once_and_of_columns_that_hold_texts(column: Column) -> None:
    assert len(set(column.values)) == len(column.values)
    assert column.type in (Type.TEXT, Type.JSON)
