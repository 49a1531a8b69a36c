"""The joins, areas and pictures of the schema follow the tables, all of them and nothing else."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from pipelines.docs.diagrams import Diagram, all_diagrams
from pipelines.docs.export import all_contracts
from pipelines.docs.origins import origin
from sources.gong.api.operations import operation
from sources.gong.schema.tables import TABLES, table
from sources.gong.schema.tables.relations import AREAS, RELATIONS, refers_to

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
        load = contract.load
        assert load.cadence
        assert load.how_read
        assert contract.absence_means
        if load.operation:
            assert operation(load.operation).scopes == load.scopes
        for other in (contract.parent, *contract.children, *load.asks_about):
            assert other is None or other in NAMES


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
