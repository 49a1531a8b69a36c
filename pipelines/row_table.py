"""Lays out rows for people to read, within the width of their terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len, set_cell_size

_GAP = "  "
_NUMBERS = (int, float, Decimal)
_NARROWEST = 12
"""Cells of a terminal below which the text of a column is not cut."""
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\ufffd")
"""Characters by which a text of Gong's could steer the terminal."""


def table_lines(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    text_of: Callable[[Any], str],
    width: int | None = None,
) -> list[str] | None:
    """Returns a line of names, one of dashes and a line per row.

    NULL is not an empty text. Whitespace in a text becomes one blank. What is too wide for the
    terminal is cut, with `…` at its end; numbers are never cut.

    Args:
        names: one per column.
        rows: one value per column.
        text_of: the text of a value that is neither NULL nor a float.
        width: cells of the terminal; None for as wide as it gets.

    Returns:
        None: the rows have too many columns for the width.
    """
    cells = [[_cell(value, text_of) for value in row] for row in rows]
    natural = [
        max([cell_len(name), *(cell_len(row[place]) for row in cells)])
        for place, name in enumerate(names)
    ]
    is_number = [
        bool(rows) and all(row[place] is None or isinstance(row[place], _NUMBERS) for row in rows)
        for place in range(len(names))
    ]
    widths = natural if width is None else _fitted(natural, is_number, width)
    if widths is None:
        return None
    lines = [names, ["-" * cells for cells in widths], *cells]
    return [_GAP.join(map(_aligned, line, widths, is_number)).rstrip() for line in lines]


def record_lines(
    names: Sequence[str], rows: Sequence[Sequence[Any]], text_of: Callable[[Any], str]
) -> list[str]:
    """Returns a line per value, under a line per row: for rows that are wider than the terminal."""
    width = max(map(cell_len, names))
    lines: list[str] = []
    for number, row in enumerate(rows, 1):
        lines.append(f"-- row {number:,}")
        lines += [
            f"{set_cell_size(name, width)}{_GAP}{_cell(value, text_of)}".rstrip()
            for name, value in zip(names, row, strict=True)
        ]
    return lines


def _fitted(widths: Sequence[int], is_number: Sequence[bool], width: int) -> list[int] | None:
    """Returns widths of columns that fit: texts share what the numbers leave."""
    free = width - len(_GAP) * (len(widths) - 1)
    for most in range(max(widths), min(_NARROWEST, max(widths)) - 1, -1):
        fitting = [
            cells if number else min(cells, most)
            for cells, number in zip(widths, is_number, strict=True)
        ]
        if sum(fitting) <= free:
            return fitting
    return None


def _aligned(text: str, width: int, is_number: bool) -> str:
    if is_number:
        return " " * (width - cell_len(text)) + text
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1) + "…"
    return set_cell_size(text, width)


def _cell(value: Any, text_of: Callable[[Any], str]) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return " ".join(text_of(value).split()).translate(_CONTROLS)
