"""The joins, areas and pictures of the schema follow the tables, all of them and nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from pipelines.docs.diagrams import Diagram, all_diagrams
from pipelines.docs.export import all_contracts
from pipelines.docs.origins import origin
from pipelines.docs.relations import AREAS, RELATIONS, refers_to
from pipelines.docs.svg import svg
from sources.gong.api.operations import operation
from sources.gong.schema.tables import TABLES, table

NAMES = {one.name for one in TABLES}
DIAGRAMS = all_diagrams()


def test_every_table_is_in_one_area() -> None:
    assert Counter(name for names in AREAS.values() for name in names) == Counter(NAMES)


def test_joins_name_columns_that_exist_and_have_the_same_type() -> None:
    for relation in RELATIONS:
        assert len(relation.columns) == len(relation.to_columns) > 0
        for mine, theirs in zip(relation.columns, relation.to_columns, strict=True):
            here, there = table(relation.table).column(mine), table(relation.to).column(theirs)
            assert here.type == there.type, relation
    assert len(set(RELATIONS)) == len(RELATIONS)


def test_every_column_that_looks_like_an_id_of_ours_refers_to_something() -> None:
    alone = {
        column.name
        for one in TABLES
        for column in one.columns
        if column.name.endswith("user_id") and not refers_to(one.name, column.name)
    }

    assert alone == {"user_id"}  # the key of users itself


def test_every_child_is_part_of_its_parent() -> None:
    parts = {relation.table: relation.to for relation in RELATIONS if relation.is_part_of}

    assert parts == {one.name: one.parent for one in TABLES if one.parent}


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("calls.title", "calls[].metaData.title"),
        ("call_parties.email_address", "calls[].parties[].emailAddress"),
        ("call_outline.section", "calls[].content.outline[].section"),
        ("call_outline.item_index", "place in calls[].content.outline[].items[]"),
        ("user_email_aliases.email_alias", "users[].emailAliases[]"),
        (
            "activity_by_period.calls_as_host",
            "usersAggregateActivity[].userAggregateActivity[].callsAsHost",
        ),
        ("interaction_stats.value", "peopleInteractionStats[].personInteractionStats[].value"),
        ("coaching_metrics.report_id", "coachingData[].directReportsMetrics[].report.id"),
        ("flow_steps.action", "flows[].steps[].action"),
        ("permission_profiles.workspace_id", "the workspace asked about"),
    ],
)
def test_a_source_is_named_as_gong_names_it(place: str, told: str) -> None:
    name, _, column = place.partition(".")

    assert origin(table(name), table(name).column(column)) == told


def test_no_source_has_a_name_of_ours() -> None:
    for one in TABLES:
        for column in one.columns:
            told = origin(one, column)
            assert not re.search(r"(^|[.\] ])[_$^#@]", told), (one.name, column.name, told)


def test_contracts_know_operation_scope_and_cadence() -> None:
    for contract in all_contracts():
        assert contract.cadence
        assert contract.how_read
        assert contract.absence_means
        if contract.operation:
            assert operation(contract.operation).scopes == contract.scopes
        for other in (contract.parent, *contract.children, *contract.asks_about):
            assert other is None or other in NAMES


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda diagram: diagram.title)
def test_a_picture_shows_every_table_and_join_and_boxes_do_not_overlap(diagram: Diagram) -> None:
    root = ET.fromstring(svg(diagram, "tables/{}.html"))
    space = "{http://www.w3.org/2000/svg}"
    links = [link.get("href") for link in root.iter(f"{space}a")]
    places = [
        tuple(float(str(rect.get(side))) for side in ("x", "y", "width", "height"))
        for group in root.iter(f"{space}g")
        for rect in list(group.iter(f"{space}rect"))[:1]
    ]

    assert sorted(map(str, links)) == sorted(f"tables/{box.name}.html" for box in diagram.boxes)
    assert len(list(root.iter(f"{space}path"))) == len(diagram.lines)
    for index, (x, y, wide, tall) in enumerate(places):
        assert x + wide <= float(str(root.get("width")))
        assert y + tall <= float(str(root.get("height")))
        for left, top, other_wide, other_tall in places[index + 1 :]:
            assert (
                x + wide <= left
                or left + other_wide <= x
                or y + tall <= top
                or top + other_tall <= y
            )


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
