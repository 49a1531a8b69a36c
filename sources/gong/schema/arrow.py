"""Pure: entities of an API answer become Arrow tables, one per landed table.

Invariant: every value of an entity ends in the column declared for it, or, if no column knows its
key, in `extra` of the row it belongs to (of the root row, where it belongs to none). A
value of another type than declared raises `SchemaDrift`. No clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

import pyarrow as pa

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import ARROW, array_of, dig, kind, to_json
from sources.gong.schema.columns import NOT_ASKED, Column, Entity, Type
from sources.gong.schema.table import Absence, Table
from sources.gong.schema.tables import table as table_named
from sources.gong.schema.unknown_fields import Node, tree_of, unknown

EXTRA = Column("extra", Type.JSON, "", "Keys that this table does not know yet, with their values.")
CONTENT_HASH = Column("_content_hash", Type.TEXT, "", "Hash of the entity, signed URLs left out.")
DELETED_AT = Column("_deleted_at", Type.INSTANT, "", "When it was found gone from Gong.")
DELETE_MARKER = Column(
    "_tombstone",
    Type.BOOLEAN,
    "",
    "Always null. In a load package, true takes away the rows of an entity that has none now.",
)
LOADED_AT = Column("_loaded_at", Type.INSTANT, "", "When this content last changed here (UTC).")
LOAD_ID = Column("_dlt_load_id", Type.TEXT, "", "The load package that wrote the row.")


@cache
def landed_columns(name: str) -> tuple[Column, ...]:
    """Returns all columns of a landed table: the declared ones, then those kept for bookkeeping."""
    table = table_named(name)
    kept: list[Column] = [EXTRA]
    if table.is_root:
        kept.append(CONTENT_HASH)
        if table.absence is Absence.DELETED:
            kept.append(DELETED_AT)
    else:
        kept.append(DELETE_MARKER)
    return (*table.columns, *kept, LOADED_AT, LOAD_ID)


@cache
def schema(name: str) -> pa.Schema:
    """Returns the fixed Arrow schema of a landed table."""
    table = table_named(name)
    return pa.schema(
        [
            pa.field(c.name, ARROW[c.type], nullable=c.name not in table.key)
            for c in landed_columns(name)
        ]
    )


KEY_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How an instant is spelled as a part of a key, here and where the warehouse is asked for it."""


def entity_key(root: Table, entity: Entity) -> str:
    """Returns the key of an entity as text; parts of a compound key are joined with `|`.

    Raises:
        Drift: a part of the key is missing, so the entity cannot be told from others.
    """
    parts = []
    for name in root.key:
        column = root.column(name)
        value = dig(entity, column.source)
        if value is None or isinstance(value, (dict, list, float, bool)):
            raise SchemaDrift(
                f"{root.name}: {column.source} is {kind(value)}, not an id",
                table=root.name,
                field=column.name,
                expected="an id",
                found=kind(value),
            )
        if column.type is Type.INSTANT:
            value = array_of(root, column, [value])[0].as_py().strftime(KEY_INSTANT)
        parts.append(str(value))
    return "|".join(parts)


_Row = tuple[Any, ...]
"""The entity, then each list element around the row from the outermost in, the last being the row
itself; each as (element, place in its list, ordinal in the entity). Bare tuples: millions are made.
"""


def _explode(table: Table, entities: Sequence[Entity]) -> list[_Row]:
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
    rows: list[_Row] = []
    for entity in entities:
        ordinals = [0] * max(len(path) for path in paths)
        for path in paths:
            offset = len(ordinals) - len(path)
            rows.extend(_walk(entity, path, (entity,), ordinals, offset, table))
    return rows


def _walk(
    value: Any,
    path: tuple[str, ...],
    around: _Row,
    ordinals: list[int],
    depth: int,
    table: Table,
) -> Iterator[_Row]:
    elements = dig(value, path[0])
    if not elements:
        if table.is_outer and len(around) > 1 and len(path) == 1 and elements in (None, []):
            yield (*around, ({}, 0, 0))
            return
        if elements in (None, []):
            return
    if not isinstance(elements, list):
        raise SchemaDrift(
            f"{table.name}: {path[0]} is {kind(elements)} where a list is expected",
            table=table.name,
            field=path[0],
            expected="a list",
            found=kind(elements),
        )
    start = ordinals[depth]
    ordinals[depth] += len(elements)
    if len(path) == 1:
        for index, element in enumerate(elements):
            yield (*around, (element, index, start + index))
        return
    for index, element in enumerate(elements):
        here = (*around, (element, index, start + index))
        yield from _walk(element, path[1:], here, ordinals, depth + 1, table)


