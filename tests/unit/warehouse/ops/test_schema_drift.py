"""What is noticed in packages that have landed, in a real DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from warehouse.ops.schema_changes import Change, Seen, prepare, record, settle_types
from warehouse.ops.schema_drift import MORE_VALUES, VALUES_KEPT, examine
from warehouse.ops.watched_columns import Enumeration, Watched

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)

RAW = """
create schema gong_raw;
create schema gong_ops;
create table gong_raw._dlt_loads (load_id varchar, status bigint);
create table gong_raw._windows (kind varchar, _dlt_load_id varchar);
create table gong_raw.calls (
    call_id varchar, title varchar, direction varchar, duration_seconds bigint, methods varchar,
    has_video boolean, extra varchar, _deleted_at timestamptz, _dlt_load_id varchar
);
create table gong_raw.topics (call_id varchar, name varchar, extra varchar, _dlt_load_id varchar);
"""

CALLS = Watched(
    "calls",
    ("title", "duration_seconds", "has_video"),
    frozenset({"has_video"}),
    (
        Enumeration("direction", ("Inbound", "Outbound")),
        Enumeration("methods", ("Invitee",), is_list=True),
    ),
)
TOPICS = Watched("topics", ("name",), parent="calls", keys=("call_id",))


class Landing:
    """A warehouse into which packages land."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db = db
        self.packages = 0

    def calls(self, *rows: dict[str, Any], status: int = 0, kind: str = "sync") -> str:
        """Lands calls in a package of its own."""
        self.packages += 1
        load_id = f"{1_700_000_000 + self.packages}.5"
        self.db.execute("insert into gong_raw._dlt_loads values (?, ?)", [load_id, status])
        self.db.execute("insert into gong_raw._windows values (?, ?)", [kind, load_id])
        for number, row in enumerate(rows):
            told = {"call_id": f"{load_id}/{number}", **row, "_dlt_load_id": load_id}
            topics = told.pop("topics", ())
            columns, values = ", ".join(told), ", ".join("?" * len(told))
            self.db.execute(
                f"insert into gong_raw.calls ({columns}) values ({values})", list(told.values())
            )
            for topic in topics:
                self.db.execute(
                    "insert into gong_raw.topics values (?, ?, null, ?)",
                    [told["call_id"], topic, load_id],
                )
        return load_id

    def many(self, count: int, **row: Any) -> str:
        return self.calls(*[row] * count)

    def examine(self, at: datetime = NOW) -> dict[str, int]:
        self.db.begin()
        new = examine(self.db, (CALLS, TOPICS), at)
        self.db.commit()
        return {str(change): count for change, count in new.items()}

    def changes(self) -> list[dict[str, Any]]:
        found = self.db.execute("from gong_ops.schema_changes order by all")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def found(self, *names: str) -> list[tuple[Any, ...]]:
        return [tuple(change[name] for name in names) for change in self.changes()]


@pytest.fixture
def landing() -> Iterator[Landing]:
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        db.execute(RAW)
        prepare(db)
        yield Landing(db)


def test_unknown_fields_are_recorded_once_with_their_type(landing: Landing) -> None:
    landing.calls({"extra": '{"metaData.novel": 1, "b": "x"}'}, {"extra": '{"b": "y"}'})
    assert landing.examine() == {"unknown field": 2}
    landing.calls({"extra": '{"b": "z"}'})
    assert landing.examine(NOW + DAY) == {}
    assert landing.found("change", "table_name", "field", "found", "sample", "expected") == [
        ("unknown field", "calls", "b", "string", "x", None),
        ("unknown field", "calls", "metaData.novel", "number", "number", None),
    ]
    seen = landing.found("first_seen_at", "last_seen_at", "resolved_at")
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


def test_a_field_inside_lists_is_told_with_the_type_of_its_own_value(landing: Landing) -> None:
    extra = {
        "outline[].mood": {"0": "Fine!", "3": "Poor"},
        "outline[].items[].speakers": {"0": {"1": 7}, "2": {"0": 8}},
    }
    landing.calls({"extra": json.dumps(extra)})
    landing.examine()
    assert landing.found("field", "found", "sample") == [
        ("outline[].items[].speakers", "number", "number"),
        ("outline[].mood", "string", "Xxxx!"),
    ]


