from __future__ import annotations

import json

import duckdb
import pytest

from tests.unit.warehouse.ops.conftest import DAY, NOW, Landing, prepare
from warehouse.ops.schema_drift import MORE_VALUES, VALUES_KEPT, examine
from warehouse.ops.watched_tables import WatchedTable


def test_unknown_fields_are_recorded_once_with_their_type(landing: Landing) -> None:
    landing.calls({"extra": '{"metaData.novel": 1, "b": "x"}'}, {"extra": '{"b": "y"}'})
    assert landing.examine() == {"unknown field": 2}
    landing.calls({"extra": '{"b": "z"}'})
    assert landing.examine(NOW + DAY) == {}
    assert landing.changed_values(
        "change", "table_name", "field", "found", "sample", "expected"
    ) == [
        ("unknown field", "calls", "b", "string", "x", None),
        ("unknown field", "calls", "metaData.novel", "number", "number", None),
    ]
    seen = landing.changed_values("first_seen_at", "last_seen_at", "resolved_at")
    assert seen == [(NOW, NOW + DAY, None), (NOW, NOW, None)]


def test_a_package_is_looked_at_once_and_only_when_it_is_closed(landing: Landing) -> None:
    load_id = landing.many(1, extra='{"a": 1}')
    landing.db.execute("update gong_raw._dlt_loads set status = 1")
    assert landing.examine() == {}
    landing.db.execute("update gong_raw._dlt_loads set status = 0")
    assert landing.examine() == {"unknown field": 1}
    landing.db.execute("update gong_raw.calls set extra = '{\"b\": 1}'")
    assert landing.examine() == {}
    assert landing.db.execute("select load_id from gong_ops.examined_packages").fetchall() == [
        (load_id,)
    ]


def test_a_package_that_a_killed_run_has_landed_is_looked_at_by_the_next(landing: Landing) -> None:
    landing.calls({"extra": '{"a": 1}'})
    landing.calls({"extra": '{"b": 1}'})
    assert landing.examine() == {"unknown field": 2}


def test_elements_without_rows_are_nothing_new_wherever_they_stand(landing: Landing) -> None:
    landing.calls(
        {"extra": '{"elements without rows": {"a[0]": {}}}'},
        {"extra": '{"outline[].elements without rows": {"0": {}}}'},
    )
    assert landing.examine() == {}


def test_a_field_inside_lists_is_recorded_with_the_type_of_its_own_value(landing: Landing) -> None:
    extra = {
        "outline[].mood": {"0": "Fine!", "3": "Poor"},
        "outline[].items[].speakers": {"0": {"1": 7}, "2": {"0": 8}},
    }
    landing.calls({"extra": json.dumps(extra)})
    landing.examine()
    assert landing.changed_values("field", "found", "sample") == [
        ("outline[].items[].speakers", "number", "number"),
        ("outline[].mood", "string", "Xxxx!"),
    ]


def test_a_field_that_has_got_a_column_is_resolved(landing: Landing) -> None:
    landing.calls({"extra": '{"metaData.mood": 1, "metaData.other": 2}'})
    landing.examine()
    landing.db.begin()
    examine(
        landing.db, [WatchedTable("calls", source_keys=frozenset({"metaData.mood"}))], NOW + DAY
    )
    landing.db.commit()
    assert landing.changed_values("field", "resolved_at") == [
        ("metaData.mood", NOW + DAY),
        ("metaData.other", None),
    ]


def test_a_second_type_of_an_unknown_field_is_a_change_and_null_is_none(landing: Landing) -> None:
    landing.calls({"extra": '{"a": null}'})
    assert landing.examine() == {"unknown field": 1}
    landing.calls({"extra": '{"a": 1}'}, {"extra": '{"a": {"b": 1}}'}, {"extra": '{"a": null}'})
    assert landing.examine() == {"unknown field": 2}
    landing.calls({"extra": '{"a": null}'})
    assert landing.examine() == {}
    assert landing.changed_values("found") == [("null",), ("number",), ("object",)]


@pytest.mark.parametrize("name", ["", "a.b", 'qu"ote', "it's", "$.x", "[0]", "*", "ключ", "[]."])
def test_an_unknown_field_may_have_any_name(landing: Landing, name: str) -> None:
    landing.calls({"extra": json.dumps({name: True})})
    assert landing.examine() == {"unknown field": 1}
    assert landing.changed_values("field", "found") == [(name, "boolean")]


def test_values_beyond_an_enumeration_are_recorded_once_each(landing: Landing) -> None:
    landing.calls(
        {"direction": "Inbound", "methods": '["Invitee", "Guest"]'},
        {"direction": "Sideways", "methods": "[]"},
        {"direction": "Sideways", "methods": None},
        {"direction": None, "methods": '[{"a": 1}, null, 3]'},
    )
    assert landing.examine() == {"new value": 2}
    landing.calls({"direction": "Sideways"})
    assert landing.examine(NOW + DAY) == {}
    assert landing.changed_values("field", "expected", "found", "sample", "last_seen_at") == [
        ("direction", "Inbound, Outbound", "Sideways", None, NOW + DAY),
        ("methods", "Invitee", "Guest", None, NOW),
    ]


def test_free_text_is_shown_by_its_value_shape(landing: Landing) -> None:
    landing.calls({"direction": "Call of O'Hara, +49 30 1234"}, {"direction": "x" * 41})
    landing.examine()
    assert landing.changed_values("found") == [("Xxxx xx X'Xxxx, +99 99 9999",), ("x" * 41,)]


def test_a_column_with_too_many_new_values_says_so_in_one_row(landing: Landing) -> None:
    landing.calls(*({"direction": f"V{number:03}"} for number in range(VALUES_KEPT + 30)))
    assert landing.examine() == {"new value": VALUES_KEPT + 1}
    assert (MORE_VALUES,) in landing.changed_values("found")
    landing.calls(*({"direction": f"W{number:03}"} for number in range(30)))
    assert landing.examine() == {}
    assert len(landing.changes()) == VALUES_KEPT + 1


def test_a_value_that_has_become_known_is_resolved(landing: Landing) -> None:
    landing.calls({"direction": "Sideways"})
    landing.examine()
    landing.db.execute("update gong_ops.schema_changes set found = 'Outbound'")
    landing.calls({"direction": "Inbound"})
    landing.examine(NOW + DAY)
    assert landing.changed_values("resolved_at") == [(NOW + DAY,)]


def test_a_warehouse_in_which_nothing_has_landed_has_no_changes() -> None:
    with duckdb.connect() as db:
        db.execute("create schema gong_ops")
        prepare(db)
        assert Landing(db).examine() == {}
