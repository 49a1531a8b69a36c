"""The existing rows of a real warehouse file, as `WarehouseRows` answers a source."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest.existing_rows import WarehouseRows
from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.windows import Span
from sources.gong.schema.arrow import empty, entity_key, restamped, schema
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES
from sources.gong.schema.tables import table
from tests.harness.property_profiles import examples
from tests.unit.pipelines.ingest.conftest import NOW, FilledWarehouse
from warehouse.calls import calls_between
from warehouse.connection import Warehouse
from warehouse.target import Target

DAY = timedelta(days=1)
EARLIEST, LATEST = datetime(2020, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001  (hypothesis)
TABLES = (
    "calls", "users", "user_history", "library_folders", "flow_prospects", "call_outcomes",
    "crm_call_associations", "crm_integrations", "call_crm_objects", "permission_profiles",
    "coaching_metrics",
)  # fmt: skip


class FilledRows(FilledWarehouse):
    """A warehouse, and its existing rows as a landing gets them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, TABLES)
        self.held = WarehouseRows(self.file, NOW, lambda: ["awaited"], lambda: ["held"])


@pytest.fixture
def warehouse(tmp_path: Path) -> FilledRows:
    return FilledRows(tmp_path)


def test_live_rows_are_those_in_scope_that_are_not_marked(warehouse: FilledRows) -> None:
    for folder_id, workspace_id in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "c")):
        warehouse.add("library_folders", folder_id=folder_id, workspace_id=workspace_id)
    warehouse.add("library_folders", folder_id="5", workspace_id="a", _deleted_at=NOW)
    # of a package that was never closed: it is there, and may be gone
    warehouse.add("library_folders", "open", folder_id="6", workspace_id="c")

    def live(**scope: Any) -> frozenset[str]:
        return warehouse.held.live_keys("library_folders", Scope(**scope))

    assert live() == {"1", "2", "3", "4", "6"}
    assert live(within={"workspace_id": frozenset("ab")}) == {"1", "2", "3"}
    assert live(outside={"workspace_id": frozenset("ab")}) == {"4", "6"}
    assert live(within={"workspace_id": frozenset("a"), "folder_id": frozenset("23")}) == {"2"}
    assert live(within={"workspace_id": frozenset()}) == frozenset()
    assert live(outside={"workspace_id": frozenset()}) == {"1", "2", "3", "4", "6"}


def test_the_rows_of_a_period_are_those_of_its_family_alone(warehouse: FilledRows) -> None:
    for period_id, call_id in (("a", "1"), ("a", "2"), ("b", "3")):
        warehouse.add("coaching_metrics", stats_period_id=period_id, call_id=call_id)
    rows = warehouse.held.period_rows("coaching_metrics", "a")
    assert sorted(row["call_id"] for row in rows) == ["1", "2"]
    assert warehouse.held.period_rows("coaching_metrics", "c") == []
    assert warehouse.held.period_rows("interaction_stats", "a") == (), "there is no such table"


def test_a_row_without_a_parent_is_in_no_scope_of_parents(warehouse: FilledRows) -> None:
    warehouse.add("library_folders", folder_id="1", workspace_id=None)
    for scope in (Scope({"workspace_id": frozenset("a")}),
                  Scope(outside={"workspace_id": frozenset("a")})):  # fmt: skip
        assert warehouse.held.live_keys("library_folders", scope) == frozenset()


def test_the_span_of_a_scope_is_half_open(warehouse: FilledRows) -> None:
    for age in range(5):
        warehouse.add("calls", call_id=str(age), started_at=NOW - age * DAY)
    span = ("started_at", Span(NOW - 3 * DAY, NOW - DAY))
    assert warehouse.held.live_keys("calls", Scope(span=span)) == {"3", "2"}


