"""The schema as entity diagrams: what is in each, and its text for Mermaid.

An overview shows the tables that are read by themselves, with the joins of their parts drawn to
them; one diagram per area shows every table of it. Joins to the hubs (users, workspaces) are drawn
in the areas only, because in the overview they would hide everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from sources.gong.schema.tables import TABLES, table
from sources.gong.schema.tables.relations import AREAS, HUBS, RELATIONS, Relation


@dataclass(frozen=True, slots=True)
class Box:
    """A table in a diagram.

    Attributes:
        name: the table.
        rows: column, type and mark (PK, FK or both) of the columns that make it joinable.
        is_guest: whether the diagram is about another area, so that only its key is shown.
    """

    name: str
    rows: tuple[tuple[str, str, str], ...]
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A join in a diagram: the rows of `child` refer to a row of `parent`."""

    child: str
    parent: str
    label: str
    mark: str
    """Mermaid's signs for how many rows are at either end, the parent's first."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """One diagram."""

    title: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]

    @property
    def mermaid(self) -> str:
        """The diagram as Mermaid's `erDiagram`."""
        text = ["erDiagram"]
        for box in self.boxes:
            text.append(f"    {box.name} {{")
            text += [f"        {type_} {name} {mark}".rstrip() for name, type_, mark in box.rows]
            text.append("    }")
        text += [
            f'    {line.parent} {line.mark} {line.child} : "{line.label}"' for line in self.lines
        ]
        return "\n".join(text) + "\n"


def overview() -> Diagram:
    """Returns the diagram of the tables that are read by themselves."""
    names = tuple(t.name for t in TABLES if t.is_root)
    lines: dict[tuple[str, str], Line] = {}
    for relation in RELATIONS:
        child = table(relation.table).parent or relation.table
        parent = table(relation.to).parent or relation.to
        if child == parent or parent in HUBS:
            continue
        is_own = child == relation.table and parent == relation.to
        label = ", ".join(relation.columns)
        line = Line(
            child,
            parent,
            label if is_own else f"{relation.table}.{label}",
            _mark(relation) if is_own else "}o--o{",
        )
        known = lines.get((child, parent))
        if known is None or (is_own and "." in known.label):
            lines[(child, parent)] = line
    boxes = tuple(_box(name, keys_only=True) for name in names)
    return Diagram("Overview", boxes, tuple(lines.values()))


def of_area(area: str) -> Diagram:
    """Returns the diagram of all tables of an area, with the tables outside that they refer to."""
    inside = AREAS[area]
    lines: dict[tuple[str, str, str], Line] = {}
    guests: dict[str, None] = {}
    for relation in RELATIONS:
        if relation.table not in inside or _says_less(relation):
            continue
        if relation.to not in inside:
            guests[relation.to] = None
        label = ", ".join(relation.columns)
        line = Line(relation.table, relation.to, label, _mark(relation))
        lines[(line.child, line.parent, label)] = line
    boxes = (
        *(_box(name) for name in inside),
        *(_box(name, keys_only=True, is_guest=True) for name in guests),
    )
    return Diagram(area, boxes, tuple(lines.values()))


def all_diagrams() -> tuple[Diagram, ...]:
    """Returns the overview and the diagrams of the areas."""
    return (overview(), *(of_area(area) for area in AREAS))


def _says_less(relation: Relation) -> bool:
    """Whether another way to the same row goes through a closer table, which is drawn instead."""
    return any(
        other is not relation
        and other.table == relation.table
        and other.to != relation.to
        and set(relation.columns) < set(other.columns)
        and any(
            step.table == other.to and step.to == relation.to and step.is_part_of
            for step in RELATIONS
        )
        and other.finds_one
        for other in RELATIONS
    )


def _mark(relation: Relation) -> str:
    mine = table(relation.table)
    is_certain = set(relation.columns) <= set(mine.key)
    at_most_one = "||" if is_certain else "|o"
    parent = at_most_one if relation.finds_one else "}o"
    child = "o|" if set(relation.columns) >= set(mine.key) else "o{"
    return f"{parent}--{child}"


def _box(name: str, *, keys_only: bool = False, is_guest: bool = False) -> Box:
    row = table(name)
    foreign = {column for r in RELATIONS if r.table == name for column in r.columns}
    rows = []
    for column in row.columns:
        is_key = column.name in row.key
        if is_key or (column.name in foreign and not keys_only):
            marks = ["PK"] * is_key + ["FK"] * (column.name in foreign)
            rows.append((column.name, str(column.type), ", ".join(marks)))
    return Box(name, tuple(rows), is_guest)
