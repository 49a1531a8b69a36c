"""Compares the known values of columns with Gong's OpenAPI documents.

These files are other people's and lie beside the project; without them their tests are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sources.gong.api.operations import operation
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import TABLES, table
from tests.conftest import needs_shared
from tests.contract.documents import answer_schema, document_of, resolved
from tests.emulator.operations.routing import shape
from tests.endpoints.places import Place, places
from tests.harness.loops import for_each

ELSEWHERE = {
    # One value per answer, beside the list of tasks.
    ("tasks", "crm_type"): (Place("listTasks", "", "crmType"),),
    # The document describes the answer of flows instead of folders.
    ("flow_folders", "visibility"): (Place("listFlows", "flows[]", "visibility"),),
}

IN_WORDS = {
    ("trackers", "affiliation"): ("Anyone", "Company", "NonCompany"),
    ("trackers", "said_at"): ("Anytime", "First", "Last"),
    ("trackers", "said_at_unit"): ("minutes", "percent"),
    ("briefs", "status"): ("Published", "Not published"),
}
"""Values that are documented only in the description of a field."""

COLUMNS = [(landed, column) for landed in TABLES for column in landed.columns]


def in_answers(whole: dict[str, Any], schema: dict[str, Any], way: str) -> Iterator[dict[str, Any]]:
    """Yields the schemas at a dotted path in answers; `*` stands for every value of a map."""
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
    """Returns the values that a document lists for a column, at all places of the column."""
    listed: set[str] = set()
    for place in ELSEWHERE.get((landed.name, column.name)) or places(landed, column):
        row = operation(place.operation_id)
        key = (row.method, shape(row.path))
        schema = answer_schema(key, 200)
        whole = document_of(key)
        for part in in_answers(whole, schema or {}, f"{place.level}.{place.key}".strip(".")):
            values = part.get("enum") or resolved(whole, part.get("items") or {}).get("enum") or ()
            # The generator of the document also added all values joined into one.
            listed |= {value for value in values if ", " not in value and " / " not in value}
    return listed


@needs_shared
@for_each("landed, column", COLUMNS, lambda landed, column: f"{landed.name}.{column.name}")
def test_a_column_has_exactly_the_documented_values(landed: Table, column: Column) -> None:
    expected = documented(landed, column) or set(IN_WORDS.get((landed.name, column.name), ()))
    assert set(column.values) == expected


@needs_shared
@for_each("name, column_name", IN_WORDS, "{}.{}".format)
def test_values_documented_in_words_are_in_the_description_of_the_field(
    name: str, column_name: str
) -> None:
    landed = table(name)
    (place,) = places(landed, landed.column(column_name))
    row = operation(place.operation_id)
    key = (row.method, shape(row.path))
    (part,) = in_answers(
        document_of(key), answer_schema(key, 200) or {}, f"{place.level}.{place.key}"
    )
    for value in IN_WORDS[name, column_name]:
        assert value in part["description"]


@needs_shared
def test_the_documents_contain_more_than_35_enumerations() -> None:
    enumerated = [
        (landed.name, column.name) for landed, column in COLUMNS if documented(landed, column)
    ]
    assert ("calls", "direction") in enumerated
    assert ("crm_schema_fields", "type") in enumerated
    assert ("tasks", "contact_opt_out_channels") in enumerated
    assert len(enumerated) > 35


@for_each("column", [column for _, column in COLUMNS if column.values], lambda column: column.name)
def test_values_are_unique_and_belong_to_text_or_json_columns(column: Column) -> None:
    assert len(set(column.values)) == len(column.values)
    assert column.type in (Type.TEXT, Type.JSON)