@given(st.datetimes(EARLIEST, LATEST))
@settings(
    deadline=None,
    max_examples=examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_key_with_an_instant_is_spelled_as_the_source_spells_it(
    warehouse: FilledRows, moment: datetime
) -> None:
    instant = moment.replace(tzinfo=UTC)
    entity = {"callId": "7", "created": instant.isoformat(), "_index": 0}
    key = entity_key(table("crm_call_associations"), entity)
    warehouse.add("crm_call_associations", call_id="7", created_at=instant, association_index=0)
    assert key in warehouse.held.live_keys("crm_call_associations", Scope())
    around = Span(instant - DAY, instant + DAY)
    assert warehouse.held.known_hashes("crm_call_associations", [key], around) == {key: "h"}


def test_a_row_that_is_marked_is_not_known_so_that_it_lands_again(
    warehouse: FilledRows,
) -> None:
    warehouse.add("users", user_id="1")
    warehouse.add("users", user_id="2", _deleted_at=NOW)
    now = Span(NOW, NOW)
    assert warehouse.held.known_hashes("users", ["1", "2"], now) == {"1": "h"}


def test_rows_come_back_in_the_schema_they_landed_in(warehouse: FilledRows) -> None:
    warehouse.add("library_folders", folder_id="1", name="é", updated_at=NOW, extra='{"a":1}')
    warehouse.add("library_folders", folder_id="2")
    rows = warehouse.held.rows("library_folders", ["1", "3"])
    assert rows.schema == schema("library_folders")
    (row,) = rows.to_pylist()
    assert (row["folder_id"], row["name"], row["updated_at"], row["extra"]) == (
        "1", "é", NOW, '{"a":1}',
    )  # fmt: skip
    marked = restamped(rows, _deleted_at=NOW, _dlt_load_id="next")
    assert marked.schema == rows.schema
    assert marked.to_pylist() == [{**row, "_deleted_at": NOW, "_dlt_load_id": "next"}]


def test_rows_of_a_compound_key_are_found(warehouse: FilledRows) -> None:
    for outcome in ("Busy", "Won"):
        warehouse.add("call_outcomes", call_outcome=outcome, connect_status="CONNECTED")
    rows = warehouse.held.rows("call_outcomes", ["Busy|CONNECTED"])
    assert rows["call_outcome"].to_pylist() == ["Busy"]


def test_only_open_history_of_the_requested_users_is_returned(warehouse: FilledRows) -> None:
    for user_id, until in (("1", NOW), ("1", None), ("2", None), ("3", None)):
        start = NOW - (DAY if until else 0 * DAY)
        warehouse.add("user_history", user_id=user_id, valid_from_at=start, valid_to_at=until)
    rows = warehouse.held.open_history(["1", "2"])
    assert rows.schema == schema("user_history")
    assert sorted(zip(*(rows[c].to_pylist() for c in ("user_id", "valid_to_at")), strict=True)) == [
        ("1", None), ("2", None),
    ]  # fmt: skip


def test_parents_are_the_live_rows_of_a_stream_or_none_before_its_first_run(
    warehouse: FilledRows,
) -> None:
    assert warehouse.held.parents("crm_integrations") is None
    warehouse.add("crm_integrations", integration_id="9007199254740993")
    warehouse.add("crm_integrations", integration_id="2", _deleted_at=NOW)
    assert warehouse.held.parents("crm_integrations") == [{"integration_id": "9007199254740993"}]


def test_a_stream_that_ran_and_read_nothing_has_no_parents(warehouse: FilledRows) -> None:
    warehouse.add(
        "_windows", window_id="1", run_id="r", kind="sync", reading="permission_profiles",
        detail="", reason="whole list", start_at=NOW, end_at=NOW, read_at=NOW,
    )  # fmt: skip
    assert warehouse.held.parents("permission_profiles") == []


def test_references_and_open_instances_are_those_of_live_rows(warehouse: FilledRows) -> None:
    for index in range(2):
        warehouse.add(
            "call_crm_objects", call_id="1", object_index=index, object_type="Deal", object_id="d"
        )
    assert warehouse.held.parents(CRM_REFERENCES) == [{"object_type": "Deal", "object_id": "d"}]
    for number, status in enumerate(
        ("Pending", "Running", "Paused", "FinishedNoReply", "Finished")
    ):
        warehouse.add("flow_prospects", flow_instance_id=str(number), status=status)
    instances = warehouse.held.parents(OPEN_INSTANCES)
    assert instances is not None
    assert sorted(instance["flow_instance_id"] for instance in instances) == ["0", "1", "2"]


def test_requested_parents_are_returned_with_the_time_in_utc(
    warehouse: FilledRows,
) -> None:
    for stream, parent, load in (("flows", "1", "closed"), ("flows", "2", "open"),
                                  ("flow_folders", "3", "closed")):  # fmt: skip
        warehouse.add(
            "_parent_reads", load, parent_read_id=f"{stream}/{parent}", reading=stream,
            parent=parent, read_at=NOW,
        )  # fmt: skip
    assert warehouse.held.parents_read_at("flows") == {"1": NOW}
    assert warehouse.held.parents_read_at("flows")["1"].tzinfo is UTC


def test_calls_between_two_instants_are_the_live_ones_oldest_first(
    warehouse: FilledRows,
) -> None:
    for age in range(4):
        warehouse.add("calls", call_id=str(age), started_at=NOW - age * DAY)
    warehouse.add("calls", call_id="gone", started_at=NOW - DAY, _deleted_at=NOW)
    warehouse.add("calls", "open", call_id="half", started_at=NOW - DAY)
    assert calls_between(warehouse.file, NOW - 3 * DAY, NOW) == ["3", "2", "1"]
    assert (warehouse.held.call_ids(), warehouse.held.awaited_transcripts()) == (
        ["held"],
        ["awaited"],
    )


def test_one_open_connection_answers_the_same(warehouse: FilledRows) -> None:
    warehouse.add("users", user_id="1", is_active=True)
    with warehouse.file.snapshot():
        assert warehouse.held.live_keys("users", Scope()) == {"1"}
        assert warehouse.held.rows("users", ["1"]).num_rows == 1
        assert warehouse.held.parents("flows") is None
        assert warehouse.held.parents_read_at("flows") == {}


def test_a_missing_warehouse_holds_no_rows(tmp_path: Path) -> None:
    held: ExistingRows = WarehouseRows(Warehouse(Target(tmp_path / "w.duckdb")), NOW, list, list)
    assert held.live_keys("users", Scope()) == frozenset()
    assert held.rows("users", ["1"]) == empty("users")
    assert held.open_history(["1"]).num_rows == 0
    assert held.parents("users") is None
    assert not held.parents(CRM_REFERENCES)
    assert held.parents_read_at("flows") == {}
    assert (held.is_available, ExistingRows().is_available) == (True, False)


def test_parents_in_quarantine_are_parents_too(warehouse: FilledRows) -> None:
    def odd(stream: str, key: str | None, entity: Any, **more: Any) -> None:
        warehouse.add(
            "_quarantine", quarantine_id=f"{stream} {key}", stream=stream, entity_id=key,
            entity=json.dumps(entity), last_seen_at=more.pop("seen", NOW), **more,
        )  # fmt: skip

    for user_id in ("1", "2"):
        warehouse.add("users", user_id=user_id, email_address=f"u{user_id}@a", is_active=True)
    odd("users", "2", {"id": "2", "emailAddress": "new@a", "active": False, "created": 5})
    odd("users", "3", {"id": "3", "emailAddress": "u3@a", "active": True, "created": 5})
    odd("users", "4", {"id": "4", "emailAddress": "u4@a", "active": True}, landed_at=NOW)
    odd("users", None, {"id": ["5"]})
    parents = {user["user_id"]: user["email_address"] for user in warehouse.held.parents("users")}
    assert parents == {"1": "u1@a", "2": "new@a", "3": "u3@a"}

    odd("flow_steps", "7|0", {})
    odd("crm_objects", "5|LEAD|00Q1", {})
    odd("crm_objects", "5|LEAD|00Q2", {}, seen=NOW - 15 * DAY)
    odd("flow_prospects", "99", {})
    assert warehouse.held.parents_again("flows") == [{"flow_id": "7"}]
    assert warehouse.held.parents_again("users") == ()
    assert warehouse.held.parents_again(OPEN_INSTANCES) == [{"flow_instance_id": "99"}]
    assert warehouse.held.parents_again(CRM_REFERENCES) == [
        {"object_type": "Lead", "object_id": "00Q1"}
    ]
