"""Pure: pages of entities that go from the bytes of an answer to Arrow, without a value per row.

Invariant: what lands of such a page is what lands of it when it is read value by value. So only a
page of exactly the declared form is read like this: all keys known and there once, all values of
the declared types, nothing that `coercion` would have to convert or `extra` to keep. In a page of
that form, an entity with gaps (null elements, elements without rows) is read value by value, alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from sources.gong.api.answers.parts import Decode, parse
from sources.gong.schema.coercion import ARROW
from sources.gong.schema.columns import Column, Entity
from sources.gong.schema.table import Table
from sources.gong.schema.tables import children, root_of

_ENVELOPE = {
    "requestId": pa.string(),
    "records": pa.struct(
        {
            "totalRecords": pa.int64(),
            "currentPageSize": pa.int64(),
            "currentPageNumber": pa.int64(),
            "cursor": pa.string(),
        }
    ),
}
"""What an answer holds beside its list."""
_OBJECT = re.compile(rb"[ \t\r\n]*\{")
_NULL_AFTER_OBJECT = re.compile(rb"\}[ \t\r\n]*null")


class ArrowPage:
    """The entities of one answer.

    Args:
        content: the body of the answer.
        rows_key: the key of its list.
        entities: its elements, an array of structs.
    """

    def __init__(self, content: bytes | bytearray, rows_key: str, entities: pa.StructArray) -> None:
        self._content, self._rows_key, self._entities = content, rows_key, entities

    @cached_property
    def values(self) -> list[Entity]:
        """The entities, read value by value."""
        entities: list[Entity] = parse(self._content).value[self._rows_key]
        return entities

    def structs(self, places: Sequence[int]) -> pa.StructArray:
        """Returns the entities at these places of the list."""
        if len(places) == len(self._entities) and list(places) == list(range(len(places))):
            return self._entities
        return self._entities.take(pa.array(places, pa.int64()))


@dataclass(frozen=True, slots=True, eq=False)
class ArrowPart:
    """Stands in an entity for a list that is in Arrow.

    Attributes:
        page: where it is.
        place: that of the entity in the page.
    """

    page: ArrowPage
    place: int


def plain(entity: Entity) -> Entity:
    """Returns an entity as Gong sent it, with all its values."""
    part = _part_of(entity)
    if part is None:
        return entity
    added = {key: value for key, value in entity.items() if not isinstance(value, ArrowPart)}
    return {**part.page.values[part.place], **added}


def grouped(entities: Iterable[Entity]) -> Iterator[tuple[ArrowPage | None, list[Entity]]]:
    """Yields entities that follow each other and are in one page, or in none, together."""

    def page_of(entity: Entity) -> ArrowPage | None:
        part = _part_of(entity)
        return part.page if part else None

    for page, group in groupby(entities, page_of):
        yield page, list(group)


def structs_of(page: ArrowPage, entities: Iterable[Entity]) -> pa.StructArray:
    """Returns entities of a page as structs."""
    return page.structs([part.place for part in map(_part_of, entities) if part])


def _part_of(entity: Entity) -> ArrowPart | None:
    return next((value for value in entity.values() if isinstance(value, ArrowPart)), None)


@cache
def decoder(stream: str, rows_key: str) -> Decode | None:
    """Returns what reads the answers of a stream; None of one whose pages are not read so."""
    root = root_of(stream)
    if not root.in_arrow:
        return None
    wire = pa.schema({**_ENVELOPE, rows_key: pa.list_(_type_of(root))})
    rules = arrow_json.ParseOptions(
        wire, newlines_in_values=True, unexpected_field_behavior="error"
    )

    def decode(content: bytes | bytearray) -> dict[str, Any] | None:
        if not _is_safe(content):
            return None
        try:
            reading = arrow_json.ReadOptions(use_threads=False, block_size=len(content) + 1)
            answer = arrow_json.read_json(pa.BufferReader(content), reading, rules)
            answer.validate(full=True)  # the reader takes bytes that are no UTF-8
        except (pa.ArrowException, OverflowError):
            return None
        rows = answer[rows_key].combine_chunks()
        if answer.num_rows != 1 or rows.null_count or rows.flatten().null_count:
            return None
        page = ArrowPage(content, rows_key, rows.flatten())
        around = {name: answer[name][0].as_py() for name in _ENVELOPE}
        return {**around, rows_key: _entities(root, page, rows.flatten())}

    return decode


def _is_safe(content: bytes | bytearray) -> bool:
    """Whether Arrow's reader may be given some bytes: a null beside the object crashes it.

    It takes a byte that is zero for the end.
    """
    return (
        _OBJECT.match(content) is not None
        and _NULL_AFTER_OBJECT.search(content) is None
        and b"\0" not in content
    )


def _entities(root: Table, page: ArrowPage, structs: pa.StructArray) -> list[Entity]:
    keys = {column.source: structs.field(column.source).to_pylist() for column in root.columns}
    lists = [field.name for field in structs.type if field.name not in keys]
    gaps = _with_gaps(root, structs)
    return [
        page.values[place]
        if place in gaps
        else {
            **{key: values[place] for key, values in keys.items()},
            **dict.fromkeys(lists, ArrowPart(page, place)),
        }
        for place in range(len(structs))
    ]


def _with_gaps(root: Table, structs: pa.StructArray) -> set[int]:
    """Returns the places of entities without a key, and of those with gaps in their lists."""
    gaps = _places(pc.is_null(structs.field(root.column(root.key[0]).source)))
    for child in children(root.name):
        around, *inner = _depths(child, structs)
        place_of: pa.Array = pa.arange(0, len(structs), 1)
        for depth in inner:
            if around.lists is not None:
                gaps += place_of.filter(pc.equal(depth.lengths, 0)).to_pylist()
            place_of = place_of.take(depth.parents)
            if depth.elements.null_count:
                gaps += place_of.filter(pc.is_null(depth.elements)).to_pylist()
            around = depth
    return set(gaps)


def _places(mask: pa.Array) -> list[int]:
    places: list[int] = pc.indices_nonzero(mask).to_pylist()
    return places


@dataclass(frozen=True, slots=True)
class _Depth:
    """The elements of the lists at one depth of a child table's path; the entities at the first.

    Attributes:
        elements: of all lists, one after another.
        lists: those that hold them, one for each element around; None of the entities.
    """

    elements: pa.StructArray
    lists: pa.ListArray | None = None

    @property
    def lengths(self) -> pa.Array:
        """How many elements each list has."""
        return pc.fill_null(pc.list_value_length(self.lists), 0)

    @property
    def parents(self) -> pa.Array:
        """For each element, the place of that around it."""
        return pc.list_parent_indices(self.lists)

    @property
    def positions(self) -> pa.Array:
        """For each element, its place in its list."""
        lengths = pc.cast(self.lengths, pa.int64())
        starts = pc.subtract(pc.cumulative_sum(lengths), lengths)
        return pc.subtract(pa.arange(0, len(self.elements), 1), starts.take(self.parents))


def _depths(table: Table, structs: pa.StructArray) -> list[_Depth]:
    depths = [_Depth(structs)]
    for key in _path(table):
        lists = depths[-1].elements.field(key)
        depths.append(_Depth(lists.flatten(), lists))
    return depths


def _path(table: Table) -> list[str]:
    """Returns the keys of the lists around the rows of a child table, from the outermost in."""
    assert not callable(table.rows)
    (path,) = table.rows
    return path.removesuffix("[]").split("[].")


def root_arrays(table: Table, structs: pa.StructArray) -> list[pa.Array]:
    """Returns the declared columns of a root table."""
    return [structs.field(column.source) for column in table.columns]


def child_arrays(table: Table, structs: pa.StructArray) -> list[pa.Array]:
    """Returns the declared columns of a child table."""
    depths = _depths(table, structs)
    return [_values(column, depths) for column in table.columns]


def without_rows(table: Table, structs: pa.StructArray) -> list[int]:
    """Returns the places of the entities that have no rows in a child table."""
    return _places(pc.equal(_depths(table, structs)[1].lengths, 0))


def _values(column: Column, depths: Sequence[_Depth]) -> pa.Array:
    key, out = _place(column, len(depths) - 1)
    depth = depths[len(depths) - 1 - out]
    values = depth.positions if key == "#" else depth.elements.field(key)
    for inner in depths[len(depths) - out :]:
        values = values.take(inner.parents)
    return values


def _place(column: Column, deepest: int) -> tuple[str, int]:
    """Returns the key of a column and how many elements further out it is."""
    bare = column.source.lstrip("^")
    if bare.startswith("$"):
        return bare[1:], deepest
    return bare, len(column.source) - len(bare)


def _type_of(root: Table) -> pa.DataType:
    """Returns the form of an entity of which nothing but columns and lists of rows is known."""
    fields: dict[str, Any] = {column.source: ARROW[column.type] for column in root.columns}
    for child in children(root.name):
        around = [fields]
        for key in _path(child):
            around.append(around[-1].setdefault(key, {}))
        for column in child.columns:
            key, out = _place(column, len(around) - 1)
            if key != "#":
                around[len(around) - 1 - out].setdefault(key, ARROW[column.type])
    return _struct(fields)


def _struct(fields: Mapping[str, Any]) -> pa.DataType:
    return pa.struct(
        {
            key: pa.list_(_struct(inner)) if isinstance(inner, dict) else inner
            for key, inner in fields.items()
        }
    )
