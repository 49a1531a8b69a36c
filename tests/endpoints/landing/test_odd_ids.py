"""An id that Gong refuses, or that cannot be requested, withholds what is its own and nothing else.

The company gives one call and one workspace an id that is no number. Gong refuses such ids itself.
Later it refuses a manager, whose id is a number and was taken before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Emulator, Gong
from tests.endpoints.world import EMULATOR, command, synced
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
REASON = "an id that Gong refuses where one that it accepts is expected"
STREAMS = "calls,transcripts,call_user_access,users,workspaces,coaching_metrics,library_folders"


@dataclass(frozen=True)
class Story:
    """A night with odd ids, and one in which Gong refuses a manager of whom coaching has landed.

    Attributes:
        manager: the refused one.
        new_call: a call of which another manager has coached a report in between.
        nights: the tables, and the open rows of the quarantine, after each night.
        told: what the commands have written.
    """

    manager: str
    new_call: str
    nights: Sequence[tuple[dict[str, Any], list[tuple[Any, ...]]]]
    told: Sequence[str]


@pytest.fixture(scope="module")
def story(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Story:
    emulator = emulators(*EMULATOR)
    for kind, rule in RULES:
        emulator.fault(kind, **rule)
    gong = command(emulator, emulator.base_url, tmp_path_factory.mktemp("odd-ids"))
    first, status = synced(gong, "--only", STREAMS), gong("status")
    nights = [night_of(gong)]
    manager, new_call = coached_by_another(emulator)
    emulator.fault(
        "refused_ids", operation="GET /v2/coaching", field="manager-id", id=manager, status=404
    )
    second = synced(gong, "--only", "workspaces,users,coaching_metrics")
    nights.append(night_of(gong))
    return Story(manager, new_call, nights, [first.stderr, status.stdout, second.stderr])


def night_of(gong: Gong) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    with connect(gong.warehouse) as db:
        odd = db.execute(
            "select stream, entity_id, reason from gong_raw._quarantine where landed_at is null"
        ).fetchall()
    return all_rows(gong.warehouse, TABLES), sorted(odd)


def coached_by_another(emulator: Emulator) -> tuple[str, str]:
    """Adds coaching of one manager; returns another one, and the call that was listened to."""
    coaching = emulator.truth("coaching")
    manager, other = {entry["managerId"]: entry for entry in coaching}.values()
    calls = {call["metaData"]["id"]: call["metaData"] for call in emulator.truth("calls")}
    listened = {entry["callId"] for entry in coaching}
    new_call = next(
        id_ for id_, call in sorted(calls.items())
        if id_ not in listened and call["workspaceId"] == other["workspaceId"]
    )  # fmt: skip
    emulator.change(
        "add_coaching", callId=new_call, reportId=other["reportId"], metric="callsListenedTo",
        time="2026-11-05T12:00:00Z",
    )  # fmt: skip
    return manager["managerId"], new_call


def test_an_id_that_gong_refuses_withholds_what_is_its_own_and_nothing_else(story: Story) -> None:
    landed, odd = story.nights[0]
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
    assert odd == [
        ("call_user_access", ODD_CALL, REASON),
        ("coaching_metrics", ODD_WORKSPACE, REASON),
        ("library_folders", ODD_WORKSPACE, REASON),
        ("transcripts", ODD_CALL, REASON),
    ]
    assert f"in quarantine: {len(odd)}" in story.told[1]


def test_coaching_of_a_manager_whom_gong_refuses_stays_and_that_of_others_goes_on(
    story: Story,
) -> None:
    (before, _), (after, odd) = story.nights

    def coached(landed: dict[str, Any], *, by_refused: bool) -> set[tuple[Any, ...]]:
        return {
            tuple(value for name, value in sorted(row.items()) if not name.startswith("_"))
            for row in landed["coaching_metrics"]
            if (row["manager_id"] == story.manager) is by_refused
        }

    assert coached(before, by_refused=True) == coached(after, by_refused=True) != set()
    assert coached(before, by_refused=False) < coached(after, by_refused=False)
    new = {row["call_id"] for row in after["coaching_metrics"]} - {
        row["call_id"] for row in before["coaching_metrics"]
    }
    assert new == {story.new_call}
    assert ("coaching_metrics", story.manager, REASON) in odd
    assert f"coaching_metrics: {ODD_WORKSPACE}, and" in story.told[2]
