"""Whom to ask about, with which inputs, and what an answer becomes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.gong.api.errors import SchemaDrift
from sources.gong.api.operations import operation
from sources.gong.extract.child_streams import (
    CHILD_STREAMS,
    ChildRequest,
    ChildStream,
    call_access_ask,
    crm_references,
    listed,
)
from sources.gong.schema.table import BATCH, CRM_REFERENCES, OPEN_INSTANCES
from sources.gong.schema.tables import PARENT_COLUMNS, STREAMS, follows_calls, parent_streams, table

IDS = st.lists(st.integers(1, 10**20).map(str), unique=True, max_size=40)
BIG = "9007199254740993"
NOTHING = dict.fromkeys((*PARENT_COLUMNS, CRM_REFERENCES, OPEN_INSTANCES, "calls"), ())


def users(*ids: str, active: bool = True, email: bool = True) -> list[dict[str, Any]]:
    return [
        {"user_id": one, "email_address": f"{one}@x.example" if email else None,
         "is_active": active, "manager_id": None}
        for one in ids
    ]  # fmt: skip


def batch(ids: list[str]) -> ChildRequest:
    return ChildRequest({"flowIds": ids, "more": 1}, "", {}, {}, ("flowIds", tuple(ids)))


# --- batches with dead ids ----------------------------------------------------------------------


@given(IDS, st.data())
def test_asks_without_named_ids_ask_for_all_the_others_once(
    ids: list[str], data: st.DataObject
) -> None:
    dead = data.draw(st.sets(st.sampled_from(ids), min_size=1) if ids else st.just(set()))
    left = [one for ask in batch(ids).without(dead) for one in ask.inputs["flowIds"]]
    if dead:
        assert left == [one for one in ids if one not in dead]


@given(IDS, IDS)
def test_halving_finds_exactly_the_dead_ids_and_repeats_none(
    live: list[str], others: list[str]
) -> None:
    dead = set(others) - set(live)
    ids = sorted({*live, *dead})
    answered: Counter[str] = Counter()
    todo, asked = [batch(ids)] if ids else [], 0
    while todo:
        ask = todo.pop()
        asked += 1
        assert ask.ids is not None
        assert ask.inputs == {"flowIds": list(ask.ids[1]), "more": 1}
        if dead & set(ask.ids[1]):
            cuts = ask.without(())
            assert all(len(cut.ids[1]) < len(ask.ids[1]) for cut in cuts if cut.ids)
            todo += cuts
        else:
            answered.update(ask.ids[1])
    assert answered == Counter(set(ids) - dead)
    assert asked <= 2 * len(ids)


@given(IDS.filter(len), IDS)
def test_ids_that_were_not_asked_for_name_nobody(ids: list[str], named: list[str]) -> None:
    strangers = set(named) - set(ids)
    halves = [cut.ids for cut in batch(ids).without(strangers)]
    assert halves == [cut.ids for cut in batch(ids).without(())]


def test_one_unknown_id_alone_leaves_nothing_to_ask() -> None:
    assert batch(["1"]).without(()) == []
    assert batch(["1"]).without(("1",)) == []
    assert ChildRequest({"id": "1"}).without(("1",)) == []


# --- what is asked ------------------------------------------------------------------------------


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
    asks = CHILD_STREAMS[name].asks(
        {over: [{column: one} for one in [*ids, *ids]] + [{column: None}]}
    )
    assert [ask.inputs for ask in asks] == [{key: one} for one in ids]
    assert [ask.scope for ask in asks] == [{column: frozenset((one,))} for one in ids]
    assert [ask.parent for ask in asks] == ids


@given(IDS)
def test_flows_and_tasks_are_asked_about_for_active_users_with_an_address(ids: list[str]) -> None:
    others = [*users("a", active=False), *users("b", email=False)]
    parents = {"users": [*others, *users(*ids)]}
    for name, key in (("flows", "flowOwnerEmail"), ("flow_folders", "flowFolderOwnerEmail")):
        asks = CHILD_STREAMS[name].asks(parents)
        assert [ask.inputs for ask in asks] == [{key: f"{one}@x.example"} for one in ids]
        assert [ask.scope for ask in asks] == [{"user_id": frozenset((one,))} for one in ids]
    tasks = CHILD_STREAMS["tasks"].asks(parents)
    assert [ask.inputs["filter.userId"] for ask in tasks] == ids
    assert [ask.scope for ask in tasks] == [{"user_id": frozenset((one,))} for one in ids]


@given(st.integers(0, 450))
def test_batches_hold_every_id_once_and_no_more_than_gong_takes(count: int) -> None:
    ids = [str(number) for number in range(count)]
    emails = [f"{one}@x.example" for one in ids]
    for name, parents, key, size, wanted in (
        ("flow_steps", {"flows": [{"flow_id": one} for one in ids]}, "flowIds", 20, ids),
        ("meeting_integrations", {"users": users(*ids)}, "emails", BATCH, emails),
    ):
        asks = CHILD_STREAMS[name].asks(parents)
        assert [one for ask in asks for one in ask.inputs[key]] == wanted
        assert all(0 < len(ask.inputs[key]) <= size for ask in asks)
        for ask in asks:
            ((_, scope),) = ask.scope.items()
            assert scope == frozenset(ask.inputs[key])


@given(IDS, st.lists(st.tuples(
    st.sampled_from(["Account", "Opportunity", "Deal", "Contact", "Lead", "User", None]),
    st.integers(1, 300).map(str) | st.none(),
)))  # fmt: skip
def test_crm_objects_are_asked_for_by_type_in_each_integration(
    integrations: list[str], references: list[tuple[str | None, str | None]]
) -> None:
    asks = CHILD_STREAMS["crm_objects"].asks(
        {
            "crm_integrations": [{"integration_id": one} for one in integrations],
            CRM_REFERENCES: [{"object_type": t, "object_id": i} for t, i in references],
        }
    )
    types = {"Account": "ACCOUNT", "Opportunity": "DEAL", "Deal": "DEAL", "Contact": "CONTACT",
             "Lead": "LEAD"}  # fmt: skip
    wanted = {(one, types[t], i) for one in integrations for t, i in references if t in types and i}
    asked = Counter(
        (str(ask.inputs["integrationId"]), ask.inputs["objectType"], one)
        for ask in asks
        for one in ask.inputs["objectsCrmIds"]
    )
    assert asked == Counter(wanted)
    for ask in asks:
        assert isinstance(ask.inputs["integrationId"], int)
        assert ask.scope == {
            "integration_id": frozenset((str(ask.inputs["integrationId"]),)),
            "object_type": frozenset((ask.inputs["objectType"],)),
            "crm_id": frozenset(ask.inputs["objectsCrmIds"]),
        }


def test_an_integration_id_beyond_doubles_is_asked_for_and_kept_exactly() -> None:
    parents = {"crm_integrations": [{"integration_id": BIG}]}
    asks = CHILD_STREAMS["crm_schema_fields"].asks(parents)
    assert {ask.inputs["integrationId"] for ask in asks} == {int(BIG)}
    assert [ask.parent for ask in asks] == [
        f"{BIG}/{kind}" for kind in ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
    ]


def test_prospects_are_asked_for_once_and_instances_by_their_own_id() -> None:
    parents = {
        CRM_REFERENCES: [
            {"object_type": "Contact", "object_id": "c1"},
            {"object_type": "Lead", "object_id": "c1"},
            {"object_type": "Account", "object_id": "a1"},
        ],
        "tasks": [
            {"contact_type": "LEAD", "contact_crm_id": "l1"},
            {"contact_type": None, "contact_crm_id": None},
        ],
        OPEN_INSTANCES: [{"flow_instance_id": "7"}],
    }
    by_prospect, by_instance = CHILD_STREAMS["flow_prospects"].asks(parents)
    assert by_prospect.inputs == {"crmProspectsIds": ["c1", "l1"]}
    # an instance that has ended is missing there, and is not gone
    assert by_prospect.scope == {}
    assert by_instance.inputs == {"flowInstanceIds": ["7"]}
    assert by_instance.scope == {"flow_instance_id": frozenset(("7",))}


@given(IDS.filter(len))
def test_access_to_calls_is_asked_for_in_a_batch_that_can_be_cut(ids: list[str]) -> None:
    ask = call_access_ask(ids)
    assert ask.inputs == {"filter.callIds": ids}
    assert ask.scope == {"call_id": frozenset(ids)}
    assert ask.ids == ("filter.callIds", tuple(ids))


@pytest.mark.parametrize("name", CHILD_STREAMS)
def test_nobody_to_ask_about_is_nothing_to_ask(name: str) -> None:
    assert CHILD_STREAMS[name].asks(NOTHING) == []


@pytest.mark.parametrize(("name", "fan"), CHILD_STREAMS.items())
def test_a_fan_asks_with_inputs_of_its_operation_about_readings_there_are(
    name: str, fan: ChildStream
) -> None:
    inputs = {one.name for one in operation(str(table(name).operation)).parameters}
    columns = {column.name for column in table(name).columns}
    columns |= {column.name for column in table("flow_visibility").columns}
    parents = {
        "users": users("1"),
        "workspaces": [{"workspace_id": "1"}],
        "permission_profiles": [{"profile_id": "1"}],
        "library_folders": [{"folder_id": "1"}],
        "crm_integrations": [{"integration_id": "1"}],
        "flows": [{"flow_id": "1"}],
        "tasks": [{"contact_type": "LEAD", "contact_crm_id": "1"}],
        CRM_REFERENCES: [{"object_type": "Contact", "object_id": "1"}],
        OPEN_INSTANCES: [{"flow_instance_id": "1"}],
    }
    asks = fan.asks(parents) if name != "call_user_access" else [call_access_ask(["1"])]
    assert asks
    for ask in asks:
        assert ask.inputs.keys() <= inputs
        assert ask.scope.keys() <= columns
    assert fan.bound is None or fan.bound in columns
    assert set(parent_streams(name)) <= set(STREAMS)


# --- what comes back ----------------------------------------------------------------------------


@given(st.permutations([("a", "t1", True), ("a", "t1", False), ("a", "t2", True), ("b", "t1", True),
                        ("a", "t1", True)]))  # fmt: skip
def test_changes_of_settings_have_the_same_keys_in_any_order(rows: list[Any]) -> None:
    told = [{"setting": s, "time": t, "value": v} for s, t, v in rows]
    found = CHILD_STREAMS["user_settings_history"].entities(
        {"userSettingsHistory": told}, ChildRequest({}, about={"_userId": "1"})
    )
    assert sorted((r["setting"], r["time"], r["_index"], r["value"]) for r in found) == [
        ("a", "t1", 0, False), ("a", "t1", 1, True), ("a", "t1", 2, True), ("a", "t2", 0, True),
        ("b", "t1", 0, True),
    ]  # fmt: skip


def test_pieces_of_a_call_in_a_folder_are_counted_in_order_of_time_and_place() -> None:
    rows = [
        {"id": "1", "created": "2026-02", "snippet": {"fromSec": 9}},
        {"id": "1", "created": "2026-02", "snippet": {"fromSec": 3}},
        {"id": "2", "created": "2026-01"},
        {"id": "1", "created": "2026-01", "snippet": None},
    ]
    for told in (rows, rows[::-1]):
        found = CHILD_STREAMS["library_folder_calls"].entities(
            {"calls": told}, ChildRequest({}, about={"_folderId": "f"})
        )
        assert {
            (row["id"], row["_index"]): (row.get("snippet") or {}).get("fromSec") for row in found
        } == {("1", 0): None, ("1", 1): 3, ("1", 2): 9, ("2", 0): None}


def test_a_map_of_objects_becomes_objects_with_fields_and_null_is_none() -> None:
    ask = ChildRequest({}, about={"_integrationId": "1", "_objectType": "DEAL"})
    told = {"crmObjectsMap": {"d1": {"Name": "x", "Amount": None}, "d2": None}}
    (found,) = CHILD_STREAMS["crm_objects"].entities(told, ask)
    assert found == {
        "_integrationId": "1", "_objectType": "DEAL", "_crmId": "d1",
        "fields": [{"name": "Name", "value": "x"}, {"name": "Amount", "value": None}],
    }  # fmt: skip
    with pytest.raises(SchemaDrift, match="crm_objects: an object is a list"):
        list(CHILD_STREAMS["crm_objects"].entities({"crmObjectsMap": {"d1": []}}, ask))


@pytest.mark.parametrize("key", ["name", "uniqueName"])
def test_a_schema_field_is_known_under_either_name_of_its_name(key: str) -> None:
    told = {"objectTypeToSelectedFields": {"DEAL": [{key: "Stage", "label": "S"}], "LEAD": None}}
    ask = ChildRequest({}, about={"_integrationId": "1", "_objectType": "DEAL"})
    (found,) = CHILD_STREAMS["crm_schema_fields"].entities(told, ask)
    assert (found["uniqueName"], found["_objectType"], found["label"]) == ("Stage", "DEAL", "S")


def test_steps_take_along_what_only_this_answer_tells_of_their_flow() -> None:
    flow = {"id": "1", "name": "n", "visibility": "Company", "description": "d", "novel": 1,
            "steps": [{"id": "a"}, {"id": "b"}]}  # fmt: skip
    found = list(
        CHILD_STREAMS["flow_steps"].entities(
            {"flows": [flow, {"id": "2", "steps": None}]}, ChildRequest({})
        )
    )
    kept = ("_flowId", "_index", "id", "_flowDescription", "novel")
    assert [tuple(row[key] for key in kept) for row in found] == [
        ("1", 0, "a", "d", 1), ("1", 1, "b", "d", 1),
    ]  # fmt: skip
    assert all("visibility" not in row and "name" not in row for row in found)


def test_who_is_in_order_for_meetings_is_told_with_the_user_of_the_address() -> None:
    (ask,) = CHILD_STREAMS["meeting_integrations"].asks({"users": users("7")})
    told = {"users": [{"email": "7@x.example", "valid": True}, {"email": "else@x.example"}]}
    found = list(CHILD_STREAMS["meeting_integrations"].entities(told, ask))
    assert [row["_userId"] for row in found] == ["7", None]


@pytest.mark.parametrize("rows", ["text", {"a": 1}, [1], [None], 7, True])
def test_what_is_no_list_of_objects_is_refused_without_its_content(rows: Any) -> None:
    with pytest.raises(
        SchemaDrift, match="flows: `flows` of Gong's answer is not a list of objects"
    ):
        listed({"flows": rows}, "flows", "flows")
    with pytest.raises(SchemaDrift):
        listed({}, "flows", "flows")


def test_null_is_an_empty_list() -> None:
    assert listed({"flows": None}, "flows", "flows") == []


def test_calls_refer_to_objects_themselves_and_through_their_parties() -> None:
    link = [{"objects": [{"objectType": "Deal", "objectId": "1"}]}, {"objects": None}]
    call = {"context": link, "parties": [{"context": None}, {"context": link}, {}]}
    assert [one["object_id"] for one in crm_references(call)] == ["1", "1"]
    assert list(crm_references({"context": None, "parties": None})) == []


def test_what_follows_calls_is_asked_in_every_slice() -> None:
    assert {name for name in STREAMS if follows_calls(name)} == {
        "call_user_access", "crm_objects", "flow_prospects",
    }  # fmt: skip
    assert parent_streams("coaching_metrics") == ("workspaces", "users")
    assert parent_streams("workspaces") == ()
