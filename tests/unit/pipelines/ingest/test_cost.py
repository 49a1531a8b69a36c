from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from pipelines.exit_codes import DONE, FAILED, USAGE, exit_code_of
from pipelines.gong_client import open_client
from pipelines.ingest import cost
from pipelines.ingest.cost import Cost, costs_of, print_costs
from pipelines.ingest.options import History, IngestOptions
from pipelines.lock import Busy, hold
from pipelines.session import Session
from sources.gong.api.client import Client
from sources.gong.api.errors import GongError, Postponed
from sources.gong.extract.windows import Reason, Span, Window
from tests.harness.scripted_transport import ScriptedTransport, refused
from tests.unit.pipelines.ingest.conftest import NOW, FilledWarehouse, MakeSession, context
from warehouse.connection import Locked

DAY = timedelta(days=1)
WEEK = Span(NOW - 7 * DAY, NOW)
TABLES = ("calls", "transcripts", "transcript_sentences", "users", "flows", "call_crm_objects")


@pytest.fixture
def warehouse(tmp_path: Path) -> FilledWarehouse:
    return FilledWarehouse(tmp_path, TABLES)


@pytest.fixture(autouse=True)
def _gong(gong: ScriptedTransport) -> None:
    """A list of Gong has 250 rows, of which the first page holds two."""

    def script(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        seen_by = request.url.params.get("flowOwnerEmail")
        rows = [
            {"id": id_, "managerId": "9", "emailAddress": f"{id_}@x.example"}
            for id_ in ("1", f"of {seen_by}" if seen_by else "2")
        ]
        key = {"extensive": "calls", "logs": "logEntries"}.get(name, name)
        return httpx.Response(200, json={key: rows, "records": {"totalRecords": 250}})

    gong.script = script


@pytest.fixture
def costs(session: Session, client: Client, warehouse: FilledWarehouse) -> CostsOf:
    assert warehouse.file.exists
    return CostsOf(session, client)


class CostsOf:
    """What some windows would cost, by stream."""

    def __init__(self, session: Session, client: Client) -> None:
        self._session, self._client = session, client

    def __call__(self, *windows: Window) -> dict[str, Cost]:
        streams = tuple(dict.fromkeys(window.stream for window in windows))
        costs = costs_of(context(self._session, *streams), self._client, windows)
        return {cost.stream: cost for cost in costs}


def whole(stream: str) -> Window:
    return Window(stream, Span(NOW, NOW), Reason.WHOLE)


def test_a_windowed_list_costs_its_pages(costs: CostsOf, gong: ScriptedTransport) -> None:
    cost_of = costs(Window("calls", WEEK, Reason.NEW))
    assert cost_of["calls"] == Cost("calls", 3, "1 windows, 250 rows")
    assert len(gong.requests) == 1


def test_transcripts_are_asked_for_new_calls_and_for_those_awaited(
    costs: CostsOf, warehouse: FilledWarehouse
) -> None:
    warehouse.add("calls", call_id="1", started_at=NOW - DAY)
    cost_of = costs(
        Window("calls", Span(WEEK.start, NOW - 3.5 * DAY), Reason.LOOKBACK),
        Window("calls", Span(NOW - 3.5 * DAY, NOW), Reason.NEW),
        Window("transcripts", Span(NOW, NOW), Reason.AWAITED),
        whole("call_user_access"),
    )
    assert cost_of["transcripts"] == Cost("transcripts", 2, "126 calls in batches of 100")
    assert cost_of["call_user_access"] == Cost("call_user_access", 3, "250 calls in batches of 100")


def test_each_type_of_log_is_counted(costs: CostsOf, gong: ScriptedTransport) -> None:
    cost_of = costs(*(Window("logs", WEEK, Reason.NEW, kind) for kind in ("AccessLog", "Plays")))
    assert cost_of["logs"] == Cost("logs", 6, "2 windows, 500 rows")
    assert len(gong.requests) == 2


def test_what_users_see_is_counted_by_what_two_of_them_see(
    costs: CostsOf, gong: ScriptedTransport
) -> None:
    cost_of = costs(whole("flows"), whole("flow_steps"))
    assert cost_of["flow_steps"].how == "251 flows, 20 per request", "one for all, one for each"
    assert gong.paths.count("GET /v2/flows") == 2


def test_what_is_listed_by_workspace_is_counted_there(
    costs: CostsOf, gong: ScriptedTransport
) -> None:
    cost_of = costs(whole("permission_profiles"), whole("permission_profile_users"))
    assert cost_of["permission_profiles"].requests == 250, "Gong says that there are so many"
    asked = [request for request in gong.requests if "permission" in request.url.path]
    assert [request.url.params["workspaceId"] for request in asked] == ["1", "2"]
    assert cost_of["permission_profile_users"].requests == 250 * 250


def test_lists_cost_a_request_and_paged_ones_their_pages(
    costs: CostsOf, gong: ScriptedTransport
) -> None:
    cost_of = costs(whole("users"), whole("workspaces"))
    assert cost_of["users"] == Cost("users", 3, "whole list")
    assert cost_of["workspaces"] == Cost("workspaces", 1, "whole list")
    assert gong.paths == ["GET /v2/users"]


def test_stats_cost_their_pages_of_users_and_coaching_its_managers(costs: CostsOf) -> None:
    cost_of = costs(
        Window("activity_by_period", WEEK, Reason.NEW, "DAY"),
        Window("coaching_metrics", WEEK, Reason.NEW, "MONTH"),
    )
    assert cost_of["activity_by_period"] == Cost(
        "activity_by_period", 3, "1 windows × 3 pages of users"
    )
    assert cost_of["coaching_metrics"].how == "1 months × 250 workspaces × 1 managers"


def test_child_streams_cost_a_request_per_parent_that_is_due(
    costs: CostsOf, warehouse: FilledWarehouse
) -> None:
    for number in range(5):
        warehouse.add(
            "users", user_id=str(number), is_active=number > 0, email_address=f"{number}@x.example"
        )
    warehouse.add(
        "_parent_reads", parent_read_id="flows/1", reading="flows", parent="1", read_at=NOW - DAY
    )
    warehouse.add(
        "_parent_reads",
        parent_read_id="flows/2",
        reading="flows",
        parent="2",
        read_at=NOW - 8 * DAY,
    )
    cost_of = costs(whole("flows"), whole("tasks"), whole("meeting_integrations"))
    assert cost_of["flows"] == Cost("flows", 4, "4 of 5 users are due (every 7 days)")
    assert cost_of["tasks"] == Cost(
        "tasks", 5, "4 active users, 1 of 1 inactive ones are due (every 7 days)"
    )
    assert cost_of["meeting_integrations"] == Cost(
        "meeting_integrations", 1, "4 active users, 100 per request"
    )


@pytest.mark.parametrize(
    ("table", "column", "days", "due"),
    [
        ("_parent_reads", "read_at", 6, 0),
        ("_parent_reads", "read_at", 8, 1),
        ("_parent_refusals", "refused_at", 29, 0),
        ("_parent_refusals", "refused_at", 31, 1),
    ],
)
def test_people_who_left_cost_nothing_while_they_rest(
    costs: CostsOf, warehouse: FilledWarehouse, table: str, column: str, days: int, due: int
) -> None:
    for number in range(3):
        warehouse.add("users", user_id=str(number), is_active=number > 0)
    key = {"_parent_reads": "parent_read_id", "_parent_refusals": "parent_refusal_id"}[table]
    at = NOW - days * DAY
    warehouse.add(table, reading="tasks", parent="0", **{key: "tasks/0", column: at})
    assert costs(whole("tasks"))["tasks"].requests == 2 + due


def test_the_objects_that_calls_refer_to_are_counted(
    costs: CostsOf, warehouse: FilledWarehouse
) -> None:
    objects = [
        {
            "call_id": "1",
            "object_index": number,
            "object_type": "Contact" if number < 120 else "User",
            "object_id": str(number),
        }
        for number in range(150)
    ]
    warehouse.add_all("call_crm_objects", objects)
    cost_of = costs(whole("crm_objects"), whole("flow_prospects"))
    assert cost_of["flow_prospects"].requests == 2
    assert cost_of["crm_objects"].requests == 2


def test_before_any_call_is_known_the_objects_of_each_type_are_a_batch(costs: CostsOf) -> None:
    assert costs(whole("crm_objects"))["crm_objects"].requests == 4


def test_the_sweep_costs_what_the_warehouse_holds(
    costs: CostsOf, warehouse: FilledWarehouse, gong: ScriptedTransport
) -> None:
    warehouse.add("calls", call_id="1", started_at=NOW - DAY)
    cost_of = costs(Window("calls", WEEK, Reason.SWEEP))
    assert cost_of == {
        "sweep": Cost("sweep", 1, "at most: 1 rows of old history, from what is to spare")
    }
    assert gong.requests == []


def test_a_plan_beside_a_run_tells_which_run_to_wait_for(
    session: Session, warehouse: FilledWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> int:
        raise Locked("another process has it open")

    monkeypatch.setattr(cost, "_print_costs", locked)
    with pytest.raises(Locked):
        print_costs(session, IngestOptions(("users",)), None)
    with (
        hold(warehouse.file.path, "backfill", wait=False, on_wait=print),
        pytest.raises(Busy, match=r"backfill \(process \d+\) holds the warehouse"),
    ):
        print_costs(session, IngestOptions(("users",)), None)


def test_a_plan_is_printed_with_its_share_of_the_day(
    make_session: MakeSession, warehouse: FilledWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warehouse.file.exists
    session = make_session(
        company_time_zone="Europe/Berlin", requests_per_second=3, requests_per_day=2
    )
    assert print_costs(session, IngestOptions(("users", "workspaces")), None) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["users", "3", "whole", "list"]
    assert lines[3].split() == ["in", "all", "4"]
    assert "at 3 requests a second: 0.0 minutes" in lines
    assert "of the 2 requests in any 24 hours: 200.0 %; 1 are used, 1 of them" in lines[-2]
    assert "the run would stop with code 75" in lines[-1]


def test_the_plan_of_a_backfill_is_that_of_its_span(
    session: Session, warehouse: FilledWarehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warehouse.file.exists
    history = History("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
    assert print_costs(session, IngestOptions(("calls",)), history) == DONE
    assert "1 windows, 250 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refused(401, "Unauthorized"), USAGE),
        (httpx.Response(302, headers={"Location": "https://other.example/"}), USAGE),
        (httpx.ConnectError("refused"), FAILED),
    ],
)
def test_what_stops_a_plan_ends_it_as_it_would_end_the_sync(
    session: Session,
    warehouse: FilledWarehouse,
    gong: ScriptedTransport,
    monkeypatch: pytest.MonkeyPatch,
    answer: httpx.Response | Exception,
    code: int,
) -> None:
    assert warehouse.file.exists
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def script(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    gong.script = script
    with pytest.raises(GongError) as stopped:
        print_costs(session, IngestOptions(("users",)), None)
    assert exit_code_of(stopped.value) == code


def test_a_plan_without_quota_is_postponed(session: Session, warehouse: FilledWarehouse) -> None:
    assert warehouse.file.exists
    settings = replace(session.settings, requests_per_day=1)
    spent = replace(session, settings=settings)
    with open_client(settings, clock=session.clock) as (_, budget):
        budget.wait_for_turn()
    with pytest.raises(Postponed):
        print_costs(spent, IngestOptions(("users",)), None)