def test_a_field_that_has_got_a_column_is_resolved(landing: Landing) -> None:
    landing.calls({"extra": '{"metaData.mood": 1, "metaData.other": 2}'})
    landing.examine()
    landing.db.begin()
    examine(landing.db, [Watched("calls", read=frozenset({"metaData.mood"}))], NOW + DAY)
    landing.db.commit()
    assert landing.found("field", "resolved_at") == [
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
    assert landing.found("found") == [("null",), ("number",), ("object",)]


@pytest.mark.parametrize("name", ["", "a.b", 'qu"ote', "it's", "$.x", "[0]", "*", "ключ", "[]."])
def test_an_unknown_field_may_have_any_name(landing: Landing, name: str) -> None:
    landing.calls({"extra": json.dumps({name: True})})
    assert landing.examine() == {"unknown field": 1}
    assert landing.found("field", "found") == [(name, "boolean")]


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
    assert landing.found("field", "expected", "found", "sample", "last_seen_at") == [
        ("direction", "Inbound, Outbound", "Sideways", None, NOW + DAY),
        ("methods", "Invitee", "Guest", None, NOW),
    ]


def test_a_value_that_is_no_constant_is_shown_by_its_form(landing: Landing) -> None:
    landing.calls({"direction": "Call of O'Hara, +49 30 1234"}, {"direction": "x" * 41})
    landing.examine()
    assert landing.found("found") == [("Xxxx xx X'Xxxx, +99 99 9999",), ("x" * 41,)]


def test_a_column_with_too_many_new_values_says_so_in_one_row(landing: Landing) -> None:
    landing.calls(*({"direction": f"V{number:03}"} for number in range(VALUES_KEPT + 30)))
    assert landing.examine() == {"new value": VALUES_KEPT + 1}
    assert (MORE_VALUES,) in landing.found("found")
    landing.calls(*({"direction": f"W{number:03}"} for number in range(30)))
    assert landing.examine() == {}
    assert len(landing.changes()) == VALUES_KEPT + 1


def test_a_value_that_has_become_known_is_resolved(landing: Landing) -> None:
    landing.calls({"direction": "Sideways"})
    landing.examine()
    landing.db.execute("update gong_ops.schema_changes set found = 'Outbound'")
    landing.calls({"direction": "Inbound"})
    landing.examine(NOW + DAY)
    assert landing.found("resolved_at") == [(NOW + DAY,)]


def vanishing(landing: Landing, empty: dict[str, Any]) -> list[dict[str, Any]]:
    """A history in which all is filled, then nights without; what is told after each of them."""
    landing.many(100, title="a", duration_seconds=1, has_video=True, topics=("t",))
    landing.examine()
    told = []
    for night in (1, 2, 3, 4):
        landing.many(20, **empty)
        landing.examine(NOW + night * DAY)
        told.append({change["field"]: change for change in landing.changes()})
    return told


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("title", {"duration_seconds": 1, "has_video": True, "topics": ("t",)}),
        ("title", {"title": "", "duration_seconds": 1, "has_video": True, "topics": ("t",)}),
        ("duration_seconds", {"title": "a", "has_video": True, "topics": ("t",)}),
        ("has_video", {"title": "a", "duration_seconds": 1, "has_video": False, "topics": ("t",)}),
        ("*", {"title": "a", "duration_seconds": 1, "has_video": True}),
    ],
)
def test_a_field_vanishes_with_fifty_rows_and_three_days(
    landing: Landing, field: str, empty: dict[str, Any]
) -> None:
    *before, after = vanishing(landing, empty)
    assert before == [{}, {}, {}]
    assert after.keys() == {field}
    told = after[field]
    assert told["change"] == "vanished field"
    assert told["table_name"] == ("topics" if field == "*" else "calls")
    assert (told["expected"], told["found"]) == ("filled in 100% of 100 rows", "nothing")
    assert told["first_seen_at"] == NOW + 4 * DAY


def test_a_vanished_field_that_is_filled_again_is_resolved_and_may_vanish_again(
    landing: Landing,
) -> None:
    full = {"duration_seconds": 1, "has_video": True, "topics": ("t",)}
    vanishing(landing, full)
    landing.many(1, title="b", **full)
    assert landing.examine(NOW + 5 * DAY) == {}
    assert landing.found("resolved_at") == [(NOW + 5 * DAY,)]
    landing.many(1, title="c", **full)
    landing.examine(NOW + 6 * DAY)
    assert landing.found("resolved_at") == [(NOW + 5 * DAY,)]
    landing.many(2000, title="c", **full)
    landing.many(1, **full)
    landing.examine(NOW + 7 * DAY)
    landing.many(60, **full)
    landing.examine(NOW + 8 * DAY)
    assert landing.examine(NOW + 11 * DAY) == {"vanished field": 1}
    assert landing.found("first_seen_at", "last_seen_at", "resolved_at") == [
        (NOW + 4 * DAY, NOW + 11 * DAY, None)
    ]


