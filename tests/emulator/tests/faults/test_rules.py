"""Fault rules: matching, counts, and the reports of mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.tests.conftest import Emulator, Start

WORKSPACES = "GET /v2/workspaces"


@pytest.fixture
def emulator(world: Emulator) -> Iterator[Emulator]:
    """The shared world with no rules before and none left behind."""
    yield world
    world.client.delete("/_emulator/faults")


def statuses(emulator: Emulator, path: str, times: int) -> list[int]:
    return [emulator.get(path).status_code for _ in range(times)]


def test_a_rule_fires_so_many_times_after_so_many_requests(emulator: Emulator) -> None:
    emulator.fault("rate_limited", operation=WORKSPACES, skip=1, times=2)
    assert statuses(emulator, "workspaces", 5) == [200, 429, 429, 200, 200]
    assert statuses(emulator, "users", 2) == [200, 200]
    (rule,) = emulator.faults()
    assert (rule["matched"], rule["fired"], rule["stage"]) == (5, 2, "quota")
    assert (rule["kind"], rule["seconds"], rule["skip"]) == ("rate_limited", 1, 1)


def test_the_log_has_every_request_with_its_fault_and_arrival(emulator: Emulator) -> None:
    emulator.client.delete("/_emulator/requests")
    emulator.fault("server_error", status=503, operation=WORKSPACES, times=1)
    statuses(emulator, "workspaces", 2)
    first, second = emulator.requests()
    assert (first["fault"], first["status"]) == ("server_error", 503)
    assert (second["fault"], second["status"]) == (None, 200)
    assert first["arrived_at"] < second["arrived_at"]


def test_query_body_and_page_choose_the_requests(emulator: Emulator) -> None:
    emulator.fault("server_error", operation="GET /v2/logs", query={"logType": "AccessLog"})
    since = {"fromDateTime": "2026-11-01T00:00:00Z"}
    assert emulator.get("logs", logType="AccessLog", **since).status_code == 500
    assert emulator.get("logs", logType="UserActivityLog", **since).status_code == 200
    emulator.fault("server_error", body={"filter": {"workspaceId": 5}})
    emulator.fault("server_error", body={"filter": {"callIds": ["1", "2"]}})
    for filters, status in (
        ({"workspaceId": "5"}, 500),
        ({"workspaceId": "6"}, 404),
        ({"callIds": ["1", "2"], "workspaceId": None}, 500),
        ({"callIds": ["1"]}, 404),
    ):
        answer = emulator.post("calls/extensive", {"filter": filters})
        assert answer.status_code == status, filters


@pytest.mark.parametrize(
    ("page", "struck"),
    [("first", [0]), ("next", [1, 2, 3]), (0, [0]), (2, [2]), (3, [3]), (9, [])],
)
def test_a_page_is_named_by_its_number_or_its_cursor(
    emulator: Emulator, page: Any, struck: list[int]
) -> None:
    emulator.client.delete("/_emulator/requests")
    emulator.fault("slow_answer", seconds=0, operation="GET /v2/calls", page=page)
    emulator.pages("GET", "calls", {})
    faults = [request["fault"] for request in emulator.requests()]
    assert len(faults) == 4
    assert [number for number, fault in enumerate(faults) if fault] == struck


def test_a_share_of_requests_is_the_same_share_in_each_run(emulator: Emulator) -> None:
    runs = []
    for _ in range(2):
        emulator.fault("server_error", share=0.4, seed=3)
        runs.append(statuses(emulator, "workspaces", 30))
        emulator.client.delete("/_emulator/faults")
    assert runs[0] == runs[1]
    assert 4 <= runs[0].count(500) <= 20


def test_the_earlier_stage_goes_first_then_the_older_rule(emulator: Emulator) -> None:
    emulator.fault("invalid_json", times=1)
    emulator.fault("server_error", status=500, times=1)
    emulator.fault("server_error", status=502, times=1)
    assert statuses(emulator, "workspaces", 2) == [502, 500]
    assert emulator.get("workspaces").text.startswith('{"requestId": "x"')
    assert statuses(emulator, "workspaces", 1) == [200]
    assert [rule["fired"] for rule in emulator.faults()] == [1, 1, 1]


def test_a_fault_behind_the_door_does_not_fire_for_a_stranger(emulator: Emulator) -> None:
    emulator.fault("rate_limited")
    answer = emulator.client.get("/v2/workspaces", auth=("nobody", "wrong"))
    assert answer.status_code == 401
    assert emulator.faults()[0]["fired"] == 0
    emulator.fault("html_page", status=502)
    answer = emulator.client.get("/v2/workspaces", auth=("nobody", "wrong"))
    assert answer.status_code == 502


def test_any_operation_does_not_mean_the_token_operation(emulator: Emulator) -> None:
    emulator.fault("html_page", status=503)
    token = "/oauth2/generate-customer-token"
    assert emulator.client.post(token).status_code < 500
    emulator.fault("html_page", status=503, operation=f"POST {token}")
    assert emulator.client.post(token).status_code == 503


def test_rules_are_removed_one_by_one_or_all_together(emulator: Emulator) -> None:
    first, second = (emulator.fault("server_error") for _ in range(2))
    left = emulator.client.delete(f"/_emulator/faults/{first}").json()["faults"]
    assert [rule["id"] for rule in left] == [second]
    assert emulator.client.delete(f"/_emulator/faults/{first}").status_code == 404
    assert emulator.client.delete("/_emulator/faults").json() == {"faults": []}
    assert statuses(emulator, "workspaces", 1) == [200]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({}, "kind: None is unknown; known are rate_limited, "),
        ({"kind": "flood"}, "kind: 'flood' is unknown"),
        ({"kind": "html_page", "tymes": 1}, "tymes: html_page has no such key; known are kind, "),
        ({"kind": "html_page", "status": 201}, "status: must be one of 200, 403, 500"),
        ({"kind": "html_page", "status": True}, "status: must be one of 200, 403, 500"),
        ({"kind": "html_page", "times": 0}, "times: must be a whole number from 1"),
        ({"kind": "html_page", "skip": -1}, "skip: must be a whole number from 0"),
        ({"kind": "html_page", "share": 2}, "share: must be a number from 0 to 1"),
        ({"kind": "html_page", "page": "last"}, "page: must be first, next or a whole number"),
        ({"kind": "html_page", "query": []}, "query: must be an object"),
        ({"kind": "html_page", "body": None}, "body: must be an object"),
        ({"kind": "html_page", "operation": "GET /v2/none"}, "operation: 'GET /v2/none' is unkn"),
        ({"kind": "redirect"}, "location: redirect needs it"),
        ({"kind": "redirect", "location": "a\r\nb"}, "location: must be a printable ASCII text"),
        ({"kind": "rate_limited", "seconds": 0.5}, "seconds: must be a whole number"),
        ([{"kind": "half_json"}, 5], "rules[1].rule: must be an object"),
        ({"rules": []}, "rules: must not be empty"),
        ({"rules": {}}, "rules: must be a list"),
        ({"rules": [{"kind": "half_json"}], "kind": "x"}, "kind: unknown beside rules"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_added(emulator: Emulator, rule: Any, text: str) -> None:
    body = rule if isinstance(rule, dict) else {"rules": rule}
    answer = emulator.client.post("/_emulator/faults", json=body)
    assert answer.status_code == 400
    assert any(error.startswith(text) for error in answer.json()["errors"]), answer.json()
    assert emulator.faults() == []


def test_a_file_of_rules_is_read_at_the_start(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "server_error", "times": 1}]))
    emulator = start("--calls", "10", "--no-limit", "--faults", str(file))
    assert statuses(emulator, "workspaces", 2) == [500, 200]


@pytest.mark.parametrize(
    ("content", "text"),
    [(None, "cannot be read"), ("{", "is no JSON"), ('[{"kind": "x"}]', "rules[0].kind: 'x'")],
)
def test_a_bad_file_of_rules_stops_the_start(
    tmp_path: Path, content: str | None, text: str
) -> None:
    file = tmp_path / "faults.json"
    if content is not None:
        file.write_text(content)
    command = [sys.executable, "-m", "tests.emulator", "--faults", str(file)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert text in ended.stderr
