"""What syncs see of users becomes rows that follow each other without gap or overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.gong.load.user_history import history, tracked
from sources.gong.schema.arrow import empty, schema
from sources.gong.schema.tables import table

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)
USERS = st.dictionaries(
    st.sampled_from(["1", "2", "3"]),
    st.fixed_dictionaries(
        {
            "title": st.sampled_from([None, "AE", "Chief ✎"]),
            "active": st.booleans(),
            "managerId": st.sampled_from([None, "9"]),
            "phoneNumber": st.sampled_from(["1", "2"]),
        }
    ),
)
Key = tuple[str, datetime]


def user(user_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": user_id, "emailAddress": f"{user_id}@x.example", "active": True, **fields}


def landed(held: dict[Key, dict[str, Any]], rows: pa.Table) -> None:
    """Merges rows on their key, as the warehouse does."""
    assert rows.schema == schema("user_history")
    for row in rows.to_pylist():
        held[row["user_id"], row["valid_from_at"]] = row


def still_open(held: dict[Key, dict[str, Any]], ids: set[str]) -> pa.Table:
    rows = [r for r in held.values() if r["valid_to_at"] is None and r["user_id"] in ids]
    return pa.Table.from_pylist(rows, schema=schema("user_history"))


@given(st.lists(USERS, min_size=1, max_size=6))
@settings(deadline=None)
def test_at_every_sync_the_open_row_is_what_was_seen(nights: list[dict[str, Any]]) -> None:
    held: dict[Key, dict[str, Any]] = {}
    there: set[str] = set()
    for night, seen in enumerate(nights):
        now = NOW + night * DAY
        people = [user(user_id, **fields) for user_id, fields in seen.items()]
        gone = sorted(there - seen.keys())
        changes = history(people, still_open(held, {*seen, *gone}), gone, now, f"load {night}")
        landed(held, changes)
        there = set(seen)
        open_rows = {r["user_id"]: r for r in held.values() if r["valid_to_at"] is None}
        assert open_rows.keys() == there
        for person in people:
            row = open_rows[person["id"]]
            assert (row["title"], row["is_active"], row["manager_id"], row["email_address"]) == (
                person["title"], person["active"], person["managerId"], person["emailAddress"],
            )  # fmt: skip
    for user_id in {key[0] for key in held}:
        own = sorted((r for r in held.values() if r["user_id"] == user_id),
                     key=lambda r: r["valid_from_at"])  # fmt: skip
        for before, after in pairwise(own):
            assert before["valid_to_at"] is not None
            assert before["valid_to_at"] <= after["valid_from_at"]
            if before["valid_to_at"] == after["valid_from_at"]:
                assert before["_content_hash"] != after["_content_hash"]


def test_who_is_as_before_gives_no_row_also_where_other_things_changed() -> None:
    held: dict[Key, dict[str, Any]] = {}
    landed(held, history([user("1", title="AE")], empty("user_history"), (), NOW, "a"))
    changed = user("1", title="AE", phoneNumber="+49", settings={"emailsImported": True})
    again = history([changed], still_open(held, {"1"}), (), NOW + DAY, "b")
    assert again.num_rows == 0


def test_history_ends_when_a_user_leaves_and_starts_again_on_return() -> None:
    held: dict[Key, dict[str, Any]] = {}
    landed(held, history([user("1")], empty("user_history"), (), NOW, "a"))
    landed(held, history((), still_open(held, {"1"}), ["1"], NOW + DAY, "b"))
    ((_, row),) = held.items()
    assert (row["valid_from_at"], row["valid_to_at"]) == (NOW, NOW + DAY)
    assert (row["_dlt_load_id"], row["_loaded_at"]) == ("b", NOW + DAY)
    landed(held, history([user("1")], still_open(held, {"1"}), (), NOW + 2 * DAY, "c"))
    assert sorted((key[1], r["valid_to_at"] is None) for key, r in held.items()) == [
        (NOW, False), (NOW + 2 * DAY, True),
    ]  # fmt: skip


def test_the_history_watches_the_columns_of_its_table() -> None:
    watched = tracked(user("1", title="AE", managerId=9007199254740993, phoneNumber="1"))
    assert watched == {
        "emailAddress": "1@x.example", "title": "AE", "active": True,
        "managerId": 9007199254740993,
    }  # fmt: skip
    assert {c.source for c in table("user_history").columns[3:]} == watched.keys()


def test_ids_sent_as_numbers_are_the_same_user() -> None:
    held: dict[Key, dict[str, Any]] = {}
    big = 9007199254740993
    landed(held, history([user("1") | {"id": big}], empty("user_history"), (), NOW, "a"))
    assert list(held) == [(str(big), NOW)]
    assert history(
        [user("1") | {"id": big}], still_open(held, {str(big)}), (), NOW + DAY, "b"
    ).num_rows == 0  # fmt: skip
