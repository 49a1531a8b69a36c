"""Pure: the keys of an entity that no column and no child table reads.

A tree of the keys and lists that are read is made from the rows of the tables; compared with an
entity it gives the others. They go to `extra`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sources.gong.schema.coercion import misfit
from sources.gong.schema.table import Table
from sources.gong.schema.tables import table as table_named

WITHOUT_ROWS = "elements without rows"
"""Key in `extra` of a root row: elements that give no row because their own lists are empty, such
as a monologue without sentences, by their place."""

_MEDIA = "media."
_OBJECT, _LIST = "an object", "a list"


@dataclass(slots=True)
class Node:
    """What is known of a JSON object: its keys, and the lists in it whose elements are read."""

    keys: dict[str, Node | None] = field(default_factory=dict)
    lists: dict[str, Node] = field(default_factory=dict)
    is_row: bool = False
    is_outer: bool = False

    def learn(self, dotted: str) -> None:
        """Notes that a column reads this key; dots lead through objects."""
        first, _, rest = dotted.partition(".")
        if not rest:
            self.keys.setdefault(first, None)
            return
        inner = self.keys.get(first)
        if inner is None:
            inner = self.keys[first] = Node()
        inner.learn(rest)


@cache
def tree_of(names: tuple[str, ...]) -> Node:
    """Returns what the named tables, a root and children of it, read of an entity."""
    tree = Node()
    for table in map(table_named, names):
        if table.is_root:
            for key in (*(c.source for c in table.columns), *table.ignored):
                tree.learn(key)
        elif not callable(table.rows):
            for path in table.rows:
                _learn_path(tree, table, path)
    return tree


def _learn_path(tree: Node, table: Table, path: str) -> None:
    node, elements = tree, [tree]
    for segment in path.split("."):
        if segment.endswith("[]"):
            node = node.lists.setdefault(segment[:-2], Node())
            elements.append(node)
        else:
            inner = node.keys.get(segment)
            if inner is None:
                inner = node.keys[segment] = Node()
            node = inner
    node.is_row = True
    node.is_outer |= table.is_outer
    for column in table.columns:
        bare = column.source.lstrip("^")
        depth = len(column.source) - len(bare)
        if bare in ("#", "@", ".") or depth >= len(elements) - 1:
            continue
        (tree if bare.startswith("$") else elements[-1 - depth]).learn(bare.lstrip("$"))
    for key in table.ignored:
        node.learn(key)


def node_of(tree: Node, table: Table) -> Node:
    """Returns what is read of a row of a child table whose rows lie in lists."""
    assert not callable(table.rows)
    node = tree
    for segment in table.rows[0].split("."):
        name = segment.removesuffix("[]")
        node = node.lists[name] if name != segment else node.keys[name] or Node()
    return node


def unknown(table: str, value: Mapping[str, Any], node: Node, prefix: str = "") -> dict[str, Any]:
    """Returns what no column reads, below `value` but outside rows of child tables.

    Args:
        table: named where a value is of another form than is known.
        value: an object of an answer.
        node: what is read of it.
        prefix: where the object lies, with a dot at its end; empty for the entity itself.

    Raises:
        SchemaDrift: an object or a list is something else.
    """
    unread: dict[str, Any] = {}
    _collect(table, value, node, prefix, unread)
    return unread


def _collect(
    table: str, value: Mapping[str, Any], node: Node, prefix: str, unread: dict[str, Any]
) -> None:
    for key, inner in value.items():
        if key in node.lists:
            _collect_from_list(table, inner, node.lists[key], prefix + key, unread)
        elif key not in node.keys:
            # signed URLs are not kept, whatever Gong may call them one day; the name is
            unread[prefix + key] = None if prefix == _MEDIA else inner
        elif (subnode := node.keys[key]) is not None and inner is not None:
            if not isinstance(inner, dict):
                raise misfit(table, prefix + key, inner, _OBJECT, field=prefix + key)
            _collect(table, inner, subnode, f"{prefix}{key}.", unread)


def _collect_from_list(
    table: str, elements: Any, node: Node, path: str, unread: dict[str, Any]
) -> None:
    if elements is None or (node.is_row and not node.lists):
        return
    if not isinstance(elements, list):
        raise misfit(table, path, elements, _LIST, field=_without_places(path))
    for index, element in enumerate(elements):
        if element is None:
            continue
        if not isinstance(element, dict):
            field_ = _without_places(f"{path}[]")
            raise misfit(table, f"{path}: an element", element, _OBJECT, field=field_)
        here = f"{path}[{index}]"
        if node.is_row:
            for key, inner in node.lists.items():
                _collect_from_list(table, element.get(key), inner, f"{here}.{key}", unread)
        elif _gives_no_row(element, node):
            unread.setdefault(WITHOUT_ROWS, {})[here] = element
        else:
            for key, value in unknown(table, element, node).items():
                unread.setdefault(f"{path}[].{key}", {})[str(index)] = value


def _gives_no_row(element: Mapping[str, Any], node: Node) -> bool:
    is_empty = not any(element.get(key) for key in node.lists)
    return is_empty and not all(inner.is_outer for inner in node.lists.values())


def _without_places(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)
