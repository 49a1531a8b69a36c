from __future__ import annotations

import io
import json
from typing import Any

import pytest

from pipelines.api import call as module
from pipelines.api.call import ApiOptions, call
from pipelines.console import Console
from pipelines.exit_codes import DONE, USAGE

MEETING = (
    "startTime=2026-01-01T00:00:00Z",
    "endTime=2026-01-01T01:00:00Z",
    'invitees=[{"email": "a@example.com"}]',
    "organizerEmail=b@example.com",
)


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise AssertionError("it was sent")

    monkeypatch.setattr(module, "_send", refuse)


def run(*words: str, is_confirmed: bool = False, is_dry: bool = False) -> tuple[int, str]:
    messages = io.StringIO()
    options = ApiOptions(words, is_confirmed=is_confirmed, is_dry=is_dry)
    return call(Console("text", messages), options), messages.getvalue()


def test_without_words_the_operations_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == (DONE, "")
    assert "GET    /v2/calls" in capsys.readouterr().out


def test_a_dry_run_prints_the_request_and_needs_no_credentials(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("addMeeting", *MEETING, is_dry=True) == (DONE, "")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["method"], shown["url"]) == ("POST", "https://api.gong.io/v2/meetings")
    assert shown["body"]["organizerEmail"] == "b@example.com"


def test_a_write_that_is_not_confirmed_is_shown_and_not_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, messages = run("addMeeting", *MEETING)
    assert code == USAGE
    assert "this would be sent" in messages
    assert "--yes" in messages
    assert capsys.readouterr().out == ""
