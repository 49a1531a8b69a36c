"""Batches of which Gong does not know some ids."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sources.gong.extract.child_streams import CALL_STREAMS, CHILD_STREAMS
from sources.gong.extract.child_streams.model import ChildRequest
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES
from tests.unit.sources.extract.child_streams.asked import IDS, requests_of, users


def batch(ids: list[str]) -> ChildRequest:
    return ChildRequest({"flowIds": ids, "more": 1}, ids_input="flowIds")


@given(IDS, st.data())
def test_requests_without_named_ids_are_for_all_the_others_once(
    ids: list[str], data: st.DataObject
) -> None:
    dead = data.draw(st.sets(st.sampled_from(ids), min_size=1) if ids else st.just(set()))
    left = [
        flow_id for request in batch(ids).without(dead) for flow_id in request.inputs["flowIds"]
    ]
    if dead:
        assert left == [flow_id for flow_id in ids if flow_id not in dead]


@given(IDS, IDS)
def test_halving_finds_exactly_the_dead_ids_and_repeats_none(
    live: list[str], others: list[str]
) -> None:
    dead = set(others) - set(live)
    ids = sorted({*live, *dead})
    answered: Counter[str] = Counter()
    todo, asked = [batch(ids)] if ids else [], 0
    while todo:
        request = todo.pop()
        asked += 1
        assert request.inputs == {"flowIds": list(request.ids), "more": 1}
        if dead & set(request.ids):
            cuts = request.without(())
            assert all(len(cut.ids) < len(request.ids) for cut in cuts if cut.ids)
            todo += cuts
        else:
            answered.update(request.ids)
    assert answered == Counter(set(ids) - dead)
    assert asked <= 2 * len(ids)


def test_ids_are_found_by_the_places_that_gong_names() -> None:
    texts = ["flowIds[1]: must match [0-9]", 'chain: ["flowIds"]->java.util.ArrayList[3]', "x[99]"]
    assert batch(["a", "b", "c", "d"]).ids_at(texts) == ["b", "d"]
    assert batch(["a"]).ids_at(["Bad request"]) == []


PARENTS = {
    "users": users("1", "2"),
    "workspaces": [{"workspace_id": "1"}],
    "permission_profiles": [{"profile_id": "1"}],
    "library_folders": [{"folder_id": "1"}],
    "flows": [{"flow_id": "1"}],
    "tasks": [{"contact_type": "Contact", "contact_crm_id": "1"}],
    "crm_integrations": [{"integration_id": "1"}],
    CRM_REFERENCES: [{"object_type": "Contact", "object_id": "1"}],
    OPEN_INSTANCES: [{"flow_instance_id": "1"}],
}


def test_every_batch_of_ids_can_be_split() -> None:
    batched = {"filter.callIds"}
    for stream in CALL_STREAMS.values():
        assert stream.request(["1"]).ids_input == "filter.callIds"
    for name in CHILD_STREAMS:
        for request in requests_of(name, PARENTS):
            lists = {key for key, value in request.inputs.items() if isinstance(value, list)}
            if lists and name != "tasks":  # those of tasks are kinds of them
                assert lists == {request.ids_input}
                batched |= lists
    assert batched == {
        "filter.callIds", "flowIds", "objectsCrmIds", "crmProspectsIds", "flowInstanceIds",
        "emails",
    }  # fmt: skip


@given(IDS.filter(len), IDS)
def test_ids_that_were_not_asked_for_name_nobody(ids: list[str], named: list[str]) -> None:
    strangers = set(named) - set(ids)
    halves = [cut.ids for cut in batch(ids).without(strangers)]
    assert halves == [cut.ids for cut in batch(ids).without(())]


def test_one_unknown_id_alone_leaves_nothing_to_ask() -> None:
    assert batch(["1"]).without(()) == []
    assert batch(["1"]).without(("1",)) == []
    assert ChildRequest({"id": "1"}).without(("1",)) == []
