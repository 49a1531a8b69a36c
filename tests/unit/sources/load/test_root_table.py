"""Which entities of a stream are new to a package, and which have changed."""

from __future__ import annotations

from datetime import UTC, datetime

from sources.gong.load.package import LoadStamp
from sources.gong.load.root_table import root_tables
from sources.gong.schema.coercion import content_hash

STAMP = LoadStamp(datetime(2026, 11, 22, 6, tzinfo=UTC), "load 1")


def call(call_id: str, title: str = "Weekly") -> dict[str, object]:
    return {"metaData": {"id": call_id, "title": title}, "parties": [{"id": "p"}]}


def test_an_entity_is_new_once_in_a_package_the_first_time_it_comes() -> None:
    (root,) = root_tables("calls")
    assert root.new_entities([call("1"), call("2"), call("1", "again")]) == {
        "1": call("1"), "2": call("2"),
    }  # fmt: skip
    root.see(("1", "2"))
    assert root.new_entities([call("2"), call("3")]) == {"3": call("3")}
    assert root.seen == {"1", "2"}


def test_suppressed_and_unchanged_entities_are_seen_and_not_new() -> None:
    (root,) = root_tables("calls")
    root.see_entities([call("1")])
    assert root.see(frozenset(("1", "2"))) == 1
    assert root.new_entities([call("1"), call("2")]) == {}


def test_entities_whose_content_is_known_are_not_changed() -> None:
    (root,) = root_tables("calls")
    entities = {"1": call("1"), "2": call("2"), "3": call("3")}
    known = {"1": content_hash(call("1")), "2": content_hash(call("2", "before"))}
    changed, rows = root.changed_rows(entities, known, STAMP)
    assert changed == {key: content_hash(entities[key]) for key in ("2", "3")}
    assert rows["calls"]["call_id"].to_pylist() == ["2", "3"]


def test_changed_entities_become_rows_of_the_table_and_its_children() -> None:
    (root,) = root_tables("calls")
    entities = {"1": call("1"), "2": call("2")}
    known = {"1": content_hash(call("1"))}
    changed, rows = root.changed_rows(entities, known, STAMP)
    assert rows["calls"].select(["call_id", "_content_hash", "_dlt_load_id"]).to_pylist() == [
        {"call_id": "2", "_content_hash": changed["2"], "_dlt_load_id": "load 1"}
    ]
    assert rows["call_parties"]["call_id"].to_pylist() == ["2"]
    assert root.changed_rows(entities, {**known, **changed}, STAMP) == ({}, {})


def test_a_stream_of_two_tables_gives_each_its_part_of_the_entity() -> None:
    flows, visibility = root_tables("flows")
    page = [
        {"id": "1", "name": "n", "_userId": user, "visibility": "Company"} for user in ("7", "8")
    ]
    assert list(flows.new_entities(page)) == ["1"]
    assert visibility.new_entities(page) == {
        f"1|{user}": {"id": "1", "_userId": user, "visibility": "Company"} for user in ("7", "8")
    }
    part = flows.new_entities([{"id": "2", "name": "n", "_userId": "7", "visibility": "Shared"}])
    assert part == {"2": {"id": "2", "name": "n"}}


def test_a_stats_family_fills_its_own_table_beside_the_account_of_periods() -> None:
    (root,) = root_tables("activity_aggregate")
    period = {
        "id": "p", "table": "activity_aggregate", "period": "MONTH", "fromDate": "2026-01-01",
        "toDate": "2026-02-01", "isComplete": True, "users": [],
    }  # fmt: skip
    _, rows = root.changed_rows({"p": period}, {}, STAMP)
    assert set(rows) == {"stats_periods", "activity_aggregate"}


def test_the_history_of_users_is_filled_by_no_entity() -> None:
    assert [root.table.name for root in root_tables("users")] == ["users"]
