"""Batches of which Gong does not know some ids."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sources.gong.extract.child_streams.model import ChildRequest
from tests.unit.sources.extract.child_streams.asked import IDS


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


@given(IDS.filter(len), IDS)
def test_ids_that_were_not_asked_for_name_nobody(ids: list[str], named: list[str]) -> None:
    strangers = set(named) - set(ids)
    halves = [cut.ids for cut in batch(ids).without(strangers)]
    assert halves == [cut.ids for cut in batch(ids).without(())]


def test_one_unknown_id_alone_leaves_nothing_to_ask() -> None:
    assert batch(["1"]).without(()) == []
    assert batch(["1"]).without(("1",)) == []
    assert ChildRequest({"id": "1"}).without(("1",)) == []
