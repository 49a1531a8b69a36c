from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from pipelines.gong_client import open_client
from pipelines.monitor.check import Finding, ScopeState, findings
from pipelines.monitor.scope_probes import UNSTATED, probes, scopes_of, tables_by_scope
from pipelines.settings import Settings
from sources.gong.api.client import Client
from sources.gong.api.errors import BadCredentials
from sources.gong.api.operations import operation, reads
from sources.gong.schema.tables import TABLES
from tests.harness.scripted_transport import ScriptedTransport, install, refused

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.fixture
def gong(monkeypatch: pytest.MonkeyPatch) -> ScriptedTransport:
    return install(monkeypatch)


@pytest.fixture
def client(gong: ScriptedTransport, tmp_path: Path) -> Iterator[Client]:
    settings = Settings(
        base_url="https://gong.example",
        access_key="key",
        access_key_secret="secret",
        requests_per_second=0,
        requests_per_day=0,
        xdg_state_home=str(tmp_path),
    )
    with open_client(settings, attempts=1) as (client, _):
        yield client


def by_scope(client: Client) -> dict[str, Finding]:
    return {finding.scope: finding for finding in findings(client, NOW)}


def answer(gong: ScriptedTransport, name: str, response: httpx.Response) -> None:
    """Answers one operation like this, and all others with an empty object."""
    path = operation(name).path

    def script(request: httpx.Request) -> httpx.Response:
        if request.url.path == path:
            return httpx.Response(response.status_code, content=response.content)
        return httpx.Response(200, json={})

    gong.script = script


def test_every_scope_of_a_read_is_tried_once_and_every_table_stands_by_its_scope(
    client: Client, gong: ScriptedTransport
) -> None:
    findings = by_scope(client)
    assert findings.keys() == {scope for row in reads() for scope in scopes_of(row.operation_id)}
    assert findings.keys() == probes(NOW).keys()
    assert len(gong.requests) == len(findings)
    assert {finding.state for finding in findings.values()} == {ScopeState.OK}
    named = [name for names in tables_by_scope().values() for name in names]
    assert all(named.count(table.name) == 1 for table in TABLES if table.operation)


@pytest.mark.parametrize(
    ("name", "response", "scope", "state", "remark"),
    [
        ("listUsers", refused(401, "You don't have permission to use 'api:users:read' here."),
         "api:users:read", ScopeState.MISSING, ""),
        ("listLogs", refused(401, "You don't have permission to use 'api:other' here."),
         "api:logs:read", ScopeState.UNKNOWN, "behind api:other"),
        ("getPermissionProfile", refused(401, "You don't have permission to use 'api:p' here."),
         UNSTATED, ScopeState.MISSING, ""),
        ("listTasks", refused(403, "Forbidden"), "api:tasks:read", ScopeState.NOT_LICENSED, ""),
        ("listCRMCallsManualAssociation", refused(404, "Not found"),
         "api:crm-calls:manual-association:read", ScopeState.WITHDRAWN,
         "Gong does not offer the list any more"),
        ("listUsers", refused(400, "Bad request"), "api:users:read", ScopeState.OK, ""),
        ("getCallTranscripts", refused(404, "No calls found corresponding to the provided filters"),
         "api:calls:read:transcript", ScopeState.OK, ""),
    ],
)  # fmt: skip
def test_an_answer_shows_the_state_of_its_scope(
    client: Client,
    gong: ScriptedTransport,
    name: str,
    response: httpx.Response,
    scope: str,
    state: ScopeState,
    remark: str,
) -> None:
    answer(gong, name, response)
    finding = by_scope(client)[scope]
    assert (finding.state, finding.remark) == (state, remark)


def test_a_missing_answer_is_reported_without_advice(
    client: Client, gong: ScriptedTransport
) -> None:
    answer(gong, "listUsers", httpx.Response(503))
    finding = by_scope(client)["api:users:read"]
    assert finding.state is ScopeState.NO_ANSWER
    assert finding.remark.startswith("GET /v2/users: ")
    assert "What has landed" not in finding.remark


def test_the_time_zone_is_a_fact_of_its_own(client: Client, gong: ScriptedTransport) -> None:
    zone = httpx.Response(200, content=json.dumps({"timeZone": "Europe/Berlin"}).encode())
    answer(gong, "listInteractionStats", zone)
    findings = by_scope(client)
    assert findings["api:stats:interaction"].time_zone == "Europe/Berlin"
    assert findings["api:stats:interaction"].line.endswith("(company time zone Europe/Berlin)")
    assert findings["api:stats:user-actions"].time_zone == ""


def test_wrong_credentials_end_it_after_one_request(
    client: Client, gong: ScriptedTransport
) -> None:
    gong.answer(refused(401, "Unauthorized"))
    with pytest.raises(BadCredentials):
        list(findings(client, NOW))
    assert len(gong.requests) == 1


def test_a_finding_is_a_line_of_the_table() -> None:
    finding = Finding("api:logs:read", ScopeState.MISSING, ("logs",))
    assert finding.line.split() == ["api:logs:read", "missing", "logs"]
    assert Finding("s", ScopeState.OK, ()).line.endswith("`gong-elt api` only")
