"""Settings become credentials or an error that names the missing ones; secrets are not printed."""

from __future__ import annotations

import base64
import pickle
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.auth import (
    Credentials,
    IncompleteCredentials,
    credentials,
    default_state_folder,
    default_token_file,
)
from sources.gong.api.errors import BadCredentials, UnusableInput
from sources.gong.api.operations import operation
from sources.gong.api.rate_limit import default_ledger
from tests.harness.scripted_server import json_answer, refused
from tests.harness.token_endpoint import CLIENT_ID, CLIENT_SECRET, FIRST_TOKEN
from tests.unit.sources.api.conftest import Asking

KEY, SECRET = "the-access-key", "the-hidden-half"
WHO = credentials(KEY, SECRET, None)
USERS = operation("listUsers")


def app(file: Path | None, **settings: Any) -> Credentials:
    given = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": FIRST_TOKEN,
        "token_file": file,
        "keep_base_url": True,
        **settings,
    }
    return credentials(None, None, None, **given)


def test_the_key_is_sent_as_basic_and_a_token_as_bearer(asking: Asking) -> None:
    pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    for who, header in ((WHO, f"Basic {pair}"), (credentials(None, None, "tok"), "Bearer tok")):
        with asking([json_answer()], who) as (server, client):
            client.call(USERS, {})
        assert server.requests[0].headers["authorization"] == header


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((None, None, None), "ACCESS_KEY and SOURCES__GONG__ACCESS_KEY_SECRET are not set"),
        ((KEY, None, None), "ACCESS_KEY_SECRET is not set"),
        ((None, SECRET, None), "ACCESS_KEY is not set"),
        ((KEY, SECRET, "tok"), "Both"),
        ((KEY, None, "tok"), "Both"),
        (("", "", ""), "are not set"),
    ],
)
def test_missing_half_and_double_credentials_are_named_without_being_shown(
    given: tuple[str | None, str | None, str | None], named: str
) -> None:
    with pytest.raises(IncompleteCredentials, match=named) as incomplete:
        credentials(*given)
    assert not any(value and value in str(incomplete.value) for value in given)


def test_credentials_tell_nothing_when_printed() -> None:
    assert repr(WHO) == "StaticCredentials(base_url=None)"
    assert SECRET.encode() not in pickle.dumps(repr(WHO))


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
def test_a_missing_part_is_named(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(IncompleteCredentials) as incomplete:
        app(tmp_path / "state" / "tokens.json", **given)
    assert said in str(incomplete.value)
    assert "hidden" not in str(incomplete.value)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("other", [("k", None, None), ("k", "s", None), (None, None, "t")])
def test_two_kinds_of_credentials_are_refused(other: tuple[str | None, ...]) -> None:
    with pytest.raises(IncompleteCredentials, match=r"Both .*CLIENT_ID"):
        credentials(*other, client_id=CLIENT_ID, client_secret=SECRET, refresh_token=FIRST_TOKEN)  # type: ignore[arg-type]


def test_a_token_that_is_used_as_it_is_is_named_when_gong_refuses_it(asking: Asking) -> None:
    with asking([refused(401, "no")], credentials(None, None, "hidden")) as (server, client):
        with pytest.raises(BadCredentials, match="SOURCES__GONG__ACCESS_TOKEN") as bad:
            client.call(USERS, {})
        assert len(server.requests) == 1
    assert "hidden" not in str(bad.value)


def test_processes_of_one_company_share_a_ledger_through_all_renewals(tmp_path: Path) -> None:
    accounts = {app(tmp_path / "t.json", refresh_token=token).account for token in ("one", "two")}
    assert accounts == {CLIENT_ID}
    file = default_token_file(tmp_path, CLIENT_ID)
    assert default_ledger(tmp_path, "https://api.gong.io", CLIENT_ID).parent == file.parent
    assert CLIENT_ID not in file.name
    assert file != default_token_file(tmp_path, "another")


def test_the_state_folder_is_the_one_of_xdg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_state_folder("/elsewhere") == Path("/elsewhere/gong-elt")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_state_folder() == tmp_path / ".local" / "state" / "gong-elt"
    # the environment itself is not read here: settings and dlt do that
    monkeypatch.setenv("XDG_STATE_HOME", "/other")
    assert default_state_folder() == tmp_path / ".local" / "state" / "gong-elt"


def test_tokens_are_kept_in_the_state_folder_unless_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IncompleteCredentials) as incomplete:
        app(None, refresh_token=None, state_folder=tmp_path)
    assert str(default_token_file(tmp_path, CLIENT_ID)) in str(incomplete.value)


@pytest.mark.parametrize("odd", ["p\nq", "p q", "ключ", "k\u00a0"])
def test_a_key_that_cannot_be_sent_is_named_and_not_shown(odd: str) -> None:
    with pytest.raises(UnusableInput, match="SOURCES__GONG__ACCESS_KEY_SECRET") as refused:
        credentials("key", odd, None)
    assert odd not in str(refused.value)
    with pytest.raises(UnusableInput, match="SOURCES__GONG__ACCESS_TOKEN"):
        credentials(None, None, odd)
