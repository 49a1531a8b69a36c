"""Child streams of the library."""

from __future__ import annotations

from sources.gong.extract.child_streams import ChildRequest
from tests.unit.sources.extract.child_streams.asked import entities_of


def test_pieces_of_a_call_in_a_folder_are_counted_in_order_of_time_and_place() -> None:
    rows = [
        {"id": "1", "created": "2026-02", "snippet": {"fromSec": 9}},
        {"id": "1", "created": "2026-02", "snippet": {"fromSec": 3}},
        {"id": "2", "created": "2026-01"},
        {"id": "1", "created": "2026-01", "snippet": None},
    ]
    for answer in (rows, rows[::-1]):
        pieces = entities_of(
            "library_folder_calls",
            {"calls": answer},
            ChildRequest({}, entity_fields={"_folderId": "f"}),
        )
        assert {
            (row["id"], row["_index"]): (row.get("snippet") or {}).get("fromSec") for row in pieces
        } == {("1", 0): None, ("1", 1): 3, ("1", 2): 9, ("2", 0): None}
