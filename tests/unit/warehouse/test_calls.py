from __future__ import annotations

from tests.unit.warehouse.conftest import DAY, NOW, LandedWarehouse
from warehouse.calls import awaited_transcripts, calls_between
from warehouse.connection import Warehouse

FORTNIGHT = [(NOW - 14 * DAY, NOW)]


def test_a_warehouse_that_does_not_exist_has_no_calls(missing: Warehouse) -> None:
    assert calls_between(missing, NOW - DAY, NOW) == []
    assert awaited_transcripts(missing, FORTNIGHT) == []
    assert not missing.exists


def test_calls_of_a_span_are_the_live_ones_oldest_first(landed: LandedWarehouse) -> None:
    for age in (1, 2, 3, 0):
        landed.call(str(age), age)
    landed.call("deleted", 2, deleted=NOW)
    landed.call("half", 2, load="open")
    with landed.warehouse.snapshot():
        assert calls_between(landed.warehouse, NOW - 3 * DAY, NOW) == ["3", "2", "1"]
        assert awaited_transcripts(landed.warehouse, [])[0] == "0"


def test_calls_without_a_transcript_are_awaited_newest_first(landed: LandedWarehouse) -> None:
    for call_id, age in (("old", 20), ("a", 3), ("b", 1), ("has", 2), ("now", 0)):
        landed.call(call_id, age)
        landed.transcript_request(call_id, NOW - DAY)
    landed.call("deleted", 2, deleted=NOW)
    landed.transcript("has")
    assert awaited_transcripts(landed.warehouse, FORTNIGHT) == ["now", "b", "a"]


def test_a_call_whose_transcript_was_never_requested_is_awaited_at_any_age(
    landed: LandedWarehouse,
) -> None:
    for call_id, age in (("never", 200), ("in vain", 199), ("lost", 198), ("has", 197)):
        landed.call(call_id, age)
    landed.transcript_request("in vain", NOW)
    landed.transcript_request("lost", NOW, "open")
    landed.transcript("has")
    assert awaited_transcripts(landed.warehouse, FORTNIGHT) == ["lost", "never"]
    assert awaited_transcripts(landed.warehouse, []) == ["lost", "never"]


def test_older_calls_are_awaited_at_longer_intervals(landed: LandedWarehouse) -> None:
    turns = [*FORTNIGHT, (NOW - 60 * DAY, NOW - 7 * DAY)]
    for call_id, age, requested in (
        ("young, just requested", 3, 0.1),
        ("older, requested lately", 20, 6),
        ("older, requested long ago", 21, 8),
        ("too old", 61, 30),
    ):
        landed.call(call_id, age)
        landed.transcript_request(call_id, NOW - requested * DAY)
    assert awaited_transcripts(landed.warehouse, turns) == [
        "young, just requested",
        "older, requested long ago",
    ]


def test_a_transcript_of_a_package_that_never_closed_has_not_come(landed: LandedWarehouse) -> None:
    landed.call("half", 3)
    landed.transcript("half", load="open")
    assert awaited_transcripts(landed.warehouse, FORTNIGHT) == ["half"]


def test_a_transcript_without_a_sentence_is_requested_again_while_the_call_is_young(
    landed: LandedWarehouse,
) -> None:
    for call_id, age in (("young", 3), ("old", 20)):
        landed.call(call_id, age)
        landed.transcript(call_id, sentences=0)
    assert awaited_transcripts(landed.warehouse, FORTNIGHT) == ["young"]
