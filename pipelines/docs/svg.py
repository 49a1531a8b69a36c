"""A diagram as a picture: boxes in layers, lines between them, links to the pages of the tables.

Who is referred to stands left of who refers. A line that passes a layer has a place of its own
there, so that no line runs behind a box. Pure; the picture needs nothing but a browser.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from pipelines.docs.diagrams import Box, Diagram, Line
from pipelines.docs.relations import AREAS

_CHARACTER = 6.7
_ROW, _HEAD = 16, 22
_BOX_GAP, _LINE_GAP, _LAYER_GAP = 14, 7, 84
_MARGIN = 12
_SWEEPS = 12
_COLOURS = (
    "#2563eb", "#0f766e", "#b45309", "#7c3aed", "#be123c", "#4d7c0f", "#0e7490", "#a21caf",
)  # fmt: skip


@dataclass(slots=True)
class _Item:
    """A box, or the place at which a line passes a layer."""

    box: Box | None
    height: float
    layer: int = 0
    x: float = 0
    y: float = 0


def colour(area: str) -> str:
    """Returns the colour in which the tables of an area are drawn."""
    return _COLOURS[list(AREAS).index(area) % len(_COLOURS)]


def svg(diagram: Diagram, link: str) -> str:
    """Returns the diagram as an SVG element.

    Args:
        diagram: what is drawn.
        link: address of a table's page, with `{}` where its name goes.
    """
    layout = _Layout(diagram)
    parts = [layout.path(line) for line in diagram.lines]
    parts += [_drawn(layout.items[box.name], link) for box in diagram.boxes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" '
        f'aria-label="{escape(diagram.title)}" width="{layout.width:.0f}" '
        f'height="{layout.height:.0f}" viewBox="0 0 {layout.width:.0f} {layout.height:.0f}">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


class _Layout:
    def __init__(self, diagram: Diagram) -> None:
        self.items = {box.name: _Item(box, _HEAD + _ROW * len(box.rows)) for box in diagram.boxes}
        self._lines = [line for line in diagram.lines if line.child != line.parent]
        self._ways: dict[int, list[_Item]] = {}
        joined = {name for line in self._lines for name in (line.child, line.parent)}
        self._alone = [item for name, item in self.items.items() if name not in joined]
        self._assign_layers()
        self._layers = self._fill_layers(joined)
        self._order()
        self.width, self.height = self._place()

    def _assign_layers(self) -> None:
        parents = defaultdict(set)
        for line in self._lines:
            parents[line.child].add(line.parent)

        def depth(name: str, above: tuple[str, ...]) -> int:
            over = [p for p in parents[name] if p not in above]
            return 1 + max((depth(p, (*above, name)) for p in over), default=-1)

        for name, item in self.items.items():
            item.layer = depth(name, (name,))

    def _fill_layers(self, joined: set[str]) -> list[list[_Item]]:
        count = 1 + max((item.layer for item in self.items.values()), default=0)
        layers: list[list[_Item]] = [[] for _ in range(count)]
        for name, item in self.items.items():
            if name in joined:
                layers[item.layer].append(item)
        for line in self._lines:
            first, last = self.items[line.parent], self.items[line.child]
            way = [first]
            for layer in range(first.layer + 1, last.layer):
                passing = _Item(None, 1, layer)
                layers[layer].append(passing)
                way.append(passing)
            self._ways[id(line)] = [*way, last]
        return layers

    def _order(self) -> None:
        """Orders each layer by where its neighbours stand, back and forth."""
        near: dict[int, list[_Item]] = defaultdict(list)
        for way in self._ways.values():
            for one, other in pairwise(way):
                near[id(one)].append(other)
                near[id(other)].append(one)
        for sweep in range(_SWEEPS):
            self._stack()
            order = range(len(self._layers)) if sweep % 2 == 0 else range(len(self._layers))[::-1]
            for index in order:
                before = index - 1 if sweep % 2 == 0 else index + 1
                centres = {}
                for item in self._layers[index]:
                    beside = [n for n in near[id(item)] if n.layer == before]
                    around = beside or [item]
                    centres[id(item)] = sum(n.y + n.height / 2 for n in around) / len(around)
                self._layers[index].sort(key=lambda item: centres[id(item)])
                self._stack_one(self._layers[index])

    def _stack(self) -> None:
        for layer in self._layers:
            self._stack_one(layer)

    @staticmethod
    def _stack_one(layer: list[_Item]) -> None:
        y = 0.0
        for item in layer:
            item.y = y
            y += item.height + (_BOX_GAP if item.box else _LINE_GAP)

    def _place(self) -> tuple[float, float]:
        tall = max((sum(_space(i) for i in layer) for layer in self._layers), default=0)
        x = float(_MARGIN)
        for layer in self._layers:
            wide = max((_width(item.box) for item in layer if item.box), default=0)
            y = _MARGIN + (tall - sum(_space(item) for item in layer)) / 2
            for item in layer:
                item.x, item.y = x, y
                y += _space(item)
            x += wide + _LAYER_GAP
        width = x - _LAYER_GAP + _MARGIN if any(self._layers) else _MARGIN
        bottom = _MARGIN + tall
        x, row = float(_MARGIN), 0.0
        limit = max(width, 900.0)
        for item in self._alone:
            if x + _width(item.box) > limit and x > _MARGIN:
                x, bottom, row = _MARGIN, bottom + row + _BOX_GAP, 0.0
            item.x, item.y = x, bottom + _BOX_GAP
            x += _width(item.box) + _BOX_GAP
            width = max(width, x)
            row = max(row, item.height)
        return width, bottom + (_BOX_GAP + row if self._alone else 0) + _MARGIN

    def path(self, line: Line) -> str:
        """Returns the line of a join, from the row of the column to the key it means."""
        told = f"{line.child} ({line.label}) refers to {line.parent}"
        parent, child = self.items[line.parent], self.items[line.child]
        assert parent.box
        if parent is child:
            x, y = parent.x + _width(parent.box), parent.y + _HEAD / 2
            shape = f"M{x:.0f} {y:.0f} c34 -14 34 26 0 14"
            return _line(shape, told, parent.box.area, line)
        way = self._ways[id(line)]
        x, y = parent.x + _width(parent.box), parent.y + _HEAD / 2
        shape = f"M{x:.0f} {y:.0f}"
        for item in way[1:]:
            to_x, to_y = item.x, item.y
            if item.box:
                to_y += _row_of(item.box, line.label.rpartition(".")[2])
            middle = (x + to_x) / 2
            shape += f" C{middle:.0f} {y:.0f} {middle:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}"
            x, y = to_x, to_y
            if item.box is None:
                # past the boxes of the layer
                wide = max(_width(i.box) for i in self._layers[item.layer] if i.box)
                x = to_x + wide
                shape += f" L{x:.0f} {y:.0f}"
        return _line(shape, told, parent.box.area, line)


def _line(shape: str, told: str, area: str, line: Line) -> str:
    dashed = "" if line.mark.startswith("|") else ' stroke-dasharray="5 3"'
    return (
        f'<path class="join" d="{shape}" stroke="{colour(area)}"{dashed}>'
        f"<title>{escape(told)}</title></path>"
    )


def _space(item: _Item) -> float:
    return item.height + (_BOX_GAP if item.box else _LINE_GAP)


def _width(box: Box | None) -> float:
    if box is None:
        return 0
    longest = max((len(column) + len(mark) + 3 for column, _, mark in box.rows), default=0)
    return max(longest, len(box.name) + 3) * _CHARACTER + 12


def _row_of(box: Box, label: str) -> float:
    """Returns how far down in a box the row of a column is; its head where it is not shown."""
    first = label.split(", ")[-1]
    for index, (column, _, _) in enumerate(box.rows):
        if column == first:
            return _HEAD + _ROW * index + _ROW / 2
    return _HEAD / 2


def _drawn(item: _Item, link: str) -> str:
    box = item.box
    assert box
    wide, hue = _width(box), colour(box.area)
    text = [
        f'<a href="{escape(link.format(box.name))}"><g class="box{" guest" * box.is_guest}">',
        f"<title>{escape(box.name)} ({escape(box.area)})</title>",
        f'<rect x="{item.x:.0f}" y="{item.y:.0f}" width="{wide:.0f}" height="{item.height:.0f}" '
        f'rx="3" fill="#fff" stroke="{hue}"/>',
        f'<rect x="{item.x:.0f}" y="{item.y:.0f}" width="{wide:.0f}" height="{_HEAD}" rx="3" '
        f'fill="{hue}"/>',
        f'<text x="{item.x + 7:.0f}" y="{item.y + 15:.0f}" class="name">{escape(box.name)}</text>',
    ]
    for index, (column, _, mark) in enumerate(box.rows):
        y = item.y + _HEAD + _ROW * index + 12
        text.append(
            f'<text x="{item.x + 7:.0f}" y="{y:.0f}">{escape(column)}</text>'
            f'<text x="{item.x + wide - 6:.0f}" y="{y:.0f}" class="mark">{escape(mark)}</text>'
        )
    return "".join(text) + "</g></a>"
