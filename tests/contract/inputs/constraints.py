"""What Gong's OpenAPI document forbids in a request, at every depth: each case breaks one thing.

A case is a request that holds what is required and the way to one value, which is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sources.gong.api.operations import Operation, Parameter, ParameterLocation
from tests.contract.declared import body_schema, entry_of, whole_document
from tests.contract.documents import resolved

Schema = dict[str, Any]
Way = tuple[str, ...]
"""The keys down to a value; `[]` stands for the only element of a list."""

NONSENSE = "Nonsense"


class Broken(NamedTuple):
    """One wrong request.

    `at` is the value as errors name it; `what` the constraint that it breaks.
    """

    at: str
    what: str
    query: dict[str, Any]
    body: Any


def is_run_together(choices: list[str]) -> bool:
    """Whether an enumeration is one value that lists several: then any text will do."""
    return len(choices) == 1 and ", " in choices[0]


def real_choices(choices: list[str]) -> list[str]:
    """Returns the choices without those that the generator made by joining the others."""
    return [choice for choice in choices if ", " not in choice and " / " not in choice]


def query_of(row: Operation) -> dict[str, Any]:
    """Returns a valid value of each required parameter outside the body."""
    whole = whole_document(row)
    return {
        entry["name"]: valid(
            whole, {"description": entry.get("description", ""), **entry["schema"]}
        )
        for entry in entry_of(row).get("parameters", ())
        if entry["required"]
    }


def body_of(row: Operation) -> Any:
    """Returns the least valid JSON body; None where there is none."""
    schema = body_schema(row)
    if schema is None or is_form(schema):
        return None
    return valid(whole_document(row), schema)


def is_form(schema: Schema) -> bool:
    """Whether a body is a multipart form with a file."""
    return any(inner.get("format") == "binary" for inner in schema.get("properties", {}).values())


def valid(whole: Schema, schema: Schema, way: Way = (), last: Any = None) -> Any:
    """Returns the least valid value of a schema, with what lies on the way, and `last` at its end.

    `last` None means a valid value there too.
    """
    schema = resolved(whole, schema)
    if not way and last is not None:
        return last
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return {
            key: valid(whole, inner, way[1:], last) if way[:1] == (key,) else valid(whole, inner)
            for key, inner in schema["properties"].items()
            if key in schema.get("required", ()) or way[:1] == (key,)
        }
    if kind == "array":
        return [valid(whole, schema["items"], way[1:], last)]
    if "enum" in schema:
        return (real_choices(schema["enum"]) or ["string"])[0]
    text = schema.get("description", "")
    if schema.get("format") == "date-time" or "ISO-8601" in text:
        return "2026-11-01T10:00:00Z"
    if "YYYY-MM-DD" in text:
        return "2026-11-01"
    return {"string": "1", "integer": 1, "number": 1.5, "boolean": True, "object": {}}[str(kind)]


def broken_requests(row: Operation) -> Iterator[Broken]:
    """Yields a request for everything that the document forbids to an operation."""
    whole, query, body = whole_document(row), query_of(row), body_of(row)
    for entry in entry_of(row).get("parameters", ()):
        name, schema = entry["name"], resolved(whole, entry["schema"])
        if ParameterLocation(entry["in"]) is ParameterLocation.QUERY:
            for what, value in _wrong(schema):
                if isinstance(value, (str, int)):
                    yield Broken(name, what, {**query, name: value}, body)
            if entry["required"]:
                yield Broken(name, "required", {k: v for k, v in query.items() if k != name}, body)
    if body is not None:
        schema = body_schema(row)
        assert schema is not None
        for way, inner, without in _values(whole, schema):
            at = "".join("[0]" if step == "[]" else f".{step}" for step in way).lstrip(".")
            for what, value in _wrong(inner):
                yield Broken(at, what, query, valid(whole, schema, way, value))
            if without is not None:
                yield Broken(at, "required", query, valid(whole, schema, way[:-1], without))


def _values(
    whole: Schema, schema: Schema, way: Way = ()
) -> Iterator[tuple[Way, Schema, dict[str, Any] | None]]:
    """Yields every value below a schema; with the object that lacks it where it is required."""
    schema = resolved(whole, schema)
    for key, inner in schema.get("properties", {}).items():
        without = None
        if key in schema.get("required", ()):
            others = {k: v for k, v in schema["properties"].items() if k != key}
            least = {"type": "object", "properties": others, "required": schema["required"]}
            without = valid(whole, least)
        yield (*way, key), resolved(whole, inner), without
        yield from _values(whole, inner, (*way, key))
    if "items" in schema:
        yield (*way, "[]"), resolved(whole, schema["items"]), None
        yield from _values(whole, schema["items"], (*way, "[]"))


def _wrong(schema: Schema) -> Iterator[tuple[str, Any]]:
    """Yields a value that breaks each constraint of a schema."""
    kind, form = schema.get("type"), schema.get("format")
    if kind == "string" and "enum" in schema and not is_run_together(schema["enum"]):
        yield "enum", NONSENSE
    elif kind == "string":
        yield "type", {"an": "object"}
    if kind == "object" and "properties" in schema:
        yield "type", 5
    if kind in ("integer", "number", "boolean"):
        yield "type", "text"
    if kind == "array":
        yield "type", 5
        if schema.get("minItems"):
            yield "minItems", []
    if schema.get("maxLength"):
        yield "maxLength", "x" * (schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield "minLength", ""
    if "minimum" in schema:
        yield "minimum", schema["minimum"] - 1
    if "maximum" in schema:
        yield "maximum", schema["maximum"] + 1
    if form in ("int32", "int64"):
        yield form, 2 ** (31 if form == "int32" else 63)


class Stated(NamedTuple):
    """What the document states of one value by its keywords, in the form of `Limits`."""

    length: tuple[int, int | None] | None
    bounds: tuple[int, int] | None
    count: tuple[int, int | None] | None
    is_set: bool


def stated(schema: Schema) -> Stated:
    """Returns the limits that the keywords of a schema state."""
    bits = {"int32": 31, "int64": 63}.get(str(schema.get("format")))
    least, most = (-(2**bits), 2**bits - 1) if bits else (None, None)
    least, most = schema.get("minimum", least), schema.get("maximum", most)
    return Stated(
        _range(schema, "minLength", "maxLength"),
        None if least is None or most is None else (least, most),
        _range(schema, "minItems", "maxItems"),
        schema.get("uniqueItems", False),
    )


def _range(schema: Schema, least: str, most: str) -> tuple[int, int | None] | None:
    if not schema.keys() & {least, most}:
        return None
    return schema.get(least, 0), schema.get(most)


def documented_values(row: Operation) -> dict[str, tuple[Schema, bool]]:
    """Returns every value of a request with its schema, and whether its object requires it.

    The elements of a list follow its name and `[]`. An object that has values is no value itself.
    """
    whole = whole_document(row)
    values = {
        entry["name"]: (resolved(whole, entry["schema"]), entry["required"])
        for entry in entry_of(row).get("parameters", ())
    }
    schema = body_schema(row)
    if schema is not None and schema.get("type") == "array":
        values["fields"] = (schema, True)
        values |= _below(whole, schema["items"], "fields[].")
    elif schema is not None:
        values |= _below(whole, schema, "")
    return values


def _below(whole: Schema, schema: Schema, prefix: str) -> dict[str, tuple[Schema, bool]]:
    schema, values = resolved(whole, schema), {}
    for key, given in schema.get("properties", {}).items():
        inner, name = resolved(whole, given), f"{prefix}{key}"
        if inner.get("type") == "object" and inner.get("properties"):
            values |= _below(whole, inner, f"{name}.")
            continue
        values[name] = inner, key in schema.get("required", ())
        items = resolved(whole, inner.get("items", {}))
        if items.get("type") == "object":
            values |= _below(whole, items, f"{name}[].")
    return values


def documented_texts(row: Operation) -> dict[str, str]:
    """Returns the text beside every value and object of a request, by name."""
    whole = whole_document(row)
    texts = {e["name"]: e.get("description", "") for e in entry_of(row).get("parameters", ())}
    schema = body_schema(row)
    for way, inner, _ in _values(whole, schema) if schema is not None else ():
        name = ".".join(way).replace(".[]", "[]")
        if not name.endswith("[]"):
            name = f"fields{name}" if name.startswith("[]") else name
            texts[name] = inner.get("description", "")
    return texts


def our_values(row: Operation) -> dict[str, Parameter]:
    """Returns every value that a row knows, named as `documented_values` does."""
    values: dict[str, Parameter] = {}
    for parameter in row.parameters:
        values |= _with_elements(parameter, parameter.name)
    return values


def _with_elements(parameter: Parameter, name: str) -> dict[str, Parameter]:
    values = {name: parameter}
    for field in parameter.limits.elements.fields if parameter.limits.elements else ():
        values |= _with_elements(field, f"{name}[].{field.name}")
    return values