def _values(table: Table, column: Column, rows: Sequence[_Row]) -> list[Any]:
    """Returns the raw values of a column, as the wire has them."""
    bare = column.source.lstrip("^")
    depth = len(column.source) - len(bare) + 1
    if bare.startswith("$"):
        path = bare[1:]
        if "." not in path:
            return [row[0].get(path) for row in rows]
        return [dig(row[0], path) for row in rows]
    if bare in ("#", "@"):
        part = 1 if bare == "#" else 2
        return [r[-depth][part] if depth < len(r) else None for r in rows]
    elements = [r[-depth][0] if depth < len(r) else None for r in rows]
    if bare == ".":
        return elements
    if "." in bare:
        return [dig(element, bare) for element in elements]
    try:
        return [None if e is None else e.get(bare) for e in elements]
    except AttributeError:
        odd = next(e for e in elements if e is not None and not isinstance(e, dict))
        raise SchemaDrift(
            f"{table.name}.{column.name}: an element is {kind(odd)} where an object is expected",
            table=table.name,
            field=column.name,
            expected="an object",
            found=kind(odd),
        ) from None


def _extras(table: Table, rows: Sequence[_Row], tree: Node) -> list[Any]:
    """Returns per row the keys that no column knows, or None."""
    if callable(table.rows):
        known = {column.source for column in table.columns}
        return [{k: v for k, v in row[-1][0].items() if k not in known} or None for row in rows]
    node = tree
    for segment in table.rows[0].split("."):
        name = segment.removesuffix("[]")
        node = node.lists[name] if name != segment else node.keys[name] or Node()
    known_keys = frozenset(node.keys) | frozenset(node.lists)
    nested = {key: inner for key, inner in node.keys.items() if inner is not None}
    extras: list[Any] = []
    for row in rows:
        element = row[-1][0]
        if not isinstance(element, dict):
            extras.append(None)
            continue
        if not nested and element.keys() <= known_keys:
            extras.append(None)
            continue
        found = {key: value for key, value in element.items() if key not in known_keys}
        for key, inner in nested.items():
            value = element.get(key)
            if isinstance(value, dict):
                unknown(value, inner, f"{key}.", found)
            elif value is not None:
                raise SchemaDrift(
                    f"{table.name}: {key} is {kind(value)} where an object is expected",
                    table=table.name,
                    field=key,
                    expected="an object",
                    found=kind(value),
                )
        extras.append(found or None)
    return extras


def _settle_keys(
    table: Table, rows: list[_Row], values: dict[str, list[Any]], extras: list[Any]
) -> list[int]:
    """Makes the key of a child table hold, and returns the places of the rows to keep.

    A missing text key becomes `#` and the place in its list. Of rows with an equal key the first
    is kept, and the others' content goes into its `extra` under `duplicates`.
    """
    for name in table.key:
        if None in values[name]:
            if table.column(name).type is not Type.TEXT:
                raise SchemaDrift(
                    f"{table.name}.{name}: a key value is missing in Gong's answer",
                    table=table.name,
                    field=name,
                    expected=str(table.column(name).type),
                    found=kind(None),
                )
            values[name] = [
                f"#{row[-1][1]}" if value is None else value
                for value, row in zip(values[name], rows, strict=True)
            ]
    everything = list(range(len(rows)))
    if all(table.column(name).is_position for name in table.key if name not in table.entity):
        return everything
    names = dict.fromkeys((*table.entity, *table.key))
    keys = list(zip(*(map(str, values[name]) for name in names), strict=True))
    if len(set(keys)) == len(keys):
        return everything
    first: dict[tuple[str, ...], int] = {}
    keep = []
    for place, key in enumerate(keys):
        if key not in first:
            first[key] = place
            keep.append(place)
            continue
        home = extras[first[key]] = extras[first[key]] or {}
        home.setdefault("duplicates", []).append(rows[place][-1][0])
    return keep


def _child(
    table: Table, entities: Sequence[Entity], tree: Node, loaded_at: datetime, load_id: str
) -> pa.Table:
    rows = _explode(table, entities)
    values = {column.name: _values(table, column, rows) for column in table.columns}
    extras = _extras(table, rows, tree)
    keep = _settle_keys(table, rows, values, extras)
    if len(keep) != len(rows):
        values = {name: [listed[i] for i in keep] for name, listed in values.items()}
        extras = [extras[i] for i in keep]
        rows = [rows[i] for i in keep]
    arrays = [array_of(table, column, values[column.name]) for column in table.columns]
    present = {id(row[0]) for row in rows}
    gone = [entity for entity in entities if id(entity) not in present]
    full = pa.table(
        [
            *arrays,
            pa.array([to_json(extra) for extra in extras], pa.string()),
            pa.nulls(len(rows), pa.bool_()),
            *_stamps(len(rows), loaded_at, load_id),
        ],
        schema=schema(table.name),
    )
    return pa.concat_tables([full, _tombstones(table, gone, loaded_at, load_id)])


