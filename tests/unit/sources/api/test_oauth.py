"""The chain of OAuth tokens: used once each, kept before they are used, never shown."""

from __future__ import annotations

import json
import os
import stat
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.auth import Credentials, credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import (
    BadCredentials,
    GongError,
    MissingScope,
    Postponed,
    StopRun,
    Unreachable,
)
from sources.gong.api.operations import operation
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from sources.gong.api.token_file import UnusableTokenFile
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, ReceivedRequest, json_answer, refused
from tests.harness.token_endpoint import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_TOKEN,
    TOKEN_PATH,
    TokenEndpoint,
    token_requests,
)

USERS = operation("listUsers")
ClientFor = Callable[..., AbstractContextManager[Client]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


def app(gong: ScriptedAnswers, file: Path, **settings: Any) -> Credentials:
    given = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": FIRST_TOKEN,
        "token_file": file,
        "auth_url": gong.url + TOKEN_PATH,
        "keep_base_url": True,
        **settings,
    }
    return credentials(None, None, None, **given)


@pytest.fixture
def client_for(naps: list[float]) -> ClientFor:
    @contextmanager
    def client_for(gong: ScriptedAnswers, file: Path, **settings: Any) -> Iterator[Client]:
        budget = Budget(":memory:", Limits(0, 0))
        retries = RetryPolicy(sleep=naps.append)
        who = app(gong, file, **settings)
        with Client(gong.url, who, budget, retries=retries, transport=gong) as client:
            yield client
        budget.close()

    return client_for


def age(file: Path, seconds: float) -> None:
    """Makes the stored token older."""
    kept = json.loads(file.read_text())
    kept["obtained_at"] -= seconds
    kept["expires_at"] -= seconds
    file.write_text(json.dumps(kept))


def test_the_first_request_gets_a_token_and_later_runs_use_the_stored_one(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    for _ in range(3):
        with client_for(server, file) as client:
            client.call(USERS, {})
            client.call(USERS, {})
    assert token_requests(server.requests) == ["token", *["call"] * 6]
    assert gong.exchanges == [{"grant_type": "refresh_token", "refresh_token": FIRST_TOKEN}]
    assert json.loads(file.read_text())["refresh_token"] == "hidden-refresh-1"


def test_the_file_is_for_its_owner_only(client_for: ClientFor, file: Path) -> None:
    server = ScriptedAnswers(TokenEndpoint())
    with client_for(server, file) as client:
        client.call(USERS, {})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    others = [path for path in file.parent.iterdir() if path != file]
    assert [path.name for path in others] == ["tokens.json.lock"]
    assert others[0].read_bytes() == b""


def test_the_exchange_of_a_token_is_not_an_api_request(
    client_for: ClientFor, tmp_path: Path, file: Path
) -> None:
    server = ScriptedAnswers(TokenEndpoint())
    budget = Budget(tmp_path / "l.sqlite", Limits(0, 0))
    with Client(server.url, app(server, file), budget, transport=server) as client:
        client.call(USERS, {})
    assert budget.spent == 1


@pytest.mark.parametrize(
    ("life", "passed", "renewals"),
    [(86400, 80000, 0), (86400, 86400 - 599, 1), (86400, 90000, 1), (100, 80, 0), (100, 91, 1)],
)
def test_a_token_near_its_end_is_renewed_before_it_is_used(
    client_for: ClientFor, file: Path, life: int, passed: int, renewals: int
) -> None:
    gong = TokenEndpoint(expires_in=life)
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    age(file, passed)
    with client_for(server, file) as client:
        client.call(USERS, {})
    assert len(gong.exchanges) == 1 + renewals
    assert all(a.headers["authorization"] for a in server.requests)
    assert not gong.calls_refused_next


def test_a_token_that_ends_in_mid_run_is_renewed_once_for_all_threads(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
        gong.good_access = "revoked-at-gong"
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.call(USERS, {}), range(24)))
    assert answers == [{"users": []}] * 24
    assert [form["refresh_token"] for form in gong.exchanges] == [FIRST_TOKEN, "hidden-refresh-1"]


