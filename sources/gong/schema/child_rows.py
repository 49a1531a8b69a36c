"""Pure: the rows of a child table that lie in the entities of its root.

Invariant: a key is never null and never repeats within an entity. Of rows with an equal key the
first is kept, and the others' content goes into its `extra` under `duplicates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import dig, kind, misfit
from sources.gong.schema.columns import Column, Entity, Type
from sources.gong.schema.table import Table
from sources.gong.schema.unknown_fields import Node, node_of, unknown

Row = tuple[Any, ...]
"""The entity, then each list element around the row from the outermost in, the last being the row
itself; each as (element, place in its list, ordinal in the entity). Bare tuples: millions are made.
"""


@dataclass(frozen=True, slots=True)
class ChildRows:
    """The rows of a child table.

    Attributes:
        rows: where each lies.
        values: the values of each column as the wire has them, by column.
        extras: per row the keys that no column knows, or None.
    """

    rows: list[Row]
    values: Mapping[str, list[Any]]
    extras: list[dict[str, Any] | None]


def child_rows(table: Table, entities: Sequence[Entity], tree: Node) -> ChildRows:
    """Returns the rows of a child table in these entities, with keys that hold.

    Raises:
        SchemaDrift: a value is not of the declared form, or a key is missing.
    """
    rows = _exploded(table, entities)
    values = {column.name: values_of(table, column, rows) for column in table.columns}
    child = ChildRows(rows, values, _extras(table, rows, tree))
    return _without_duplicates(table, _with_keys(table, child))


def _exploded(table: Table, entities: Sequence[Entity]) -> list[Row]:
    if callable(table.rows):
        try:
            return [
                (entity, (row, i, i))
                for entity in entities
                for i, row in enumerate(table.rows(entity))
            ]
        except (TypeError, AttributeError) as error:
            raise SchemaDrift(
                f"{table.name}: a value in Gong's answer has another form",
                table=table.name,
                field="an object or list around the rows",
                expected="an object or a list",
                found="another form",
            ) from error
    paths = tuple(tuple(path[:-2].split("[].")) for path in table.rows)
    deepest = max(len(path) for path in paths)
    rows: list[Row] = []
    for entity in entities:
        ordinals = [count() for _ in range(deepest)]
        for path in paths:
            rows.extend(_walk(table, entity, path, (entity,), ordinals[deepest - len(path) :]))
    return rows


def _walk(
    table: Table,
    value: Any,
    path: tuple[str, ...],
    around: Row,
    ordinals: Sequence[Iterator[int]],
) -> Iterator[Row]:
    """Yields the rows below a value; `ordinals` count the elements at each depth of an entity."""
    elements = dig(value, path[0])
    if elements is None or elements == []:
        if table.is_outer and len(around) > 1 and len(path) == 1:
            yield (*around, ({}, 0, 0))
        return
    if not isinstance(elements, list):
        raise misfit(table.name, path[0], elements, "a list", field=path[0])
    if None in elements and (len(path) > 1 or not _holds_scalars(table)):
        where = f"{path[0]}: an element"
        raise misfit(table.name, where, None, "an object", field=f"{path[0]}[]")
    places = zip(elements, range(len(elements)), ordinals[0], strict=False)
    if len(path) == 1:
        for place in places:
            yield (*around, place)
        return
    for place in places:
        yield from _walk(table, place[0], path[1:], (*around, place), ordinals[1:])


@cache
def _holds_scalars(table: Table) -> bool:
    """Whether the rows are scalars of a list, rather than objects."""
    return any(column.source.lstrip("^") == "." for column in table.columns)


def values_of(table: Table, column: Column, rows: Sequence[Row]) -> list[Any]:
    """Returns the values of a column as the wire has them."""
    bare = column.source.lstrip("^")
    depth = len(column.source) - len(bare) + 1
    if bare.startswith("$"):
        path = bare[1:]
        if "." not in path:
            return [row[0].get(path) for row in rows]
        return [dig(row[0], path) for row in rows]
    if bare in ("#", "@"):
        part = 1 if bare == "#" else 2
        return [row[-depth][part] if depth < len(row) else None for row in rows]
    elements = [row[-depth][0] if depth < len(row) else None for row in rows]
    if bare == ".":
        return elements
    if "." in bare:
        return [dig(element, bare) for element in elements]
    try:
        return [None if element is None else element.get(bare) for element in elements]
    except AttributeError:
        odd = next(e for e in elements if e is not None and not isinstance(e, dict))
        place = f"{column.name}: an element"
        raise misfit(table.name, place, odd, "an object", field=column.name) from None


def _extras(table: Table, rows: Sequence[Row], tree: Node) -> list[dict[str, Any] | None]:
    """Returns per row the keys that no column knows, or None."""
    if callable(table.rows):
        sources = {column.source for column in table.columns}
        return [{k: v for k, v in row[-1][0].items() if k not in sources} or None for row in rows]
    node = node_of(tree, table)
    known = frozenset(node.keys) | frozenset(node.lists)
    nested = {key: inner for key, inner in node.keys.items() if inner is not None}
    elements = (row[-1][0] for row in rows)
    return [
        # the common case, without a call per row
        None
        if not isinstance(element, dict) or (not nested and element.keys() <= known)
        else _extra(table, element, known, nested)
        for element in elements
    ]


def _extra(
    table: Table, element: Mapping[str, Any], known: frozenset[str], nested: Mapping[str, Node]
) -> dict[str, Any] | None:
    unread = {key: value for key, value in element.items() if key not in known}
    for key, node in nested.items():
        value = element.get(key)
        if isinstance(value, dict):
            unread |= unknown(table.name, value, node, f"{key}.")
        elif value is not None:
            raise misfit(table.name, key, value, "an object", field=key)
    return unread or None


def _with_keys(table: Table, child: ChildRows) -> ChildRows:
    """Returns the rows with a missing text key replaced by `#` and the place in its list."""
    values = dict(child.values)
    for name in table.key:
        if None not in values[name]:
            continue
        column = table.column(name)
        if column.type is not Type.TEXT:
            raise SchemaDrift(
                f"{table.name}.{name}: a key value is missing in Gong's answer",
                table=table.name,
                field=name,
                expected=str(column.type),
                found=kind(None),
            )
        values[name] = [
            f"#{row[-1][1]}" if value is None else value
            for value, row in zip(values[name], child.rows, strict=True)
        ]
    return replace(child, values=values)


def _without_duplicates(table: Table, child: ChildRows) -> ChildRows:
    """Returns the rows with the first of each key, which holds the others' content."""
    if all(table.column(name).is_position for name in table.key if name not in table.entity):
        return child
    names = dict.fromkeys((*table.entity, *table.key))
    keys = list(zip(*(map(str, child.values[name]) for name in names), strict=True))
    if len(set(keys)) == len(keys):
        return child
    first: dict[tuple[str, ...], int] = {}
    duplicates: dict[int, list[Any]] = {}
    for place, key in enumerate(keys):
        if first.setdefault(key, place) != place:
            duplicates.setdefault(first[key], []).append(child.rows[place][-1][0])
    extras = [
        {**(child.extras[place] or {}), "duplicates": duplicates[place]}
        if place in duplicates
        else child.extras[place]
        for place in first.values()
    ]
    return ChildRows(
        [child.rows[place] for place in first.values()],
        {name: [column[i] for i in first.values()] for name, column in child.values.items()},
        extras,
    )
