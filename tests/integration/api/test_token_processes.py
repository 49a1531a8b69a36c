"""OAuth tokens are refreshed once by several processes, and outlive a stop in mid answer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import BadCredentials, Unreachable
from sources.gong.api.operations import operation
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from tests.conftest import ROOT
from tests.harness.scripted_server import ScriptedServer, free_port_url, serving
from tests.harness.token_endpoint import (
    CLIENT_ID,
    CLIENT_SECRET,
    FIRST_TOKEN,
    TOKEN_PATH,
    TokenEndpoint,
)

USERS = operation("listUsers")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


def who(url: str, file: Path, **settings: Any) -> dict[str, Any]:
    return {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": FIRST_TOKEN,
        "token_file": str(file),
        "auth_url": url + TOKEN_PATH,
        "keep_base_url": True,
        **settings,
    }


@contextmanager
def client_for(server: ScriptedServer, file: Path, **settings: Any) -> Iterator[Client]:
    budget = Budget(file.parent.parent / "ledger.sqlite", Limits(0, 0))
    app = credentials(None, None, None, **who(server.url, file, **settings))
    with Client(server.url, app, budget, retries=RetryPolicy(sleep=lambda _: None)) as client:
        yield client
    budget.close()


SCRIPT = """
import json, sys
from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.operations import operation
given = json.loads(sys.argv[1])
who = credentials(None, None, None, **given["who"])
with Client(given["url"], who, Budget(given["ledger"], Limits(0, 0))) as client:
    client.call(operation("listUsers"), {})
print("done")
"""


def start(server: ScriptedServer, file: Path) -> subprocess.Popen[str]:
    """A process that asks for the users once."""
    given = {
        "who": who(server.url, file),
        "url": server.url,
        "ledger": str(file.parent.parent / "l.sqlite"),
    }
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps(given)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_exchange(
    gong: TokenEndpoint, server: ScriptedServer, file: Path
) -> subprocess.Popen[str]:
    """A process whose pair Gong has given out, and does not answer before `may_answer` is set."""
    gong.may_answer.clear()
    process = start(server, file)
    while not gong.number:
        time.sleep(0.01)
    return process


def test_two_processes_at_once_refresh_once(file: Path) -> None:
    gong = TokenEndpoint()
    gong.delay = 0.7
    with serving(gong) as server:
        running = [start(server, file) for _ in range(3)]
        ended = [process.communicate(timeout=60) for process in running]
        assert [out for out, _ in ended] == ["done\n"] * 3, ended
    assert gong.exchanges == [{"grant_type": "refresh_token", "refresh_token": FIRST_TOKEN}]


def test_a_run_that_is_stopped_while_gong_answers_keeps_the_new_pair(file: Path) -> None:
    gong = TokenEndpoint()
    with serving(gong) as server:
        process = start_exchange(gong, server, file)
        process.send_signal(signal.SIGINT)
        gong.may_answer.set()
        process.communicate(timeout=60)
        assert process.returncode != 0
        assert json.loads(file.read_text())["refresh_token"] == "hidden-refresh-1"
        with client_for(server, file) as client:
            client.call(USERS, {})
    assert len(gong.exchanges) == 1


def test_a_kill_before_the_pair_is_on_the_disk_costs_the_chain_and_says_so(file: Path) -> None:
    gong = TokenEndpoint()
    with serving(gong) as server:
        process = start_exchange(gong, server, file)
        process.kill()
        process.communicate(timeout=60)
        gong.may_answer.set()
        with (
            client_for(server, file) as client,
            pytest.raises(BadCredentials, match="SOURCES__GONG__REFRESH_TOKEN"),
        ):
            client.call(USERS, {})
        gong.good_refresh = {"hidden-authorised-again"}
        with client_for(server, file, refresh_token="hidden-authorised-again") as client:
            client.call(USERS, {})


def test_a_token_endpoint_that_is_not_there_is_named(file: Path) -> None:
    with serving(TokenEndpoint()) as server:
        url = free_port_url() + TOKEN_PATH
        with (
            client_for(server, file, auth_url=url) as client,
            pytest.raises(Unreachable) as unreachable,
        ):
            client.call(USERS, {})
    assert url in str(unreachable.value)
