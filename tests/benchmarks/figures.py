"""Figures beside their bars: a table to print, and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_WIDTH, _ROW, _LEFT, _SCALE = 900, 30, 430, 180
_MOST = 2.4
"""Times the bar at which the plot ends."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and the most that it may be.

    Attributes:
        name: what was measured, with sizes.
        value: the median of the runs.
        bar: the most that it may be.
        unit: of both; empty for a ratio.
        detail: the single runs, or what the ratio is made of.
    """

    name: str
    value: float
    bar: float
    unit: str = ""
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the value keeps within its bar."""
        return self.value <= self.bar


def table(figures: Sequence[Figure]) -> str:
    """Returns the figures as a table of Markdown."""
    lines = ["| figure | measured | bar | | detail |", "|---|---|---|---|---|"]
    for figure in figures:
        unit = f" {figure.unit}" if figure.unit else ""
        verdict = "holds" if figure.holds else "**missed**"
        lines.append(
            f"| {figure.name} | {figure.value:,.2f}{unit} | ≤ {figure.bar:g}{unit} | {verdict} "
            f"| {figure.detail} |"
        )
    return "\n".join(lines)


def plot(figures: Sequence[Figure], file: Path) -> None:
    """Draws each figure as a share of its bar, into an SVG file."""
    height = _ROW * len(figures) + 60
    at_bar = _LEFT + _SCALE
    shapes = [
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{at_bar}" y="20" text-anchor="middle">the bar</text>',
    ]
    for number, figure in enumerate(figures):
        y = 34 + number * _ROW
        share = figure.value / figure.bar if figure.bar else _MOST * (figure.value > 0)
        width = max(min(share, _MOST) * _SCALE, 1)
        colour = "#2a7f4f" if figure.holds else "#b5442e"
        unit = f" {figure.unit}" if figure.unit else ""
        shapes += [
            f'<text x="{_LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(figure.name)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{width:.0f}" height="{_ROW - 10}" fill="{colour}"/>',
            f'<text x="{_LEFT + width + 6:.0f}" y="{y + 15}">'
            f"{figure.value:,.2f}{unit} of {figure.bar:g}</text>",
        ]
    shapes.append(
        f'<line x1="{at_bar}" y1="26" x2="{at_bar}" y2="{height - 20}" stroke="black" '
        'stroke-dasharray="4"/>'
    )
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="13">{"".join(shapes)}</svg>\n',
        encoding="utf-8",
    )
