"""Child streams of users and workspaces."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sources.gong.extract.child_streams import ChildRequest
from tests.unit.sources.extract.child_streams.asked import IDS, entities_of, requests_of, users


@given(IDS, st.sampled_from([
    ("user_settings_history", "users", "user_id", "id"),
    ("permission_profiles", "workspaces", "workspace_id", "workspaceId"),
    ("permission_profile_users", "permission_profiles", "profile_id", "profileId"),
    ("library_folders", "workspaces", "workspace_id", "workspaceId"),
    ("library_folder_calls", "library_folders", "folder_id", "folderId"),
]))  # fmt: skip
def test_each_parent_is_asked_about_once_and_is_the_scope_of_its_answer(
    ids: list[str], case: tuple[str, str, str, str]
) -> None:
    name, over, column, key = case
    requests = requests_of(
        name, {over: [{column: parent_id} for parent_id in [*ids, *ids]] + [{column: None}]}
    )
    assert [request.inputs for request in requests] == [{key: parent_id} for parent_id in ids]
    assert [request.scope for request in requests] == [
        {column: frozenset((parent_id,))} for parent_id in ids
    ]
    assert [request.parent for request in requests] == ids


@given(st.permutations([("a", "t1", True), ("a", "t1", False), ("a", "t2", True), ("b", "t1", True),
                        ("a", "t1", True)]))  # fmt: skip
def test_changes_of_settings_have_the_same_keys_in_any_order(rows: list[Any]) -> None:
    answer = [{"setting": s, "time": t, "value": v} for s, t, v in rows]
    changes = entities_of(
        "user_settings_history",
        {"userSettingsHistory": answer},
        ChildRequest({}, entity_fields={"_userId": "1"}),
    )
    assert sorted((r["setting"], r["time"], r["_index"], r["value"]) for r in changes) == [
        ("a", "t1", 0, False), ("a", "t1", 1, True), ("a", "t1", 2, True), ("a", "t2", 0, True),
        ("b", "t1", 0, True),
    ]  # fmt: skip


def test_meeting_integrations_carry_the_user_of_the_address() -> None:
    (request,) = requests_of("meeting_integrations", {"users": users("7")})
    answer = {"users": [{"email": "7@x.example", "valid": True}, {"email": "else@x.example"}]}
    entities = list(entities_of("meeting_integrations", answer, request))
    assert [row["_userId"] for row in entities] == ["7", None]
