"""Diagrams show every table of their area and every join between them, as Mermaid reads it."""

from __future__ import annotations

import re

import pytest

from pipelines.docs.diagrams import Diagram, all_diagrams
from sources.gong.schema.tables.relations import AREAS

DIAGRAMS = all_diagrams()


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda diagram: diagram.title)
def test_a_diagram_draws_every_join_between_tables_that_it_shows(diagram: Diagram) -> None:
    text = diagram.mermaid
    shown = {box.name for box in diagram.boxes}

    assert re.findall(r"^    (\w+) \{$", text, re.MULTILINE) == [box.name for box in diagram.boxes]
    assert len(re.findall(r'^    \w+ \S+--\S+ \w+ : "', text, re.MULTILINE)) == len(diagram.lines)
    assert {name for line in diagram.lines for name in (line.child, line.parent)} <= shown


def test_every_table_is_in_a_diagram_of_its_area() -> None:
    for diagram in DIAGRAMS[1:]:
        own = {box.name for box in diagram.boxes if not box.is_guest}
        assert own == set(AREAS[diagram.title])


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda diagram: diagram.title)
def test_mermaid_can_read_the_diagram(diagram: Diagram) -> None:
    line = re.compile(
        r"erDiagram|    \w+ \{|        [a-z]+ \w+( PK)?(,? ?FK)?|    \}"
        r'|    \w+ [|}][|o{]--[o|][{|] \w+ : "[\w., ]+"'
    )
    for text in diagram.mermaid.splitlines():
        assert line.fullmatch(text), text
