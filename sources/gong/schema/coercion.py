"""Pure: one value of the wire becomes one value of a column, or `SchemaDrift`.

Invariant: nothing is cut, rounded or guessed. Ids keep every digit, times become UTC instants, text
keeps every character that a warehouse can store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pyarrow as pa

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.columns import Column, Entity, Type
from sources.gong.schema.table import Table

ARROW: dict[Type, pa.DataType] = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.INSTANT: pa.timestamp("us", "UTC"),
    Type.DATE: pa.date32(),
    Type.JSON: pa.string(),
    Type.SCALAR: pa.string(),
    Type.SCALAR_TYPE: pa.string(),
    Type.PRESENCE: pa.bool_(),
}


def kind(value: Any) -> str:
    """Returns what a JSON value is, in words; never the value, which may be personal data."""
    return {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        int: "a whole number",
        float: "a number with a fraction",
        type(None): "null",
    }.get(type(value), type(value).__name__)


def misfit(table: str, place: str, value: Any, expected: str, *, field: str) -> SchemaDrift:
    """Returns the error that a value is of another kind than expected; it names no value."""
    return SchemaDrift(
        f"{table}: {place} is {kind(value)} where {expected} is expected",
        table=table,
        field=field,
        expected=expected,
        found=kind(value),
    )


def dumps(value: Any) -> str:
    """Returns a value as compact JSON text; whole numbers of any length stay exact."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def storable(text: str) -> str:
    """Returns a text without lone surrogates, which no warehouse can store as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def content_hash(entity: Entity) -> str:
    """Returns the hash of an entity's content; signed media URLs count only as being there."""
    if "media" in entity and isinstance(entity["media"], dict):
        entity = {**entity, "media": {k: bool(v) for k, v in entity["media"].items()}}
    try:
        canonical = orjson.dumps(entity, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        canonical = json.dumps(entity, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.blake2b(canonical, digest_size=16).hexdigest()


def dig(value: Any, dotted: str) -> Any:
    """Returns the value at a dotted path through objects; None where the path ends early."""
    for part in dotted.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return None if value is None else str(value)
    if isinstance(value, str):
        return storable(value)
    raise TypeError


def _integer(value: Any) -> int | None:
    if value is None:
        return None
    whole: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        whole = value
    elif (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, str) and value.removeprefix("-").isdecimal()
    ):
        whole = int(value)
    if whole is None or not -(2**63) <= whole < 2**63:
        raise TypeError
    return whole


def _number(value: Any) -> float | None:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    raise TypeError


def _boolean(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise TypeError


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError("a time without an offset")
    return parsed.astimezone(UTC)


def _date(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


def to_json(value: Any) -> str | None:
    """Returns a value as JSON text, and null as null."""
    return None if value is None else dumps(value)


def _scalar(value: Any) -> str | None:
    if isinstance(value, str):
        return storable(value)
    return None if value is None else dumps(value)


def _scalar_type(value: Any) -> str:
    return _SCALAR_TYPES.get(type(value), "json")


_SCALAR_TYPES: dict[type, str] = {
    bool: "boolean", str: "string", int: "number", float: "number", type(None): "null",
}  # fmt: skip


_CAST: dict[Type, Callable[[Any], Any]] = {
    Type.TEXT: _text,
    Type.INTEGER: _integer,
    Type.NUMBER: _number,
    Type.BOOLEAN: _boolean,
    Type.INSTANT: _instant,
    Type.DATE: _date,
    Type.JSON: to_json,
    Type.SCALAR: _scalar,
    Type.SCALAR_TYPE: _scalar_type,
    Type.PRESENCE: _boolean,
}


_PLAIN: dict[Type, frozenset[type]] = {
    Type.INTEGER: frozenset({int, type(None)}),
    Type.NUMBER: frozenset({float, int, type(None)}),
}
_STRICT = (Type.TEXT, Type.BOOLEAN)
"""Types of which Arrow itself takes no other values; as numbers, it takes booleans too."""


def array_of(table: Table, column: Column, values: list[Any]) -> pa.Array:
    """Returns the values of a column as an Arrow array.

    Raises:
        SchemaDrift: a value is not of the column's type; the message names table, column and key.
    """
    arrow = ARROW[column.type]
    expected = _PLAIN.get(column.type)
    is_plain = expected is not None and set(map(type, values)) <= expected
    if is_plain or column.type in _STRICT:
        # the common case, without a Python call per value
        try:
            return pa.array(values, arrow)
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError, OverflowError):
            pass
    cast = _CAST[column.type]
    position = 0
    try:
        converted = []
        for position, value in enumerate(values):  # noqa: B007  (named for the message below)
            converted.append(cast(value))
        return pa.array(converted, arrow)
    except (TypeError, ValueError, pa.ArrowInvalid, OverflowError):
        raise SchemaDrift(
            f"{table.name}.{column.name}: Gong's `{column.source.lstrip('^$')}` is "
            f"{kind(values[position])} in row {position + 1} of the page; the table promises "
            f"{column.type}",
            table=table.name,
            field=column.name,
            expected=str(column.type),
            found=_kind_for(values[position], column.type),
        ) from None


def _kind_for(value: Any, expected: Type) -> str:
    """Returns what a value is that a type does not accept; never the value."""
    if isinstance(value, str) and expected in (Type.INTEGER, Type.INSTANT, Type.DATE):
        return "a string of another form"
    if isinstance(value, int) and not isinstance(value, bool) and expected is Type.INTEGER:
        return "a whole number beyond 64 bits"
    return kind(value)
