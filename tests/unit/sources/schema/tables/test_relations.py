"""Areas and joins follow the tables, all of them and nothing else."""

from __future__ import annotations

from collections import Counter

from sources.gong.schema.tables import TABLES, table
from sources.gong.schema.tables.relations import AREAS, RELATIONS, refers_to

NAMES = {row.name for row in TABLES}


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
        for raw_table in TABLES
        for column in raw_table.columns
        if column.name.endswith("user_id") and not refers_to(raw_table.name, column.name)
    }

    assert alone == {"user_id"}  # the key of users itself


def test_every_child_is_part_of_its_parent() -> None:
    parts = {relation.table: relation.to for relation in RELATIONS if relation.is_part_of}

    assert parts == {raw_table.name: raw_table.parent for raw_table in TABLES if raw_table.parent}
