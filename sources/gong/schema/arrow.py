"""Pure: entities of an API answer become Arrow tables, one per landed table.

Invariant: every value of an entity ends in the column declared for it, or, if no column knows its
key, in `extra` of the row it belongs to (of the root row, where it belongs to none). A
value of another type than declared raises `SchemaDrift`. No clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import pyarrow as pa

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.arrow_pages import (
    child_arrays,
    grouped,
    root_arrays,
    structs_of,
    without_rows,
)
from sources.gong.schema.child_rows import Row, child_rows, values_of
from sources.gong.schema.coercion import ARROW, array_of, dig, kind, to_json
from sources.gong.schema.columns import NOT_REQUESTED, Column, Entity, Type
from sources.gong.schema.flat_pages import FlatPage
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
"""How an instant is spelled as a part of a key, here and where the warehouse looks keys up."""


def parts_of_key(root: Table, key: str) -> dict[str, str]:
    """Returns a joined key by column (`entity_key`); nothing where it has not as many parts."""
    values = key.split("|")
    return dict(zip(root.key, values, strict=True)) if len(values) == len(root.key) else {}


def entity_key(root: Table, entity: Entity) -> str:
    """Returns the key of an entity as text; parts of a compound key are joined with `|`.

    Raises:
        SchemaDrift: a part of the key is missing.
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


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What every row of a load package carries."""

    loaded_at: datetime
    load_id: str


def to_arrow(
    root: str,
    children: tuple[str, ...],
    entities: Sequence[Entity],
    hashes: Sequence[str],
    loaded_at: datetime,
    load_id: str,
) -> dict[str, pa.Table]:
    """Returns the Arrow tables of changed entities: the root table and the named child tables.

    A child table holds a delete marker for each entity that has no rows in it now, so that what
    was there before goes away when it is merged on the root key.

    Args:
        root: name of the root table.
        children: names of the child tables to fill.
        entities: elements of the API's list, unchanged.
        hashes: their `content_hash`, in the same order.
        loaded_at: written to `_loaded_at`.
        load_id: written to `_dlt_load_id`.

    Raises:
        SchemaDrift: a value is not of the declared type, or a key is missing.
    """
    names, stamp = (root, *children), _Stamp(loaded_at, load_id)
    parts: list[dict[str, pa.Table]] = []
    first = 0
    for page, group in grouped(entities):
        own = hashes[first : first + len(group)]
        first += len(group)
        if page is None:
            parts.append(_from_values(names, group, own, stamp))
        else:
            parts.append(_from_structs(names, structs_of(page, group), group, own, stamp))
    if len(parts) == 1:
        return parts[0]
    return {name: pa.concat_tables([empty(name), *(own[name] for own in parts)]) for name in names}


def _from_values(
    names: tuple[str, ...], entities: Sequence[Entity], hashes: Sequence[str], stamp: _Stamp
) -> dict[str, pa.Table]:
    tree, page = tree_of(names), FlatPage(entities)
    root, *children = map(table_named, names)
    return {
        root.name: _root(root, page, hashes, tree, stamp),
        **{child.name: _child(child, page, tree, stamp) for child in children},
    }


def _from_structs(
    names: tuple[str, ...],
    structs: pa.StructArray,
    entities: Sequence[Entity],
    hashes: Sequence[str],
    stamp: _Stamp,
) -> dict[str, pa.Table]:
    root, *children = map(table_named, names)
    return {
        root.name: _root_of_structs(root, structs, hashes, stamp),
        **{child.name: _child_of_structs(child, structs, entities, stamp) for child in children},
    }


def _table(table: Table, arrays: Sequence[pa.Array], count: int, stamp: _Stamp) -> pa.Table:
    """Returns a landed table of all columns but the last two, and these."""
    loaded_at = pa.repeat(pa.scalar(stamp.loaded_at, ARROW[Type.INSTANT]), count)
    load_id = pa.repeat(pa.scalar(stamp.load_id, pa.string()), count)
    return pa.table([*arrays, loaded_at, load_id], schema=schema(table.name))


def _root(
    table: Table, page: FlatPage, hashes: Sequence[str], tree: Node, stamp: _Stamp
) -> pa.Table:
    if page.knows_all(tree):
        extras = pa.nulls(len(page.entities), pa.string())
    else:
        extras = _json([unknown(table.name, entity, tree) for entity in page.entities])
    arrays = [array_of(table, column, _values(column, page)) for column in table.columns]
    return _with_hashes(table, [*arrays, extras], hashes, stamp)


def _root_of_structs(
    table: Table, structs: pa.StructArray, hashes: Sequence[str], stamp: _Stamp
) -> pa.Table:
    arrays = [*root_arrays(table, structs), pa.nulls(len(structs), pa.string())]
    return _with_hashes(table, arrays, hashes, stamp)


def _with_hashes(
    table: Table, arrays: Sequence[pa.Array], hashes: Sequence[str], stamp: _Stamp
) -> pa.Table:
    """Returns a root table, of its declared columns and `extra`."""
    arrays = [*arrays, pa.array(hashes, pa.string())]
    if table.absence is Absence.DELETED:
        arrays.append(pa.nulls(len(hashes), ARROW[Type.INSTANT]))
    return _table(table, arrays, len(hashes), stamp)


def _values(column: Column, page: FlatPage) -> list[Any]:
    values = page.values(column.source)
    if column.type is not Type.PRESENCE:
        return values
    section = column.source.partition(".")[0]
    return [
        None if entity.get(NOT_REQUESTED) == section else value not in (None, "")
        for entity, value in zip(page.entities, values, strict=True)
    ]


def _json(extras: Sequence[Mapping[str, Any] | None]) -> pa.Array:
    return pa.array([to_json(extra or None) for extra in extras], pa.string())


def _child(table: Table, page: FlatPage, tree: Node, stamp: _Stamp) -> pa.Table:
    flat = page.rows(table, tree)
    if flat is not None:
        return _with_markers(
            table, flat.arrays, None, [page.entities[place] for place in flat.without], stamp
        )
    child = child_rows(table, page.entities, tree)
    arrays = [array_of(table, column, child.values[column.name]) for column in table.columns]
    present = {id(row[0]) for row in child.rows}
    empty_now = [entity for entity in page.entities if id(entity) not in present]
    return _with_markers(table, arrays, _json(child.extras), empty_now, stamp)


def _child_of_structs(
    table: Table, structs: pa.StructArray, entities: Sequence[Entity], stamp: _Stamp
) -> pa.Table:
    empty_now = [entities[place] for place in without_rows(table, structs)]
    return _with_markers(table, child_arrays(table, structs), None, empty_now, stamp)


def _with_markers(
    table: Table,
    arrays: Sequence[pa.Array],
    extras: pa.Array | None,
    empty_now: Sequence[Entity],
    stamp: _Stamp,
) -> pa.Table:
    """Returns a child table, of its declared columns and `extra`, and its delete markers."""
    count = len(arrays[0])
    extras = pa.nulls(count, pa.string()) if extras is None else extras
    rows = _table(table, [*arrays, extras, pa.nulls(count, pa.bool_())], count, stamp)
    if not empty_now:
        return rows
    return pa.concat_tables([rows, _delete_markers(table, empty_now, stamp)])


def _delete_markers(table: Table, entities: Sequence[Entity], stamp: _Stamp) -> pa.Table:
    """Returns one row per entity that names it and marks that its rows go."""
    rows: list[Row] = [(entity, ({}, 0, 0)) for entity in entities]
    blank = {Type.TEXT: "", Type.INTEGER: 0, Type.DATE: date(1970, 1, 1)}
    arrays = []
    for column in landed_columns(table.name)[:-2]:
        if column.name in table.entity:
            arrays.append(array_of(table, column, values_of(table, column, rows)))
        elif column is DELETE_MARKER:
            arrays.append(pa.array([True] * len(rows), pa.bool_()))
        elif column.name in table.key:
            arrays.append(pa.array([blank[column.type]] * len(rows), ARROW[column.type]))
        else:
            arrays.append(pa.nulls(len(rows), ARROW[column.type]))
    return _table(table, arrays, len(rows), stamp)


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
