from __future__ import annotations

import duckdb

from tests.unit.warehouse.ops.conftest import DAY, NOW, RAW, Landing, prepare
from warehouse.ops.schema_changes import ChangeKind, SchemaChange, record, resolve_types


def test_a_changed_type_is_recorded_and_settled_by_table(landing: Landing) -> None:
    wrong = SchemaChange(ChangeKind.CHANGED_TYPE, "calls", "title", "text", "a list")
    other = SchemaChange(ChangeKind.CHANGED_TYPE, "topics", "name", "text", "a list")
    assert record(landing.db, [wrong, other], NOW) == {ChangeKind.CHANGED_TYPE: 2}
    assert record(landing.db, [wrong], NOW + DAY) == {}
    resolve_types(landing.db, ["calls"], NOW + 2 * DAY)
    assert landing.changed_values("table_name", "first_seen_at", "last_seen_at", "resolved_at") == [
        ("calls", NOW, NOW + DAY, NOW + 2 * DAY),
        ("topics", NOW, NOW, None),
    ]
    assert record(landing.db, [wrong], NOW + 3 * DAY) == {ChangeKind.CHANGED_TYPE: 1}
    assert landing.changed_values("resolved_at") == [(None,), (None,)]


def test_the_table_of_the_version_before_is_taken_over_with_its_rows() -> None:
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        db.execute(RAW)
        db.execute(
            """create table gong_ops.schema_changes (
                table_name varchar, field varchar, sample_type varchar,
                first_seen_at timestamptz, primary key (table_name, field)
            )"""
        )
        for number, type_ in enumerate(("VARCHAR", "UBIGINT", "ARRAY", "NULL")):
            db.execute(
                "insert into gong_ops.schema_changes values ('calls', ?, ?, ?)",
                [f"f{number}", type_, NOW],
            )
        prepare(db)
        prepare(db)
        landing = Landing(db)
        assert landing.changed_values("change", "table_name", "field", "found") == [
            ("unknown field", "calls", "f0", "string"),
            ("unknown field", "calls", "f1", "number"),
            ("unknown field", "calls", "f2", "list"),
            ("unknown field", "calls", "f3", "null"),
        ]
        assert set(landing.changed_values("first_seen_at", "last_seen_at", "resolved_at")) == {
            (NOW, NOW, None)
        }
        landing.calls({"extra": '{"f0": "a", "f4": 1}'})
        assert landing.examine(NOW + DAY) == {"unknown field": 1}
        assert landing.changed_values("sample")[0] == ("x",)
