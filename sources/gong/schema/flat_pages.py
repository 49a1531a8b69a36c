"""Pure: entities of a page with their lists laid out flat, so that columns are made list by list.

Invariant: what is made of a table here is what `child_rows` and `unknown_fields` make of it, value
by value. So nothing is made where a table's part of the page is not of the declared form: an
element that is no object, a key that no column knows, a key of a row that is missing or comes
twice. The caller then goes the long way for that table, which also finds the words for an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import ARROW, array_of
from sources.gong.schema.columns import Column, Entity
from sources.gong.schema.table import Table
from sources.gong.schema.unknown_fields import Node, node_of

_LISTS = frozenset((list, type(None)))
_OBJECTS = frozenset((dict, type(None)))
_DICT = frozenset((dict,))
_BLANK: list[dict[str, Any]] = [{}]
"""Stands for the rows of an element that has none and still gives one."""


class NotFlat(Exception):
    """A part of a page is not of the declared form."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a child table.

    Attributes:
        arrays: the declared columns.
        without: places of the entities that have no rows.
    """

    arrays: list[pa.Array]
    without: list[int]


class _Depth:
    """The elements of all lists at one depth of a path, one after another.

    Args:
        lists: one for each element around; None for one that is missing.
        around: the depth around; None where these are lists of entities.
    """

    def __init__(self, lists: Sequence[Any], around: _Depth | None) -> None:
        if not set(map(type, lists)) <= _LISTS:
            raise NotFlat
        self._around = around
        self._lengths = [len(own) if own else 0 for own in lists]
        self.elements: list[Any] = list(chain.from_iterable(own for own in lists if own))
        if not set(map(type, self.elements)) <= _DICT:
            raise NotFlat

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all elements."""
        return frozenset().union(*self.elements)

    @cached_property
    def parents(self) -> list[int]:
        """For each element, the place of that around it."""
        numbered = map(repeat, range(len(self._lengths)), self._lengths)
        return list(chain.from_iterable(numbered))

    @cached_property
    def parent_places(self) -> pa.Array:
        """The same as `parents`."""
        return pa.array(self.parents, pa.int64())

    @cached_property
    def entity_places(self) -> pa.Array:
        """The same as `entities`."""
        return pa.array(self.entities, pa.int64())

    @cached_property
    def positions(self) -> list[int]:
        """For each element, its place in its list."""
        return list(chain.from_iterable(map(range, self._lengths)))

    @cached_property
    def entities(self) -> list[int]:
        """For each element, the place of its entity."""
        if self._around is None:
            return self.parents
        return list(map(self._around.entities.__getitem__, self.parents))


class FlatPage:
    """Entities of a page.

    Args:
        entities: read value by value.
    """

    def __init__(self, entities: Sequence[Entity]) -> None:
        self.entities = entities
        self._values: dict[str, list[Any]] = {}
        self._depths: dict[tuple[str, ...], _Depth] = {}

    def values(self, dotted: str) -> list[Any]:
        """Returns the value at a dotted path of each entity; None where the path ends early."""
        if dotted not in self._values:
            outer, _, key = dotted.rpartition(".")
            around: Iterable[Any] = self.values(outer) if outer else self.entities
            self._values[dotted] = [
                value.get(key) if isinstance(value, dict) else None for value in around
            ]
        return self._values[dotted]

    def depths(self, path: str, *, is_outer: bool = False) -> list[_Depth]:
        """Returns the depths of a path of lists, from the outermost in.

        Args:
            path: as in `Part.rows`.
            is_outer: whether an element of the last but one without inner elements has a blank one.

        Raises:
            NotFlat: there are other values than lists of objects.
        """
        keys = tuple(path.removesuffix("[]").split("[]."))
        depths: list[_Depth] = []
        for number in range(1, len(keys) + 1):
            is_blank = is_outer and 1 < number == len(keys)
            known = (*keys[:number], "blank") if is_blank else keys[:number]
            if known not in self._depths:
                lists = self._lists(keys[number - 1], depths[-1] if depths else None)
                if is_blank:
                    lists = [_BLANK if own is None or own == [] else own for own in lists]
                self._depths[known] = _Depth(lists, depths[-1] if depths else None)
            depths.append(self._depths[known])
        return depths

    def _lists(self, dotted: str, around: _Depth | None) -> list[Any]:
        if around is None:
            return self.values(dotted)
        if "." in dotted:
            raise NotFlat
        return [element.get(dotted) for element in around.elements]

    def knows_all(self, tree: Node) -> bool:
        """Whether the columns of the tables read everything that lies outside of their rows."""
        try:
            return self._knows(tree, self.entities, "")
        except NotFlat:
            return False

    def _knows(self, node: Node, values: Sequence[Any], prefix: str) -> bool:
        if not frozenset().union(*values) <= node.keys.keys() | node.lists.keys():
            return False
        for key, inner in node.keys.items():
            if inner is None:
                continue
            objects = self.values(prefix + key)
            if not set(map(type, objects)) <= _OBJECTS:
                return False
            if not self._knows(inner, [o for o in objects if o], f"{prefix}{key}."):
                return False
        return all(
            self._knows_lists(inner, prefix + key)
            for key, inner in node.lists.items()
            if inner.lists or not inner.is_row
        )

    def _knows_lists(self, node: Node, path: str) -> bool:
        depth = self.depths(f"{path}[]")[-1]
        if not node.is_row:
            known = node.keys.keys() | node.lists.keys()
            if not depth.keys <= known or any(node.keys.values()):
                return False
            if not all(inner.is_outer for inner in node.lists.values()):
                lists = [[element.get(key) for element in depth.elements] for key in node.lists]
                if not all(map(any, zip(*lists, strict=True))):
                    return False
        return all(
            self._knows_lists(inner, f"{path}[].{key}")
            for key, inner in node.lists.items()
            if inner.lists or not inner.is_row
        )

    def rows(self, table: Table, tree: Node) -> Rows | None:
        """Returns the rows of a child table; None where they are not of the declared form."""
        try:
            paths = self._paths(table)
            if not _are_known(table, tree, [depths[-1] for depths in paths]):
                return None
            arrays = [self._column(table, column, paths) for column in table.columns]
        except (NotFlat, SchemaDrift):
            return None
        if not _have_keys(table, arrays):
            return None
        if len(paths) > 1:
            places = pa.concat_arrays([depths[-1].entity_places for depths in paths])
            order = pc.array_sort_indices(places)
            arrays = [array.take(order) for array in arrays]
        present = set(chain.from_iterable(depths[-1].entities for depths in paths))
        without = [place for place in range(len(self.entities)) if place not in present]
        return Rows(arrays, without)

    def _paths(self, table: Table) -> list[list[_Depth]]:
        if not callable(table.rows):
            return [self.depths(path, is_outer=table.is_outer) for path in table.rows]
        try:
            return [[_Depth([list(table.rows(entity)) for entity in self.entities], None)]]
        except (TypeError, AttributeError):
            raise NotFlat from None

    def _column(self, table: Table, column: Column, paths: Sequence[Sequence[_Depth]]) -> pa.Array:
        bare = column.source.lstrip("^")
        out = len(column.source) - len(bare)
        if bare == "@":
            parts = list(_ordinals(len(self.entities), paths, out))
        elif bare.startswith("$"):
            values = array_of(table, column, self.values(bare[1:]))
            parts = [values.take(depths[-1].entity_places) for depths in paths]
        else:
            parts = [_part(table, column, bare, depths, out) for depths in paths]
        return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)


