"""What holds for the row of every child stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.gong.api.operations import operation
from sources.gong.extract.child_streams import CALL_STREAMS, CHILD_STREAMS
from sources.gong.schema.table import BATCH, CRM_REFERENCES, OPEN_INSTANCES, Read
from sources.gong.schema.tables import PARENT_COLUMNS, STREAMS, follows_calls, parent_streams, table
from tests.unit.sources.extract.child_streams.asked import requests_of, users

NOTHING = dict.fromkeys((*PARENT_COLUMNS, CRM_REFERENCES, OPEN_INSTANCES), ())


def test_every_stream_that_is_read_per_parent_or_per_call_has_a_row() -> None:
    by_read = {read: {name for name in STREAMS if table(name).read is read} for read in Read}
    assert CHILD_STREAMS.keys() == by_read[Read.EACH]
    assert CALL_STREAMS.keys() == by_read[Read.AWAITED_CALLS] | by_read[Read.CALLS_OF_RUN]


@pytest.mark.parametrize("name", CHILD_STREAMS)
def test_nobody_to_ask_about_is_nothing_to_ask(name: str) -> None:
    assert requests_of(name, NOTHING) == []


@given(st.integers(0, 450))
def test_batches_hold_every_id_once_and_no_more_than_gong_takes(count: int) -> None:
    ids = [str(number) for number in range(count)]
    emails = [f"{user_id}@x.example" for user_id in ids]
    for name, parents, key, size, wanted in (
        ("flow_steps", {"flows": [{"flow_id": flow_id} for flow_id in ids]}, "flowIds", 20, ids),
        ("meeting_integrations", {"users": users(*ids)}, "emails", BATCH, emails),
    ):
        requests = requests_of(name, parents)
        assert [parent_id for request in requests for parent_id in request.inputs[key]] == wanted
        assert all(0 < len(request.inputs[key]) <= size for request in requests)
        for request in requests:
            ((_, scope),) = request.scope.items()
            assert scope == frozenset(request.inputs[key])


@pytest.mark.parametrize("name", CHILD_STREAMS)
def test_requests_have_inputs_of_their_operation_and_columns_of_their_tables(name: str) -> None:
    inputs = {parameter.name for parameter in operation(str(table(name).operation)).parameters}
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
    requests = requests_of(name, parents)
    assert requests
    for request in requests:
        assert request.inputs.keys() <= inputs
        assert request.scope.keys() <= columns
    row = table(name).parents
    assert row is not None
    assert row.bound is None or row.bound in columns
    assert set(parent_streams(name)) <= set(STREAMS)


def test_what_follows_calls_is_asked_in_every_slice() -> None:
    assert {name for name in STREAMS if follows_calls(name)} == {
        "call_user_access", "crm_objects", "flow_prospects",
    }  # fmt: skip
    assert parent_streams("coaching_metrics") == ("workspaces", "users")
    assert parent_streams("workspaces") == ()
