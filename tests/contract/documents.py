"""Reads Gong's OpenAPI documents and finds where an answer differs from them.

The documents are other people's and lie beside the project; nothing here reads them on import.
Every property counts as optional and nullable, because no answer's property is marked otherwise;
what the generator added beside the standard's own keys is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from tests.conftest import SHARED
from tests.emulator.operations.routing import shape

Operation = tuple[str, str]
"""A method, and a path whose placeholders have no names."""

WITHDRAWN: Operation = ("GET", "/v2/calls/manual-crm-associations")
"""Only the older document has it."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}
_BITS = {"int32": 31, "int64": 63}


class Mismatch(NamedTuple):
    """A point in which an answer differs from its document; the path has no list indexes."""

    path: str
    what: str


@cache
def document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SHARED / name).read_text(encoding="utf-8"))
    return document


def document_of(operation: Operation) -> dict[str, Any]:
    return document("openapi-2025-01.json" if operation == WITHDRAWN else "openapi-2026-07.json")


@cache
def operations() -> dict[Operation, dict[str, Any]]:
    """Returns every operation of the newer document, and the withdrawn one of the older."""
    entries_of = {
        (method.upper(), shape(path)): entry
        for path, entries in document("openapi-2026-07.json")["paths"].items()
        for method, entry in entries.items()
    }
    method, path = WITHDRAWN
    return entries_of | {WITHDRAWN: document_of(WITHDRAWN)["paths"][path][method.lower()]}


def statuses(operation: Operation) -> set[int]:
    """Returns the status codes that a document lists for an operation."""
    return {int(status) for status in operations()[operation]["responses"]}


def answer_schema(operation: Operation, status: int) -> dict[str, Any] | None:
    """Returns the schema of an answer; None if the document describes no body."""
    response = operations()[operation]["responses"].get(str(status), {})
    schemas = [content["schema"] for content in response.get("content", {}).values()]
    return schemas[0] if schemas else None


def mismatches(operation: Operation, status: int, answer: Any) -> set[Mismatch]:
    """Returns every difference between an answer and the document of its operation."""
    schema = answer_schema(operation, status)
    if schema is None:
        return {Mismatch("", "no body is documented")}
    return set(_differing(document_of(operation), schema, answer, ""))


def resolved(whole: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        target: Any = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


def _differing(
    whole: dict[str, Any], schema: dict[str, Any], value: Any, path: str
) -> Iterator[Mismatch]:
    schema = resolved(whole, schema)
    declared = schema.get("type", "object" if "properties" in schema else None)
    if value is None or declared is None:
        return
    allowed = _TYPES[declared]
    if not isinstance(value, allowed) or (isinstance(value, bool) and declared != "boolean"):
        yield Mismatch(path, f"{kind(value)} where {declared} is declared")
        return
    if "enum" in schema and value not in schema["enum"]:
        yield Mismatch(path, f"{value!r} is not one of the declared values")
    form = schema.get("format")
    if form in _BITS and not -(2 ** _BITS[form]) <= value < 2 ** _BITS[form]:
        yield Mismatch(path, f"too great for {form}")
    if form == "date-time" and not _is_instant(value):
        yield Mismatch(path, "no date-time with an offset")
    if isinstance(value, list):
        for inner in value:
            yield from _differing(whole, schema.get("items", {}), inner, f"{path}[]")
    if isinstance(value, dict):
        yield from _differing_object(whole, schema, value, path)


def _differing_object(
    whole: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], path: str
) -> Iterator[Mismatch]:
    properties = schema.get("properties")
    others = schema.get("additionalProperties")
    for key, inner in value.items():
        if properties and key in properties:
            yield from _differing(whole, properties[key], inner, f"{path}.{key}".lstrip("."))
        elif isinstance(others, dict):
            yield from _differing(whole, others, inner, f"{path}.*".lstrip("."))
        elif properties is not None:
            yield Mismatch(f"{path}.{key}".lstrip("."), "unknown property")


def kind(value: Any) -> str:
    """Returns the JSON type of a value; whole numbers are `integer`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names[type(value)]


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