def _part(table: Table, column: Column, bare: str, depths: Sequence[_Depth], out: int) -> pa.Array:
    """Returns what the rows of one path have in a column."""
    if out >= len(depths):
        return pa.nulls(len(depths[-1].elements), ARROW[column.type])
    depth = depths[len(depths) - 1 - out]
    if bare == "#":
        return _taken(pa.array(depth.positions, pa.int64()), depths, out)
    if bare == "." or "." in bare:
        raise NotFlat
    return _taken(
        array_of(table, column, [element.get(bare) for element in depth.elements]), depths, out
    )


def _taken(values: pa.Array, depths: Sequence[_Depth], out: int) -> pa.Array:
    """Returns for each row the value of the element that is so much further out."""
    for depth in depths[len(depths) - out :]:
        values = values.take(depth.parent_places)
    return values


def _ordinals(count: int, paths: Iterable[Sequence[_Depth]], out: int) -> Iterator[pa.Array]:
    """Yields for the rows of each path the ordinal of the element that is so much further out.

    It counts among all such elements of the entity, of one path after another.
    """
    before = [0] * count
    for depths in paths:
        if out >= len(depths):
            raise NotFlat
        depth = depths[len(depths) - 1 - out]
        after = before.copy()
        for entity in depth.entities:
            after[entity] += 1
        ordinals = chain.from_iterable(map(range, before, after))
        yield _taken(pa.array(ordinals, pa.int64()), depths, out)
        before = after


def _are_known(table: Table, tree: Node, rows: Iterable[_Depth]) -> bool:
    """Whether columns read all keys of the rows."""
    if table.is_outer and any(column.source.endswith("@") for column in table.columns):
        return False
    if callable(table.rows):
        sources = frozenset(column.source for column in table.columns)
        return all(depth.keys <= sources for depth in rows)
    node = node_of(tree, table)
    known = node.keys.keys() | node.lists.keys()
    return not any(node.keys.values()) and all(depth.keys <= known for depth in rows)


def _have_keys(table: Table, arrays: Sequence[pa.Array]) -> bool:
    """Whether all rows have keys, and different ones."""
    columns = dict(zip((column.name for column in table.columns), arrays, strict=True))
    if any(columns[name].null_count for name in table.key):
        return False
    if all(table.column(name).is_position for name in table.key if name not in table.entity):
        return True
    names = dict.fromkeys((*table.entity, *table.key))
    if any(columns[name].null_count for name in names):
        return False
    texts = [pc.cast(columns[name], pa.string()) for name in names]
    joined = pc.binary_join_element_wise(*texts, "|")
    # two that are alike only when joined are taken for equal, which costs time and nothing else
    return bool(pc.count_distinct(joined).as_py() == len(joined))
