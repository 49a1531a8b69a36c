"""The chain of OAuth tokens: used once each, kept before they are used, never shown."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sources.gong.api.auth import (
    Credentials,
    IncompleteCredentials,
    UnusableTokenFile,
    credentials,
    default_token_file,
)
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
from sources.gong.api.rate_limit import Budget, Limits, default_ledger
from tests.conftest import ROOT
from tests.harness.scripted_server import (
    Answer,
    ReceivedRequest,
    ScriptedServer,
    free_port_url,
    json_answer,
    refused,
    serving,
)

ID, SECRET, FIRST = "the-client", "hidden-client-secret", "hidden-refresh-0"
USERS = operation("listUsers")
TOKEN_PATH = "/oauth2/generate-customer-token"


class Gong:
    """Gives out tokens as Gong does: each refresh token works once, each new pair ends the old."""

    def __init__(self, **answer: Any) -> None:
        self.answer = {"expires_in": 86400, "token_type": "bearer", **answer}
        self.good_refresh = {FIRST}
        self.good_access = ""
        self.exchanges: list[dict[str, str]] = []
        self.delay = 0.0
        self.number = 0
        self.broken: list[Answer] = []
        self.calls_refused_next: list[Answer] = []
        self.lock = threading.Lock()

    def __call__(self, asked: ReceivedRequest, _number: int) -> Answer:
        if asked.path == TOKEN_PATH:
            with self.lock:
                return self.exchange(asked)
        if self.calls_refused_next:
            return self.calls_refused_next.pop(0)
        if asked.headers.get("authorization") != f"Bearer {self.good_access}":
            return refused(401, "The access token is invalid or has expired")
        return json_answer(200, {"users": []})

    def exchange(self, asked: ReceivedRequest) -> Answer:
        pair = base64.b64encode(f"{ID}:{SECRET}".encode()).decode()
        assert asked.method == "POST"
        form = dict(parse_qsl(asked.body.decode()))
        self.exchanges.append(form)
        if self.broken:
            return self.broken.pop(0)
        if asked.headers["authorization"] != f"Basic {pair}":
            return json_answer(401, {"error": "invalid_client"})
        assert form["grant_type"] == "refresh_token"
        if form["refresh_token"] not in self.good_refresh:
            description = f"Refresh token code is invalid: {form['refresh_token']}"
            return json_answer(400, {"error": "invalid_grant", "error_description": description})
        self.number += 1
        self.good_refresh = {f"hidden-refresh-{self.number}"}
        self.good_access = f"hidden-access-{self.number}"
        if self.delay:
            time.sleep(self.delay)
        return json_answer(
            200,
            {
                "access_token": self.good_access,
                "refresh_token": f"hidden-refresh-{self.number}",
                **self.answer,
            },
        )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr("sources.gong.api.client.time.sleep", taken.append)
    return taken


def app(server: ScriptedServer | str, file: Path, **settings: Any) -> Credentials:
    url = server if isinstance(server, str) else server.url
    given = {
        "client_id": ID,
        "client_secret": SECRET,
        "refresh_token": FIRST,
        "token_file": file,
        "auth_url": url + TOKEN_PATH,
        "keep_base_url": True,
        **settings,
    }
    return credentials(None, None, None, **given)


@contextmanager
def client_for(server: ScriptedServer, file: Path, **settings: Any) -> Iterator[Client]:
    budget = Budget(file.parent.parent / "ledger.sqlite", Limits(0, 0))
    with Client(server.url, app(server, file, **settings), budget) as client:
        yield client
    budget.close()


def age(file: Path, seconds: float) -> None:
    """Makes the stored token older."""
    kept = json.loads(file.read_text())
    kept["obtained_at"] -= seconds
    kept["expires_at"] -= seconds
    file.write_text(json.dumps(kept))


def paths(server: ScriptedServer) -> list[str]:
    return ["token" if asked.path == TOKEN_PATH else "call" for asked in server.requests]


def test_the_first_request_gets_a_token_and_later_runs_use_the_stored_one(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server:
        for _ in range(3):
            with client_for(server, file) as client:
                client.call(USERS, {})
                client.call(USERS, {})
        assert paths(server) == ["token", *["call"] * 6]
    assert gong.exchanges == [{"grant_type": "refresh_token", "refresh_token": FIRST}]
    assert json.loads(file.read_text())["refresh_token"] == "hidden-refresh-1"


def test_the_file_is_for_its_owner_only(file: Path) -> None:
    with serving(Gong()) as server, client_for(server, file) as client:
        client.call(USERS, {})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    others = [path for path in file.parent.iterdir() if path != file]
    assert [path.name for path in others] == ["tokens.json.lock"]
    assert others[0].read_bytes() == b""


def test_the_exchange_of_a_token_is_not_an_api_request(tmp_path: Path, file: Path) -> None:
    with serving(Gong()) as server:
        budget = Budget(tmp_path / "l.sqlite", Limits(0, 0))
        with Client(server.url, app(server, file), budget) as client:
            client.call(USERS, {})
        assert budget.spent == 1


@pytest.mark.parametrize(
    ("life", "passed", "renewals"),
    [(86400, 80000, 0), (86400, 86400 - 599, 1), (86400, 90000, 1), (100, 80, 0), (100, 91, 1)],
)
def test_a_token_near_its_end_is_renewed_before_it_is_used(
    file: Path, life: int, passed: int, renewals: int
) -> None:
    gong = Gong(expires_in=life)
    with serving(gong) as server:
        with client_for(server, file) as client:
            client.call(USERS, {})
        age(file, passed)
        with client_for(server, file) as client:
            client.call(USERS, {})
        assert len(gong.exchanges) == 1 + renewals
        assert all(a.headers["authorization"] for a in server.requests)
    assert not gong.calls_refused_next


def test_a_token_that_ends_in_mid_run_is_renewed_once_for_all_threads(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server, client_for(server, file) as client:
        client.call(USERS, {})
        gong.good_access = "revoked-at-gong"
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.call(USERS, {}), range(24)))
    assert answers == [{"users": []}] * 24
    assert [form["refresh_token"] for form in gong.exchanges] == [FIRST, "hidden-refresh-1"]


def test_a_token_that_another_process_renewed_is_taken_from_the_file(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server, client_for(server, file) as first:
        first.call(USERS, {})
        with client_for(server, file) as second:
            second.call(USERS, {})
            gong.good_access = "ended"
            second.call(USERS, {})
        first.call(USERS, {})
    assert len(gong.exchanges) == 2


def test_a_token_that_is_refused_right_after_its_renewal_stops_the_run(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server, client_for(server, file) as client:
        gong.calls_refused_next = [refused(401, "no")] * 9
        with pytest.raises(BadCredentials, match="BASE_URL") as bad:
            client.call(USERS, {})
        assert paths(server) == ["token", "call", "token", "call"]
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
def test_what_a_new_token_would_not_better_renews_none(
    file: Path, answer: Answer, expected: type[GongError]
) -> None:
    gong = Gong()
    with serving(gong) as server, client_for(server, file) as client:
        gong.calls_refused_next = [answer]
        with pytest.raises(expected):
            client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_the_host_of_the_customer_is_asked_unless_a_setting_names_one(file: Path) -> None:
    with serving([json_answer(200, {"users": []})]) as customers:
        gong = Gong(api_base_url_for_customer=customers.url + "/")
        with serving(gong) as server:
            with client_for(server, file, keep_base_url=False) as client:
                client.call(USERS, {})
            with client_for(server, file, keep_base_url=False) as client:
                client.call(USERS, {})
            assert paths(server) == ["token"]
            with client_for(server, file, keep_base_url=True) as client:
                client.call(USERS, {})
            assert paths(server) == ["token", "call"]
        assert [asked.path for asked in customers.requests] == ["/v2/users"] * 2


def test_two_processes_at_once_refresh_once(file: Path) -> None:
    gong = Gong()
    gong.delay = 0.7
    with serving(gong) as server:
        running = [start(server, file) for _ in range(3)]
        ended = [process.communicate(timeout=60) for process in running]
        assert [out for out, _ in ended] == ["done\n"] * 3, ended
    assert gong.exchanges == [{"grant_type": "refresh_token", "refresh_token": FIRST}]


def test_a_run_that_is_stopped_while_gong_answers_keeps_the_new_pair(file: Path) -> None:
    gong = Gong()
    gong.delay = 1.0
    with serving(gong) as server:
        process = start(server, file)
        while not gong.number:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode != 0
        assert json.loads(file.read_text())["refresh_token"] == "hidden-refresh-1"
        with client_for(server, file) as client:
            client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_a_kill_before_the_pair_is_on_the_disk_costs_the_chain_and_says_so(file: Path) -> None:
    gong = Gong()
    gong.delay = 1.0
    with serving(gong) as server:
        process = start(server, file)
        while not gong.number:
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=60)
        time.sleep(1.0)
        with (
            client_for(server, file) as client,
            pytest.raises(BadCredentials, match="SOURCES__GONG__REFRESH_TOKEN"),
        ):
            client.call(USERS, {})
        gong.good_refresh = {"hidden-authorised-anew"}
        gong.delay = 0.0
        with client_for(server, file, refresh_token="hidden-authorised-anew") as client:
            client.call(USERS, {})


def test_a_pair_that_a_kill_left_beside_the_file_is_taken_up(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server:
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
def test_half_a_pair_beside_the_file_is_no_pair(file: Path, left: bytes) -> None:
    gong = Gong()
    with serving(gong) as server:
        file.parent.mkdir()
        file.with_name(f".{file.name}.new").write_bytes(left)
        with client_for(server, file) as client:
            client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_where_the_new_pair_could_not_be_kept_none_is_asked_for(file: Path) -> None:
    blocked = file.parent / "a-file" / "tokens.json"
    blocked.parent.parent.mkdir()
    blocked.parent.write_text("")
    gong = Gong()
    with serving(gong) as server, client_for(server, blocked) as client:
        for _ in range(2):
            with pytest.raises(UnusableTokenFile, match="TOKEN_FILE") as unusable:
                client.call(USERS, {})
        assert server.requests == []
    assert isinstance(unusable.value, StopRun)
    assert str(blocked) in str(unusable.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into a read-only folder")
def test_in_a_read_only_folder_none_is_asked_for_and_a_good_one_still_used(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server:
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
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sources.gong.api.auth.os.fsync", full)
    gong = Gong()
    with serving(gong) as server, client_for(server, file) as client:
        with pytest.raises(UnusableTokenFile, match="No space left"):
            client.call(USERS, {})
        assert server.requests == []
    assert not file.exists()


def test_a_newly_configured_refresh_token_begins_a_new_chain(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server:
        with client_for(server, file) as client:
            client.call(USERS, {})
        gong.good_refresh = {"hidden-anew"}
        with client_for(server, file, refresh_token="hidden-anew") as client:
            client.call(USERS, {})
        # the old setting of a process that was not restarted is known to be used up
        for token in (FIRST, "hidden-anew", None):
            with client_for(server, file, refresh_token=token) as client:
                client.call(USERS, {})
        gong.good_access = "ended"
        with client_for(server, file, refresh_token=FIRST) as client:
            client.call(USERS, {})
    assert [form["refresh_token"] for form in gong.exchanges] == [
        FIRST,
        "hidden-anew",
        "hidden-refresh-2",
    ]


def test_a_refresh_token_that_was_used_up_elsewhere_names_the_setting_once(file: Path) -> None:
    gong = Gong()
    gong.good_refresh = set()
    with serving(gong) as server, client_for(server, file) as client:
        with ThreadPoolExecutor(8) as pool:
            results = [pool.submit(client.call, USERS, {}) for _ in range(8)]
        errors = [result.exception() for result in results]
        assert all(isinstance(error, BadCredentials) for error in errors)
        assert "SOURCES__GONG__REFRESH_TOKEN" in str(errors[0])
        assert "invalid_grant" in str(errors[0])
        assert paths(server) == ["token"]
    assert not file.exists()


def test_a_chain_that_ends_in_mid_run_is_asked_for_once_by_all_threads(file: Path) -> None:
    gong = Gong()
    together = threading.Barrier(8)

    def script(asked: ReceivedRequest, number: int) -> Answer:
        if asked.path != TOKEN_PATH and gong.good_access == "ended":
            # all eight are refused before the first of them renews
            together.wait(20)
        return gong(asked, number)

    with serving(script) as server, client_for(server, file) as client:
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
def test_what_the_token_endpoint_refuses_is_asked_once(
    file: Path, answer: Answer, said: str
) -> None:
    gong = Gong()
    gong.broken = [answer] * 5
    with serving(gong) as server, client_for(server, file) as client:
        with pytest.raises(BadCredentials, match=said):
            client.call(USERS, {})
        assert paths(server) == ["token"]


def test_transient_trouble_of_the_token_endpoint_passes(file: Path, naps: list[float]) -> None:
    gong = Gong()
    gong.broken = [refused(503), Answer(hangs_up=True)]
    with serving(gong) as server, client_for(server, file) as client:
        client.call(USERS, {})
    assert len(gong.exchanges) == 3
    assert len(naps) == 2


def test_a_token_that_is_still_good_is_used_while_no_other_can_be_had(
    file: Path, naps: list[float]
) -> None:
    gong = Gong()
    with serving(gong) as server:
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


def test_a_token_endpoint_that_is_not_there_is_named(file: Path, naps: list[float]) -> None:
    with serving(Gong()) as server:
        url = free_port_url() + TOKEN_PATH
        with (
            client_for(server, file, auth_url=url) as client,
            pytest.raises(Unreachable) as unreachable,
        ):
            client.call(USERS, {})
    assert url in str(unreachable.value)


def test_a_long_wait_for_a_token_postpones_the_run(file: Path) -> None:
    gong = Gong()
    gong.broken = [refused(429, "x", Retry_After="3600")]
    with serving(gong) as server, client_for(server, file) as client:
        with pytest.raises(Postponed, match="3600 s"):
            client.call(USERS, {})
        assert paths(server) == ["token"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"access_token": 5}', "null"])
def test_a_file_that_cannot_be_understood_counts_as_none(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    gong = Gong()
    with serving(gong) as server:
        with client_for(server, file) as client:
            client.call(USERS, {})
        file.write_text(content)
        with (
            client_for(server, file, refresh_token=None) as client,
            pytest.raises(BadCredentials, match="SOURCES__GONG__REFRESH_TOKEN"),
        ):
            client.call(USERS, {})


def test_the_tokens_of_another_app_are_not_overwritten(file: Path) -> None:
    gong = Gong()
    with serving(gong) as server:
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
    file: Path, expires_in: Any
) -> None:
    gong = Gong(expires_in=expires_in)
    with serving(gong) as server, client_for(server, file) as client:
        client.call(USERS, {})
        client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_without_a_new_refresh_token_the_old_one_goes_on(file: Path) -> None:
    gong = Gong(refresh_token=None)
    with serving(gong) as server, client_for(server, file) as client:
        client.call(USERS, {})
    assert json.loads(file.read_text())["refresh_token"] == FIRST


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"client_secret": None}, "CLIENT_SECRET is not set (SOURCES__GONG__CLIENT_ID is)"),
        ({"client_id": None}, "CLIENT_ID is not set (SOURCES__GONG__CLIENT_SECRET is)"),
        (
            {"client_id": None, "client_secret": None},
            "CLIENT_ID and SOURCES__GONG__CLIENT_SECRET are not set "
            "(SOURCES__GONG__REFRESH_TOKEN is)",
        ),
        ({"refresh_token": None}, "SOURCES__GONG__REFRESH_TOKEN is not set"),
    ],
)
def test_a_missing_part_is_named(file: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(IncompleteCredentials) as incomplete:
        app("http://127.0.0.1:9", file, **given)
    assert said in str(incomplete.value)
    assert "hidden" not in str(incomplete.value)
    assert not file.parent.exists()


def test_a_token_that_is_used_as_it_is_is_named_when_gong_refuses_it(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "l.sqlite", Limits(0, 0))
    with serving([refused(401, "no")]) as server:
        with (
            Client(server.url, credentials(None, None, "hidden"), budget) as client,
            pytest.raises(BadCredentials, match="SOURCES__GONG__ACCESS_TOKEN") as bad,
        ):
            client.call(USERS, {})
        assert len(server.requests) == 1
    assert "hidden" not in str(bad.value)


@pytest.mark.parametrize("other", [("k", None, None), ("k", "s", None), (None, None, "t")])
def test_two_kinds_of_credentials_are_refused(other: tuple[str | None, ...]) -> None:
    with pytest.raises(IncompleteCredentials, match=r"Both .*CLIENT_ID"):
        credentials(*other, client_id=ID, client_secret=SECRET, refresh_token=FIRST)  # type: ignore[arg-type]


def test_no_error_and_no_log_shows_a_token(
    file: Path, naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    shown = []
    for broken in (
        [],
        [json_answer(401, {"error": f"bad {SECRET}"})],
        [Answer(200, b'{"refresh_token": "hidden-refresh-9"}')],
        [refused(503)] * 3,
    ):
        gong = Gong()
        gong.good_refresh = set()
        gong.broken = list(broken)
        with serving(gong) as server:
            who = app(server, file)
            with client_for(server, file) as client, pytest.raises(GongError) as raised:
                client.call(USERS, {})
        shown += [repr(who), str(raised.value), repr(vars(raised.value))]
        shown += traceback.format_exception(raised.value)
    told_all = "".join(shown) + caplog.text
    assert "hidden" not in told_all
    assert "invalid_grant" in told_all


def test_processes_of_one_company_share_a_ledger_through_all_renewals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    accounts = {
        app("http://127.0.0.1:9", tmp_path / "t.json", refresh_token=token).account
        for token in ("one", "two")
    }
    assert accounts == {ID}
    assert default_ledger("https://api.gong.io", ID).parent == default_token_file(ID).parent
    assert ID not in default_token_file(ID).name
    assert default_token_file(ID) != default_token_file("another")


SCRIPT = """
import json, sys
from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.operations import operation
told = json.loads(sys.argv[1])
who = credentials(None, None, None, **told["who"])
with Client(told["url"], who, Budget(told["ledger"], Limits(0, 0))) as client:
    client.call(operation("listUsers"), {})
print("done")
"""


def start(server: ScriptedServer, file: Path) -> subprocess.Popen[str]:
    """A process that asks for the users once."""
    who = {
        "client_id": ID,
        "client_secret": SECRET,
        "refresh_token": FIRST,
        "token_file": str(file),
        "auth_url": server.url + TOKEN_PATH,
        "keep_base_url": True,
    }
    given = {"who": who, "url": server.url, "ledger": str(file.parent.parent / "l.sqlite")}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps(given)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
