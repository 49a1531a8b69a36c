"""The inputs and answers of an operation as its OpenAPI document declares them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sources.gong.api.operations import OPERATIONS, Operation, ParameterLocation, ParameterType
from tests.contract.documents import document, resolved


class Declared(NamedTuple):
    """An input as the document declares it."""

    place: ParameterLocation
    type: str | None
    format: str | None
    text: str
    is_required: bool
    is_required_in_object: bool
    choices: tuple[str, ...]


def whole_document(row: Operation) -> dict[str, Any]:
    """Returns the document that describes an operation."""
    withdrawn = row.path == "/v2/calls/manual-crm-associations"
    return document("openapi-2025-01.json" if withdrawn else "openapi-2026-07.json")


def matching_row(exchange: dict[str, Any]) -> Operation | None:
    """Returns the operation of a recorded exchange."""
    # Fixed paths are matched before paths with placeholders.
    for row in sorted(OPERATIONS, key=lambda row: "{" in row.path):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(row.path))
        if row.method == exchange["method"] and re.fullmatch(pattern, exchange["path"]):
            return row
    return None


def entry_of(row: Operation) -> dict[str, Any]:
    entry: dict[str, Any] = whole_document(row)["paths"][row.path][row.method.lower()]
    return entry


def _declared(
    whole: dict[str, Any],
    schema: dict[str, Any],
    place: ParameterLocation,
    text: str,
    *,
    is_required: bool,
    is_surely_sent: bool = True,
) -> Declared:
    items = resolved(whole, schema.get("items", {}))
    return Declared(
        ParameterLocation.PART if schema.get("format") == "binary" else place,
        schema.get("type"),
        schema.get("format"),
        text,
        is_required and is_surely_sent,
        is_required and not is_surely_sent,
        tuple(schema.get("enum") or items.get("enum") or ()),
    )


def _leaves(
    whole: dict[str, Any], schema: dict[str, Any], prefix: str = "", *, is_surely_sent: bool
) -> dict[str, Declared]:
    leaves: dict[str, Declared] = {}
    for key, value in schema.get("properties", {}).items():
        part = resolved(whole, value)
        is_required = key in schema.get("required", ())
        if part.get("type") == "object" and part.get("properties"):
            leaves |= _leaves(
                whole, part, f"{prefix}{key}.", is_surely_sent=is_surely_sent and is_required
            )
        else:
            leaves[prefix + key] = _declared(
                whole,
                part,
                ParameterLocation.BODY,
                part.get("description", ""),
                is_required=is_required,
                is_surely_sent=is_surely_sent,
            )
    return leaves


def body_schema(row: Operation) -> dict[str, Any] | None:
    body = entry_of(row).get("requestBody")
    if body is None:
        return None
    assert body["required"] is True
    (content,) = body["content"].values()
    return resolved(whole_document(row), content["schema"])


def declared_inputs(row: Operation) -> dict[str, Declared]:
    whole = whole_document(row)
    inputs = {
        entry["name"]: _declared(
            whole,
            entry["schema"],
            ParameterLocation(entry["in"]),
            entry.get("description", ""),
            is_required=entry["required"],
        )
        for entry in entry_of(row).get("parameters", ())
    }
    schema = body_schema(row)
    if schema is not None:
        leaves = _leaves(whole, schema, is_surely_sent=True)
        assert not leaves.keys() & inputs.keys(), "one name in two places: compare by place too"
        inputs |= leaves
    return inputs


def answer_lists(row: Operation) -> str:
    """Returns the top-level lists of a successful answer, separated by blanks."""
    whole = whole_document(row)
    responses = entry_of(row)["responses"]
    answer = min((status, body) for status, body in responses.items() if status[0] == "2")[1]
    (content,) = answer["content"].values()
    properties = resolved(whole, content["schema"])["properties"]
    return " ".join(
        key for key, value in properties.items() if resolved(whole, value).get("type") == "array"
    )


def parameter_type(declared: Declared) -> ParameterType:
    if declared.type == "string":
        if declared.format == "date-time" or re.search("ISO[- ]8601", declared.text):
            return ParameterType.INSTANT
        if declared.format == "date" or "YYYY-MM-DD" in declared.text:
            return ParameterType.DATE
        return ParameterType.FILE if declared.format == "binary" else ParameterType.TEXT
    kinds = {
        "integer": ParameterType.INTEGER,
        "number": ParameterType.NUMBER,
        "boolean": ParameterType.BOOLEAN,
        "array": ParameterType.LIST,
        "object": ParameterType.OBJECT,
        None: ParameterType.ANY,
    }
    return kinds[declared.type]
