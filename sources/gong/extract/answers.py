"""Pure: takes lists and maps of objects out of Gong's answers, or says what is there instead.

An element that is no object, or whose own lists cannot be read, comes whole and marked (`marked`):
one odd element does not withhold the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import kind
from sources.gong.schema.columns import ODD, Entity, marked


def listed(answer: Mapping[str, Any], key: str, stream: str) -> list[Entity]:
    """Returns the list of objects under a key of an answer; null counts as empty.

    Raises:
        SchemaDrift: it is missing, or no list.
    """
    if key not in answer:
        raise _no_list(stream, key, "nothing")
    return objects(answer[key], key, stream)


def objects(rows: Any, key: str, stream: str) -> list[Entity]:
    """Returns a list of objects, found under `key`, as it is; null counts as empty.

    Raises:
        SchemaDrift: it is no list.
    """
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise _no_list(stream, key, kind(rows))
    return [row if isinstance(row, dict) else _no_object(row, key, stream) for row in rows]


def parts_of(
    rows: Iterable[Entity], parts: Callable[[Entity], Iterable[Entity]], stream: str
) -> Iterator[Entity]:
    """Yields the parts of each row; a row whose parts cannot be read comes whole, and marked."""
    for row in rows:
        if ODD in row:
            yield row
            continue
        try:
            own = list(parts(row))
        except SchemaDrift as drift:
            yield odd(row, drift, stream)
        else:
            yield from own


def odd(entity: Entity, drift: SchemaDrift, stream: str) -> Entity:
    """Returns an entity with the mark that it cannot land for a reason."""
    return marked(
        entity,
        str(drift),
        table=drift.table or stream,
        field=drift.field,
        expected=drift.expected,
        actual=drift.found,
    )


def refused_id(stream: str, id_: str, field: str) -> Entity:
    """Returns what stands in the place of the entities of an id that Gong refuses, marked."""
    name = field.rpartition(".")[2] or "an id"
    return marked(
        {},
        f"{stream}: Gong refuses an id that it has sent itself ({name})",
        table=stream,
        field=name,
        expected="one that it accepts",
        actual="an id that Gong refuses",
        id_=id_,
    )


def mapped(answer: Mapping[str, Any], key: str, stream: str) -> Mapping[str, Any]:
    """Returns the map under a key of an answer; null counts as empty.

    Raises:
        SchemaDrift: it is missing, or no map.
    """
    value = answer.get(key)
    if value is None and key in answer:
        return {}
    if not isinstance(value, dict):
        found = kind(value) if key in answer else "nothing"
        raise SchemaDrift(
            f"{stream}: `{key}` of Gong's answer is {found}; a map is expected",
            table=stream,
            field=key,
            expected="an object",
            found=found,
        )
    return value


def _no_object(value: Any, key: str, stream: str) -> Entity:
    return marked(
        {"value": value},
        f"{stream}: an element of `{key}` of Gong's answer is {kind(value)} where an object is "
        "expected.",
        table=stream,
        field=f"{key}[]",
        expected="an object",
        actual=kind(value),
    )


def _no_list(stream: str, key: str, found: str) -> SchemaDrift:
    return SchemaDrift(
        f"{stream}: `{key}` of Gong's answer is not a list of objects",
        table=stream,
        field=key,
        expected="a list of objects",
        found=found,
    )