def _tombstones(
    table: Table, entities: Sequence[Entity], loaded_at: datetime, load_id: str
) -> pa.Table:
    rows: list[_Row] = [(entity, ({}, 0, 0)) for entity in entities]
    blank = {Type.TEXT: "", Type.INTEGER: 0, Type.DATE: date(1970, 1, 1)}
    arrays = []
    for column in landed_columns(table.name):
        if column.name in table.entity:
            arrays.append(array_of(table, column, _values(table, column, rows)))
        elif column is DELETE_MARKER:
            arrays.append(pa.array([True] * len(rows), pa.bool_()))
        elif column.name in table.key:
            arrays.append(pa.array([blank[column.type]] * len(rows), ARROW[column.type]))
        elif column not in (LOADED_AT, LOAD_ID):
            arrays.append(pa.nulls(len(rows), ARROW[column.type]))
    return pa.table([*arrays, *_stamps(len(rows), loaded_at, load_id)], schema=schema(table.name))


def _stamps(count: int, loaded_at: datetime, load_id: str) -> tuple[pa.Array, pa.Array]:
    return (
        pa.repeat(pa.scalar(loaded_at, ARROW[Type.INSTANT]), count),
        pa.repeat(pa.scalar(load_id, pa.string()), count),
    )


def _presence(entity: Entity, source: str) -> bool | None:
    """Returns whether a value is there; None where its section could not be asked for."""
    section = source.partition(".")[0]
    return None if entity.get(NOT_ASKED) == section else dig(entity, source) not in (None, "")


def _root(
    table: Table,
    entities: Sequence[Entity],
    hashes: Sequence[str],
    tree: Node,
    loaded_at: datetime,
    load_id: str,
) -> pa.Table:
    extras = []
    for entity in entities:
        found: dict[str, Any] = {}
        try:
            unknown(entity, tree, "", found)
        except SchemaDrift as drift:
            raise SchemaDrift(
                f"{table.name}: {drift}",
                table=table.name,
                field=drift.field,
                expected=drift.expected,
                found=drift.found,
            ) from None
        extras.append(found or None)
    arrays = [
        array_of(
            table,
            column,
            [
                _presence(entity, column.source)
                if column.type is Type.PRESENCE
                else dig(entity, column.source)
                for entity in entities
            ],
        )
        for column in table.columns
    ]
    arrays.append(pa.array([to_json(extra) for extra in extras], pa.string()))
    arrays.append(pa.array(hashes, pa.string()))
    if table.absence is Absence.DELETED:
        arrays.append(pa.nulls(len(entities), ARROW[Type.INSTANT]))
    return pa.table(
        [*arrays, *_stamps(len(entities), loaded_at, load_id)], schema=schema(table.name)
    )


def to_arrow(
    root: str,
    children: tuple[str, ...],
    entities: Sequence[Entity],
    hashes: Sequence[str],
    loaded_at: datetime,
    load_id: str,
) -> dict[str, pa.Table]:
    """Returns the Arrow tables of changed entities: the root table and the named child tables.

    A child table holds a tombstone row for each entity that has no rows in it now, so that what
    was there before goes away when it is merged on the root key.

    Args:
        root: name of the root table.
        children: names of the child tables to fill.
        entities: elements of the API's list, unchanged.
        hashes: their `content_hash`, in the same order.
        loaded_at: written to `_loaded_at`.
        load_id: written to `_dlt_load_id`.

    Raises:
        Drift: a value is not of the declared type, or a key is missing.
    """
    tree = tree_of((root, *children))
    tables = {root: _root(table_named(root), entities, hashes, tree, loaded_at, load_id)}
    for name in children:
        tables[name] = _child(table_named(name), entities, tree, loaded_at, load_id)
    return tables


def restamped(rows: pa.Table, **values: Any) -> pa.Table:
    """Returns landed rows as they land again, with other values in the named columns."""
    for name, value in values.items():
        place = rows.schema.get_field_index(name)
        field = rows.schema.field(place)
        rows = rows.set_column(place, field, pa.repeat(pa.scalar(value, field.type), rows.num_rows))
    return rows


def empty(name: str) -> pa.Table:
    """Returns a landed table without rows, with which the warehouse learns its columns."""
    return schema(name).empty_table()
