"""OAuth: codes, refresh tokens that are good once, access tokens that expire, scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

PATH = "/oauth2/generate-customer-token"
SMALL = ("--no-limit", "--calls", "10")


def ask(emulator: Emulator, given: Json, place: str = "params") -> httpx.Response:
    client = (emulator.info["client_id"], emulator.info["client_secret"])
    url = emulator.info["base_url"] + PATH
    sent: Json = {place: given}
    return httpx.request("POST", url, auth=client, **sent)


def refresh(emulator: Emulator, token: str | None = None, place: str = "params") -> httpx.Response:
    token = emulator.info["refresh_token"] if token is None else token
    return ask(emulator, {"grant_type": "refresh_token", "refresh_token": token}, place)


def users(emulator: Emulator, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{emulator.info['base_url']}/v2/users", headers=headers)


@pytest.mark.parametrize("place", ["params", "data", "json"])
def test_a_refresh_token_buys_a_pair_wherever_it_is_sent(start: Start, place: str) -> None:
    emulator = start(*SMALL, "--token-seconds", "600")
    pair = refresh(emulator, place=place).json()
    assert set(pair) == {
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
        "scope",
        "api_base_url_for_customer",
    }
    assert pair["expires_in"] == 600
    assert pair["api_base_url_for_customer"] == emulator.info["base_url"]
    assert "api:users:read" in pair["scope"].split(" ")
    assert users(emulator, pair["access_token"]).status_code == 200


def test_a_refresh_token_is_good_once(start: Start) -> None:
    emulator = start(*SMALL)
    pair = refresh(emulator).json()
    again = refresh(emulator)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    assert set(again.json()) == {"error", "error_description"}
    assert refresh(emulator, pair["refresh_token"]).status_code == 200
    assert users(emulator, pair["access_token"]).status_code == 200
    counts = emulator.client.get("/_emulator/tokens").json()
    assert (counts["issued"], counts["refreshed"], counts["refused"]) == (2, 2, 1)
    assert counts["refusals"][0]["error"] == "invalid_grant"


def test_an_access_token_expires_by_the_emulators_clock(start: Start) -> None:
    emulator = start(*SMALL)
    token = refresh(emulator).json()["access_token"]
    emulator.advance(86_399)
    assert users(emulator, token).status_code == 200
    emulator.advance(1)
    assert emulator.errors(users(emulator, token))[0] == 401
    assert emulator.errors(users(emulator, "made-up"))[0] == 401
    assert emulator.get("users").status_code == 200


def test_a_code_is_good_once_and_holds_the_scopes_consented_to(start: Start) -> None:
    emulator = start(*SMALL)
    code = emulator.change("authorize", scope="api:users:read api:workspaces:read")["code"]
    given = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": emulator.info["client_id"],
        "redirect_uri": "https://ours.example/back",
    }
    pair = ask(emulator, given).json()
    assert pair["scope"] == "api:users:read api:workspaces:read"
    assert users(emulator, pair["access_token"]).status_code == 200
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    refused = httpx.get(f"{emulator.info['base_url']}/v2/call-outcomes", headers=headers)
    text = "You don't have permission to use 'api:call-outcomes:read' in your app."
    assert emulator.errors(refused) == (401, [text])
    assert ask(emulator, given).json()["error"] == "invalid_grant"
    next_pair = refresh(emulator, pair["refresh_token"]).json()
    assert next_pair["scope"] == pair["scope"]


def test_tokens_lack_what_the_run_was_started_without(start: Start) -> None:
    emulator = start(*SMALL, "--without-scope", "api:users:read")
    pair = refresh(emulator).json()
    assert "api:users:read" not in pair["scope"].split(" ")
    assert users(emulator, pair["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
        (
            {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "other"},
            "invalid_request",
        ),
    ],
)
def test_bad_grants_are_400(world: Emulator, given: Json, error: str) -> None:
    answer = ask(world, given)
    assert answer.status_code == 400
    assert answer.json()["error"] == error


def test_wrong_client_credentials_are_401_and_spend_nothing(start: Start) -> None:
    emulator = start(*SMALL, "--api-base-url", "https://cell.example")
    given = {"grant_type": "refresh_token", "refresh_token": emulator.info["refresh_token"]}
    url = emulator.info["base_url"] + PATH
    for auth in (None, ("wrong", "one"), (emulator.info["access_key"], "x")):
        answer = httpx.post(url, params=given, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    pair = refresh(emulator).json()
    assert pair["api_base_url_for_customer"] == "https://cell.example"


def test_token_requests_use_up_no_quota(start: Start) -> None:
    emulator = start("--calls", "10", "--requests-per-second", "1")
    for _ in range(5):
        assert refresh(emulator, "made-up").status_code == 400
    token = refresh(emulator).json()["access_token"]
    assert users(emulator, token).status_code == 200
