"""Pure: what the tables know of the shape of an entity, and what they do not know.

A tree of the keys and lists that some column or child table reads is made from the rows of
`tables.py`; held against an entity it gives the keys that nobody reads. They go to `extra`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import kind
from sources.gong.schema.table import Table
from sources.gong.schema.tables import table as table_named

WITHOUT_ROWS = "elements without rows"
"""Key in `extra` of a root row: elements that give no row because their own lists are empty, such
as a monologue without sentences, by their place."""


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


@cache
def tree_of(names: tuple[str, ...]) -> Node:
    """Returns what the named tables, a root and children of it, read of an entity."""
    tree = Node()
    for name in names:
        table = table_named(name)
        if table.is_root:
            for key in (*(c.source for c in table.columns), *table.ignored):
                tree.learn(key)
        elif callable(table.rows):
            continue
        else:
            for path in table.rows:
                _learn_path(tree, table, path)
    return tree


def unknown(value: Mapping[str, Any], node: Node, prefix: str, found: dict[str, Any]) -> None:
    """Collects what no column reads, below `value` but outside rows of child tables."""
    for key, inner in value.items():
        if key in node.lists:
            _unknown_in_list(inner, node.lists[key], prefix + key, found)
        elif key not in node.keys:
            # signed URLs are not kept, whatever Gong may call them one day; the name is
            found[prefix + key] = None if prefix == "media." else inner
        elif (subnode := node.keys[key]) is not None and inner is not None:
            if not isinstance(inner, dict):
                raise SchemaDrift(
                    f"{prefix}{key} is {kind(inner)} where an object is expected",
                    field=f"{prefix}{key}",
                    expected="an object",
                    found=kind(inner),
                )
            unknown(inner, subnode, f"{prefix}{key}.", found)


def _without_places(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def _unknown_in_list(elements: Any, node: Node, path: str, found: dict[str, Any]) -> None:
    if elements is None or (node.is_row and not node.lists):
        return
    if not isinstance(elements, list):
        raise SchemaDrift(
            f"{path} is {kind(elements)} where a list is expected",
            field=_without_places(path),
            expected="a list",
            found=kind(elements),
        )
    for index, element in enumerate(elements):
        if element is None:
            continue
        if not isinstance(element, dict):
            raise SchemaDrift(
                f"{path}: an element is {kind(element)} where an object is expected",
                field=_without_places(f"{path}[]"),
                expected="an object",
                found=kind(element),
            )
        here = f"{path}[{index}]"
        if node.is_row:
            for key, inner in node.lists.items():
                _unknown_in_list(element.get(key), inner, f"{here}.{key}", found)
        elif not any(element.get(key) for key in node.lists) and not all(
            inner.is_outer for inner in node.lists.values()
        ):
            found.setdefault(WITHOUT_ROWS, {})[here] = element
        else:
            inner_found: dict[str, Any] = {}
            unknown(element, node, "", inner_found)
            for key, inner in inner_found.items():
                found.setdefault(f"{path}[].{key}", {})[str(index)] = inner
