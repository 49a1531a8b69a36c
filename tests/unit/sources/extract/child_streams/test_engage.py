"""Child streams of Engage."""

from __future__ import annotations

from hypothesis import given

from sources.gong.extract.child_streams import ChildRequest
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES
from tests.unit.sources.extract.child_streams.asked import IDS, entities_of, requests_of, users


@given(IDS)
def test_flows_and_tasks_are_asked_about_for_people_who_left_too_the_active_ones_first(
    ids: list[str],
) -> None:
    parents = {"users": [*users("a", active=False), *users("b", email=False), *users(*ids)]}
    for name, key in (("flows", "flowOwnerEmail"), ("flow_folders", "flowFolderOwnerEmail")):
        requests = requests_of(name, parents)
        assert [request.inputs for request in requests] == [
            {key: f"{user_id}@x.example"} for user_id in (*ids, "a")
        ]
        assert [request.scope for request in requests] == [
            {"user_id": frozenset((user_id,))} for user_id in (*ids, "a")
        ]
        assert [request.parent for request in requests if request.is_inactive] == ["a"]
    requests = requests_of("tasks", parents)
    assert [request.inputs["filter.userId"] for request in requests] == ["b", *ids, "a"]
    assert [request.scope for request in requests] == [
        {"user_id": frozenset((user_id,))} for user_id in ("b", *ids, "a")
    ]
    assert [request.parent for request in requests if request.is_inactive] == ["a"]


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
    by_prospect, by_instance = requests_of("flow_prospects", parents)
    assert by_prospect.inputs == {"crmProspectsIds": ["c1", "l1"]}
    # an instance that has ended is missing there, and is not gone
    assert by_prospect.scope == {}
    assert by_instance.inputs == {"flowInstanceIds": ["7"]}
    assert by_instance.scope == {"flow_instance_id": frozenset(("7",))}


def test_steps_carry_the_fields_of_their_flow_that_no_other_answer_has() -> None:
    flow = {"id": "1", "name": "n", "visibility": "Company", "description": "d", "novel": 1,
            "steps": [{"id": "a"}, {"id": "b"}]}  # fmt: skip
    steps = list(
        entities_of("flow_steps", {"flows": [flow, {"id": "2", "steps": None}]}, ChildRequest({}))
    )
    kept = ("_flowId", "_index", "id", "_flowDescription", "novel")
    assert [tuple(row[key] for key in kept) for row in steps] == [
        ("1", 0, "a", "d", 1), ("1", 1, "b", "d", 1),
    ]  # fmt: skip
    assert all("visibility" not in row and "name" not in row for row in steps)
