from __future__ import annotations

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse import raw_tables
from warehouse.connection import Warehouse
from warehouse.raw_tables import Between

CALL = ("call_id",)
FORTNIGHT = [(NOW - 14 * DAY, NOW)]


def test_nothing_is_known_of_a_warehouse_that_does_not_exist(missing: Warehouse) -> None:
    always = Between("started_at", NOW - DAY, NOW)
    assert raw_tables.names(missing) == frozenset()
    assert raw_tables.facts(missing) == []
    assert raw_tables.packages_of_rows(missing, ["calls"]) == ""
    assert raw_tables.known_hashes(missing, "calls", CALL, ["1"], None) == {}
    assert raw_tables.live_keys(missing, "calls", CALL, {}, {}, None) == frozenset()
    assert raw_tables.rows_by_key(missing, "calls", CALL, ["1"]) is None
    assert raw_tables.distinct(missing, "calls", CALL) is None
    assert raw_tables.count_between(missing, "calls", always) == 0
    assert raw_tables.deletion_times(missing, "calls", NOW - DAY, NOW) == []
    assert raw_tables.count_deleted(missing, "calls", "started_at", FORTNIGHT, (NOW, NOW)) == (0, 0)
    assert not missing.exists


def test_only_rows_of_closed_packages_are_known(landed: LandedWarehouse) -> None:
    for call_id, load in (("1", "closed"), ("2", "open"), ("3", "odd")):
        landed.call(call_id, load=load)
    keys = ["1", "2", "3", "4"]
    assert raw_tables.known_hashes(landed.warehouse, "calls", CALL, keys, None) == {"1": "hash 1"}


def test_only_the_keys_looked_for_are_returned(landed: LandedWarehouse) -> None:
    for call_id in ("1", "2"):
        landed.call(call_id)
    warehouse = landed.warehouse
    assert raw_tables.known_hashes(warehouse, "calls", CALL, ["2"], None) == {"2": "hash 2"}
    assert raw_tables.known_hashes(warehouse, "calls", CALL, [], None) == {}
    assert raw_tables.known_hashes(warehouse, "users", ("user_id",), ["2"], None) == {}


def test_a_deleted_row_is_not_known_unless_its_mark_never_counted(landed: LandedWarehouse) -> None:
    landed.call("1", deleted=NOW)
    landed.call("2", load="open", deleted=NOW)
    assert raw_tables.known_hashes(landed.warehouse, "calls", CALL, ["1", "2"], None) == {}
    assert raw_tables.live_keys(landed.warehouse, "calls", CALL, {}, {}, None) == {"2"}


def test_a_span_includes_one_more_day_on_both_sides_of_known_rows(landed: LandedWarehouse) -> None:
    for call_id, age in (("1", 0.5), ("2", 4), ("3", 7.5), ("4", 9)):
        landed.call(call_id, age)
    between = Between("started_at", NOW - 7 * DAY, NOW - 3 * DAY)
    keys = ["1", "2", "3", "4"]
    known = raw_tables.known_hashes(landed.warehouse, "calls", CALL, keys, between)
    assert set(known) == {"2", "3"}


def test_parts_of_a_compound_key_are_joined(landed: LandedWarehouse) -> None:
    landed.write(
        "insert into gong_raw.call_outcomes "
        "values ('Busy', 'CONNECTED', null, 'h', now(), 'closed')"
    )
    known = raw_tables.known_hashes(
        landed.warehouse,
        "call_outcomes",
        ("call_outcome", "connect_status"),
        ["Busy|CONNECTED"],
        None,
    )
    assert known == {"Busy|CONNECTED": "h"}


def test_a_snapshot_answers_the_same(landed: LandedWarehouse) -> None:
    landed.call("1")
    warehouse = landed.warehouse
    with warehouse.snapshot():
        assert raw_tables.known_hashes(warehouse, "calls", CALL, ["1"], None) == {"1": "hash 1"}
        assert "calls" in raw_tables.names(warehouse)


def test_facts_are_the_rows_and_the_last_change_of_each_table(landed: LandedWarehouse) -> None:
    landed.call("1")
    facts = {
        fact.table: (fact.rows, fact.last_changed_at) for fact in raw_tables.facts(landed.warehouse)
    }
    assert facts["calls"] == (1, NOW)
    assert facts["transcripts"] == (0, None)
    assert not any(name.startswith("_") for name in facts)


def test_rows_of_another_package_are_told_however_its_id_sorts(landed: LandedWarehouse) -> None:
    def packages(*tables: str) -> str:
        return raw_tables.packages_of_rows(landed.warehouse, tables)

    landed.call("1", load="1700.1")
    before = packages("calls", "users")
    landed.transcript("1", load="1700.2", sentences=0)
    assert packages("calls", "users") == before
    assert packages("calls", "transcripts") != before
    landed.call("2", load="1600.1")
    assert packages("calls", "users") != before
    assert packages("transcript_sentences") == ""


def test_rows_are_counted_in_a_half_open_span(landed: LandedWarehouse) -> None:
    for age in (1, 2, 3):
        landed.call(str(age), age)
    between = Between("started_at", NOW - 3 * DAY, NOW - DAY)
    assert raw_tables.count_between(landed.warehouse, "calls", between) == 2


def test_deletions_are_counted_in_spans_among_the_rows_that_were_there(
    landed: LandedWarehouse,
) -> None:
    warehouse, night, earlier = landed.warehouse, NOW - DAY, NOW - 5 * DAY
    landed.call("live", 10)
    landed.call("deleted that night", 10, deleted=night)
    landed.call("deleted before", 10, deleted=earlier)
    landed.call("elsewhere", 40, deleted=night)
    landed.call("never counted", 10, load="open", deleted=night)
    assert raw_tables.deletion_times(warehouse, "calls", NOW - 30 * DAY, NOW) == [night, earlier]
    assert raw_tables.deletion_times(warehouse, "calls", earlier, NOW) == [night]
    spans = [(NOW - 12 * DAY, NOW - 9 * DAY)]
    counts = raw_tables.count_deleted(warehouse, "calls", "started_at", spans, (night, NOW))
    assert counts == (2, 1)
    assert raw_tables.count_deleted(warehouse, "calls", "started_at", [], (night, NOW)) == (0, 0)