def test_a_token_that_another_process_renewed_is_taken_from_the_file(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as first:
        first.call(USERS, {})
        with client_for(server, file) as second:
            second.call(USERS, {})
            gong.good_access = "ended"
            second.call(USERS, {})
        first.call(USERS, {})
    assert len(gong.exchanges) == 2


def test_a_token_that_is_refused_right_after_its_renewal_stops_the_run(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        gong.calls_refused_next = [refused(401, "no")] * 9
        with pytest.raises(BadCredentials, match="BASE_URL") as bad:
            client.call(USERS, {})
        assert token_requests(server.requests) == ["token", "call", "token", "call"]
        with pytest.raises(StopRun):
            client.call(USERS, {})
        assert len(server.requests) == 4
    assert "ACCESS_KEY" not in str(bad.value)
    assert str(file) in str(bad.value)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(401, "You don't have permission to use 'api:x' in your app."), MissingScope),
        (refused(403, "Forbidden"), BadCredentials),
    ],
)
def test_errors_that_no_new_token_can_fix_renew_none(
    client_for: ClientFor, file: Path, answer: Answer, expected: type[GongError]
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        gong.calls_refused_next = [answer]
        with pytest.raises(expected):
            client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_the_host_of_the_customer_is_asked_unless_a_setting_names_one(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint(api_base_url_for_customer="https://customer.example/")
    server = ScriptedAnswers(gong)
    for keep_base_url in (False, False, True):
        with client_for(server, file, keep_base_url=keep_base_url) as client:
            client.call(USERS, {})
    assert token_requests(server.requests) == ["token", "call", "call", "call"]
    own = server.url.removeprefix("https://")
    assert server.hosts == [own, "customer.example", "customer.example", own]


def test_a_pair_that_a_kill_left_beside_the_file_is_taken_up(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    before = file.read_text()
    gong.good_access = "ended"
    with client_for(server, file) as client:
        client.call(USERS, {})
    # as if the second refresh had been killed before the rename, its room not yet cut off
    beside = file.with_name(f".{file.name}.new")
    beside.write_bytes(file.read_bytes() + bytes(9000))
    file.write_text(before)
    age(file, 86400)
    with client_for(server, file) as client:
        client.call(USERS, {})
    assert len(gong.exchanges) == 2
    assert not beside.exists()


@pytest.mark.parametrize("left", [b"", bytes(32768), b'{"access_token": "a', b"[]", b'{"a": 1}'])
def test_half_a_pair_beside_the_file_is_ignored(
    client_for: ClientFor, file: Path, left: bytes
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    file.parent.mkdir()
    file.with_name(f".{file.name}.new").write_bytes(left)
    with client_for(server, file) as client:
        client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_no_pair_is_requested_where_it_could_not_be_kept(client_for: ClientFor, file: Path) -> None:
    blocked = file.parent / "a-file" / "tokens.json"
    blocked.parent.parent.mkdir()
    blocked.parent.write_text("")
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, blocked) as client:
        for _ in range(2):
            with pytest.raises(UnusableTokenFile, match="TOKEN_FILE") as unusable:
                client.call(USERS, {})
        assert server.requests == []
    assert isinstance(unusable.value, StopRun)
    assert str(blocked) in str(unusable.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into a read-only folder")
def test_in_a_read_only_folder_no_token_is_requested_and_a_good_one_still_used(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    file.parent.chmod(0o500)
    try:
        with client_for(server, file) as client:
            client.call(USERS, {})
            gong.good_access = "ended"
            with pytest.raises(UnusableTokenFile, match="TOKEN_FILE"):
                client.call(USERS, {})
    finally:
        file.parent.chmod(0o700)
    assert len(gong.exchanges) == 1


def test_a_full_disk_is_noticed_before_a_token_is_asked_for(
    client_for: ClientFor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sources.gong.api.token_file.os.fsync", full)
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        with pytest.raises(UnusableTokenFile, match="No space left"):
            client.call(USERS, {})
        assert server.requests == []
    assert not file.exists()


def test_a_newly_configured_refresh_token_begins_a_new_chain(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    gong.good_refresh = {"hidden-again"}
    with client_for(server, file, refresh_token="hidden-again") as client:
        client.call(USERS, {})
    # the old setting of a process that was not restarted is known to be used up
    for token in (FIRST_TOKEN, "hidden-again", None):
        with client_for(server, file, refresh_token=token) as client:
            client.call(USERS, {})
    gong.good_access = "ended"
    with client_for(server, file, refresh_token=FIRST_TOKEN) as client:
        client.call(USERS, {})
    assert [form["refresh_token"] for form in gong.exchanges] == [
        FIRST_TOKEN,
        "hidden-again",
        "hidden-refresh-2",
    ]


def test_a_refresh_token_that_was_used_up_elsewhere_names_the_setting_once(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    gong.good_refresh = set()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        with ThreadPoolExecutor(8) as pool:
            results = [pool.submit(client.call, USERS, {}) for _ in range(8)]
        errors = [result.exception() for result in results]
        assert all(isinstance(error, BadCredentials) for error in errors)
        assert "SOURCES__GONG__REFRESH_TOKEN" in str(errors[0])
        assert "invalid_grant" in str(errors[0])
        assert token_requests(server.requests) == ["token"]
    assert not file.exists()


def test_a_chain_that_ends_in_mid_run_is_asked_for_once_by_all_threads(
    client_for: ClientFor, file: Path
) -> None:
    gong = TokenEndpoint()
    together = threading.Barrier(8)

    def script(asked: ReceivedRequest, number: int) -> Answer:
        if asked.path != TOKEN_PATH and gong.good_access == "ended":
            # all eight are refused before the first of them renews
            together.wait(20)
        return gong(asked, number)

    server = ScriptedAnswers(script)
    with client_for(server, file) as client:
        client.call(USERS, {})
        gong.good_access, gong.good_refresh = "ended", set()
        with ThreadPoolExecutor(8) as pool:
            results = [pool.submit(client.call, USERS, {}) for _ in range(8)]
        assert all(isinstance(result.exception(), BadCredentials) for result in results)
    assert len(gong.exchanges) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json_answer(401, {"error": "invalid_client"}), "SOURCES__GONG__CLIENT_SECRET"),
        (json_answer(403, {"error": "access_denied"}), "SOURCES__GONG__CLIENT_ID"),
        (refused(404, "Not found"), "SOURCES__GONG__AUTH_URL"),
        (Answer(302, b"", {"Location": "https://other.example"}), "SOURCES__GONG__AUTH_URL"),
        (Answer(200, b"<html>", {"Content-Type": "text/html"}), "SOURCES__GONG__AUTH_URL"),
        (json_answer(200, {"token_type": "bearer"}), "SOURCES__GONG__AUTH_URL"),
        (Answer(400, b"Refresh token code is invalid"), "CLIENT_ID"),
        (refused(400, "Refresh token code is invalid"), "SOURCES__GONG__REFRESH_TOKEN"),
    ],
)
def test_a_refusal_of_the_token_endpoint_is_not_retried(
    client_for: ClientFor, file: Path, answer: Answer, said: str
) -> None:
    gong = TokenEndpoint()
    gong.broken = [answer] * 5
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        with pytest.raises(BadCredentials, match=said):
            client.call(USERS, {})
        assert token_requests(server.requests) == ["token"]


def test_transient_trouble_of_the_token_endpoint_passes(
    client_for: ClientFor, file: Path, naps: list[float]
) -> None:
    gong = TokenEndpoint()
    gong.broken = [refused(503), Answer(hangs_up=True)]
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    assert len(gong.exchanges) == 3
    assert len(naps) == 2


def test_a_token_that_is_still_good_is_used_while_no_other_can_be_had(
    client_for: ClientFor, file: Path, naps: list[float]
) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    age(file, 86400 - 300)
    gong.broken = [refused(503)] * 9
    with client_for(server, file) as client:
        client.call(USERS, {})
        client.call(USERS, {})
    assert len(gong.exchanges) == 4
    age(file, 300)
    with (
        client_for(server, file) as client,
        pytest.raises(Unreachable, match="AUTH_URL"),
    ):
        client.call(USERS, {})
    assert len(gong.exchanges) == 7


def test_a_long_wait_for_a_token_postpones_the_run(client_for: ClientFor, file: Path) -> None:
    gong = TokenEndpoint()
    gong.broken = [refused(429, "x", Retry_After="3600")]
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        with pytest.raises(Postponed, match="3600 s"):
            client.call(USERS, {})
        assert token_requests(server.requests) == ["token"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"access_token": 5}', "null"])
def test_a_file_that_cannot_be_understood_counts_as_none(
    client_for: ClientFor, file: Path, content: str
) -> None:
    file.parent.mkdir()
    file.write_text(content)
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    file.write_text(content)
    with (
        client_for(server, file, refresh_token=None) as client,
        pytest.raises(BadCredentials, match="SOURCES__GONG__REFRESH_TOKEN"),
    ):
        client.call(USERS, {})


def test_the_tokens_of_another_app_are_not_overwritten(client_for: ClientFor, file: Path) -> None:
    gong = TokenEndpoint()
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    kept = file.read_text()
    with (
        client_for(server, file, client_id="another") as client,
        pytest.raises(UnusableTokenFile, match="another app"),
    ):
        client.call(USERS, {})
    assert file.read_text() == kept
    assert len(gong.exchanges) == 1


@pytest.mark.parametrize("expires_in", [None, "soon", "3600", 3600.5])
def test_a_life_that_cannot_be_read_is_used_until_gong_refuses_it(
    client_for: ClientFor, file: Path, expires_in: Any
) -> None:
    gong = TokenEndpoint(expires_in=expires_in)
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
        client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_without_a_new_refresh_token_the_old_one_goes_on(client_for: ClientFor, file: Path) -> None:
    gong = TokenEndpoint(refresh_token=None)
    server = ScriptedAnswers(gong)
    with client_for(server, file) as client:
        client.call(USERS, {})
    assert json.loads(file.read_text())["refresh_token"] == FIRST_TOKEN


def test_no_error_and_no_log_shows_a_token(
    client_for: ClientFor, file: Path, naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    shown = []
    for broken in (
        [],
        [json_answer(401, {"error": f"bad {CLIENT_SECRET}"})],
        [Answer(200, b'{"refresh_token": "hidden-refresh-9"}')],
        [refused(503)] * 3,
    ):
        gong = TokenEndpoint()
        gong.good_refresh = set()
        gong.broken = list(broken)
        server = ScriptedAnswers(gong)
        who = app(server, file)
        with client_for(server, file) as client, pytest.raises(GongError) as raised:
            client.call(USERS, {})
        shown += [repr(who), str(raised.value), repr(vars(raised.value))]
        shown += traceback.format_exception(raised.value)
    output = "".join(shown) + caplog.text
    assert "hidden" not in output
    assert "invalid_grant" in output
