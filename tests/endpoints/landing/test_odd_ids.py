"""An id that Gong refuses, or that cannot be requested, withholds what is its own and nothing else.

The company gives one call and one workspace an id that is no number. Gong refuses such ids itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Emulator, Gong
from tests.endpoints.world import EMULATOR, command
from tests.harness.landed import all_rows, connect

ODD_CALL, ODD_WORKSPACE = "call-x", "workspace-x"
TABLES = ("calls", "workspaces", "transcripts", "call_user_access", "coaching_metrics")
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("odd_values", {
        "operation": "POST /v2/calls/extensive", "rows": "calls", "id": "metaData.id",
        "values": {"metaData.id": ODD_CALL}, "part": 0.05, "row_seed": 2,
    }),
    ("odd_values", {
        "operation": "GET /v2/workspaces", "rows": "workspaces",
        "values": {"id": ODD_WORKSPACE}, "part": 0.5, "row_seed": 5,
    }),
    ("refused_ids", {"operation": "POST /v2/calls/transcript", "field": "filter.callIds"}),
    ("refused_ids", {
        "operation": "POST /v2/calls/users-access", "field": "filter.callIds", "named": False,
    }),
    ("refused_ids", {"operation": "GET /v2/library/folders", "field": "workspaceId"}),
)  # fmt: skip
STREAMS = "calls,transcripts,call_user_access,users,workspaces,coaching_metrics,library_folders"


@pytest.fixture(scope="module")
def gong(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Gong:
    emulator = emulators(*EMULATOR)
    for kind, rule in RULES:
        emulator.fault(kind, **rule)
    return command(emulator, emulator.base_url, tmp_path_factory.mktemp("odd-ids"))


def test_an_id_that_gong_refuses_withholds_what_is_its_own_and_nothing_else(gong: Gong) -> None:
    done = gong("sync", "--only", STREAMS, "--no-transform", timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    landed = all_rows(gong.warehouse, TABLES)
    calls = {row["call_id"] for row in landed["calls"]}
    assert ODD_CALL in calls
    assert len(calls) > 30
    assert ODD_WORKSPACE in {row["workspace_id"] for row in landed["workspaces"]}
    assert len(landed["workspaces"]) == 2
    for table in ("transcripts", "call_user_access"):
        assert {row["call_id"] for row in landed[table]} <= calls - {ODD_CALL}
        assert landed[table]
    assert {row["workspace_id"] for row in landed["coaching_metrics"]} == {
        row["workspace_id"] for row in landed["workspaces"]
    } - {ODD_WORKSPACE}
    with connect(gong.warehouse) as db:
        odd = db.execute(
            "select stream, entity_id, reason from gong_raw._quarantine where landed_at is null"
        ).fetchall()
    reason = "an id that Gong refuses where one that it accepts is expected"
    assert sorted(odd) == [
        ("call_user_access", ODD_CALL, reason),
        ("coaching_metrics", ODD_WORKSPACE, reason),
        ("library_folders", ODD_WORKSPACE, reason),
        ("transcripts", ODD_CALL, reason),
    ]
    assert f"in quarantine: {len(odd)}" in gong("status").stdout