def test_rows_that_all_came_in_one_night_vanish_when_three_days_have_passed(
    landing: Landing,
) -> None:
    landing.many(100, title="a")
    landing.examine()
    landing.many(60)
    assert landing.examine(NOW + DAY) == {}
    assert landing.examine(NOW + 4 * DAY - timedelta(seconds=1)) == {}
    assert landing.examine(NOW + 4 * DAY) == {"vanished field": 1}
    assert landing.examine(NOW + 5 * DAY) == {}


def test_what_comes_late_does_not_vanish(landing: Landing) -> None:
    """Each night lists new calls without their content, and those of two nights ago with it."""
    landing.many(500, title="a")
    landing.examine()
    for night in range(1, 10):
        landing.many(80)
        landing.examine(NOW + night * DAY)
        if night % 3 == 0:
            landing.many(80, title="b")
            landing.examine(NOW + night * DAY)
    assert landing.changes() == []


@pytest.mark.parametrize(
    ("filled", "unfilled", "empty"), [(99, 0, 500), (179, 21, 500), (1000, 0, 49)]
)
def test_what_was_not_regularly_there_or_has_few_rows_does_not_vanish(
    landing: Landing, filled: int, unfilled: int, empty: int
) -> None:
    landing.calls(*[{"title": "a"}] * filled, *[{}] * unfilled)
    landing.examine()
    landing.many(empty)
    landing.examine(NOW + DAY)
    assert landing.examine(NOW + 30 * DAY) == {}


def test_rows_of_backfills_are_not_counted_and_searched_all_the_same(landing: Landing) -> None:
    landing.many(100, title="a")
    landing.examine()
    landing.calls(*[{"extra": '{"a": 1}'}] * 90, kind="backfill")
    assert landing.examine(NOW + DAY) == {"unknown field": 1}
    assert landing.examine(NOW + 30 * DAY) == {}


def test_rows_marked_as_deleted_say_nothing(landing: Landing) -> None:
    landing.many(100, title="a", topics=("t",))
    landing.examine()
    landing.many(90, _deleted_at=NOW)
    landing.examine(NOW + DAY)
    assert landing.examine(NOW + 30 * DAY) == {}


def test_what_could_not_be_asked_for_has_not_vanished(landing: Landing) -> None:
    landing.many(100, has_video=True)
    landing.examine()
    landing.many(90, has_video=None)
    landing.examine(NOW + DAY)
    assert landing.examine(NOW + 30 * DAY) == {}


def test_a_changed_type_is_recorded_and_settled_by_table(landing: Landing) -> None:
    wrong = Seen(Change.CHANGED_TYPE, "calls", "title", "text", "a list")
    other = Seen(Change.CHANGED_TYPE, "topics", "name", "text", "a list")
    assert record(landing.db, [wrong, other], NOW) == {Change.CHANGED_TYPE: 2}
    assert record(landing.db, [wrong], NOW + DAY) == {}
    settle_types(landing.db, ["calls"], NOW + 2 * DAY)
    assert landing.found("table_name", "first_seen_at", "last_seen_at", "resolved_at") == [
        ("calls", NOW, NOW + DAY, NOW + 2 * DAY),
        ("topics", NOW, NOW, None),
    ]
    assert record(landing.db, [wrong], NOW + 3 * DAY) == {Change.CHANGED_TYPE: 1}
    assert landing.found("resolved_at") == [(None,), (None,)]


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
        assert landing.found("change", "table_name", "field", "found") == [
            ("unknown field", "calls", "f0", "string"),
            ("unknown field", "calls", "f1", "number"),
            ("unknown field", "calls", "f2", "list"),
            ("unknown field", "calls", "f3", "null"),
        ]
        assert set(landing.found("first_seen_at", "last_seen_at", "resolved_at")) == {
            (NOW, NOW, None)
        }
        landing.calls({"extra": '{"f0": "a", "f4": 1}'})
        assert landing.examine(NOW + DAY) == {"unknown field": 1}
        assert landing.found("sample")[0] == ("x",)


def test_a_warehouse_in_which_nothing_has_landed_has_no_changes() -> None:
    with duckdb.connect() as db:
        db.execute("create schema gong_ops")
        prepare(db)
        assert Landing(db).examine() == {}
