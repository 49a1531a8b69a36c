"""Entities become Arrow tables of the landed schema."""

from __future__ import annotations

from typing import Any

import pytest

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.arrow import empty, entity_key, landed_columns, schema
from sources.gong.schema.tables import STATS_TABLES, STREAMS, TABLES, children, table
from tests.unit.sources.schema.landed_rows import LOADED, call, column, landed


@pytest.mark.parametrize("value", [None, {"a": 1}, ["1"], True, 1.5])
def test_an_entity_without_a_usable_id_is_refused(value: Any) -> None:
    with pytest.raises(SchemaDrift, match=r"calls: metaData\.id"):
        entity_key(table("calls"), {"metaData": {"id": value}})


def test_the_key_of_an_entity_is_text_and_compound_keys_are_joined() -> None:
    assert entity_key(table("users"), {"id": 99999999999999999999}) == "99999999999999999999"
    outcome = {"callOutcome": "Busy", "connectStatus": "CONNECTED"}
    assert entity_key(table("call_outcomes"), outcome) == "Busy|CONNECTED"


def test_an_entity_without_rows_of_a_child_leaves_a_delete_marker() -> None:
    first, second = call(parties=[{"id": "a"}]), call(metaData={"id": "2"}, parties=[])
    rows = landed("calls", first, second)["call_parties"]
    assert column(rows, "call_id", "party_index", "_tombstone") == [
        ("8123456789012345673", 0, None),
        ("2", 0, True),
    ]


def test_every_child_table_of_an_empty_entity_has_one_delete_marker_and_no_null_key() -> None:
    for root in (r for r in STREAMS if r not in STATS_TABLES and children(r)):
        names = [table(root).column(name).source for name in table(root).key]
        bare = call() if root == "calls" else dict.fromkeys(names, "1")
        rows = landed(root, bare)
        for child in children(root):
            assert column(rows[child.name], "_tombstone") == [True], child.name
            assert all(rows[child.name][0][name] is not None for name in child.key)


def test_a_stats_period_without_users_leaves_a_delete_marker_in_its_table() -> None:
    for name in STATS_TABLES:
        period = {"id": "p", "period": "DAY", "fromDate": "2026-01-01", "users": []}
        rows = landed("stats_periods", period, only=[name])[name]
        assert column(rows, "stats_period_id", "_tombstone") == [("p", True)]


def test_rows_carry_when_and_with_which_package_they_came() -> None:
    rows = landed("calls", call(parties=[{"id": "a"}]))
    for name in ("calls", "call_parties", "call_topics"):
        assert column(rows[name], "_loaded_at", "_dlt_load_id") == [(LOADED, "load-1")]


def test_no_column_of_a_key_may_be_null_and_every_table_has_extra() -> None:
    for declared in TABLES:
        fields = schema(declared.name)
        assert all(not fields.field(name).nullable for name in declared.key)
        assert fields.field("extra").nullable
        assert fields.names == [c.name for c in landed_columns(declared.name)]
        assert empty(declared.name).schema == fields
        assert empty(declared.name).num_rows == 0
